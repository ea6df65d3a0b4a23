/* SPDX-License-Identifier: PostgreSQL
 *
 * vector_distance.c - SQL functions that compare two vectors and return float8.
 *
 * The arithmetic is the core's; here the arguments are fetched and checked.
 */
#include "postgres.h"

#include <math.h>

#include "pg/types/vector_type.h"

/* measure(first argument, second argument), which must have the same dimension. */
static inline double
measure_args(const VectorType *type, FunctionCallInfo fcinfo, VsDistance measure)
{
	AnyVector *a = PG_GETARG_ANY_VECTOR(0);
	AnyVector *b = PG_GETARG_ANY_VECTOR(1);

	vs_check_same_dim(type, a, b);
	return measure(type->element, a->x, b->x, a->dim);
}

static Datum
generic_l2_distance(const VectorType *type, FunctionCallInfo fcinfo)
{
	PG_RETURN_FLOAT8(sqrt(measure_args(type, fcinfo, vs_distance_l2_squared)));
}

static Datum
generic_l2_squared_distance(const VectorType *type, FunctionCallInfo fcinfo)
{
	PG_RETURN_FLOAT8(measure_args(type, fcinfo, vs_distance_l2_squared));
}

static Datum
generic_inner_product(const VectorType *type, FunctionCallInfo fcinfo)
{
	PG_RETURN_FLOAT8(measure_args(type, fcinfo, vs_inner_product));
}

static Datum
generic_negative_inner_product(const VectorType *type, FunctionCallInfo fcinfo)
{
	PG_RETURN_FLOAT8(-measure_args(type, fcinfo, vs_inner_product));
}

static Datum
generic_cosine_distance(const VectorType *type, FunctionCallInfo fcinfo)
{
	PG_RETURN_FLOAT8(1.0 - measure_args(type, fcinfo, vs_cosine_similarity));
}

/* The cosine, but 0 for a zero vector: nothing is similar to it. */
static double
similarity_or_zero(VsElement element, const void *a, const void *b, size_t n)
{
	double similarity = vs_cosine_similarity(element, a, b, n);

	if (isnan(similarity) &&
		(vs_elements_norm(element, a, n) == 0 || vs_elements_norm(element, b, n) == 0))
		return 0;
	return similarity;
}

static Datum
generic_cosine_similarity(const VectorType *type, FunctionCallInfo fcinfo)
{
	PG_RETURN_FLOAT8(measure_args(type, fcinfo, similarity_or_zero));
}

static Datum
generic_l1_distance(const VectorType *type, FunctionCallInfo fcinfo)
{
	PG_RETURN_FLOAT8(measure_args(type, fcinfo, vs_distance_l1));
}

/* Angle between unit vectors, as a share of pi. */
static Datum
generic_spherical_distance(const VectorType *type, FunctionCallInfo fcinfo)
{
	double cosine = measure_args(type, fcinfo, vs_inner_product);

	/* Rounding may leave [-1, 1]; NaN, of an overflow, stays. */
	if (cosine > 1)
		cosine = 1;
	else if (cosine < -1)
		cosine = -1;
	PG_RETURN_FLOAT8(acos(cosine) / M_PI);
}

static Datum
generic_chebyshev_distance(const VectorType *type, FunctionCallInfo fcinfo)
{
	PG_RETURN_FLOAT8(measure_args(type, fcinfo, vs_distance_chebyshev));
}

static Datum
generic_canberra_distance(const VectorType *type, FunctionCallInfo fcinfo)
{
	PG_RETURN_FLOAT8(measure_args(type, fcinfo, vs_distance_canberra));
}

static Datum
generic_bray_curtis_distance(const VectorType *type, FunctionCallInfo fcinfo)
{
	PG_RETURN_FLOAT8(measure_args(type, fcinfo, vs_distance_bray_curtis));
}

FOR_BOTH_TYPES(l2_distance);
FOR_BOTH_TYPES(l2_squared_distance);
FOR_BOTH_TYPES(inner_product);
FOR_BOTH_TYPES(negative_inner_product);
FOR_BOTH_TYPES(cosine_distance);
FOR_BOTH_TYPES(cosine_similarity);
FOR_BOTH_TYPES(l1_distance);
FOR_BOTH_TYPES(spherical_distance);
FOR_BOTH_TYPES(chebyshev_distance);
FOR_BOTH_TYPES(canberra_distance);
FOR_BOTH_TYPES(bray_curtis_distance);
