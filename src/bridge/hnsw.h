/* SPDX-License-Identifier: PostgreSQL
 *
 * hnsw.h - what the hnsw core offers to the server side, and what it asks of it.
 *
 * Owns: the interface between src/core/hnsw (algorithms) and src/pg/hnsw (pages, locks, WAL).
 * The core calls back through VsHnswHost; any callback may not return (ereport), so no frame of the
 * core owns anything that needs a destructor, and all memory comes from the host.
 *
 * Units: an "estimate" is what the graph is searched by, computed from quantised codes: the squared
 * distance for L2 and cosine (of unit vectors), minus the inner product for IP, the distance for L1.
 * A "bound" is in the unit of the SQL operator and never above the operator's result.
 */
#ifndef VECSTORE_BRIDGE_HNSW_H
#define VECSTORE_BRIDGE_HNSW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bridge/hnsw_page.h"
#include "bridge/kernels.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- geometry ------------------------------------------------------------------------------ */

/*
 * Fills *g for dims in 1..VS_MAX_DIM and m in 2..VS_HNSW_MAX_M; false for anything else, and for sketches
 * of so many dimensions that no record with them fits a page.
 */
bool vs_hnsw_geometry(uint32_t dims, uint32_t m, VsHnswStorage storage, VsHnswGeometry *g);

/* Level of a new node: geometric with ratio 1/32, a pure function of (seed, key). */
int vs_hnsw_level(uint64_t seed, uint64_t key);

/* ---- quantiser ------------------------------------------------------------------------------ */

/* Bytes of a code of dims dimensions. */
static inline uint32_t vs_hnsw_code_bytes(VsCodeKind kind, uint32_t dims) {
  return kind == VS_CODE_SQ8 ? dims : (uint32_t)vs_packed_bytes(dims, kind == VS_CODE_SQ4 ? 4 : 2);
}

/* How the vectors of one index become codes.  Pointers lead into memory of the caller. */
typedef struct VsHnswSpace {
  VsMetric metric;
  uint32_t dims;
  VsCodeKind code_kind;
  uint32_t code_bytes;
  const VsKernels *kernels;
  const VsPackedKernels *packed; /* NULL for SQ8 */
  uint32_t *signs;       /* dims sign masks for each round of the rotation; unused for L1 */
  float *work;           /* scratch: dims floats, then zeros up to a whole block */
  int16_t *numbers;      /* scratch: the numbers of a code */
  const float *centroid; /* dims floats in code space, or NULL for the origin */
  float centroid_length; /* in the metric's norm */
} VsHnswSpace;

/* Bytes of memory vs_hnsw_space_init wants. */
size_t vs_hnsw_space_bytes(uint32_t dims, VsCodeKind code_kind);
void vs_hnsw_space_init(VsHnswSpace *space, void *memory, VsMetric metric, uint32_t dims,
                        VsCodeKind code_kind, uint64_t seed, const VsKernels *kernels);
/* Subtract this from every vector; dims floats as vs_hnsw_transform makes them; NULL for the origin. */
void vs_hnsw_space_set_centroid(VsHnswSpace *space, const float *centroid);

/*
 * Bring a vector into code space without centring: unit length (cosine), rotated (all but L1).
 * False when the vector has no direction (zero under cosine); out is then undefined.
 */
bool vs_hnsw_transform(const VsHnswSpace *space, const float *vector, float *out);

/*
 * Quantise a vector: sets scale, norm and error of *record and writes space->code_bytes of code.
 * False when the vector cannot be indexed (zero under cosine).
 */
bool vs_hnsw_encode(const VsHnswSpace *space, const float *vector, VsHnswRecord *record, int8_t *code);

/* The numbers a record's code stands for, dims of them: coordinate = scale * number. */
void vs_hnsw_decode(const VsHnswSpace *space, const VsHnswRecord *record, int16_t *numbers);

