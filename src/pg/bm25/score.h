/* SPDX-License-Identifier: PostgreSQL
 *
 * score.h - scoring one document, outside of an index.
 */
#ifndef VECSTORE_PG_BM25_SCORE_H
#define VECSTORE_PG_BM25_SCORE_H

#include "pg/bm25/document.h"
#include "pg/bm25/statistics.h"

/* A query and all numbers it takes to score documents. */
typedef struct Bm25Scorer
{
	MemoryContext scratch; /* reset after each document */
	VsBm25Query *query;
	VsBm25Model model;
	Bm25Hits *hits;
	bool *boosted;
} Bm25Scorer;

extern Bm25Scorer *bm25_make_scorer(VsBm25Query *query, const Bm25Statistics *statistics,
									double phrase_boost);
/* 0: the document does not match. */
extern double bm25_score_document(Bm25Scorer *scorer, TSVector document);
/* Of the document, of that length, whose hits were found. */
extern double bm25_score_hits(Bm25Scorer *scorer, uint32 len);
extern text *bm25_leaf_text(const VsBm25Leaf *leaf);

#endif
