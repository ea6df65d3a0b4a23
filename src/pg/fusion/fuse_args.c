/* SPDX-License-Identifier: PostgreSQL
 *
 * fuse_args.c - the arguments of vecstore.fuse and its relatives, checked.
 *
 * Owns: the messages about arguments, and the numbering of candidates in the order of their ids.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/memutils.h"

#include "pg/fusion/fuse.h"

/* Cells (lists times candidates) that one call may have: 1.3 GB of memory. */
#define MAX_CELLS ((Size) 1 << 26)

enum
{
	ARG_STRATEGY,
	ARG_RANKINGS,
	ARG_WEIGHTS,
	ARG_RRF_K,
	ARG_NORMALIZER,
	ARG_MISSING,
	ARG_TOP_K,
	ARG_AUTOCUT,
	ARG_ALPHA,
	ARG_TIES
};

void
vs_fusion_poll(void *host)
{
	CHECK_FOR_INTERRUPTS();
}

static char *
text_argument(FunctionCallInfo fcinfo, int argument)
{
	return PG_ARGISNULL(argument) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(argument));
}

/* The number of a name; an unknown one is an error that lists all. */
static int
number_of_name(const char *what, const char *name, int (*find)(const char *),
			   const char *(*nth)(int) )
{
	int number = find(name);
	StringInfoData names;

	if (number >= 0)
		return number;
	initStringInfo(&names);
	for (int i = 0; nth(i) != NULL; i++)
		appendStringInfo(&names, "%s%s", i > 0 ? ", " : "", nth(i));
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown %s \"%s\"", what, name),
					errhint("Known are %s.", names.data)));
}

VsStrategy
vs_strategy_argument(FunctionCallInfo fcinfo, int argument)
{
	char *name = text_argument(fcinfo, argument);

	if (name == NULL)
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("strategy must not be null")));
	return (VsStrategy) number_of_name("fusion strategy", name, vs_find_strategy, vs_strategy_name);
}

static float8 *
number_array(ArrayType *array, const char *what, int *n)
{
	if (ARR_NDIM(array) > 1 || array_contains_nulls(array))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s must be an array of one dimension without nulls", what)));
	*n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	return (float8 *) ARR_DATA_PTR(array);
}

double *
vs_weights_argument(FunctionCallInfo fcinfo, int argument, int n)
{
	float8 *weight;
	int count;
	bool any = false;

	if (PG_ARGISNULL(argument))
		return NULL;
	weight = number_array(PG_GETARG_ARRAYTYPE_P(argument), "weights", &count);
	if (count != n)
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("%d weights for %d lists", count, n),
						errhint("Give one weight for each list, or none.")));
	for (int i = 0; i < n; i++)
	{
		if (!isfinite(weight[i]) || weight[i] < 0)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("weights must be finite and not negative"),
							errdetail("Weight %d is %s.", i + 1, float8out_internal(weight[i]))));
		any |= weight[i] > 0;
	}
	if (!any)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("at least one weight must be above 0")));
	return weight;
}

/* alpha for the first of two lists, the rest for the second. */
static double *
weights_of_alpha(FunctionCallInfo fcinfo, int lists)
{
	double alpha = PG_GETARG_FLOAT8(ARG_ALPHA);
	double *weight = palloc(sizeof(double) * 2);

	if (!PG_ARGISNULL(ARG_WEIGHTS))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("alpha and weights cannot be given together")));
	if (lists != 2)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("alpha needs two lists, not %d", lists), errhint("Give weights instead.")));
	if (!(alpha >= 0 && alpha <= 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("alpha must be from 0 to 1, not %s", float8out_internal(alpha)),
				 errdetail("It is the weight of the first list; that of the second is 1 - alpha.")));
	weight[0] = alpha;
	weight[1] = 1 - alpha;
	return weight;
}

static double *
choose_weights(FunctionCallInfo fcinfo, VsStrategy strategy, int lists)
{
	double *weight;

	if (!PG_ARGISNULL(ARG_ALPHA))
		return weights_of_alpha(fcinfo, lists);
	weight = vs_weights_argument(fcinfo, ARG_WEIGHTS, lists);
	if (weight != NULL)
		return weight;
	weight = palloc(sizeof(double) * lists);
	for (int i = 0; i < lists; i++)
		weight[i] = vs_strategy_weight(strategy, lists);
	return weight;
}

