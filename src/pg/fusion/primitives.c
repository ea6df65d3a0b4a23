/* SPDX-License-Identifier: PostgreSQL
 *
 * primitives.c - fusion in plain SQL: aggregates over the rows of one id, and functions of one row.
 *
 * The aggregates keep their terms and add them in the order of their values, so that the order of rows
 * does not show in the last digit.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/float.h"
#include "utils/memutils.h"

#include "pg/fusion/fuse.h"

typedef struct Terms
{
	int n, capacity;
	double *value;
} Terms;

static Terms *
terms_state(FunctionCallInfo fcinfo)
{
	MemoryContext context;
	Terms *terms;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "fusion transition called outside of an aggregate");
	if (!PG_ARGISNULL(0))
		return (Terms *) PG_GETARG_POINTER(0);
	terms = MemoryContextAlloc(context, sizeof(Terms));
	terms->n = 0;
	terms->capacity = 8;
	terms->value = MemoryContextAlloc(context, sizeof(double) * terms->capacity);
	return terms;
}

static void
add_term(Terms *terms, double value)
{
	if (terms->n == terms->capacity)
	{
		if (terms->capacity > PG_INT32_MAX / 2)
			ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("too many rows to fuse")));
		terms->capacity *= 2;
		terms->value = repalloc_huge(terms->value, sizeof(double) * (Size) terms->capacity);
	}
	terms->value[terms->n++] = value;
}

static double
checked_rank(int64 rank)
{
	if (rank < 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("a rank must be at least 1, not " INT64_FORMAT, rank),
						errhint("Number the rows of a branch with rank() or row_number().")));
	return (double) rank;
}

static double
checked_weight(double weight)
{
	if (!isfinite(weight) || weight < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("a weight must be finite and not negative, not %s",
							   float8out_internal(weight))));
	return weight;
}

static double
checked_k(double k)
{
	if (!isfinite(k) || k <= 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("k must be finite and above 0, not %s", float8out_internal(k))));
	return k;
}

/* An optional argument that the SQL function may not have, or get as null. */
static double
number_or(FunctionCallInfo fcinfo, int argument, double otherwise)
{
	if (PG_NARGS() <= argument || PG_ARGISNULL(argument))
		return otherwise;
	return PG_GETARG_FLOAT8(argument);
}

/* rrf(rank [, weight [, k]]) */
PG_FUNCTION_INFO_V1(vs_rrf_accum);
Datum
vs_rrf_accum(PG_FUNCTION_ARGS)
{
	Terms *terms = terms_state(fcinfo);
	double weight = checked_weight(number_or(fcinfo, 2, 1));
	double k = checked_k(number_or(fcinfo, 3, VS_RRF_K));

	if (!PG_ARGISNULL(1))
		add_term(terms, weight / (k + checked_rank(PG_GETARG_INT64(1))));
	PG_RETURN_POINTER(terms);
}

/* isr(rank [, weight]) */
PG_FUNCTION_INFO_V1(vs_isr_accum);
Datum
vs_isr_accum(PG_FUNCTION_ARGS)
{
	Terms *terms = terms_state(fcinfo);
	double weight = checked_weight(number_or(fcinfo, 2, 1));

	if (!PG_ARGISNULL(1))
	{
		double rank = checked_rank(PG_GETARG_INT64(1));

		add_term(terms, weight / (rank * rank));
	}
	PG_RETURN_POINTER(terms);
}

/* rbc(rank [, weight [, phi]]) */
PG_FUNCTION_INFO_V1(vs_rbc_accum);
Datum
vs_rbc_accum(PG_FUNCTION_ARGS)
{
	Terms *terms = terms_state(fcinfo);
	double weight = checked_weight(number_or(fcinfo, 2, 1));
	double phi = number_or(fcinfo, 3, VS_RBC_PHI);

	if (!(phi > 0 && phi < 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("phi must be between 0 and 1, not %s", float8out_internal(phi))));
	if (!PG_ARGISNULL(1))
		add_term(terms, weight * (1 - phi) * pow(phi, checked_rank(PG_GETARG_INT64(1)) - 1));
	PG_RETURN_POINTER(terms);
}

/* borda(rank, candidates [, weight]) */
PG_FUNCTION_INFO_V1(vs_borda_accum);
Datum
vs_borda_accum(PG_FUNCTION_ARGS)
{
	Terms *terms = terms_state(fcinfo);
	double weight = checked_weight(number_or(fcinfo, 3, 1));
	int64 rank, candidates;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_POINTER(terms);
	rank = (int64) checked_rank(PG_GETARG_INT64(1));
	candidates = PG_GETARG_INT64(2);
	if (rank > candidates)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("rank " INT64_FORMAT " of " INT64_FORMAT " candidates", rank, candidates)));
	add_term(terms, weight * ((double) (candidates - rank + 1) / (double) candidates));
	PG_RETURN_POINTER(terms);
}

