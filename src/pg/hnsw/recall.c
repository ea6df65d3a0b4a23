/* SPDX-License-Identifier: PostgreSQL
 *
 * recall.c - vecstore.recall: how many of the true nearest rows the searches of an index find.
 *
 * Owns: the comparison.  Queries are rows of the table, or given by the caller; every one is answered
 * exactly first, then by the index with the settings of the session, then with the width of each
 * preset.  A returned row counts as found when it is not farther than the last of the true ones, so
 * that ties are no mistakes.  Everything sees the snapshot of the calling statement.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "executor/instrument.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "portability/instr_time.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

#include "pg/guc.h"
#include "pg/hnsw/hnsw.h"
#include "pg/hnsw/inspect.h"
#include "pg/hnsw/recall.h"

#define MAX_SAMPLE 100000
#define MAX_K 1000

/* Columns of the result, in order. */
typedef enum RecallColumn
{
	RECALL_SEARCH,
	RECALL_EF_SEARCH,
	RECALL_RECALL,
	RECALL_LOWEST,
	RECALL_MILLISECONDS,
	RECALL_PAGES,
	RECALL_COLUMNS
} RecallColumn;

typedef struct RecallQuery
{
	Datum vector;
	Datum row;		 /* ctid, when the query is a row of the table */
	int neighbours;	 /* k, or fewer when there are no more rows */
	double farthest; /* distance of the last of them */
} RecallQuery;

typedef struct Recall
{
	HnswRecallPlans plans;
	RecallQuery *queries;
	int count;
	double *distances; /* k, of the answer at hand */
	ReturnSetInfo *result;
} Recall;

/* What the queries of one setting came to. */
typedef struct Outcome
{
	int queries; /* that have neighbours */
	int64 neighbours;
	int64 found;
	double lowest; /* share found by one query */
	double seconds;
	double pages;
} Outcome;

static int64
pages_touched(void)
{
	return pgBufferUsage.shared_blks_hit + pgBufferUsage.shared_blks_read +
		pgBufferUsage.local_blks_hit + pgBufferUsage.local_blks_read;
}

/* Answer a query: the distances of the rows found.  Returns how many have one. */
static int
answer(Recall *recall, SPIPlanPtr plan, const RecallQuery *query, Outcome *outcome)
{
	Datum parameters[2] = {query->vector, query->row};
	int64 pages = pages_touched();
	instr_time start;
	instr_time end;
	int n = 0;

	INSTR_TIME_SET_CURRENT(start);
	if (SPI_execute_plan(plan, parameters, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "SPI_execute_plan failed");
	INSTR_TIME_SET_CURRENT(end);
	INSTR_TIME_SUBTRACT(end, start);
	outcome->seconds += INSTR_TIME_GET_DOUBLE(end);
	outcome->pages += pages_touched() - pages;

	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bool isnull;
		Datum value = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull);

		if (!isnull && !isnan(DatumGetFloat8(value)))
			recall->distances[n++] = DatumGetFloat8(value);
	}
	SPI_freetuptable(SPI_tuptable);
	return n;
}

/* Find every query's true neighbours. */
static void
search_exactly(Recall *recall, Outcome *outcome)
{
	SPIPlanPtr plan = hnsw_recall_exact(&recall->plans);

	for (int i = 0; i < recall->count; i++)
	{
		RecallQuery *query = &recall->queries[i];

		query->neighbours = answer(recall, plan, query, outcome);
		if (query->neighbours == 0)
			continue;
		query->farthest = recall->distances[query->neighbours - 1];
		outcome->queries++;
		outcome->neighbours += query->neighbours;
		outcome->found += query->neighbours;
	}
	outcome->lowest = 1;
}

/* Answer all queries by the index, as the settings say. */
static void
search_index(Recall *recall, SPIPlanPtr plan, Outcome *outcome)
{
	outcome->lowest = 1;
	for (int i = 0; i < recall->count; i++)
	{
		const RecallQuery *query = &recall->queries[i];
		int found = 0;
		int n;

		if (query->neighbours == 0)
			continue;
		n = answer(recall, plan, query, outcome);
		for (int j = 0; j < n; j++)
			found += recall->distances[j] <= query->farthest;
		found = Min(found, query->neighbours);
		outcome->queries++;
		outcome->neighbours += query->neighbours;
		outcome->found += found;
		outcome->lowest = Min(outcome->lowest, (double) found / query->neighbours);
	}
}

/* One row of the result; ef 0 for the exact search. */
static void
report(Recall *recall, const char *search, int ef, const Outcome *outcome)
{
	Datum values[RECALL_COLUMNS];
	bool nulls[RECALL_COLUMNS] = {false};
	double queries = outcome->queries;

	values[RECALL_SEARCH] = CStringGetTextDatum(search);
	values[RECALL_EF_SEARCH] = Int32GetDatum(ef);
	nulls[RECALL_EF_SEARCH] = ef == 0;
	for (int column = RECALL_RECALL; column < RECALL_COLUMNS; column++)
		nulls[column] = queries == 0;
	values[RECALL_RECALL] = Float8GetDatum((double) outcome->found / outcome->neighbours);
	values[RECALL_LOWEST] = Float8GetDatum(outcome->lowest);
	values[RECALL_MILLISECONDS] = Float8GetDatum(1000 * outcome->seconds / queries);
	values[RECALL_PAGES] = Float8GetDatum(outcome->pages / queries);
	tuplestore_putvalues(recall->result->setResult, recall->result->setDesc, values, nulls);
}

