/* SPDX-License-Identifier: PostgreSQL
 *
 * vector_type.h - what the SQL functions of vector and halfvec share.
 *
 * Both types have one header and differ in their elements only.  Each SQL function is therefore
 * written once, as `static Datum generic_NAME(const VectorType *, FunctionCallInfo)`, and
 * FOR_BOTH_TYPES(NAME) makes the entry points vs_vector_NAME and vs_halfvec_NAME of it.
 */
#ifndef VECSTORE_PG_TYPES_VECTOR_TYPE_H
#define VECSTORE_PG_TYPES_VECTOR_TYPE_H

#include "pg/types/vector.h"

typedef struct VectorType
{
	const char *name; /* as SQL and messages call it */
	VsElement element;
	size_t element_size;
} VectorType;

static const VectorType vector_type = {"vector", VS_FLOAT32, sizeof(float)};
static const VectorType halfvec_type = {"halfvec", VS_FLOAT16, sizeof(uint16)};

#define FOR_BOTH_TYPES(name)                                                                       \
	PG_FUNCTION_INFO_V1(vs_vector_##name);                                                         \
	Datum vs_vector_##name(PG_FUNCTION_ARGS)                                                       \
	{                                                                                              \
		return generic_##name(&vector_type, fcinfo);                                               \
	}                                                                                              \
	PG_FUNCTION_INFO_V1(vs_halfvec_##name);                                                        \
	Datum vs_halfvec_##name(PG_FUNCTION_ARGS)                                                      \
	{                                                                                              \
		return generic_##name(&halfvec_type, fcinfo);                                              \
	}                                                                                              \
	extern int no_such_variable

/* A vector of either type. */
typedef struct AnyVector
{
	int32 vl_len_;
	int16 dim;
	int16 unused;
	char x[FLEXIBLE_ARRAY_MEMBER];
} AnyVector;

StaticAssertDecl(offsetof(AnyVector, x) == offsetof(Vector, x) &&
					 offsetof(AnyVector, x) == offsetof(HalfVector, x),
				 "vectors of all types share one header");

#define PG_GETARG_ANY_VECTOR(n) ((AnyVector *) PG_GETARG_VARLENA_P(n))

/* A zeroed vector of dim elements, which the caller has checked. */
extern AnyVector *vs_new_vector(const VectorType *type, int dim);

/* The text form, palloc'd. */
extern char *vs_vector_text(const VectorType *type, const AnyVector *vector);

/* Raises an error unless a vector may have dim elements. */
extern void vs_check_dim(const VectorType *type, int64 dim);

/* Raises an error unless dim is the declared dimension, or none was declared. */
extern void vs_check_typmod(int32 typmod, int dim);

extern void vs_check_same_dim(const VectorType *type, const AnyVector *a, const AnyVector *b);

/* Reports what the core says about elements or their number; returns on VS_OK. */
extern void vs_check_status(const VectorType *type, VsStatus status);

/* Stores floats as elements; raises an error for what does not fit, NaN and infinity. */
extern void vs_store_floats(const VectorType *type, AnyVector *vector, const float *values);

#endif
