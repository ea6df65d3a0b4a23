/* SPDX-License-Identifier: PostgreSQL
 *
 * runs.c - which blocks of a bm25 index are in use, and which are free.
 *
 * Owns: the list of all runs as of one moment, for the sweep after a crash and for check_index.  It is copied while all lane
 * heads are locked, when no insert is between allocating a run and using it; records are read afterwards.  That needs
 * the lock of the lists, so that no run is replaced meanwhile, or a standby, which waits for the caller's snapshot.
 */
#include "postgres.h"

#include "pg/bm25/index.h"

#define FIRST_ROOM 256

static void
add_run(Bm25Runs *runs, BlockNumber first, uint32 count)
{
	if (count == 0)
		return;
	if (runs->n == runs->room)
	{
		runs->room *= 2;
		runs->runs = repalloc(runs->runs, sizeof(Bm25BlockRun) * runs->room);
	}
	runs->runs[runs->n++] = (Bm25BlockRun){.first = first, .count = count};
}

static void
add_overflow(void *context, Bm25Document *document)
{
	add_run(context, document->elsewhere.first_block, document->elsewhere.pages);
}

static void
add_lane(Bm25Runs *runs, const VsBm25Lane *lane)
{
	for (uint32 i = 0; i < lane->n_sealed; i++)
		add_run(runs, lane->sealed[i].first_block, lane->sealed[i].pages);
	add_run(runs, lane->open.first_block, lane->open.pages);
}

static int
compare_runs(const void *a, const void *b)
{
	const Bm25BlockRun *left = a,
					   *right = b;

	return left->first < right->first ? -1 : left->first > right->first;
}

void
bm25_list_runs(Relation index, Bm25Runs *runs)
{
	VsBm25FreeList *list = palloc(sizeof(VsBm25FreeList));
	Bm25Snapshot *contents = bm25_take_snapshot_and_free_list(index, list);

	runs->n = 0;
	runs->room = FIRST_ROOM;
	runs->runs = palloc(sizeof(Bm25BlockRun) * runs->room);
	runs->next_block = list->next_block;
	for (uint32 i = 0; i < contents->meta.n_segments; i++)
		add_run(runs, contents->meta.segments[i].first_block, bm25_segment_pages(&contents->meta.segments[i]));
	for (int i = 0; i < VS_BM25_LANES; i++)
		add_lane(runs, &contents->lanes[i]);
	bm25_visit_lanes(index, contents, add_overflow, runs);
	for (uint32 i = 0; i < list->n; i++)
		add_run(runs, list->runs[i].first, list->runs[i].count);
	qsort(runs->runs, runs->n, sizeof(Bm25BlockRun), compare_runs);
	pfree(contents);
	pfree(list);
}

void
bm25_visit_gaps(const Bm25Runs *runs, void (*visit)(void *context, BlockNumber first, uint32 count), void *context)
{
	BlockNumber next = VS_BM25_FIRST_RUN;

	for (int i = 0; i < runs->n; i++)
	{
		const Bm25BlockRun *run = &runs->runs[i];

		if (run->first > next)
			visit(context, next, run->first - next);
		next = Max(next, run->first + run->count);
	}
	if (runs->next_block > next)
		visit(context, next, runs->next_block - next);
}
