/* SPDX-License-Identifier: PostgreSQL
 *
 * vector_ops.c - SQL functions that make or take apart vectors: arithmetic, norms, parts, bits.
 */
#include "postgres.h"

#include "utils/varbit.h"

#include "pg/types/vector_type.h"

typedef VsStatus (*ElementOperation)(VsElement element, const void *a, const void *b, size_t n,
									 void *out);

/* Applies an element-wise operation to the two arguments. */
static inline Datum
combine_args(const VectorType *type, FunctionCallInfo fcinfo, ElementOperation operation)
{
	AnyVector *a = PG_GETARG_ANY_VECTOR(0);
	AnyVector *b = PG_GETARG_ANY_VECTOR(1);
	AnyVector *result;

	vs_check_same_dim(type, a, b);
	result = vs_new_vector(type, a->dim);
	vs_check_status(type, operation(type->element, a->x, b->x, a->dim, result->x));
	PG_RETURN_POINTER(result);
}

static Datum
generic_add(const VectorType *type, FunctionCallInfo fcinfo)
{
	return combine_args(type, fcinfo, vs_elements_add);
}

static Datum
generic_sub(const VectorType *type, FunctionCallInfo fcinfo)
{
	return combine_args(type, fcinfo, vs_elements_sub);
}

static Datum
generic_mul(const VectorType *type, FunctionCallInfo fcinfo)
{
	return combine_args(type, fcinfo, vs_elements_mul);
}

static Datum
generic_concat(const VectorType *type, FunctionCallInfo fcinfo)
{
	AnyVector *a = PG_GETARG_ANY_VECTOR(0);
	AnyVector *b = PG_GETARG_ANY_VECTOR(1);
	int dim = a->dim + b->dim;
	AnyVector *result;

	vs_check_dim(type, dim);
	result = vs_new_vector(type, dim);
	memcpy(result->x, a->x, a->dim * type->element_size);
	memcpy(result->x + a->dim * type->element_size, b->x, b->dim * type->element_size);
	PG_RETURN_POINTER(result);
}

/* Elements start .. start + count - 1, counted from 1; clipped as substring() clips. */
static Datum
generic_subvector(const VectorType *type, FunctionCallInfo fcinfo)
{
	AnyVector *vector = PG_GETARG_ANY_VECTOR(0);
	int64 start = PG_GETARG_INT32(1);
	int64 count = PG_GETARG_INT32(2);
	int64 first = Max(start, 1);
	int64 end = Min(start + count, (int64) vector->dim + 1);
	AnyVector *result;

	vs_check_dim(type, end - first);
	result = vs_new_vector(type, (int) (end - first));
	memcpy(result->x, vector->x + (first - 1) * type->element_size,
		   (end - first) * type->element_size);
	PG_RETURN_POINTER(result);
}

static Datum
generic_binary_quantize(const VectorType *type, FunctionCallInfo fcinfo)
{
	AnyVector *vector = PG_GETARG_ANY_VECTOR(0);
	Size size = VARBITTOTALLEN(vector->dim);
	VarBit *result = palloc0(size);

	SET_VARSIZE(result, size);
	VARBITLEN(result) = vector->dim;
	vs_elements_binary_quantize(type->element, vector->x, vector->dim, VARBITS(result));
	PG_RETURN_VARBIT_P(result);
}

static Datum
generic_l2_normalize(const VectorType *type, FunctionCallInfo fcinfo)
{
	AnyVector *vector = PG_GETARG_ANY_VECTOR(0);
	AnyVector *result = vs_new_vector(type, vector->dim);

	vs_check_status(type, vs_elements_normalize(type->element, vector->x, vector->dim, result->x));
	PG_RETURN_POINTER(result);
}

static Datum
generic_norm(const VectorType *type, FunctionCallInfo fcinfo)
{
	AnyVector *vector = PG_GETARG_ANY_VECTOR(0);

	PG_RETURN_FLOAT8(vs_elements_norm(type->element, vector->x, vector->dim));
}

static Datum
generic_dims(const VectorType *type, FunctionCallInfo fcinfo)
{
	PG_RETURN_INT32(PG_GETARG_ANY_VECTOR(0)->dim);
}

FOR_BOTH_TYPES(add);
FOR_BOTH_TYPES(sub);
FOR_BOTH_TYPES(mul);
FOR_BOTH_TYPES(concat);
FOR_BOTH_TYPES(subvector);
FOR_BOTH_TYPES(binary_quantize);
FOR_BOTH_TYPES(l2_normalize);
FOR_BOTH_TYPES(norm);
FOR_BOTH_TYPES(dims);

/* vecstore.random_vector(dim, seed) */
PG_FUNCTION_INFO_V1(vs_random_vector);
Datum
vs_random_vector(PG_FUNCTION_ARGS)
{
	int32 dim = PG_GETARG_INT32(0);
	int64 seed = PG_GETARG_INT64(1);
	Vector *result;

	vs_check_dim(&vector_type, dim);
	result = (Vector *) vs_new_vector(&vector_type, dim);
	vs_elements_random((uint64) seed, dim, result->x);
	PG_RETURN_POINTER(result);
}
