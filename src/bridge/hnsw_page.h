/* SPDX-License-Identifier: PostgreSQL
 *
 * hnsw_page.h - on-disk format of the hnsw index, version 1.
 *
 * Owns: every struct that is written to a page, their offsets (asserted below), and the geometry that
 * turns a node id into a block and a slot.  src/core/hnsw/README.md draws the pages.
 *
 * Fixed-width fields in native byte order, as everywhere in PostgreSQL.  Records are only ever read at
 * an 8-byte alignment.  Fields named reserved are written as zero and ignored when read.
 */
#ifndef VECSTORE_BRIDGE_HNSW_PAGE_H
#define VECSTORE_BRIDGE_HNSW_PAGE_H

#include <stddef.h>
#include <stdint.h>

#include "bridge/static_assert.h"

#define VS_HNSW_MAGIC 0x56454331u /* "VEC1" */
#define VS_HNSW_VERSION 1
/* In the meta page of an index with sketches, which a reader that knows none must refuse. */
#define VS_HNSW_SKETCH_VERSION 2
#define VS_HNSW_BYTE_ORDER 0x01020304u
#define VS_HNSW_PAGE_ID 0xFE56
#define VS_HNSW_META_BLOCK 0

#define VS_PAGE_BYTES 8192
#define VS_PAGE_HEADER_BYTES 24  /* PageHeaderData, already 8-byte aligned */
#define VS_PAGE_SPECIAL_BYTES 16 /* VsHnswPageTail */

/* Links of a node at level 0 are 2m, above it m; m is at most 100. */
#define VS_HNSW_MAX_M 100
#define VS_HNSW_MAX_LINKS (2 * VS_HNSW_MAX_M)
#define VS_HNSW_MAX_LEVEL 7
/* Presets with a calibrated beam: fast, balanced, high_recall, max. */
#define VS_HNSW_PRESETS 4

/*
 * Node id: block << slot_bits | slot.  Ids are sparse when slots_per_page is no power of two; in return
 * block and slot cost one shift.  Block 0 is the meta page, so id 0 never names a node.
 */
typedef uint32_t VsNodeId;
#define VS_NO_NODE 0u

typedef enum VsMetric {
  VS_METRIC_L2 = 1,
  VS_METRIC_IP = 2,
  VS_METRIC_COSINE = 3,
  VS_METRIC_L1 = 4
} VsMetric;

typedef enum VsPageKind {
  VS_PAGE_META = 1,
  VS_PAGE_CENTROID = 2, /* floats of the centroid */
  VS_PAGE_NODES = 3,    /* slots of VsHnswRecord */
  VS_PAGE_POSTINGS = 4  /* slots of VsHnswPosting: more heap rows of a node */
} VsPageKind;

/* Last 16 bytes of every page. */
typedef struct VsHnswPageTail {
  uint16_t kind;      /* VsPageKind */
  uint16_t used;      /* slots in use, a count that checks the flags; 0 on postings pages */
  uint32_t index_tag; /* the index's own random tag, tells foreign pages */
  uint32_t next;      /* postings: a later page that had free cells at the last vacuum, or 0 */
  uint16_t version;
  uint16_t page_id; /* VS_HNSW_PAGE_ID, last two bytes: for pg_filedump */
} VsHnswPageTail;

VS_STATIC_ASSERT(sizeof(VsHnswPageTail) == VS_PAGE_SPECIAL_BYTES, "page tail size");

/* Flags of a record.  A slot with flags 0 is free. */
#define VS_NODE_USED 0x01     /* the slot holds a node */
#define VS_NODE_TOMBSTONE 0x02 /* no heap row any more: traversed, never returned, never linked to */
#define VS_NODE_POSTINGS 0x04 /* level 0: link is the first VsHnswPosting */

/*
 * One node at one level.  The header is followed by the code (padded to 4 bytes) and the links
 * (2m node ids).  A node of level n has n + 1 records, each with the same code; `link` leads down.
 * What a distance needs (scale, norm, code) stands together: 128 bytes, two cache lines, at 100
 * dimensions.  error, scale, norm and code never change while the slot is in use; the other fields do,
 * so a reader without the page's lock may take those four only, and only as hints.
 */
