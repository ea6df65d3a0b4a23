/* SPDX-License-Identifier: PostgreSQL
 *
 * build.c - CREATE INDEX and REINDEX.
 *
 * Owns: the order of a build.  Look at a sample; then each participant loads (scans its share of the
 * heap, quantises), links (in memory), and writes its share of the pages; when the relation needs it one
 * pass, shared as well, logs them all.  Nothing is WAL-logged before that pass: a crash during the build
 * drops the whole relation.  A serial build has one participant, the leader, and the block of nodes is its own memory.
 *
 * Rows that find no room in the block go to temporary files, and build_parts.c does the rest.
 */
#include "postgres.h"

#include "access/tableam.h"
#include "access/xloginsert.h"
#include "catalog/index.h"
#include "commands/progress.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "optimizer/optimizer.h"
#include "pgstat.h"
#include "utils/backend_progress.h"
#include "utils/memutils.h"

#include "pg/compat.h"
#include "pg/hnsw/build.h"

#define PROGRESS_EVERY 256
/* Nodes there is room for whatever maintenance_work_mem says. */
#define LEAST_CAPACITY 1024
/* Pages that a participant fills or logs before it asks for more: as many as one WAL record holds. */
#define PAGES_AT_ONCE 32

static void *
build_grow(void *context, void *old, size_t old_bytes, size_t new_bytes)
{
	HnswBuild *build = context;

	if (old == NULL)
		return MemoryContextAllocHuge(build->context, new_bytes);
	return repalloc_huge(old, new_bytes);
}

/* `linked` counts the nodes of all participants; the leader reports them. */
static void
build_progress(void *context, uint64_t linked)
{
	HnswBuild *build = context;

	CHECK_FOR_INTERRUPTS();
	if (build->leader)
		hnsw_report_build_progress(linked);
}

static void
build_synchronize(void *context)
{
	hnsw_build_synchronize(context);
}

void
hnsw_build_synchronize(HnswBuild *build)
{
	BarrierArriveAndWait(&build->shared->barrier, PG_WAIT_EXTENSION);
}

void
hnsw_report_build_progress(uint64 done)
{
	CHECK_FOR_INTERRUPTS();
	if (done % PROGRESS_EVERY == 0)
		pgstat_progress_update_param(PROGRESS_CREATEIDX_TUPLES_DONE, done);
}

void
hnsw_begin_build_phase(int phase, double tuples_total)
{
	const int params[] = {PROGRESS_CREATEIDX_SUBPHASE, PROGRESS_CREATEIDX_TUPLES_TOTAL,
						  PROGRESS_CREATEIDX_TUPLES_DONE};
	const int64 values[] = {phase, (int64) tuples_total, 0};

	pgstat_progress_update_multi_param(3, params, values);
}

/* Dimensions of the indexed column; error when it has none. */
static int
index_dimensions(Relation rel)
{
	int dims = TupleDescAttr(RelationGetDescr(rel), 0)->atttypmod;

	if (dims < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("column does not have dimensions"),
				 errhint("Declare the column with a dimension, for example vector(384), or index an expression such as (embedding::vector(384)).")));
	return dims;
}

/* Sketches rely on the rotation, which L1 does without, and records with them must fit a page. */
static void
check_sketches(Relation rel)
{
	VsHnswGeometry geometry;

	if (hnsw_opclass(rel)->metric == VS_METRIC_L1)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("operator class for taxicab distance does not support storage \"sketch\""),
				 errhint("Use storage \"plain\".")));
	if (!vs_hnsw_geometry(index_dimensions(rel), hnsw_option_m(rel), VS_STORAGE_SKETCH, &geometry))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("storage \"sketch\" does not fit %d dimensions with m = %d",
						index_dimensions(rel), hnsw_option_m(rel)),
				 errdetail("A node and sketches of its %d neighbours must fit a page.",
						   2 * hnsw_option_m(rel)),
				 errhint("Use a smaller m, or storage \"plain\".")));
}

static void
check_options(Relation rel)
{
	if (hnsw_option_ef_construction(rel) < 2 * hnsw_option_m(rel))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("ef_construction must be greater than or equal to 2 * m")));
	if (hnsw_option_storage(rel) == VS_STORAGE_SKETCH)
		check_sketches(rel);
}

