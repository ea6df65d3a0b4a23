/* SPDX-License-Identifier: PostgreSQL
 *
 * build.c - CREATE INDEX.
 *
 * Owns: the first pages, and the way from rows to segments.  The table is cut into as many ranges of blocks as there
 * are participants, the leader and its workers; each takes a range after the other and makes a segment of it.
 * Documents are inverted in memory; whenever a participant's share of maintenance_work_mem is used up, what there is
 * becomes a segment in temporary files, and at the end of the range these are merged.
 */
#include "postgres.h"

#include "access/tableam.h"
#include "access/xloginsert.h"
#include "catalog/index.h"
#include "commands/progress.h"
#include "miscadmin.h"
#include "optimizer/optimizer.h"
#include "pgstat.h"
#include "storage/spin.h"
#include "utils/memutils.h"

#include "pg/bm25/build.h"
#include "pg/bm25/index.h"
#include "pg/build_workers.h"

/* More participants than this gain nothing: each leaves a segment to search. */
#define MAX_RANGES 16

/* What participants share. */
typedef struct BuildShared
{
	Oid heap, index;
	bool concurrent;
	Size memory; /* of one participant, in bytes */
	BlockNumber heap_blocks;
	uint32 n_ranges;
	pg_atomic_uint32 next_range;
	slock_t mutex; /* of what follows */
	bool broken_hot_chain;
	double heap_tuples;
	VsBm25Segment segments[MAX_RANGES]; /* in the index; n_docs = 0: none */
} BuildShared;

typedef struct BuildPart
{
	Bm25Writer *writer;
	VsBm25Segment segment;
} BuildPart;

/* What a participant has. */
typedef struct Build
{
	Relation heap, index;
	IndexInfo *info;
	BuildShared *shared;
	bool leader;
	Bm25Weights weights;
	bool positions;
	MemoryContext context; /* of the inverter */
	MemoryContext row;	   /* of one row */
	VsBm25Inverter *inverter;
	BuildPart *parts;
	int n_parts;
} Build;

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
			bm25_init_page(page, VS_BM25_LANE_HEAD, 0, 0, sizeof(VsBm25Lane));
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

static void
begin_part(Build *build)
{
	VsBm25Memory memory = bm25_memory(build->context);

	build->inverter = vs_bm25_inverter(&memory, build->weights.of, build->positions);
}

/* What there is in memory becomes a segment. */
static void
end_part(Build *build)
{
	BuildPart *part;

	build->parts = build->parts == NULL
		? palloc(sizeof(BuildPart)) : repalloc(build->parts, sizeof(BuildPart) * (build->n_parts + 1));
	part = &build->parts[build->n_parts++];
	part->writer = bm25_begin_writer(true);
	vs_bm25_inverter_write(build->inverter, &part->writer->sink, &part->segment);
	MemoryContextReset(build->context);
}

static void
add_row(Relation index, ItemPointer tid, Datum *values, bool *isnull, bool alive, void *state)
{
	Build *build = state;
	MemoryContext old;
	TSVector vector;

	if (isnull[0])
		return;
	old = MemoryContextSwitchTo(build->row);
	vector = DatumGetTSVector(values[0]);
	bm25_add_document(build->inverter, bm25_row(tid), vector, bm25_document_len(vector, &build->weights));
	MemoryContextSwitchTo(old);
	MemoryContextReset(build->row);
	if (vs_bm25_inverter_bytes(build->inverter) > build->shared->memory)
	{
		end_part(build);
		begin_part(build);
	}
}

static void
report_phase(const Build *build, int phase)
{
	if (build->leader)
		pgstat_progress_update_param(PROGRESS_CREATEIDX_SUBPHASE, phase);
}

/* The parts become one segment of the index. */
static void
place(Build *build, uint32 id, VsBm25Segment *segment)
{
	Bm25Writer *writer;

	if (build->n_parts == 1)
	{
		writer = build->parts[0].writer;
		*segment = build->parts[0].segment;
	}
	else
	{
		VsBm25Memory memory = bm25_memory(build->context);
		const VsBm25Segment **segments = palloc(sizeof(VsBm25Segment *) * build->n_parts);
		Bm25Reader *readers = palloc(sizeof(Bm25Reader) * build->n_parts);
		VsBm25Source *sources = palloc(sizeof(VsBm25Source) * build->n_parts);

		report_phase(build, BM25_PHASE_MERGE);
		for (int i = 0; i < build->n_parts; i++)
		{
			segments[i] = &build->parts[i].segment;
			bm25_begin_reader_of_writer(&readers[i], build->parts[i].writer, segments[i]);
			sources[i] = readers[i].source;
		}
		writer = bm25_begin_writer(true);
		vs_bm25_merge(&memory, build->n_parts, segments, sources, &writer->sink, segment, bm25_check_interrupts);
	}
	report_phase(build, BM25_PHASE_WRITE);
	bm25_place_segment(build->index, writer, id, segment, RelationNeedsWAL(build->index));
	if (build->n_parts > 1)
		bm25_end_writer(writer);
	for (int i = 0; i < build->n_parts; i++)
		bm25_end_writer(build->parts[i].writer);
}