static double
choose_rrf_k(FunctionCallInfo fcinfo, VsStrategy strategy)
{
	double k = PG_ARGISNULL(ARG_RRF_K) ? VS_RRF_K : PG_GETARG_FLOAT8(ARG_RRF_K);

	if (!isfinite(k) || k <= 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("rrf_k must be finite and above 0, not %s", float8out_internal(k))));
	if (strategy == VS_RRF_QDRANT && k < 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("rrf_k of strategy rrf_qdrant must be at least 1, not %s",
							   float8out_internal(k))));
	return k;
}

static VsMissing
choose_missing(FunctionCallInfo fcinfo, VsStrategy strategy)
{
	char *name = text_argument(fcinfo, ARG_MISSING);
	VsMissing missing = VS_MISSING_ZERO;

	if (name != NULL)
		missing = (VsMissing) number_of_name("rule for missing entries", name, vs_find_missing,
											 vs_missing_name);
	if (missing == VS_MISSING_RANK && !vs_strategy_by_rank(strategy))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("missing => 'rank' needs a strategy of ranks, not %s",
						vs_strategy_name(strategy)),
				 errhint("Use missing => 'min' to give what the list's last entry gets.")));
	return missing;
}

static bool
choose_ordinal(FunctionCallInfo fcinfo)
{
	char *ties = text_argument(fcinfo, ARG_TIES);

	if (ties == NULL || strcmp(ties, "competition") == 0)
		return false;
	if (strcmp(ties, "ordinal") != 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("unknown treatment of ties \"%s\"", ties),
						errhint("Known are competition, ordinal.")));
	return true;
}

static int
count_argument(FunctionCallInfo fcinfo, int argument, const char *name, int least, int otherwise)
{
	int count = PG_ARGISNULL(argument) ? otherwise : PG_GETARG_INT32(argument);

	if (count < least)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s must be at least %d, not %d", name, least, count)));
	return count;
}

/* The rankings, NULL for those that are null or empty, and the kind of their ids (0: all empty). */
static VsRanking **
rankings_argument(FunctionCallInfo fcinfo, int *lists, VsIdKind *kind)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(ARG_RANKINGS);
	VsRanking **ranking;
	Datum *value;
	bool *isnull;

	if (ARR_NDIM(array) != 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("rankings must be an array of one dimension with at least one element")));
	deconstruct_array(array, ARR_ELEMTYPE(array), -1, false, TYPALIGN_DOUBLE, &value, &isnull, lists);
	ranking = palloc0(sizeof(VsRanking *) * *lists);
	*kind = (VsIdKind) 0;
	for (int i = 0; i < *lists; i++)
	{
		VsRanking *list = isnull[i] ? NULL : vs_ranking_from_datum(value[i]);

		if (list == NULL || list->n == 0)
			continue;
		if (*kind != 0 && *kind != list->kind)
			ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
							errmsg("rankings of %s and %s ids cannot be fused", vs_id_kind_name(*kind),
								   vs_id_kind_name(list->kind)),
							errhint("Cast the ids of all branches to one type.")));
		*kind = (VsIdKind) list->kind;
		ranking[i] = list;
	}
	return ranking;
}

static void
check_kind(VsIdKind expected, VsIdKind kind)
{
	static const char *const functions[] = {NULL, "fuse", "fuse_uuid", "fuse_text"};

	if (expected != 0 && kind != 0 && kind != expected)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("vecstore.%s cannot fuse rankings of %s ids", functions[expected],
							   vs_id_kind_name(kind)),
						errhint("Use vecstore.%s.", functions[kind])));
}