static void
measure_width(Recall *recall, SPIPlanPtr plan, const char *search, int ef)
{
	Outcome outcome = {0};

	search_index(recall, plan, &outcome);
	report(recall, search, ef, &outcome);
}

/* The session's settings, then each preset, whatever the session or the index set besides. */
static void
measure_searches(Recall *recall)
{
	static const struct
	{
		const char *name;
		VsSearchPreset preset;
	} presets[] = {{"fast", VS_PRESET_FAST},
				   {"balanced", VS_PRESET_BALANCED},
				   {"high_recall", VS_PRESET_HIGH_RECALL},
				   {"max", VS_PRESET_MAX}};
	Relation rel = recall->plans.rel;
	SPIPlanPtr plan = hnsw_recall_search(&recall->plans);
	Outcome warm_up = {0};
	VsHnswMeta meta;

	hnsw_read_meta(rel, &meta);
	search_index(recall, plan, &warm_up);
	measure_width(recall, plan, "session", hnsw_effective_ef(&meta, rel));
	for (int i = 0; i < lengthof(presets); i++)
	{
		hnsw_recall_set("hnsw.ef_search", psprintf("%d", hnsw_preset_ef(&meta, presets[i].preset)));
		measure_width(recall, plan, presets[i].name, hnsw_effective_ef(&meta, rel));
	}
}

static void
check_index(Relation rel)
{
	if (!rel->rd_index->indisvalid)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("index \"%s\" is not valid", RelationGetRelationName(rel)),
				 errhint("REINDEX the index.")));
}

static void
check_range(const char *what, int value, int max)
{
	if (value < 1 || value > max)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be between 1 and %d", what, max), errdetail("It is %d.", value)));
}

/* The arguments all variants have in common; leaves `queries` to the caller. */
static void
open_recall(Recall *recall, FunctionCallInfo fcinfo)
{
	Relation heap;
	Relation rel;
	int k = PG_GETARG_INT32(2);

	check_range("k", k, MAX_K);
	rel = hnsw_inspect_open(PG_GETARG_OID(0), &heap);
	check_index(rel);
	hnsw_recall_plans_init(&recall->plans, heap, rel);
	recall->plans.k = k;
	recall->distances = palloc(k * sizeof(double));
	InitMaterializedSRF(fcinfo, 0);
	recall->result = (ReturnSetInfo *) fcinfo->resultinfo;
}

static void
run_recall(Recall *recall)
{
	int level = NewGUCNestLevel();
	HnswOnlyIndex outer;
	Outcome exact = {0};

	search_exactly(recall, &exact);
	report(recall, "exact", 0, &exact);
	outer = hnsw_recall_force_index(recall->plans.rel);
	PG_TRY();
	{
		measure_searches(recall);
	}
	PG_FINALLY();
	{
		hnsw_recall_release_index(outer);
	}
	PG_END_TRY();
	AtEOXact_GUC(true, level);
	hnsw_inspect_close(recall->plans.rel, recall->plans.heap);
}

/* Take rows of the table as queries. */
static void
take_sample(Recall *recall, int sample)
{
	SPIPlanPtr plan = hnsw_recall_sample(&recall->plans, sample);

	if (SPI_execute_plan(plan, NULL, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "SPI_execute_plan failed");
	recall->count = SPI_processed;
	recall->queries = palloc0(Max(recall->count, 1) * sizeof(RecallQuery));
	for (int i = 0; i < recall->count; i++)
	{
		HeapTuple tuple = SPI_tuptable->vals[i];
		bool isnull;
		Datum vector = SPI_getbinval(tuple, SPI_tuptable->tupdesc, 1, &isnull);

		/* Not compressed, not out of line: every distance would undo that again. */
		recall->queries[i].vector = PointerGetDatum(PG_DETOAST_DATUM_COPY(vector));
		recall->queries[i].row = SPI_getbinval(tuple, SPI_tuptable->tupdesc, 2, &isnull);
	}
}

PG_FUNCTION_INFO_V1(vs_recall);
Datum
vs_recall(PG_FUNCTION_ARGS)
{
	Recall recall = {0};

	check_range("sample", PG_GETARG_INT32(1), MAX_SAMPLE);
	open_recall(&recall, fcinfo);
	recall.plans.leave_out = true;
	SPI_connect();
	take_sample(&recall, PG_GETARG_INT32(1));
	run_recall(&recall);
	SPI_finish();
	return (Datum) 0;
}

/* Take the elements of an array as queries, NULLs left out. */
static void
take_queries(Recall *recall, ArrayType *array)
{
	Oid type = recall->plans.rel->rd_opcintype[0];
	Datum *elements;
	bool *nulls;
	int n;

	if (ARR_ELEMTYPE(array) != type)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("queries for index \"%s\" must be of type %s",
						RelationGetRelationName(recall->plans.rel), format_type_be(type)),
				 errdetail("They are of type %s.", format_type_be(ARR_ELEMTYPE(array)))));
	deconstruct_array(array, type, get_typlen(type), get_typbyval(type), TYPALIGN_INT, &elements,
					  &nulls, &n);
	recall->queries = palloc0(Max(n, 1) * sizeof(RecallQuery));
	for (int i = 0; i < n; i++)
		if (!nulls[i])
			recall->queries[recall->count++].vector = elements[i];
}

PG_FUNCTION_INFO_V1(vs_recall_queries);
Datum
vs_recall_queries(PG_FUNCTION_ARGS)
{
	Recall recall = {0};

	open_recall(&recall, fcinfo);
	take_queries(&recall, PG_GETARG_ARRAYTYPE_P(1));
	SPI_connect();
	run_recall(&recall);
	SPI_finish();
	return (Datum) 0;
}
