/* SPDX-License-Identifier: PostgreSQL
 *
 * build.c - CREATE INDEX.
 *
 * Owns: the first pages, and the way from rows to one segment.  Documents are inverted in memory; whenever
 * maintenance_work_mem is used up, what there is becomes a segment in temporary files, and in the end these are
 * merged.
 */
#include "postgres.h"

#include "access/tableam.h"
#include "access/xloginsert.h"
#include "catalog/index.h"
#include "commands/progress.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "utils/memutils.h"

#include "pg/bm25/build.h"
#include "pg/bm25/index.h"

typedef struct BuildPart
{
	Bm25Writer *writer;
	VsBm25Segment segment;
} BuildPart;

typedef struct Build
{
	Relation index;
	Bm25Weights weights;
	bool positions;
	MemoryContext context; /* of the inverter */
	MemoryContext row;	   /* of one row */
	VsBm25Inverter *inverter;
	BuildPart *parts;
	int n_parts;
	double documents;
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
	build->documents++;
	MemoryContextSwitchTo(old);
	MemoryContextReset(build->row);
	if (vs_bm25_inverter_bytes(build->inverter) > (Size) maintenance_work_mem * 1024)
	{
		end_part(build);
		begin_part(build);
	}
}

/* The parts become one segment of the index. */
static void
place(Build *build)
{
	VsBm25Segment merged;
	Bm25Writer *writer;

	if (build->n_parts == 1)
	{
		writer = build->parts[0].writer;
		merged = build->parts[0].segment;
	}
	else
	{
		VsBm25Memory memory = bm25_memory(build->context);
		const VsBm25Segment **segments = palloc(sizeof(VsBm25Segment *) * build->n_parts);
		Bm25Reader *readers = palloc(sizeof(Bm25Reader) * build->n_parts);
		VsBm25Source *sources = palloc(sizeof(VsBm25Source) * build->n_parts);

		pgstat_progress_update_param(PROGRESS_CREATEIDX_SUBPHASE, BM25_PHASE_MERGE);
		for (int i = 0; i < build->n_parts; i++)
		{
			segments[i] = &build->parts[i].segment;
			bm25_begin_reader_of_writer(&readers[i], build->parts[i].writer, segments[i]);
			sources[i] = readers[i].source;
		}
		writer = bm25_begin_writer(true);
		vs_bm25_merge(&memory, build->n_parts, segments, sources, &writer->sink, &merged, bm25_check_interrupts);
	}
	pgstat_progress_update_param(PROGRESS_CREATEIDX_SUBPHASE, BM25_PHASE_WRITE);
	bm25_place_segment(build->index, writer, 1, &merged, RelationNeedsWAL(build->index));
	bm25_replace_segments(build->index, NULL, 0, &merged, 0, 0);
	if (build->n_parts > 1)
		bm25_end_writer(writer);
	for (int i = 0; i < build->n_parts; i++)
		bm25_end_writer(build->parts[i].writer);
}

IndexBuildResult *
bm25_build(Relation heap, Relation index, IndexInfo *info)
{
	IndexBuildResult *result = palloc(sizeof(IndexBuildResult));
	Build build = {.index = index};

	if (RelationGetNumberOfBlocks(index) != 0)
		elog(ERROR, "index \"%s\" already contains data", RelationGetRelationName(index));
	bm25_option_weights(index, &build.weights);
	build.positions = bm25_option_positions(index);
	build.context = AllocSetContextCreate(CurrentMemoryContext, "bm25 build", ALLOCSET_DEFAULT_SIZES);
	build.row = AllocSetContextCreate(CurrentMemoryContext, "bm25 row", ALLOCSET_DEFAULT_SIZES);
	create_pages(index, MAIN_FORKNUM);
	begin_part(&build);
	pgstat_progress_update_param(PROGRESS_CREATEIDX_SUBPHASE, BM25_PHASE_LOAD);
	result->heap_tuples = table_index_build_scan(heap, index, info, true, true, add_row, &build, NULL);
	if (vs_bm25_inverter_documents(build.inverter) > 0)
	{
		pgstat_progress_update_param(PROGRESS_CREATEIDX_SUBPHASE, BM25_PHASE_INVERT);
		end_part(&build);
	}
	if (build.n_parts > 0)
		place(&build);
	result->index_tuples = build.documents;
	return result;
}
