/* SPDX-License-Identifier: PostgreSQL
 *
 * statistics.h - the numbers of a collection that scores depend on.
 */
#ifndef VECSTORE_PG_BM25_STATISTICS_H
#define VECSTORE_PG_BM25_STATISTICS_H

#include "pg/bm25/document.h"
#include "pg/bm25/query.h"

typedef struct Bm25Statistics
{
	double n_docs;
	double sum_len;
	double k1, b;
	Bm25Weights weights;
	double *df; /* of each leaf of the query */
} Bm25Statistics;

/*
 * Of an index; for a partitioned one, of all its partitions together.  exact: errors for prefixes that stand
 * for too many lexemes; else documents of some of them are counted.
 */
extern void bm25_index_statistics(Oid index, const VsBm25Query *query, bool exact, Bm25Statistics *statistics);

/*
 * The same, but what one statement has seen once it sees again, so that order and projection agree while
 * others insert.  `asked` is the query as it was given.
 */
extern void bm25_statement_statistics(Oid index, TSQuery asked, const VsBm25Query *query,
									  Bm25Statistics *statistics);

#endif
