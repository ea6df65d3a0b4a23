/* SPDX-License-Identifier: PostgreSQL
 *
 * build_parallel.c - builds with participants in other processes.
 *
 * Owns: what they share, and what the leader learns from them.  The block of nodes is a segment of
 * its own, created before parallel mode begins, inside a subtransaction: a small /dev/shm makes that
 * fail, and then the build goes on in one process.  Workers join as they start, as long as rows are being
 * loaded; those that come later find nothing to do.
 */
#include "postgres.h"

#include "access/tableam.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "storage/dsm.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"

#include "pg/build_workers.h"
#include "pg/hnsw/build.h"

/* Left free for the segment of the parallel context, whose creation nothing guards. */
#define RESERVE_BYTES (2 * 1024 * 1024)

/* What participants share outside of the block of nodes. */
typedef struct Contents
{
	HnswBuildShared shared;
	dsm_handle arena;
	/* a parallel table scan follows, aligned */
} Contents;

struct HnswParallelBuild
{
	VsBuildWorkers *workers;
	dsm_segment *arena;
	Snapshot snapshot;
};

PGDLLEXPORT void vs_hnsw_build_worker(dsm_segment *segment, shm_toc *toc);

/* After an error: go on without shared memory, unless the error was meant to end the command. */
static void
report_no_memory(Relation rel, ErrorData *error)
{
	if (ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION)
		ReThrowError(error);
	ereport(NOTICE,
			(errmsg("building index \"%s\" without parallel workers: not enough shared memory",
					RelationGetRelationName(rel)),
			 errdetail("%s", error->message),
			 errhint("Make more room for dynamic shared memory: on Linux in /dev/shm, for a container with its option for the size of shared memory.")));
	FreeErrorData(error);
}

/* A segment of so many bytes that lives until it is detached or the transaction fails, or NULL. */
static dsm_segment *
create_segment(Relation rel, Size bytes)
{
	ResourceOwner owner = CurrentResourceOwner;
	MemoryContext context = CurrentMemoryContext;
	dsm_segment *volatile segment = NULL;
	ErrorData *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	PG_TRY();
	{
		dsm_segment *reserve = dsm_create(RESERVE_BYTES, 0);

		segment = dsm_create(bytes, 0);
		dsm_detach(reserve);
		dsm_pin_mapping(segment); /* or it ends with the subtransaction */
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		segment = NULL;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	if (error != NULL)
		report_no_memory(rel, error);
	else
		dsm_unpin_mapping(segment);
	return segment;
}

static ParallelTableScanDesc
scan_of(Contents *contents)
{
	return (ParallelTableScanDesc) ((char *) contents + MAXALIGN(sizeof(Contents)));
}

static void
fill_contents(HnswParallelBuild *parallel, const HnswBuildShared *initial, Relation heap)
{
	Contents *contents = parallel->workers->shared;

	contents->shared = *initial;
	SharedFileSetInit(&contents->shared.files, parallel->workers->context->seg);
	contents->arena = dsm_segment_handle(parallel->arena);
	table_parallelscan_initialize(heap, scan_of(contents), parallel->snapshot);
}

/* Give up what hnsw_begin_parallel_build acquired, but for the workers. */
static void
release(HnswParallelBuild *parallel)
{
	if (IsMVCCSnapshot(parallel->snapshot))
		UnregisterSnapshot(parallel->snapshot);
	dsm_detach(parallel->arena);
}

HnswParallelBuild *
hnsw_begin_parallel_build(const HnswBuildShared *initial, Relation heap, Relation rel, int workers,
						  uint32 capacity, const VsHnswGeometry *geometry)
{
	HnswParallelBuild *parallel = palloc0(sizeof(HnswParallelBuild));

	parallel->arena = create_segment(rel, vs_hnsw_build_bytes(geometry, capacity));
	if (parallel->arena == NULL)
		return NULL;
	vs_hnsw_build_format(dsm_segment_address(parallel->arena), capacity);
	/* As in a serial build: all rows that some transaction may see, or those of one snapshot. */
	parallel->snapshot =
		initial->concurrent ? RegisterSnapshot(GetTransactionSnapshot()) : SnapshotAny;
	parallel->workers =
		vs_begin_build_workers("vs_hnsw_build_worker", workers,
							   add_size(MAXALIGN(sizeof(Contents)), table_parallelscan_estimate(heap, parallel->snapshot)));
	if (parallel->workers == NULL)
	{
		release(parallel);
		return NULL;
	}
	fill_contents(parallel, initial, heap);
	vs_launch_build_workers(parallel->workers);
	return parallel;
}

HnswBuildShared *
hnsw_parallel_shared(HnswParallelBuild *parallel)
{
	return &((Contents *) parallel->workers->shared)->shared;
}

void *
hnsw_parallel_arena(HnswParallelBuild *parallel)
{
	return dsm_segment_address(parallel->arena);
}

TableScanDesc
hnsw_parallel_scan(HnswParallelBuild *parallel, Relation heap)
{
	return table_beginscan_parallel(heap, scan_of(parallel->workers->shared));
}

void
hnsw_end_parallel_build(HnswParallelBuild *parallel, HnswBuildShared *result)
{
	vs_wait_for_build_workers(parallel->workers);
	memcpy(result, hnsw_parallel_shared(parallel), sizeof(HnswBuildShared));
	vs_end_build_workers(parallel->workers);
	release(parallel);
}

/* A worker's share of the build. */
static void
work(dsm_segment *segment, Contents *contents, const VsBuildRelations *relations)
{
	HnswBuildShared *shared = &contents->shared;
	dsm_segment *arena = dsm_attach(contents->arena);
	HnswBuild build = {.heap = relations->heap, .rel = relations->index, .info = relations->info, .shared = shared};

	if (arena == NULL)
		elog(ERROR, "could not map the memory of a parallel build");
	SharedFileSetAttach(&shared->files, segment);
	hnsw_join_build(&build, dsm_segment_address(arena));
	hnsw_take_part(&build, table_beginscan_parallel(relations->heap, scan_of(contents)));
	MemoryContextDelete(build.context);
	dsm_detach(arena);
}

/* What a worker runs. */
void
vs_hnsw_build_worker(dsm_segment *segment, shm_toc *toc)
{
	Contents *contents = vs_begin_build_work(toc);
	HnswBuildShared *shared = &contents->shared;

	if (BarrierAttach(&shared->barrier) == 0)
	{
		VsBuildRelations relations = vs_open_build_relations(shared->heap, shared->index, shared->concurrent);

		work(segment, contents, &relations);
		vs_close_build_relations(&relations);
	}
	BarrierDetach(&shared->barrier);
	vs_end_build_work(toc);
}
