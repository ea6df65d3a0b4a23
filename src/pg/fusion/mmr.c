/* SPDX-License-Identifier: PostgreSQL
 *
 * mmr.c - vecstore.mmr and mmr_agg: relevant results that are unlike each other.
 *
 * Owns: the arguments, and what relevance is made of.  The choice is the core's.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/lsyscache.h"

#include "bridge/fusion.h"
#include "pg/fusion/candidates.h"
#include "pg/fusion/fuse.h"

/* Rounding may bring a cosine distance out of 0 to 2 by this much. */
#define COSINE_SLACK 1e-5

typedef enum Relevance
{
	RELEVANCE_COSINE,
	RELEVANCE_MINMAX,
	RELEVANCE_RAW
} Relevance;

typedef struct Options
{
	int top_k;
	double lambda;
	Relevance relevance;
} Options;

typedef struct Mmr
{
	VsIdKind kind;
	VsId *id;
	double *relevance;
	VsMmrChoice choice;
	int n; /* chosen */
} Mmr;

/* Cosine similarity, on the scale of the similarities that diversity is judged by. */
static void
relevance_of_cosine(const VsRanking *ranking, double *relevance)
{
	for (int i = 0; i < ranking->n; i++)
	{
		double distance = ranking->distance[i];

		if (distance < -COSINE_SLACK || distance > 2 + COSINE_SLACK)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("%s is not a cosine distance", float8out_internal(distance)),
					 errhint("Use relevance_mode => 'minmax' for distances of other kinds.")));
		relevance[i] = 1 - distance;
	}
}

static double *
relevance_of(const VsRanking *ranking, Relevance mode)
{
	double *relevance = palloc_extended(sizeof(double) * (Size) Max(ranking->n, 1), MCXT_ALLOC_HUGE);

	for (int i = 0; i < ranking->n; i++)
		relevance[i] = 0.0 - ranking->distance[i];
	if (mode == RELEVANCE_COSINE)
		relevance_of_cosine(ranking, relevance);
	if (mode == RELEVANCE_MINMAX)
		vs_normalize(VS_NORM_MINMAX, relevance, NULL, ranking->n, ranking->n, relevance);
	return relevance;
}

static Relevance
relevance_argument(FunctionCallInfo fcinfo, int argument)
{
	char *name;

	if (PG_NARGS() <= argument || PG_ARGISNULL(argument))
		return RELEVANCE_COSINE;
	name = text_to_cstring(PG_GETARG_TEXT_PP(argument));
	if (strcmp(name, "cosine") == 0)
		return RELEVANCE_COSINE;
	if (strcmp(name, "minmax") == 0)
		return RELEVANCE_MINMAX;
	if (strcmp(name, "raw") == 0)
		return RELEVANCE_RAW;
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("unknown relevance mode \"%s\"", name),
					errhint("Known are cosine, minmax, raw.")));
}

/* The arguments first (top_k; null: all), first + 1 (lambda) and, if there, first + 2 (mode). */
static Options
options_of(FunctionCallInfo fcinfo, int first)
{
	Options options;

	options.top_k = PG_ARGISNULL(first) ? PG_INT32_MAX : PG_GETARG_INT32(first);
	options.lambda = PG_ARGISNULL(first + 1) ? 0.5 : PG_GETARG_FLOAT8(first + 1);
	options.relevance = relevance_argument(fcinfo, first + 2);
	if (options.top_k < 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("top_k must be at least 1, not %d", options.top_k)));
	if (!(options.lambda >= 0 && options.lambda <= 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("lambda must be from 0 to 1, not %s", float8out_internal(options.lambda)),
				 errdetail("1 looks at relevance alone, 0 at diversity alone.")));
	return options;
}