/* All ids, each with its position over all lists as place. */
static VsEntry *
gather(VsRanking **ranking, int lists, Size total)
{
	VsEntry *entry =
		palloc_extended(sizeof(VsEntry) * Max(total, 1), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	Size n = 0;

	for (int i = 0; i < lists; i++)
	{
		VsId *ids = ranking[i] == NULL ? NULL : vs_ranking_ids(ranking[i]);

		for (int j = 0; ids != NULL && j < ranking[i]->n; j++, n++)
		{
			entry[n].id = ids[j];
			entry[n].place = (uint32) n;
		}
		if (ids != NULL)
			pfree(ids);
	}
	return entry;
}

/*
 * Gives candidates numbers in the order of their ids: number[] of each position over all lists, and
 * what each of them is in call->id.
 */
static uint32 *
number_candidates(VsFuseCall *call, VsEntry *entry, Size total)
{
	uint32 *number = palloc_extended(sizeof(uint32) * Max(total, 1), MCXT_ALLOC_HUGE);
	Size candidates = 0;

	vs_sort_by_id(call->kind, entry, (int) total);
	call->id = palloc_extended(sizeof(VsId) * Max(total, 1), MCXT_ALLOC_HUGE);
	for (Size i = 0; i < total; i++)
	{
		if (i == 0 || vs_compare_ids(call->kind, &entry[i - 1].id, &entry[i].id) != 0)
			call->id[candidates++] = entry[i].id;
		number[entry[i].place] = (uint32) (candidates - 1);
	}
	call->fusion.candidates = candidates;
	return number;
}

static void
set_lists(VsFuseCall *call, VsRanking **ranking, int lists)
{
	VsRankedList *list = palloc0(sizeof(VsRankedList) * lists);
	uint32 *number;
	Size total = 0;

	for (int i = 0; i < lists; i++)
		total += ranking[i] == NULL ? 0 : ranking[i]->n;
	if (total > PG_INT32_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("too many entries to fuse"),
						errhint("Put a LIMIT into each branch.")));
	number = number_candidates(call, gather(ranking, lists, total), total);
	for (int i = 0; i < lists; i++)
	{
		if (ranking[i] == NULL)
			continue;
		list[i].n = ranking[i]->n;
		list[i].distance = ranking[i]->distance;
		list[i].candidate = number;
		number += ranking[i]->n;
	}
	call->fusion.lists = lists;
	call->fusion.list = list;
	if (call->fusion.candidates * (Size) lists > MAX_CELLS)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("too many candidates to fuse"),
						errdetail("There are %d lists and %zu candidates.", lists,
								  call->fusion.candidates),
						errhint("Put a LIMIT into each branch.")));
}

static void
fuse(VsFuseCall *call)
{
	size_t longest = 0;
	void *memory;

	for (size_t i = 0; i < call->fusion.lists; i++)
		longest = Max(longest, call->fusion.list[i].n);
	memory = MemoryContextAllocHuge(
		CurrentMemoryContext,
		vs_fusion_bytes(call->fusion.lists, call->fusion.candidates, longest));
	if (vs_fuse(&call->fusion, memory, &call->fused))
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("fused score out of range: overflow"),
						errhint("Use a normalizer, or smaller weights.")));
}

static int
autocut(const VsFuseCall *call, int jumps)
{
	int n = (int) call->fused.n;
	double *score = palloc_extended(sizeof(double) * 2 * Max(n, 1), MCXT_ALLOC_HUGE);

	for (int i = 0; i < n; i++)
		score[i] = call->fused.score[call->fused.order[i]];
	return (int) vs_autocut(score, n, jumps, score + n);
}

void
vs_run_fuse(FunctionCallInfo fcinfo, VsIdKind kind, VsFuseCall *call)
{
	VsFusion *fusion = &call->fusion;
	VsRanking **ranking;
	char *normalizer = text_argument(fcinfo, ARG_NORMALIZER);
	int lists, jumps, top_k;

	memset(call, 0, sizeof(*call));
	fusion->strategy = vs_strategy_argument(fcinfo, ARG_STRATEGY);
	fusion->normalizer = vs_strategy_normalizer(fusion->strategy);
	if (normalizer != NULL)
	{
		int chosen =
			number_of_name("normalizer", normalizer, vs_find_normalizer, vs_normalizer_name);

		if (!vs_strategy_by_rank(fusion->strategy) && fusion->strategy != VS_RELATIVE_SCORE)
			fusion->normalizer = (VsNormalizer) chosen;
	}
	fusion->missing = choose_missing(fcinfo, fusion->strategy);
	fusion->ordinal = choose_ordinal(fcinfo);
	fusion->rrf_k = choose_rrf_k(fcinfo, fusion->strategy);
	fusion->poll = vs_fusion_poll;
	top_k = count_argument(fcinfo, ARG_TOP_K, "top_k", 1, PG_INT32_MAX);
	jumps = count_argument(fcinfo, ARG_AUTOCUT, "autocut", 0, 0);
	if (PG_ARGISNULL(ARG_RANKINGS))
		return;

	ranking = rankings_argument(fcinfo, &lists, &call->kind);
	check_kind(kind, call->kind);
	fusion->weight = choose_weights(fcinfo, fusion->strategy, lists);
	if (call->kind == 0)
		return;
	set_lists(call, ranking, lists);
	fuse(call);
	call->rows = Min(top_k, jumps > 0 ? autocut(call, jumps) : (int) call->fused.n);
}
