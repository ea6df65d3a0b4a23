/* SPDX-License-Identifier: PostgreSQL
 *
 * check.h - what the parts of vecstore.check_index share.
 */
#ifndef VECSTORE_PG_HNSW_CHECK_H
#define VECSTORE_PG_HNSW_CHECK_H

#include "utils/tuplesort.h"
#include "utils/tuplestore.h"

#include "pg/hnsw/hnsw.h"
#include "pg/hnsw/walk.h"

typedef enum HnswSeverity
{
	HNSW_INFO,
	HNSW_WARNING,
	HNSW_ERROR
} HnswSeverity;

/* What the walk over the pages found in a slot: level, and these flags. */
#define HNSW_SLOT_USED 0x80
#define HNSW_SLOT_TOMBSTONE 0x40
#define HNSW_SLOT_POSTINGS 0x20
#define HNSW_SLOT_LEVEL 0x0f

/*
 * Memory: 1 byte a slot and 1 bit a posting cell, 1.25 bytes a slot more while links are followed; the
 * rows are sorted within maintenance_work_mem.
 */
typedef struct HnswCheck
{
	Relation heap;
	HnswIndex *index;
	Tuplestorestate *result;
	TupleDesc descriptor;
	int64 problems;

	BlockNumber blocks; /* when the walk began; what came later is not checked */
	uint8 *slots;		/* by node id */
	HnswNodeSet cells;	/* posting cells that chains led to */
	int64 tombstones;
	Tuplesortstate *rows;
} HnswCheck;

/* check.c: add a row to the result */
extern void hnsw_report(HnswCheck *check, HnswSeverity severity, const char *location,
						const char *format, ...) pg_attribute_printf(4, 5);
/* Names of places, for reports. */
extern const char *hnsw_block_name(BlockNumber block);
extern const char *hnsw_node_name(const HnswCheck *check, VsNodeId id);
extern const char *hnsw_row_name(const ItemPointerData *tid);

/* What is known of a node; 0 when the id is that of no node, or of a later one. */
static inline uint8
hnsw_slot_state(const HnswCheck *check, VsNodeId id)
{
	BlockNumber block = vs_node_block(&check->index->geometry, id);

	return block < check->blocks ? check->slots[id] : 0;
}

/* check_pages.c: the meta page, and every page by itself */
extern bool hnsw_check_meta(HnswCheck *check, Relation rel);
extern void hnsw_check_pages(HnswCheck *check);

/* check_postings.c: chains of posting cells */
extern void hnsw_check_chain(HnswCheck *check, VsNodeId id);
extern void hnsw_check_cells(HnswCheck *check);

/* check_graph.c: links, levels, entry, reachability */
extern void hnsw_check_graph(HnswCheck *check);

/* check_rows.c: the rows of the index against those of the table */
extern void hnsw_begin_rows(HnswCheck *check);
extern void hnsw_add_index_row(HnswCheck *check, const uint8 tid[6]);
extern void hnsw_check_rows(HnswCheck *check, Snapshot snapshot);

#endif
