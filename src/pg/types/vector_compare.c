/* SPDX-License-Identifier: PostgreSQL
 *
 * vector_compare.c - the total order of vectors behind DISTINCT, ORDER BY and unique indexes.
 *
 * The first differing element decides, then the length, as for SQL arrays.
 */
#include "postgres.h"

#include "pg/types/vector_type.h"

static inline int
compare_args(const VectorType *type, FunctionCallInfo fcinfo)
{
	AnyVector *a = PG_GETARG_ANY_VECTOR(0);
	AnyVector *b = PG_GETARG_ANY_VECTOR(1);
	int order = vs_elements_compare(type->element, a->x, a->dim, b->x, b->dim);

	/* An index build or a sort calls this far more often than its memory context is reset. */
	PG_FREE_IF_COPY(a, 0);
	PG_FREE_IF_COPY(b, 1);
	return order;
}

static Datum
generic_lt(const VectorType *type, FunctionCallInfo fcinfo)
{
	PG_RETURN_BOOL(compare_args(type, fcinfo) < 0);
}

static Datum
generic_le(const VectorType *type, FunctionCallInfo fcinfo)
{
	PG_RETURN_BOOL(compare_args(type, fcinfo) <= 0);
}

static Datum
generic_eq(const VectorType *type, FunctionCallInfo fcinfo)
{
	PG_RETURN_BOOL(compare_args(type, fcinfo) == 0);
}

static Datum
generic_ne(const VectorType *type, FunctionCallInfo fcinfo)
{
	PG_RETURN_BOOL(compare_args(type, fcinfo) != 0);
}

static Datum
generic_ge(const VectorType *type, FunctionCallInfo fcinfo)
{
	PG_RETURN_BOOL(compare_args(type, fcinfo) >= 0);
}

static Datum
generic_gt(const VectorType *type, FunctionCallInfo fcinfo)
{
	PG_RETURN_BOOL(compare_args(type, fcinfo) > 0);
}

static Datum
generic_cmp(const VectorType *type, FunctionCallInfo fcinfo)
{
	PG_RETURN_INT32(compare_args(type, fcinfo));
}

FOR_BOTH_TYPES(lt);
FOR_BOTH_TYPES(le);
FOR_BOTH_TYPES(eq);
FOR_BOTH_TYPES(ne);
FOR_BOTH_TYPES(ge);
FOR_BOTH_TYPES(gt);
FOR_BOTH_TYPES(cmp);
