/* SPDX-License-Identifier: PostgreSQL
 *
 * alloc.c - runs of blocks: taking them, giving them back.
 *
 * Owns: the free list (block 1).  What is allocated is logged, but not that it is in use: after a crash in
 * between the run belongs to nobody until a vacuum sweeps it up.
 *
 * A run that is given back may still be read by scans that began before; it is used again when no
 * snapshot is as old as that.  Standbys learn of the reuse by the record that btree has for the purpose,
 * which resolves conflicts and changes nothing.
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/xlog.h"
#include "miscadmin.h"
#include "storage/procarray.h"
#include "utils/snapmgr.h"

#include "pg/bm25/index.h"
#include "pg/compat.h"

static bool
may_be_used(const VsBm25FreeRun *run)
{
	return GlobalVisCheckRemovableFullXid(NULL, FullTransactionIdFromU64(run->horizon));
}

static void
log_reuse(Relation index, const VsBm25FreeRun *run)
{
	if (XLogStandbyInfoActive() && RelationNeedsWAL(index))
		vs_log_page_reuse(index, run->first, FullTransactionIdFromU64(run->horizon));
}

static void
remove_run(VsBm25FreeList *list, uint32 i)
{
	list->runs[i] = list->runs[--list->n];
}

/* The smallest run that is large enough. */
static int
find_run(const VsBm25FreeList *list, uint32 pages)
{
	int best = -1;

	for (uint32 i = 0; i < list->n; i++)
		if (list->runs[i].count >= pages &&
			(best < 0 || list->runs[i].count < list->runs[best].count) && may_be_used(&list->runs[i]))
			best = i;
	return best;
}

static int
compare_runs(const void *a, const void *b)
{
	const VsBm25FreeRun *left = a,
						*right = b;

	return left->first < right->first ? -1 : left->first > right->first;
}

/* What was given back at different times is one run when all of it may be used. */
static void
join_usable(VsBm25FreeList *list)
{
	uint32 last = 0;

	qsort(list->runs, list->n, sizeof(VsBm25FreeRun), compare_runs);
	for (uint32 i = 1; i < list->n; i++)
	{
		VsBm25FreeRun *run = &list->runs[last],
					  next = list->runs[i];

		if (run->first + run->count == next.first && may_be_used(run) && may_be_used(&next))
		{
			run->count += next.count;
			run->horizon = Max(run->horizon, next.horizon);
		}
		else
			list->runs[++last] = next;
	}
	list->n = Min(list->n, last + 1);
}

BlockNumber
bm25_allocate(Relation index, uint32 pages)
{
	Buffer buffer = bm25_read(index, VS_BM25_FREE_BLOCK, BUFFER_LOCK_EXCLUSIVE, VS_BM25_FREE_LIST);
	VsBm25FreeList *list;
	VsPageEdit edit;
	BlockNumber first;
	int found;

	vs_edit_begin(&edit, index, RelationNeedsWAL(index));
	list = BM25_FREE_LIST(vs_edit_page(&edit, buffer, false));
	found = find_run(list, pages);
	if (found < 0)
	{
		join_usable(list);
		found = find_run(list, pages);
	}
	if (found >= 0)
	{
		VsBm25FreeRun *run = &list->runs[found];

		log_reuse(index, run);
		first = run->first;
		run->first += pages;
		run->count -= pages;
		if (run->count == 0)
			remove_run(list, found);
	}
	else
	{
		first = list->next_block;
		if (pages >= MaxBlockNumber - first)
		{
			vs_edit_abort(&edit); /* joined runs mean the same */
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("index \"%s\" has no blocks left", RelationGetRelationName(index))));
		}
		list->next_block += pages;
	}
	vs_edit_commit(&edit);
	UnlockReleaseBuffer(buffer);
	return first;
}

/*
 * Joins a run with those of its neighbours that have to wait as well: one that may be used would have to wait again.
 * With no room left, the smallest run is left to the next sweep.
 */
static void
add_run(VsBm25FreeList *list, VsBm25FreeRun run)
{
	for (uint32 i = 0; i < list->n;)
	{
		VsBm25FreeRun *other = &list->runs[i];

		if ((other->first + other->count == run.first || run.first + run.count == other->first) && !may_be_used(other))
		{
			run.first = Min(run.first, other->first);
			run.count += other->count;
			run.horizon = Max(run.horizon, other->horizon);
			remove_run(list, i);
			i = 0;
		}
		else
			i++;
	}
	if (list->n == VS_BM25_FREE_RUNS)
		join_usable(list);
	if (list->n == VS_BM25_FREE_RUNS)
	{
		uint32 smallest = 0;

		for (uint32 i = 1; i < list->n; i++)
			if (list->runs[i].count < list->runs[smallest].count)
				smallest = i;
		if (list->runs[smallest].count >= run.count)
			return;
		remove_run(list, smallest);
	}
	list->runs[list->n++] = run;
}

void
bm25_free(Relation index, BlockNumber first, uint32 pages)
{
	Buffer buffer;
	VsPageEdit edit;
	VsBm25FreeRun run = {.first = first, .count = pages};

	if (pages == 0)
		return;
	run.horizon = U64FromFullTransactionId(ReadNextFullTransactionId());
	buffer = bm25_read(index, VS_BM25_FREE_BLOCK, BUFFER_LOCK_EXCLUSIVE, VS_BM25_FREE_LIST);
	vs_edit_begin(&edit, index, RelationNeedsWAL(index));
	add_run(BM25_FREE_LIST(vs_edit_page(&edit, buffer, false)), run);
	vs_edit_commit(&edit);
	UnlockReleaseBuffer(buffer);
}

static void
free_gap(void *context, BlockNumber first, uint32 count)
{
	bm25_free(context, first, count);
}

void
bm25_sweep(Relation index)
{
	Bm25Runs runs;

	bm25_lock_lists(index);
	if (bm25_try_stop_placing(index))
	{
		bm25_list_runs(index, &runs);
		bm25_visit_gaps(&runs, free_gap, index);
		pfree(runs.runs);
		bm25_allow_placing(index);
	}
	bm25_unlock_lists(index);
}
