/* SPDX-License-Identifier: PostgreSQL
 *
 * lock.c - what may go on side by side in an index.
 *
 * Owns: heavyweight locks, of tuples that an index does not have, so nobody else asks for them.  They end with the
 * transaction at the latest, pg_locks shows them, and the deadlock detector knows them.
 *
 *     lists      for a short time, by whoever takes documents out of lanes, flags some, chooses or replaces segments
 *     segment    as long as it is merged, or bits of it are cleared; by its id
 *     placing    shared: pages are written and no list names them yet, or one did that names them no more
 *
 * Who holds the lists waits for none of the others, so there is no deadlock: these are tried.  Who holds a segment, or
 * is placing, may wait for the lists.  So a merge keeps nobody from inserting, however long it takes.
 */
#include "postgres.h"

#include "storage/lmgr.h"

#include "pg/bm25/index.h"

typedef enum LockKind
{
	LOCK_LISTS = 1,
	LOCK_PLACING,
	LOCK_SEGMENT
} LockKind;

static ItemPointerData
tag(LockKind kind, uint32 id)
{
	ItemPointerData tid;

	ItemPointerSet(&tid, id, kind);
	return tid;
}

static void
lock(Relation index, LockKind kind, uint32 id, LOCKMODE mode)
{
	ItemPointerData tid = tag(kind, id);

	LockTuple(index, &tid, mode);
}

static bool
try_lock(Relation index, LockKind kind, uint32 id, LOCKMODE mode)
{
	ItemPointerData tid = tag(kind, id);

	return ConditionalLockTuple(index, &tid, mode);
}

static void
unlock(Relation index, LockKind kind, uint32 id, LOCKMODE mode)
{
	ItemPointerData tid = tag(kind, id);

	UnlockTuple(index, &tid, mode);
}

void
bm25_lock_lists(Relation index)
{
	lock(index, LOCK_LISTS, 0, ExclusiveLock);
}

bool
bm25_try_lock_lists(Relation index)
{
	return try_lock(index, LOCK_LISTS, 0, ExclusiveLock);
}

void
bm25_unlock_lists(Relation index)
{
	unlock(index, LOCK_LISTS, 0, ExclusiveLock);
}

void
bm25_begin_placing(Relation index)
{
	lock(index, LOCK_PLACING, 0, ShareLock);
}

void
bm25_end_placing(Relation index)
{
	unlock(index, LOCK_PLACING, 0, ShareLock);
}

bool
bm25_try_stop_placing(Relation index)
{
	return try_lock(index, LOCK_PLACING, 0, ExclusiveLock);
}

void
bm25_allow_placing(Relation index)
{
	unlock(index, LOCK_PLACING, 0, ExclusiveLock);
}

void
bm25_lock_segment(Relation index, uint32 id)
{
	lock(index, LOCK_SEGMENT, id, ExclusiveLock);
}

bool
bm25_try_lock_segment(Relation index, uint32 id)
{
	return try_lock(index, LOCK_SEGMENT, id, ExclusiveLock);
}

void
bm25_unlock_segments(Relation index, const VsBm25Segment *segments, int n)
{
	for (int i = 0; i < n; i++)
		unlock(index, LOCK_SEGMENT, segments[i].id, ExclusiveLock);
}

void
bm25_wait_for_segment(Relation index, const VsBm25Segment *segment)
{
	bm25_lock_segment(index, segment->id);
	bm25_unlock_segments(index, segment, 1);
}

void
bm25_lock_all_segments(Relation index, VsBm25Meta *meta, void (*prepare)(Relation index))
{
	for (;;)
	{
		uint32 locked = 0;

		bm25_lock_lists(index);
		if (prepare != NULL)
			prepare(index);
		bm25_read_meta(index, meta);
		while (locked < meta->n_segments && bm25_try_lock_segment(index, meta->segments[locked].id))
			locked++;
		if (locked == meta->n_segments)
			return;
		bm25_unlock_segments(index, meta->segments, locked);
		bm25_unlock_lists(index);
		bm25_wait_for_segment(index, &meta->segments[locked]);
	}
}
