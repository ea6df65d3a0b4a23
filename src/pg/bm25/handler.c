/* SPDX-License-Identifier: PostgreSQL
 *
 * handler.c - the access method as PostgreSQL sees it.
 *
 * Owns: the table of callbacks, names of build phases, checks of operator classes.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_type.h"
#include "commands/progress.h"
#include "fmgr.h"
#include "utils/catcache.h"
#include "utils/syscache.h"

#include "pg/access_method.h"
#include "pg/bm25/build.h"
#include "pg/bm25/index.h"

static char *
bm25_phase_name(int64 phase)
{
	switch (phase)
	{
		case PROGRESS_CREATEIDX_SUBPHASE_INITIALIZE:
			return "initializing";
		case BM25_PHASE_LOAD:
			return "loading documents";
		case BM25_PHASE_INVERT:
			return "writing postings";
		case BM25_PHASE_MERGE:
			return "merging parts";
		case BM25_PHASE_WRITE:
			return "writing pages";
		case BM25_PHASE_WAIT:
			return "waiting for parallel workers";
		default:
			return NULL;
	}
}

/* Operators are told apart by their strategy numbers; an operator class has no functions. */
static bool
bm25_validate(Oid opclassoid)
{
	HeapTuple tuple = SearchSysCache1(CLAOID, ObjectIdGetDatum(opclassoid));
	Form_pg_opclass form;
	CatCList *operators;
	bool valid;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for operator class %u", opclassoid);
	form = (Form_pg_opclass) GETSTRUCT(tuple);
	operators = SearchSysCacheList1(AMOPSTRATEGY, ObjectIdGetDatum(form->opcfamily));
	valid = form->opcintype == TSVECTOROID && operators->n_members > 0;
	for (int i = 0; i < operators->n_members; i++)
	{
		Form_pg_amop operator = (Form_pg_amop) GETSTRUCT(&operators->members[i]->tuple);

		valid = valid && operator->amoplefttype == TSVECTOROID &&
			operator->amoppurpose == (operator->amopstrategy == BM25_STRATEGY_MATCH ? AMOP_SEARCH : AMOP_ORDER);
	}
	ReleaseCatCacheList(operators);
	ReleaseSysCache(tuple);
	if (!valid)
		ereport(INFO,
				(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
				 errmsg("operator class %u of access method bm25 needs tsvector, @@ as operator 1 and ordering operators",
						opclassoid)));
	return valid;
}

bool
bm25_is_index(Relation rel)
{
	return rel->rd_indam != NULL && rel->rd_indam->ambuild == bm25_build;
}

PG_FUNCTION_INFO_V1(vs_bm25_handler);
Datum
vs_bm25_handler(PG_FUNCTION_ARGS)
{
	IndexAmRoutine *am = vs_distance_am();

	am->amstrategies = BM25_STRATEGY_ORDER;
	am->amsupport = 0;

	am->ambuild = bm25_build;
	am->ambuildempty = bm25_build_empty;
	am->aminsert = bm25_insert;
	am->ambulkdelete = bm25_bulk_delete;
	am->amvacuumcleanup = bm25_vacuum_cleanup;
	am->amcostestimate = bm25_cost_estimate;
	am->amoptions = bm25_options;
	am->ambuildphasename = bm25_phase_name;
	am->amvalidate = bm25_validate;
	am->ambeginscan = bm25_begin_scan;
	am->amrescan = bm25_rescan;
	am->amgettuple = bm25_get_tuple;
	am->amgetbitmap = bm25_get_bitmap;
	am->amendscan = bm25_end_scan;
	PG_RETURN_POINTER(am);
}
