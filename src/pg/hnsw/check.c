/* SPDX-License-Identifier: PostgreSQL
 *
 * check.c - vecstore.check_index: is an hnsw index sound?
 *
 * Owns: the order of the checks, their report, and under whose rights expressions of the index
 * run.
 *
 * The check reads like a query: AccessShareLock on table and index, content locks one page at a
 * time. Inserts and scans may run meanwhile: what looks wrong because it is newer than the walk is
 * read again before it is reported.  A VACUUM at the same time may cause false warnings about
 * reachability.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "pg/access_method.h"
#include "pg/bm25/check.h"
#include "pg/hnsw/check.h"
#include "pg/hnsw/inspect.h"

/* A broken index may have millions of problems; this many are reported one by one. */
#define MAX_REPORTS 1000

static void
put_row(HnswCheck *check, HnswSeverity severity, const char *location, const char *problem)
{
	static const char *const names[] = {"info", "warning", "error"};
	Datum values[3];
	bool nulls[3] = {false};

	values[0] = CStringGetTextDatum(names[severity]);
	values[1] = CStringGetTextDatum(location);
	values[2] = CStringGetTextDatum(problem);
	tuplestore_putvalues(check->result, check->descriptor, values, nulls);
}

/* No content lock is held: the result may go to disk. */
void
hnsw_report(HnswCheck *check, HnswSeverity severity, const char *location, const char *format, ...)
{
	char problem[512];
	va_list args;

	if (severity > HNSW_INFO && check->problems++ >= MAX_REPORTS)
		return;
	va_start(args, format);
	vsnprintf(problem, sizeof(problem), format, args);
	va_end(args);
	put_row(check, severity, location, problem);
}

const char *
hnsw_block_name(BlockNumber block)
{
	return psprintf("block %u", block);
}

const char *
hnsw_node_name(const HnswCheck *check, VsNodeId id)
{
	const VsHnswGeometry *geometry = &check->index->geometry;

	return psprintf("node %u (block %u, slot %u)", id, vs_node_block(geometry, id),
					vs_node_slot(geometry, id));
}

const char *
hnsw_row_name(const ItemPointerData *tid)
{
	return psprintf("row (%u,%u)", ItemPointerGetBlockNumberNoCheck(tid),
					ItemPointerGetOffsetNumberNoCheck(tid));
}

/* Wait until the nodes that the walk saw are linked: inserts hold the gate to their last write. */
static void
wait_for_inserts(HnswCheck *check)
{
	LockPage(check->index->rel, VS_HNSW_META_BLOCK, ExclusiveLock);
	UnlockPage(check->index->rel, VS_HNSW_META_BLOCK, ExclusiveLock);
}

static void
report_totals(HnswCheck *check)
{
	if (check->tombstones > 0)
		hnsw_report(check, HNSW_INFO, "index",
					INT64_FORMAT " records without heap rows wait for VACUUM", check->tombstones);
	if (check->problems > MAX_REPORTS)
		put_row(check, HNSW_WARNING, "index",
				psprintf(INT64_FORMAT " further problems are not listed", check->problems - MAX_REPORTS));
}

/* The snapshot is taken first, so that every row it sees was in the index before the walk. */
static void
check_index(HnswCheck *check, Relation rel)
{
	Snapshot snapshot = RegisterSnapshot(GetTransactionSnapshot());

	if (hnsw_check_meta(check, rel))
	{
		check->index = hnsw_open_index(rel, CurrentMemoryContext);
		hnsw_begin_rows(check);
		hnsw_check_pages(check);
		wait_for_inserts(check);
		hnsw_check_cells(check);
		hnsw_check_graph(check);
		hnsw_check_rows(check, snapshot);
		hnsw_close_index(check->index);
	}
	report_totals(check);
	UnregisterSnapshot(snapshot);
}

PG_FUNCTION_INFO_V1(vs_check_index);
PGDLLEXPORT Datum
vs_check_index(PG_FUNCTION_ARGS)
{
	HnswCheck check = {0};
	Relation rel;
	VsOwnerRights before;

	if (bm25_check_index(fcinfo))
		return (Datum) 0;
	rel = hnsw_inspect_open(PG_GETARG_OID(0), &check.heap);
	if (!rel->rd_index->indisvalid)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("index \"%s\" is not valid", RelationGetRelationName(rel)),
				 errhint("Its build did not finish. REINDEX the index, or drop it.")));
	InitMaterializedSRF(fcinfo, 0);
	check.result = ((ReturnSetInfo *) fcinfo->resultinfo)->setResult;
	check.descriptor = ((ReturnSetInfo *) fcinfo->resultinfo)->setDesc;

	vs_assume_owner(&before, check.heap);
	check_index(&check, rel);
	vs_resume_user(&before);
	hnsw_inspect_close(rel, check.heap);
	return (Datum) 0;
}
