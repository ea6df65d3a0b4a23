/* SPDX-License-Identifier: PostgreSQL
 *
 * vector_json.c - casts between the vector types and JSON arrays of numbers.
 *
 * to_json, row_to_json and json_agg look for a cast to json; without one they quote the text form.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"

#include "pg/types/vector_type.h"

/* The text form of a vector is a JSON array as it stands. */
static Datum
generic_to_json(const VectorType *type, FunctionCallInfo fcinfo)
{
	PG_RETURN_TEXT_P(cstring_to_text(vs_vector_text(type, PG_GETARG_ANY_VECTOR(0))));
}

static Datum
generic_to_jsonb(const VectorType *type, FunctionCallInfo fcinfo)
{
	char *text = vs_vector_text(type, PG_GETARG_ANY_VECTOR(0));

	PG_RETURN_DATUM(DirectFunctionCall1(jsonb_in, CStringGetDatum(text)));
}

/* What a jsonb value that is not an array is called in messages. */
static const char *
scalar_or_object_name(Jsonb *jsonb)
{
	JsonbValue scalar;

	if (!JsonbExtractScalar(&jsonb->root, &scalar))
		return "object";
	return JsonbTypeName(&scalar);
}

static void
read_json_numbers(const VectorType *type, Jsonb *jsonb, float *out)
{
	JsonbIterator *iterator = JsonbIteratorInit(&jsonb->root);
	JsonbIteratorToken token;
	JsonbValue value;
	int n = 0;

	/* Nested containers are skipped whole: they are reported like any other wrong element. */
	JsonbIteratorNext(&iterator, &value, true);
	while ((token = JsonbIteratorNext(&iterator, &value, true)) == WJB_ELEM)
	{
		if (value.type != jbvNumeric)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("cannot cast jsonb array to type %s", type->name),
							errdetail("Element %d is of type %s, not a number.", n + 1,
									  JsonbTypeName(&value))));
		out[n++] =
			DatumGetFloat4(DirectFunctionCall1(numeric_float4, NumericGetDatum(value.val.numeric)));
	}
}

/* jsonb to a vector; cast functions take (value, type modifier, is explicit) */
static Datum
generic_from_jsonb(const VectorType *type, FunctionCallInfo fcinfo)
{
	Jsonb *jsonb = PG_GETARG_JSONB_P(0);
	int32 typmod = PG_GETARG_INT32(1);
	uint32 dim = JB_ROOT_COUNT(jsonb);
	AnyVector *vector;
	float *values;

	if (!JB_ROOT_IS_ARRAY(jsonb) || JB_ROOT_IS_SCALAR(jsonb))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("cannot cast jsonb %s to type %s", scalar_or_object_name(jsonb),
							   type->name)));
	vs_check_dim(type, dim);
	vs_check_typmod(typmod, (int) dim);

	values = palloc(dim * sizeof(float));
	read_json_numbers(type, jsonb, values);
	vector = vs_new_vector(type, (int) dim);
	vs_store_floats(type, vector, values);
	pfree(values);
	PG_RETURN_POINTER(vector);
}

FOR_BOTH_TYPES(to_json);
FOR_BOTH_TYPES(to_jsonb);
FOR_BOTH_TYPES(from_jsonb);