/*
 * The norm that fits scale, error and code of a record.  SQ8: the squared length of the decoded
 * vector.  Packed codes, but for L1: that less error^2, which is the squared length of the vector
 * itself; their decoded vectors are longer, so that inner products with them are right on average.
 */
double vs_hnsw_norm(const VsHnswSpace *space, const VsHnswRecord *record);

/* True when both records hold the same code, so that no query can tell the nodes apart. */
bool vs_hnsw_same_code(const VsHnswRecord *a, const VsHnswRecord *b, uint32_t code_bytes);

typedef struct VsHnswQuery {
  const VsHnswSpace *space;
  int32_t (*dot)(const int16_t *q, const int8_t *c, size_t n);
  float (*l1)(const float *q, const int8_t *c, float scale, size_t n);
  VsMetric metric;
  uint32_t dims;
  float scale;   /* coordinate = scale * code */
  float norm;    /* squared length of the decoded query */
  float error;   /* upper bound of the distance from query to decoded query */
  float length;  /* of the query before centring */
  int16_t *code; /* arranged by vs_query_blocks or vs_packed_query; all but L1 */
  float *values; /* L1: the centred query */
} VsHnswQuery;

/* Bytes of memory for a query's code and values. */
size_t vs_hnsw_query_bytes(uint32_t dims);
/* Attach memory once; then set the query any number of times. */
void vs_hnsw_query_init(VsHnswQuery *query, const VsHnswSpace *space, void *memory);
/* False when the vector has no direction (zero under cosine): every distance is NaN. */
bool vs_hnsw_query_set(VsHnswQuery *query, const float *vector);
/* Take the decoded vector of a record as the query. */
void vs_hnsw_query_from_record(VsHnswQuery *query, const VsHnswRecord *record);

/*
 * Estimated distance; the record's code must be readable as query->dot wants it.  Never NaN, whatever
 * the record says: searches sort by it.
 */
static inline float vs_hnsw_estimate(const VsHnswQuery *query, const VsHnswRecord *record) {
  float dot, squared;

  if (query->metric == VS_METRIC_L1) {
    float distance = query->l1(query->values, vs_record_code(record), record->scale, query->dims);

    return distance > 0 ? distance : 0;
  }
  /* In double: the product of two small scales may vanish before the sum makes up for it. */
  dot = (float)((double)query->scale * record->scale *
                query->dot(query->code, vs_record_code(record), query->dims));
  if (query->metric == VS_METRIC_IP) return dot == dot ? -dot : 0;
  squared = query->norm + record->norm - 2 * dot;
  return squared > 0 ? squared : 0;
}

/* ---- sketches -------------------------------------------------------------------------------- */

/* Write the sketch, geometry->sketch_bytes, of `neighbor` as `node` sees it; header and code of both. */
void vs_hnsw_sketch(const VsHnswGeometry *geometry, const VsHnswRecord *node, const VsHnswRecord *neighbor,
                    uint8_t *out);

/* False when a sketch is none of these two nodes; one made by another compiler may differ a little. */
bool vs_hnsw_sketch_fits(const VsHnswGeometry *geometry, const VsHnswRecord *node,
                         const VsHnswRecord *neighbor, const uint8_t *sketch);

/* Floats of scratch that vs_hnsw_estimate_links wants; 0 for plain storage. */
size_t vs_hnsw_sketch_scratch(const VsHnswGeometry *geometry);

/*
 * Estimated distances from the query to the nodes behind the links of `node`, a whole record of level 0, as far
 * as its sketches can tell, and how much each is worth: the inverse of its variance, up to a factor that is the
 * query's.  `own` is the estimate of the node itself.  Neither is ever NaN.
 */
typedef struct VsHnswLinkEstimate {
  float estimate;
  float weight; /* above 0 */
} VsHnswLinkEstimate;

void vs_hnsw_estimate_links(const VsHnswQuery *query, const VsHnswGeometry *geometry, VsHnswRecord *node,
                            float own, float *scratch, VsHnswLinkEstimate *estimates);

