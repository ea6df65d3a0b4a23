/* SPDX-License-Identifier: PostgreSQL
 *
 * vacuum.c - VACUUM of an hnsw index.
 *
 * Owns: the order of the phases, and the barrier between them.
 *
 *   sweep    page by page, remove dead rows; a node without rows becomes a tombstone: still a way
 *            through the graph, but never returned and never linked to.
 *   barrier  wait for the inserts that may have chosen such a node while it was alive.  From here on
 *            links to tombstones only become fewer.
 *   repair   page by page, replace the links to tombstones; before, the entry if it is one.
 *   connect  link to live nodes that no search can reach.
 *   free     page by page, free the slots of the tombstones; new nodes may have them at once.
 *
 * Every step leaves a valid index, so a cancelled or crashed vacuum needs no cleaning up: the next
 * one finds the tombstones again.  A scan that remembers a tombstone from before the repair finds
 * its slot free or taken by another node; it believes only what it reads under the page's lock
 * then, and rows of a node that took the slot are invisible to its snapshot.
 *
 * Nothing but the rare unreachable node needs a search, so the cost is that of some passes over
 * the pages plus, for each link to a tombstone, reading that tombstone.
 */
#include "postgres.h"

#include "storage/indexfsm.h"
#include "storage/lmgr.h"
#include "utils/memutils.h"

#include "pg/compat.h"
#include "pg/hnsw/reach.h"
#include "pg/hnsw/vacuum.h"

/* Wait until no insert runs that began before now.  No content lock is held. */
static void
wait_for_inserts(HnswVacuum *vacuum)
{
	LockPage(vacuum->index->rel, VS_HNSW_META_BLOCK, ExclusiveLock);
	UnlockPage(vacuum->index->rel, VS_HNSW_META_BLOCK, ExclusiveLock);
}

static bool
entry_is_alive(HnswIndex *index)
{
	VsHnswNode node;

	return index->meta.entry != VS_NO_NODE &&
		index->host.read_node(index, index->meta.entry, index->meta.entry_level, &node) &&
		(node.flags & VS_NODE_TOMBSTONE) == 0;
}

/* Find a live record of the highest level.  No insert runs. */
static void
find_entry(HnswVacuum *vacuum)
{
	const VsHnswGeometry *geometry = &vacuum->index->geometry;
	HnswWalk walk;

	hnsw_walk_begin(&walk, vacuum->index->rel, vacuum->info->strategy);
	while (hnsw_walk_next(&walk))
	{
		if (!hnsw_page_is(walk.page, VS_PAGE_NODES))
			continue;
		for (uint32 slot = 0; slot < geometry->slots_per_page; slot++)
		{
			const VsHnswRecord *record = hnsw_slot(geometry, walk.page, slot);

			if ((record->flags & (VS_NODE_USED | VS_NODE_TOMBSTONE)) == VS_NODE_USED &&
				(vacuum->entry == VS_NO_NODE || record->level > vacuum->entry_level))
			{
				vacuum->entry = vs_make_node_id(geometry, walk.block, slot);
				vacuum->entry_level = record->level;
			}
		}
	}
}

/* Let the searches begin at a live record of the highest level, unless they do already. */
static void
replace_entry(HnswVacuum *vacuum)
{
	HnswIndex *index = vacuum->index;

	do
	{
		hnsw_refresh_meta(index);
		if (entry_is_alive(index) && index->meta.entry_level >= (uint32) vacuum->entry_level)
			return;
	} while (!hnsw_change_entry(index, index->meta.entry, vacuum->entry, vacuum->entry_level));
}

/*
 * As replace_entry, when the sweep saw no live node: the index is empty, or all of its nodes are
 * newer than the sweep.  Inserts are kept out, lest a node that comes now be forgotten.
 */
static void
replace_entry_of_dead_graph(HnswVacuum *vacuum)
{
	Relation rel = vacuum->index->rel;

	LockPage(rel, VS_HNSW_META_BLOCK, ExclusiveLock);
	find_entry(vacuum);
	replace_entry(vacuum);
	UnlockPage(rel, VS_HNSW_META_BLOCK, ExclusiveLock);
}

