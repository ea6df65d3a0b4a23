/* SPDX-License-Identifier: PostgreSQL
 *
 * fuse.c - vecstore.fuse, fuse_uuid, fuse_text, as_ranking and explain_fuse: fused rows.
 *
 * Owns: the shape of the results.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "pg/fusion/fuse.h"

/* n fixed-size elements as a one-dimensional array; an element whose rank is 0 is null. */
static Datum
cell_array(const VsFuseCall *call, uint32 candidate, Oid type)
{
	int lists = (int) call->fusion.lists, lower = 1;
	Size cell = (Size) candidate * lists;
	Datum *value = palloc(sizeof(Datum) * lists);
	bool *isnull = palloc(sizeof(bool) * lists);
	ArrayType *array;

	for (int i = 0; i < lists; i++)
	{
		isnull[i] = call->fused.rank[cell + i] == 0;
		value[i] = type == INT4OID ? Int32GetDatum(call->fused.rank[cell + i])
								   : Float8GetDatum(call->fused.similarity[cell + i]);
	}
	array = construct_md_array(value, isnull, 1, &lists, &lower, type,
							   type == INT4OID ? sizeof(int32) : sizeof(float8),
							   type == INT4OID || FLOAT8PASSBYVAL,
							   type == INT4OID ? TYPALIGN_INT : TYPALIGN_DOUBLE);
	pfree(value);
	pfree(isnull);
	return PointerGetDatum(array);
}

/* Rows id, score, rank, ranks, scores. */
static Datum
fuse_rows(FunctionCallInfo fcinfo, VsIdKind kind)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	VsFuseCall call;

	InitMaterializedSRF(fcinfo, 0);
	vs_run_fuse(fcinfo, kind, &call);
	for (int i = 0; i < call.rows; i++)
	{
		uint32 candidate = call.fused.order[i];
		bool nulls[5] = {false};
		Datum values[5];

		CHECK_FOR_INTERRUPTS();
		values[0] = vs_id_to_datum(kind, &call.id[candidate], INT8OID);
		values[1] = Float8GetDatum(call.fused.score[candidate]);
		values[2] = Int32GetDatum(i + 1);
		values[3] = cell_array(&call, candidate, INT4OID);
		values[4] = cell_array(&call, candidate, FLOAT8OID);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		pfree(DatumGetPointer(values[3]));
		pfree(DatumGetPointer(values[4]));
	}
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(vs_fuse_bigint);
Datum
vs_fuse_bigint(PG_FUNCTION_ARGS)
{
	return fuse_rows(fcinfo, VS_ID_BIGINT);
}

PG_FUNCTION_INFO_V1(vs_fuse_uuid);
Datum
vs_fuse_uuid(PG_FUNCTION_ARGS)
{
	return fuse_rows(fcinfo, VS_ID_UUID);
}

PG_FUNCTION_INFO_V1(vs_fuse_text);
Datum
vs_fuse_text(PG_FUNCTION_ARGS)
{
	return fuse_rows(fcinfo, VS_ID_TEXT);
}

/* The fused list as a ranking, whose distances are minus the scores. */
PG_FUNCTION_INFO_V1(vs_as_ranking);
Datum
vs_as_ranking(PG_FUNCTION_ARGS)
{
	VsFuseCall call;
	VsEntry *entry;

	vs_run_fuse(fcinfo, (VsIdKind) 0, &call);
	if (call.rows == 0)
		PG_RETURN_NULL();
	entry = palloc_extended(sizeof(VsEntry) * (Size) call.rows, MCXT_ALLOC_HUGE);
	for (int i = 0; i < call.rows; i++)
	{
		entry[i].id = call.id[call.fused.order[i]];
		entry[i].distance = 0.0 - call.fused.score[call.fused.order[i]];
		entry[i].place = (uint32) i;
	}
	PG_RETURN_POINTER(vs_make_ranking(call.kind, entry, call.rows));
}

/* What the strategy made of one cell: its score as normalised, and that times the weight. */
static void
explain_cell(const VsFuseCall *call, uint32 candidate, int list, Datum *values, bool *nulls)
{
	Size cell = (Size) candidate * call->fusion.lists + list;
	bool absent = call->fused.rank[cell] == 0;
	double normal = call->fused.normal[cell];
	bool silent = isnan(normal) || call->fusion.strategy == VS_CONDORCET;

	values[3] = Int32GetDatum(list + 1);
	values[4] = Int32GetDatum(call->fused.rank[cell]);
	values[5] = Float8GetDatum(call->fused.similarity[cell]);
	values[6] = Float8GetDatum(normal);
	values[7] = Float8GetDatum(call->fusion.weight[list]);
	values[8] = Float8GetDatum(silent ? 0 : call->fusion.weight[list] * normal);
	nulls[4] = nulls[5] = absent;
	nulls[6] = nulls[8] = silent;
}

/* Rows id, score, rank, branch, branch_rank, branch_score, normalized, weight, contribution. */
PG_FUNCTION_INFO_V1(vs_explain_fuse);
Datum
vs_explain_fuse(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	VsFuseCall call;

	InitMaterializedSRF(fcinfo, 0);
	vs_run_fuse(fcinfo, (VsIdKind) 0, &call);
	for (int i = 0; i < call.rows; i++)
	{
		uint32 candidate = call.fused.order[i];
		Datum values[9];

		values[0] = CStringGetTextDatum(vs_id_to_cstring(call.kind, &call.id[candidate]));
		values[1] = Float8GetDatum(call.fused.score[candidate]);
		values[2] = Int32GetDatum(i + 1);
		for (int list = 0; list < (int) call.fusion.lists; list++)
		{
			bool nulls[9] = {false};

			CHECK_FOR_INTERRUPTS();
			explain_cell(&call, candidate, list, values, nulls);
			tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		}
		pfree(DatumGetPointer(values[0]));
	}
	return (Datum) 0;
}
