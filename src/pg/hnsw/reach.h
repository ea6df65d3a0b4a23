/* SPDX-License-Identifier: PostgreSQL
 *
 * reach.h - which records links lead to.
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
	uint8 *in_links; /* by id: how many lists of level 0 lead there, HNSW_IN_LINKS_MAX for more */
} HnswReach;

#define HNSW_IN_LINKS_MAX 0xff

extern void hnsw_reach_create(HnswReach *reach, HnswIndex *index, BufferAccessStrategy strategy);
extern void hnsw_reach_from(HnswReach *reach, VsNodeId id);

#endif
