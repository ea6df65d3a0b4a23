/* SPDX-License-Identifier: PostgreSQL
 *
 * insert.c - one new row into an existing graph.
 *
 * Owns: the order of the writes.  First the node's records, bottom up, each complete and in one WAL
 * record; then links to it, each one WAL record; last, if it is the new top, the entry.  Every prefix
 * of that sequence is a valid graph, so neither a crash nor an abort needs any cleaning up: a node
 * whose row never committed is removed by VACUUM like any other.
 *
 * An insert holds the gate (a heavyweight page lock on block 0) in share mode from its search to its
 * last link.  VACUUM takes it exclusively once, between marking and repairing, so that no insert links
 * to a node it saw alive before.
 *
 * Links to the new node are chosen without a lock, from a copy of the neighbour's list, and applied
 * under the lock only if the list's edge_version is still the same.
 */
#include "postgres.h"

#include "nodes/execnodes.h"
#include "storage/lmgr.h"
#include "utils/memutils.h"

#include "pg/hnsw/hnsw.h"

#define LINK_ATTEMPTS 3

/* Per statement: an open index, and scratch of the core. */
typedef struct HnswInsertState
{
	HnswIndex *index;
	VsHnswInserter *inserter;
	MemoryContext row_context; /* reset for every row */
} HnswInsertState;

/* The node being inserted, and its record id at every level. */
typedef struct NewNode
{
	VsHnswRecord *record; /* header and padded code */
	int level;
	VsNodeId ids[VS_HNSW_MAX_LEVEL + 1];
} NewNode;

static const int8 *
node_code(const NewNode *node)
{
	return (const int8 *) node->record + VS_RECORD_HEADER_BYTES;
}

/* Write one record of the node for every level, bottom up. */
static void
store_records(HnswIndex *index, VsHnswInserter *inserter, NewNode *node, ItemPointer tid)
{
	for (int level = 0; level <= node->level; level++)
	{
		VsHnswRecord *record = node->record;
		const VsNodeId *links;
		int count = vs_hnsw_inserter_links(inserter, level, &links);

		record->flags = VS_NODE_USED;
		record->level = level;
		memset(record->heap_tid, 0, sizeof(record->heap_tid));
		if (level == 0)
			memcpy(record->heap_tid, tid, sizeof(ItemPointerData));
		else
			memcpy(record->heap_tid, &node->ids[0], sizeof(VsNodeId));
		record->link = level == 0 ? VS_NO_NODE : node->ids[level - 1];
		node->ids[level] = hnsw_store_node(index, record, node_code(node), links, count);
	}
}

/* Position of `wanted` in a list, or -1. */
static int
find_link(const VsNodeId *links, int count, VsNodeId wanted)
{
	for (int i = 0; i < count; i++)
		if (links[i] == wanted)
			return i;
	return -1;
}

/*
 * Which of the chosen links, nearest first, a list can spare for `to`: the last one that `to` links to
 * as well, since its target is then reached through `to`.  Without such a rule nodes that nobody wants,
 * as short vectors under inner product, would evict each other.
 */
static VsNodeId
dispensable_link(HnswIndex *index, const VsNodeId *chosen, int count, VsNodeId to, int level)
{
	VsHnswNode target;

	if (index->host.read_node(index, to, level, &target))
		for (int i = count - 1; i >= 0; i--)
			if (find_link(target.links, target.degree, chosen[i]) >= 0)
				return chosen[i];
	return chosen[count - 1];
}

/*
 * Which link of `from` gives way to `to`: a position, or -1 when `from` is better off without `to`.
 * With must_accept some link gives way in any case.
 */
static int
choose_victim(HnswIndex *index, VsHnswInserter *inserter, VsNodeId from, const VsHnswNode *node,
			  VsNodeId to, bool must_accept)
{
	VsNodeId candidates[VS_HNSW_MAX_LINKS + 1];
	VsNodeId chosen[VS_HNSW_MAX_LINKS];
	VsHnswRecord *record = palloc(vs_hnsw_load_stride(index->meta.dims));
	int count = node->degree;

	index->host.load(index, &from, 1, (uint8_t *) record, vs_hnsw_load_stride(index->meta.dims));
	memcpy(candidates, node->links, count * sizeof(VsNodeId));
	candidates[count] = to;
	vs_hnsw_choose_links(inserter, record, candidates, count + 1, count, chosen);
	pfree(record);
	if (find_link(chosen, count, to) < 0)
		return !must_accept ? -1
			: find_link(node->links, count,
						dispensable_link(index, chosen, count, to, node->level));
	for (int i = 0; i < count; i++)
		if (find_link(chosen, count, node->links[i]) < 0)
			return i;
	return -1;
}

