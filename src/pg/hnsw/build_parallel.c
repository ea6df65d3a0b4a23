/* SPDX-License-Identifier: PostgreSQL
 *
 * build_parallel.c - builds with participants in other processes.
 *
 * Owns: shared memory, workers, and what the leader learns from them.  The block of nodes is a segment of
 * its own, created before parallel mode begins, inside a subtransaction: a small /dev/shm makes that
 * fail, and then the build goes on in one process.  Workers join as they start, as long as rows are being
 * loaded; those that come later find nothing to do.
 */
#include "postgres.h"

#include "access/parallel.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/index.h"
#include "executor/instrument.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/dsm.h"
#include "tcop/tcopprot.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"

#include "pg/hnsw/build.h"

/* Keys of the table of contents. */
#define KEY_SHARED UINT64CONST(1)
#define KEY_SCAN UINT64CONST(2)
#define KEY_QUERY UINT64CONST(3)
#define KEY_BUFFER_USAGE UINT64CONST(4)
#define KEY_WAL_USAGE UINT64CONST(5)
#define KEY_ARENA UINT64CONST(6)

/* Left free for the segment of the parallel context, whose creation nothing guards. */
#define RESERVE_BYTES (2 * 1024 * 1024)

struct HnswParallelBuild
{
	ParallelContext *context;
	dsm_segment *arena;
	HnswBuildShared *shared;
	ParallelTableScanDesc scan;
	Snapshot snapshot;
	BufferUsage *buffer_usage;
	WalUsage *wal_usage;
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

static void
estimate_contents(HnswParallelBuild *parallel, Relation heap)
{
	shm_toc_estimator *estimator = &parallel->context->estimator;
	int workers = parallel->context->nworkers;

	shm_toc_estimate_chunk(estimator, sizeof(HnswBuildShared));
	shm_toc_estimate_chunk(estimator, table_parallelscan_estimate(heap, parallel->snapshot));
	shm_toc_estimate_chunk(estimator, sizeof(dsm_handle));
	shm_toc_estimate_chunk(estimator, mul_size(sizeof(BufferUsage), workers));
	shm_toc_estimate_chunk(estimator, mul_size(sizeof(WalUsage), workers));
	shm_toc_estimate_keys(estimator, 5);
	if (debug_query_string != NULL)
	{
		shm_toc_estimate_chunk(estimator, strlen(debug_query_string) + 1);
		shm_toc_estimate_keys(estimator, 1);
	}
}

/* Zeroed memory that workers find under a key. */
static void *
add_content(HnswParallelBuild *parallel, uint64 key, Size bytes)
{
	void *content = shm_toc_allocate(parallel->context->toc, bytes);

	memset(content, 0, bytes);
	shm_toc_insert(parallel->context->toc, key, content);
	return content;
}

static void
add_contents(HnswParallelBuild *parallel, const HnswBuildShared *initial, Relation heap)
{
	int workers = parallel->context->nworkers;

	parallel->shared = add_content(parallel, KEY_SHARED, sizeof(HnswBuildShared));
	memcpy(parallel->shared, initial, sizeof(HnswBuildShared));
	SharedFileSetInit(&parallel->shared->files, parallel->context->seg);
	*(dsm_handle *) add_content(parallel, KEY_ARENA, sizeof(dsm_handle)) =
		dsm_segment_handle(parallel->arena);
	parallel->scan =
		add_content(parallel, KEY_SCAN, table_parallelscan_estimate(heap, parallel->snapshot));
	table_parallelscan_initialize(heap, parallel->scan, parallel->snapshot);
	parallel->buffer_usage =
		add_content(parallel, KEY_BUFFER_USAGE, mul_size(sizeof(BufferUsage), workers));
	parallel->wal_usage = add_content(parallel, KEY_WAL_USAGE, mul_size(sizeof(WalUsage), workers));
	if (debug_query_string != NULL)
		strcpy(add_content(parallel, KEY_QUERY, strlen(debug_query_string) + 1), debug_query_string);
}

/* Give up what hnsw_begin_parallel_build acquired. */
static void
leave_parallel_mode(HnswParallelBuild *parallel)
{
	if (IsMVCCSnapshot(parallel->snapshot))
		UnregisterSnapshot(parallel->snapshot);
	DestroyParallelContext(parallel->context);
	ExitParallelMode();
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
	EnterParallelMode();
	parallel->context = CreateParallelContext("$libdir/vecstore", "vs_hnsw_build_worker", workers);
	/* As in a serial build: all rows that some transaction may see, or those of one snapshot. */
	parallel->snapshot =
		initial->concurrent ? RegisterSnapshot(GetTransactionSnapshot()) : SnapshotAny;
	estimate_contents(parallel, heap);
	InitializeParallelDSM(parallel->context);
	if (parallel->context->seg == NULL)
	{
		/* All slots for segments are taken. */
		leave_parallel_mode(parallel);
		return NULL;
	}
	add_contents(parallel, initial, heap);
	LaunchParallelWorkers(parallel->context);
	return parallel;
}

HnswBuildShared *
hnsw_parallel_shared(HnswParallelBuild *parallel)
{
	return parallel->shared;
}

void *
hnsw_parallel_arena(HnswParallelBuild *parallel)
{
	return dsm_segment_address(parallel->arena);
}

TableScanDesc
hnsw_parallel_scan(HnswParallelBuild *parallel, Relation heap)
{
	return table_beginscan_parallel(heap, parallel->scan);
}

void
hnsw_end_parallel_build(HnswParallelBuild *parallel, HnswBuildShared *result)
{
	WaitForParallelWorkersToFinish(parallel->context);
	for (int i = 0; i < parallel->context->nworkers_launched; i++)
		InstrAccumParallelQuery(&parallel->buffer_usage[i], &parallel->wal_usage[i]);
	memcpy(result, parallel->shared, sizeof(HnswBuildShared));
	leave_parallel_mode(parallel);
}

/* A worker's share of the build; its relations are open. */
static void
work(dsm_segment *segment, shm_toc *toc, HnswBuildShared *shared, Relation heap, Relation rel)
{
	dsm_segment *arena = dsm_attach(*(dsm_handle *) shm_toc_lookup(toc, KEY_ARENA, false));
	ParallelTableScanDesc scan = shm_toc_lookup(toc, KEY_SCAN, false);
	HnswBuild build = {.heap = heap, .rel = rel, .shared = shared};

	if (arena == NULL)
		elog(ERROR, "could not map the memory of a parallel build");
	SharedFileSetAttach(&shared->files, segment);
	build.info = BuildIndexInfo(rel);
	build.info->ii_Concurrent = shared->concurrent;
	hnsw_join_build(&build, dsm_segment_address(arena));
	hnsw_take_part(&build, table_beginscan_parallel(heap, scan));
	MemoryContextDelete(build.context);
	dsm_detach(arena);
}

/* What a worker runs. */
void
vs_hnsw_build_worker(dsm_segment *segment, shm_toc *toc)
{
	HnswBuildShared *shared = shm_toc_lookup(toc, KEY_SHARED, false);
	BufferUsage *buffer_usage = shm_toc_lookup(toc, KEY_BUFFER_USAGE, false);
	WalUsage *wal_usage = shm_toc_lookup(toc, KEY_WAL_USAGE, false);
	/* Those of the leader, which is of the same lock group. */
	LOCKMODE heap_lock = shared->concurrent ? ShareUpdateExclusiveLock : ShareLock;
	LOCKMODE index_lock = shared->concurrent ? RowExclusiveLock : AccessExclusiveLock;
	Relation heap;
	Relation rel;

	debug_query_string = shm_toc_lookup(toc, KEY_QUERY, true);
	pgstat_report_activity(STATE_RUNNING, debug_query_string);
	if (BarrierAttach(&shared->barrier) == 0)
	{
		heap = table_open(shared->heap, heap_lock);
		rel = index_open(shared->index, index_lock);
		InstrStartParallelQuery();
		work(segment, toc, shared, heap, rel);
		InstrEndParallelQuery(&buffer_usage[ParallelWorkerNumber], &wal_usage[ParallelWorkerNumber]);
		index_close(rel, index_lock);
		table_close(heap, heap_lock);
	}
	BarrierDetach(&shared->barrier);
}
