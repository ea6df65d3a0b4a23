/* SPDX-License-Identifier: PostgreSQL
 *
 * probe.c - vecstore.probe_cost: what reading one node costs on this server.
 *
 * Owns: a benchmark of the ways to reach a page, in the live backend: random nodes, each found and
 * its distance estimated.  The last is what searches do (access.c).  Every way runs over its
 * own random nodes, so that none finds the records of another in the processor's cache.
 */
#include "postgres.h"

#include "common/pg_prng.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "portability/instr_time.h"
#include "utils/builtins.h"

#include "pg/hnsw/hnsw.h"
#include "pg/hnsw/inspect.h"

#define BATCH 32

typedef void (*ProbeBatch)(HnswIndex *index, const VsNodeId *ids, int n, float *estimates);

static float
estimate_node(HnswIndex *index, Buffer buffer, VsNodeId id)
{
	return vs_hnsw_estimate(&index->query, hnsw_slot(&index->geometry, BufferGetPage(buffer),
													 vs_node_slot(&index->geometry, id)));
}

static void
probe_by_mapping(HnswIndex *index, const VsNodeId *ids, int n, float *estimates)
{
	for (int i = 0; i < n; i++)
	{
		Buffer buffer = ReadBuffer(index->rel, vs_node_block(&index->geometry, ids[i]));

		estimates[i] = estimate_node(index, buffer, ids[i]);
		ReleaseBuffer(buffer);
	}
}

static void
probe_locked(HnswIndex *index, const VsNodeId *ids, int n, float *estimates)
{
	for (int i = 0; i < n; i++)
	{
		Buffer buffer = ReadBuffer(index->rel, vs_node_block(&index->geometry, ids[i]));

		LockBuffer(buffer, BUFFER_LOCK_SHARE);
		estimates[i] = estimate_node(index, buffer, ids[i]);
		UnlockReleaseBuffer(buffer);
	}
}

static void
probe_by_hint(HnswIndex *index, const VsNodeId *ids, int n, float *estimates)
{
	for (int i = 0; i < n; i++)
	{
		Buffer buffer = hnsw_pin(index, vs_node_block(&index->geometry, ids[i]));

		estimates[i] = estimate_node(index, buffer, ids[i]);
		ReleaseBuffer(buffer);
	}
}

static void
probe_in_batches(HnswIndex *index, const VsNodeId *ids, int n, float *estimates)
{
	index->host.score(index, ids, n, estimates);
}

static const struct
{
	const char *name;
	ProbeBatch run;
} probe_ways[] = {
	{"buffer mapping and share lock", probe_locked},
	{"buffer mapping", probe_by_mapping},
	{"hint", probe_by_hint},
	{"hint, no pin, batches of 32 prefetched", probe_in_batches},
};

/* Nanoseconds a probe, the choice of nodes left out. */
static double
time_probes(HnswIndex *index, BlockNumber first, BlockNumber blocks, int64 probes, ProbeBatch run)
{
	instr_time total;
	VsNodeId ids[BATCH];
	float estimates[BATCH];

	INSTR_TIME_SET_ZERO(total);
	for (int64 done = 0; done < probes; done += BATCH)
	{
		instr_time start;
		instr_time end;

		for (int i = 0; i < BATCH; i++)
			ids[i] = vs_make_node_id(
				&index->geometry,
				first + pg_prng_uint64_range(&pg_global_prng_state, 0, blocks - first - 1),
				pg_prng_uint64_range(&pg_global_prng_state, 0, index->geometry.slots_per_page - 1));
		CHECK_FOR_INTERRUPTS();
		INSTR_TIME_SET_CURRENT(start);
		run(index, ids, BATCH, estimates);
		INSTR_TIME_SET_CURRENT(end);
		INSTR_TIME_ACCUM_DIFF(total, end, start);
	}
	return INSTR_TIME_GET_DOUBLE(total) * 1e9 / Max(probes, 1);
}

PG_FUNCTION_INFO_V1(vs_probe_cost);
Datum
vs_probe_cost(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	int64 probes = PG_GETARG_INT32(1);
	Relation heap;
	Relation rel = hnsw_inspect_open(PG_GETARG_OID(0), &heap);
	HnswIndex *index = hnsw_open_index(rel, CurrentMemoryContext);
	BlockNumber blocks = RelationGetNumberOfBlocks(rel);
	BlockNumber first = 1 + index->meta.centroid_pages;

	InitMaterializedSRF(fcinfo, 0);
	if (blocks > first && probes > 0)
	{
		/* Everything into the buffer pool and into the hints, as after a while of searching. */
		for (BlockNumber block = first; block < blocks; block++)
			for (int i = 0; i < 2; i++)
				ReleaseBuffer(hnsw_pin(index, block));
		for (int way = 0; way < lengthof(probe_ways); way++)
		{
			Datum values[2];
			bool nulls[2] = {false, false};

			values[0] = CStringGetTextDatum(probe_ways[way].name);
			values[1] = Float8GetDatum(time_probes(index, first, blocks, probes, probe_ways[way].run));
			tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		}
	}
	hnsw_close_index(index);
	hnsw_inspect_close(rel, heap);
	return (Datum) 0;
}
