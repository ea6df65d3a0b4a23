/* SPDX-License-Identifier: PostgreSQL
 *
 * stats.c - vecstore.index_stats: what is in an hnsw index.
 *
 * Owns: the counts, taken in one pass over the pages.  Inserts and a vacuum may run meanwhile;
 * then the figures are those of no single moment.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"

#include "pg/hnsw/hnsw.h"
#include "pg/hnsw/inspect.h"
#include "pg/hnsw/walk.h"

/* Columns of the result, in order. */
typedef enum StatsColumn
{
	STATS_ROWS,
	STATS_NODES,
	STATS_DIMENSIONS,
	STATS_METRIC,
	STATS_M,
	STATS_EF_CONSTRUCTION,
	STATS_PAGES,
	STATS_INDEX_BYTES,
	STATS_BYTES_PER_VECTOR,
	STATS_LEVELS,
	STATS_AVERAGE_DEGREE,
	STATS_DEAD_SHARE,
	STATS_DUPLICATES,
	STATS_CODE,
	STATS_CALIBRATION,
	STATS_STORAGE,
	STATS_COLUMNS
} StatsColumn;

typedef struct Counts
{
	int64 rows;
	int64 nodes;	  /* live, level 0 */
	int64 links;	  /* of these */
	int64 records;	  /* slots in use, all levels */
	int64 tombstones; /* of these */
	int levels;
} Counts;

static void
count_nodes(const VsHnswGeometry *geometry, Page page, Counts *counts)
{
	for (uint32 slot = 0; slot < geometry->slots_per_page; slot++)
	{
		const VsHnswRecord *record = hnsw_slot(geometry, page, slot);

		if ((record->flags & VS_NODE_USED) == 0)
			continue;
		counts->records++;
		counts->levels = Max(counts->levels, record->level + 1);
		if (record->flags & VS_NODE_TOMBSTONE)
			counts->tombstones++;
		else if (record->level == 0)
		{
			counts->nodes++;
			counts->links += record->degree;
			counts->rows += ItemPointerIsValid((const ItemPointerData *) record->heap_tid);
		}
	}
}

static void
count_postings(Page page, Counts *counts)
{
	for (uint32 slot = 0; slot < VS_POSTINGS_PER_PAGE; slot++)
		if (hnsw_posting(page, slot)->owner != VS_NO_NODE)
			counts->rows += hnsw_posting(page, slot)->count;
}

static void
count_index(const HnswIndex *index, Counts *counts)
{
	HnswWalk walk;

	memset(counts, 0, sizeof(*counts));
	hnsw_walk_begin(&walk, index->rel, GetAccessStrategy(BAS_BULKREAD));
	while (hnsw_walk_next(&walk))
	{
		if (hnsw_page_is(walk.page, VS_PAGE_NODES))
			count_nodes(&index->geometry, walk.page, counts);
		else if (hnsw_page_is(walk.page, VS_PAGE_POSTINGS))
			count_postings(walk.page, counts);
	}
}

static const char *
metric_name(VsMetric metric)
{
	switch (metric)
	{
		case VS_METRIC_L2:
			return "l2";
		case VS_METRIC_IP:
			return "ip";
		case VS_METRIC_COSINE:
			return "cosine";
		case VS_METRIC_L1:
			return "l1";
	}
	return "unknown";
}

static const char *
code_name(VsCodeKind kind)
{
	switch (kind)
	{
		case VS_CODE_SQ8:
			return "sq8";
		case VS_CODE_SQ4:
			return "sq4";
		case VS_CODE_SQ2:
			return "sq2";
	}
	return "unknown";
}

static Datum
calibration(const VsHnswMeta *meta)
{
	const uint16 *ef = meta->calibrated_ef;

	return DirectFunctionCall1(
		jsonb_in,
		CStringGetDatum(psprintf(
			"{\"rows\": %u, \"fast\": %u, \"balanced\": %u, \"high_recall\": %u, \"max\": %u}",
			meta->calibrated_rows, ef[0], ef[1], ef[2], ef[3])));
}

static Datum
ratio(double part, double whole)
{
	return Float8GetDatum(whole > 0 ? part / whole : 0);
}

static void
fill_columns(const HnswIndex *index, const Counts *counts, Datum *values, bool *nulls)
{
	const VsHnswMeta *meta = &index->meta;
	int64 pages = RelationGetNumberOfBlocks(index->rel);

	values[STATS_ROWS] = Int64GetDatum(counts->rows);
	values[STATS_NODES] = Int64GetDatum(counts->nodes);
	values[STATS_DIMENSIONS] = Int32GetDatum(meta->dims);
	values[STATS_METRIC] = CStringGetTextDatum(metric_name(index->metric));
	values[STATS_M] = Int32GetDatum(meta->m);
	values[STATS_EF_CONSTRUCTION] = Int32GetDatum(meta->ef_construction);
	values[STATS_PAGES] = Int64GetDatum(pages);
	values[STATS_INDEX_BYTES] = Int64GetDatum(pages * BLCKSZ);
	values[STATS_BYTES_PER_VECTOR] = ratio(pages * BLCKSZ, counts->rows);
	nulls[STATS_BYTES_PER_VECTOR] = counts->rows == 0;
	values[STATS_LEVELS] = Int32GetDatum(counts->levels);
	values[STATS_AVERAGE_DEGREE] = ratio(counts->links, counts->nodes);
	values[STATS_DEAD_SHARE] = ratio(counts->tombstones, counts->records);
	values[STATS_DUPLICATES] = Int64GetDatum(counts->rows - counts->nodes);
	values[STATS_CODE] = CStringGetTextDatum(code_name(index->geometry.code_kind));
	values[STATS_STORAGE] =
		CStringGetTextDatum(meta->storage == VS_STORAGE_SKETCH ? "sketch" : "plain");
	nulls[STATS_CALIBRATION] = meta->calibrated_rows == 0;
	if (meta->calibrated_rows > 0)
		values[STATS_CALIBRATION] = calibration(meta);
}

PG_FUNCTION_INFO_V1(vs_index_stats);
PGDLLEXPORT Datum
vs_index_stats(PG_FUNCTION_ARGS)
{
	Relation heap;
	Relation rel = hnsw_inspect_open(PG_GETARG_OID(0), &heap);
	HnswIndex *index = hnsw_open_index(rel, CurrentMemoryContext);
	Datum values[STATS_COLUMNS];
	bool nulls[STATS_COLUMNS] = {false};
	TupleDesc descriptor;
	Counts counts;

	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	count_index(index, &counts);
	fill_columns(index, &counts, values, nulls);
	hnsw_close_index(index);
	hnsw_inspect_close(rel, heap);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls)));
}
