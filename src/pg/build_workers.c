/* SPDX-License-Identifier: PostgreSQL
 *
 * build_workers.c - parallel workers of a CREATE INDEX.
 *
 * Owns: the parallel context, the text of the query, the usage of buffers and WAL, and the locks of workers.  What
 * they do, and what they share, is their access method's.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/index.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "tcop/tcopprot.h"

#include "pg/build_workers.h"

/* Keys of the table of contents. */
#define KEY_SHARED UINT64CONST(1)
#define KEY_QUERY UINT64CONST(2)
#define KEY_BUFFER_USAGE UINT64CONST(3)
#define KEY_WAL_USAGE UINT64CONST(4)

/* Zeroed memory that workers find under a key. */
static void *
add_content(ParallelContext *context, uint64 key, Size bytes)
{
	void *content = shm_toc_allocate(context->toc, bytes);

	memset(content, 0, bytes);
	shm_toc_insert(context->toc, key, content);
	return content;
}

VsBuildWorkers *
vs_begin_build_workers(const char *function, int n, Size shared_bytes)
{
	VsBuildWorkers *workers = palloc0(sizeof(VsBuildWorkers));
	Size query_bytes = debug_query_string != NULL ? strlen(debug_query_string) + 1 : 0;
	Size buffer_bytes = mul_size(sizeof(BufferUsage), n),
		 wal_bytes = mul_size(sizeof(WalUsage), n);
	ParallelContext *context;

	EnterParallelMode();
	context = workers->context = CreateParallelContext("$libdir/vecstore", function, n);
	shm_toc_estimate_chunk(&context->estimator, shared_bytes);
	shm_toc_estimate_chunk(&context->estimator, buffer_bytes);
	shm_toc_estimate_chunk(&context->estimator, wal_bytes);
	shm_toc_estimate_chunk(&context->estimator, query_bytes);
	shm_toc_estimate_keys(&context->estimator, 4);
	InitializeParallelDSM(context);
	if (context->seg == NULL)
	{
		/* All slots for segments are taken. */
		vs_end_build_workers(workers);
		return NULL;
	}
	workers->shared = add_content(context, KEY_SHARED, shared_bytes);
	workers->buffer_usage = add_content(context, KEY_BUFFER_USAGE, buffer_bytes);
	workers->wal_usage = add_content(context, KEY_WAL_USAGE, wal_bytes);
	if (query_bytes > 0)
		memcpy(add_content(context, KEY_QUERY, query_bytes), debug_query_string, query_bytes);
	return workers;
}

int
vs_launch_build_workers(VsBuildWorkers *workers)
{
	if (workers->launched)
		ReinitializeParallelDSM(workers->context);
	workers->launched = true;
	LaunchParallelWorkers(workers->context);
	return workers->context->nworkers_launched;
}

void
vs_wait_for_build_workers(VsBuildWorkers *workers)
{
	WaitForParallelWorkersToFinish(workers->context);
	for (int i = 0; i < workers->context->nworkers_launched; i++)
		InstrAccumParallelQuery(&workers->buffer_usage[i], &workers->wal_usage[i]);
}

void
vs_end_build_workers(VsBuildWorkers *workers)
{
	DestroyParallelContext(workers->context);
	ExitParallelMode();
	pfree(workers);
}

void *
vs_begin_build_work(shm_toc *toc)
{
	debug_query_string = shm_toc_lookup(toc, KEY_QUERY, true);
	pgstat_report_activity(STATE_RUNNING, debug_query_string);
	InstrStartParallelQuery();
	return shm_toc_lookup(toc, KEY_SHARED, false);
}

void
vs_end_build_work(shm_toc *toc)
{
	BufferUsage *buffer_usage = shm_toc_lookup(toc, KEY_BUFFER_USAGE, false);
	WalUsage *wal_usage = shm_toc_lookup(toc, KEY_WAL_USAGE, false);

	InstrEndParallelQuery(&buffer_usage[ParallelWorkerNumber], &wal_usage[ParallelWorkerNumber]);
}

static LOCKMODE
heap_lock(bool concurrent)
{
	return concurrent ? ShareUpdateExclusiveLock : ShareLock;
}

static LOCKMODE
index_lock(bool concurrent)
{
	return concurrent ? RowExclusiveLock : AccessExclusiveLock;
}

VsBuildRelations
vs_open_build_relations(Oid heap, Oid index, bool concurrent)
{
	VsBuildRelations relations;

	relations.heap = table_open(heap, heap_lock(concurrent));
	relations.index = index_open(index, index_lock(concurrent));
	relations.info = BuildIndexInfo(relations.index);
	relations.info->ii_Concurrent = concurrent;
	return relations;
}

void
vs_close_build_relations(const VsBuildRelations *relations)
{
	bool concurrent = relations->info->ii_Concurrent;

	index_close(relations->index, index_lock(concurrent));
	table_close(relations->heap, heap_lock(concurrent));
}
