/* SPDX-License-Identifier: PostgreSQL
 *
 * vector_agg.c - the avg aggregate of both vector types.  (sum is element-wise addition.)
 *
 * The state is a float8 array: the number of vectors, then the sum of each element; {0} before the
 * first vector.  Being an ordinary array, it passes between parallel workers as it is.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/float.h"

#include "pg/types/vector_type.h"

/* The functions are callable from SQL with any array, so a state is checked before use. */
static float8 *
state_values(const VectorType *type, ArrayType *state, const char *role)
{
	if (ARR_NDIM(state) != 1 || ARR_DIMS(state)[0] < 1 || ARR_HASNULL(state) ||
		ARR_ELEMTYPE(state) != FLOAT8OID)
		elog(ERROR, "%s_%s: expected state array", type->name, role);
	return (float8 *) ARR_DATA_PTR(state);
}

static int
state_dim(ArrayType *state)
{
	return ARR_DIMS(state)[0] - 1;
}

/* A state of zeros. */
static ArrayType *
new_state(int dim)
{
	Size size = ARR_OVERHEAD_NONULLS(1) + (dim + 1) * sizeof(float8);
	ArrayType *state = palloc0(size);

	SET_VARSIZE(state, size);
	state->ndim = 1;
	state->dataoffset = 0;
	state->elemtype = FLOAT8OID;
	ARR_DIMS(state)[0] = dim + 1;
	ARR_LBOUND(state)[0] = 1;
	return state;
}

/* A copy of state, with empty sums for dim elements where it has none yet. */
static ArrayType *
copy_state(ArrayType *state, int dim)
{
	ArrayType *copy = new_state(dim);
	float8 *values = (float8 *) ARR_DATA_PTR(copy);

	memcpy(values, ARR_DATA_PTR(state), (state_dim(state) + 1) * sizeof(float8));
	/* The neutral element of addition is -0: 0 + -0 would be 0. */
	for (int i = state_dim(state) + 1; i <= dim; i++)
		values[i] = -0.0;
	return copy;
}

static Datum
generic_accum(const VectorType *type, FunctionCallInfo fcinfo)
{
	ArrayType *state = PG_GETARG_ARRAYTYPE_P(0);
	AnyVector *vector = PG_GETARG_ANY_VECTOR(1);
	float8 *values = state_values(type, state, "accum");

	if (state_dim(state) != 0)
		vs_check_typmod(state_dim(state), vector->dim);

	/* Inside an aggregate the state is ours to modify, once it has room for the sums. */
	if (state_dim(state) == 0 || !AggCheckCallContext(fcinfo, NULL))
	{
		state = copy_state(state, vector->dim);
		values = (float8 *) ARR_DATA_PTR(state);
	}
	values[0] += 1;
	vs_check_status(type,
					vs_elements_accumulate(type->element, vector->x, vector->dim, values + 1));
	PG_RETURN_ARRAYTYPE_P(state);
}

static Datum
generic_avg(const VectorType *type, FunctionCallInfo fcinfo)
{
	ArrayType *state = PG_GETARG_ARRAYTYPE_P(0);
	float8 *values = state_values(type, state, "avg");
	int dim = state_dim(state);
	AnyVector *result;
	float *averages;

	if (values[0] == 0)
		PG_RETURN_NULL();
	vs_check_dim(type, dim);
	averages = palloc(dim * sizeof(float));
	for (int i = 0; i < dim; i++)
		averages[i] = (float) (values[i + 1] / values[0]);
	result = vs_new_vector(type, dim);
	vs_store_floats(type, result, averages);
	pfree(averages);
	PG_RETURN_POINTER(result);
}

FOR_BOTH_TYPES(accum);
FOR_BOTH_TYPES(avg);

/* Adds two states; the same for both types, whose states look alike. */
PG_FUNCTION_INFO_V1(vs_vector_combine);
Datum
vs_vector_combine(PG_FUNCTION_ARGS)
{
	ArrayType *a = PG_GETARG_ARRAYTYPE_P(0);
	ArrayType *b = PG_GETARG_ARRAYTYPE_P(1);
	float8 *a_values = state_values(&vector_type, a, "combine");
	float8 *b_values = state_values(&vector_type, b, "combine");
	int dim = state_dim(a) != 0 ? state_dim(a) : state_dim(b);
	bool both = state_dim(a) != 0 && state_dim(b) != 0;
	ArrayType *result;
	float8 *sum;

	if (dim != 0)
		vs_check_dim(&vector_type, dim);
	if (both)
		vs_check_typmod(dim, state_dim(b));

	/* Without sums on one side, the other side's are the result. */
	result = copy_state(state_dim(a) != 0 ? a : b, dim);
	sum = (float8 *) ARR_DATA_PTR(result);
	sum[0] = a_values[0] + b_values[0];
	for (int i = 1; both && i <= dim; i++)
	{
		sum[i] = a_values[i] + b_values[i];
		if (isinf(sum[i]))
			float_overflow_error();
	}
	PG_RETURN_ARRAYTYPE_P(result);
}