static void
init_shared(HnswBuildShared *shared, Relation heap, Relation rel, IndexInfo *info)
{
	memset(shared, 0, sizeof(*shared));
	shared->heap = RelationGetRelid(heap);
	shared->index = RelationGetRelid(rel);
	shared->concurrent = info->ii_Concurrent;
	/* The leader takes part before any worker can. */
	BarrierInit(&shared->barrier, 0);
	BarrierAttach(&shared->barrier);
	pg_atomic_init_u32(&shared->outgrown, 0);
	pg_atomic_init_u64(&shared->rows, 0);
	pg_atomic_init_u64(&shared->next_page, 0);
	pg_atomic_init_u32(&shared->spill_files, 0);
	SpinLockInit(&shared->mutex);
}

/* Write what the index begins with: the meta page, and the centroid if the sample has one. */
static void
write_first_pages(Relation heap, Relation rel, IndexInfo *info, HnswHeapSample *sample)
{
	HnswIndex *index;
	VsHnswMeta meta;

	hnsw_init_meta(&meta, rel, index_dimensions(rel));
	hnsw_write_new_meta(rel, MAIN_FORKNUM, &meta);
	index = hnsw_open_index(rel, CurrentMemoryContext);
	hnsw_sample_heap(index, heap, info, sample);
	/* Inner products are not invariant under translation. */
	if (sample->has_mean && index->metric != VS_METRIC_IP)
	{
		hnsw_write_centroid(rel, &meta, sample->mean);
		hnsw_overwrite_meta(rel, &meta);
	}
	hnsw_close_index(index);
}

/* The nodes to have room for: those there seem to be, if maintenance_work_mem allows. */
static uint32
choose_capacity(Relation rel, const HnswHeapSample *sample, VsHnswGeometry *geometry)
{
	uint32 wanted = (uint32) Min(sample->max_rows + 1, PG_INT32_MAX);

	vs_hnsw_geometry(index_dimensions(rel), hnsw_option_m(rel), hnsw_option_storage(rel), geometry);
	return Min(wanted, Max(vs_hnsw_build_capacity(geometry, (Size) maintenance_work_mem * 1024),
						   LEAST_CAPACITY));
}

void
hnsw_join_build(HnswBuild *build, void *arena)
{
	build->context =
		AllocSetContextCreate(CurrentMemoryContext, "vecstore hnsw build", ALLOCSET_DEFAULT_SIZES);
	build->row_context =
		AllocSetContextCreate(build->context, "vecstore hnsw build row", ALLOCSET_DEFAULT_SIZES);
	build->index = hnsw_open_index(build->rel, build->context);
	build->index->logged = false;
	build->build_host = (VsHnswBuildHost){.context = build,
										  .grow = build_grow,
										  .progress = build_progress,
										  .synchronize = build_synchronize,
										  .arena = arena,
										  .leader = build->leader};
	build->builder = vs_hnsw_builder_create(&build->build_host, &build->index->geometry,
											&build->index->space, build->index->meta.ef_construction);
	build->record = MemoryContextAllocZero(build->context, vs_hnsw_load_stride(&build->index->geometry));
}

/* Quantise a vector and hand it to the builder, or put it aside when that has no room. */
static void
add_node(HnswBuild *build, const float *values, ItemPointer tid)
{
	HnswIndex *index = build->index;

	if (!vs_hnsw_encode(&index->space, values, build->record,
						(int8 *) build->record + VS_RECORD_HEADER_BYTES))
		return;
	memcpy(build->record->heap_tid, tid, sizeof(ItemPointerData));
	build->record->level = hnsw_level_of(index, tid);
	if (!vs_hnsw_builder_add(build->builder, build->record,
							 (int8 *) build->record + VS_RECORD_HEADER_BYTES, build->record->level))
		hnsw_spill_row(build, build->record);
	pg_atomic_fetch_add_u64(&build->shared->rows, 1);
}

