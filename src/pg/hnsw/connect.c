/* SPDX-License-Identifier: PostgreSQL
 *
 * connect.c - link to the nodes that searches cannot reach.
 *
 * Owns: finding such nodes and giving them a link.  Deletes cut nodes off, and so do inserts,
 * because links to a remote group of nodes give way to nearer ones; so does a build in parts, when it
 * merges lists.  A search places the node; the nearest of the nodes found that can spare a place links to
 * it, without cutting off any other.  What the node leads to is reached as well then.
 *
 * Nodes newer than VACUUM's sweep are left alone: inserts are just linking them.
 */
#include "postgres.h"

#include "pg/hnsw/reach.h"

/* Nodes that are asked to link to an unreachable one: those of a search, then what they link to. */
#define MAX_CANDIDATES 512

/* A place for one more link in a record: a free one, or the last that is not needed; else -1. */
static int
find_place(const HnswReach *reach, VsNodeId id, VsHnswRecord *record)
{
	const VsHnswGeometry *geometry = &reach->index->geometry;
	const VsNodeId *links = vs_record_links(geometry, record);
	int place = vs_record_degree(geometry, record);

	if (place < (int) vs_links_at(geometry, 0))
		return place;
	while (--place >= 0)
		if (!hnsw_reach_needs(reach, id, links[place]))
			break;
	return place;
}

/* The record of a live node of level 0 on its locked page, or NULL. */
static VsHnswRecord *
live_base(HnswIndex *index, Buffer buffer, VsNodeId id)
{
	VsHnswRecord *record =
		hnsw_slot(&index->geometry, BufferGetPage(buffer), vs_node_slot(&index->geometry, id));

	if (!hnsw_page_is(BufferGetPage(buffer), VS_PAGE_NODES) || record->level != 0 ||
		(record->flags & (VS_NODE_USED | VS_NODE_TOMBSTONE)) != VS_NODE_USED)
		return NULL;
	return record;
}

/* Header and code of a node. */
static VsHnswRecord *
load_record(HnswIndex *index, VsNodeId id)
{
	size_t stride = vs_hnsw_load_stride(&index->geometry);
	VsHnswRecord *record = palloc(stride);

	index->host.load(index, &id, 1, (uint8_t *) record, stride);
	return record;
}

/* Put a link to `to` into the list of `from`, if that can spare a place. */
static bool
link_from(HnswReach *reach, VsNodeId from, VsNodeId to)
{
	HnswIndex *index = reach->index;
	VsHnswRecord *target = load_record(index, to);
	Buffer buffer = hnsw_pin(index, vs_node_block(&index->geometry, from));
	VsHnswRecord *record;
	VsPageEdit edit;
	bool linked = false;
	int place = -1;

	LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
	record = live_base(index, buffer, from);
	if (record != NULL)
	{
		/* An insert that still links back may have done so since the search. */
		linked = hnsw_has_link(vs_record_links(&index->geometry, record), record->degree, to);
		if (!linked)
			place = find_place(reach, from, record);
	}
	if (place >= 0)
	{
		vs_edit_begin(&edit, index->rel, index->logged);
		record = hnsw_slot(&index->geometry, vs_edit_page(&edit, buffer, false),
						   vs_node_slot(&index->geometry, from));
		vs_record_links(&index->geometry, record)[place] = to;
		if (hnsw_has_sketches(index, 0))
			vs_hnsw_sketch(&index->geometry, record, target,
						   vs_record_sketch(&index->geometry, record, place));
		if (place == record->degree)
			record->degree++;
		record->edge_version++;
		vs_edit_commit(&edit);
	}
	UnlockReleaseBuffer(buffer);
	pfree(target);
	return linked || place >= 0;
}

/* Give a node that has lost all of its links those that the search found. */
static void
restore_links(HnswIndex *index, VsNodeId id, const VsNodeId *links, int count)
{
	const VsHnswGeometry *geometry = &index->geometry;
	uint8 *sketches = palloc(Max(count * geometry->sketch_bytes, 1));
	VsHnswRecord *record = load_record(index, id);
	Buffer buffer;
	VsPageEdit edit;

	if (hnsw_has_sketches(index, 0))
		hnsw_make_sketches(index, record, links, count, sketches);
	pfree(record);
	buffer = hnsw_pin(index, vs_node_block(geometry, id));
	LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
	record = live_base(index, buffer, id);
	if (record != NULL && record->degree == 0)
	{
		vs_edit_begin(&edit, index->rel, index->logged);
		record = hnsw_slot(&index->geometry, vs_edit_page(&edit, buffer, false),
						   vs_node_slot(&index->geometry, id));
		memcpy(vs_record_links(geometry, record), links, count * sizeof(VsNodeId));
		if (hnsw_has_sketches(index, 0))
			memcpy(vs_record_sketch(geometry, record, 0), sketches, count * geometry->sketch_bytes);
		record->degree = count;
		record->edge_version++;
		vs_edit_commit(&edit);
	}
	UnlockReleaseBuffer(buffer);
	pfree(sketches);
}

/* Search with the node's vector: the links that a new node in its place would get, nearest first. */
static int
search_place(HnswIndex *index, VsHnswInserter *inserter, VsNodeId id, VsNodeId *links)
{
	VsHnswRecord *record = load_record(index, id);
	const VsNodeId *found;
	int found_count;
	int count = 0;

	vs_hnsw_query_from_record(&index->query, record);
	hnsw_search_place(index, inserter, record, 0, false);
	found_count = vs_hnsw_inserter_links(inserter, 0, &found);
	for (int i = 0; i < found_count; i++)
		if (found[i] != id)
			links[count++] = found[i];
	pfree(record);
	return count;
}

/* Add the links of a node to a list of candidates that has room for `limit`. */
static int
add_neighbours(HnswIndex *index, VsNodeId id, VsNodeId *candidates, int count, int limit)
{
	VsHnswNode node;

	if (!index->host.read_node(index, id, 0, &node))
		return count;
	for (int i = 0; i < node.degree && count < limit; i++)
	{
		int known = 0;

		while (known < count && candidates[known] != node.links[i])
			known++;
		if (known == count)
			candidates[count++] = node.links[i];
	}
	return count;
}

/* Make one node reachable, and with it all that it leads to. */
static void
connect_node(HnswReach *reach, VsHnswInserter *inserter, VsNodeId id)
{
	HnswIndex *index = reach->index;
	VsNodeId candidates[MAX_CANDIDATES];
	int count = search_place(index, inserter, id, candidates);

	restore_links(index, id, candidates, count);
	for (int i = 0; i < count; i++)
	{
		if (hnsw_set_has(&reach->reached, candidates[i]) && link_from(reach, candidates[i], id))
		{
			hnsw_reach_from(reach, candidates[i], id);
			return;
		}
		count = add_neighbours(index, candidates[i], candidates, count, MAX_CANDIDATES);
	}
}

void
hnsw_connect(HnswIndex *index, BufferAccessStrategy strategy, const HnswNodeSet *nodes)
{
	VsHnswInserter *inserter =
		vs_hnsw_inserter_create(&index->host, &index->geometry, &index->space);
	HnswReach reach;

	hnsw_refresh_meta(index);
	if (index->meta.entry == VS_NO_NODE)
		return;
	hnsw_reach_create(&reach, index, strategy);
	hnsw_reach_from(&reach, VS_NO_NODE, index->meta.entry);
	for (uint64 id = 0; id < nodes->ids; id++)
		if (hnsw_set_has(nodes, id) && !hnsw_set_has(&reach.reached, id))
			connect_node(&reach, inserter, id);
}
