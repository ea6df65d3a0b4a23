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

/* Gives the pages of a segment.  A payload stays valid until the next call for the same source. */
typedef struct VsBm25Source {
  void *context;
  const uint8_t *(*read)(void *context, VsBm25Stream stream, uint32_t page);
} VsBm25Source;

/* ------ documents to a segment ------ */

typedef struct VsBm25Inverter VsBm25Inverter;

/* Everything comes from `memory` and is given back with it.  weights: of the classes D, C, B, A. */
VsBm25Inverter *vs_bm25_inverter(const VsBm25Memory *memory, const uint8_t weights[VS_BM25_CLASSES],
                                 bool positions);
/* A document, then its lexemes, each once, in any order.  len as bm25.h defines it. */
void vs_bm25_inverter_document(VsBm25Inverter *inverter, VsBm25Row row, uint32_t len);
void vs_bm25_inverter_lexeme(VsBm25Inverter *inverter, const char *lexeme, uint32_t length,
                             const uint16_t *positions, int n_positions);
/* Bytes in use, and documents. */
size_t vs_bm25_inverter_bytes(const VsBm25Inverter *inverter);
uint32_t vs_bm25_inverter_documents(const VsBm25Inverter *inverter);
/* Writes a segment of all documents; fills everything of `segment` but id, first_block and level. */
void vs_bm25_inverter_write(VsBm25Inverter *inverter, const VsBm25Sink *sink, VsBm25Segment *segment);

/* ------ segments to a segment ------ */

/*
 * Merges n segments, whose documents keep their order, the first segment's first.  Documents that
 * are not live are left out.  Fills `merged` like vs_bm25_inverter_write.  check_interrupts is called
 * now and then.
 */
void vs_bm25_merge(const VsBm25Memory *memory, int n, const VsBm25Segment *const *segments,
                   const VsBm25Source *sources, const VsBm25Sink *sink, VsBm25Segment *merged,
                   void (*check_interrupts)(void));

#ifdef __cplusplus
}
#endif

#endif
