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

/* An array of one element a list, written anew for each row: tuples copy it. */
typedef struct CellArray
{
	ArrayType *array;
	Size element;
} CellArray;

static CellArray
new_cell_array(int lists, Oid type)
{
	CellArray cells;

	cells.element = type == INT4OID ? sizeof(int32) : sizeof(float8);
	cells.array = palloc0(ARR_OVERHEAD_WITHNULLS(1, lists) + cells.element * lists);
	cells.array->ndim = 1;
	cells.array->elemtype = type;
	ARR_DIMS(cells.array)[0] = lists;
	ARR_LBOUND(cells.array)[0] = 1;
	return cells;
}

/* The values of those lists that have the candidate; the others' elements are null. */
static Datum
fill_cell_array(CellArray cells, const int32 *rank, const void *value, int lists)
{
	int present = 0;
	char *out;

	for (int i = 0; i < lists; i++)
		present += rank[i] != 0;
	cells.array->dataoffset = present == lists ? 0 : ARR_OVERHEAD_WITHNULLS(1, lists);
	if (present < lists)
	{
		bits8 *bitmap = (bits8 *) cells.array + sizeof(ArrayType) + 2 * sizeof(int);

		memset(bitmap, 0, (lists + 7) / 8);
		for (int i = 0; i < lists; i++)
			if (rank[i] != 0)
				bitmap[i / 8] |= 1 << (i % 8);
	}
	out = ARR_DATA_PTR(cells.array);
	for (int i = 0; i < lists; i++)
	{
		if (rank[i] == 0)
			continue;
		memcpy(out, (const char *) value + cells.element * i, cells.element);
		out += cells.element;
	}
	SET_VARSIZE(cells.array, out - (char *) cells.array);
	return PointerGetDatum(cells.array);
}

/* Rows id, score, rank, ranks, scores. */
static Datum
fuse_rows(FunctionCallInfo fcinfo, VsIdKind kind)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	VsFuseCall call;
	CellArray ranks, scores;
	int lists;

	InitMaterializedSRF(fcinfo, 0);
	vs_run_fuse(fcinfo, kind, &call);
	lists = (int) call.fusion.lists;
	ranks = new_cell_array(lists, INT4OID);
	scores = new_cell_array(lists, FLOAT8OID);
	for (int i = 0; i < call.rows; i++)
	{
		uint32 candidate = call.fused.order[i];
		Size cell = (Size) candidate * lists;
		const int32 *rank = call.fused.rank + cell;
		bool nulls[5] = {false};
		Datum values[5];

		CHECK_FOR_INTERRUPTS();
		values[0] = vs_id_to_datum(kind, &call.id[candidate], INT8OID);
		values[1] = Float8GetDatum(call.fused.score[candidate]);
		values[2] = Int32GetDatum(i + 1);
		values[3] = fill_cell_array(ranks, rank, rank, lists);
		values[4] = fill_cell_array(scores, rank, call.fused.similarity + cell, lists);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
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
