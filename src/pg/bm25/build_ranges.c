/* SPDX-License-Identifier: PostgreSQL
 *
 * build_ranges.c - the first step of CREATE INDEX: rows to parts.
 *
 * Owns: the inverter of a participant.  Documents of a range of blocks are inverted in memory; whenever the
 * participant's share of maintenance_work_mem is used up, what there is becomes a part.  A range has room for some
 * parts; when it is full, neighbours are merged.
 */
#include "postgres.h"

#include "access/tableam.h"
#include "utils/memutils.h"

#include "pg/bm25/build.h"
#include "pg/bm25/rows.h"

static void
begin_inverter(Build *build)
{
	VsBm25Memory memory = bm25_memory(build->context);

	build->inverter = vs_bm25_inverter(&memory, build->weights.of, build->positions, true);
}

static BuildPart *
parts_of_range(Build *build)
{
	return &build->shared->parts[build->range * build->shared->parts_per_range];
}

/* The neighbours that are smallest together, half of all. */
static int
smallest_neighbours(const BuildPart *parts, int n, int half)
{
	int best = 0;
	uint64 least = PG_UINT64_MAX;

	for (int first = 0; first + half <= n; first++)
	{
		uint64 pages = 0;

		for (int i = first; i < first + half; i++)
			pages += bm25_segment_pages(&parts[i].segment);
		if (pages < least)
		{
			least = pages;
			best = first;
		}
	}
	return best;
}

/* Half of a range's parts become one, so that each document is rewritten seldom. */
static void
make_room(Build *build)
{
	BuildPart *parts = parts_of_range(build);
	uint32 *n = &build->shared->n_parts[build->range];
	int half = *n / 2,
		first = smallest_neighbours(parts, *n, half);
	VsBm25Memory memory = bm25_memory(build->context);
	MemoryContext old = MemoryContextSwitchTo(build->context);
	BuildPart **chosen = palloc(sizeof(BuildPart *) * half);
	BuildPart merged;
	BuildInputs inputs;
	Bm25Writer *writer;

	bm25_report_phase(build, BM25_PHASE_MERGE);
	for (int i = 0; i < half; i++)
		chosen[i] = &parts[first + i];
	bm25_open_parts(build, chosen, half, &inputs);
	writer = bm25_begin_part(build, &merged);
	vs_bm25_merge(&memory, half, inputs.segments, inputs.sources, &writer->sink, &merged.segment, bm25_check_interrupts);
	bm25_close_parts(&inputs);
	MemoryContextSwitchTo(old);
	for (int i = 0; i < half; i++)
		bm25_drop_part(build, chosen[i]);
	bm25_end_part(&merged, writer);
	parts[first] = merged;
	memmove(&parts[first + 1], &parts[first + half], sizeof(BuildPart) * (*n - first - half));
	*n -= half - 1;
	MemoryContextReset(build->context);
}

/* What there is in memory becomes a part. */
static void
end_inverter(Build *build)
{
	uint32 *n = &build->shared->n_parts[build->range];
	BuildPart *part = &parts_of_range(build)[(*n)++];
	Bm25Writer *writer = bm25_begin_part(build, part);

	bm25_report_phase(build, BM25_PHASE_INVERT);
	vs_bm25_inverter_write(build->inverter, &writer->sink, &part->segment, bm25_check_interrupts);
	bm25_end_part(part, writer);
	MemoryContextReset(build->context);
	if (*n == build->shared->parts_per_range)
		make_room(build);
}

/* The scan has come to this block.  Participants count together. */
static void
count_blocks(Build *build, BlockNumber next)
{
	if (next == build->next_block)
		return;
	pg_atomic_fetch_add_u64(&build->shared->blocks_done, next - build->next_block);
	pg_atomic_fetch_add_u64(&build->shared->documents_done, build->documents);
	build->next_block = next;
	build->documents = 0;
	bm25_report_progress(build);
}

static void
add_row(Relation index, ItemPointer tid, Datum *values, bool *isnull, bool alive, void *state)
{
	Build *build = state;
	MemoryContext old;
	TSVector vector;

	count_blocks(build, ItemPointerGetBlockNumber(tid));
	if (isnull[0])
		return;
	build->documents++;
	old = MemoryContextSwitchTo(build->row);
	vector = DatumGetTSVector(values[0]);
	bm25_add_document(build->inverter, bm25_row(tid), vector, bm25_document_len(vector, &build->weights));
	MemoryContextSwitchTo(old);
	MemoryContextReset(build->row);
	if (vs_bm25_inverter_bytes(build->inverter) > build->shared->memory)
	{
		end_inverter(build);
		begin_inverter(build);
		bm25_report_phase(build, BM25_PHASE_LOAD);
	}
}

/*
 * Rows are read in the order of the heap, never beginning in the middle with other scans: documents whose rows ascend
 * take less room.
 */
void
bm25_build_range(Build *build, uint32 range)
{
	BuildShared *shared = build->shared;
	BlockNumber first = (uint64) shared->heap_blocks * range / shared->n_ranges,
				end = (uint64) shared->heap_blocks * (range + 1) / shared->n_ranges;
	double tuples;

	build->range = range;
	build->next_block = first;
	begin_inverter(build);
	bm25_report_phase(build, BM25_PHASE_LOAD);
	tuples = table_index_build_range_scan(build->heap, build->index, build->info, false, false, false,
										  first, end - first, add_row, build, NULL);
	count_blocks(build, end);
	if (vs_bm25_inverter_documents(build->inverter) > 0)
		end_inverter(build);
	MemoryContextReset(build->context);
	SpinLockAcquire(&shared->mutex);
	shared->heap_tuples += tuples;
	shared->broken_hot_chain |= build->info->ii_BrokenHotChain;
	SpinLockRelease(&shared->mutex);
}
