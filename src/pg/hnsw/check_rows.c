/* SPDX-License-Identifier: PostgreSQL
 *
 * check_rows.c - the part of vecstore.check_index that compares the rows of index and table.
 *
 * Owns: the comparison.  The rows of both sides go into one sort, as numbers: block, offset, side.
 * Neighbours of the sorted sequence tell whether a row is on both sides, and how often.
 *
 *   in the table, not in the index   an error: it was visible before the index was walked
 *   in the index more than once      an error
 *   in the index, not in the table   usually a dead or not yet committed row; an error when not even
 *                                    its line pointer is in use, for the next row there would be found
 *                                    by a vector that is not its own
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/tableam.h"
#include "catalog/index.h"
#include "catalog/pg_operator_d.h"
#include "catalog/pg_type_d.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "utils/snapmgr.h"

#include "pg/compat.h"
#include "pg/hnsw/check.h"

typedef enum Side
{
	SIDE_INDEX,
	SIDE_TABLE
} Side;

static void
put_row(HnswCheck *check, const ItemPointerData *tid, Side side)
{
	int64 number = (int64) ItemPointerGetBlockNumberNoCheck(tid) << 16 |
		ItemPointerGetOffsetNumberNoCheck(tid);

	tuplesort_putdatum(check->rows, Int64GetDatum(number << 1 | side), false);
}

static ItemPointerData
number_row(int64 number, Side *side)
{
	ItemPointerData tid;

	*side = number & 1;
	ItemPointerSet(&tid, (BlockNumber) (number >> 17), (OffsetNumber) (number >> 1 & 0xffff));
	return tid;
}

void
hnsw_begin_rows(HnswCheck *check)
{
	check->rows = tuplesort_begin_datum(INT8OID, Int8LessOperator, InvalidOid, false,
										maintenance_work_mem, NULL, TUPLESORT_NONE);
}

void
hnsw_add_index_row(HnswCheck *check, const uint8 tid[6])
{
	put_row(check, (const ItemPointerData *) tid, SIDE_INDEX);
}

/* A visible row of the table; values are those of the index. */
static void
add_table_row(Relation rel, ItemPointer tid, Datum *values, bool *isnull, bool alive, void *context)
{
	HnswCheck *check = context;
	HnswIndex *index = check->index;

	if (isnull[0])
		return;
	hnsw_take_vector(index, values[0]);
	if (vs_hnsw_transform(&index->space, index->values, index->space.work))
		put_row(check, tid, SIDE_TABLE);
}

/* False when rows that the snapshot sees may be missing from the index (broken HOT chains). */
static bool
snapshot_fits_index(Relation rel, Snapshot snapshot)
{
	return !rel->rd_index->indcheckxmin ||
		TransactionIdPrecedes(HeapTupleHeaderGetXmin(rel->rd_indextuple->t_data), snapshot->xmin);
}

static void
add_table_rows(HnswCheck *check, Snapshot snapshot)
{
	Relation rel = check->index->rel;
	IndexInfo *info = BuildIndexInfo(rel);
	TableScanDesc scan;

	if (!snapshot_fits_index(rel, snapshot))
	{
		hnsw_report(check, HNSW_INFO, "table",
					"the index is too new for this transaction's snapshot, missing rows were not looked for");
		return;
	}
	/* Use our snapshot, as in the second scan of a concurrent build. */
	info->ii_Concurrent = true;
	scan = table_beginscan_strat(check->heap, snapshot, 0, NULL, true, true);
	table_index_build_scan(check->heap, rel, info, true, false, add_table_row, check, scan);
}

/* Whether the table has a line pointer for the row; true if it is no heap and we cannot tell. */
static bool
line_pointer_is_used(HnswCheck *check, const ItemPointerData *tid)
{
	BlockNumber block = ItemPointerGetBlockNumberNoCheck(tid);
	OffsetNumber offset = ItemPointerGetOffsetNumberNoCheck(tid);
	Buffer buffer;
	Page page;
	bool used;

	if (check->heap->rd_tableam != GetHeapamTableAmRoutine())
		return true;
	if (block >= RelationGetNumberOfBlocks(check->heap))
		return false;
	buffer = ReadBuffer(check->heap, block);
	page = BufferGetPage(buffer);
	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	used = !PageIsNew(page) && offset <= PageGetMaxOffsetNumber(page) &&
		ItemIdIsUsed(PageGetItemId(page, offset));
	UnlockReleaseBuffer(buffer);
	return used;
}

