/* SPDX-License-Identifier: PostgreSQL
 *
 * score.c - scores of single documents: the operators, and the plain function.
 *
 * Owns: nothing that scores; that is the core's.  A scorer is made once per query and kept in fn_extra.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "nodes/primnodes.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/memutils.h"

#include "pg/bm25/returned.h"
#include "pg/bm25/score.h"
#include "pg/guc.h"

Bm25Scorer *
bm25_make_scorer(VsBm25Query *query, const Bm25Statistics *statistics, double phrase_boost)
{
	Bm25Scorer *scorer = palloc0(sizeof(Bm25Scorer));
	double *idf = palloc(sizeof(double) * (query->n_leaves + 1));

	for (int i = 0; i < query->n_leaves; i++)
		idf[i] = vs_bm25_idf(statistics->n_docs, statistics->df[i]);
	scorer->query = query;
	scorer->model.k1 = statistics->k1;
	scorer->model.b = statistics->b;
	scorer->model.phrase_boost = phrase_boost;
	scorer->model.avg_len = statistics->n_docs > 0 && statistics->sum_len > 0
		? statistics->sum_len / statistics->n_docs : 1;
	scorer->model.idf = idf;
	scorer->hits = bm25_make_hits(query, &statistics->weights);
	scorer->boosted = palloc0(sizeof(bool) * (query->n_leaves + 1));
	scorer->scratch = AllocSetContextCreate(CurrentMemoryContext, "bm25 document",
											ALLOCSET_SMALL_SIZES);
	return scorer;
}

double
bm25_score_hits(Bm25Scorer *scorer, uint32 len)
{
	VsBm25Memory memory = bm25_memory(scorer->scratch);
	double score = 0;

	if (vs_bm25_match(scorer->query, scorer->hits->hits, scorer->boosted, &memory))
		score = vs_bm25_score(scorer->query, &scorer->model, scorer->hits->hits, scorer->boosted, len);
	MemoryContextReset(scorer->scratch);
	return score;
}

double
bm25_score_document(Bm25Scorer *scorer, TSVector document)
{
	if (!bm25_find_hits(scorer->hits, document, NULL))
		return 0; /* it may match, but nothing of it counts */
	return bm25_score_hits(scorer, bm25_document_len(document, &scorer->hits->weights));
}

/* ---- vector <@> bm25query ---- */

/* Of a call in a plan: in a context of its own, which is fn_extra's. */
typedef struct OperatorCache
{
	Bm25Query source;
	Bm25Scorer *scorer; /* NULL: no document was scored yet */
} OperatorCache;

/* Made when the call first sees the query, which is when it may be refused. */
static OperatorCache *
cache_of_call(FunctionCallInfo fcinfo, Bm25Query query)
{
	OperatorCache *cache = fcinfo->flinfo->fn_extra;
	MemoryContext context;

	if (cache != NULL && VARSIZE(cache->source) == VARSIZE(query) &&
		memcmp(cache->source, query, VARSIZE(query)) == 0)
		return cache;
	bm25_check_may_score(query);
	if (cache != NULL)
		MemoryContextDelete(GetMemoryChunkContext(cache));
	fcinfo->flinfo->fn_extra = NULL;
	context = AllocSetContextCreate(fcinfo->flinfo->fn_mcxt, "bm25 query", ALLOCSET_SMALL_SIZES);
	cache = MemoryContextAllocZero(context, sizeof(OperatorCache));
	cache->source = MemoryContextAlloc(context, VARSIZE(query));
	memcpy(cache->source, query, VARSIZE(query));
	fcinfo->flinfo->fn_extra = cache;
	return cache;
}

static Bm25Scorer *
scorer_of_cache(OperatorCache *cache)
{
	TSQuery query = BM25_QUERY_TSQUERY(cache->source);
	MemoryContext old;
	Bm25Statistics statistics;
	VsBm25Query *compiled;

	if (cache->scorer != NULL)
		return cache->scorer;
	old = MemoryContextSwitchTo(GetMemoryChunkContext(cache));
	compiled = bm25_compile_query(query);
	bm25_statement_statistics(cache->source->index, query, compiled, &statistics);
	cache->scorer = bm25_make_scorer(compiled, &statistics, bm25_query_boost(cache->source));
	MemoryContextSwitchTo(old);
	return cache->scorer;
}