/* Largest value, in the SQL operator's unit, that is certainly not above the operator's result. */
double vs_hnsw_bound(const VsHnswQuery *query, float estimate, float norm, float error);

/* ---- host ----------------------------------------------------------------------------------- */

/* A node as read under its page's share lock. */
typedef struct VsHnswNode {
  uint8_t flags;
  uint8_t level;
  uint8_t degree; /* at most the links of its level: the host does not trust the page */
  float norm;
  float error;
  float estimate; /* of the current query, from this very image */
  uint8_t heap_tid[6];
  uint16_t edge_version;
  VsNodeId link;
  VsNodeId links[VS_HNSW_MAX_LINKS];
} VsHnswNode;

typedef struct VsHnswHost {
  void *context;
  /* Like realloc, from a memory context; old may be NULL; contents kept; never returns NULL. */
  void *(*grow)(void *context, void *old, size_t old_bytes, size_t new_bytes);
  /* False when the slot holds no node of this level (any more).  Polls for interrupts. */
  bool (*read_node)(void *context, VsNodeId id, int level, VsHnswNode *out);
  /* Estimates of the current query to n nodes.  Unlocked reads: hints until read_node confirms. */
  void (*score)(void *context, const VsNodeId *ids, int n, float *estimates);
  /* A hint that read_node of this id will follow soon. */
  void (*prefetch)(void *context, VsNodeId id);
  /* True when the block is one of node records. */
  bool (*holds_nodes)(void *context, uint32_t block);
  /* Copy header and code of n nodes to out, stride bytes apart.  Unlocked reads as well. */
  void (*load)(void *context, const VsNodeId *ids, int n, uint8_t *out, size_t stride);
  /* Sketch storage: estimates of the links, by their sketches, of the node of level 0 that read_node read last. */
  void (*score_links)(void *context, VsHnswLinkEstimate *estimates);
} VsHnswHost;

/* Bytes of one record copied by VsHnswHost.load: header and code, a multiple of 64. */
size_t vs_hnsw_load_stride(const VsHnswGeometry *geometry);

/* ---- scan ----------------------------------------------------------------------------------- */

typedef struct VsHnswScan VsHnswScan;

typedef struct VsHnswHit {
  VsNodeId id;
  uint8_t flags;
  uint8_t heap_tid[6];
  double bound; /* below that of an earlier hit when this one is late: found afterwards */
} VsHnswHit;

typedef enum VsScanOrder {
  VS_SCAN_BEAM_ONLY, /* end when the first beam is used up */
  VS_SCAN_RELAXED,   /* go on; late hits as soon as they are found */
  VS_SCAN_STRICT     /* go on; late hits after all others */
} VsScanOrder;

/* A scan object with memory from the host; reusable for any number of queries. */
VsHnswScan *vs_hnsw_scan_create(const VsHnswHost *host, const VsHnswGeometry *geometry);

/*
 * Start searching from `entry`, a record of `entry_level`; blocks is the index's length.  False when
 * the entry is gone: begin again with the current one, or go on and let the walk find everything.
 */
bool vs_hnsw_scan_begin(VsHnswScan *scan, const VsHnswQuery *query, VsNodeId entry, int entry_level,
                        uint32_t blocks, int ef, VsScanOrder order);

/* The next hit; false when every node reachable or on any page has been returned. */
bool vs_hnsw_scan_next(VsHnswScan *scan, VsHnswHit *hit);

/* The heap row of the hit after `skip` others, 6 bytes, or NULL when it is not known yet. */
const uint8_t *vs_hnsw_scan_ahead(const VsHnswScan *scan, size_t skip);

/* ---- insert and repair ------------------------------------------------------------------------ */

typedef struct VsHnswInserter VsHnswInserter;

