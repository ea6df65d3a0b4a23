/* SPDX-License-Identifier: PostgreSQL
 *
 * windows.c - the normalisers as window functions: minmax, zscore, dbsf, rank_score.
 *
 * The whole partition is normalised at its first row and remembered, whatever the frame or the order
 * of the window.  Nulls and NaN stay null and do not count; infinities become the extreme finite value.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "windowapi.h"

#include "bridge/fusion.h"

typedef struct Partition
{
	bool ready;
	double value[FLEXIBLE_ARRAY_MEMBER]; /* of each row; NaN: null */
} Partition;

typedef struct Row
{
	double x;
	int64 number;
} Row;

/* Largest first. */
#define ST_SORT sort_rows
#define ST_ELEMENT_TYPE Row
#define ST_COMPARE(a, b) ((a)->x > (b)->x ? -1 : (a)->x < (b)->x)
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

/* The rows that have a value, largest first. */
static Row *
read_rows(WindowObject window, int64 total, int64 *n)
{
	Row *row = palloc_extended(sizeof(Row) * (Size) total, MCXT_ALLOC_HUGE);
	double least = INFINITY, most = -INFINITY;

	*n = 0;
	for (int64 i = 0; i < total; i++)
	{
		bool isnull, isout;
		double x = DatumGetFloat8(
			WinGetFuncArgInPartition(window, 0, i, WINDOW_SEEK_HEAD, false, &isnull, &isout));

		CHECK_FOR_INTERRUPTS();
		if (isnull || isnan(x))
			continue;
		row[*n].x = x + 0.0;
		row[(*n)++].number = i;
		least = isinf(x) ? least : Min(least, x);
		most = isinf(x) ? most : Max(most, x);
	}
	if (least > most) /* nothing finite */
		least = 0, most = 1;
	for (int64 i = 0; i < *n; i++)
		if (isinf(row[i].x))
			row[i].x = row[i].x < 0 ? least : most;
	sort_rows(row, *n);
	return row;
}

static void
normalize_partition(WindowObject window, VsNormalizer normalizer, Partition *partition, int64 total)
{
	int64 n;
	Row *row = read_rows(window, total, &n);
	double *x = palloc_extended(sizeof(double) * (Size) Max(n, 1), MCXT_ALLOC_HUGE);
	int32 *rank = palloc_extended(sizeof(int32) * (Size) Max(n, 1), MCXT_ALLOC_HUGE);

	for (int64 i = 0; i < total; i++)
		partition->value[i] = NAN;
	for (int64 i = 0; i < n; i++)
		x[i] = row[i].x;
	vs_ranks(x, n, false, rank);
	vs_normalize(normalizer, x, rank, n, n, x);
	for (int64 i = 0; i < n; i++)
		partition->value[row[i].number] = x[i];
	partition->ready = true;
	pfree(row);
	pfree(x);
	pfree(rank);
}

static Datum
normalized(FunctionCallInfo fcinfo, VsNormalizer normalizer)
{
	WindowObject window = PG_WINDOW_OBJECT();
	int64 total = WinGetPartitionRowCount(window);
	Size size = offsetof(Partition, value) + sizeof(double) * (Size) total;
	Partition *partition;
	double value;

	if (total > (int64) ((MaxAllocSize - offsetof(Partition, value)) / sizeof(double)))
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("partition of " INT64_FORMAT " rows is too large to normalize", total),
						errhint("Put a LIMIT into the sub-select below the window function.")));
	partition = WinGetPartitionLocalMemory(window, size);
	if (!partition->ready)
		normalize_partition(window, normalizer, partition, total);
	value = partition->value[WinGetCurrentPosition(window)];
	if (isnan(value))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(value);
}

PG_FUNCTION_INFO_V1(vs_window_minmax);
Datum
vs_window_minmax(PG_FUNCTION_ARGS)
{
	return normalized(fcinfo, VS_NORM_MINMAX);
}

PG_FUNCTION_INFO_V1(vs_window_zscore);
Datum
vs_window_zscore(PG_FUNCTION_ARGS)
{
	return normalized(fcinfo, VS_NORM_ZSCORE);
}

PG_FUNCTION_INFO_V1(vs_window_dbsf);
Datum
vs_window_dbsf(PG_FUNCTION_ARGS)
{
	return normalized(fcinfo, VS_NORM_DBSF);
}

PG_FUNCTION_INFO_V1(vs_window_rank_score);
Datum
vs_window_rank_score(PG_FUNCTION_ARGS)
{
	return normalized(fcinfo, VS_NORM_RANK);
}
