/* SPDX-License-Identifier: PostgreSQL
 *
 * handler.c - the access method as PostgreSQL sees it.
 *
 * Owns: the table of callbacks, names of build phases, checks of operator classes.
 */
#include "postgres.h"

#include "access/amvalidate.h"
#include "access/htup_details.h"
#include "access/reloptions.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_opclass.h"
#include "commands/progress.h"
#include "fmgr.h"
#include "utils/syscache.h"

#include "pg/access_method.h"
#include "pg/hnsw/hnsw.h"

static char *
hnsw_phase_name(int64 phase)
{
	switch (phase)
	{
		case PROGRESS_CREATEIDX_SUBPHASE_INITIALIZE:
			return "initializing";
		case HNSW_PHASE_LOAD:
			return "loading tuples";
		case HNSW_PHASE_LINK:
			return "linking nodes";
		case HNSW_PHASE_WRITE:
			return "writing pages";
		case HNSW_PHASE_DIVIDE:
			return "dividing tuples into parts";
		default:
			return NULL;
	}
}

/* An operator class needs its support function and, as operators, one for ordering. */
bool
hnsw_validate(Oid opclassoid)
{
	HeapTuple tuple = SearchSysCache1(CLAOID, ObjectIdGetDatum(opclassoid));
	Form_pg_opclass form;
	CatCList *operators;
	CatCList *procs;
	bool valid;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for operator class %u", opclassoid);
	form = (Form_pg_opclass) GETSTRUCT(tuple);
	operators = SearchSysCacheList1(AMOPSTRATEGY, ObjectIdGetDatum(form->opcfamily));
	procs = SearchSysCacheList1(AMPROCNUM, ObjectIdGetDatum(form->opcfamily));
	valid = procs->n_members == 1 && operators->n_members >= 1;
	for (int i = 0; i < operators->n_members; i++)
	{
		Form_pg_amop operator = (Form_pg_amop) GETSTRUCT(&operators->members[i]->tuple);

		valid = valid && operator->amoppurpose == AMOP_ORDER;
	}
	ReleaseCatCacheList(operators);
	ReleaseCatCacheList(procs);
	ReleaseSysCache(tuple);
	if (!valid)
		ereport(INFO,
				(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
				 errmsg("operator class %u of access method hnsw needs one support function and an ordering operator",
						opclassoid)));
	return valid;
}

bool
hnsw_is_index(Relation rel)
{
	return rel->rd_indam != NULL && rel->rd_indam->ambuild == hnsw_build;
}

PG_FUNCTION_INFO_V1(vs_hnsw_handler);
Datum
vs_hnsw_handler(PG_FUNCTION_ARGS)
{
	IndexAmRoutine *am = vs_distance_am();

	am->amstrategies = 0;
	am->amsupport = HNSW_OPCLASS_PROC;

	am->ambuild = hnsw_build;
	am->ambuildempty = hnsw_build_empty;
	am->aminsert = hnsw_insert;
	am->ambulkdelete = hnsw_bulk_delete;
	am->amvacuumcleanup = hnsw_vacuum_cleanup;
	am->amcostestimate = hnsw_cost_estimate;
	am->amoptions = hnsw_options;
	am->ambuildphasename = hnsw_phase_name;
	am->amvalidate = hnsw_validate;
	am->ambeginscan = hnsw_begin_scan;
	am->amrescan = hnsw_rescan;
	am->amgettuple = hnsw_get_tuple;
	am->amendscan = hnsw_end_scan;
	PG_RETURN_POINTER(am);
}
