/* SPDX-License-Identifier: PostgreSQL
 *
 * hnsw.h - what the files of the hnsw access method share.
 *
 * Lock order (src/core/hnsw/README.md): gate, extension lock, meta page, one node page, posting pages
 * of that node.  Nobody waits for a node page while holding another; link_back.c tries for some.
 */
#ifndef VECSTORE_PG_HNSW_H
#define VECSTORE_PG_HNSW_H

#include "access/amapi.h"
#include "access/genam.h"
#include "nodes/execnodes.h"
#include "storage/bufmgr.h"
#include "storage/itemptr.h"
#include "utils/rel.h"

#include "bridge/hnsw.h"
#include "bridge/vector.h"
#include "pg/page_edit.h"

#define HNSW_DEFAULT_M 16
#define HNSW_MIN_M 2
#define HNSW_MAX_M VS_HNSW_MAX_M
#define HNSW_DEFAULT_EF_CONSTRUCTION 64
#define HNSW_MIN_EF_CONSTRUCTION 4
#define HNSW_MAX_EF_CONSTRUCTION 1000
#define HNSW_MAX_EF_SEARCH 10000

/* Support function of an opclass: returns a pointer to a constant HnswOpclass. */
#define HNSW_OPCLASS_PROC 1

/* Phases of pg_stat_progress_create_index, after core's own. */
#define HNSW_PHASE_LOAD 2
#define HNSW_PHASE_LINK 3
#define HNSW_PHASE_WRITE 4
#define HNSW_PHASE_DIVIDE 5

typedef struct HnswOpclass
{
	VsMetric metric;
	VsElement element;
} HnswOpclass;

typedef struct HnswOptions
{
	int32 vl_len_; /* varlena header, do not touch */
	int m;
	int ef_construction;
	int ef_search; /* 0: from the preset */
	VsHnswStorage storage;
} HnswOptions;

/* Backend-local memory of where blocks were found in the buffer pool; see hints.h. */
typedef struct HnswHints HnswHints;

/*
 * An index opened for searching or writing: what the meta page says, and what is derived from it.
 * Lives in a memory context of its own; pages are reached through `host`, against `query`.
 */
typedef struct HnswIndex
{
	Relation rel;
	MemoryContext context;
	bool logged; /* changes are WAL-logged: false only during a build */
	VsMetric metric;
	VsElement element;
	VsHnswMeta meta; /* as of the last hnsw_refresh_meta, as is `blocks` */
	BlockNumber blocks; /* of the index; at least those that the meta page speaks of */
	VsHnswGeometry geometry;
	VsHnswSpace space;
	VsHnswQuery query;
	VsHnswHost host;
	HnswHints *hints;
	bool announce; /* ask for blocks ahead of reading them: effective_io_concurrency is not 0 */
	float *values; /* dims floats: the vector at hand */
	/* With sketches: the record of level 0 that read_node read last, its estimate, and scratch. */
	VsHnswRecord *node;
	float node_estimate;
	float *sketch_scratch;
} HnswIndex;

/* handler.c, opclass.c, cost.c */
extern bool hnsw_is_index(Relation rel);
extern bytea *hnsw_options(Datum reloptions, bool validate);
extern int hnsw_option_m(Relation index);
extern int hnsw_option_ef_construction(Relation index);
extern VsHnswStorage hnsw_option_storage(Relation index);
extern const HnswOpclass *hnsw_opclass(Relation index);
extern bool hnsw_validate(Oid opclassoid);
extern void hnsw_cost_estimate(struct PlannerInfo *root, struct IndexPath *path, double loop_count,
							   Cost *startup, Cost *total, Selectivity *selectivity,
							   double *correlation, double *pages);
extern int hnsw_preset_ef(const VsHnswMeta *meta, int preset);
extern int hnsw_effective_ef(const VsHnswMeta *meta, Relation index);

/* meta.c: block 0 and the centroid */
extern void hnsw_init_meta(VsHnswMeta *meta, Relation index, int dims);
extern void hnsw_write_new_meta(Relation index, ForkNumber fork, const VsHnswMeta *meta);
extern void hnsw_read_meta(Relation index, VsHnswMeta *meta);
/* Write the centroid's pages and set meta->centroid_*; the index is still being built. */
extern void hnsw_write_centroid(Relation index, VsHnswMeta *meta, const float *centroid);
extern void hnsw_read_centroid(Relation index, const VsHnswMeta *meta, float *centroid);
/* Replace block 0 of an index that is still being built. */
extern void hnsw_overwrite_meta(Relation index, const VsHnswMeta *meta);
/* Change the hint if it still is `expected`; false when somebody else changed it. */
extern bool hnsw_change_insert_block(HnswIndex *index, BlockNumber expected, BlockNumber block);
extern void hnsw_set_posting_block(HnswIndex *index, BlockNumber block);
/* Make *id the entry if the entry is still `expected`; false when somebody else changed it. */
extern bool hnsw_change_entry(HnswIndex *index, VsNodeId expected, VsNodeId id, int level);

/* Indexes with sketches have a version of their own. */
static inline uint16
hnsw_meta_version(VsHnswStorage storage)
{
	return storage == VS_STORAGE_SKETCH ? VS_HNSW_SKETCH_VERSION : VS_HNSW_VERSION;
}

static inline bool
hnsw_has_link(const VsNodeId *links, int count, VsNodeId id)
{
	for (int i = 0; i < count; i++)
		if (links[i] == id)
			return true;
	return false;
}

