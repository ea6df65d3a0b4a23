/* SPDX-License-Identifier: PostgreSQL
 *
 * vector_cast.c - casts: to the declared dimension, between the vector types, from and to arrays.
 *
 * Cast functions take (value, type modifier, is explicit); the last one makes no difference here.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/fmgrprotos.h"

#include "pg/types/vector_type.h"

/* vector::vector(n) */
static Datum
generic_to_typmod(const VectorType *type, FunctionCallInfo fcinfo)
{
	AnyVector *vector = PG_GETARG_ANY_VECTOR(0);

	vs_check_typmod(PG_GETARG_INT32(1), vector->dim);
	PG_RETURN_POINTER(vector);
}

/* Reads the numbers of an array without nulls; those of fixed width lie one after the other. */
static void
read_array(ArrayType *array, int n, float *out)
{
	void *data = ARR_DATA_PTR(array);
	Datum *numerics;

	switch (ARR_ELEMTYPE(array))
	{
		case INT4OID:
			for (int i = 0; i < n; i++)
				out[i] = (float) ((int32 *) data)[i];
			break;
		case FLOAT4OID:
			memcpy(out, data, n * sizeof(float4));
			break;
		case FLOAT8OID:
			for (int i = 0; i < n; i++)
				out[i] = (float) ((float8 *) data)[i];
			break;
		case NUMERICOID:
			deconstruct_array(array, NUMERICOID, -1, false, TYPALIGN_INT, &numerics, NULL, &n);
			for (int i = 0; i < n; i++)
				out[i] = DatumGetFloat4(DirectFunctionCall1(numeric_float4, numerics[i]));
			break;
		default:
			ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION), errmsg("unsupported array type")));
	}
}

/* integer[], real[], double precision[] or numeric[] to a vector */
static Datum
generic_from_array(const VectorType *type, FunctionCallInfo fcinfo)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(0);
	int32 typmod = PG_GETARG_INT32(1);
	AnyVector *vector;
	float *values;
	int dim;

	if (ARR_NDIM(array) > 1)
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION), errmsg("array must be 1-D")));
	if (array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("array must not contain nulls")));
	dim = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	vs_check_dim(type, dim);
	vs_check_typmod(typmod, dim);

	values = palloc(dim * sizeof(float));
	read_array(array, dim, values);
	vector = vs_new_vector(type, dim);
	vs_store_floats(type, vector, values);
	pfree(values);
	PG_RETURN_POINTER(vector);
}

/* vector to real[] */
static Datum
generic_to_float4(const VectorType *type, FunctionCallInfo fcinfo)
{
	AnyVector *vector = PG_GETARG_ANY_VECTOR(0);
	Size size = ARR_OVERHEAD_NONULLS(1) + vector->dim * sizeof(float4);
	ArrayType *array = palloc0(size);

	SET_VARSIZE(array, size);
	array->ndim = 1;
	array->dataoffset = 0;
	array->elemtype = FLOAT4OID;
	ARR_DIMS(array)[0] = vector->dim;
	ARR_LBOUND(array)[0] = 1;
	vs_elements_to_float(type->element, vector->x, vector->dim, (float *) ARR_DATA_PTR(array));
	PG_RETURN_ARRAYTYPE_P(array);
}

FOR_BOTH_TYPES(to_typmod);
FOR_BOTH_TYPES(from_array);
FOR_BOTH_TYPES(to_float4);

PG_FUNCTION_INFO_V1(vs_halfvec_to_vector);
Datum
vs_halfvec_to_vector(PG_FUNCTION_ARGS)
{
	AnyVector *halfvec = PG_GETARG_ANY_VECTOR(0);
	AnyVector *vector;

	vs_check_typmod(PG_GETARG_INT32(1), halfvec->dim);
	vector = vs_new_vector(&vector_type, halfvec->dim);
	vs_elements_to_float(VS_FLOAT16, halfvec->x, halfvec->dim, (float *) vector->x);
	PG_RETURN_POINTER(vector);
}

PG_FUNCTION_INFO_V1(vs_vector_to_halfvec);
Datum
vs_vector_to_halfvec(PG_FUNCTION_ARGS)
{
	AnyVector *vector = PG_GETARG_ANY_VECTOR(0);
	AnyVector *halfvec;

	vs_check_typmod(PG_GETARG_INT32(1), vector->dim);
	halfvec = vs_new_vector(&halfvec_type, vector->dim);
	vs_store_floats(&halfvec_type, halfvec, (const float *) vector->x);
	PG_RETURN_POINTER(halfvec);
}
