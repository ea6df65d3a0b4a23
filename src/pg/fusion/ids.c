/* SPDX-License-Identifier: PostgreSQL
 *
 * ids.c - ids of three kinds, and entries (id, distance) of a ranked list.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/uuid.h"

#include "pg/fusion/ids.h"

static const char *const kind_names[] = {NULL, "bigint", "uuid", "text"};

const char *
vs_id_kind_name(VsIdKind kind)
{
	return kind_names[kind];
}

VsIdKind
vs_id_kind_of_name(const char *name)
{
	for (int kind = VS_ID_BIGINT; kind <= VS_ID_TEXT; kind++)
		if (strcmp(name, kind_names[kind]) == 0)
			return (VsIdKind) kind;
	return (VsIdKind) 0;
}

VsIdKind
vs_id_kind_of_type(Oid type)
{
	switch (type)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
			return VS_ID_BIGINT;
		case UUIDOID:
			return VS_ID_UUID;
		case TEXTOID:
		case VARCHAROID:
			return VS_ID_TEXT;
		default:
			break;
	}
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("values of type %s cannot be ids of a ranking",
					OidIsValid(type) ? format_type_be(type) : "unknown"),
			 errhint("Cast the id to bigint, uuid or text.")));
}

static int64
integer_of_datum(Oid type, Datum value)
{
	switch (type)
	{
		case INT2OID:
			return DatumGetInt16(value);
		case INT4OID:
			return DatumGetInt32(value);
		default:
			return DatumGetInt64(value);
	}
}

VsId
vs_id_from_datum(Oid type, Datum value)
{
	VsId id = {0};

	switch (vs_id_kind_of_type(type))
	{
		case VS_ID_BIGINT:
			id.number = integer_of_datum(type, value);
			break;
		case VS_ID_UUID:
			id.length = UUID_LEN;
			id.bytes = memcpy(palloc(UUID_LEN), DatumGetUUIDP(value)->data, UUID_LEN);
			break;
		case VS_ID_TEXT:
		{
			text *string = DatumGetTextPP(value);

			id.length = (int32) VARSIZE_ANY_EXHDR(string);
			id.bytes = memcpy(palloc(id.length + 1), VARDATA_ANY(string), id.length);
			if ((Pointer) string != DatumGetPointer(value))
				pfree(string);
			break;
		}
	}
	return id;
}

Datum
vs_id_to_datum(VsIdKind kind, const VsId *id, Oid type)
{
	switch (kind)
	{
		case VS_ID_UUID:
			return UUIDPGetDatum((const pg_uuid_t *) id->bytes);
		case VS_ID_TEXT:
			return PointerGetDatum(cstring_to_text_with_len(id->bytes, id->length));
		case VS_ID_BIGINT:
			break;
	}
	switch (type)
	{
		case INT2OID:
			return Int16GetDatum((int16) id->number);
		case INT4OID:
			return Int32GetDatum((int32) id->number);
		default:
			return Int64GetDatum(id->number);
	}
}

char *
vs_id_to_cstring(VsIdKind kind, const VsId *id)
{
	switch (kind)
	{
		case VS_ID_UUID:
			return DatumGetCString(DirectFunctionCall1(uuid_out, vs_id_to_datum(kind, id, UUIDOID)));
		case VS_ID_TEXT:
			return pnstrdup(id->bytes, id->length);
		case VS_ID_BIGINT:
			break;
	}
	return psprintf(INT64_FORMAT, id->number);
}

static inline int
compare_numbers(int64 a, int64 b)
{
	return a < b ? -1 : a > b;
}

static int
compare_bytes(const VsId *a, const VsId *b)
{
	int order = memcmp(a->bytes, b->bytes, Min(a->length, b->length));

	return order != 0 ? order : compare_numbers(a->length, b->length);
}

int
vs_compare_ids(VsIdKind kind, const VsId *a, const VsId *b)
{
	return kind == VS_ID_BIGINT ? compare_numbers(a->number, b->number) : compare_bytes(a, b);
}

/* Distances are not NaN. */
static inline int
compare_distances(const VsEntry *a, const VsEntry *b)
{
	return a->distance < b->distance ? -1 : a->distance > b->distance;
}

static inline int
compare_rest(const VsEntry *a, const VsEntry *b)
{
	int order = compare_distances(a, b);

	return order != 0 ? order : compare_numbers(a->place, b->place);
}

static inline int
number_then_distance(const VsEntry *a, const VsEntry *b)
{
	int order = compare_numbers(a->id.number, b->id.number);

	return order != 0 ? order : compare_rest(a, b);
}

static int
bytes_then_distance(const VsEntry *a, const VsEntry *b)
{
	int order = compare_bytes(&a->id, &b->id);

	return order != 0 ? order : compare_rest(a, b);
}

#define ST_SORT sort_numbers
#define ST_ELEMENT_TYPE VsEntry
#define ST_COMPARE(a, b) number_then_distance(a, b)
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

#define ST_SORT sort_bytes
#define ST_ELEMENT_TYPE VsEntry
#define ST_COMPARE(a, b) bytes_then_distance(a, b)
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

/* By distance, then id: vs_rank_entries numbers the places in the order of ids. */
#define ST_SORT sort_distances
#define ST_ELEMENT_TYPE VsEntry
#define ST_COMPARE(a, b) compare_rest(a, b)
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

void
vs_sort_by_id(VsIdKind kind, VsEntry *entry, int n)
{
	if (kind == VS_ID_BIGINT)
		sort_numbers(entry, n);
	else
		sort_bytes(entry, n);
}

static void
clip_infinities(VsEntry *entry, int n)
{
	double least = INFINITY, most = -INFINITY;

	for (int i = 0; i < n; i++)
	{
		if (isinf(entry[i].distance))
			continue;
		least = Min(least, entry[i].distance);
		most = Max(most, entry[i].distance);
	}
	/* Nothing finite: all that is known is which is nearer. */
	if (least > most)
		least = 0, most = 1;
	for (int i = 0; i < n; i++)
		if (isinf(entry[i].distance))
			entry[i].distance = entry[i].distance < 0 ? least : most;
}

int
vs_rank_entries(VsIdKind kind, VsEntry *entry, int n)
{
	int kept = 0;
	uint32 *place = palloc(sizeof(uint32) * Max(n, 1));

	clip_infinities(entry, n);
	vs_sort_by_id(kind, entry, n);
	for (int i = 0; i < n; i++)
	{
		if (kept > 0 && vs_compare_ids(kind, &entry[kept - 1].id, &entry[i].id) == 0)
			continue;
		entry[kept] = entry[i];
		place[kept] = entry[i].place;
		entry[kept].place = kept;
		kept++;
	}
	sort_distances(entry, kept);
	for (int i = 0; i < kept; i++)
		entry[i].place = place[entry[i].place];
	pfree(place);
	return kept;
}
