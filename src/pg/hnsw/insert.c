/* SPDX-License-Identifier: PostgreSQL
 *
 * insert.c - one new row into an existing graph.
 *
 * Owns: the order of the writes.  First the node's records, bottom up, each complete and in one WAL
 * record; then links to it (link_back.c); last, if it is the new top, the entry.  Every prefix of that
 * sequence is a valid graph, so neither a crash nor an abort needs any cleaning up: a node whose row
 * never committed is removed by VACUUM like any other.
 *
 * An insert holds the gate (a heavyweight page lock on block 0) in share mode from its search to its
 * last link.  VACUUM takes it exclusively once, between marking and repairing, so that no insert links
 * to a node it saw alive before.
 */
#include "postgres.h"

#include "nodes/execnodes.h"
#include "storage/lmgr.h"
#include "utils/memutils.h"

#include "pg/hnsw/hnsw.h"

/*
 * Times ef_construction that an insert searches.  A build sees more of a node's neighbours than a search of
 * that width; with 1, five rounds of deleting and inserting a fifth cost .03 of recall, with 2 less than .01.
 */
#define INSERT_EFFORT 2
#define SEARCH_ATTEMPTS 3

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
		record->degree = count;
		node->ids[level] = hnsw_store_node(index, record, links);
	}
}

/* Search from the current entry with the current query, which is that of `record`. */
void
hnsw_search_place(HnswIndex *index, VsHnswInserter *inserter, const VsHnswRecord *record, int level,
				  bool stop_at_same)
{
	VsHnswInsertSearch search = {.query = &index->query,
								 .record = record,
								 .entry = index->meta.entry,
								 .entry_level = index->meta.entry_level,
								 .level = level,
								 .blocks = index->blocks,
								 .ef_construction = INSERT_EFFORT * index->meta.ef_construction,
								 .stop_at_same = stop_at_same};

	vs_hnsw_inserter_search(inserter, &search);
}

/* Choose links against the current entry, which VACUUM may replace while we look. */
static void
search_place(HnswIndex *index, VsHnswInserter *inserter, const NewNode *node, bool stop_at_same)
{
	for (int attempt = 0; attempt < SEARCH_ATTEMPTS; attempt++)
	{
		hnsw_search_place(index, inserter, node->record, node->level, stop_at_same);
		if (index->meta.entry == VS_NO_NODE || vs_hnsw_inserter_nearest(inserter) != VS_NO_NODE ||
			vs_hnsw_inserter_same(inserter) != VS_NO_NODE)
			return;
		hnsw_refresh_meta(index);
	}
}

/*
 * Search for the node's place, or add its row to a node with the same code and return true.  An UPDATE
 * that leaves the vector as it was ends here, as soon as its search comes by the row's old node.
 */
static bool
join_same_node(HnswIndex *index, VsHnswInserter *inserter, const NewNode *node, ItemPointer tid)
{
	VsNodeId same;

	search_place(index, inserter, node, true);
	same = vs_hnsw_inserter_same(inserter);
	if (same == VS_NO_NODE)
		return false;
	if (hnsw_add_heap_row(index, same, node->record, tid))
		return true;
	/* It was buried meanwhile. */
	search_place(index, inserter, node, false);
	return false;
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
			if (links[i] != node->ids[level] && !hnsw_has_link(self.links, self.degree, links[i]))
				hnsw_write_link(index, node->ids[level], &self, self.degree, links[i]);
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
	hnsw_refresh_meta(index);
	search_place(index, inserter, node, false);
	link_forward(index, inserter, node);
	hnsw_link_back(index, inserter, node->record, node->ids, node->level);
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

/* Insert a node for the row at tid; its vector is the current query.  The gate is held. */
static void
insert_node(HnswIndex *index, VsHnswInserter *inserter, NewNode *node, ItemPointer tid)
{
	if (join_same_node(index, inserter, node, tid))
		return;
	store_records(index, inserter, node, tid);
	hnsw_link_back(index, inserter, node->record, node->ids, node->level);
	if (vs_hnsw_inserter_nearest(inserter) == VS_NO_NODE)
		begin_graph(index, inserter, node);
	offer_entry(index, inserter, node);
}

/* Insert the vector in index->values for the row at tid.  The gate is held. */
static void
insert_vector(HnswIndex *index, VsHnswInserter *inserter, ItemPointer tid)
{
	NewNode node = {0};

	node.record = palloc0(vs_hnsw_load_stride(&index->geometry));
	node.level = hnsw_level_of(index, tid);
	if (vs_hnsw_encode(&index->space, index->values, node.record,
					   (int8 *) node.record + VS_RECORD_HEADER_BYTES) &&
		vs_hnsw_query_set(&index->query, index->values))
		insert_node(index, inserter, &node, tid);
}

/* Insert a node of level 0 for the row its record names, into an index that is being built. */
void
hnsw_insert_record(HnswIndex *index, VsHnswInserter *inserter, VsHnswRecord *record)
{
	NewNode node = {.record = record};
	ItemPointerData tid;

	memcpy(&tid, record->heap_tid, sizeof(tid));
	hnsw_refresh_meta(index);
	vs_hnsw_query_from_record(&index->query, record);
	insert_node(index, inserter, &node, &tid);
}

static void
insert_value(HnswIndex *index, VsHnswInserter *inserter, Datum value, ItemPointer tid)
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
	insert_value(state->index, state->inserter, values[0], tid);
	MemoryContextSwitchTo(old);
	MemoryContextReset(state->row_context);
	return false;
}
