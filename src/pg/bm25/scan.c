/* SPDX-License-Identifier: PostgreSQL
 *
 * scan.c - ranked and plain index scans.
 *
 * Owns: batches of results.  A ranked scan asks for as many rows as the plan expects to be wanted; if
 * the executor wants more (it filters, too), it asks for four times as many that come after the last one,
 * until there are none.  Scores are exact, so the executor checks nothing.
 *
 * With conditions (@@) the scan returns, in the end, also rows that match them and score 0; without, only rows
 * that match the query it is ordered by.
 *
 * The list of segments is copied when the scan starts.  Neither locks nor pins are kept between calls: blocks
 * of segments that are replaced meanwhile are not used again while the scan's snapshot is active.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "access/relscan.h"
#include "access/visibilitymap.h"
#include "miscadmin.h"
#include "nodes/tidbitmap.h"
#include "pgstat.h"
#include "utils/float.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "pg/bm25/index.h"
#include "pg/bm25/returned.h"
#include "pg/bm25/rows.h"
#include "pg/bm25/score.h"

/* Rows of the first batch where the plan says nothing. */
#define FIRST_BATCH 64
#define GROWTH 4
#define LARGEST_BATCH (1 << 28)
/* Pages of the heap that are looked at to see whether VACUUM has found all rows visible. */
#define PAGES_SAMPLED 32
#define ROWS_BETWEEN_CHECKS 65536

typedef struct Bm25Scan
{
	MemoryContext context; /* of one rescan */
	Bm25Snapshot *snapshot;
	VsBm25Memory memory;

	/* ranked */
	bool ranked;
	bool null_order;   /* ordered by NULL */
	Bm25Scorer *scorer;
	VsBm25Searcher *searcher;
	VsBm25Top *top;
	VsBm25Result *waiting; /* results from lanes */
	int n_waiting;
	int room_waiting;
	const VsBm25Result *results;
	uint32 n_results;
	uint32 next_result;
	uint32 batch;
	bool ended;	 /* there are no more results than these */
	bool complete; /* results are all that matches: nothing of it scores 0 */
	VsBm25Result last;
	Bm25Returned returned_last;

	/* plain, and what is left after the results */
	VsBm25Query *condition; /* NULL: none */
	bool recheck;
	bool rest_found;
	Bm25Keys returned;
	Bm25Keys rest;
	uint64 next_rest;
} Bm25Scan;

IndexScanDesc
bm25_begin_scan(Relation index, int nkeys, int norderbys)
{
	IndexScanDesc scan = RelationGetIndexScan(index, nkeys, norderbys);
	MemoryContext parent = CurrentMemoryContext;
	Bm25Scan *state = palloc0(sizeof(Bm25Scan));

	state->context = AllocSetContextCreate(parent, "bm25 scan", ALLOCSET_DEFAULT_SIZES);
	scan->xs_orderbyvals = palloc0(sizeof(Datum) * Max(norderbys, 1));
	scan->xs_orderbynulls = palloc0(sizeof(bool) * Max(norderbys, 1));
	scan->opaque = state;
	return scan;
}

void
bm25_rescan(IndexScanDesc scan, ScanKey keys, int nkeys, ScanKey orderbys, int norderbys)
{
	Bm25Scan *state = scan->opaque;
	MemoryContext context = state->context;

	if (keys != NULL && scan->numberOfKeys > 0)
		memmove(scan->keyData, keys, scan->numberOfKeys * sizeof(ScanKeyData));
	if (orderbys != NULL && scan->numberOfOrderBys > 0)
		memmove(scan->orderByData, orderbys, scan->numberOfOrderBys * sizeof(ScanKeyData));
	MemoryContextReset(context);
	memset(state, 0, sizeof(*state));
	state->context = context;
}

void
bm25_end_scan(IndexScanDesc scan)
{
	Bm25Scan *state = scan->opaque;

	MemoryContextDelete(state->context);
	pfree(state);
}