/* Fill one of the node pages, which is in the relation already. */
static void
fill_node_page(HnswBuild *build, BlockNumber first_block, uint32 number)
{
	HnswIndex *index = build->index;
	Buffer buffer = ReadBufferExtended(build->rel, MAIN_FORKNUM, first_block + number,
									   RBM_ZERO_AND_LOCK, NULL);
	Page page = BufferGetPage(buffer);

	hnsw_init_page(page, VS_PAGE_NODES, index->meta.index_tag);
	hnsw_page_tail(page)->used =
		vs_hnsw_builder_write_page(build->builder, number,
								   (uint8_t *) hnsw_slot(&index->geometry, page, 0));
	MarkBufferDirty(buffer);
	UnlockReleaseBuffer(buffer);
}

/* The next pages for this participant to work on; false when all `pages` have been given out. */
static bool
next_pages(HnswBuild *build, uint32 pages, uint32 *begin, uint32 *end)
{
	uint64 next = pg_atomic_fetch_add_u64(&build->shared->next_page, PAGES_AT_ONCE);

	*begin = Min(next, pages);
	*end = Min(next + PAGES_AT_ONCE, pages);
	return *begin < *end;
}

void
hnsw_write_node_pages(HnswBuild *build, BlockNumber first_block, uint32 pages)
{
	uint32 begin;
	uint32 end;

	if (build->leader)
	{
		vs_add_zero_pages(build->rel, MAIN_FORKNUM, first_block, pages);
		pg_atomic_write_u64(&build->shared->next_page, 0);
	}
	hnsw_build_synchronize(build);
	while (next_pages(build, pages, &begin, &end))
	{
		CHECK_FOR_INTERRUPTS();
		for (uint32 i = begin; i < end; i++)
			fill_node_page(build, first_block, i);
	}
	hnsw_build_synchronize(build);
}

/* Log all pages of the finished index, if it needs that; everybody's. */
static void
log_pages(HnswBuild *build)
{
	uint32 pages = 0;
	uint32 begin;
	uint32 end;

	if (build->leader)
		pg_atomic_write_u64(&build->shared->next_page, 0);
	hnsw_build_synchronize(build);
	if (RelationNeedsWAL(build->rel))
		pages = RelationGetNumberOfBlocks(build->rel);
	while (next_pages(build, pages, &begin, &end))
		log_newpage_range(build->rel, MAIN_FORKNUM, begin, end, true);
}

void
hnsw_write_duplicates(HnswBuild *build)
{
	uint64_t cursor = 0;
	VsNodeId id;
	ItemPointerData tid;

	while (vs_hnsw_builder_next_duplicate(build->builder, &cursor, &id, (uint8_t *) &tid))
	{
		CHECK_FOR_INTERRUPTS();
		if (!hnsw_add_heap_row(build->index, id, NULL, &tid))
			elog(ERROR, "node %u of index \"%s\" vanished", id, RelationGetRelationName(build->rel));
	}
}

/* Write what tells of the linked graph, whose pages are written; the leader's. */
static void
write_meta(HnswBuild *build, uint32 first_block, uint32 pages, VsNodeId entry, int entry_level)
{
	HnswIndex *index = build->index;

	if (vs_hnsw_builder_calibration(build->builder, index->meta.calibrated_ef))
		index->meta.calibrated_rows = vs_hnsw_builder_count(build->builder);
	index->meta.entry = entry;
	index->meta.entry_level = entry_level;
	index->meta.insert_block = pages > 0 ? first_block + pages - 1 : 0;
	hnsw_overwrite_meta(build->rel, &index->meta);
	hnsw_refresh_meta(index);
	hnsw_write_duplicates(build);
}

/* Link and write what fits the block. */
static void
build_in_memory(HnswBuild *build)
{
	BlockNumber first_block = RelationGetNumberOfBlocks(build->rel);
	uint32 pages;
	VsNodeId entry;
	int entry_level;

	if (build->leader)
		hnsw_begin_build_phase(HNSW_PHASE_LINK, vs_hnsw_builder_count(build->builder));
	vs_hnsw_builder_link(build->builder);
	if (build->leader)
		hnsw_begin_build_phase(HNSW_PHASE_WRITE, 0);
	pages = vs_hnsw_builder_layout(build->builder, first_block, &entry, &entry_level);
	hnsw_write_node_pages(build, first_block, pages);
	if (build->leader)
		write_meta(build, first_block, pages, entry, entry_level);
}

