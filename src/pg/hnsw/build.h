/* SPDX-License-Identifier: PostgreSQL
 *
 * build.h - what the files of the build share: build.c (a participant's work), build_sample.c (what is
 * known of the rows before they are read), build_parallel.c (participants in other processes).
 */
#ifndef VECSTORE_PG_HNSW_BUILD_H
#define VECSTORE_PG_HNSW_BUILD_H

#include "access/tableam.h"
#include "port/atomics.h"
#include "storage/barrier.h"
#include "storage/dsm.h"
#include "storage/spin.h"

#include "pg/hnsw/hnsw.h"

/* What all participants share besides the block of nodes. */
typedef struct HnswBuildShared
{
	Oid heap;
	Oid index;
	bool concurrent;
	uint64 bytes_wanted;	 /* of memory, for all rows there seem to be */
	Barrier barrier;		 /* phase 0: rows are being loaded, participants may still join */
	pg_atomic_uint32 outgrown; /* set when a row found no room */
	pg_atomic_uint64 rows;	 /* indexed so far */
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
	VsHnswBuilder *builder;	  /* NULL once its nodes are written */
	VsHnswInserter *inserter; /* once rows are inserted one by one */
	VsHnswRecord *record;	  /* scratch: header and code */
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
