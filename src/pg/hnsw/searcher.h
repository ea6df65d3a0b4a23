/* SPDX-License-Identifier: PostgreSQL
 *
 * searcher.h - an index opened for searching, kept by the backend from one scan to the next.
 */
#ifndef VECSTORE_PG_HNSW_SEARCHER_H
#define VECSTORE_PG_HNSW_SEARCHER_H

#include "lib/ilist.h"

#include "pg/compat.h"
#include "pg/hnsw/hnsw.h"

typedef struct HnswSearcher
{
	HnswIndex *index;
	VsHnswScan *search;
	ItemPointerData *rows; /* of the node at hand, in index->context */
	int row_capacity;
	/* While nobody uses it: */
	dlist_node node;
	Oid relation;
	VsRelFileId file;
	Size bytes;
} HnswSearcher;

/* A searcher for the caller alone, its meta page just read.  It goes with `user` unless it is given back. */
extern HnswSearcher *hnsw_take_searcher(Relation rel, MemoryContext user);
extern void hnsw_give_back_searcher(HnswSearcher *searcher);

#endif
