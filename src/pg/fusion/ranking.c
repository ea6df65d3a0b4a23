/* SPDX-License-Identifier: PostgreSQL
 *
 * ranking.c - the value of type vecstore.ranking, and the aggregates that make it.
 */
#include "postgres.h"

#include <math.h>

#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/uuid.h"

#include "pg/fusion/ranking.h"

StaticAssertDecl(offsetof(VsRanking, distance) == 16, "distances are aligned to 8 bytes");

VsRanking *
vs_ranking_from_datum(Datum value)
{
	VsRanking *ranking = (VsRanking *) PG_DETOAST_DATUM(value);

	if (ranking->version != VS_RANKING_VERSION)
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("ranking of unknown version %d", ranking->version),
						errhint("It was made by a newer vecstore; make it again.")));
	return ranking;
}

static Size
id_bytes(VsIdKind kind, const VsEntry *entry, int n)
{
	Size bytes = (Size) n * (kind == VS_ID_UUID ? UUID_LEN
							 : kind == VS_ID_TEXT ? sizeof(int32)
												  : sizeof(int64));

	for (int i = 0; kind == VS_ID_TEXT && i < n; i++)
		bytes += entry[i].id.length;
	return bytes;
}

static void
store_ids(VsIdKind kind, const VsEntry *entry, int n, char *out)
{
	char *bytes = out + (Size) n * sizeof(int32);

	for (int i = 0; i < n; i++)
	{
		const VsId *id = &entry[i].id;

		if (kind == VS_ID_BIGINT)
			((int64 *) out)[i] = id->number;
		else if (kind == VS_ID_UUID)
			memcpy(out + (Size) i * UUID_LEN, id->bytes, UUID_LEN);
		else
		{
			((int32 *) out)[i] = id->length;
			memcpy(bytes, id->bytes, id->length);
			bytes += id->length;
		}
	}
}

VsRanking *
vs_make_ranking(VsIdKind kind, VsEntry *entry, int n)
{
	VsRanking *ranking;
	Size size;

	n = vs_rank_entries(kind, entry, n);
	size = offsetof(VsRanking, distance) + n * sizeof(float8) + id_bytes(kind, entry, n);
	if (!AllocSizeIsValid(size))
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("ranking of %d ids is too large", n),
						errhint("Put a LIMIT into the sub-select that it is made from.")));
	ranking = palloc0(size);
	SET_VARSIZE(ranking, size);
	ranking->version = VS_RANKING_VERSION;
	ranking->kind = (uint8) kind;
	ranking->n = n;
	for (int i = 0; i < n; i++)
		ranking->distance[i] = entry[i].distance;
	store_ids(kind, entry, n, (char *) (ranking->distance + n));
	return ranking;
}

VsId *
vs_ranking_ids(const VsRanking *ranking)
{
	int n = ranking->n;
	VsId *ids = palloc0(sizeof(VsId) * Max(n, 1));
	const char *stored = (const char *) (ranking->distance + n);
	const char *bytes = stored + (Size) n * sizeof(int32);

	for (int i = 0; i < n; i++)
	{
		if (ranking->kind == VS_ID_BIGINT)
			ids[i].number = ((const int64 *) stored)[i];
		else if (ranking->kind == VS_ID_UUID)
			ids[i].bytes = stored + (Size) i * UUID_LEN, ids[i].length = UUID_LEN;
		else
		{
			ids[i].bytes = bytes, ids[i].length = ((const int32 *) stored)[i];
			bytes += ids[i].length;
		}
	}
	return ids;
}

void
vs_init_collector(VsCollector *collector, FunctionCallInfo fcinfo, MemoryContext context)
{
	collector->context = context;
	collector->type = get_fn_expr_argtype(fcinfo->flinfo, 1);
	if (OidIsValid(collector->type))
		collector->type = getBaseType(collector->type);
	collector->kind = vs_id_kind_of_type(collector->type);
	collector->n = 0;
	collector->capacity = 64;
	collector->entry = MemoryContextAlloc(context, sizeof(VsEntry) * collector->capacity);
}

bool
vs_collect(VsCollector *collector, FunctionCallInfo fcinfo, bool isnull, double distance)
{
	MemoryContext old;
	VsEntry *entry;

	if (PG_ARGISNULL(1) || isnull || isnan(distance))
		return false;
	if (collector->n == collector->capacity)
	{
		if (collector->capacity > PG_INT32_MAX / 2)
			ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
							errmsg("too many rows for a ranking"),
							errhint("Put a LIMIT into the sub-select that it is made from.")));
		collector->capacity *= 2;
		collector->entry =
			repalloc_huge(collector->entry, sizeof(VsEntry) * (Size) collector->capacity);
	}
	entry = &collector->entry[collector->n];
	old = MemoryContextSwitchTo(collector->context);
	entry->id = vs_id_from_datum(collector->type, PG_GETARG_DATUM(1));
	MemoryContextSwitchTo(old);
	entry->distance = distance + 0.0; /* -0 becomes 0 */
	entry->place = (uint32) collector->n++;
	return true;
}

VsEntry *
vs_copy_entries(const VsCollector *collector)
{
	Size size = sizeof(VsEntry) * (Size) Max(collector->n, 1);
	VsEntry *copy = MemoryContextAllocHuge(CurrentMemoryContext, size);

	memcpy(copy, collector->entry, sizeof(VsEntry) * (Size) collector->n);
	return copy;
}

/* Transition of both aggregates; sign -1 makes distances of similarities. */
static Datum
accumulate(FunctionCallInfo fcinfo, double sign)
{
	VsCollector *state = PG_ARGISNULL(0) ? NULL : (VsCollector *) PG_GETARG_POINTER(0);
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "ranking transition called outside of an aggregate");
	if (state == NULL)
	{
		state = MemoryContextAlloc(context, sizeof(VsCollector));
		vs_init_collector(state, fcinfo, context);
	}
	vs_collect(state, fcinfo, PG_ARGISNULL(2), PG_ARGISNULL(2) ? 0 : sign * PG_GETARG_FLOAT8(2));
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(vs_ranking_accum);
Datum
vs_ranking_accum(PG_FUNCTION_ARGS)
{
	return accumulate(fcinfo, 1);
}

PG_FUNCTION_INFO_V1(vs_ranking_sim_accum);
Datum
vs_ranking_sim_accum(PG_FUNCTION_ARGS)
{
	return accumulate(fcinfo, -1);
}

PG_FUNCTION_INFO_V1(vs_ranking_final);
Datum
vs_ranking_final(PG_FUNCTION_ARGS)
{
	VsCollector *state;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (VsCollector *) PG_GETARG_POINTER(0);
	PG_RETURN_POINTER(vs_make_ranking(state->kind, vs_copy_entries(state), state->n));
}
