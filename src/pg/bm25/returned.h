/* SPDX-License-Identifier: PostgreSQL
 *
 * returned.h - the distance of the row that a ranked scan returned last, for the operator in its target list.
 */
#ifndef VECSTORE_PG_BM25_RETURNED_H
#define VECSTORE_PG_BM25_RETURNED_H

#include "access/genam.h"

#include "pg/bm25/query.h"

/* Part of a scan; valid from bm25_begin_returned until the context given to it is reset. */
typedef struct Bm25Returned
{
	Relation heap;
	AttrNumber attribute; /* of the heap, the index's key */
	Bm25Query order;
	ItemPointerData tid;
	double distance;
	MemoryContextCallback forget;
} Bm25Returned;

/* Before the first row.  Keys that are expressions are computed anew for a target list, so theirs are not kept. */
extern void bm25_begin_returned(Bm25Returned *returned, IndexScanDesc scan, Bm25Query order, MemoryContext context);
/* The distance of a document, not detoasted, if it is the one of the row returned last, and ordered by this query. */
extern bool bm25_distance_returned(Bm25Query query, Datum document, double *distance);
/* Before another row is looked for: the last one may not have been visible, and what is at its place may change. */
extern void bm25_forget_returned(const Bm25Returned *returned);
extern void bm25_set_returned(Bm25Returned *returned, ItemPointer tid, double distance);

#endif
