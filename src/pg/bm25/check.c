/* SPDX-License-Identifier: PostgreSQL
 *
 * check.c - vecstore.check_index for bm25 indexes.
 *
 * Owns: the checks that need the index as a whole: every block belongs to one thing, every row of the table is
 * there once.  What is in a segment is checked by the core.  The segments are locked while they are
 * read, so that neither a merge nor VACUUM touches them; inserts and scans go on.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/index.h"
#include "catalog/pg_class.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"

#include "pg/access_method.h"
#include "pg/bm25/check.h"
#include "pg/bm25/index.h"
#include "pg/bm25/rows.h"

typedef struct Check
{
	Relation heap;
	Relation index;
	Tuplestorestate *result;
	TupleDesc descriptor;
	const char *location; /* of what is being checked */
	Bm25Keys rows;		  /* of the index */
	Bm25Keys table_rows;
} Check;

static void
put_row(Check *check, const char *severity, const char *what)
{
	Datum values[3] = {CStringGetTextDatum(severity), CStringGetTextDatum(check->location), CStringGetTextDatum(what)};
	bool nulls[3] = {false};

	tuplestore_putvalues(check->result, check->descriptor, values, nulls);
}

static void
report(void *context, const char *problem)
{
	put_row(context, "error", problem);
}

static void
add_record(void *context, Bm25Document *document)
{
	Check *check = context;
	TSVector vector = bm25_document_vector(check->index, document);
	VsBm25Signature signature;

	bm25_add_key(&check->rows, vs_bm25_row_key(document->row));
	check->location = psprintf("record at block %u, offset %u", BufferGetBlockNumber(document->buffer), document->offset);
	if (!bm25_vector_is_sound(vector))
	{
		report(check, "its tsvector is damaged");
		return;
	}
	bm25_sign(vector, &signature);
	if (memcmp(&signature, document->signature, sizeof(signature)) != 0)
		report(check, "its signature is not that of its lexemes");
}

static void
add_segment_rows(Check *check, Bm25Reader *reader)
{
	for (uint32 doc = 0; doc < reader->segment.n_docs; doc++)
	{
		uint32 bit = doc % VS_BM25_LIVE_PER_PAGE;
		const uint8_t *live = reader->source.read(reader, VS_BM25_LIVE, doc / VS_BM25_LIVE_PER_PAGE);

		if ((live[bit / 8] & (1 << (bit % 8))) == 0)
			continue;
		bm25_add_key(&check->rows, vs_bm25_row_key(vs_bm25_row_of(&reader->segment, &reader->source, doc)));
	}
}

static void
check_segment(Check *check, const VsBm25Segment *segment)
{
	MemoryContext result = CurrentMemoryContext,
				  context = AllocSetContextCreate(result, "bm25 check", ALLOCSET_DEFAULT_SIZES);
	VsBm25Memory memory = bm25_memory(context);
	Bm25Reader reader;

	check->location = psprintf("segment %u", segment->id);
	bm25_begin_reader(&reader, check->index, segment, VS_BM25_STREAMS);
	vs_bm25_verify(&memory, segment, &reader.source, check, report, bm25_check_interrupts);
	add_segment_rows(check, &reader);
	for (int stream = 0; stream < VS_BM25_STREAMS; stream++)
		for (uint32 page = 0; page < segment->pages[stream]; page++)
			(void) reader.source.read(&reader, stream, page);
	bm25_end_reader(&reader);
	MemoryContextDelete(context);
}

/* ---- every block belongs to one thing ---- */

static void
report_gap(void *context, BlockNumber first, uint32 count)
{
	put_row(context, "info", psprintf("%u blocks from block %u on belong to nothing: VACUUM takes them back", count, first));
}

/* While a segment is placed, and on a standby between two records of WAL, runs belong to nothing: no gaps then. */
static void
check_blocks(Check *check, bool gaps)
{
	Bm25Runs runs;

	bm25_list_runs(check->index, &runs);
	check->location = "blocks";
	for (int i = 0; i < runs.n; i++)
	{
		const Bm25BlockRun *run = &runs.runs[i];

		if (run->first < VS_BM25_FIRST_RUN || run->first + run->count > runs.next_block)
			report(check, psprintf("a run from block %u on, of %u, is not within the index", run->first, run->count));
		if (i > 0 && run[-1].first + run[-1].count > run->first)
			report(check, psprintf("block %u belongs to two runs", run->first));
	}
	if (gaps)
		bm25_visit_gaps(&runs, report_gap, check);
	pfree(runs.runs);
}

