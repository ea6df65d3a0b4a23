/* SPDX-License-Identifier: PostgreSQL
 *
 * bm25query.c - the type bm25query: a tsquery with the index that it is asked of.
 *
 * Text form: the tsquery, " @ ", the index, and options that differ from their defaults:
 *
 *     'cat' & 'dog' @ pets_text_idx boost=3 k=20
 *
 * A tsquery alone is asked of the index that the planner finds, like one of type tsquery.
 * The binary form is a version byte, then the text form: OIDs mean nothing elsewhere.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "tsearch/ts_utils.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/regproc.h"

#include "pg/bm25/query.h"
#include "pg/guc.h"
#include "pg/text_wire.h"

Bm25Query
bm25_make_query(TSQuery query, Oid index, float8 boost, int32 k)
{
	Size size = offsetof(Bm25QueryData, query) + VARSIZE(query);
	Bm25Query result = palloc0(size);

	SET_VARSIZE(result, size);
	result->index = index;
	result->boost = boost;
	result->k = k;
	memcpy(result->query, query, VARSIZE(query));
	return result;
}

double
bm25_query_boost(Bm25Query query)
{
	return isnan(query->boost) ? vs_phrase_boost : query->boost;
}

static float8
check_boost(float8 boost)
{
	if (isnan(boost) || boost < 0 || boost > VS_MAX_PHRASE_BOOST)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("phrase_boost must be a number from 0 to %d", VS_MAX_PHRASE_BOOST)));
	return boost;
}

static int32
check_k(int32 k)
{
	if (k < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("k must not be negative")));
	return k;
}

static void pg_attribute_noreturn()
syntax_error(const char *source)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid input syntax for type bm25query: \"%s\"", source),
			 errhint("Write a tsquery, \"@\" and the name of an index, as in: 'cat' & 'dog' @ pets_idx")));
}

/* The last @ that is not within quotes. */
static char *
find_at_sign(char *source)
{
	char *found = NULL;
	char quote = 0;

	for (char *p = source; *p != '\0'; p++)
	{
		if (quote != 0)
		{
			if (*p == '\\' && p[1] != '\0')
				p++;
			else if (*p == quote)
				quote = 0;
		}
		else if (*p == '\'' || *p == '"')
			quote = *p;
		else if (*p == '@')
			found = p;
	}
	return found;
}

/* Reads "boost=..." and "k=..." off the end of what follows the @. */
static void
parse_options(char *target, float8 *boost, int32 *k, const char *source)
{
	for (;;)
	{
		char *space = strrchr(target, ' '),
			 *end;

		if (space == NULL)
			return;
		if (strncmp(space + 1, "boost=", 6) == 0)
			*boost = check_boost(strtod(space + 7, &end));
		else if (strncmp(space + 1, "k=", 2) == 0)
			*k = check_k(strtol(space + 3, &end, 10));
		else
			return;
		if (*end != '\0' || end[-1] == '=')
			syntax_error(source);
		*space = '\0';
	}
}

static char *
trim(char *source)
{
	char *end = source + strlen(source);

	while (*source == ' ')
		source++;
	while (end > source && end[-1] == ' ')
		*--end = '\0';
	return source;
}

static Bm25Query
parse_query(const char *source)
{
	char *copy = pstrdup(source);
	char *at = find_at_sign(copy);
	char *target;
	float8 boost = get_float8_nan();
	int32 k = 0;
	Oid index = InvalidOid;
	TSQuery query;

	if (at != NULL)
	{
		*at = '\0';
		target = trim(at + 1);
		parse_options(target, &boost, &k, source);
		target = trim(target);
		if (*target == '\0')
			syntax_error(source);
		if (strcmp(target, "-") != 0)
			index = DatumGetObjectId(DirectFunctionCall1(regclassin, CStringGetDatum(target)));
	}
	query = DatumGetTSQuery(DirectFunctionCall3(tsqueryin, CStringGetDatum(copy), ObjectIdGetDatum(InvalidOid),
												Int32GetDatum(-1)));
	return bm25_make_query(query, index, boost, k);
}

static char *
query_text(Bm25Query query)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out, "%s @ %s",
					 DatumGetCString(DirectFunctionCall1(tsqueryout,
														 TSQueryGetDatum(BM25_QUERY_TSQUERY(query)))),
					 DatumGetCString(DirectFunctionCall1(regclassout, ObjectIdGetDatum(query->index))));
	if (!isnan(query->boost))
		appendStringInfo(&out, " boost=%s", float8out_internal(query->boost));
	if (query->k > 0)
		appendStringInfo(&out, " k=%d", query->k);
	return out.data;
}

PG_FUNCTION_INFO_V1(vs_bm25query_in);
Datum
vs_bm25query_in(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(parse_query(PG_GETARG_CSTRING(0)));
}

PG_FUNCTION_INFO_V1(vs_bm25query_out);
Datum
vs_bm25query_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(query_text(PG_GETARG_BM25_QUERY(0)));
}

PG_FUNCTION_INFO_V1(vs_bm25query_recv);
Datum
vs_bm25query_recv(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(parse_query(vs_receive_text_form((StringInfo) PG_GETARG_POINTER(0), "vecstore.bm25query")));
}

PG_FUNCTION_INFO_V1(vs_bm25query_send);
Datum
vs_bm25query_send(PG_FUNCTION_ARGS)
{
	PG_RETURN_BYTEA_P(vs_send_text_form(query_text(PG_GETARG_BM25_QUERY(0))));
}

/* bm25query(tsquery, regclass, boost, k): NULL leaves an option to its default. */
PG_FUNCTION_INFO_V1(vs_bm25query_make);
Datum
vs_bm25query_make(PG_FUNCTION_ARGS)
{
	float8 boost = get_float8_nan();
	int32 k = 0;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	if (PG_NARGS() > 2 && !PG_ARGISNULL(2))
		boost = check_boost(PG_GETARG_FLOAT8(2));
	if (PG_NARGS() > 3 && !PG_ARGISNULL(3))
		k = check_k(PG_GETARG_INT32(3));
	PG_RETURN_POINTER(bm25_make_query(PG_GETARG_TSQUERY(0), PG_GETARG_OID(1), boost, k));
}
