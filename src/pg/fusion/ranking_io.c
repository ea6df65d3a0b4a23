/* SPDX-License-Identifier: PostgreSQL
 *
 * ranking_io.c - rankings as text: {"id": "bigint", "items": [[7, 0.25], [3, 0.5]]}.
 *
 * The items are pairs of id and distance, nearest first when printed and in any order when read.  The
 * binary form is a version byte and the same text: it is checked like text.
 */
#include "postgres.h"

#include <math.h>

#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/uuid.h"

#include "pg/fusion/ranking.h"
#include "pg/text_wire.h"

static void pg_attribute_noreturn()
bad_ranking(const char *detail)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					errmsg("invalid input syntax for type vecstore.ranking"), errdetail("%s", detail),
					errhint("Write {\"id\": \"bigint\", \"items\": [[1, 0.25], [2, 0.5]]}; the kinds of ids "
							"are bigint, uuid and text.")));
}

static char *
ranking_text(const VsRanking *ranking)
{
	StringInfoData text;
	VsId *ids = vs_ranking_ids(ranking);

	initStringInfo(&text);
	appendStringInfo(&text, "{\"id\": \"%s\", \"items\": [", vs_id_kind_name(ranking->kind));
	for (int i = 0; i < ranking->n; i++)
	{
		char *id = vs_id_to_cstring(ranking->kind, &ids[i]);

		appendStringInfoString(&text, i > 0 ? ", [" : "[");
		if (ranking->kind == VS_ID_BIGINT)
			appendStringInfoString(&text, id);
		else
			escape_json(&text, id);
		appendStringInfo(&text, ", %s]", float8out_internal(ranking->distance[i]));
		pfree(id);
	}
	appendStringInfoString(&text, "]}");
	return text.data;
}

static JsonbValue *
member(JsonbContainer *object, const char *key)
{
	return getKeyJsonValueFromContainer(object, key, strlen(key), NULL);
}

static VsId
parse_id(VsIdKind kind, const JsonbValue *value)
{
	VsId id = {0};

	if (kind == VS_ID_BIGINT)
	{
		Datum number, integer;

		if (value->type != jbvNumeric)
			bad_ranking("An id of kind bigint must be a number.");
		number = NumericGetDatum(value->val.numeric);
		integer = DirectFunctionCall1(numeric_int8, number);
		if (!DatumGetBool(DirectFunctionCall2(numeric_eq, number,
											  DirectFunctionCall1(int8_numeric, integer))))
			bad_ranking("An id of kind bigint must be a whole number.");
		id.number = DatumGetInt64(integer);
		return id;
	}
	if (value->type != jbvString)
		bad_ranking("An id of kind uuid or text must be a string.");
	id.bytes = pnstrdup(value->val.string.val, value->val.string.len);
	id.length = value->val.string.len;
	if (kind == VS_ID_UUID)
	{
		id.bytes = (char *) DatumGetUUIDP(DirectFunctionCall1(uuid_in, CStringGetDatum(id.bytes)))->data;
		id.length = UUID_LEN;
	}
	return id;
}

static VsEntry
parse_item(VsIdKind kind, const JsonbValue *item)
{
	VsEntry entry = {0};
	JsonbContainer *pair = item->val.binary.data;
	JsonbValue *distance;

	if (item->type != jbvBinary || !JsonContainerIsArray(pair) || JsonContainerSize(pair) != 2)
		bad_ranking("An item must be an array of an id and a distance.");
	entry.id = parse_id(kind, getIthJsonbValueFromContainer(pair, 0));
	distance = getIthJsonbValueFromContainer(pair, 1);
	if (distance->type != jbvNumeric)
		bad_ranking("A distance must be a number.");
	entry.distance = DatumGetFloat8(
		DirectFunctionCall1(numeric_float8, NumericGetDatum(distance->val.numeric)));
	if (!isfinite(entry.distance))
		bad_ranking("A distance must be finite.");
	entry.distance += 0.0; /* -0 becomes 0 */
	return entry;
}

static VsRanking *
parse_ranking(char *text)
{
	Jsonb *json = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text)));
	JsonbValue *name, *items;
	JsonbContainer *array;
	VsIdKind kind;
	VsEntry *entry;
	int n;

	if (!JB_ROOT_IS_OBJECT(json) || JB_ROOT_COUNT(json) != 2)
		bad_ranking("A ranking is an object with the keys \"id\" and \"items\".");
	name = member(&json->root, "id");
	items = member(&json->root, "items");
	if (name == NULL || name->type != jbvString || items == NULL || items->type != jbvBinary ||
		!JsonContainerIsArray(items->val.binary.data))
		bad_ranking("A ranking is an object with the keys \"id\" and \"items\".");
	kind = vs_id_kind_of_name(pnstrdup(name->val.string.val, name->val.string.len));
	if (kind == 0)
		bad_ranking("The kind of id is unknown.");

	array = items->val.binary.data;
	n = (int) JsonContainerSize(array);
	entry = palloc_extended(sizeof(VsEntry) * (Size) Max(n, 1), MCXT_ALLOC_HUGE);
	for (int i = 0; i < n; i++)
	{
		entry[i] = parse_item(kind, getIthJsonbValueFromContainer(array, i));
		entry[i].place = (uint32) i;
	}
	return vs_make_ranking(kind, entry, n);
}

PG_FUNCTION_INFO_V1(vs_ranking_in);
Datum
vs_ranking_in(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(parse_ranking(PG_GETARG_CSTRING(0)));
}

PG_FUNCTION_INFO_V1(vs_ranking_out);
Datum
vs_ranking_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(ranking_text(PG_GETARG_RANKING(0)));
}

PG_FUNCTION_INFO_V1(vs_ranking_recv);
Datum
vs_ranking_recv(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(parse_ranking(vs_receive_text_form((StringInfo) PG_GETARG_POINTER(0), "vecstore.ranking")));
}

PG_FUNCTION_INFO_V1(vs_ranking_send);
Datum
vs_ranking_send(PG_FUNCTION_ARGS)
{
	PG_RETURN_BYTEA_P(vs_send_text_form(ranking_text(PG_GETARG_RANKING(0))));
}
