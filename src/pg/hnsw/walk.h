/* SPDX-License-Identifier: PostgreSQL
 *
 * walk.h - one pass over the pages of an index, and sets of node ids.
 *
 *     hnsw_walk_begin(&walk, rel, strategy);
 *     while (hnsw_walk_next(&walk))
 *         ... walk.page is share-locked; hnsw_walk_lock changes that ...
 */
#ifndef VECSTORE_PG_HNSW_WALK_H
#define VECSTORE_PG_HNSW_WALK_H

#include "storage/bufmgr.h"
#include "utils/rel.h"

#include "bridge/hnsw_page.h"

typedef struct HnswWalk
{
	Relation rel;
	BufferAccessStrategy strategy;
	BlockNumber blocks; /* length of the index when the walk began */
	BlockNumber block;	/* the page at hand */
	Buffer buffer;
	Page page;
	int lock; /* BUFFER_LOCK_* held on buffer */
} HnswWalk;

extern void hnsw_walk_begin(HnswWalk *walk, Relation rel, BufferAccessStrategy strategy);
extern bool hnsw_walk_next(HnswWalk *walk);
extern void hnsw_walk_end(HnswWalk *walk);
extern void hnsw_walk_lock(HnswWalk *walk, int lock);

/* More slots than any node page has. */
#define HNSW_MAX_SLOTS (VS_PAGE_BYTES / VS_RECORD_HEADER_BYTES)

/*
 * A set of node ids, or other numbers, one bit each.  Ids from the capacity on, those of pages
 * added later, are never members and are ignored when added.
 */
typedef struct HnswNodeSet
{
	uint64 *words;
	uint64 ids; /* capacity */
} HnswNodeSet;

extern uint64 hnsw_id_limit(const VsHnswGeometry *geometry, BlockNumber blocks);
extern void hnsw_set_create(HnswNodeSet *set, uint64 ids);
extern void hnsw_set_free(HnswNodeSet *set);

static inline bool
hnsw_set_has(const HnswNodeSet *set, VsNodeId id)
{
	return id < set->ids && (set->words[id / 64] >> (id % 64) & 1) != 0;
}

/* False when the id was a member before, or cannot be one. */
static inline bool
hnsw_set_add(HnswNodeSet *set, VsNodeId id)
{
	if (id >= set->ids || hnsw_set_has(set, id))
		return false;
	set->words[id / 64] |= UINT64CONST(1) << (id % 64);
	return true;
}

/* True when the set has a record on this block. */
static inline bool
hnsw_set_has_block(const HnswNodeSet *set, const VsHnswGeometry *geometry, BlockNumber block)
{
	for (uint32 slot = 0; slot < geometry->slots_per_page; slot++)
		if (hnsw_set_has(set, vs_make_node_id(geometry, block, slot)))
			return true;
	return false;
}

static inline void
hnsw_set_remove(HnswNodeSet *set, VsNodeId id)
{
	if (id < set->ids)
		set->words[id / 64] &= ~(UINT64CONST(1) << (id % 64));
}

#endif