VsHnswInserter *vs_hnsw_inserter_create(const VsHnswHost *host, const VsHnswGeometry *geometry,
                                        const VsHnswSpace *space);

/* Where to look for the place of a new node. */
typedef struct VsHnswInsertSearch {
  const VsHnswQuery *query;   /* the host's current query */
  const VsHnswRecord *record; /* the new node: header and padded code; used until the next search */
  VsNodeId entry;
  int entry_level;
  int level;       /* of the new node */
  uint32_t blocks; /* the index's length */
  int ef_construction;
  bool stop_at_same; /* end, without result, at a node that has the very code of `record` */
} VsHnswInsertSearch;

/*
 * Search and choose the links of a new node for levels level..0 (those at or below entry_level).
 * Afterwards links(level) gives them, nearest first, and nearest() the closest node at level 0; or
 * same() the level-0 id of a node at which the search stopped.  Nothing is written.
 */
void vs_hnsw_inserter_search(VsHnswInserter *inserter, const VsHnswInsertSearch *search);
int vs_hnsw_inserter_links(const VsHnswInserter *inserter, int level, const VsNodeId **ids);
/* The list of one of these links as the search saw it; it may have changed since. */
const VsNodeId *vs_hnsw_inserter_seen_list(const VsHnswInserter *inserter, int level, int link,
                                           int *degree, uint16_t *edge_version);
VsNodeId vs_hnsw_inserter_nearest(const VsHnswInserter *inserter);
VsNodeId vs_hnsw_inserter_same(const VsHnswInserter *inserter);
/* True when a tombstone was among the nearest nodes of a level. */
bool vs_hnsw_inserter_met_tombstone(const VsHnswInserter *inserter);

/*
 * Which link of a full list gives way to the new node of the last search: its position, or -1 when the
 * list is better off without the new node, unless it must accept.  `list` holds the links, and after
 * them the id of the node they belong to.
 */
int vs_hnsw_inserter_victim(VsHnswInserter *inserter, const VsNodeId *list, int level, bool must_accept);

/*
 * Choose at most `limit` links for the node whose decoded vector is `record`, out of n candidates
 * (distinct, not the node itself; estimates unknown): sorts by distance, keeps diverse ones first and
 * fills up (HNSW, algorithm 4, keepPrunedConnections).  Writes the chosen ids, returns their number.
 */
int vs_hnsw_choose_links(VsHnswInserter *inserter, const VsHnswRecord *record, const VsNodeId *candidates,
                         int n, int limit, VsNodeId *chosen);

/* ---- in-memory build -------------------------------------------------------------------------- */

typedef struct VsHnswBuilder VsHnswBuilder;

/*
 * What a participant of a build asks of the server.  All participants, one or many, work in one block of
 * memory and call the functions marked collective in the same order.
 */
typedef struct VsHnswBuildHost {
  void *context;
  /* As VsHnswHost.grow; memory of this participant, which lives until the host drops it all. */
  void *(*grow)(void *context, void *old, size_t old_bytes, size_t new_bytes);
  /* Called now and then, with the number of nodes linked so far by all: may report it, may not return. */
  void (*progress)(void *context, uint64_t linked);
  /* Wait until all participants have come here.  May not return. */
  void (*synchronize)(void *context);
  void *arena; /* the block, where this participant sees it */
  bool leader; /* true for one of the participants */
  /*
   * Levels that lie on pages already, 0 or 1.  With 1 the nodes of this build are those above level 0, one
   * level lower than they will be written, and their heap_tid holds their id at level 0.
   */
  int lift;
} VsHnswBuildHost;

/* Bytes of a block for so many nodes, and how many nodes fit so many bytes. */
size_t vs_hnsw_build_bytes(const VsHnswGeometry *geometry, uint32_t capacity);
uint32_t vs_hnsw_build_capacity(const VsHnswGeometry *geometry, size_t bytes);
/* Prepare a block, once, before participants come.  It holds no pointers. */
void vs_hnsw_build_format(void *arena, uint32_t capacity);

