/* SPDX-License-Identifier: PostgreSQL
 *
 * bm25.h - full-text queries, which documents match them, and the score.
 *
 * Owns: the interface of src/core/bm25 that needs no index.  The score is defined here and computed in
 * one place: an index scan, the operator and the plain function agree bit for bit because all of them
 * call vs_bm25_score with the same numbers.
 *
 * Definition (Robertson & Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009, with
 * the never negative idf of Lucene):
 *
 *     idf(t)   = ln(1 + (N - df + 0.5) / (df + 0.5))
 *     score(d) = sum over scored leaves t, in the order of the query, of
 *                boost(t,d) * idf(t) * tf * (k1 + 1) / (tf + k1 * (1 - b + b * len / avg_len))
 *
 * tf is the sum over the positions of t in d of the configured weight of their class (D, C, B, A), 1 for a
 * lexeme without positions.  len is the same sum over all lexemes, at most VS_BM25_MAX_LEN.  boost is the
 * phrase boost for leaves of a phrase that d has, else 1.  The score of a document that does not match
 * is 0.
 */
#ifndef VECSTORE_BRIDGE_BM25_H
#define VECSTORE_BRIDGE_BM25_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Lengths are stored in 16 bits; the definition of the score has the same limit. */
#define VS_BM25_MAX_LEN 65535
/* Classes of positions, in the order of a tsvector's two bits: D, C, B, A. */
#define VS_BM25_CLASSES 4
/* The largest weight of a class: 255 positions of it still fit 16 bits. */
#define VS_BM25_MAX_WEIGHT 255

/* The host's memory: like realloc, keeps contents, never returns null, may not return at all. */
typedef struct VsBm25Memory {
  void *context;
  void *(*grow)(void *context, void *old, size_t old_bytes, size_t new_bytes);
} VsBm25Memory;

/* A lexeme of a query, or all lexemes with a prefix.  Leaves of a query are distinct. */
typedef struct VsBm25Leaf {
  const char *lexeme;
  uint32_t length;
  bool prefix;
  uint8_t classes; /* wanted: bit 0 = D ... bit 3 = A; 0 = any, also without positions */
  bool scored;     /* stands somewhere outside of negations, or under two */
} VsBm25Leaf;

typedef enum VsBm25Operator {
  VS_BM25_LEAF,
  VS_BM25_AND,
  VS_BM25_OR,
  VS_BM25_NOT,   /* of left */
  VS_BM25_PHRASE /* right follows left at `distance` positions */
} VsBm25Operator;

/* A node of the query's tree. */
typedef struct VsBm25Node {
  uint8_t kind; /* VsBm25Operator */
  uint16_t distance;
  int32_t leaf;        /* of VS_BM25_LEAF: index of a leaf */
  int32_t left, right; /* of the others: indexes of nodes, both smaller than the node's own */
} VsBm25Node;

/* Trees come from a tsquery, whose nesting the host has checked. */
typedef struct VsBm25Query {
  const VsBm25Leaf *leaves; /* in the order in which the query names them */
  const VsBm25Node *nodes;  /* operands before operators: the root is the last one */
  int n_leaves;
  int n_nodes; /* 0: the empty query, which nothing matches */
} VsBm25Query;

/*
 * What a document has of a leaf: for a prefix, of all lexemes with that prefix together.  A lexeme
 * without positions is of every class, for so it is to PostgreSQL; its tf is 1.  With one of those among
 * the lexemes of a prefix no phrase can rely on the positions of the others: n_positions is 0.
 */
typedef struct VsBm25Hit {
  bool present;              /* there is such a lexeme, with a wanted position or without positions */
  uint32_t tf;               /* sum of weights of the wanted positions of all lexemes */
  int n_positions;           /* wanted ones */
  const uint16_t *positions; /* ascending, each number once: class << 14 | position */
} VsBm25Hit;

/* Numbers that score: of the collection and of the index. */
typedef struct VsBm25Model {
  double k1, b, phrase_boost;
  double avg_len;    /* > 0 */
  const double *idf; /* of each leaf */
} VsBm25Model;

/* n_docs >= df is made true by raising n_docs; both at least 0. */
double vs_bm25_idf(double n_docs, double df);

/* Which leaves (n_leaves of `required`) every match has: those that the root is reached from through AND and phrases. */
void vs_bm25_required(const VsBm25Query *query, const VsBm25Memory *memory, bool *required);

/*
 * Does the document match?  With `boosted` (n_leaves, may be NULL) also: which leaves belong to a phrase
 * that the document has.  Agrees with PostgreSQL's tsvector @@ tsquery.
 */
bool vs_bm25_match(const VsBm25Query *query, const VsBm25Hit *hits, bool *boosted,
                   const VsBm25Memory *memory);

/* The score of a document that matches, >= 0. */
double vs_bm25_score(const VsBm25Query *query, const VsBm25Model *model, const VsBm25Hit *hits,
                     const bool *boosted, uint32_t len);

/* The most that one leaf can add for (tf, len), with the factor `boost`; what vs_bm25_score sums up. */
double vs_bm25_leaf_score(const VsBm25Model *model, int leaf, double boost, double tf, double len);

#ifdef __cplusplus
}
#endif

#endif
