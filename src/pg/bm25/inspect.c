/* SPDX-License-Identifier: PostgreSQL
 *
 * inspect.c - functions that look into an index, and vecstore.bm25_merge.
 */
#include "postgres.h"

#include "access/genam.h"
#include "catalog/pg_class.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "tsearch/ts_utils.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "pg/bm25/index.h"
#include "pg/bm25/statistics.h"

static Relation
open_index(Oid oid, LOCKMODE mode)
{
	Relation index;

	if (get_rel_relkind(oid) != RELKIND_INDEX)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a bm25 index", get_rel_name(oid) ? get_rel_name(oid) : "?"),
				 get_rel_relkind(oid) == RELKIND_PARTITIONED_INDEX
				 ? errhint("Name the index of a partition.") : 0));
	index = index_open(oid, mode);
	if (!bm25_is_index(index))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a bm25 index", RelationGetRelationName(index))));
	return index;
}

/* Terms and their numbers are the table's contents. */
void
bm25_check_may_read(Relation index)
{
	Oid table = index->rd_index->indrelid;

	if (pg_class_aclcheck(table, GetUserId(), ACL_SELECT) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, get_rel_name(table));
}

static void
add_run(const VsBm25Run *run, int64 *docs, int64 *pages)
{
	*docs += run->pages > 0 ? run->n_docs : 0;
	*pages += run->pages;
}

PG_FUNCTION_INFO_V1(vs_bm25_stats);
Datum
vs_bm25_stats(PG_FUNCTION_ARGS)
{
	Relation index = open_index(PG_GETARG_OID(0), AccessShareLock);
	Bm25Snapshot *snapshot;
	TupleDesc desc;
	Datum values[10];
	bool nulls[10] = {false};
	double n_docs,
		   sum_len;
	int64 waiting = 0,
		  waiting_pages = 0,
		  dead = 0,
		  terms = 0,
		  postings = 0;

	bm25_check_may_read(index);
	snapshot = bm25_take_snapshot(index);
	bm25_snapshot_totals(snapshot, &n_docs, &sum_len);
	for (uint32 i = 0; i < snapshot->meta.n_segments; i++)
	{
		const VsBm25Segment *segment = &snapshot->meta.segments[i];

		dead += segment->n_docs - segment->n_live;
		terms += segment->n_terms;
		postings += segment->n_postings;
	}
	for (int i = 0; i < VS_BM25_LANES; i++)
	{
		for (uint32 j = 0; j < snapshot->lanes[i].n_sealed; j++)
			add_run(&snapshot->lanes[i].sealed[j], &waiting, &waiting_pages);
		add_run(&snapshot->lanes[i].open, &waiting, &waiting_pages);
	}
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	values[0] = Int64GetDatum((int64) n_docs);
	values[1] = Int64GetDatum(dead);
	values[2] = Float8GetDatum(n_docs > 0 ? sum_len / n_docs : 0);
	values[3] = Int32GetDatum(snapshot->meta.n_segments);
	values[4] = Int64GetDatum(terms);
	values[5] = Int64GetDatum(postings);
	values[6] = Int64GetDatum(waiting);
	values[7] = Int64GetDatum(waiting_pages);
	values[8] = BoolGetDatum(snapshot->meta.positions);
	values[9] = Int64GetDatum((int64) RelationGetNumberOfBlocks(index) * BLCKSZ);
	index_close(index, AccessShareLock);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

/* The number of documents that have a lexeme, and what that makes its idf. */
PG_FUNCTION_INFO_V1(vs_bm25_term_stats);
Datum
vs_bm25_term_stats(PG_FUNCTION_ARGS)
{
	Oid oid = PG_GETARG_OID(0);
	text *lexeme = PG_GETARG_TEXT_PP(1);
	Relation index = open_index(oid, AccessShareLock);
	VsBm25Leaf leaf = {.lexeme = VARDATA_ANY(lexeme), .length = VARSIZE_ANY_EXHDR(lexeme), .scored = true};
	VsBm25Node node = {.kind = VS_BM25_LEAF};
	VsBm25Query query = {&leaf, &node, 1, 1};
	Bm25Statistics statistics;
	TupleDesc desc;
	Datum values[2];
	bool nulls[2] = {false};

	bm25_check_may_read(index);
	if (leaf.length > MAXSTRLEN)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("word is too long (%u bytes, max %d bytes)", leaf.length, MAXSTRLEN)));
	bm25_index_statistics(oid, &query, true, &statistics);
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	values[0] = Int64GetDatum((int64) statistics.df[0]);
	values[1] = Float8GetDatum(vs_bm25_idf(statistics.n_docs, statistics.df[0]));
	index_close(index, AccessShareLock);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

PG_FUNCTION_INFO_V1(vs_bm25_merge_index);
Datum
vs_bm25_merge_index(PG_FUNCTION_ARGS)
{
	Oid oid = PG_GETARG_OID(0);
	Relation index = open_index(oid, RowExclusiveLock);

	if (!pg_class_ownercheck(oid, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_INDEX, RelationGetRelationName(index));
	PreventCommandIfReadOnly("vecstore.bm25_merge");
	PreventCommandDuringRecovery("vecstore.bm25_merge");
	bm25_merge_all(index);
	index_close(index, RowExclusiveLock);
	PG_RETURN_VOID();
}
