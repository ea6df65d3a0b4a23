/* SPDX-License-Identifier: PostgreSQL
 *
 * build_sample.c - a look at rows from all over the heap before a build.
 *
 * Owns: the index's centroid and the estimate of how many rows there will be.
 *
 * Some hundred random blocks are read the way the build will read them, so that predicates, expressions
 * and NULLs are accounted for.  A few vectors of each go into the mean: rows next to each other are often
 * alike.  Only heaps are sampled, since other tables need not have their rows in blocks.
 */
#include "postgres.h"

#include <math.h>

#include "access/tableam.h"
#include "catalog/pg_am_d.h"
#include "common/pg_prng.h"
#include "miscadmin.h"
#include "optimizer/plancat.h"
#include "utils/memutils.h"
#include "utils/sampling.h"

#include "pg/hnsw/build.h"

#define SAMPLE_BLOCKS 300
#define SAMPLE_BYTES (4 * 1024 * 1024)
#define SAMPLE_ROWS 10000
/* Standard errors that the estimate of rows stays above the sample's. */
#define SAFE_ERRORS 5
/* What may be inserted between sample and build if that is concurrent; besides a hundredth of the rows. */
#define SPARE_ROWS 1000

typedef struct SampleState
{
	HnswIndex *index;
	MemoryContext row_context;
	int vectors_a_block;
	double *sum; /* of the vectors in code space */
	float *transformed;
	int used; /* vectors in the sum */
	int rows; /* rows of this block */
} SampleState;

static void
sample_row(Relation rel, ItemPointer tid, Datum *values, bool *isnull, bool alive, void *context)
{
	SampleState *state = context;
	HnswIndex *index = state->index;
	MemoryContext old;

	if (isnull[0] || state->rows++ >= state->vectors_a_block)
		return;
	old = MemoryContextSwitchTo(state->row_context);
	hnsw_take_vector(index, values[0]);
	MemoryContextSwitchTo(old);
	MemoryContextReset(state->row_context);
	if (!vs_hnsw_transform(&index->space, index->values, state->transformed))
		return;
	for (uint32 i = 0; i < index->meta.dims; i++)
		state->sum[i] += state->transformed[i];
	state->used++;
}

/* An estimate of all rows from those of `count` blocks out of `total`. */
static double
estimate_rows(double rows, double squares, int count, BlockNumber total)
{
	double mean = rows / count;
	double variance = Max(squares / count - mean * mean, 0);

	if (count < total)
		rows = total * (mean + SAFE_ERRORS * sqrt(variance / count));
	return rows * 1.01 + SPARE_ROWS;
}

/* True when there is a mean to speak of. */
static bool
compute_mean(const SampleState *state, float *mean)
{
	for (uint32 i = 0; i < state->index->meta.dims; i++)
	{
		mean[i] = state->used > 0 ? state->sum[i] / state->used : 0;
		if (!isfinite(mean[i]))
			return false;
	}
	return state->used > 1;
}

static void
sample_blocks(SampleState *state, Relation heap, IndexInfo *info, HnswHeapSample *sample)
{
	BlockNumber total = RelationGetNumberOfBlocks(heap);
	BlockSamplerData blocks;
	int count = BlockSampler_Init(&blocks, total, SAMPLE_BLOCKS, pg_prng_uint32(&pg_global_prng_state));
	int vectors = Min(SAMPLE_ROWS, Max(64, SAMPLE_BYTES / (int) (state->index->meta.dims * sizeof(float))));
	double rows = 0;
	double squares = 0;

	state->vectors_a_block = vectors / Max(count, 1) + 1;
	while (BlockSampler_HasMore(&blocks))
	{
		BlockNumber block = BlockSampler_Next(&blocks);

		CHECK_FOR_INTERRUPTS();
		state->rows = 0;
		table_index_build_range_scan(heap, state->index->rel, info, false, false, false, block, 1,
									 sample_row, state, NULL);
		rows += state->rows;
		squares += (double) state->rows * state->rows;
	}
	sample->max_rows = count > 0 ? estimate_rows(rows, squares, count, total) : 0;
}

void
hnsw_sample_heap(HnswIndex *index, Relation heap, IndexInfo *info, HnswHeapSample *sample)
{
	SampleState state = {.index = index};
	BlockNumber pages;
	double all_visible;

	sample->mean = palloc(index->meta.dims * sizeof(float));
	sample->has_mean = false;
	if (heap->rd_rel->relam != HEAP_TABLE_AM_OID)
	{
		table_relation_estimate_size(heap, NULL, &pages, &sample->max_rows, &all_visible);
		sample->max_rows = 2 * sample->max_rows + SPARE_ROWS;
		return;
	}
	state.sum = palloc0(index->meta.dims * sizeof(double));
	state.transformed = palloc(index->meta.dims * sizeof(float));
	state.row_context =
		AllocSetContextCreate(CurrentMemoryContext, "vecstore hnsw sample row", ALLOCSET_DEFAULT_SIZES);
	sample_blocks(&state, heap, info, sample);
	sample->has_mean = compute_mean(&state, sample->mean);
	MemoryContextDelete(state.row_context);
	pfree(state.sum);
	pfree(state.transformed);
}
