/* SPDX-License-Identifier: PostgreSQL
 *
 * fuse_support.c - what the planner is told about vecstore.fuse: rows and cost.
 *
 * top_k is the number of rows where it is known; else each branch is taken to have 100 rows, the depth
 * the manual advises.  The branches have their own costs.
 */
#include "postgres.h"

#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/supportnodes.h"
#include "optimizer/optimizer.h"
#include "utils/array.h"

#include "fmgr.h"

#define ROWS_OF_BRANCH 100
#define ARG_RANKINGS 1
#define ARG_TOP_K 6

/* The argument, folded to a constant where the planner knows its value. */
static Node *
known_argument(PlannerInfo *root, Node *call, int argument)
{
	List *args = IsA(call, FuncExpr) ? ((FuncExpr *) call)->args : NIL;

	if (list_length(args) <= argument)
		return NULL;
	return estimate_expression_value(root, list_nth(args, argument));
}

static double
branches(PlannerInfo *root, Node *call)
{
	Node *rankings = known_argument(root, call, ARG_RANKINGS);

	if (rankings != NULL && IsA(rankings, ArrayExpr))
		return Max(1, list_length(((ArrayExpr *) rankings)->elements));
	if (rankings != NULL && IsA(rankings, Const) && !((Const *) rankings)->constisnull)
	{
		ArrayType *array = DatumGetArrayTypeP(((Const *) rankings)->constvalue);

		return Max(1, ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)));
	}
	return 2;
}

static double
estimated_rows(PlannerInfo *root, Node *call)
{
	Node *top_k = known_argument(root, call, ARG_TOP_K);
	double candidates = ROWS_OF_BRANCH * branches(root, call);

	if (top_k != NULL && IsA(top_k, Const) && !((Const *) top_k)->constisnull)
		return Max(1, DatumGetInt32(((Const *) top_k)->constvalue));
	return candidates;
}

PG_FUNCTION_INFO_V1(vs_fuse_support);
Datum
vs_fuse_support(PG_FUNCTION_ARGS)
{
	Node *request = (Node *) PG_GETARG_POINTER(0);

	if (IsA(request, SupportRequestRows))
	{
		SupportRequestRows *rows = (SupportRequestRows *) request;

		if (rows->node == NULL || !IsA(rows->node, FuncExpr))
			PG_RETURN_POINTER(NULL);
		rows->rows = estimated_rows(rows->root, rows->node);
		PG_RETURN_POINTER(rows);
	}
	if (IsA(request, SupportRequestCost))
	{
		SupportRequestCost *cost = (SupportRequestCost *) request;

		if (cost->node == NULL || !IsA(cost->node, FuncExpr) || cost->root == NULL)
			PG_RETURN_POINTER(NULL);
		/* Some twenty comparisons and additions for each entry, all before the first row. */
		cost->startup = 0;
		cost->per_tuple =
			20 * cpu_operator_cost * ROWS_OF_BRANCH * branches(cost->root, cost->node);
		PG_RETURN_POINTER(cost);
	}
	PG_RETURN_POINTER(NULL);
}
