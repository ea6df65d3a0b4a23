/* SPDX-License-Identifier: PostgreSQL
 *
 * build.c - CREATE INDEX and REINDEX.
 *
 * Owns: the order of a build.  Load (scan the heap, quantise), link (in memory), write (pages), and
 * when the relation needs it one pass that logs all pages.  Nothing is WAL-logged before that pass: a
 * crash during the build drops the whole relation.
 *
 * The first rows are kept as they are until their mean is known; it becomes the index's centroid, so
 * that codes describe where vectors differ and not what they have in common.
 *
 * When the nodes no longer fit maintenance_work_mem, what is there is linked and written, and the
 * remaining rows are inserted one by one, without WAL.
 */
#include "postgres.h"

#include <math.h>

#include "access/tableam.h"
#include "access/xloginsert.h"
#include "catalog/index.h"
#include "commands/progress.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "pgstat.h"
#include "utils/backend_progress.h"
#include "utils/memutils.h"

#include "pg/compat.h"
#include "pg/hnsw/hnsw.h"

#define SAMPLE_BYTES (4 * 1024 * 1024)
#define SAMPLE_ROWS 10000
#define PROGRESS_EVERY 256

typedef struct HnswBuild
{
	Relation heap;
	Relation rel;
	IndexInfo *info;
	MemoryContext context;	   /* everything of this build */
	MemoryContext row_context; /* reset for every row */
	HnswIndex *index; /* the new index, opened without WAL */
	VsHnswInserter *inserter; /* once rows are inserted one by one */
	VsHnswBuilder *builder;   /* NULL once its nodes are written */
	VsHnswBuildHost build_host;
	VsHnswRecord *record; /* scratch: header and code */

	/* Rows waiting for the centroid. */
	float *sample;
	ItemPointerData *sample_tids;
	int sampled;
	int sample_capacity; /* 0 once the centroid is known */

	double rows; /* indexed so far */
} HnswBuild;

static void *
build_grow(void *context, void *old, size_t old_bytes, size_t new_bytes)
{
	HnswBuild *build = context;

	if (old == NULL)
		return MemoryContextAllocHuge(build->context, new_bytes);
	return repalloc_huge(old, new_bytes);
}

static void
build_progress(void *context, uint64_t done)
{
	CHECK_FOR_INTERRUPTS();
	if (done % PROGRESS_EVERY == 0)
		pgstat_progress_update_param(PROGRESS_CREATEIDX_TUPLES_DONE, done);
}

/* One process: everybody is here. */
static void
build_synchronize(void *context)
{
}

static void
begin_phase(int phase, double tuples_total)
{
	const int params[] = {PROGRESS_CREATEIDX_SUBPHASE, PROGRESS_CREATEIDX_TUPLES_TOTAL,
						  PROGRESS_CREATEIDX_TUPLES_DONE};
	const int64 values[] = {phase, (int64) tuples_total, 0};

	pgstat_progress_update_multi_param(3, params, values);
}

/* Dimensions of the indexed column; error when it has none or too many. */
static int
index_dimensions(Relation rel)
{
	int dims = TupleDescAttr(RelationGetDescr(rel), 0)->atttypmod;
	int max_dims = vs_hnsw_max_dims(hnsw_option_m(rel));

	if (dims < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("column does not have dimensions"),
				 errhint("Declare the column with a dimension, for example vector(384), or index an expression such as (embedding::vector(384)).")));
	if (dims > max_dims)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("column cannot have more than %d dimensions for hnsw index", max_dims),
				 errdetail("A node of %d dimensions with m = %d does not fit a page of %d bytes.",
						   dims, hnsw_option_m(rel), BLCKSZ),
				 errhint("Use a smaller m, or index the leading dimensions: (subvector(embedding, 1, %d)::%s(%d)).",
						 max_dims,
						 hnsw_opclass(rel)->element == VS_FLOAT16 ? "halfvec" : "vector", max_dims)));
	return dims;
}

static void
check_options(Relation rel)
{
	if (hnsw_option_ef_construction(rel) < 2 * hnsw_option_m(rel))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("ef_construction must be greater than or equal to 2 * m")));
}

/*
 * What maintenance_work_mem has room for, and at least the sample.  Memory that no node comes to use is
 * never touched.
 */
static void *
new_arena(HnswBuild *build)
{
	const VsHnswGeometry *geometry = &build->index->geometry;
	uint32 capacity = Max(vs_hnsw_build_capacity(geometry, (Size) maintenance_work_mem * 1024), SAMPLE_ROWS);
	void *arena = MemoryContextAllocHuge(build->context, vs_hnsw_build_bytes(geometry, capacity));

	vs_hnsw_build_format(arena, capacity);
	return arena;
}

