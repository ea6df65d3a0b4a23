/* SPDX-License-Identifier: PostgreSQL
 *
 * build_parts.h - what the steps of a build in parts share; build_parts.c has their order.
 */
#ifndef VECSTORE_PG_HNSW_BUILD_PARTS_H
#define VECSTORE_PG_HNSW_BUILD_PARTS_H

#include "pg/hnsw/build.h"

/* Rows or nodes that are handled together, a panel's group. */
#define HNSW_PART_BATCH 16

/* A node in the file of a part. */
typedef struct HnswMember
{
	VsNodeId id;
	uint16 choices[VS_HNSW_MAX_CHOICES];
} HnswMember;

/* One part's files, and where its nodes are at home. */
typedef struct HnswPart
{
	HnswSpill homes; /* rows: record, choices */
	HnswSpill members;
	HnswSpill lists;
	VsNodeId first_id; /* VS_NO_NODE when nobody is at home */
	VsNodeId last_id;
} HnswPart;

/* The leader's view of the build. */
typedef struct HnswPartBuild
{
	HnswBuild *build;
	VsHnswPlan *plan;
	HnswPart *parts;
	uint32 part_count;
	HnswSpill *rows;
	int row_files;
	uint64 row_count;
	HnswSpill uppers; /* records of nodes above level 0; heap_tid is their id */
	uint64 on_level[VS_HNSW_MAX_LEVEL + 1];
	uint32 capacity; /* of the block */
	int fanout;
	Size record_bytes;
	Size home_bytes;
	Buffer buffer; /* the node page being filled; locked while nodes are written */
	BlockNumber block;
	uint32 slot;
	uint8 *home;   /* scratch: a row and its choices */
	uint8 *held;   /* rows that are kept back as queries */
	uint32 held_count;
	uint32 held_wanted;
} HnswPartBuild;

/* build_divide.c: divide and place */
extern void hnsw_divide_rows(HnswPartBuild *parts);
extern void hnsw_place_part(HnswPartBuild *parts, HnswPart *part);

/* build_finish.c: calibrate and connect; the graph is on its pages */
extern void hnsw_finish_parts(HnswPartBuild *parts);

#endif
