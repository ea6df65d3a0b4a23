/* SPDX-License-Identifier: PostgreSQL
 *
 * build.c - CREATE INDEX.
 *
 * Owns: the first pages, and who does what.  The table is cut into as many ranges of blocks as there are participants,
 * the leader and its workers; each takes one task after the other until none is left: first ranges, then, launched
 * again, shares of the terms.
 */
#include "postgres.h"

#include "access/xloginsert.h"
#include "catalog/index.h"
#include "commands/progress.h"
#include "optimizer/optimizer.h"
#include "pgstat.h"
#include "utils/memutils.h"

#include "pg/bm25/build.h"
#include "pg/build_workers.h"

/* Of a participant, in bytes: with much less, every few documents would make a part. */
#define LEAST_MEMORY ((Size) 1024 * 1024)

static void
init_meta(Relation index, VsBm25Meta *meta)
{
	Bm25Weights weights;

	bm25_option_weights(index, &weights);
	meta->magic = VS_BM25_MAGIC;
	meta->version = VS_BM25_VERSION;
	meta->byte_order = VS_BM25_BYTE_ORDER;
	meta->next_id = 1;
	memcpy(meta->weights, weights.of, sizeof(meta->weights));
	meta->positions = bm25_option_positions(index);
}

/* The pages every index has. */
static void
create_pages(Relation index, ForkNumber fork)
{
	VsBm25Meta *meta = palloc0(sizeof(VsBm25Meta));

	init_meta(index, meta); /* may fail, so not in a critical section */
	for (BlockNumber block = 0; block < VS_BM25_FIRST_RUN; block++)
	{
		Buffer buffer = ReadBufferExtended(index, fork, P_NEW, RBM_ZERO_AND_LOCK, NULL);
		Page page = BufferGetPage(buffer);

		START_CRIT_SECTION();
		if (block == VS_BM25_META_BLOCK)
		{
			bm25_init_page(page, VS_BM25_META, 0, 0, sizeof(VsBm25Meta));
			memcpy(BM25_META(page), meta, sizeof(VsBm25Meta));
		}
		else if (block == VS_BM25_FREE_BLOCK)
		{
			bm25_init_page(page, VS_BM25_FREE_LIST, 0, 0, sizeof(VsBm25FreeList));
			BM25_FREE_LIST(page)->next_block = VS_BM25_FIRST_RUN;
		}
		else
			bm25_init_page(page, VS_BM25_LANE_HEAD, 0, 0, offsetof(VsBm25Lane, sealed));
		MarkBufferDirty(buffer);
		if (RelationNeedsWAL(index) || fork == INIT_FORKNUM)
			log_newpage_buffer(buffer, true);
		END_CRIT_SECTION();
		UnlockReleaseBuffer(buffer);
	}
	pfree(meta);
}

void
bm25_build_empty(Relation index)
{
	create_pages(index, INIT_FORKNUM);
}

void
bm25_report_phase(const Build *build, int phase)
{
	if (build->leader)
		pgstat_progress_update_param(PROGRESS_CREATEIDX_SUBPHASE, phase);
}

/* What all participants have read by now. */
void
bm25_report_progress(const Build *build)
{
	const int params[] = {PROGRESS_SCAN_BLOCKS_DONE, PROGRESS_CREATEIDX_TUPLES_DONE};
	const int64 values[] = {pg_atomic_read_u64(&build->shared->blocks_done),
							pg_atomic_read_u64(&build->shared->documents_done)};

	if (build->leader)
		pgstat_progress_update_multi_param(2, params, values);
}

/* As many tuples as the table had when it was last looked at; 0: not known. */
static void
report_totals(const Build *build)
{
	const int params[] = {PROGRESS_SCAN_BLOCKS_TOTAL, PROGRESS_CREATEIDX_TUPLES_TOTAL};
	const int64 values[] = {build->shared->heap_blocks, Max(build->heap->rd_rel->reltuples, 0)};

	pgstat_progress_update_multi_param(2, params, values);
}

static void
begin_build(Build *build)
{
	bm25_option_weights(build->index, &build->weights);
	build->positions = bm25_option_positions(build->index);
	build->context = AllocSetContextCreate(CurrentMemoryContext, "bm25 build", ALLOCSET_DEFAULT_SIZES);
	build->row = AllocSetContextCreate(CurrentMemoryContext, "bm25 row", ALLOCSET_DEFAULT_SIZES);
}

static void
end_build(Build *build)
{
	MemoryContextDelete(build->row);
	MemoryContextDelete(build->context);
}

