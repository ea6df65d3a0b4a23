/* SPDX-License-Identifier: PostgreSQL
 *
 * ranking.h - the value of type vecstore.ranking, and collecting its entries in an aggregate.
 *
 * Owns: the stored form.  Entries are in the order of distances, then ids; no id comes twice; distances
 * are finite.  It is what tables may hold, so a change needs a new version number.
 */
#ifndef VECSTORE_PG_FUSION_RANKING_H
#define VECSTORE_PG_FUSION_RANKING_H

#include "pg/fusion/ids.h"

#define VS_RANKING_VERSION 1

typedef struct VsRanking
{
	int32 vl_len_;
	uint8 version;
	uint8 kind; /* VsIdKind */
	uint16 unused;
	int32 n;
	int32 unused2;
	float8 distance[FLEXIBLE_ARRAY_MEMBER];
	/* then the ids: n int64; n times 16 bytes; or n int32 lengths and the bytes */
} VsRanking;

/* Detoasted; raises an error for a version that is not known. */
extern VsRanking *vs_ranking_from_datum(Datum value);

/* Makes a ranking of entries, which it reorders. */
extern VsRanking *vs_make_ranking(VsIdKind kind, VsEntry *entry, int n);

/* The ids, whose bytes stay in the ranking; array palloc'd. */
extern VsId *vs_ranking_ids(const VsRanking *ranking);

/* Entries of an aggregate, in its memory context. */
typedef struct VsCollector
{
	MemoryContext context;
	Oid type; /* of the ids */
	VsIdKind kind;
	int n, capacity;
	VsEntry *entry;
} VsCollector;

/* Sets up a collector for the ids of argument 1 in the aggregate's memory. */
extern void vs_init_collector(VsCollector *collector, FunctionCallInfo fcinfo, MemoryContext context);

/* Adds (argument 1, distance); ignores it, returning false, when the id is null or the distance NaN. */
extern bool vs_collect(VsCollector *collector, FunctionCallInfo fcinfo, bool isnull, double distance);

/* A palloc'd copy of the entries: final functions must leave the state as it is. */
extern VsEntry *vs_copy_entries(const VsCollector *collector);

#define PG_GETARG_RANKING(n) vs_ranking_from_datum(PG_GETARG_DATUM(n))

#endif
