/* SPDX-License-Identifier: PostgreSQL
 *
 * build_workers.h - parallel workers of a CREATE INDEX.
 *
 * The leader begins, fills the shared memory, launches, does its own part of the work, waits, reads the result
 * and ends.  An error ends everything with the transaction.
 */
#ifndef VECSTORE_PG_BUILD_WORKERS_H
#define VECSTORE_PG_BUILD_WORKERS_H

#include "access/parallel.h"
#include "executor/instrument.h"
#include "nodes/execnodes.h"
#include "utils/rel.h"

typedef struct VsBuildWorkers
{
	ParallelContext *context;
	void *shared; /* shared_bytes, zeroed */
	BufferUsage *buffer_usage;
	WalUsage *wal_usage;
	bool launched;
} VsBuildWorkers;

/* Workers that will run a function of the library.  NULL: there is no shared memory, go on without. */
extern VsBuildWorkers *vs_begin_build_workers(const char *function, int workers, Size shared_bytes);
/* The number of workers that were to be had.  Again, after waiting, for a second step. */
extern int vs_launch_build_workers(VsBuildWorkers *workers);
extern void vs_wait_for_build_workers(VsBuildWorkers *workers);
extern void vs_end_build_workers(VsBuildWorkers *workers);

/* In a worker, before and after its work; the shared memory. */
extern void *vs_begin_build_work(shm_toc *toc);
extern void vs_end_build_work(shm_toc *toc);

/* Table and index as a worker opens them, with the locks of the leader, which is of the same lock group. */
typedef struct VsBuildRelations
{
	Relation heap, index;
	IndexInfo *info;
} VsBuildRelations;
extern VsBuildRelations vs_open_build_relations(Oid heap, Oid index, bool concurrent);
extern void vs_close_build_relations(const VsBuildRelations *relations);

#endif
