/* SPDX-License-Identifier: PostgreSQL
 *
 * vacuum.h - what the phases of a vacuum share.
 */
#ifndef VECSTORE_PG_HNSW_VACUUM_H
#define VECSTORE_PG_HNSW_VACUUM_H

#include "commands/vacuum.h"

#include "pg/hnsw/hnsw.h"
#include "pg/hnsw/walk.h"

/* A record above level 0, and the level-0 record of the same node. */
typedef struct HnswUpper
{
	VsNodeId id;
	VsNodeId base;
	int level;
} HnswUpper;

/*
 * One vacuum of one index.  Memory: 2 bits a slot, 12 bytes for each record above level 0 (3 % of
 * the nodes), 4 bytes a page of postings; the repair takes another bit a slot, and the check of
 * what searches reach 2 bits and 1 byte.
 */
typedef struct HnswVacuum
{
	IndexVacuumInfo *info;
	IndexBulkDeleteResult *stats;
	IndexBulkDeleteCallback callback; /* NULL when there are no dead rows */
	void *callback_state;
	HnswIndex *index;

	HnswNodeSet live;		/* nodes (records of level 0) with rows */
	HnswNodeSet tombstones; /* records of all levels, of this vacuum and of interrupted ones */
	uint64 tombstone_count;
	HnswUpper *uppers; /* by rising id */
	int64 upper_count;
	int64 upper_capacity;
	BlockNumber *posting_pages; /* rising */
	int64 posting_page_count;
	int64 posting_page_capacity;
	VsNodeId entry; /* a live record of the highest level, VS_NO_NODE while none was seen */
	int entry_level;
} HnswVacuum;

/* sweep.c: remove dead rows; nodes left without rows become tombstones */
extern void hnsw_sweep(HnswVacuum *vacuum);

/* sweep_postings.c: rows in posting cells; the page of the node is locked */
extern bool hnsw_chain_look(HnswVacuum *vacuum, VsNodeId id, const VsHnswRecord *node);
extern void hnsw_chain_shorten(HnswVacuum *vacuum, Buffer node_buffer, VsNodeId id);
extern void hnsw_note_posting_page(HnswVacuum *vacuum, BlockNumber block);
extern void hnsw_list_free_cells(HnswVacuum *vacuum);

/* repair.c: take the tombstones out of all lists */
extern void hnsw_repair(HnswVacuum *vacuum);

#endif
