/* SPDX-License-Identifier: PostgreSQL
 *
 * ids.h - ids of three kinds, and entries (id, distance) of a ranked list.
 *
 * Owns: which SQL types may be ids (bigint and narrower integers, uuid, text) and their order: numbers
 * by value, the others by bytes, so that no collation matters.
 */
#ifndef VECSTORE_PG_FUSION_IDS_H
#define VECSTORE_PG_FUSION_IDS_H

#include "fmgr.h"

/* Stored in rankings: numbers must not change. */
typedef enum VsIdKind
{
	VS_ID_BIGINT = 1,
	VS_ID_UUID = 2,
	VS_ID_TEXT = 3
} VsIdKind;

typedef struct VsId
{
	union
	{
		int64 number;      /* VS_ID_BIGINT */
		const char *bytes; /* the others */
	};
	int32 length;
} VsId;

typedef struct VsEntry
{
	VsId id;
	double distance;
	uint32 place; /* the caller's: where the entry came from */
} VsEntry;

/* The name SQL knows a kind by, and the kind of a name (0: none). */
extern const char *vs_id_kind_name(VsIdKind kind);
extern VsIdKind vs_id_kind_of_name(const char *name);

/* The kind that values of a type (no domain) are; raises an error for types that cannot be ids. */
extern VsIdKind vs_id_kind_of_type(Oid type);

/* A value of that type as id, its bytes copied to the current memory context. */
extern VsId vs_id_from_datum(Oid type, Datum value);

/* The id as uuid or text, or as type, one of the integers. */
extern Datum vs_id_to_datum(VsIdKind kind, const VsId *id, Oid type);

extern char *vs_id_to_cstring(VsIdKind kind, const VsId *id);

extern int vs_compare_ids(VsIdKind kind, const VsId *a, const VsId *b);

/* Sorts by id; entries of equal ids by distance, then place. */
extern void vs_sort_by_id(VsIdKind kind, VsEntry *entry, int n);

/*
 * Brings entries into the form of a ranking: infinite distances become the extreme finite one, of
 * equal ids the nearest stays, order is by distance and then id.  Returns how many stay.
 */
extern int vs_rank_entries(VsIdKind kind, VsEntry *entry, int n);

#endif
