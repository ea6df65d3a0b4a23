/* SPDX-License-Identifier: PostgreSQL
 *
 * check_graph.c - the part of vecstore.check_index that follows links.
 *
 * Owns: the checks of lists, of the way down from upper levels, of the entry, and that searches
 * can reach every node.  Works from the notes of check_pages.c; what contradicts them is read
 * again, since nodes may have come or gone since.
 */
#include "postgres.h"

#include "pg/hnsw/check.h"
#include "pg/hnsw/reach.h"

/* A record of the index, as noted or, if it is newer than the notes, as read now. */
static bool
exists(HnswCheck *check, VsNodeId id, int level)
{
	HnswIndex *index = check->index;
	uint8 state = hnsw_slot_state(check, id);
	VsHnswNode node;

	if ((state & HNSW_SLOT_USED) != 0 && (state & HNSW_SLOT_LEVEL) == level)
		return true;
	return vs_node_block(&index->geometry, id) < RelationGetNumberOfBlocks(index->rel) &&
		index->host.read_node(index, id, level, &node);
}

/* Whether the record still has the link, after all. */
static bool
still_links(HnswCheck *check, VsNodeId id, int level, VsNodeId link)
{
	VsHnswNode node;

	if (!check->index->host.read_node(check->index, id, level, &node) ||
		(node.flags & VS_NODE_TOMBSTONE) != 0)
		return false;
	return hnsw_has_link(node.links, node.degree, link);
}

/*
 * True when the sketch of a link is surely not that of the node behind it: the node was the same before and
 * after the list was seen to have this link.
 */
static bool
sketch_is_wrong(HnswCheck *check, VsNodeId id, VsNodeId link)
{
	HnswIndex *index = check->index;
	const VsHnswGeometry *geometry = &index->geometry;
	size_t stride = vs_hnsw_load_stride(geometry);
	VsHnswRecord *before = palloc(stride);
	VsHnswRecord *after = palloc(stride);
	bool wrong = false;
	VsHnswNode node;

	index->host.load(index, &link, 1, (uint8_t *) before, stride);
	if (index->host.read_node(index, id, 0, &node) && (node.flags & VS_NODE_TOMBSTONE) == 0)
	{
		VsHnswRecord *record = index->node;

		index->host.load(index, &link, 1, (uint8_t *) after, stride);
		for (int i = 0; i < node.degree; i++)
			if (node.links[i] == link)
				wrong = vs_hnsw_same_code(before, after, geometry->code_bytes) &&
					!vs_hnsw_sketch_fits(geometry, record, after,
										 vs_record_sketch(geometry, record, i));
	}
	pfree(before);
	pfree(after);
	return wrong;
}

/* Whether the sketch of a link is that of the node behind it, which exists. */
static bool
sketch_fits(HnswCheck *check, VsHnswRecord *record, int link)
{
	HnswIndex *index = check->index;
	const VsHnswGeometry *geometry = &index->geometry;
	size_t stride = vs_hnsw_load_stride(geometry);
	VsHnswRecord *neighbor = palloc(stride);
	bool fits;

	index->host.load(index, &vs_record_links(geometry, record)[link], 1, (uint8_t *) neighbor, stride);
	fits = vs_hnsw_sketch_fits(geometry, record, neighbor, vs_record_sketch(geometry, record, link));
	pfree(neighbor);
	return fits;
}

static void
check_list(HnswCheck *check, VsNodeId id, VsHnswRecord *record)
{
	const VsNodeId *links = vs_record_links(&check->index->geometry, record);

	for (int i = 0; i < record->degree; i++)
	{
		if (links[i] == id)
			hnsw_report(check, HNSW_ERROR, hnsw_node_name(check, id), "it links to itself");
		else if (hnsw_has_link(links, i, links[i]))
			hnsw_report(check, HNSW_ERROR, hnsw_node_name(check, id), "it links to node %u twice",
						links[i]);
		else if (!exists(check, links[i], record->level) &&
				 still_links(check, id, record->level, links[i]))
			hnsw_report(check, HNSW_ERROR, hnsw_node_name(check, id),
						"it links to node %u, which does not exist at level %d", links[i], record->level);
		else if (hnsw_has_sketches(check->index, record->level) && !sketch_fits(check, record, i) &&
				 sketch_is_wrong(check, id, links[i]))
			hnsw_report(check, HNSW_ERROR, hnsw_node_name(check, id),
						"its sketch of node %u is not the one of that node", links[i]);
	}
}

/* The record of a level above 0 must lead down to one of the same node. */
static void
check_way_down(HnswCheck *check, VsNodeId id, const VsHnswRecord *record)
{
	int below = record->level - 1;
	VsNodeId base;
	VsNodeId base_below = record->link;
	VsHnswNode node;

	memcpy(&base, record->heap_tid, sizeof(base));
	if (!exists(check, record->link, below) ||
		!check->index->host.read_node(check->index, record->link, below, &node))
	{
		hnsw_report(check, HNSW_ERROR, hnsw_node_name(check, id),
					"it leads down to node %u, which does not exist at level %d", record->link, below);
		return;
	}
	if (below > 0)
		memcpy(&base_below, node.heap_tid, sizeof(base_below));
	if (base != base_below)
		hnsw_report(check, HNSW_ERROR, hnsw_node_name(check, id),
					"it belongs to node %u at level 0, the record below it to node %u", base,
					base_below);
}