/* ---- starting ---- */

/* A query that every document matches: there is no empty lexeme. */
static VsBm25Query *
match_all(void)
{
	VsBm25Query *query = palloc0(sizeof(VsBm25Query));
	VsBm25Leaf *leaf = palloc0(sizeof(VsBm25Leaf));
	VsBm25Node *nodes = palloc0(sizeof(VsBm25Node) * 2);

	leaf->lexeme = "";
	nodes[0].kind = VS_BM25_LEAF;
	nodes[1].kind = VS_BM25_NOT;
	query->leaves = leaf;
	query->n_leaves = 1;
	query->nodes = nodes;
	query->n_nodes = 2;
	return query;
}

/* The conditions as one query; NULL if there are none.  *never: one of them is NULL. */
static VsBm25Query *
condition_of(IndexScanDesc scan, bool *never)
{
	VsBm25Query **queries = palloc(sizeof(VsBm25Query *) * (scan->numberOfKeys + 1));

	*never = false;
	for (int i = 0; i < scan->numberOfKeys; i++)
	{
		if ((scan->keyData[i].sk_flags & SK_ISNULL) != 0)
			*never = true;
		else
			queries[i] = bm25_compile_query(DatumGetTSQuery(scan->keyData[i].sk_argument));
	}
	if (scan->numberOfKeys == 0 || *never)
		return NULL;
	return bm25_combine_queries(queries, scan->numberOfKeys);
}

static void
refuse_lossy_order(IndexScanDesc scan, const VsBm25Query *query)
{
	if (!bm25_fixed(scan->indexRelation).positions && vs_bm25_wants_positions(query))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("index \"%s\" stores no positions", RelationGetRelationName(scan->indexRelation)),
				 errdetail("Phrases and weights of a query need them to be ranked."),
				 errhint("Create the index WITH (positions = on).")));
}

/* Scores of records in lanes: few, so they are all kept. */
static void
score_record(void *context, Bm25Document *document)
{
	IndexScanDesc scan = context;
	Bm25Scan *state = scan->opaque;
	double score = 0;

	if (bm25_find_hits_of_record(scan->indexRelation, state->scorer->hits, document))
		score = bm25_score_hits(state->scorer, document->len);
	if (score <= 0)
		return;
	if (state->n_waiting == state->room_waiting)
	{
		state->room_waiting = Max(64, 2 * state->room_waiting);
		state->waiting = state->waiting == NULL
			? palloc(sizeof(VsBm25Result) * state->room_waiting)
			: repalloc_huge(state->waiting, sizeof(VsBm25Result) * state->room_waiting);
	}
	state->waiting[state->n_waiting++] = (VsBm25Result){score, vs_bm25_row_key(document->row)};
}

/* The usual case: one condition, the query that the scan is ordered by. */
static bool
condition_is_order(IndexScanDesc scan, Bm25Query order)
{
	TSQuery asked = BM25_QUERY_TSQUERY(order);
	TSQuery key;

	if (scan->numberOfKeys != 1)
		return false;
	key = DatumGetTSQuery(scan->keyData[0].sk_argument);
	return VARSIZE(key) == VARSIZE(asked) && memcmp(key, asked, VARSIZE(key)) == 0;
}

/* Does every document that matches score more than 0?  It has a leaf then, and every leaf is worth something. */
static bool
matches_score(IndexScanDesc scan, const VsBm25Query *query, double phrase_boost)
{
	Bm25Weights weights = bm25_fixed(scan->indexRelation).weights;

	for (int i = 0; i < VS_BM25_CLASSES; i++)
		if (weights.of[i] == 0)
			return false;
	for (int i = 0; i < query->n_nodes; i++)
		if (query->nodes[i].kind == VS_BM25_NOT)
			return false;
	return phrase_boost >= DBL_EPSILON;
}

