/* SPDX-License-Identifier: PostgreSQL
 *
 * orphans.c - nodes no link leads to after the repair.
 *
 * Owns: giving such a node a link, so that searches keep finding it.  It goes into the list of its
 * nearest neighbour that can spare a place: one that is free, or that of the link whose target has most
 * links.  A node that lost its own links as well (its whole surroundings were deleted) is placed by a
 * search, like a new one.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "pg/hnsw/vacuum.h"

typedef struct Orphan
{
	VsNodeId id;
	int count;
	VsNodeId links[VS_HNSW_MAX_LINKS]; /* nearest first */
} Orphan;

static bool
is_live_node(const VsHnswNode *node)
{
	return (node->flags & VS_NODE_TOMBSTONE) == 0;
}

static bool
list_has(const VsHnswNode *node, VsNodeId id)
{
	for (int i = 0; i < node->degree; i++)
		if (node->links[i] == id)
			return true;
	return false;
}

/* Take the node's vector as the query. */
static void
query_node(HnswIndex *index, VsNodeId id)
{
	size_t stride = vs_hnsw_load_stride(index->geometry.dims);
	VsHnswRecord *record = palloc(stride);

	index->host.load(index, &id, 1, (uint8_t *) record, stride);
	vs_hnsw_query_from_record(&index->query, record);
	pfree(record);
}

/* Sort the orphan's links by distance from it. */
static void
sort_links(HnswIndex *index, Orphan *orphan)
{
	float estimates[VS_HNSW_MAX_LINKS];

	index->host.score(index, orphan->links, orphan->count, estimates);
	for (int i = 1; i < orphan->count; i++)
	{
		VsNodeId id = orphan->links[i];
		float estimate = estimates[i];
		int at;

		for (at = i; at > 0 && estimates[at - 1] > estimate; at--)
		{
			orphan->links[at] = orphan->links[at - 1];
			estimates[at] = estimates[at - 1];
		}
		orphan->links[at] = id;
		estimates[at] = estimate;
	}
}

/* A place for one more link in a record: a free one, or that of the most linked target; else -1. */
static int
find_place(const HnswIndex *index, VsHnswRecord *record, const HnswInLinks *in_links)
{
	const VsNodeId *links = vs_record_links(&index->geometry, record);
	int most = 1;
	int place = -1;

	if (record->degree < vs_links_at(&index->geometry, 0))
		return record->degree;
	for (int i = 0; i < record->degree; i++)
	{
		int count = links[i] < in_links->ids ? in_links->counts[links[i]] & HNSW_IN_LINKS_MAX : 0;

		if (count > most)
		{
			most = count;
			place = i;
		}
	}
	return place;
}

/* Put a link to `id` into the list of `from`, if it can spare a place. */
static bool
link_from(HnswIndex *index, VsNodeId from, VsNodeId id, HnswInLinks *in_links)
{
	uint32 slot = vs_node_slot(&index->geometry, from);
	Buffer buffer = hnsw_pin(index, vs_node_block(&index->geometry, from));
	VsHnswRecord *record;
	VsPageEdit edit;
	int place;

	LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
	vs_edit_begin(&edit, index->rel, index->logged);
	record = hnsw_slot(&index->geometry, vs_edit_page(&edit, buffer, false), slot);
	/* It was alive when we read it, and only a vacuum could change that. */
	place = find_place(index, record, in_links);
	if (place >= 0)
	{
		VsNodeId *link = &vs_record_links(&index->geometry, record)[place];

		if (place == record->degree)
			record->degree++;
		else
			in_links->counts[*link]--;
		*link = id;
		record->edge_version++;
		hnsw_count_in_link(in_links, id);
		vs_edit_commit(&edit);
	}
	else
		vs_edit_abort(&edit);
	UnlockReleaseBuffer(buffer);
	return place >= 0;
}

/* Give the record the links in orphan->links, unless an insert gave it some meanwhile. */
static void
store_links(HnswIndex *index, const Orphan *orphan)
{
	uint32 slot = vs_node_slot(&index->geometry, orphan->id);
	Buffer buffer = hnsw_pin(index, vs_node_block(&index->geometry, orphan->id));
	VsHnswRecord *record;
	VsPageEdit edit;

	LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
	vs_edit_begin(&edit, index->rel, index->logged);
	record = hnsw_slot(&index->geometry, vs_edit_page(&edit, buffer, false), slot);
	if (record->degree == 0)
	{
		record->degree = orphan->count;
		memcpy(vs_record_links(&index->geometry, record), orphan->links,
			   orphan->count * sizeof(VsNodeId));
		record->edge_version++;
		vs_edit_commit(&edit);
	}
	else
		vs_edit_abort(&edit);
	UnlockReleaseBuffer(buffer);
}

/* Place a node without links by a search. */
static void
place_by_search(HnswVacuum *vacuum, VsHnswInserter *inserter, Orphan *orphan)
{
	HnswIndex *index = vacuum->index;
	const VsNodeId *links;
	int count;

	hnsw_refresh_meta(index);
	vs_hnsw_inserter_search(inserter, &index->query, index->meta.entry, index->meta.entry_level, 0,
							RelationGetNumberOfBlocks(index->rel), index->meta.ef_construction);
	count = vs_hnsw_inserter_links(inserter, 0, &links);
	orphan->count = 0;
	for (int i = 0; i < count; i++)
		if (links[i] != orphan->id)
			orphan->links[orphan->count++] = links[i];
	if (orphan->count > 0)
		store_links(index, orphan);
}

/* True when one of the nodes it links to links back. */
static bool
has_link_back(HnswIndex *index, const Orphan *orphan)
{
	VsHnswNode node;

	for (int i = 0; i < orphan->count; i++)
		if (index->host.read_node(index, orphan->links[i], 0, &node) && list_has(&node, orphan->id))
			return true;
	return false;
}

static void
attach(HnswVacuum *vacuum, VsHnswInserter *inserter, HnswInLinks *in_links, VsNodeId id)
{
	HnswIndex *index = vacuum->index;
	Orphan orphan = {.id = id};
	VsHnswNode node;

	if (!index->host.read_node(index, id, 0, &node) || !is_live_node(&node))
		return;
	orphan.count = node.degree;
	memcpy(orphan.links, node.links, node.degree * sizeof(VsNodeId));
	if (has_link_back(index, &orphan))
		return;
	query_node(index, id);
	if (orphan.count == 0)
		place_by_search(vacuum, inserter, &orphan);
	else
		sort_links(index, &orphan);
	for (int i = 0; i < orphan.count; i++)
		if (link_from(index, orphan.links[i], id, in_links))
			return;
}

/* Give every live node of level 0 that nobody links to a link. */
void
hnsw_attach_orphans(HnswVacuum *vacuum, VsHnswInserter *inserter, HnswInLinks *in_links)
{
	for (uint64 id = 0; id < in_links->ids; id++)
	{
		if (in_links->counts[id] != HNSW_IN_LINKS_LIVE)
			continue;
		CHECK_FOR_INTERRUPTS();
		attach(vacuum, inserter, in_links, id);
	}
}
