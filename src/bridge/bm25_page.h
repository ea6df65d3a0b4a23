/* SPDX-License-Identifier: PostgreSQL
 *
 * bm25_page.h - what a bm25 index has on its pages.
 *
 * Owns: every struct that is written, with its offsets asserted.  src/core/bm25/README.md explains
 * the format.  Pages have PostgreSQL's header; VsBm25PageTail is their special space; what lies between
 * is the payload.
 *
 * A segment is one run of consecutive blocks: its streams, one after the other.  It never changes, but
 * for the bits of its live stream.
 */
#ifndef VECSTORE_BRIDGE_BM25_PAGE_H
#define VECSTORE_BRIDGE_BM25_PAGE_H

#include <stddef.h>
#include <stdint.h>

#include "bridge/static_assert.h"

#define VS_BM25_MAGIC 0x35324d42u /* "BM25" */
#define VS_BM25_VERSION 4
#define VS_BM25_PAGE_ID 0xB525

/* The special space of every page. */
typedef struct VsBm25PageTail {
  uint8_t kind;     /* VsBm25PageKind */
  uint8_t stream;   /* of a page of a segment */
  uint16_t page_id; /* VS_BM25_PAGE_ID */
  uint32_t owner;   /* of a page of a segment: its id */
} VsBm25PageTail;
VS_STATIC_ASSERT(sizeof(VsBm25PageTail) == 8, "on disk");

typedef enum VsBm25PageKind {
  VS_BM25_META = 1,
  VS_BM25_FREE_LIST,
  VS_BM25_LANE_HEAD,
  VS_BM25_LANE,
  VS_BM25_OVERFLOW,
  VS_BM25_SEGMENT
} VsBm25PageKind;

/* Bytes between header (24) and tail (8) of an 8192-byte page. */
#define VS_BM25_PAYLOAD 8160

/* Streams of a segment, in the order of their pages. */
typedef enum VsBm25Stream {
  VS_BM25_TERMS,     /* leaves of the dictionary, then its inner pages level by level; the last page is the root */
  VS_BM25_SKIPS,     /* VsBm25Skip of each block of postings */
  VS_BM25_POSTINGS,  /* document numbers and frequencies */
  VS_BM25_POSITIONS, /* where in the documents */
  VS_BM25_LENGTHS,   /* uint16 per document */
  VS_BM25_ROWS,      /* the row of each document: a base block, then packed blocks less that, and offsets */
  VS_BM25_LIVE,      /* a bit per document, set while its row lives */
  VS_BM25_STREAMS
} VsBm25Stream;

/* A heap row: block, then offset. */
typedef struct VsBm25Row {
  uint16_t block_high, block_low, offset;
} VsBm25Row;
VS_STATIC_ASSERT(sizeof(VsBm25Row) == 6, "on disk");

/* A number that orders rows as the heap does. */
static inline uint64_t vs_bm25_row_key(VsBm25Row row) {
  return (uint64_t)row.block_high << 32 | (uint64_t)row.block_low << 16 | row.offset;
}

#define VS_BM25_LENGTHS_PER_PAGE (VS_BM25_PAYLOAD / 2)
#define VS_BM25_LIVE_PER_PAGE (VS_BM25_PAYLOAD * 8)

/* Documents of a block of postings. */
#define VS_BM25_BLOCK 128

#define VS_BM25_SKIPS_PER_PAGE (VS_BM25_PAYLOAD / 28)

/* The highest (frequency, least length) pairs of a block: its documents score no more than one of these. */
#define VS_BM25_IMPACTS 2
typedef struct VsBm25Impact {
  uint16_t tf, len;
} VsBm25Impact;
VS_STATIC_ASSERT(sizeof(VsBm25Impact) == 4, "on disk");

typedef enum VsBm25SkipFlags {
  VS_BM25_TF_FROM_ZERO = 1,    /* frequencies are stored as they are, not less one */
  VS_BM25_COUNTS_STORED = 2,   /* a document may have more or fewer positions than its frequency */
  VS_BM25_CLASSES_STORED = 4,  /* some position is not of class D */
  VS_BM25_COUNTS_WIDE = 8,     /* counts, if stored, have 2 bytes: a tsvector holds up to 256 positions */
  VS_BM25_POSTINGS_PATCHED = 16, /* documents and frequencies follow a VsBm25Patches each */
  VS_BM25_POSITIONS_PATCHED = 32 /* positions follow a VsBm25Patches */
} VsBm25SkipFlags;

/* Numbers that are wider than the others: behind these lie the indexes of so many, then their high bits. */
typedef struct VsBm25Patches {
  uint16_t n;
  uint8_t high_bits;
  uint8_t reserved;
} VsBm25Patches;
VS_STATIC_ASSERT(sizeof(VsBm25Patches) == 4, "on disk");

/* Documents of a segment: numbers near the largest are taken for other things. */
#define VS_BM25_MAX_DOCS (UINT32_MAX - (1 << 16))

/* Where a block of postings is, what is in it, and what it is worth at most. */
typedef struct VsBm25Skip {
  uint32_t last_doc;
  uint32_t postings_page;
  uint32_t positions_page;
  uint16_t postings_offset;
  uint16_t positions_offset;
  uint8_t doc_bits, tf_bits;  /* widths of the packed numbers */
  uint8_t position_bits;
  uint8_t flags;              /* VsBm25SkipFlags */
  VsBm25Impact impacts[VS_BM25_IMPACTS];
} VsBm25Skip;
VS_STATIC_ASSERT(sizeof(VsBm25Skip) == 28 && offsetof(VsBm25Skip, impacts) == 20, "on disk");

