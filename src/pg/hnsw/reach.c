/* SPDX-License-Identifier: PostgreSQL
 *
 * reach.c - which records links lead to.
 *
 * Owns: the traversal.  A search goes along links and down levels, so a record counts as reached
 * when such steps lead to it from where searches begin.
 *
 * Records are expanded in the order of their pages: every round reads the pages that have pending
 * records once, front to back.  In a small world a few rounds reach everything, so the cost is a
 * few sequential passes, also when the index does not fit into memory.
 *
 * Inserts may run meanwhile.  Records on pages added after the creation are ignored.
 */
#include "postgres.h"

#include "commands/vacuum.h"
#include "utils/memutils.h"

#include "pg/compat.h"
#include "pg/hnsw/reach.h"

void
hnsw_reach_create(HnswReach *reach, HnswIndex *index, BufferAccessStrategy strategy)
{
	uint64 ids = hnsw_id_limit(&index->geometry, RelationGetNumberOfBlocks(index->rel));

	reach->index = index;
	reach->strategy = strategy;
	hnsw_set_create(&reach->reached, ids);
	hnsw_set_create(&reach->pending, ids);
	reach->low = InvalidBlockNumber;
	reach->high = 0;
	reach->from = palloc_extended(ids, MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

static uint8
hash_id(VsNodeId id)
{
	return (id * UINT64CONST(0x9e3779b97f4a7c15)) >> 56;
}

static void
mark(HnswReach *reach, VsNodeId from, VsNodeId id)
{
	BlockNumber block = vs_node_block(&reach->index->geometry, id);

	if (!hnsw_set_add(&reach->reached, id))
		return;
	reach->from[id] = hash_id(from);
	hnsw_set_add(&reach->pending, id);
	reach->low = Min(reach->low, block);
	reach->high = Max(reach->high, block);
}

bool
hnsw_reach_needs(const HnswReach *reach, VsNodeId from, VsNodeId id)
{
	return id >= reach->reached.ids || reach->from[id] == hash_id(from);
}

static void
follow_links(HnswReach *reach, VsNodeId id, VsHnswRecord *record)
{
	const VsHnswGeometry *geometry = &reach->index->geometry;
	const VsNodeId *links = vs_record_links(geometry, record);
	int degree = vs_record_degree(geometry, record);

	for (int i = 0; i < degree; i++)
		mark(reach, id, links[i]);
	if (record->level > 0)
		mark(reach, id, record->link);
}

/* Follow the links of the pending records on one page. */
static void
expand_page(HnswReach *reach, BlockNumber block)
{
	const VsHnswGeometry *geometry = &reach->index->geometry;
	Buffer buffer =
		ReadBufferExtended(reach->index->rel, MAIN_FORKNUM, block, RBM_NORMAL, reach->strategy);
	Page page = BufferGetPage(buffer);
	bool has_nodes;

	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	has_nodes = hnsw_page_is(page, VS_PAGE_NODES);
	for (uint32 slot = 0; slot < geometry->slots_per_page; slot++)
	{
		VsNodeId id = vs_make_node_id(geometry, block, slot);
		VsHnswRecord *record = hnsw_slot(geometry, page, slot);

		if (!hnsw_set_has(&reach->pending, id))
			continue;
		hnsw_set_remove(&reach->pending, id);
		if (has_nodes && (record->flags & VS_NODE_USED) != 0)
			follow_links(reach, id, record);
	}
	UnlockReleaseBuffer(buffer);
}

void
hnsw_reach_from(HnswReach *reach, VsNodeId from, VsNodeId id)
{
	const VsHnswGeometry *geometry = &reach->index->geometry;

	mark(reach, from, id);
	while (reach->low != InvalidBlockNumber)
	{
		BlockNumber block = reach->low;

		/* What is marked behind us is for the next round. */
		reach->low = InvalidBlockNumber;
		for (; block <= reach->high; block++)
		{
			if (!hnsw_set_has_block(&reach->pending, geometry, block))
				continue;
			vs_vacuum_delay_point();
			expand_page(reach, block);
		}
	}
	reach->high = 0;
}