/* Free the slots of the tombstones on one page. */
static void
free_slots(HnswVacuum *vacuum, BlockNumber block)
{
	HnswIndex *index = vacuum->index;
	Buffer buffer =
		ReadBufferExtended(index->rel, MAIN_FORKNUM, block, RBM_NORMAL, vacuum->info->strategy);
	VsPageEdit edit;
	Page page;

	LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
	vs_edit_begin(&edit, index->rel, index->logged);
	page = vs_edit_page(&edit, buffer, false);
	for (uint32 slot = 0; slot < index->geometry.slots_per_page; slot++)
	{
		VsHnswRecord *record = hnsw_slot(&index->geometry, page, slot);

		if (!hnsw_set_has(&vacuum->tombstones, vs_make_node_id(&index->geometry, block, slot)))
			continue;
		record->flags = 0;
		record->edge_version++;
		hnsw_page_tail(page)->used--;
	}
	if (hnsw_page_tail(page)->used == 0)
		vacuum->stats->pages_free++;
	vs_edit_commit(&edit);
	UnlockReleaseBuffer(buffer);
	RecordFreeIndexPage(index->rel, block);
}

static void
free_tombstones(HnswVacuum *vacuum)
{
	const VsHnswGeometry *geometry = &vacuum->index->geometry;
	BlockNumber blocks = vacuum->tombstones.ids >> geometry->slot_bits;

	for (BlockNumber block = VS_HNSW_META_BLOCK + 1; block < blocks; block++)
		if (hnsw_set_has_block(&vacuum->tombstones, geometry, block))
		{
			vs_vacuum_delay_point();
			free_slots(vacuum, block);
		}
}

/* All phases; callback is NULL when there are no dead rows. */
static IndexBulkDeleteResult *
vacuum_index(IndexVacuumInfo *info, IndexBulkDeleteResult *stats, IndexBulkDeleteCallback callback,
			 void *callback_state)
{
	HnswVacuum vacuum = {.info = info,
						 .stats = stats != NULL ? stats : palloc0(sizeof(IndexBulkDeleteResult)),
						 .callback = callback,
						 .callback_state = callback_state};
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "vecstore hnsw vacuum",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);

	vacuum.index = hnsw_open_index(info->index, context);
	hnsw_sweep(&vacuum);
	if (vacuum.tombstone_count > 0)
		wait_for_inserts(&vacuum);
	if (vacuum.entry != VS_NO_NODE)
		replace_entry(&vacuum);
	else if (vacuum.tombstone_count > 0)
		replace_entry_of_dead_graph(&vacuum);
	if (vacuum.tombstone_count > 0)
		hnsw_repair(&vacuum);
	hnsw_connect(vacuum.index, info->strategy, &vacuum.live);
	free_tombstones(&vacuum);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	return vacuum.stats;
}

/* ambulkdelete: remove the rows that callback names; may be called several times by one VACUUM. */
IndexBulkDeleteResult *
hnsw_bulk_delete(IndexVacuumInfo *info, IndexBulkDeleteResult *stats,
				 IndexBulkDeleteCallback callback, void *state)
{
	return vacuum_index(info, stats, callback, state);
}

/*
 * amvacuumcleanup.  When there was nothing to delete the phases run all the same: they count the
 * rows, find free pages, the tombstones of a cancelled vacuum, and nodes that inserts have cut
 * off.
 */
IndexBulkDeleteResult *
hnsw_vacuum_cleanup(IndexVacuumInfo *info, IndexBulkDeleteResult *stats)
{
	if (info->analyze_only)
		return stats;
	if (stats == NULL)
		stats = vacuum_index(info, NULL, NULL, NULL);
	IndexFreeSpaceMapVacuum(info->index);
	stats->num_pages = RelationGetNumberOfBlocks(info->index);
	/* Rows added during the sweep may have been counted although the heap's count lacks them. */
	if (!info->estimated_count && stats->num_index_tuples > info->num_heap_tuples)
		stats->num_index_tuples = info->num_heap_tuples;
	return stats;
}
