/* SPDX-License-Identifier: PostgreSQL
 *
 * reach.h - which records links lead to, and links to those that none leads to.
 */
#ifndef VECSTORE_PG_HNSW_REACH_H
#define VECSTORE_PG_HNSW_REACH_H

#include "pg/hnsw/hnsw.h"
#include "pg/hnsw/walk.h"

/* Memory: 2 bits and 1 byte a slot. */
typedef struct HnswReach
{
	HnswIndex *index;
	BufferAccessStrategy strategy;
	HnswNodeSet reached; /* records of all levels */
	HnswNodeSet pending; /* those whose links were not followed yet */
	BlockNumber low;	 /* of the pending records */
	BlockNumber high;
	uint8 *from;		 /* by id: a hash of the record that led there first */
} HnswReach;

extern void hnsw_reach_create(HnswReach *reach, HnswIndex *index, BufferAccessStrategy strategy);

/* Add all records that links lead to from record `id`, to which a link leads from record `from`. */
extern void hnsw_reach_from(HnswReach *reach, VsNodeId from, VsNodeId id);

/*
 * False when the link is not needed for reaching what is reached: those by which records were
 * reached first form a tree.  One in 256 of the others counts as needed, too.
 */
extern bool hnsw_reach_needs(const HnswReach *reach, VsNodeId from, VsNodeId id);

/* connect.c: link to those of the nodes, all of level 0, that searches cannot reach. */
extern void hnsw_connect(HnswIndex *index, BufferAccessStrategy strategy, const HnswNodeSet *nodes);

#endif
