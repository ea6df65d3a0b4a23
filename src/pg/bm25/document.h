/* SPDX-License-Identifier: PostgreSQL
 *
 * document.h - a tsvector as the core sees it.
 */
#ifndef VECSTORE_PG_BM25_DOCUMENT_H
#define VECSTORE_PG_BM25_DOCUMENT_H

#include "tsearch/ts_type.h"

#include "bridge/bm25.h"
#include "bridge/bm25_page.h"

/* Weights of the classes D, C, B, A. */
typedef struct Bm25Weights
{
	uint8 of[VS_BM25_CLASSES];
} Bm25Weights;

/* Does it lie within so many bytes, with its lexemes' entries?  Before anything else is asked of bytes of a page. */
extern bool bm25_vector_fits(TSVector document, Size bytes);
/* And the lexemes and their positions, too? */
extern bool bm25_vector_is_sound(TSVector document);
/* The length, as bridge/bm25.h defines it. */
extern uint32 bm25_document_len(TSVector document, const Bm25Weights *weights);

extern void bm25_sign(TSVector document, VsBm25Signature *signature);
/* The bits of a query's leaves in signatures, -1 of prefixes, which have none. */
extern int16 *bm25_leaf_bits(const VsBm25Query *query);

static inline bool
bm25_may_have(const VsBm25Signature *signature, int16 bit)
{
	return bit < 0 || (signature->words[bit / 32] >> bit % 32 & 1) != 0;
}

/* Lexemes of a document that a leaf stands for, of any class. */
extern int bm25_count_lexemes(TSVector document, const VsBm25Leaf *leaf);

/* Room for what a document has of a query; for one document at a time. */
typedef struct Bm25Hits
{
	const VsBm25Query *query;
	Bm25Weights weights;
	VsBm25Hit *hits;	  /* of each leaf */
	uint16 **positions; /* room for each leaf that needs positions of its own */
	int *room;
	int16 *bits;	/* of each leaf in signatures */
	bool *required; /* which leaves every match has */
} Bm25Hits;

extern Bm25Hits *bm25_make_hits(const VsBm25Query *query, const Bm25Weights *weights);
/* False: no leaf of the query, or not one that every match has. */
extern bool bm25_may_have_hits(const Bm25Hits *hits, const VsBm25Signature *signature);
extern void bm25_clear_hits(Bm25Hits *hits);
/*
 * False: it has no leaf of the query.  signature: the document's, which spares looking for most leaves that it does not
 * have; NULL: unknown.
 */
extern bool bm25_find_hits(Bm25Hits *hits, TSVector document, const VsBm25Signature *signature);

#endif