VsHnswBuilder *vs_hnsw_builder_create(const VsHnswBuildHost *host, const VsHnswGeometry *geometry,
                                      const VsHnswSpace *space, int ef_construction);

/*
 * Phase 1: take a node in: header (scale, norm, error, heap_tid set), code, level.  False when there is
 * no room.  Participants may add nodes at the same time.
 */
bool vs_hnsw_builder_add(VsHnswBuilder *builder, const VsHnswRecord *record, const int8_t *code, int level);
uint64_t vs_hnsw_builder_count(const VsHnswBuilder *builder);

/* Phase 2, collective: link all nodes, and measure how wide a beam each preset needs. */
void vs_hnsw_builder_link(VsHnswBuilder *builder);

/* The beam widths of the presets; false when there were too few nodes to tell. */
bool vs_hnsw_builder_calibration(const VsHnswBuilder *builder, uint16_t ef[VS_HNSW_PRESETS]);

/*
 * Phase 3, collective: final pruning, and the order of the records on pages.  Node pages start at the
 * leader's first_block.  Returns the number of node pages; *entry and *entry_level describe the entry
 * point (VS_NO_NODE when nothing was added).
 */
uint32_t vs_hnsw_builder_layout(VsHnswBuilder *builder, uint32_t first_block, VsNodeId *entry,
                                int *entry_level);

/* Write the slots of the page-th node page (0-based) at `slots`; returns the slots in use.  Any participant. */
uint32_t vs_hnsw_builder_write_page(VsHnswBuilder *builder, uint32_t page, uint8_t *slots);

/*
 * Heap rows beyond the first of nodes that have several: one (id, tid) pair a call, grouped by id.
 * Start with *cursor = 0; false when there are no more.  The record itself carries the first row; the
 * postings, `link` and VS_NODE_POSTINGS are the host's to write.
 */
bool vs_hnsw_builder_next_duplicate(VsHnswBuilder *builder, uint64_t *cursor, VsNodeId *id,
                                    uint8_t tid[6]);

/* ---- build in parts ----------------------------------------------------------------------------- */

/*
 * When the nodes do not fit the block they are divided as the in-memory build divides a level: each goes to
 * the nearest few of many clusters.  Clusters that lie together make a part, whose nodes fit the block.
 * The nearest cluster of a node is its home; its part is the home of the node.
 *
 * 1. Plan from a sample.
 * 2. For each part, its home nodes: find equal ones, put the others on pages without links.
 * 3. For each part, all of its nodes: link them (collective) and put their lists aside.
 * 4. For each part, its home nodes: merge their lists.
 */
typedef struct VsHnswPlan VsHnswPlan;

#define VS_HNSW_MAX_CHOICES 12
#define VS_HNSW_NO_CLUSTER UINT16_MAX

typedef struct VsHnswPartLink {
  VsNodeId id;
  float estimate;
} VsHnswPartLink;

/* The links a node got in one part; those that diversity would keep come first. */
typedef struct VsHnswPartList {
  VsNodeId id;
  uint16_t count;
  uint16_t diverse;
  VsHnswPartLink links[VS_HNSW_MAX_LINKS];
} VsHnswPartList;

/* Bytes of a list that are in use. */
static inline size_t vs_hnsw_part_list_bytes(const VsHnswPartList *list) {
  return offsetof(VsHnswPartList, links) + list->count * sizeof(VsHnswPartLink);
}

/* Forget all nodes, but not how many were linked.  Nobody else works in the block. */
void vs_hnsw_builder_reset(VsHnswBuilder *builder);

/* A node as vs_hnsw_builder_add or _take had it, level included; index counts from 0. */
const VsHnswRecord *vs_hnsw_builder_record(VsHnswBuilder *builder, uint32_t index);