/*
 * Rows are read in the order of the heap, never beginning in the middle with other scans: documents whose rows ascend
 * take less room.
 */
static void
build_range(Build *build, uint32 range)
{
	BuildShared *shared = build->shared;
	BlockNumber first = (uint64) shared->heap_blocks * range / shared->n_ranges,
				end = (uint64) shared->heap_blocks * (range + 1) / shared->n_ranges;
	double tuples;

	build->parts = NULL;
	build->n_parts = 0;
	begin_part(build);
	report_phase(build, BM25_PHASE_LOAD);
	tuples = table_index_build_range_scan(build->heap, build->index, build->info, false, false, build->leader,
										  first, end - first, add_row, build, NULL);
	if (vs_bm25_inverter_documents(build->inverter) > 0)
	{
		report_phase(build, BM25_PHASE_INVERT);
		end_part(build);
	}
	if (build->n_parts > 0)
		place(build, range + 1, &shared->segments[range]);
	MemoryContextReset(build->context);
	SpinLockAcquire(&shared->mutex);
	shared->heap_tuples += tuples;
	shared->broken_hot_chain |= build->info->ii_BrokenHotChain;
	SpinLockRelease(&shared->mutex);
}

/* One range after the other, until none is left. */
static void
take_part(Build *build)
{
	BuildShared *shared = build->shared;

	bm25_option_weights(build->index, &build->weights);
	build->positions = bm25_option_positions(build->index);
	build->context = AllocSetContextCreate(CurrentMemoryContext, "bm25 build", ALLOCSET_DEFAULT_SIZES);
	build->row = AllocSetContextCreate(CurrentMemoryContext, "bm25 row", ALLOCSET_DEFAULT_SIZES);
	for (;;)
	{
		uint32 range = pg_atomic_fetch_add_u32(&shared->next_range, 1);

		if (range >= shared->n_ranges)
			break;
		build_range(build, range);
	}
	MemoryContextDelete(build->row);
	MemoryContextDelete(build->context);
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
	shared->memory = (Size) maintenance_work_mem * 1024 / participants;
	pg_atomic_init_u32(&shared->next_range, 0);
	SpinLockInit(&shared->mutex);
}

PGDLLEXPORT void vs_bm25_build_worker(dsm_segment *segment, shm_toc *toc);

/* What a worker runs. */
void
vs_bm25_build_worker(dsm_segment *segment, shm_toc *toc)
{
	BuildShared *shared = vs_begin_build_work(toc);
	VsBuildRelations relations = vs_open_build_relations(shared->heap, shared->index, shared->concurrent);
	Build build = {.heap = relations.heap, .index = relations.index, .info = relations.info, .shared = shared};

	take_part(&build);
	vs_close_build_relations(&relations);
	vs_end_build_work(toc);
}

/* Run the build, in this process or with workers; *result is what all of them did. */
static void
run_build(Relation heap, Relation index, IndexInfo *info, BuildShared *result)
{
	int planned = plan_create_index_workers(RelationGetRelid(heap), RelationGetRelid(index));
	Build build = {.heap = heap, .index = index, .info = info, .shared = result, .leader = true};
	VsBuildWorkers *workers = NULL;

	planned = Min(planned, MAX_RANGES - 1);
	if (planned > 0)
		workers = vs_begin_build_workers("vs_bm25_build_worker", planned, sizeof(BuildShared));
	if (workers != NULL)
	{
		build.shared = workers->shared;
		init_shared(build.shared, heap, index, info, planned + 1);
	}
	if (workers == NULL || vs_launch_build_workers(workers) == 0)
		init_shared(build.shared, heap, index, info, 1);
	take_part(&build);
	if (workers != NULL)
	{
		report_phase(&build, BM25_PHASE_WAIT);
		vs_wait_for_build_workers(workers);
		memcpy(result, workers->shared, sizeof(*result));
		vs_end_build_workers(workers);
	}
}

IndexBuildResult *
bm25_build(Relation heap, Relation index, IndexInfo *info)
{
	IndexBuildResult *result = palloc(sizeof(IndexBuildResult));
	BuildShared *totals = palloc(sizeof(BuildShared));

	if (RelationGetNumberOfBlocks(index) != 0)
		elog(ERROR, "index \"%s\" already contains data", RelationGetRelationName(index));
	bm25_forget_terms();
	create_pages(index, MAIN_FORKNUM);
	run_build(heap, index, info, totals);
	result->index_tuples = 0;
	for (uint32 i = 0; i < totals->n_ranges; i++)
	{
		if (totals->segments[i].n_docs == 0)
			continue;
		bm25_replace_segments(index, NULL, 0, &totals->segments[i], 0, 0);
		result->index_tuples += totals->segments[i].n_docs;
	}
	info->ii_BrokenHotChain |= totals->broken_hot_chain;
	result->heap_tuples = totals->heap_tuples;
	pfree(totals);
	return result;
}
