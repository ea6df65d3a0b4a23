/* SPDX-License-Identifier: PostgreSQL
 *
 * unseen_distances.c - distances that nobody sees are not computed.
 *
 * A statement ordered by an expression computes it for every row, in a column that is dropped at the end where it
 * is not shown.  Where an index delivers the order nothing ever looks at that column: neither the scan nor a
 * LIMIT above it.  But computing it takes reading vectors and documents that are stored out of line, and for an
 * index on an expression, making a tsvector of each text again.
 *
 * Owns: the hook that puts a NULL in the place of such columns when a statement has been planned.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/planner.h"
#include "utils/relcache.h"

#include "pg/bm25/index.h"
#include "pg/hnsw/hnsw.h"
#include "pg/unseen_distances.h"

static planner_hook_type next_planner_hook = NULL;

static bool
is_ours(Oid index)
{
	Relation rel = RelationIdGetRelation(index); /* NULL: another extension only supposes it exists */
	bool ours;

	if (rel == NULL)
		return false;
	ours = bm25_is_index(rel) || hnsw_is_index(rel);
	RelationClose(rel);
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
 * The top node of a query says which columns are not part of its result.  If that is the scan, or a LIMIT directly
 * above it, there is nobody who would need them: rows are neither sorted, merged nor locked.  (Nodes below the
 * top say the same of their columns, whatever is done with them above.)
 */
static void
forget_order(IndexScan *scan, List *top)
{
	ListCell *cell;

	if (list_length(scan->indexorderbyorig) != 1 || !is_ours(scan->indexid))
		return;
	foreach(cell, top)
	{
		const TargetEntry *column = lfirst_node(TargetEntry, cell);
		TargetEntry *computed;

		if (!column->resjunk || column->resno > list_length(scan->scan.plan.targetlist))
			continue;
		computed = list_nth_node(TargetEntry, scan->scan.plan.targetlist, column->resno - 1);
		if (is_order(scan, (Node *) computed->expr))
			computed->expr = (Expr *) makeNullConst(exprType((Node *) computed->expr), -1, InvalidOid);
	}
}

/* WITH TIES the LIMIT itself compares distances. */
static bool
is_plain_limit(const Plan *plan)
{
	return IsA(plan, Limit) && ((const Limit *) plan)->limitOption == LIMIT_OPTION_COUNT;
}

static void visit_query(Plan *top);

/* A LIMIT is the top of its query wherever it stands. */
static void
visit(Plan *plan)
{
	ListCell *cell;

	if (plan == NULL)
		return;
	check_stack_depth();
	if (is_plain_limit(plan) && IsA(plan->lefttree, IndexScan))
		forget_order((IndexScan *) plan->lefttree, plan->targetlist);
	if (IsA(plan, SubqueryScan))
		visit_query(((SubqueryScan *) plan)->subplan);
	if (IsA(plan, Append))
		foreach(cell, ((Append *) plan)->appendplans)
			visit(lfirst(cell));
	visit(plan->lefttree);
	visit(plan->righttree);
}

/* NULL: a subplan that another was preferred to. */
static void
visit_query(Plan *top)
{
	if (top != NULL && IsA(top, IndexScan))
		forget_order((IndexScan *) top, top->targetlist);
	else
		visit(top);
}

static PlannedStmt *
plan_statement(Query *query, const char *text, int options, ParamListInfo parameters)
{
	PlannedStmt *result = next_planner_hook != NULL
		? next_planner_hook(query, text, options, parameters)
		: standard_planner(query, text, options, parameters);
	ListCell *cell;

	visit_query(result->planTree);
	foreach(cell, result->subplans)
		visit_query(lfirst(cell));
	return result;
}

void
vs_define_planner_hook(void)
{
	next_planner_hook = planner_hook;
	planner_hook = plan_statement;
}
