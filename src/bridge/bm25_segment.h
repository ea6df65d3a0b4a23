/* SPDX-License-Identifier: PostgreSQL
 *
 * bm25_segment.h - writing, merging and searching segments of a bm25 index.
 *
 * Owns: the interface of the index half of src/core/bm25.  The core sees payloads of pages
 * (VS_BM25_PAYLOAD bytes) by stream and number; where they are kept is the host's business.  Host calls
 * may not return (ereport), so nothing in the core that lives across one needs a destructor.
 */
#ifndef VECSTORE_BRIDGE_BM25_SEGMENT_H
#define VECSTORE_BRIDGE_BM25_SEGMENT_H

#include "bridge/bm25.h"
#include "bridge/bm25_page.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Takes the pages of a new segment; those of one stream come in order, streams interleave. */
typedef struct VsBm25Sink {
  void *context;
  void (*write)(void *context, VsBm25Stream stream, const void *payload);
} VsBm25Sink;

/* Terms that were looked up lately, less than 40 kB of them; for the sources of one thread. */
typedef struct VsBm25TermCache VsBm25TermCache;

VsBm25TermCache *vs_bm25_term_cache(const VsBm25Memory *memory);
/* When ids of segments may be used again, with other contents. */
void vs_bm25_forget_terms(VsBm25TermCache *cache);

/* Gives the pages of a segment.  A payload stays valid until the next call for the same source. */
typedef struct VsBm25Source {
  void *context;
  const uint8_t *(*read)(void *context, VsBm25Stream stream, uint32_t page);
  VsBm25TermCache *terms; /* NULL: every term is looked up */
  uint64_t index;         /* for the cache: ids of segments belong to it */
} VsBm25Source;

/* The heap row of a document of a segment. */
VsBm25Row vs_bm25_row_of(const VsBm25Segment *segment, const VsBm25Source *source, uint32_t doc);

/* ------ documents to a segment ------ */

typedef struct VsBm25Inverter VsBm25Inverter;

/*
 * Everything comes from `memory` and is given back with it.  weights: of the classes D, C, B, A.  group_copies: documents that
 * have the lexemes of another are numbered behind it, if there are many; else documents are numbered in their order.
 */
VsBm25Inverter *vs_bm25_inverter(const VsBm25Memory *memory, const uint8_t weights[VS_BM25_CLASSES],
                                 bool positions, bool group_copies);
/* A document, then its lexemes, each once, in any order, best many in a call.  len as bm25.h defines it. */
void vs_bm25_inverter_document(VsBm25Inverter *inverter, VsBm25Row row, uint32_t len);
typedef struct VsBm25Lexeme {
  const char *bytes;
  uint32_t length;
  uint32_t n_positions; /* 0: it has none */
  const uint16_t *positions;
} VsBm25Lexeme;
void vs_bm25_inverter_lexemes(VsBm25Inverter *inverter, const VsBm25Lexeme *lexemes, size_t n);
/* Bytes in use, and documents. */
size_t vs_bm25_inverter_bytes(const VsBm25Inverter *inverter);
uint32_t vs_bm25_inverter_documents(const VsBm25Inverter *inverter);
/*
 * Writes a segment of all documents; fills everything of `segment` but id, first_block and level.  check_interrupts is called
 * now and then.
 */
void vs_bm25_inverter_write(VsBm25Inverter *inverter, const VsBm25Sink *sink, VsBm25Segment *segment,
                            void (*check_interrupts)(void));

/* ------ segments to a segment ------ */

/*
 * Merges n segments, whose documents keep their order, the first segment's first.  Documents that
 * are not live are left out.  Fills `merged` like vs_bm25_inverter_write.  check_interrupts is called
 * now and then.
 */
void vs_bm25_merge(const VsBm25Memory *memory, int n, const VsBm25Segment *const *segments,
                   const VsBm25Source *sources, const VsBm25Sink *sink, VsBm25Segment *merged,
                   void (*check_interrupts)(void));

/*
 * The same by several participants.  Each merges the terms between two splits, from its own view of the same
 * segments; one of them joins what they made.
 */

/* A place between terms: before the first one that is not less than these bytes. */
#define VS_BM25_SPLIT_BYTES 60
typedef struct VsBm25Split {
  uint32_t length;
  uint8_t bytes[VS_BM25_SPLIT_BYTES];
} VsBm25Split;
/* n - 1 splits, ascending, that cut the postings of a segment in n shares of about the same size. */
void vs_bm25_split_terms(const VsBm25Segment *segment, const VsBm25Source *source, uint32_t n, VsBm25Split *splits,
                         void (*check_interrupts)(void));