/* Minus the score; 0 and not -0 for a document that does not match. */
static double
distance_of_score(double score)
{
	return score > 0 ? -score : 0;
}

static void
check_without_index(void)
{
	if (!vs_bm25_without_index)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("no single bm25 index was found for operator <@>"),
				 errdetail("Scores depend on the statistics of an index."),
				 errhint("Create a bm25 index on the left operand, or name one: "
						 "tsvector <@> vecstore.bm25query(query, 'index').")));
}

PG_FUNCTION_INFO_V1(vs_bm25_distance);
Datum
vs_bm25_distance(PG_FUNCTION_ARGS)
{
	Bm25Query query = PG_GETARG_BM25_QUERY(1);
	OperatorCache *cache;
	double distance;

	if (!OidIsValid(query->index))
		check_without_index();
	cache = cache_of_call(fcinfo, query);
	if (!bm25_distance_returned(query, PG_GETARG_DATUM(0), &distance))
	{
		TSVector document = PG_GETARG_TSVECTOR(0);

		distance = distance_of_score(bm25_score_document(scorer_of_cache(cache), document));
		PG_FREE_IF_COPY(document, 0);
	}
	PG_FREE_IF_COPY(query, 1);
	PG_RETURN_FLOAT8(distance);
}

/* ---- vector <@> tsquery, where no index was found ---- */

static Bm25Scorer *
scorer_without_index(FunctionCallInfo fcinfo, TSQuery query)
{
	Bm25Query wrapped = bm25_make_query(query, InvalidOid, get_float8_nan(), 0);
	Bm25Scorer *scorer = scorer_of_cache(cache_of_call(fcinfo, wrapped));

	pfree(wrapped);
	return scorer;
}

PG_FUNCTION_INFO_V1(vs_bm25_distance_tsquery);
Datum
vs_bm25_distance_tsquery(PG_FUNCTION_ARGS)
{
	TSVector document = PG_GETARG_TSVECTOR(0);
	TSQuery query = PG_GETARG_TSQUERY(1);
	double score;

	check_without_index();
	score = bm25_score_document(scorer_without_index(fcinfo, query), document);
	PG_FREE_IF_COPY(document, 0);
	PG_FREE_IF_COPY(query, 1);
	PG_RETURN_FLOAT8(distance_of_score(score));
}

/* ---- the plain function ---- */

static double
number_argument(FunctionCallInfo fcinfo, int argument, const char *name, double least)
{
	double value = PG_GETARG_FLOAT8(argument);

	if (!(value >= least) || isinf(value))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be a finite number of at least %g", name, least)));
	return value;
}

static double *
frequencies_argument(ArrayType *array, const VsBm25Query *query)
{
	double *df = palloc(sizeof(double) * (query->n_leaves + 1));
	Datum *values;
	bool *nulls;
	int n;

	deconstruct_array(array, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &values, &nulls, &n);
	if (n != query->n_leaves)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("dfs has %d elements, but the query has %d terms", n, query->n_leaves),
				 errhint("vecstore.bm25_terms(query) lists the terms in their order.")));
	for (int i = 0; i < n; i++)
	{
		df[i] = nulls[i] ? -1 : DatumGetFloat8(values[i]);
		if (!(df[i] >= 0) || isinf(df[i]))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("dfs must be finite numbers of at least 0")));
	}
	return df;
}

static void
weights_argument(ArrayType *array, Bm25Weights *weights)
{
	Datum *values;
	bool *nulls;
	int n;

	deconstruct_array(array, INT4OID, sizeof(int32), true, TYPALIGN_INT, &values, &nulls, &n);
	for (int i = 0; i < n && i < VS_BM25_CLASSES; i++)
	{
		int32 weight = nulls[i] ? -1 : DatumGetInt32(values[i]);

		if (weight < 0 || weight > VS_BM25_MAX_WEIGHT)
			n = 0;
		else
			weights->of[i] = weight;
	}
	if (n != VS_BM25_CLASSES)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("weights must be %d whole numbers between 0 and %d", VS_BM25_CLASSES, VS_BM25_MAX_WEIGHT),
				 errdetail("They are the weights of the classes D, C, B and A.")));
}