/* Check the records of a page that were noted and have not been replaced since. */
static void
check_page_links(HnswCheck *check, BlockNumber block, Page page)
{
	const VsHnswGeometry *geometry = &check->index->geometry;

	for (uint32 slot = 0; slot < geometry->slots_per_page; slot++)
	{
		VsHnswRecord *record = hnsw_slot(geometry, page, slot);
		VsNodeId id = vs_make_node_id(geometry, block, slot);
		uint8 state = hnsw_slot_state(check, id);

		/* Lists of tombstones are not kept up. */
		if ((record->flags & (VS_NODE_USED | VS_NODE_TOMBSTONE)) != VS_NODE_USED ||
			(state & HNSW_SLOT_USED) == 0 || (state & HNSW_SLOT_LEVEL) != record->level)
			continue;
		check_list(check, id, record);
		if (record->level > 0)
			check_way_down(check, id, record);
	}
}

static void
check_lists(HnswCheck *check)
{
	char *image = palloc(BLCKSZ);
	HnswWalk walk;

	hnsw_walk_begin(&walk, check->index->rel, GetAccessStrategy(BAS_BULKREAD));
	while (hnsw_walk_next(&walk))
	{
		if (!hnsw_page_is(walk.page, VS_PAGE_NODES))
			continue;
		memcpy(image, walk.page, BLCKSZ);
		hnsw_walk_lock(&walk, BUFFER_LOCK_UNLOCK);
		check_page_links(check, walk.block, image);
	}
}

static bool
is_live_base(uint8 state)
{
	return (state & (HNSW_SLOT_USED | HNSW_SLOT_TOMBSTONE | HNSW_SLOT_LEVEL)) == HNSW_SLOT_USED;
}

/* The highest level with a live node, -1 when there is none. */
static int
highest_level(const HnswCheck *check)
{
	uint64 ids = hnsw_id_limit(&check->index->geometry, check->blocks);
	int highest = -1;

	for (uint64 id = 0; id < ids; id++)
		if ((check->slots[id] & (HNSW_SLOT_USED | HNSW_SLOT_TOMBSTONE)) == HNSW_SLOT_USED)
			highest = Max(highest, check->slots[id] & HNSW_SLOT_LEVEL);
	return highest;
}

/* Check the entry and its way down to level 0; false when searches cannot begin there. */
static bool
check_entry(HnswCheck *check)
{
	HnswIndex *index = check->index;
	int highest = highest_level(check);
	VsNodeId id;
	VsHnswNode node;

	hnsw_refresh_meta(index);
	id = index->meta.entry;
	if (id == VS_NO_NODE)
	{
		if (highest >= 0)
			hnsw_report(check, HNSW_ERROR, "meta page", "there are nodes, but no entry to find them");
		return false;
	}
	if ((int) index->meta.entry_level < highest)
		hnsw_report(check, HNSW_WARNING, "meta page",
					"the entry is at level %d, but there are nodes at level %d",
					(int) index->meta.entry_level, highest);
	for (int level = index->meta.entry_level; level >= 0; level--)
	{
		if (level > VS_HNSW_MAX_LEVEL || !exists(check, id, level) ||
			!index->host.read_node(index, id, level, &node))
		{
			hnsw_report(check, HNSW_ERROR, "meta page",
						"the entry %u at level %d leads to node %u, which does not exist at level %d",
						index->meta.entry, (int) index->meta.entry_level, id, level);
			return false;
		}
		if (level > 0)
			id = node.link;
	}
	return true;
}

/* Check that links lead from the entry to every live node. */
static void
check_reachability(HnswCheck *check)
{
	HnswIndex *index = check->index;
	uint64 ids = hnsw_id_limit(&index->geometry, check->blocks);
	HnswReach reach;
	VsNodeId example = VS_NO_NODE;
	int64 unreachable = 0;
	VsHnswNode node;

	hnsw_reach_create(&reach, index, GetAccessStrategy(BAS_BULKREAD));
	hnsw_reach_from(&reach, VS_NO_NODE, index->meta.entry);
	for (uint64 id = 0; id < ids; id++)
	{
		if (!is_live_base(check->slots[id]) || hnsw_set_has(&reach.reached, id) ||
			!index->host.read_node(index, id, 0, &node) || (node.flags & VS_NODE_TOMBSTONE) != 0)
			continue;
		if (unreachable++ == 0)
			example = id;
	}
	if (unreachable > 0)
		hnsw_report(check, HNSW_WARNING, "index",
					INT64_FORMAT " nodes cannot be reached from the entry, for example %s",
					unreachable, hnsw_node_name(check, example));
}

/* Check links, levels, entry and reachability. */
void
hnsw_check_graph(HnswCheck *check)
{
	check_lists(check);
	if (check_entry(check))
		check_reachability(check);
}