static void
begin_build(HnswBuild *build, Relation heap, Relation rel, IndexInfo *info)
{
	VsHnswMeta meta;
	int dims = index_dimensions(rel);

	check_options(rel);
	memset(build, 0, sizeof(*build));
	build->heap = heap;
	build->rel = rel;
	build->info = info;
	build->context =
		AllocSetContextCreate(CurrentMemoryContext, "vecstore hnsw build", ALLOCSET_DEFAULT_SIZES);
	build->row_context =
		AllocSetContextCreate(build->context, "vecstore hnsw build row", ALLOCSET_DEFAULT_SIZES);
	hnsw_init_meta(&meta, rel, dims);
	hnsw_write_new_meta(rel, MAIN_FORKNUM, &meta);
	build->index = hnsw_open_index(rel, build->context);
	build->index->logged = false;
	MemoryContextSwitchTo(build->context);
	build->build_host = (VsHnswBuildHost){.context = build,
										  .grow = build_grow,
										  .progress = build_progress,
										  .synchronize = build_synchronize,
										  .arena = new_arena(build),
										  .leader = true};
	build->builder = vs_hnsw_builder_create(&build->build_host, &build->index->geometry,
											&build->index->space, meta.ef_construction);
	build->record = palloc0(vs_hnsw_load_stride(dims));
	build->sample_capacity = Min(SAMPLE_ROWS, Max(64, SAMPLE_BYTES / (dims * (int) sizeof(float))));
	build->sample = palloc(build->sample_capacity * dims * sizeof(float));
	build->sample_tids = palloc(build->sample_capacity * sizeof(ItemPointerData));
}

/* Quantise a vector and hand it to the builder; false when that has no room. */
static bool
add_node(HnswBuild *build, const float *values, ItemPointer tid)
{
	HnswIndex *index = build->index;
	uint64 key = (uint64) ItemPointerGetBlockNumber(tid) << 16 | ItemPointerGetOffsetNumber(tid);

	if (!vs_hnsw_encode(&index->space, values, build->record,
						(int8 *) build->record + VS_RECORD_HEADER_BYTES))
		return true;
	memcpy(build->record->heap_tid, tid, sizeof(ItemPointerData));
	if (!vs_hnsw_builder_add(build->builder, build->record,
							 (int8 *) build->record + VS_RECORD_HEADER_BYTES,
							 vs_hnsw_level(index->meta.rotation_seed, key)))
		return false;
	build->rows++;
	return true;
}

/* Mean of the sample in code space; false when there is nothing to average. */
static bool
sample_mean(HnswBuild *build, float *mean)
{
	HnswIndex *index = build->index;
	int dims = index->meta.dims;
	double *sum = palloc0(dims * sizeof(double));
	int used = 0;

	for (int row = 0; row < build->sampled; row++)
	{
		if (!vs_hnsw_transform(&index->space, build->sample + (Size) row * dims, mean))
			continue;
		for (int i = 0; i < dims; i++)
			sum[i] += mean[i];
		used++;
	}
	for (int i = 0; i < dims; i++)
	{
		mean[i] = used > 0 ? sum[i] / used : 0;
		if (!isfinite(mean[i]))
			return false;
	}
	return used > 1;
}

/*
 * Give the index its centroid and take the waiting rows in.  Not for inner products: they are not
 * invariant under translation.
 */
static void
end_sampling(HnswBuild *build)
{
	HnswIndex *index = build->index;
	int dims = index->meta.dims;
	float *mean = palloc(dims * sizeof(float));

	build->sample_capacity = 0;
	if (index->metric != VS_METRIC_IP && sample_mean(build, mean))
	{
		hnsw_write_centroid(build->rel, &index->meta, mean);
		hnsw_overwrite_meta(build->rel, &index->meta);
		vs_hnsw_space_set_centroid(&index->space, mean);
	}
	for (int row = 0; row < build->sampled; row++)
		if (!add_node(build, build->sample + (Size) row * dims, &build->sample_tids[row]))
			elog(ERROR, "the sample does not fit the memory of the build");
	pfree(build->sample);
	pfree(build->sample_tids);
}

/* Append the builder's node pages to the relation. */
static void
write_node_pages(HnswBuild *build, uint32 first_block, uint32 pages)
{
	HnswIndex *index = build->index;

	for (uint32 i = 0; i < pages; i++)
	{
		Buffer buffer = vs_extend_relation(build->rel, MAIN_FORKNUM);
		Page page = BufferGetPage(buffer);

		if (BufferGetBlockNumber(buffer) != first_block + i)
			elog(ERROR, "unexpected block %u in index \"%s\"", BufferGetBlockNumber(buffer),
				 RelationGetRelationName(build->rel));
		hnsw_init_page(page, VS_PAGE_NODES, index->meta.index_tag);
		hnsw_page_tail(page)->used =
			vs_hnsw_builder_write_page(build->builder, i,
									   (uint8_t *) hnsw_slot(&index->geometry, page, 0));
		MarkBufferDirty(buffer);
		UnlockReleaseBuffer(buffer);
		CHECK_FOR_INTERRUPTS();
	}
}

