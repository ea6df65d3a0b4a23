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
#include "pg/hnsw/hnsw.h"

#define ENTRY_ATTEMPTS 3

typedef struct HnswScanState
{
	HnswIndex *index;
	VsHnswScan *search;
	bool started;
	bool exact_value;	/* every row is announced with `value`: NULL or directionless query */
	double value;
	bool value_is_null;
	double bound;		/* of the operator's value, for the node at hand */
	int64 returned;
	ItemPointerData *rows; /* of the node at hand */
	int row_capacity;
	int row_count;
	int next_row;
} HnswScanState;

IndexScanDesc
hnsw_begin_scan(Relation rel, int nkeys, int norderbys)
{
	IndexScanDesc scan = RelationGetIndexScan(rel, nkeys, norderbys);
	HnswScanState *state = palloc0(sizeof(HnswScanState));

	state->index = hnsw_open_index(rel, CurrentMemoryContext);
	state->search = vs_hnsw_scan_create(&state->index->host, &state->index->geometry);
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
	HnswIndex *index = state->index;

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

static void
start_search(IndexScanDesc scan)
{
	HnswScanState *state = scan->opaque;
	HnswIndex *index = state->index;

	check_scan(scan);
	pgstat_count_index_scan(scan->indexRelation);
	set_query(state, &scan->orderByData[0]);
	/* VACUUM may free the entry right after we read of it. */
	for (int attempt = 0; attempt < ENTRY_ATTEMPTS; attempt++)
	{
		hnsw_refresh_meta(index);
		if (vs_hnsw_scan_begin(state->search, &index->query, index->meta.entry,
							   index->meta.entry_level, RelationGetNumberOfBlocks(index->rel),
							   hnsw_effective_ef(&index->meta, index->rel), scan_order()))
			break;
	}
	state->started = true;
	state->returned = 0;
	state->row_count = state->next_row = 0;
}

/* Move on to the next node; false at the end of the scan. */
static bool
next_node(HnswScanState *state)
{
	VsHnswHit hit;

	if (vs_hnsw_max_scan_tuples > 0 && vs_hnsw_iterative_scan != VS_ITERATIVE_OFF &&
		state->returned >= vs_hnsw_max_scan_tuples)
		return false;
	if (!vs_hnsw_scan_next(state->search, &hit))
		return false;
	state->bound = hit.bound;
	state->next_row = 0;
	if (hit.flags & VS_NODE_POSTINGS)
		state->row_count =
			hnsw_read_heap_rows(state->index, hit.id, &state->rows, &state->row_capacity);
	else
	{
		if (state->row_capacity == 0)
		{
			state->row_capacity = 16;
			state->rows = MemoryContextAlloc(state->index->context,
											 state->row_capacity * sizeof(ItemPointerData));
		}
		memcpy(&state->rows[0], hit.heap_tid, sizeof(ItemPointerData));
		state->row_count = ItemPointerIsValid(&state->rows[0]) ? 1 : 0;
	}
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

	scan->xs_heaptid = state->rows[state->next_row++];
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

	hnsw_close_index(state->index);
	pfree(state);
	scan->opaque = NULL;
}