static bool
page_has_row(const HnswIndex *index, Page page, const ItemPointerData *tid)
{
	if (hnsw_page_is(page, VS_PAGE_NODES))
	{
		for (uint32 slot = 0; slot < index->geometry.slots_per_page; slot++)
		{
			const VsHnswRecord *record = hnsw_slot(&index->geometry, page, slot);

			if ((record->flags & VS_NODE_USED) != 0 && record->level == 0 &&
				memcmp(record->heap_tid, tid, sizeof(*tid)) == 0)
				return true;
		}
	}
	else if (hnsw_page_is(page, VS_PAGE_POSTINGS))
	{
		for (uint32 slot = 0; slot < VS_POSTINGS_PER_PAGE; slot++)
		{
			const VsHnswPosting *cell = hnsw_posting(page, slot);

			for (int i = 0; cell->owner != VS_NO_NODE && i < Min(cell->count, VS_POSTING_TIDS); i++)
				if (memcmp(cell->tids[i], tid, sizeof(*tid)) == 0)
					return true;
		}
	}
	return false;
}

/* Look through the whole index for a row. */
static bool
index_has_row(const HnswIndex *index, const ItemPointerData *tid)
{
	HnswWalk walk;
	bool found = false;

	hnsw_walk_begin(&walk, index->rel, GetAccessStrategy(BAS_BULKREAD));
	while (!found && hnsw_walk_next(&walk))
		found = page_has_row(index, walk.page, tid);
	hnsw_walk_end(&walk);
	return found;
}

/* Rows of the index that the table lacks; a VACUUM since the walk may have removed them from both. */
static void
report_dangling(HnswCheck *check, int64 dangling, const ItemPointerData *example)
{
	if (dangling > 0 && index_has_row(check->index, example))
		hnsw_report(check, HNSW_ERROR, hnsw_row_name(example),
					"the index has it, but the table does not (" INT64_FORMAT " such rows)", dangling);
}

/* Judge one row by how often each side has it. */
static void
judge_row(HnswCheck *check, const ItemPointerData *tid, const int64 counts[2], int64 *dangling,
		  ItemPointerData *example)
{
	if (counts[SIDE_INDEX] > 1)
		hnsw_report(check, HNSW_ERROR, hnsw_row_name(tid), "it is in the index " INT64_FORMAT " times",
					counts[SIDE_INDEX]);
	if (counts[SIDE_INDEX] == 0)
		hnsw_report(check, HNSW_ERROR, hnsw_row_name(tid), "it is not in the index");
	else if (counts[SIDE_TABLE] == 0 && !line_pointer_is_used(check, tid) && (*dangling)++ == 0)
		*example = *tid;
}

/* Compare all rows noted during the walk with those of the table. */
void
hnsw_check_rows(HnswCheck *check, Snapshot snapshot)
{
	int64 counts[2] = {0, 0};
	int64 dangling = 0;
	ItemPointerData example;
	ItemPointerData current;
	Datum value;
	bool isnull;

	add_table_rows(check, snapshot);
	tuplesort_performsort(check->rows);
	while (vs_tuplesort_next_datum(check->rows, &value, &isnull))
	{
		Side side;
		ItemPointerData tid = number_row(DatumGetInt64(value), &side);

		CHECK_FOR_INTERRUPTS();
		if (counts[SIDE_INDEX] + counts[SIDE_TABLE] > 0 && !ItemPointerEquals(&tid, &current))
		{
			judge_row(check, &current, counts, &dangling, &example);
			counts[SIDE_INDEX] = counts[SIDE_TABLE] = 0;
		}
		current = tid;
		counts[side]++;
	}
	if (counts[SIDE_INDEX] + counts[SIDE_TABLE] > 0)
		judge_row(check, &current, counts, &dangling, &example);
	tuplesort_end(check->rows);
	report_dangling(check, dangling, &example);
}
