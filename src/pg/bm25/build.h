/* SPDX-License-Identifier: PostgreSQL
 *
 * build.h - CREATE INDEX: what its participants share, its steps, and its phases.
 *
 * Ranges of the table become parts (build_ranges.c): segments that lie in temporary files.  Parts become the one segment
 * of the index (build_merge.c): ranges of terms, called shares, are merged by all participants, and joined by
 * the leader.
 */
#ifndef VECSTORE_PG_BM25_BUILD_H
#define VECSTORE_PG_BM25_BUILD_H

#include "nodes/execnodes.h"
#include "port/atomics.h"
#include "storage/sharedfileset.h"
#include "storage/spin.h"
#include "utils/rel.h"

#include "pg/bm25/index.h"
#include "pg/bm25/writer.h"

/* As pg_stat_progress_create_index shows them. */
#define BM25_PHASE_LOAD 2
#define BM25_PHASE_INVERT 3
#define BM25_PHASE_MERGE 4
#define BM25_PHASE_WRITE 5
#define BM25_PHASE_WAIT 6

#define BM25_MAX_PARTICIPANTS 16
/* More are merged meanwhile; at least four of each range. */
#define BM25_MAX_PARTS 64
/* A share leaves three pages half empty, so a few for each participant are enough for all to end together. */
#define BM25_SHARES_EACH 2
#define BM25_MAX_SHARES (BM25_SHARES_EACH * BM25_MAX_PARTICIPANTS)

/* A segment that is not in the index. */
typedef struct BuildPart
{
	VsBm25Segment segment;
	uint32 number;		/* in the shared files */
	Bm25Writer *writer; /* NULL: it is in shared files */
} BuildPart;

typedef enum BuildTask
{
	BM25_BUILD_RANGE,
	BM25_BUILD_SHARE
} BuildTask;

/* What participants share; without workers it is the leader's own. */
typedef struct BuildShared
{
	Oid heap, index;
	bool concurrent;
	Size memory; /* of one participant, in bytes */
	BlockNumber heap_blocks;
	bool has_files; /* `files` is in use */
	SharedFileSet files;
	pg_atomic_uint32 next_number; /* of a part in them */
	BuildTask task;
	uint32 n_tasks;
	pg_atomic_uint32 next_task;
	pg_atomic_uint64 blocks_done; /* of the table, that were read */
	pg_atomic_uint64 documents_done;
	slock_t mutex; /* of what follows */
	bool broken_hot_chain;
	double heap_tuples;
	/* of each range */
	uint32 n_ranges;
	uint32 parts_per_range;
	uint32 n_parts[BM25_MAX_PARTICIPANTS];
	BuildPart parts[BM25_MAX_PARTS]; /* those of a range begin at its number times parts_per_range */
	/* of each share */
	VsBm25Split splits[BM25_MAX_SHARES];
	BuildPart shares[BM25_MAX_SHARES];
} BuildShared;

/* What a participant has. */
typedef struct Build
{
	Relation heap, index;
	IndexInfo *info;
	BuildShared *shared;
	bool leader;
	Bm25Weights weights;
	bool positions;
	MemoryContext context; /* of the inverter, or of a merge */
	MemoryContext row;	   /* of one row */
	VsBm25Inverter *inverter;
	uint32 range;
	BlockNumber next_block; /* of the range: those before it are counted */
	uint32 documents;		/* that are not counted yet */
} Build;

extern void bm25_report_phase(const Build *build, int phase);
extern void bm25_report_progress(const Build *build);

/* ---- build_ranges.c ---- */

extern void bm25_build_range(Build *build, uint32 range);

/* ---- build_merge.c ---- */

/* Parts being read together. */
typedef struct BuildInputs
{
	int n;
	BuildPart **parts;
	const VsBm25Segment **segments;
	Bm25Writer **writers;
	Bm25Reader *readers;
	VsBm25Source *sources;
} BuildInputs;

/* In memory that is the current context's. */
extern void bm25_open_parts(Build *build, BuildPart *const *parts, int n, BuildInputs *inputs);
extern void bm25_close_parts(BuildInputs *inputs);
/* A writer for a part, and the part when it is written. */
extern Bm25Writer *bm25_begin_part(Build *build, BuildPart *part);
extern void bm25_end_part(BuildPart *part, Bm25Writer *writer);
extern void bm25_drop_part(Build *build, BuildPart *part);
/* Cuts the terms of the parts in shares, the next tasks.  False: there is nothing to merge. */
extern bool bm25_plan_shares(Build *build, int participants);
extern void bm25_build_share(Build *build, uint32 share);
/* The one segment goes to the index.  False: there are no documents. */
extern bool bm25_place_parts(Build *build, VsBm25Segment *segment);

#endif