/* Plan the parts of so many nodes, of which the block holds a random sample; it is forgotten. */
VsHnswPlan *vs_hnsw_plan_create(VsHnswBuilder *builder, double nodes);
uint32_t vs_hnsw_plan_parts(const VsHnswPlan *plan);
/* Clusters a node goes to, at most VS_HNSW_MAX_CHOICES. */
uint32_t vs_hnsw_plan_fanout(const VsHnswPlan *plan);
/* The clusters of n <= 16 records, stride bytes apart: fanout choices each, home first; may be NO_CLUSTER. */
void vs_hnsw_plan_choose(VsHnswPlan *plan, const uint8_t *records, size_t stride, uint32_t n,
                         uint16_t *choices);
/* The part of a cluster; part 0 for VS_HNSW_NO_CLUSTER. */
uint32_t vs_hnsw_plan_part(const VsHnswPlan *plan, uint16_t cluster);

/* Take a node in with its id and choices; false when there is no room. */
bool vs_hnsw_builder_take(VsHnswBuilder *builder, const VsHnswRecord *record, VsNodeId id,
                          const uint16_t *choices);

/*
 * Find equal nodes among those taken in, and sort the others by home cluster; returns their number.  Once
 * they have their ids, vs_hnsw_builder_next_duplicate tells the rest.
 */
uint32_t vs_hnsw_builder_sort_homes(VsHnswBuilder *builder);
const VsHnswRecord *vs_hnsw_builder_home(VsHnswBuilder *builder, uint32_t position,
                                         const uint16_t **choices);
void vs_hnsw_builder_set_home_id(VsHnswBuilder *builder, uint32_t position, VsNodeId id);

/* Prepare to link the nodes taken in for a part: the leader alone, then collective. */
void vs_hnsw_builder_begin_part(VsHnswBuilder *builder, const VsHnswPlan *plan, uint32_t part);
void vs_hnsw_builder_link_part(VsHnswBuilder *builder);
void vs_hnsw_builder_part_list(VsHnswBuilder *builder, uint32_t index, VsHnswPartList *list);

/* Merge lists of n nodes, at most the block's capacity, known by numbers from 0; *links has room for 2m. */
void vs_hnsw_builder_begin_merge(VsHnswBuilder *builder, uint32_t n);
void vs_hnsw_builder_merge(VsHnswBuilder *builder, uint32_t number, const VsHnswPartList *list);
uint32_t vs_hnsw_builder_merged(VsHnswBuilder *builder, uint32_t number, VsNodeId *links);

/* ---- calibration on pages ------------------------------------------------------------------------ */

/*
 * How wide a beam each preset needs on an index on pages: keep some nodes out of it, add them as queries,
 * offer every node of level 0, measure.
 */
typedef struct VsHnswCalibration VsHnswCalibration;

/* Where searches begin. */
typedef struct VsHnswSearchStart {
  VsNodeId entry;
  int entry_level;
  uint64_t ids; /* node ids are below this */
} VsHnswSearchStart;

/* Queries worth their while for so many nodes; 0 for too few nodes. */
uint32_t vs_hnsw_calibration_queries(const VsHnswGeometry *geometry, uint32_t nodes);
VsHnswCalibration *vs_hnsw_calibration_create(const VsHnswHost *host, const VsHnswGeometry *geometry,
                                              const VsHnswSpace *space, uint32_t capacity);
/* Add a query, unless there are `capacity`; the record has to stay. */
void vs_hnsw_calibration_add(VsHnswCalibration *calibration, const VsHnswRecord *record);
void vs_hnsw_calibration_offer(VsHnswCalibration *calibration, const VsHnswRecord *node);
/* Search with `current`, the host's query; false when there was nothing to find. */
bool vs_hnsw_calibration_measure(VsHnswCalibration *calibration, VsHnswQuery *current,
                                 const VsHnswSearchStart *start, uint16_t ef[VS_HNSW_PRESETS]);

#ifdef __cplusplus
}
#endif

#endif
