/* SPDX-License-Identifier: PostgreSQL
 *
 * recall_plans.c - the statements behind vecstore.recall.
 *
 * Owns: their text, and that a search uses the index in question: to the planner, the table has no
 * other index meanwhile.  Row level security and privileges apply as to any query of the caller.
 *
 * The exact search adds 0 to the distance: that leaves its value alone, and no index orders by a sum.
 */
#include "postgres.h"

#include "access/genam.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_index.h"
#include "catalog/pg_type.h"
#include "nodes/pathnodes.h"
#include "nodes/plannodes.h"
#include "optimizer/plancat.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "pg/hnsw/recall.h"
#include "pg/operator_sql.h"

#define ORDERING_STRATEGY 1

static HnswOnlyIndex only = {InvalidOid, InvalidOid};
static get_relation_info_hook_type next_relation_info_hook = NULL;

/* Hide the other indexes of the table from the planner. */
static void
keep_only_index(PlannerInfo *root, Oid table, bool inherits, RelOptInfo *rel)
{
	ListCell *cell;

	if (next_relation_info_hook != NULL)
		next_relation_info_hook(root, table, inherits, rel);
	if (table != only.table)
		return;
	foreach (cell, rel->indexlist)
		if (lfirst_node(IndexOptInfo, cell)->indexoid != only.index)
			rel->indexlist = foreach_delete_current(rel->indexlist, cell);
}

/* The hook stays once it is there: others may have been put before it. */
static void
install_hook(void)
{
	static bool installed = false;

	if (installed)
		return;
	next_relation_info_hook = get_relation_info_hook;
	get_relation_info_hook = keep_only_index;
	installed = true;
}

HnswOnlyIndex
hnsw_recall_force_index(Relation rel)
{
	HnswOnlyIndex outer = only;

	install_hook();
	hnsw_recall_set("enable_indexscan", "on");
	hnsw_recall_set("enable_seqscan", "off");
	hnsw_recall_set("enable_sort", "off");
	hnsw_recall_set("plan_cache_mode", "force_generic_plan");
	only.index = RelationGetRelid(rel);
	only.table = rel->rd_index->indrelid;
	return outer;
}

void
hnsw_recall_release_index(HnswOnlyIndex outer)
{
	only = outer;
}

void
hnsw_recall_set(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

/* The operator that the index orders by, as SQL. */
static char *
ordering_operator(Relation rel)
{
	return vs_operator_sql(get_opfamily_member(rel->rd_opfamily[0], rel->rd_opcintype[0],
											   rel->rd_opcintype[0], ORDERING_STRATEGY));
}

/* The predicate of a partial index as text, or NULL. */
static char *
predicate_of(Relation rel)
{
	Datum predicate;
	bool isnull;

	predicate = SysCacheGetAttr(INDEXRELID, rel->rd_indextuple, Anum_pg_index_indpred, &isnull);
	if (isnull)
		return NULL;
	return TextDatumGetCString(OidFunctionCall2(F_PG_GET_EXPR_PG_NODE_TREE_OID, predicate,
												ObjectIdGetDatum(rel->rd_index->indrelid)));
}

void
hnsw_recall_plans_init(HnswRecallPlans *plans, Relation heap, Relation rel)
{
	char *predicate = predicate_of(rel);

	plans->heap = heap;
	plans->rel = rel;
	plans->order_by = ordering_operator(rel);
	plans->column = TextDatumGetCString(OidFunctionCall3(
		F_PG_GET_INDEXDEF_OID_INT4_BOOL, ObjectIdGetDatum(RelationGetRelid(rel)), Int32GetDatum(1),
		BoolGetDatum(false)));
	plans->source =
		psprintf("FROM ONLY %s WHERE (%s)",
				 quote_qualified_identifier(get_namespace_name(RelationGetNamespace(heap)),
											RelationGetRelationName(heap)),
				 predicate != NULL ? predicate : "true");
}

static SPIPlanPtr
prepare(const HnswRecallPlans *plans, char *statement, int parameters)
{
	Oid types[2] = {plans->rel->rd_opcintype[0], TIDOID};
	SPIPlanPtr plan = SPI_prepare_cursor(statement, parameters, types, CURSOR_OPT_PARALLEL_OK);

	if (plan == NULL)
		elog(ERROR, "SPI_prepare_cursor failed: %s", SPI_result_code_string(SPI_result));
	return plan;
}

SPIPlanPtr
hnsw_recall_sample(const HnswRecallPlans *plans, int sample)
{
	return prepare(plans,
				   psprintf("SELECT (%s), ctid %s AND (%s) IS NOT NULL "
							"ORDER BY pg_catalog.hashtidextended(ctid, 0) LIMIT %d",
							plans->column, plans->source, plans->column, sample),
				   0);
}

static SPIPlanPtr
prepare_search(const HnswRecallPlans *plans, const char *summand)
{
	return prepare(plans,
				   psprintf("SELECT ((%s) %s $1)%s %s%s ORDER BY 1 LIMIT %d", plans->column,
							plans->order_by, summand, plans->source,
							plans->leave_out ? " AND ctid OPERATOR(pg_catalog.<>) $2" : "", plans->k),
				   plans->leave_out ? 2 : 1);
}

SPIPlanPtr
hnsw_recall_exact(const HnswRecallPlans *plans)
{
	return prepare_search(plans, " OPERATOR(pg_catalog.+) 0::pg_catalog.float8");
}

/* The index under the plan's LIMIT, or InvalidOid. */
static Oid
index_of_plan(SPIPlanPtr plan)
{
	CachedPlan *cached = SPI_plan_get_cached_plan(plan);
	Plan *node;
	Oid index = InvalidOid;

	if (cached == NULL)
		return InvalidOid;
	node = linitial_node(PlannedStmt, cached->stmt_list)->planTree;
	while (node != NULL && !IsA(node, IndexScan))
		node = outerPlan(node);
	if (node != NULL && ((IndexScan *) node)->indexorderby != NIL)
		index = ((IndexScan *) node)->indexid;
	ReleaseCachedPlan(cached, NULL); /* a plan that was not saved has no resource owner */
	return index;
}

SPIPlanPtr
hnsw_recall_search(const HnswRecallPlans *plans)
{
	SPIPlanPtr plan = prepare_search(plans, "");

	if (index_of_plan(plan) != RelationGetRelid(plans->rel))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the planner cannot use index \"%s\" now", RelationGetRelationName(plans->rel)),
				 errdetail("An index on rows that were updated before it was created cannot be used by "
						   "transactions that began earlier."),
				 errhint("Try again in a new transaction.")));
	return plan;
}
