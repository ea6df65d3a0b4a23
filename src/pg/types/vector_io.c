/* SPDX-License-Identifier: PostgreSQL
 *
 * vector_io.c - input, output and type modifiers of vector and halfvec.
 *
 * Binary form, in network byte order: int16 number of elements, int16 zero, the elements.
 */
#include "postgres.h"

#include "libpq/pqformat.h"
#include "utils/array.h"

#include "pg/types/vector_type.h"

static void
report_bad_text(const VectorType *type, const char *text, VsStatus status, VsTextSpan number)
{
	if (status == VS_ELEMENT_TOO_LARGE)
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("\"%.*s\" is out of range for type %s",
							   (int) (number.end - number.begin), number.begin, type->name)));
	if (status != VS_TEXT_NO_BRACKET && status != VS_TEXT_SYNTAX && status != VS_TEXT_JUNK)
		vs_check_status(type, status);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid input syntax for type %s: \"%s\"", type->name, text),
			 status == VS_TEXT_NO_BRACKET ? errdetail("Vector contents must start with \"[\".") : 0,
			 status == VS_TEXT_JUNK ? errdetail("Junk after closing right brace.") : 0));
}

static Datum
generic_in(const VectorType *type, FunctionCallInfo fcinfo)
{
	char *text = PG_GETARG_CSTRING(0);
	int32 typmod = PG_GETARG_INT32(2);
	float elements[VS_MAX_DIM]; /* of either type: floats are the larger ones */
	size_t dim;
	VsTextSpan number;
	VsStatus status;
	AnyVector *vector;

	status = vs_elements_parse(type->element, text, elements, &dim, &number);
	if (status)
		report_bad_text(type, text, status, number);
	vs_check_typmod(typmod, (int) dim);

	vector = vs_new_vector(type, (int) dim);
	memcpy(vector->x, elements, dim * type->element_size);
	PG_RETURN_POINTER(vector);
}

static Datum
generic_out(const VectorType *type, FunctionCallInfo fcinfo)
{
	PG_RETURN_CSTRING(vs_vector_text(type, PG_GETARG_ANY_VECTOR(0)));
}

static Datum
generic_recv(const VectorType *type, FunctionCallInfo fcinfo)
{
	StringInfo message = (StringInfo) PG_GETARG_POINTER(0);
	int32 typmod = PG_GETARG_INT32(2);
	int dim = (int) pq_getmsgint(message, sizeof(int16));
	int unused = (int) pq_getmsgint(message, sizeof(int16));
	AnyVector *vector;
	const char *bytes;

	vs_check_dim(type, dim);
	vs_check_typmod(typmod, dim);
	if (unused != 0)
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
						errmsg("expected unused to be 0, not %d", unused)));

	vector = vs_new_vector(type, dim);
	bytes = pq_getmsgbytes(message, (int) (dim * type->element_size));
	vs_check_status(type,
					vs_elements_from_wire(type->element, (const uint8_t *) bytes, dim, vector->x));
	PG_RETURN_POINTER(vector);
}

static Datum
generic_send(const VectorType *type, FunctionCallInfo fcinfo)
{
	AnyVector *vector = PG_GETARG_ANY_VECTOR(0);
	int size = (int) (vector->dim * type->element_size);
	StringInfoData message;

	pq_begintypsend(&message);
	pq_sendint16(&message, (uint16) vector->dim);
	pq_sendint16(&message, (uint16) vector->unused);
	enlargeStringInfo(&message, size);
	vs_elements_to_wire(type->element, vector->x, vector->dim,
						(uint8_t *) message.data + message.len);
	message.len += size;
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

/* The modifier of vector(n) is n. */
static Datum
generic_typmod_in(const VectorType *type, FunctionCallInfo fcinfo)
{
	int count;
	int32 *modifiers = ArrayGetIntegerTypmods(PG_GETARG_ARRAYTYPE_P(0), &count);

	if (count != 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid type modifier")));
	if (modifiers[0] < 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("dimensions for type %s must be at least 1", type->name)));
	if (modifiers[0] > VS_MAX_DIM)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("dimensions for type %s cannot exceed %d", type->name, VS_MAX_DIM)));
	PG_RETURN_INT32(modifiers[0]);
}

FOR_BOTH_TYPES(in);
FOR_BOTH_TYPES(out);
FOR_BOTH_TYPES(recv);
FOR_BOTH_TYPES(send);
FOR_BOTH_TYPES(typmod_in);