/* Heap rows beyond the first of nodes that have several. */
static void
write_duplicates(HnswBuild *build)
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

/* Link what was loaded and write it; from now on rows are inserted one by one. */
static void
finish_graph(HnswBuild *build)
{
	HnswIndex *index = build->index;
	uint32 first_block;
	uint32 pages;
	VsNodeId entry;
	int entry_level;

	if (build->sample_capacity > 0)
		end_sampling(build);
	begin_phase(HNSW_PHASE_LINK, vs_hnsw_builder_count(build->builder));
	vs_hnsw_builder_link(build->builder);
	if (vs_hnsw_builder_calibration(build->builder, index->meta.calibrated_ef))
		index->meta.calibrated_rows = vs_hnsw_builder_count(build->builder);
	begin_phase(HNSW_PHASE_WRITE, 0);
	first_block = RelationGetNumberOfBlocks(build->rel);
	pages = vs_hnsw_builder_layout(build->builder, first_block, &entry, &entry_level);
	write_node_pages(build, first_block, pages);
	index->meta.entry = entry;
	index->meta.entry_level = entry_level;
	index->meta.insert_block = pages > 0 ? first_block + pages - 1 : 0;
	hnsw_overwrite_meta(build->rel, &index->meta);
	hnsw_refresh_meta(index);
	write_duplicates(build);
	build->builder = NULL;
}

static void
outgrow_memory(HnswBuild *build)
{
	uint64 nodes = vs_hnsw_builder_count(build->builder);

	ereport(NOTICE,
			(errmsg("hnsw graph no longer fits into maintenance_work_mem after " UINT64_FORMAT " tuples",
					nodes),
			 errdetail("Building will take significantly more time."),
			 errhint("Increase maintenance_work_mem to speed up builds.")));
	finish_graph(build);
	build->inserter = vs_hnsw_inserter_create(&build->index->host, &build->index->geometry,
											  &build->index->space);
	begin_phase(HNSW_PHASE_LOAD, build->heap->rd_rel->reltuples);
}

/* Keep a row until the centroid is known. */
static void
keep_for_sample(HnswBuild *build, ItemPointer tid)
{
	int dims = build->index->meta.dims;

	memcpy(build->sample + (Size) build->sampled * dims, build->index->values, dims * sizeof(float));
	build->sample_tids[build->sampled++] = *tid;
	if (build->sampled == build->sample_capacity)
	{
		MemoryContextSwitchTo(build->context);
		end_sampling(build);
	}
}

static void
build_row(Relation rel, ItemPointer tid, Datum *values, bool *isnull, bool alive, void *context)
{
	HnswBuild *build = context;
	MemoryContext old;

	if (isnull[0])
		return;
	old = MemoryContextSwitchTo(build->row_context);
	if (build->builder != NULL)
	{
		hnsw_take_vector(build->index, values[0]);
		if (build->sample_capacity > 0)
			keep_for_sample(build, tid);
		else if (!add_node(build, build->index->values, tid))
		{
			MemoryContextSwitchTo(build->context);
			outgrow_memory(build);
			MemoryContextSwitchTo(build->row_context);
		}
	}
	if (build->builder == NULL)
	{
		hnsw_insert_value(build->index, build->inserter, values[0], tid);
		build->rows++;
	}
	MemoryContextSwitchTo(old);
	MemoryContextReset(build->row_context);
	pgstat_progress_update_param(PROGRESS_CREATEIDX_TUPLES_DONE, (int64) build->rows);
}

IndexBuildResult *
hnsw_build(Relation heap, Relation rel, IndexInfo *info)
{
	IndexBuildResult *result = palloc(sizeof(IndexBuildResult));
	MemoryContext old = CurrentMemoryContext;
	HnswBuild build;

	if (RelationGetNumberOfBlocks(rel) != 0)
		elog(ERROR, "index \"%s\" already contains data", RelationGetRelationName(rel));
	begin_build(&build, heap, rel, info);
	begin_phase(HNSW_PHASE_LOAD, Max(heap->rd_rel->reltuples, 0));
	result->heap_tuples = table_index_build_scan(heap, rel, info, true, true, build_row, &build, NULL);
	if (build.builder != NULL)
		finish_graph(&build);
	if (RelationNeedsWAL(rel))
		log_newpage_range(rel, MAIN_FORKNUM, 0, RelationGetNumberOfBlocks(rel), true);
	result->index_tuples = build.rows;
	MemoryContextSwitchTo(old);
	MemoryContextDelete(build.context);
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
