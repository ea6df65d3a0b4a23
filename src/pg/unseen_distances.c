/* SPDX-License-Identifier: PostgreSQL
 *
 * unseen_distances.c - distances that nobody sees are not computed.
 *
 * A statement ordered by an expression computes it for every row, in a column that is dropped at the end where it
 * is not shown.  Where an index delivers the order nothing ever looks at that column: neither the scan nor the
 * LIMIT above it.  But computing it takes reading vectors and documents that are stored out of line, and for an
 * index on an expression, making a tsvector of each text again.
 *
 * Owns: the hook that puts a NULL in the place of such columns when a statement has been planned.
 */
#include "postgres.h"

#include "access/amapi.h"
#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/planner.h"
#include "utils/syscache.h"

#include "pg/bm25/index.h"
#include "pg/hnsw/hnsw.h"
#include "pg/unseen_distances.h"

static planner_hook_type next_planner_hook = NULL;

static bool
is_ours(Oid index)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(index));
	IndexAmRoutine *am;
	bool ours;

	if (!HeapTupleIsValid(tuple))
		return false;
	am = GetIndexAmRoutineByAmId(((Form_pg_class) GETSTRUCT(tuple))->relam, true);
	ReleaseSysCache(tuple);
	ours = am != NULL && (am->amcostestimate == bm25_cost_estimate || am->amcostestimate == hnsw_cost_estimate);
	if (am != NULL)
		pfree(am);
	return ours;
}

/* Is it what the scan delivers its rows in the order of?  (Its right side may have a hint there.) */
static bool
is_order(const IndexScan *scan, Node *expression)
{
	OpExpr *order = linitial(scan->indexorderbyorig);

	return IsA(order, OpExpr) && IsA(expression, OpExpr) && ((OpExpr *) expression)->opno == order->opno &&
		equal(linitial(((OpExpr *) expression)->args), linitial(order->args));
}

/*
 * The top node of a query says which columns are not part of its result.  With a LIMIT directly above the scan
 * there is nobody between who would need them: rows are neither sorted, merged nor locked.  (WITH TIES the LIMIT
 * itself compares them.)
 */
static void
forget_order(const Limit *limit, IndexScan *scan)
{
	ListCell *cell;

	foreach(cell, limit->plan.targetlist)
	{
		const TargetEntry *unseen = lfirst_node(TargetEntry, cell);
		TargetEntry *computed;

		if (!unseen->resjunk || unseen->resno > list_length(scan->scan.plan.targetlist))
			continue;
		computed = list_nth_node(TargetEntry, scan->scan.plan.targetlist, unseen->resno - 1);
		if (is_order(scan, (Node *) computed->expr))
			computed->expr = (Expr *) makeNullConst(exprType((Node *) computed->expr), -1, InvalidOid);
	}
}

static void visit_all(List *plans);

static void
visit(Plan *plan)
{
	if (plan == NULL)
		return;
	check_stack_depth();
	if (IsA(plan, Limit) && plan->lefttree != NULL && IsA(plan->lefttree, IndexScan))
	{
		IndexScan *scan = (IndexScan *) plan->lefttree;

		if (list_length(scan->indexorderbyorig) == 1 && ((Limit *) plan)->limitOption == LIMIT_OPTION_COUNT &&
			is_ours(scan->indexid))
			forget_order((Limit *) plan, scan);
		return;
	}
	if (IsA(plan, SubqueryScan))
		visit(((SubqueryScan *) plan)->subplan);
	if (IsA(plan, Append))
		visit_all(((Append *) plan)->appendplans);
	visit(plan->lefttree);
	visit(plan->righttree);
}

static void
visit_all(List *plans)
{
	ListCell *cell;

	foreach(cell, plans)
		visit(lfirst(cell));
}

static PlannedStmt *
plan_statement(Query *query, const char *text, int options, ParamListInfo parameters)
{
	PlannedStmt *result = next_planner_hook != NULL
		? next_planner_hook(query, text, options, parameters)
		: standard_planner(query, text, options, parameters);

	visit(result->planTree);
	visit_all(result->subplans);
	return result;
}

void
vs_define_planner_hook(void)
{
	next_planner_hook = planner_hook;
	planner_hook = plan_statement;
}