/* ---- every row of the table is in the index once ---- */

static void
add_table_row(Relation index, ItemPointer tid, Datum *values, bool *isnull, bool alive, void *context)
{
	Check *check = context;

	if (!isnull[0])
		bm25_add_key(&check->table_rows, vs_bm25_row_key(bm25_row(tid)));
}

static const char *
row_name(uint64 key)
{
	return psprintf("row (%u,%u)", (uint32) (key >> 16), (uint32) (key & 0xFFFF));
}

static void
check_rows(Check *check, Snapshot snapshot)
{
	IndexInfo *info = BuildIndexInfo(check->index);
	Bm25Keys *rows = &check->rows,
			 *table_rows = &check->table_rows;
	uint64 j = 0;

	info->ii_Concurrent = true; /* our snapshot */
	table_index_build_scan(check->heap, check->index, info, true, false, add_table_row, check,
						   table_beginscan_strat(check->heap, snapshot, 0, NULL, true, true));
	bm25_sort_keys(rows);
	bm25_sort_keys(table_rows);
	for (uint64 i = 1; i < rows->n; i++)
	{
		check->location = row_name(rows->keys[i]);
		if (rows->keys[i] == rows->keys[i - 1])
			report(check, "it is in the index more than once");
	}
	for (uint64 i = 0; i < table_rows->n; i++)
	{
		while (j < rows->n && rows->keys[j] < table_rows->keys[i])
			j++;
		check->location = row_name(table_rows->keys[i]);
		if (j == rows->n || rows->keys[j] != table_rows->keys[i])
			report(check, "it is not in the index");
	}
}

/*
 * The snapshot is taken first: every row it sees was in the index before that was read, and what is replaced meanwhile
 * is kept for it.  Segments are locked, so that nobody clears bits of them.
 */
static void
check_all(Check *check)
{
	Snapshot snapshot = RegisterSnapshot(GetTransactionSnapshot());
	Bm25Snapshot *contents;
	VsBm25Meta *meta = palloc(sizeof(VsBm25Meta));
	bool primary = !RecoveryInProgress(),
		 gaps = false;

	bm25_read_meta(check->index, meta);
	if (primary)
	{
		bm25_lock_all_segments(check->index, meta, NULL);
		gaps = bm25_try_stop_placing(check->index);
	}
	contents = bm25_take_snapshot(check->index);
	check_blocks(check, gaps);
	if (gaps)
		bm25_allow_placing(check->index);
	if (primary)
		bm25_unlock_lists(check->index);
	for (uint32 i = 0; i < contents->meta.n_segments; i++)
		check_segment(check, &contents->meta.segments[i]);
	bm25_visit_lanes(check->index, contents, add_record, check);
	if (primary)
		bm25_unlock_segments(check->index, meta->segments, meta->n_segments);
	if (!check->index->rd_index->indcheckxmin)
		check_rows(check, snapshot);
	UnregisterSnapshot(snapshot);
}

bool
bm25_check_index(FunctionCallInfo fcinfo)
{
	Check check = {0};
	Oid oid = PG_GETARG_OID(0),
		table;
	VsOwnerRights before;

	if (get_rel_relkind(oid) != RELKIND_INDEX)
		return false;
	table = IndexGetRelation(oid, true);
	if (!OidIsValid(table))
		return false;
	check.heap = table_open(table, AccessShareLock);
	check.index = index_open(oid, AccessShareLock);
	if (!bm25_is_index(check.index) || !check.index->rd_index->indisvalid)
	{
		index_close(check.index, NoLock);
		table_close(check.heap, NoLock);
		return false;
	}
	bm25_check_may_read(check.index);
	InitMaterializedSRF(fcinfo, 0);
	check.result = ((ReturnSetInfo *) fcinfo->resultinfo)->setResult;
	check.descriptor = ((ReturnSetInfo *) fcinfo->resultinfo)->setDesc;

	vs_assume_owner(&before, check.heap);
	check_all(&check);
	vs_resume_user(&before);
	index_close(check.index, NoLock);
	table_close(check.heap, NoLock);
	return true;
}