/* A scorer of the arguments after the document, in the current context. */
static Bm25Scorer *
scorer_of_arguments(FunctionCallInfo fcinfo)
{
	VsBm25Query *query = bm25_compile_query(PG_GETARG_TSQUERY_COPY(1));
	Bm25Statistics statistics;
	double avg_len = number_argument(fcinfo, 3, "avg_len", 0);
	double boost = number_argument(fcinfo, 7, "phrase_boost", 0);
	Bm25Scorer *scorer;

	statistics.n_docs = number_argument(fcinfo, 2, "n_docs", 0);
	statistics.df = frequencies_argument(PG_GETARG_ARRAYTYPE_P(4), query);
	statistics.k1 = number_argument(fcinfo, 5, "k1", 0);
	statistics.b = number_argument(fcinfo, 6, "b", 0);
	if (statistics.b > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("b must be between 0 and 1")));
	weights_argument(PG_GETARG_ARRAYTYPE_P(8), &statistics.weights);
	statistics.sum_len = 0;
	scorer = bm25_make_scorer(query, &statistics, boost);
	scorer->model.avg_len = avg_len > 0 ? avg_len : 1;
	return scorer;
}

/* Are the arguments after the document constants?  (Parameters change under PL/pgSQL's expressions.) */
static bool
arguments_stay(FunctionCallInfo fcinfo)
{
	Node *call = fcinfo->flinfo->fn_expr;

	if (call == NULL || !IsA(call, FuncExpr))
		return false;
	for (int i = 1; i < list_length(((FuncExpr *) call)->args); i++)
		if (!IsA(list_nth(((FuncExpr *) call)->args, i), Const))
			return false;
	return true;
}

PG_FUNCTION_INFO_V1(vs_bm25_score_plain);
Datum
vs_bm25_score_plain(PG_FUNCTION_ARGS)
{
	Bm25Scorer *scorer = fcinfo->flinfo->fn_extra;

	if (scorer == NULL && arguments_stay(fcinfo))
	{
		MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);

		scorer = fcinfo->flinfo->fn_extra = scorer_of_arguments(fcinfo);
		MemoryContextSwitchTo(old);
	}
	else if (scorer == NULL)
		scorer = scorer_of_arguments(fcinfo);
	PG_RETURN_FLOAT8(bm25_score_document(scorer, PG_GETARG_TSVECTOR(0)));
}

/* A leaf as a tsquery writes it, without quotes. */
text *
bm25_leaf_text(const VsBm25Leaf *leaf)
{
	static const char classes[] = "DCBA";
	StringInfoData text;

	initStringInfo(&text);
	appendBinaryStringInfo(&text, leaf->lexeme, leaf->length);
	if (leaf->prefix || leaf->classes != 0)
		appendStringInfoChar(&text, ':');
	if (leaf->prefix)
		appendStringInfoChar(&text, '*');
	for (int i = VS_BM25_CLASSES - 1; i >= 0; i--)
		if ((leaf->classes & (1 << i)) != 0)
			appendStringInfoChar(&text, classes[i]);
	return cstring_to_text_with_len(text.data, text.len);
}

PG_FUNCTION_INFO_V1(vs_bm25_terms);
Datum
vs_bm25_terms(PG_FUNCTION_ARGS)
{
	VsBm25Query *query = bm25_compile_query(PG_GETARG_TSQUERY(0));
	Datum *terms = palloc(sizeof(Datum) * (query->n_leaves + 1));

	for (int i = 0; i < query->n_leaves; i++)
		terms[i] = PointerGetDatum(bm25_leaf_text(&query->leaves[i]));
	PG_RETURN_ARRAYTYPE_P(construct_array(terms, query->n_leaves, TEXTOID, -1, false, TYPALIGN_INT));
}