/* combsum and combmnz(score [, weight]) */
PG_FUNCTION_INFO_V1(vs_comb_accum);
Datum
vs_comb_accum(PG_FUNCTION_ARGS)
{
	Terms *terms = terms_state(fcinfo);
	double weight = checked_weight(number_or(fcinfo, 2, 1));

	if (!PG_ARGISNULL(1) && !isnan(PG_GETARG_FLOAT8(1)))
	{
		double score = PG_GETARG_FLOAT8(1);

		if (isinf(score))
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("a score must be finite, not %s", float8out_internal(score))));
		add_term(terms, weight * score);
	}
	PG_RETURN_POINTER(terms);
}

/* The sum of the terms, 0 without any; a copy is sorted, since the state may be read again. */
static double
sum_of_terms(const Terms *terms)
{
	double *copy, sum;

	if (terms == NULL || terms->n == 0)
		return 0;
	copy = palloc_extended(sizeof(double) * (Size) terms->n, MCXT_ALLOC_HUGE);
	memcpy(copy, terms->value, sizeof(double) * (Size) terms->n);
	sum = vs_ordered_sum(copy, terms->n);
	pfree(copy);
	if (!isfinite(sum))
		float_overflow_error();
	return sum;
}

PG_FUNCTION_INFO_V1(vs_terms_sum);
Datum
vs_terms_sum(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(
		sum_of_terms(PG_ARGISNULL(0) ? NULL : (const Terms *) PG_GETARG_POINTER(0)));
}

/* The sum times the number of terms. */
PG_FUNCTION_INFO_V1(vs_terms_mnz);
Datum
vs_terms_mnz(PG_FUNCTION_ARGS)
{
	const Terms *terms = PG_ARGISNULL(0) ? NULL : (const Terms *) PG_GETARG_POINTER(0);
	double product = sum_of_terms(terms) * (terms == NULL ? 0 : terms->n);

	if (!isfinite(product))
		float_overflow_error();
	PG_RETURN_FLOAT8(product);
}

/* The elements of an array of one dimension (or of none). */
static int
elements(FunctionCallInfo fcinfo, int argument, Oid type, Datum **value, bool **isnull)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(argument);
	int n;

	if (ARR_NDIM(array) > 1)
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("expected an array of one dimension, not %d", ARR_NDIM(array))));
	deconstruct_array(array, type, type == INT4OID ? sizeof(int32) : sizeof(float8),
					  type == INT4OID || FLOAT8PASSBYVAL,
					  type == INT4OID ? TYPALIGN_INT : TYPALIGN_DOUBLE, value, isnull, &n);
	return n;
}

/* rrf_score(ranks, weights, k): null ranks add nothing. */
PG_FUNCTION_INFO_V1(vs_rrf_score);
Datum
vs_rrf_score(PG_FUNCTION_ARGS)
{
	Datum *rank;
	bool *isnull;
	double *weight, *term, k = checked_k(number_or(fcinfo, 2, VS_RRF_K));
	int n, terms = 0;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	n = elements(fcinfo, 0, INT4OID, &rank, &isnull);
	weight = vs_weights_argument(fcinfo, 1, n);
	term = palloc(sizeof(double) * Max(n, 1));
	for (int i = 0; i < n; i++)
		if (!isnull[i])
			term[terms++] =
				(weight == NULL ? 1 : weight[i]) / (k + checked_rank(DatumGetInt32(rank[i])));
	PG_RETURN_FLOAT8(vs_ordered_sum(term, terms));
}

/* fuse_scores(strategy, scores, weights): null and NaN are missing. */
PG_FUNCTION_INFO_V1(vs_fuse_scores);
Datum
vs_fuse_scores(PG_FUNCTION_ARGS)
{
	VsStrategy strategy = vs_strategy_argument(fcinfo, 0);
	Datum *score;
	bool *isnull;
	double *value, *weight, result;
	int n;

	if (vs_strategy_by_rank(strategy))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("strategy %s is of ranks, not of scores", vs_strategy_name(strategy)),
						errhint("Use vecstore.rrf_score, or vecstore.fuse over rankings.")));
	if (PG_ARGISNULL(1))
		PG_RETURN_NULL();
	n = elements(fcinfo, 1, FLOAT8OID, &score, &isnull);
	weight = vs_weights_argument(fcinfo, 2, n);
	if (n == 0)
		PG_RETURN_NULL();
	value = palloc(sizeof(double) * n);
	for (int i = 0; i < n; i++)
	{
		value[i] = isnull[i] ? get_float8_nan() : DatumGetFloat8(score[i]);
		if (isinf(value[i]))
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("a score must be finite, not %s", float8out_internal(value[i]))));
	}
	if (weight == NULL)
	{
		weight = palloc(sizeof(double) * n);
		for (int i = 0; i < n; i++)
			weight[i] = vs_strategy_weight(strategy, n);
	}
	result = vs_combine_scores(strategy, value, weight, n, palloc(sizeof(double) * 2 * n));
	if (!isfinite(result))
		float_overflow_error();
	PG_RETURN_FLOAT8(result);
}