/* Lossy conditions are left to the executor; the others are part of the search. */
static VsBm25Query *
ranked_query(IndexScanDesc scan, Bm25Query order)
{
	Bm25Scan *state = scan->opaque;
	VsBm25Query *queries[2] = {bm25_compile_query(BM25_QUERY_TSQUERY(order)), state->condition};

	refuse_lossy_order(scan, queries[0]);
	if (state->condition == NULL || state->recheck)
		return queries[0];
	if (condition_is_order(scan, order))
	{
		state->complete = matches_score(scan, queries[0], bm25_query_boost(order));
		return queries[0];
	}
	return bm25_combine_queries(queries, 2);
}

/* Statistics count for the leaves of the order alone; those of conditions come after them. */
static void
find_statistics(IndexScanDesc scan, Bm25Query order, const VsBm25Query *query, Bm25Statistics *statistics)
{
	VsBm25Query *plain = bm25_compile_query(BM25_QUERY_TSQUERY(order));
	Oid index = OidIsValid(order->index) ? order->index : RelationGetRelid(scan->indexRelation);
	double *df = palloc0(sizeof(double) * (query->n_leaves + 1));

	bm25_statement_statistics(index, BM25_QUERY_TSQUERY(order), plain, statistics);
	if (query->n_leaves >= plain->n_leaves)
		memcpy(df, statistics->df, sizeof(double) * plain->n_leaves);
	statistics->df = df;
}

static bool
all_seem_visible(Relation heap)
{
	BlockNumber pages = RelationGetNumberOfBlocks(heap);
	Buffer map = InvalidBuffer;
	bool visible = true;

	for (uint32 i = 0; visible && i < PAGES_SAMPLED; i++)
		visible = VM_ALL_VISIBLE(heap, (BlockNumber) ((uint64) pages * i / PAGES_SAMPLED), &map);
	if (BufferIsValid(map))
		ReleaseBuffer(map);
	return visible;
}

/* A few more, where the snapshot may not see all rows of the index. */
static uint32
first_batch(IndexScanDesc scan, int32 wanted)
{
	if (wanted <= 0)
		return FIRST_BATCH;
	return all_seem_visible(scan->heapRelation) ? (uint32) wanted : (uint32) bm25_some_more(wanted);
}

/*
 * A query that was not known when the statement was planned may name another index than the one that was chosen.  Its
 * statistics count, which takes the right to read them.
 */
static void
check_named_index(IndexScanDesc scan, Bm25Query order)
{
	if (OidIsValid(order->index) && !bm25_is_part_of(RelationGetRelid(scan->indexRelation), order->index))
		bm25_check_may_score(order);
}

static void pg_attribute_noreturn()
refuse_other_weights(IndexScanDesc scan, Bm25Query order)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("index \"%s\" was built with other weights than \"%s\", which the query names",
					RelationGetRelationName(scan->indexRelation), get_rel_name(order->index)),
			 errhint("Name it where the statement is planned: vecstore.bm25query($1, '%s').",
					 get_rel_name(order->index))));
}

static void
start_ranked(IndexScanDesc scan, Datum argument)
{
	Bm25Scan *state = scan->opaque;
	Bm25Query order = DatumGetBm25Query(argument);
	VsBm25Query *query = ranked_query(scan, order);
	Bm25Fixed fixed = bm25_fixed(scan->indexRelation);
	Bm25Statistics statistics;

	check_named_index(scan, order);
	find_statistics(scan, order, query, &statistics);
	if (memcmp(&statistics.weights, &fixed.weights, sizeof(fixed.weights)) != 0)
		refuse_other_weights(scan, order);
	state->scorer = bm25_make_scorer(query, &statistics, bm25_query_boost(order));
	state->searcher = vs_bm25_searcher(&state->memory, query, fixed.weights.of, bm25_check_interrupts);
	state->top = vs_bm25_top(&state->memory);
	state->batch = first_batch(scan, order->k);
	bm25_begin_returned(&state->returned_last, scan, order, state->context);
	bm25_visit_lanes(scan->indexRelation, state->snapshot, score_record, scan);
}