/* Put `to` at a position of the list of `from` if the list has not changed since `seen`. */
static bool
write_link(HnswIndex *index, VsNodeId from, const VsHnswNode *seen, int position, VsNodeId to)
{
	Buffer buffer = hnsw_pin(index, vs_node_block(&index->geometry, from));
	uint32 slot = vs_node_slot(&index->geometry, from);
	VsHnswRecord *record;
	VsPageEdit edit;
	bool unchanged;

	LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
	record = hnsw_slot(&index->geometry, BufferGetPage(buffer), slot);
	unchanged = (record->flags & VS_NODE_USED) != 0 && record->level == seen->level &&
		record->edge_version == seen->edge_version;
	if (unchanged)
	{
		vs_edit_begin(&edit, index->rel, index->logged);
		record = hnsw_slot(&index->geometry, vs_edit_page(&edit, buffer, false), slot);
		vs_record_links(&index->geometry, record)[position] = to;
		if (position == record->degree)
			record->degree++;
		record->edge_version++;
		vs_edit_commit(&edit);
	}
	UnlockReleaseBuffer(buffer);
	return unchanged;
}

/* Let `from` link to `to`, if that serves it; must_accept: in any case. */
static void
link_back(HnswIndex *index, VsHnswInserter *inserter, VsNodeId from, VsNodeId to, int level,
		  bool must_accept)
{
	VsHnswNode node;

	for (int attempt = 0; attempt < LINK_ATTEMPTS; attempt++)
	{
		int position;

		if (!index->host.read_node(index, from, level, &node) ||
			find_link(node.links, node.degree, to) >= 0)
			return;
		position = node.degree;
		if (position == (int) vs_links_at(&index->geometry, level))
			position = choose_victim(index, inserter, from, &node, to, must_accept);
		if (position < 0 || write_link(index, from, &node, position, to))
			return;
	}
}

static void
link_all_back(HnswIndex *index, VsHnswInserter *inserter, const NewNode *node)
{
	for (int level = 0; level <= node->level; level++)
	{
		VsNodeId links[VS_HNSW_MAX_LINKS];
		const VsNodeId *chosen;
		int count = vs_hnsw_inserter_links(inserter, level, &chosen);

		/* The choice of victims reuses the inserter's memory. */
		memcpy(links, chosen, count * sizeof(VsNodeId));
		/* Where all nodes are dead, one of them leads here until VACUUM puts us in its place. */
		if (level == 0 && count == 0 && vs_hnsw_inserter_nearest(inserter) != VS_NO_NODE)
			links[count++] = vs_hnsw_inserter_nearest(inserter);
		for (int i = 0; i < count; i++)
			link_back(index, inserter, links[i], node->ids[level], level, i == 0);
	}
}

/* Choose links against the current entry, which VACUUM may replace while we look. */
static void
search_place(HnswIndex *index, VsHnswInserter *inserter, const NewNode *node)
{
	for (int attempt = 0; attempt < LINK_ATTEMPTS; attempt++)
	{
		vs_hnsw_inserter_search(inserter, index->meta.entry, index->meta.entry_level, node->level,
								RelationGetNumberOfBlocks(index->rel),
								index->meta.ef_construction);
		if (index->meta.entry == VS_NO_NODE || vs_hnsw_inserter_nearest(inserter) != VS_NO_NODE)
			return;
		hnsw_refresh_meta(index);
	}
}

/* Add links to a node that was stored without any. */
static void
link_forward(HnswIndex *index, VsHnswInserter *inserter, const NewNode *node)
{
	for (int level = 0; level <= node->level; level++)
	{
		const VsNodeId *links;
		int count = vs_hnsw_inserter_links(inserter, level, &links);
		VsHnswNode self;

		for (int i = 0; i < count; i++)
		{
			if (!index->host.read_node(index, node->ids[level], level, &self) ||
				self.degree == vs_links_at(&index->geometry, level))
				break;
			if (links[i] != node->ids[level] && find_link(self.links, self.degree, links[i]) < 0)
				write_link(index, node->ids[level], &self, self.degree, links[i]);
		}
	}
}

