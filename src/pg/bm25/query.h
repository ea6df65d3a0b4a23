/* SPDX-License-Identifier: PostgreSQL
 *
 * query.h - full-text queries as the core sees them, and the type bm25query.
 */
#ifndef VECSTORE_PG_BM25_QUERY_H
#define VECSTORE_PG_BM25_QUERY_H

#include "tsearch/ts_type.h"

#include "bridge/bm25.h"

/* What the core asks for memory: the current context when it was made. */
extern VsBm25Memory bm25_memory(MemoryContext context);

/* The lexemes point into the tsquery.  Everything is in the current context. */
extern VsBm25Query *bm25_compile_query(TSQuery query);
/*
 * One query that a document matches if it matches all of them; leaves of the first score, those of the others
 * do not.
 */
extern VsBm25Query *bm25_combine_queries(VsBm25Query **queries, int count);

/* A tsquery, with the index whose statistics count. */
typedef struct Bm25QueryData
{
	int32 vl_len_;
	Oid index;		 /* of an index or a partitioned index; InvalidOid: none */
	float8 boost;	 /* of phrases; NaN: the setting */
	int32 k;		 /* rows that are probably wanted; 0: not known */
	int32 flags;	 /* BM25_QUERY_*, set by the planner alone: no text form has them */
	char query[FLEXIBLE_ARRAY_MEMBER]; /* a TSQuery */
} Bm25QueryData;
typedef Bm25QueryData *Bm25Query;

/* It stands beside the key of its own index, so whoever may run the statement may see these scores. */
#define BM25_QUERY_OF_KEY 1

#define BM25_QUERY_TSQUERY(q) ((TSQuery) (q)->query)
#define DatumGetBm25Query(x) ((Bm25Query) PG_DETOAST_DATUM(x))
#define PG_GETARG_BM25_QUERY(n) DatumGetBm25Query(PG_GETARG_DATUM(n))

extern Bm25Query bm25_make_query(TSQuery query, Oid index, float8 boost, int32 k);
/* Error if the current user may not know statistics of the query's index. */
extern void bm25_check_may_score(Bm25Query query);
/* The phrase boost to use. */
extern double bm25_query_boost(Bm25Query query);

#endif