typedef struct VsHnswRecord {
  uint8_t flags;
  uint8_t level;
  uint8_t degree; /* links in use */
  uint8_t reserved;
  uint16_t edge_version; /* changes with every edit of the links */
  uint8_t heap_tid[6];   /* level 0: ItemPointerData of the row; above: the level-0 id, 4 bytes */
  VsNodeId link;         /* level > 0: this node one level down; level 0: see VS_NODE_POSTINGS */
  float error;           /* upper bound of the distance from vector to decoded vector (L1: in L1) */
  float scale;           /* coordinate = scale * code */
  float norm;            /* squared length of the decoded vector; packed codes: see vs_hnsw_norm */
} VsHnswRecord;

#define VS_RECORD_HEADER_BYTES 28
VS_STATIC_ASSERT(sizeof(VsHnswRecord) == VS_RECORD_HEADER_BYTES, "record header size");
VS_STATIC_ASSERT(offsetof(VsHnswRecord, edge_version) == 4, "record layout");
VS_STATIC_ASSERT(offsetof(VsHnswRecord, heap_tid) == 6, "record layout");
VS_STATIC_ASSERT(offsetof(VsHnswRecord, link) == 12, "record layout");
VS_STATIC_ASSERT(offsetof(VsHnswRecord, error) == 16, "record layout");
VS_STATIC_ASSERT(offsetof(VsHnswRecord, scale) == 20, "record layout");
VS_STATIC_ASSERT(offsetof(VsHnswRecord, norm) == 24, "record layout");

/* Heap rows of a node beyond the first: cells of one chain, on pages of their own. */
#define VS_POSTING_TIDS 8
typedef struct VsHnswPosting {
  VsNodeId owner; /* level-0 record, VS_NO_NODE when the cell is free */
  uint32_t next;  /* next cell of the chain: block << VS_POSTING_SLOT_BITS | slot, or 0 */
  uint16_t count; /* rows in tids */
  uint16_t reserved;
  uint8_t tids[VS_POSTING_TIDS][6];
  uint32_t reserved2;
} VsHnswPosting;

#define VS_POSTING_SLOT_BITS 7
#define VS_POSTINGS_PER_PAGE \
  ((VS_PAGE_BYTES - VS_PAGE_HEADER_BYTES - VS_PAGE_SPECIAL_BYTES) / (int)sizeof(VsHnswPosting))
VS_STATIC_ASSERT(sizeof(VsHnswPosting) == 64, "posting cell size");
VS_STATIC_ASSERT(VS_POSTINGS_PER_PAGE < (1 << VS_POSTING_SLOT_BITS), "posting slot bits");

/* What a coordinate becomes.  The packed kinds (kernels.h) have no zero: numbers are odd. */
typedef enum VsCodeKind {
  VS_CODE_SQ8 = 1, /* a signed byte a dimension, -127..127 */
  VS_CODE_SQ4 = 2, /* packed, 4 bits: -15, -13 .. 15 */
  VS_CODE_SQ2 = 3  /* packed, 2 bits: -3, -1, 1, 3 */
} VsCodeKind;

/* What a record of level 0 holds besides code and links. */
typedef enum VsHnswStorage {
  VS_STORAGE_PLAIN = 0,
  VS_STORAGE_SKETCH = 1 /* a sketch of the node behind each link, see VsHnswSketch */
} VsHnswStorage;

/*
 * What a node knows of one of its neighbours: where it lies, seen from the node.  x is the difference of
 * their decoded vectors.  Both numbers are the upper half of a float.  A bit follows for each of the
 * first sketch_bits dimensions, the lowest of a byte first: whether x is above zero there.
 */
typedef struct VsHnswSketch {
  uint16_t square; /* of the length of x */
  uint16_t factor; /* that, divided by the sum of |x| over the dimensions that have a bit */
} VsHnswSketch;

#define VS_SKETCH_HEADER_BYTES 4
VS_STATIC_ASSERT(sizeof(VsHnswSketch) == VS_SKETCH_HEADER_BYTES, "sketch header size");
VS_STATIC_ASSERT(offsetof(VsHnswSketch, factor) == 2, "sketch layout");