/* A segment, as the meta page lists it.  64 bits first: nothing is padded. */
typedef struct VsBm25Segment {
  uint64_t sum_len;
  uint64_t n_postings;
  uint32_t id; /* never used again */
  uint32_t first_block;
  uint32_t n_docs;
  uint32_t n_live;
  uint32_t n_terms;
  uint32_t pages[VS_BM25_STREAMS];
  uint8_t level; /* merges behind it */
  uint8_t tree_height; /* pages from the dictionary's root to a leaf; 0: no terms */
  uint8_t has_positions;
  uint8_t rows_ascend; /* rows are in the order of documents */
  uint32_t leaf_pages; /* of the dictionary: the first pages of its stream */
  uint8_t row_block_bits, row_offset_bits; /* widths in the stream of rows */
  uint8_t reserved[6];
} VsBm25Segment;
VS_STATIC_ASSERT(sizeof(VsBm25Segment) == 80 && offsetof(VsBm25Segment, pages) == 36, "on disk");

/* ------ block 0: what the index is made of ------ */

#define VS_BM25_META_BLOCK 0
#define VS_BM25_FREE_BLOCK 1
#define VS_BM25_FIRST_LANE 2
#define VS_BM25_LANES 4
#define VS_BM25_FIRST_RUN (VS_BM25_FIRST_LANE + VS_BM25_LANES)
#define VS_BM25_MAX_SEGMENTS 100
#define VS_BM25_BYTE_ORDER 0x0102

typedef struct VsBm25Meta {
  uint32_t magic;
  uint16_t version;
  uint16_t byte_order;
  uint32_t next_id; /* of a segment */
  uint32_t n_segments;
  uint8_t weights[4]; /* of the classes D, C, B, A */
  uint8_t positions;  /* are kept */
  uint8_t reserved[11];
  VsBm25Segment segments[VS_BM25_MAX_SEGMENTS];
} VsBm25Meta;
VS_STATIC_ASSERT(sizeof(VsBm25Meta) == 8032 && offsetof(VsBm25Meta, segments) == 32, "on disk");

/* ------ block 1: blocks that nothing uses ------ */

/* Blocks that readers may still look at, until no snapshot is as old as horizon. */
typedef struct VsBm25FreeRun {
  uint64_t horizon; /* a full transaction id */
  uint32_t first, count;
} VsBm25FreeRun;

#define VS_BM25_FREE_RUNS 500
typedef struct VsBm25FreeList {
  uint32_t next_block; /* all blocks from here on were never used */
  uint32_t n;
  VsBm25FreeRun runs[VS_BM25_FREE_RUNS];
} VsBm25FreeList;
VS_STATIC_ASSERT(sizeof(VsBm25FreeRun) == 16, "on disk");
VS_STATIC_ASSERT(sizeof(VsBm25FreeList) == 8008, "on disk");

/* ------ blocks 2 to 5: lanes, where new documents wait for a segment ------ */

/* Pages of a lane. */
typedef struct VsBm25Run {
  uint64_t sum_len;
  uint32_t first_block;
  uint32_t pages; /* reserved; 0: there is no run */
  uint32_t used;  /* of these */
  uint32_t end;   /* of the records on the last page used: an offset from the beginning of the page */
  uint32_t n_docs;
  uint32_t elsewhere; /* pages of its documents that are larger than a page */
} VsBm25Run;
VS_STATIC_ASSERT(sizeof(VsBm25Run) == 32, "on disk");

#define VS_BM25_LANE_PAGES 32
#define VS_BM25_SEALED_RUNS 32
/* New documents go to `open`; full runs are sealed, and wait to become a segment. */
typedef struct VsBm25Lane {
  uint32_t n_sealed;
  uint32_t reserved;
  VsBm25Run open;
  VsBm25Run sealed[VS_BM25_SEALED_RUNS];
} VsBm25Lane;
VS_STATIC_ASSERT(sizeof(VsBm25Lane) == 1064 && offsetof(VsBm25Lane, open) == 8, "on disk");

typedef enum VsBm25RecordFlags {
  VS_BM25_DEAD = 1,
  VS_BM25_ELSEWHERE = 2 /* the tsvector lies on overflow pages */
} VsBm25RecordFlags;

/* A bit for each lexeme of a document, by its hash: what has no bit is not there. */
#define VS_BM25_SIGNATURE_BITS 256
typedef struct VsBm25Signature {
  uint32_t words[VS_BM25_SIGNATURE_BITS / 32];
} VsBm25Signature;
VS_STATIC_ASSERT(sizeof(VsBm25Signature) == 32, "on disk");

/* A document of a lane.  Records are aligned to 4 bytes. */
typedef struct VsBm25Record {
  uint32_t bytes; /* of the record */
  VsBm25Row row;
  uint16_t len;
  uint8_t flags; /* VsBm25RecordFlags */
  uint8_t reserved[3];
  VsBm25Signature signature;
  /* the tsvector, or VsBm25Overflow */
} VsBm25Record;
VS_STATIC_ASSERT(sizeof(VsBm25Record) == 48 && offsetof(VsBm25Record, signature) == 16, "on disk");

typedef struct VsBm25Overflow {
  uint32_t first_block, pages, bytes;
} VsBm25Overflow;
VS_STATIC_ASSERT(sizeof(VsBm25Overflow) == 12, "on disk");

#endif