/*
 * Merges the terms from one split to the other; NULL: to the end.  Writes leaves of the dictionary, skips, postings
 * and positions; what they say of pages counts from the part's own.  Fills pages, leaf_pages, n_docs, n_terms,
 * n_postings and has_positions of `part`.
 */
void vs_bm25_merge_terms(const VsBm25Memory *memory, int n, const VsBm25Segment *const *segments,
                         const VsBm25Source *sources, const VsBm25Split *from, const VsBm25Split *to,
                         const VsBm25Sink *sink, VsBm25Segment *part, void (*check_interrupts)(void));
/*
 * Makes one segment of the parts, which come in the order of their terms: writes its dictionary, lengths, rows and live
 * bits.  Skips, postings and positions are those of the parts, one part after the other, when vs_bm25_move_skips has
 * been at each page of skips.  Fills `joined` like vs_bm25_merge.
 */
void vs_bm25_join(const VsBm25Memory *memory, int n, const VsBm25Segment *const *segments, const VsBm25Source *sources,
                  int n_parts, const VsBm25Segment *const *parts, const VsBm25Source *part_sources,
                  const VsBm25Sink *sink, VsBm25Segment *joined, void (*check_interrupts)(void));
/* A page of skips whose postings and positions lie behind so many pages of other parts. */
void vs_bm25_move_skips(void *page, uint32_t postings_pages, uint32_t positions_pages);

/* ------ verifying ------ */

/* Reads every page of a segment and reports what cannot be: problem is a sentence, in memory that is used again. */
void vs_bm25_verify(const VsBm25Memory *memory, const VsBm25Segment *segment, const VsBm25Source *source,
                    void *context, void (*report)(void *context, const char *problem),
                    void (*check_interrupts)(void));

/* ------ searching ------ */

/* A row (vs_bm25_row_key) and its score.  Better: a higher score, or the same and a smaller row. */
typedef struct VsBm25Result {
  double score;
  uint64_t row;
} VsBm25Result;

/* The best k results of those offered. */
typedef struct VsBm25Top VsBm25Top;

VsBm25Top *vs_bm25_top(const VsBm25Memory *memory);
/* Empty it.  after: not NULL, only results worse than that one are taken from now on.  k >= 1. */
void vs_bm25_top_reset(VsBm25Top *top, uint32_t k, const VsBm25Result *after);
/* Scores of 0 are not results. */
void vs_bm25_top_offer(VsBm25Top *top, double score, uint64_t row);
/* Results, best first, until the next reset. */
uint32_t vs_bm25_top_sorted(VsBm25Top *top, const VsBm25Result **results);

typedef struct VsBm25Searcher VsBm25Searcher;

/* What searches have done, for EXPLAIN and tests. */
typedef struct VsBm25Counters {
  uint64_t segments;
  uint64_t blocks;     /* of postings, unpacked */
  uint64_t candidates; /* documents whose score or match was decided */
} VsBm25Counters;

/*
 * For one query, and any number of segments.  weights: of the classes; check_interrupts is called now and
 * then.  The query must stay where it is.
 */
VsBm25Searcher *vs_bm25_searcher(const VsBm25Memory *memory, const VsBm25Query *query,
                                 const uint8_t weights[VS_BM25_CLASSES], void (*check_interrupts)(void));
/* Does the query ask for positions? */
bool vs_bm25_wants_positions(const VsBm25Query *query);
/*
 * Adds to df[i] the documents that have leaf i: for a prefix, the sum over its lexemes.  Stops, and returns false, when
 * prefixes stand for more than max_expansions lexemes of the segment.
 */
bool vs_bm25_lookup(VsBm25Searcher *searcher, const VsBm25Segment *segment, const VsBm25Source *source,
                    uint64_t *df, uint64_t max_expansions);
/* Offers `top` every live document that matches, has a scored leaf, and may be among the best. */
void vs_bm25_search(VsBm25Searcher *searcher, const VsBm25Segment *segment, const VsBm25Source *source,
                    const VsBm25Model *model, VsBm25Top *top);
/*
 * Reports every live document that matches, in the order of documents.  False: the query asks for positions that
 * the segment lacks, and documents were reported that may not match.
 */
bool vs_bm25_matches(VsBm25Searcher *searcher, const VsBm25Segment *segment, const VsBm25Source *source,
                     void *context, void (*found)(void *context, VsBm25Row row));
const VsBm25Counters *vs_bm25_counters(const VsBm25Searcher *searcher);

#ifdef __cplusplus
}
#endif

#endif