static void
start(IndexScanDesc scan)
{
	Bm25Scan *state = scan->opaque;
	bool never;

	if (!IsMVCCSnapshot(scan->xs_snapshot))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("non-MVCC snapshots are not supported with bm25")));
	pgstat_count_index_scan(scan->indexRelation);
	state->memory = bm25_memory(state->context);
	state->snapshot = bm25_take_snapshot(scan->indexRelation);
	state->condition = condition_of(scan, &never);
	state->recheck = state->condition != NULL && !bm25_fixed(scan->indexRelation).positions &&
		vs_bm25_wants_positions(state->condition);
	if (never)
	{
		state->ended = state->rest_found = true;
		return;
	}
	state->ranked = scan->numberOfOrderBys > 0;
	if (!state->ranked)
		state->ended = true;
	else if ((scan->orderByData[0].sk_flags & SK_ISNULL) != 0)
		state->ended = state->null_order = true;
	else
		start_ranked(scan, scan->orderByData[0].sk_argument);
}

/* ---- batches ---- */

static void
find_batch(IndexScanDesc scan)
{
	Bm25Scan *state = scan->opaque;
	bool first = state->results == NULL;

	if (!first)
	{
		state->last = state->results[state->n_results - 1];
		state->batch = Min(state->batch, LARGEST_BATCH / GROWTH) * GROWTH;
	}
	vs_bm25_top_reset(state->top, state->batch, first ? NULL : &state->last);
	for (int i = 0; i < state->n_waiting; i++)
		vs_bm25_top_offer(state->top, state->waiting[i].score, state->waiting[i].row);
	for (uint32 i = 0; i < state->snapshot->meta.n_segments; i++)
	{
		Bm25Reader reader;

		bm25_begin_reader(&reader, scan->indexRelation, &state->snapshot->meta.segments[i], bm25_search_pins());
		vs_bm25_search(state->searcher, &reader.segment, &reader.source, &state->scorer->model, state->top);
		bm25_end_reader(&reader);
	}
	state->n_results = vs_bm25_top_sorted(state->top, &state->results);
	state->next_result = 0;
	state->ended = state->n_results < state->batch;
}

/* ---- rows that match the conditions ---- */

typedef struct Collecting
{
	IndexScanDesc scan;
	const VsBm25Query *query;
	Bm25Hits *hits;
	MemoryContext scratch;
	Bm25Keys *rows;
} Collecting;

static void
collect_row(void *context, VsBm25Row row)
{
	bm25_add_key(((Collecting *) context)->rows, vs_bm25_row_key(row));
}

/* Records are matched with their positions, whatever segments store. */
static void
collect_record(void *context, Bm25Document *document)
{
	Collecting *collecting = context;
	VsBm25Memory memory = bm25_memory(collecting->scratch);

	bm25_find_hits_of_record(collecting->scan->indexRelation, collecting->hits, document);
	if (vs_bm25_match(collecting->query, collecting->hits->hits, NULL, &memory))
		bm25_add_key(collecting->rows, vs_bm25_row_key(document->row));
	MemoryContextReset(collecting->scratch);
}

/* All rows that match the conditions.  True: some of them may not. */
static bool
collect(IndexScanDesc scan, Bm25Keys *rows)
{
	Bm25Scan *state = scan->opaque;
	Bm25Fixed fixed = bm25_fixed(scan->indexRelation);
	VsBm25Query *query = state->condition != NULL ? state->condition : match_all();
	VsBm25Searcher *searcher = vs_bm25_searcher(&state->memory, query, fixed.weights.of, bm25_check_interrupts);
	Collecting collecting = {.scan = scan, .query = query, .rows = rows};
	bool exact = true;

	collecting.hits = bm25_make_hits(query, &fixed.weights);
	collecting.scratch = AllocSetContextCreate(state->context, "bm25 record", ALLOCSET_SMALL_SIZES);
	bm25_visit_lanes(scan->indexRelation, state->snapshot, collect_record, &collecting);
	for (uint32 i = 0; i < state->snapshot->meta.n_segments; i++)
	{
		Bm25Reader reader;

		bm25_begin_reader(&reader, scan->indexRelation, &state->snapshot->meta.segments[i], bm25_search_pins());
		exact = vs_bm25_matches(searcher, &reader.segment, &reader.source, &collecting, collect_row) && exact;
		bm25_end_reader(&reader);
	}
	return !exact;
}