/* One task after the other, until none is left. */
static void
take_part(Build *build)
{
	BuildShared *shared = build->shared;

	for (;;)
	{
		uint32 task = pg_atomic_fetch_add_u32(&shared->next_task, 1);

		if (task >= shared->n_tasks)
			break;
		if (shared->task == BM25_BUILD_RANGE)
			bm25_build_range(build, task);
		else
			bm25_build_share(build, task);
	}
}

static void
init_shared(BuildShared *shared, Relation heap, Relation index, IndexInfo *info, int participants)
{
	memset(shared, 0, sizeof(*shared));
	shared->heap = RelationGetRelid(heap);
	shared->index = RelationGetRelid(index);
	shared->concurrent = info->ii_Concurrent;
	shared->heap_blocks = RelationGetNumberOfBlocks(heap);
	shared->n_ranges = Max(Min(shared->heap_blocks, participants), 1);
	shared->parts_per_range = BM25_MAX_PARTS / shared->n_ranges;
	shared->memory = Max((Size) maintenance_work_mem * 1024 / participants, LEAST_MEMORY);
	shared->task = BM25_BUILD_RANGE;
	shared->n_tasks = shared->n_ranges;
	pg_atomic_init_u32(&shared->next_task, 0);
	pg_atomic_init_u32(&shared->next_number, 0);
	pg_atomic_init_u64(&shared->blocks_done, 0);
	pg_atomic_init_u64(&shared->documents_done, 0);
	SpinLockInit(&shared->mutex);
}

PGDLLEXPORT void vs_bm25_build_worker(dsm_segment *segment, shm_toc *toc);

/* What a worker runs. */
void
vs_bm25_build_worker(dsm_segment *segment, shm_toc *toc)
{
	BuildShared *shared = vs_begin_build_work(toc);
	VsBuildRelations relations = vs_open_build_relations(shared->heap, shared->index, shared->concurrent);
	Build *build = palloc0(sizeof(Build));

	build->heap = relations.heap;
	build->index = relations.index;
	build->info = relations.info;
	build->shared = shared;
	SharedFileSetAttach(&shared->files, segment);
	begin_build(build);
	take_part(build);
	end_build(build);
	vs_close_build_relations(&relations);
	vs_end_build_work(toc);
}

static void
build_alone(Build *build)
{
	build->shared = palloc(sizeof(BuildShared));
	init_shared(build->shared, build->heap, build->index, build->info, 1);
	report_totals(build);
	take_part(build);
}

/* False: there are no workers, and nothing was done. */
static bool
build_with_workers(Build *build, VsBuildWorkers *workers, int planned)
{
	BuildShared *shared = build->shared = workers->shared;
	int launched;

	init_shared(shared, build->heap, build->index, build->info, planned + 1);
	SharedFileSetInit(&shared->files, workers->context->seg);
	shared->has_files = true;
	report_totals(build);
	launched = vs_launch_build_workers(workers);
	if (launched == 0)
		return false;
	take_part(build);
	bm25_report_phase(build, BM25_PHASE_WAIT);
	vs_wait_for_build_workers(workers);
	bm25_report_progress(build);
	if (bm25_plan_shares(build, launched + 1))
	{
		vs_launch_build_workers(workers);
		take_part(build);
		bm25_report_phase(build, BM25_PHASE_WAIT);
		vs_wait_for_build_workers(workers);
	}
	return true;
}

IndexBuildResult *
bm25_build(Relation heap, Relation index, IndexInfo *info)
{
	IndexBuildResult *result = palloc0(sizeof(IndexBuildResult));
	int planned = plan_create_index_workers(RelationGetRelid(heap), RelationGetRelid(index));
	Build *build = palloc0(sizeof(Build));
	VsBuildWorkers *workers = NULL;
	VsBm25Segment segment;
	bool any;

	if (RelationGetNumberOfBlocks(index) != 0)
		elog(ERROR, "index \"%s\" already contains data", RelationGetRelationName(index));
	bm25_forget_terms();
	create_pages(index, MAIN_FORKNUM);
	build->heap = heap;
	build->index = index;
	build->info = info;
	build->leader = true;
	begin_build(build);
	planned = Min(planned, BM25_MAX_PARTICIPANTS - 1);
	if (planned > 0)
		workers = vs_begin_build_workers("vs_bm25_build_worker", planned, sizeof(BuildShared));
	if (workers == NULL || !build_with_workers(build, workers, planned))
		build_alone(build);
	any = bm25_place_parts(build, &segment);
	info->ii_BrokenHotChain |= build->shared->broken_hot_chain;
	result->heap_tuples = build->shared->heap_tuples;
	end_build(build);
	if (workers != NULL)
		vs_end_build_workers(workers);
	if (any)
	{
		bm25_replace_segments(index, NULL, 0, &segment, 0, 0);
		result->index_tuples = segment.n_docs;
	}
	return result;
}