/* Level of a new node for the row at tid. */
static inline int
hnsw_level_of(const HnswIndex *index, ItemPointer tid)
{
	return vs_hnsw_level(index->meta.rotation_seed,
						 (uint64) ItemPointerGetBlockNumber(tid) << 16 |
							 ItemPointerGetOffsetNumber(tid));
}

/* access.c: pages to the core */
extern HnswIndex *hnsw_open_index(Relation rel, MemoryContext parent);
extern void hnsw_close_index(HnswIndex *index);
extern void hnsw_refresh_meta(HnswIndex *index);
extern Buffer hnsw_pin(HnswIndex *index, BlockNumber block);
/* Read the datum of an index column into index->values; checks the dimensions. */
extern void hnsw_take_vector(HnswIndex *index, Datum value);

/* page.c: slots */
extern void hnsw_init_page(Page page, VsPageKind kind, uint32 index_tag);
extern void hnsw_check_block(Relation index, BlockNumber block, int bits);

static inline VsHnswPageTail *
hnsw_page_tail(Page page)
{
	return (VsHnswPageTail *) ((char *) page + BLCKSZ - sizeof(VsHnswPageTail));
}

/* True for an initialised page of this kind. */
static inline bool
hnsw_page_is(Page page, VsPageKind kind)
{
	const VsHnswPageTail *tail = hnsw_page_tail(page);

	return tail->page_id == VS_HNSW_PAGE_ID && tail->kind == kind;
}

static inline VsHnswRecord *
hnsw_slot(const VsHnswGeometry *geometry, Page page, uint32 slot)
{
	return (VsHnswRecord *) ((char *) page + vs_slot_offset(geometry, slot));
}

extern VsNodeId hnsw_store_node(HnswIndex *index, VsHnswRecord *record, const VsNodeId *links);

/* sketches.c: what nodes know of their neighbours */
/* Write the sketches of the nodes behind `count` links, as `node` sees them, one after the other. */
extern void hnsw_make_sketches(HnswIndex *index, const VsHnswRecord *node, const VsNodeId *links,
							   int count, uint8 *sketches);
/* Make the sketches of a record of level 0, whole and not locked, fit its links. */
extern void hnsw_sketch_record(HnswIndex *index, VsHnswRecord *record);
/* Make all sketches of an index that is being built. */
extern void hnsw_sketch_index(HnswIndex *index);

/* True for records that have sketches. */
static inline bool
hnsw_has_sketches(const HnswIndex *index, int level)
{
	return index->geometry.sketch_bits > 0 && level == 0;
}

/* posting.c: nodes with several heap rows */
extern bool hnsw_add_heap_row(HnswIndex *index, VsNodeId id, const VsHnswRecord *record,
							  ItemPointer tid);
extern int hnsw_read_heap_rows(HnswIndex *index, VsNodeId id, ItemPointerData **tids, int *capacity);
extern VsHnswPosting *hnsw_posting(Page page, uint32 cell);
/* Where a walk along a chain has been, zeroed at its begin. */
typedef struct HnswChainMark
{
	uint32 cell;
	uint32 steps;
} HnswChainMark;
extern bool hnsw_chain_cycles(HnswChainMark *mark, uint32 cell);
extern VsHnswPosting *hnsw_chain_cell(Relation rel, Page page, uint32 cell, VsNodeId id,
									  HnswChainMark *mark);
#define hnsw_posting_block(cell) ((BlockNumber) ((cell) >> VS_POSTING_SLOT_BITS))
#define hnsw_posting_slot(cell) ((cell) & ((1 << VS_POSTING_SLOT_BITS) - 1))

/* link_back.c: links to a new node */
extern void hnsw_link_back(HnswIndex *index, VsHnswInserter *inserter, const VsHnswRecord *record,
						   const VsNodeId *ids, int level);
extern bool hnsw_write_link(HnswIndex *index, VsNodeId from, const VsHnswNode *seen, int position,
							VsNodeId to);

/* insert.c */
extern void hnsw_search_place(HnswIndex *index, VsHnswInserter *inserter, const VsHnswRecord *record,
							  int level, bool stop_at_same);
extern void hnsw_insert_record(HnswIndex *index, VsHnswInserter *inserter, VsHnswRecord *record);
extern bool hnsw_insert(Relation rel, Datum *values, bool *isnull, ItemPointer tid, Relation heap,
						IndexUniqueCheck unique, bool unchanged, struct IndexInfo *info);

/* build.c */
extern IndexBuildResult *hnsw_build(Relation heap, Relation rel, struct IndexInfo *info);
extern void hnsw_build_empty(Relation rel);

/* scan.c */
extern IndexScanDesc hnsw_begin_scan(Relation rel, int nkeys, int norderbys);
extern void hnsw_rescan(IndexScanDesc scan, ScanKey keys, int nkeys, ScanKey orderbys, int norderbys);
extern bool hnsw_get_tuple(IndexScanDesc scan, ScanDirection direction);
extern void hnsw_end_scan(IndexScanDesc scan);

/* vacuum.c */
extern IndexBulkDeleteResult *hnsw_bulk_delete(IndexVacuumInfo *info, IndexBulkDeleteResult *stats,
											   IndexBulkDeleteCallback callback, void *state);
extern IndexBulkDeleteResult *hnsw_vacuum_cleanup(IndexVacuumInfo *info, IndexBulkDeleteResult *stats);

#endif
