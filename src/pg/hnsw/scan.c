/* SPDX-License-Identifier: PostgreSQL
 *
 * scan.c - ordered index scans.
 *
 * Owns: one search per rescan, and the heap rows of the node at hand.
 *
 * The core returns nodes by a lower bound of the operator's value; the executor recomputes the value
 * from the heap row and emits rows in exact order (xs_recheckorderby).  The bound of a late hit, one
 * found after hits with larger bounds were returned, falls behind those; the executor takes that, and
 * emits the row as soon as its value allows.
 *
 * A scan keeps neither locks nor pins between calls; an MVCC snapshot makes that safe, since a heap
 * row visible to it cannot be replaced while it is active.
 */
#include "postgres.h"

#include "access/relscan.h"
#include "access/xact.h"
#include "pgstat.h"
#include "utils/float.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "pg/guc.h"
#include "pg/hnsw/heap_ahead.h"
#include "pg/hnsw/hnsw.h"
#include "pg/hnsw/searcher.h"

#define ENTRY_ATTEMPTS 3

typedef struct HnswScanState
{
	MemoryContext context; /* of the scan */
	HnswSearcher *searcher; /* NULL until the first search */
	HnswHeapAhead ahead;
	bool started;
	bool exact_value;	/* every row is announced with `value`: NULL or directionless query */
	double value;
	bool value_is_null;
	double bound;		/* of the operator's value, for the node at hand */
	int64 returned;
	int64 hits;			/* nodes taken from the search */
	int row_count;		/* of searcher->rows */
	int next_row;
} HnswScanState;

IndexScanDesc
hnsw_begin_scan(Relation rel, int nkeys, int norderbys)
{
	IndexScanDesc scan = RelationGetIndexScan(rel, nkeys, norderbys);
	HnswScanState *state = palloc0(sizeof(HnswScanState));

	state->context = CurrentMemoryContext;
	scan->xs_orderbyvals = palloc0(sizeof(Datum) * Max(norderbys, 1));
	scan->xs_orderbynulls = palloc0(sizeof(bool) * Max(norderbys, 1));
	scan->opaque = state;
	return scan;
}

void
hnsw_rescan(IndexScanDesc scan, ScanKey keys, int nkeys, ScanKey orderbys, int norderbys)
{
	HnswScanState *state = scan->opaque;

	state->started = false;
	if (orderbys != NULL && scan->numberOfOrderBys > 0)
		memmove(scan->orderByData, orderbys, scan->numberOfOrderBys * sizeof(ScanKeyData));
}

static void
check_scan(IndexScanDesc scan)
{
	if (scan->numberOfOrderBys == 0)
		elog(ERROR, "cannot scan hnsw index without order");
	if (!IsMVCCSnapshot(scan->xs_snapshot))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("non-MVCC snapshots are not supported with hnsw")));
}

/* Set the query vector.  NULL and directionless queries return all rows, in no particular order. */
static void
set_query(HnswScanState *state, ScanKey order)
{
	HnswIndex *index = state->searcher->index;

	state->value_is_null = (order->sk_flags & SK_ISNULL) != 0;
	state->value = get_float8_nan();
	if (state->value_is_null)
		memset(index->values, 0, index->meta.dims * sizeof(float));
	else
		hnsw_take_vector(index, order->sk_argument);
	state->exact_value = !vs_hnsw_query_set(&index->query, index->values) || state->value_is_null;
}

static VsScanOrder
scan_order(void)
{
	switch (vs_hnsw_iterative_scan)
	{
		case VS_ITERATIVE_OFF:
			return VS_SCAN_BEAM_ONLY;
		case VS_ITERATIVE_RELAXED:
			return VS_SCAN_RELAXED;
		default:
			return VS_SCAN_STRICT;
	}
}

/* Have a searcher whose meta page was just read. */
static HnswIndex *
prepare_searcher(IndexScanDesc scan)
{
	HnswScanState *state = scan->opaque;

	if (state->searcher == NULL)
		state->searcher = hnsw_take_searcher(scan->indexRelation, state->context);
	else
		hnsw_refresh_meta(state->searcher->index);
	return state->searcher->index;
}

static void
start_search(IndexScanDesc scan)
{
	HnswScanState *state = scan->opaque;
	HnswIndex *index;

	check_scan(scan);
	pgstat_count_index_scan(scan->indexRelation);
	index = prepare_searcher(scan);
	set_query(state, &scan->orderByData[0]);
	/* VACUUM may free the entry right after we read of it. */
	for (int attempt = 1;; attempt++)
	{
		if (vs_hnsw_scan_begin(state->searcher->search, &index->query, index->meta.entry,
							   index->meta.entry_level, index->blocks,
							   hnsw_effective_ef(&index->meta, index->rel), scan_order()) ||
			attempt == ENTRY_ATTEMPTS)
			break;
		hnsw_refresh_meta(index);
	}
	hnsw_heap_ahead_start(&state->ahead, scan);
	state->started = true;
	state->returned = state->hits = 0;
	state->row_count = state->next_row = 0;
}

/* The heap rows of a hit, into searcher->rows. */
static void
take_rows(HnswScanState *state, const VsHnswHit *hit)
{
	HnswSearcher *searcher = state->searcher;

	state->next_row = 0;
	if (hit->flags & VS_NODE_POSTINGS)
	{
		state->row_count =
			hnsw_read_heap_rows(searcher->index, hit->id, &searcher->rows, &searcher->row_capacity);
		return;
	}
	memcpy(&searcher->rows[0], hit->heap_tid, sizeof(ItemPointerData));
	state->row_count = ItemPointerIsValid(&searcher->rows[0]) ? 1 : 0;
}

/* Move on to the next node; false at the end of the scan. */
static bool
next_node(HnswScanState *state)
{
	VsHnswScan *search = state->searcher->search;
	VsHnswHit hit;

	if (vs_hnsw_max_scan_tuples > 0 && vs_hnsw_iterative_scan != VS_ITERATIVE_OFF &&
		state->returned >= vs_hnsw_max_scan_tuples)
		return false;
	hnsw_heap_ahead_prefetch(&state->ahead, search, state->hits++);
	if (!vs_hnsw_scan_next(search, &hit))
		return false;
	state->bound = hit.bound;
	take_rows(state, &hit);
	return true;
}

bool
hnsw_get_tuple(IndexScanDesc scan, ScanDirection direction)
{
	HnswScanState *state = scan->opaque;

	Assert(ScanDirectionIsForward(direction));
	if (!state->started)
		start_search(scan);
	while (state->next_row >= state->row_count)
		if (!next_node(state))
			return false;

	scan->xs_heaptid = state->searcher->rows[state->next_row++];
	hnsw_heap_ahead_pin(&state->ahead, &scan->xs_heaptid);
	scan->xs_recheck = false;
	scan->xs_recheckorderby = !state->exact_value;
	scan->xs_orderbyvals[0] = Float8GetDatum(state->exact_value ? state->value : state->bound);
	scan->xs_orderbynulls[0] = state->value_is_null;
	state->returned++;
	return true;
}

void
hnsw_end_scan(IndexScanDesc scan)
{
	HnswScanState *state = scan->opaque;

	if (state->searcher != NULL)
		hnsw_give_back_searcher(state->searcher);
	pfree(state);
	scan->opaque = NULL;
}