static Mmr
run_mmr(VsCandidates *candidates, const Options *options)
{
	VsRanking *ranking = vs_candidates_ranking(candidates);
	Mmr mmr = {0};
	VsMmr request = {0};

	mmr.kind = (VsIdKind) ranking->kind;
	mmr.id = vs_ranking_ids(ranking);
	mmr.relevance = relevance_of(ranking, options->relevance);
	mmr.n = Min(options->top_k, ranking->n);
	mmr.choice.index = palloc(sizeof(uint32) * Max(mmr.n, 1));
	mmr.choice.score = palloc(sizeof(double) * Max(mmr.n, 1));
	mmr.choice.max_similarity = palloc(sizeof(double) * Max(mmr.n, 1));

	request.n = ranking->n;
	request.dims = candidates->dims;
	request.relevance = mmr.relevance;
	request.unit = vs_candidates_unit_vectors(candidates);
	request.lambda = options->lambda;
	request.k = mmr.n;
	request.poll = vs_fusion_poll;
	vs_mmr(&request, palloc(sizeof(double) * Max(ranking->n, 1)), &mmr.choice);
	return mmr;
}

/* Rows id, rank, mmr_score, relevance, max_similarity. */
static Datum
mmr_rows(FunctionCallInfo fcinfo, VsIdKind kind)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	static const char *const functions[] = {NULL, "mmr", "mmr_uuid", "mmr_text"};
	Options options = options_of(fcinfo, 1);
	Mmr mmr;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	mmr = run_mmr(vs_candidates_from_datum(PG_GETARG_DATUM(0)), &options);
	if (mmr.kind != kind)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("vecstore.%s cannot choose from candidates with %s ids",
							   functions[kind], vs_id_kind_name(mmr.kind)),
						errhint("Use vecstore.%s.", functions[mmr.kind])));
	for (int i = 0; i < mmr.n; i++)
	{
		uint32 place = mmr.choice.index[i];
		double similarity = mmr.choice.max_similarity[i];
		bool nulls[5] = {false, false, false, false, isnan(similarity)};
		Datum values[5];

		values[0] = vs_id_to_datum(kind, &mmr.id[place], INT8OID);
		values[1] = Int32GetDatum(i + 1);
		values[2] = Float8GetDatum(mmr.choice.score[i]);
		values[3] = Float8GetDatum(mmr.relevance[place]);
		values[4] = Float8GetDatum(similarity);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(vs_mmr_bigint);
Datum
vs_mmr_bigint(PG_FUNCTION_ARGS)
{
	return mmr_rows(fcinfo, VS_ID_BIGINT);
}

PG_FUNCTION_INFO_V1(vs_mmr_uuid);
Datum
vs_mmr_uuid(PG_FUNCTION_ARGS)
{
	return mmr_rows(fcinfo, VS_ID_UUID);
}

PG_FUNCTION_INFO_V1(vs_mmr_text);
Datum
vs_mmr_text(PG_FUNCTION_ARGS)
{
	return mmr_rows(fcinfo, VS_ID_TEXT);
}

/* mmr_agg(id, distance, vector, top_k, lambda [, mode]); the options are those of the first row. */
static Datum
generic_mmr_accum(const VectorType *type, FunctionCallInfo fcinfo)
{
	VsVectorCollector *collector = vs_collect_vector(type, fcinfo);

	if (collector->options == NULL)
	{
		Options options = options_of(fcinfo, 4);

		collector->options = MemoryContextAlloc(collector->entries.context, sizeof(Options));
		memcpy(collector->options, &options, sizeof(Options));
	}
	PG_RETURN_POINTER(collector);
}

FOR_BOTH_TYPES(mmr_accum);

/* The chosen ids in their order, as an array of their type. */
PG_FUNCTION_INFO_V1(vs_mmr_final);
Datum
vs_mmr_final(PG_FUNCTION_ARGS)
{
	VsVectorCollector *collector;
	Datum *value;
	Oid type;
	int16 length;
	bool by_value;
	char align;
	Mmr mmr;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	collector = (VsVectorCollector *) PG_GETARG_POINTER(0);
	mmr = run_mmr(vs_make_candidates(collector), collector->options);
	/* A domain's array type is another one than that of its base type. */
	type = get_fn_expr_argtype(fcinfo->flinfo, 1);
	get_typlenbyvalalign(type, &length, &by_value, &align);
	value = palloc(sizeof(Datum) * Max(mmr.n, 1));
	for (int i = 0; i < mmr.n; i++)
		value[i] = vs_id_to_datum(mmr.kind, &mmr.id[mmr.choice.index[i]], collector->entries.type);
	PG_RETURN_ARRAYTYPE_P(construct_array(value, mmr.n, type, length, by_value, align));
}
