/* SPDX-License-Identifier: PostgreSQL
 *
 * vector_type.c - allocation and checks that the SQL functions of both vector types share.
 *
 * Owns: the messages about dimensions and elements.  Their wording and SQLSTATEs are pgvector's.
 */
#include "postgres.h"

#include <math.h>

#include "common/shortest_dec.h"
#include "utils/float.h"

#include "pg/types/vector_type.h"

StaticAssertDecl(VS_FLOAT_TEXT_MAX >= FLOAT_SHORTEST_DECIMAL_LEN,
				 "a printed float fits the space the core counts for it");

AnyVector *
vs_new_vector(const VectorType *type, int dim)
{
	Size size = offsetof(AnyVector, x) + type->element_size * dim;
	AnyVector *vector = palloc0(size);

	SET_VARSIZE(vector, size);
	vector->dim = (int16) dim;
	return vector;
}

char *
vs_vector_text(const VectorType *type, const AnyVector *vector)
{
	char *text = palloc(VS_TEXT_SIZE(vector->dim));

	vs_elements_print(type->element, vector->x, vector->dim, float_to_shortest_decimal_bufn, text);
	return text;
}

void
vs_check_dim(const VectorType *type, int64 dim)
{
	if (dim < 1)
		vs_check_status(type, VS_NO_DIMENSIONS);
	if (dim > VS_MAX_DIM)
		vs_check_status(type, VS_TOO_MANY_DIMENSIONS);
}

void
vs_check_typmod(int32 typmod, int dim)
{
	if (typmod != -1 && typmod != dim)
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
						errmsg("expected %d dimensions, not %d", typmod, dim)));
}

void
vs_check_same_dim(const VectorType *type, const AnyVector *a, const AnyVector *b)
{
	if (a->dim != b->dim)
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
						errmsg("different %s dimensions %d and %d", type->name, a->dim, b->dim)));
}

void
vs_check_status(const VectorType *type, VsStatus status)
{
	switch (status)
	{
		case VS_OK:
			return;
		case VS_OVERFLOW:
			float_overflow_error();
			break;
		case VS_UNDERFLOW:
			float_underflow_error();
			break;
		case VS_NAN_ELEMENT:
			ereport(ERROR,
					(errcode(ERRCODE_DATA_EXCEPTION), errmsg("NaN not allowed in %s", type->name)));
			break;
		case VS_INFINITE_ELEMENT:
			ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
							errmsg("infinite value not allowed in %s", type->name)));
			break;
		case VS_NO_DIMENSIONS:
			ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
							errmsg("%s must have at least 1 dimension", type->name)));
			break;
		case VS_TOO_MANY_DIMENSIONS:
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("%s cannot have more than %d dimensions", type->name, VS_MAX_DIM)));
			break;
		case VS_ELEMENT_TOO_LARGE:
		case VS_TEXT_NO_BRACKET:
		case VS_TEXT_SYNTAX:
		case VS_TEXT_JUNK:
			break; /* reported where the text or the number is known */
	}
	elog(ERROR, "unexpected status %d for type %s", (int) status, type->name);
}

void
vs_store_floats(const VectorType *type, AnyVector *vector, const float *values)
{
	size_t bad;

	if (vs_elements_from_float(type->element, values, vector->dim, vector->x, &bad))
	{
		char text[FLOAT_SHORTEST_DECIMAL_LEN];

		float_to_shortest_decimal_buf(values[bad], text);
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("\"%s\" is out of range for type %s", text, type->name)));
	}
	vs_check_status(type, vs_elements_check_finite(type->element, vector->x, vector->dim));
}
