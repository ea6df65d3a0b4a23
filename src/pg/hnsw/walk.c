/* SPDX-License-Identifier: PostgreSQL
 *
 * walk.c - one pass over the pages of an index, and sets of node ids.
 *
 * Owns: the order of pages (ascending, without the meta page) and when a pass may be interrupted:
 * between two pages, where no lock is held.  Pages that are added during a pass are not visited.
 */
#include "postgres.h"

#include "commands/vacuum.h"
#include "storage/lmgr.h"
#include "utils/memutils.h"

#include "pg/compat.h"
#include "pg/hnsw/walk.h"

/*
 * The length of the index, but for pages that their extender has not locked yet: the sweep would take
 * such a page for one that a crash left empty and offer it to somebody else.
 */
static BlockNumber
settled_length(Relation rel)
{
	bool need_lock = !RELATION_IS_LOCAL(rel);
	BlockNumber blocks;

	if (need_lock)
		LockRelationForExtension(rel, ExclusiveLock);
	blocks = RelationGetNumberOfBlocks(rel);
	if (need_lock)
		UnlockRelationForExtension(rel, ExclusiveLock);
	return blocks;
}

void
hnsw_walk_begin(HnswWalk *walk, Relation rel, BufferAccessStrategy strategy)
{
	walk->rel = rel;
	walk->strategy = strategy;
	walk->blocks = settled_length(rel);
	walk->block = VS_HNSW_META_BLOCK;
	walk->buffer = InvalidBuffer;
	walk->page = NULL;
	walk->lock = BUFFER_LOCK_UNLOCK;
}

/* Let go of the page at hand: to end a walk before its last page. */
void
hnsw_walk_end(HnswWalk *walk)
{
	if (!BufferIsValid(walk->buffer))
		return;
	hnsw_walk_lock(walk, BUFFER_LOCK_UNLOCK);
	ReleaseBuffer(walk->buffer);
	walk->buffer = InvalidBuffer;
}

/* Let go of the page at hand and share-lock the next one; false after the last. */
bool
hnsw_walk_next(HnswWalk *walk)
{
	hnsw_walk_end(walk);
	if (walk->block + 1 >= walk->blocks)
		return false;
	vs_vacuum_delay_point();
	walk->block++;
	walk->buffer =
		ReadBufferExtended(walk->rel, MAIN_FORKNUM, walk->block, RBM_NORMAL, walk->strategy);
	walk->page = BufferGetPage(walk->buffer);
	hnsw_walk_lock(walk, BUFFER_LOCK_SHARE);
	return true;
}

/* Exchange the lock on the page at hand; in between the page may change. */
void
hnsw_walk_lock(HnswWalk *walk, int lock)
{
	if (walk->lock != BUFFER_LOCK_UNLOCK)
		LockBuffer(walk->buffer, BUFFER_LOCK_UNLOCK);
	if (lock != BUFFER_LOCK_UNLOCK)
		LockBuffer(walk->buffer, lock);
	walk->lock = lock;
}

/* Node ids of an index, or of its first pages, are below this. */
uint64
hnsw_id_limit(const VsHnswGeometry *geometry, BlockNumber blocks)
{
	return (uint64) blocks << geometry->slot_bits;
}

void
hnsw_set_create(HnswNodeSet *set, uint64 ids)
{
	set->ids = ids;
	set->words =
		palloc_extended((ids / 64 + 1) * sizeof(uint64), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

void
hnsw_set_free(HnswNodeSet *set)
{
	pfree(set->words);
	set->words = NULL;
}