/* Shape of the records, constant per index; derived from dims, m and storage (vs_hnsw_geometry). */
typedef struct VsHnswGeometry {
  uint32_t dims;
  VsCodeKind code_kind;
  uint32_t code_bytes;
  uint32_t links_offset; /* of the links within a record */
  uint32_t slots_offset; /* of the first record within a page */
  uint32_t record_bytes; /* a multiple of 8, of 64 where that costs little space */
  uint32_t slots_per_page;
  uint32_t slot_bits;
  uint32_t links0; /* links at level 0: 2m */
  uint32_t links;  /* links above level 0: m */
  uint32_t sketch_bits;     /* dimensions that have a bit in a sketch; 0: plain storage */
  uint32_t sketch_bytes;    /* of one sketch, any number: sketches are not aligned */
  uint32_t sketches_offset; /* of links0 sketches within a record */
} VsHnswGeometry;

/* Contents of block 0, right after the page header. */
typedef struct VsHnswMeta {
  uint32_t magic;
  uint16_t version;
  uint8_t metric;  /* VsMetric */
  uint8_t element; /* VsElement of the column (vector.h) */
  uint32_t byte_order;
  uint32_t page_bytes;
  uint32_t dims;
  uint16_t m;
  uint16_t ef_construction;
  uint16_t record_bytes;
  uint16_t slots_per_page;
  uint8_t code_kind;  /* VsCodeKind */
  uint8_t attributes; /* attribute columns, 0 in version 1 */
  uint8_t storage;    /* VsHnswStorage */
  uint8_t reserved1;
  uint64_t rotation_seed;
  uint32_t index_tag;
  VsNodeId entry; /* top record of the entry node, VS_NO_NODE when the index is empty */
  uint32_t entry_level;
  uint32_t centroid_block; /* first of the centroid pages, 0 when the centroid is the origin */
  uint32_t centroid_pages;
  uint32_t insert_block;  /* hint: node page with free slots, 0 for none */
  uint32_t posting_block; /* hint: postings page with free cells, 0 for none */
  uint32_t generation;    /* grows with every change of entry */
  uint16_t calibrated_ef[VS_HNSW_PRESETS]; /* ef of fast, balanced, high_recall, max; 0: not calibrated */
  uint32_t calibrated_rows;
  uint32_t directory_block; /* partition directory, 0 in version 1 */
  uint8_t reserved2[152];
} VsHnswMeta;

VS_STATIC_ASSERT(sizeof(VsHnswMeta) == 240, "meta size");
VS_STATIC_ASSERT(offsetof(VsHnswMeta, storage) == 30, "meta layout");
VS_STATIC_ASSERT(offsetof(VsHnswMeta, rotation_seed) == 32, "meta layout");
VS_STATIC_ASSERT(offsetof(VsHnswMeta, entry) == 44, "meta layout");
VS_STATIC_ASSERT(offsetof(VsHnswMeta, calibrated_ef) == 72, "meta layout");
VS_STATIC_ASSERT(offsetof(VsHnswMeta, reserved2) == 88, "meta layout");

static inline uint32_t vs_node_block(const VsHnswGeometry *g, VsNodeId id) {
  return id >> g->slot_bits;
}

static inline uint32_t vs_node_slot(const VsHnswGeometry *g, VsNodeId id) {
  return id & ((1u << g->slot_bits) - 1);
}

static inline VsNodeId vs_make_node_id(const VsHnswGeometry *g, uint32_t block, uint32_t slot) {
  return (block << g->slot_bits) | slot;
}

/* Byte offset of a slot within its page. */
static inline uint32_t vs_slot_offset(const VsHnswGeometry *g, uint32_t slot) {
  return g->slots_offset + slot * g->record_bytes;
}

static inline uint32_t vs_links_at(const VsHnswGeometry *g, int level) {
  return level == 0 ? g->links0 : g->links;
}

/* Links in use, also of a damaged record no more than there is room for. */
static inline uint32_t vs_record_degree(const VsHnswGeometry *g, const VsHnswRecord *record) {
  uint32_t limit = vs_links_at(g, record->level);
  return record->degree < limit ? record->degree : limit;
}

static inline const int8_t *vs_record_code(const VsHnswRecord *record) {
  return (const int8_t *)record + VS_RECORD_HEADER_BYTES;
}

static inline VsNodeId *vs_record_links(const VsHnswGeometry *g, VsHnswRecord *record) {
  return (VsNodeId *)((char *)record + g->links_offset);
}

/* The sketch of the node behind a link of a record of level 0; not for plain storage. */
static inline uint8_t *vs_record_sketch(const VsHnswGeometry *g, VsHnswRecord *record, uint32_t link) {
  return (uint8_t *)record + g->sketches_offset + link * g->sketch_bytes;
}

#endif