/*
 * A node that found no other is the first one and becomes the entry, unless another first node came
 * between: then the two are linked, or no search would find both.
 */
static void
begin_graph(HnswIndex *index, VsHnswInserter *inserter, const NewNode *node)
{
	if (hnsw_change_entry(index, VS_NO_NODE, node->ids[node->level], node->level))
		return;
	search_place(index, inserter, node);
	link_forward(index, inserter, node);
	link_all_back(index, inserter, node);
}

/*
 * Make the node the entry if it is the highest.  Not where VACUUM has buried nodes: links go to live
 * nodes only, and from this one they might lead to a corner of the graph that only tombstones tie to
 * the rest.
 */
static void
offer_entry(HnswIndex *index, VsHnswInserter *inserter, const NewNode *node)
{
	if (vs_hnsw_inserter_nearest(inserter) == VS_NO_NODE || vs_hnsw_inserter_met_tombstone(inserter))
		return;
	while ((int) index->meta.entry_level < node->level)
		if (hnsw_change_entry(index, index->meta.entry, node->ids[node->level], node->level))
			return;
}

/* Insert the vector in index->values for the row at tid.  The gate is held. */
static void
insert_vector(HnswIndex *index, VsHnswInserter *inserter, ItemPointer tid)
{
	NewNode node = {0};
	uint64 key = (uint64) ItemPointerGetBlockNumber(tid) << 16 | ItemPointerGetOffsetNumber(tid);
	VsNodeId same;

	node.record = palloc0(vs_hnsw_load_stride(index->meta.dims));
	node.level = vs_hnsw_level(index->meta.rotation_seed, key);
	if (!vs_hnsw_encode(&index->space, index->values, node.record,
						(int8 *) node.record + VS_RECORD_HEADER_BYTES) ||
		!vs_hnsw_query_set(&index->query, index->values))
		return;
	search_place(index, inserter, &node);
	same = vs_hnsw_inserter_find_same(inserter, node.record);
	if (same != VS_NO_NODE && hnsw_add_heap_row(index, same, node.record, tid))
		return;
	store_records(index, inserter, &node, tid);
	link_all_back(index, inserter, &node);
	if (vs_hnsw_inserter_nearest(inserter) == VS_NO_NODE)
		begin_graph(index, inserter, &node);
	offer_entry(index, inserter, &node);
}

/* Insert one datum; also used by builds that outgrew their memory. */
void
hnsw_insert_value(HnswIndex *index, VsHnswInserter *inserter, Datum value, ItemPointer tid)
{
	hnsw_take_vector(index, value);
	LockPage(index->rel, VS_HNSW_META_BLOCK, ShareLock);
	hnsw_refresh_meta(index);
	insert_vector(index, inserter, tid);
	UnlockPage(index->rel, VS_HNSW_META_BLOCK, ShareLock);
}

static HnswInsertState *
statement_state(Relation rel, IndexInfo *info)
{
	HnswInsertState *state = info->ii_AmCache;

	if (state == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(info->ii_Context);

		state = palloc(sizeof(HnswInsertState));
		state->index = hnsw_open_index(rel, info->ii_Context);
		state->inserter = vs_hnsw_inserter_create(&state->index->host, &state->index->geometry,
												  &state->index->space);
		state->row_context = AllocSetContextCreate(info->ii_Context, "vecstore hnsw insert",
												   ALLOCSET_DEFAULT_SIZES);
		info->ii_AmCache = state;
		MemoryContextSwitchTo(old);
	}
	state->index->rel = rel;
	return state;
}

bool
hnsw_insert(Relation rel, Datum *values, bool *isnull, ItemPointer tid, Relation heap,
			IndexUniqueCheck unique, bool unchanged, IndexInfo *info)
{
	HnswInsertState *state;
	MemoryContext old;

	if (isnull[0])
		return false;
	state = statement_state(rel, info);
	old = MemoryContextSwitchTo(state->row_context);
	hnsw_insert_value(state->index, state->inserter, values[0], tid);
	MemoryContextSwitchTo(old);
	MemoryContextReset(state->row_context);
	return false;
}