/* What matches the conditions and was not among the results. */
static void
find_rest(IndexScanDesc scan)
{
	Bm25Scan *state = scan->opaque;
	Bm25Keys all = {0};

	state->rest_found = true;
	if (state->complete || (state->condition == NULL && !state->null_order && scan->numberOfOrderBys > 0))
		return;
	state->recheck = collect(scan, &all) || state->recheck;
	bm25_sort_keys(&all);
	bm25_sort_keys(&state->returned);
	for (uint64 i = 0, j = 0; i < all.n; i++)
	{
		if (i % ROWS_BETWEEN_CHECKS == 0)
			CHECK_FOR_INTERRUPTS();
		while (j < state->returned.n && state->returned.keys[j] < all.keys[i])
			j++;
		if (j == state->returned.n || state->returned.keys[j] != all.keys[i])
			bm25_add_key(&state->rest, all.keys[i]);
	}
}

static void
emit(IndexScanDesc scan, uint64 row, double score)
{
	Bm25Scan *state = scan->opaque;

	bm25_key_to_tid(row, &scan->xs_heaptid);
	scan->xs_recheck = state->recheck;
	scan->xs_recheckorderby = false;
	if (scan->numberOfOrderBys > 0)
	{
		double distance = score > 0 ? -score : 0;

		scan->xs_orderbyvals[0] = Float8GetDatum(distance);
		scan->xs_orderbynulls[0] = state->null_order;
		bm25_set_returned(&state->returned_last, &scan->xs_heaptid, distance);
	}
}

bool
bm25_get_tuple(IndexScanDesc scan, ScanDirection direction)
{
	Bm25Scan *state = scan->opaque;
	MemoryContext old = MemoryContextSwitchTo(state->context);
	bool found = false;

	bm25_forget_returned(&state->returned_last);
	if (state->snapshot == NULL)
		start(scan);
	while (!found && state->next_result == state->n_results && !state->ended)
		find_batch(scan);
	if (state->next_result < state->n_results)
	{
		const VsBm25Result *result = &state->results[state->next_result++];

		if (state->condition != NULL && !state->complete)
			bm25_add_key(&state->returned, result->row);
		emit(scan, result->row, result->score);
		found = true;
	}
	if (!found && !state->rest_found)
		find_rest(scan);
	if (!found && state->next_rest < state->rest.n)
	{
		emit(scan, state->rest.keys[state->next_rest++], 0);
		found = true;
	}
	MemoryContextSwitchTo(old);
	return found;
}

int64
bm25_get_bitmap(IndexScanDesc scan, TIDBitmap *bitmap)
{
	Bm25Scan *state = scan->opaque;
	MemoryContext old = MemoryContextSwitchTo(state->context);
	Bm25Keys rows = {0};
	bool lossy = false;

	start(scan);
	if (!state->rest_found)
		lossy = collect(scan, &rows);
	for (uint64 i = 0; i < rows.n; i++)
	{
		ItemPointerData tid;

		if (i % ROWS_BETWEEN_CHECKS == 0)
			CHECK_FOR_INTERRUPTS();
		bm25_key_to_tid(rows.keys[i], &tid);
		tbm_add_tuples(bitmap, &tid, 1, lossy);
	}
	MemoryContextSwitchTo(old);
	return rows.n;
}
