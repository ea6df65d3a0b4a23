/* SPDX-License-Identifier: PostgreSQL
 *
 * build.h - what the files of the build share: build.c (a participant's work), build_sample.c (what is
 * known of the rows before they are read), build_parallel.c (participants in other processes),
 * build_parts.c (nodes that do not fit the memory).
 */
#ifndef VECSTORE_PG_HNSW_BUILD_H
#define VECSTORE_PG_HNSW_BUILD_H

#include "access/tableam.h"
#include "port/atomics.h"
#include "storage/barrier.h"
#include "storage/dsm.h"
#include "storage/sharedfileset.h"
#include "storage/spin.h"

#include "pg/hnsw/build_spill.h"
#include "pg/hnsw/hnsw.h"

/* What all participants share besides the block of nodes. */
typedef struct HnswBuildShared
{
	Oid heap;
	Oid index;
	bool concurrent;
	uint32 capacity;		 /* nodes the block has room for */
	Barrier barrier;		 /* phase 0: rows are being loaded, participants may still join */
	pg_atomic_uint32 outgrown; /* set when a row found no room */
	pg_atomic_uint64 rows;	 /* indexed so far */
	pg_atomic_uint64 next_page; /* to be filled or logged by whoever comes first */

	/* Building in parts. */
	SharedFileSet files; /* rows of workers that found no room */
	pg_atomic_uint32 spill_files; /* how many files these are */
	int part_task; /* what is to be done together next */
	uint32 upper_capacity; /* records above level 0 that the block has room for */

	slock_t mutex;			 /* protects what follows */
	double heap_tuples;		 /* live rows that ended scans saw */
	bool broken_hot_chain;
} HnswBuildShared;

/* One participant. */
typedef struct HnswBuild
{
	Relation heap;
	Relation rel;
	IndexInfo *info;
	HnswBuildShared *shared;
	bool leader;
	MemoryContext context;	   /* everything of this build */
	MemoryContext row_context; /* reset for every row */
	HnswIndex *index;		   /* the new index, opened without WAL */
	VsHnswBuildHost build_host;
	VsHnswBuilder *builder;
	VsHnswRecord *record;	   /* scratch: header and code */
	HnswSpill overflow;		   /* rows that found no room */
} HnswBuild;

/* What a sample of the heap tells about its rows. */
typedef struct HnswHeapSample
{
	bool has_mean;
	float *mean;	 /* of the vectors, in code space */
	double max_rows; /* an estimate that is hardly ever too low */
} HnswHeapSample;

typedef struct HnswParallelBuild HnswParallelBuild;

/* build.c */
/* Get ready to take part: opens the index, whose meta page and centroid are written. */
extern void hnsw_join_build(HnswBuild *build, void *arena);
/* Load, link and write together with the others; `scan` is NULL when there are none. */
extern void hnsw_take_part(HnswBuild *build, TableScanDesc scan);

/* Begin a phase, and report how far it is. */
extern void hnsw_begin_build_phase(int phase, double total);
extern void hnsw_report_build_progress(uint64 done);
/* Wait for all participants. */
extern void hnsw_build_synchronize(HnswBuild *build);
/* Append the builder's node pages to the relation, whose length is first_block; everybody's. */
extern void hnsw_write_node_pages(HnswBuild *build, BlockNumber first_block, uint32 pages);
/* Write the heap rows beyond the first of the builder's nodes. */
extern void hnsw_write_duplicates(HnswBuild *build);

/* build_parts.c */
/* Keep a row that found no room in the block; its record has its level. */
extern void hnsw_spill_row(HnswBuild *build, const VsHnswRecord *record);
/* At the end of a participant's scan. */
extern void hnsw_hand_over_rows(HnswBuild *build);
/* Link and write all rows, in the block and spilled.  Everybody comes here. */
extern void hnsw_build_in_parts(HnswBuild *build);

/* build_sample.c */
extern void hnsw_sample_heap(HnswIndex *index, Relation heap, IndexInfo *info, HnswHeapSample *sample);

/* build_parallel.c */
/*
 * Start workers on a copy of *initial, which nobody uses yet; NULL, with a notice, when there is not
 * enough shared memory.
 */
extern HnswParallelBuild *hnsw_begin_parallel_build(const HnswBuildShared *initial, Relation heap,
													Relation rel, int workers, uint32 capacity,
													const VsHnswGeometry *geometry);
extern HnswBuildShared *hnsw_parallel_shared(HnswParallelBuild *parallel);
extern void *hnsw_parallel_arena(HnswParallelBuild *parallel);
/* The leader's part of the scan. */
extern TableScanDesc hnsw_parallel_scan(HnswParallelBuild *parallel, Relation heap);
/* Wait for the workers, copy what is shared to *result, and leave parallel mode. */
extern void hnsw_end_parallel_build(HnswParallelBuild *parallel, HnswBuildShared *result);

#endif