static void
build_row(Relation rel, ItemPointer tid, Datum *values, bool *isnull, bool alive, void *context)
{
	HnswBuild *build = context;
	MemoryContext old;

	if (isnull[0])
		return;
	old = MemoryContextSwitchTo(build->row_context);
	hnsw_take_vector(build->index, values[0]);
	add_node(build, build->index->values, tid);
	MemoryContextSwitchTo(old);
	MemoryContextReset(build->row_context);
	if (build->leader)
		pgstat_progress_update_param(PROGRESS_CREATEIDX_TUPLES_DONE,
									 (int64) pg_atomic_read_u64(&build->shared->rows));
}

void
hnsw_take_part(HnswBuild *build, TableScanDesc scan)
{
	HnswBuildShared *shared = build->shared;
	double heap_tuples = table_index_build_scan(build->heap, build->rel, build->info, true,
												build->leader, build_row, build, scan);

	hnsw_hand_over_rows(build);
	hnsw_build_synchronize(build);
	if (pg_atomic_read_u32(&shared->outgrown))
		hnsw_build_in_parts(build);
	else
		build_in_memory(build);
	log_pages(build);
	SpinLockAcquire(&shared->mutex);
	shared->heap_tuples += heap_tuples;
	shared->broken_hot_chain |= build->info->ii_BrokenHotChain;
	SpinLockRelease(&shared->mutex);
}

/* Run the build, in this process or with workers; *result is what all of them did. */
static void
run_build(Relation heap, Relation rel, IndexInfo *info, HnswBuildShared *result)
{
	HnswBuild build = {.heap = heap, .rel = rel, .info = info, .shared = result, .leader = true};
	int workers = plan_create_index_workers(RelationGetRelid(heap), RelationGetRelid(rel));
	HnswParallelBuild *parallel = NULL;
	HnswHeapSample sample;
	VsHnswGeometry geometry;
	uint32 capacity;
	void *arena;

	write_first_pages(heap, rel, info, &sample);
	init_shared(result, heap, rel, info);
	capacity = result->capacity = choose_capacity(rel, &sample, &geometry);
	hnsw_begin_build_phase(HNSW_PHASE_LOAD, Max(heap->rd_rel->reltuples, 0));
	if (workers > 0 && sample.max_rows > 0)
		parallel = hnsw_begin_parallel_build(result, heap, rel, workers, capacity, &geometry);
	if (parallel != NULL)
	{
		build.shared = hnsw_parallel_shared(parallel);
		arena = hnsw_parallel_arena(parallel);
	}
	else
	{
		arena = MemoryContextAllocHuge(CurrentMemoryContext, vs_hnsw_build_bytes(&geometry, capacity));
		vs_hnsw_build_format(arena, capacity);
	}
	hnsw_join_build(&build, arena);
	hnsw_take_part(&build, parallel != NULL ? hnsw_parallel_scan(parallel, heap) : NULL);
	if (parallel != NULL)
		hnsw_end_parallel_build(parallel, result);
}

IndexBuildResult *
hnsw_build(Relation heap, Relation rel, IndexInfo *info)
{
	IndexBuildResult *result = palloc(sizeof(IndexBuildResult));
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "vecstore hnsw build leader", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	HnswBuildShared totals;

	if (RelationGetNumberOfBlocks(rel) != 0)
		elog(ERROR, "index \"%s\" already contains data", RelationGetRelationName(rel));
	check_options(rel);
	run_build(heap, rel, info, &totals);
	result->heap_tuples = totals.heap_tuples;
	result->index_tuples = pg_atomic_read_u64(&totals.rows);
	info->ii_BrokenHotChain |= totals.broken_hot_chain;
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	return result;
}

/* The init fork of an unlogged index: an index without nodes. */
void
hnsw_build_empty(Relation rel)
{
	VsHnswMeta meta;

	hnsw_init_meta(&meta, rel, index_dimensions(rel));
	hnsw_write_new_meta(rel, INIT_FORKNUM, &meta);
}
