/* SPDX-License-Identifier: PostgreSQL
 *
 * cost.c - what the planner is told, and what it tells the scan.
 *
 * Owns: the number of rows a scan is asked for.  The planner knows the LIMIT and how many rows other
 * conditions let through; the product is written into the query of the path, where EXPLAIN shows it.
 *
 * The number of matching documents is known, not guessed: the index is asked how many have each term.
 */
#include "postgres.h"

#include <math.h>

#include "access/genam.h"
#include "catalog/partition.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/paths.h"
#include "parser/parse_func.h"
#include "utils/float.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"
#include "utils/spccache.h"

#include "pg/bm25/index.h"
#include "pg/bm25/statistics.h"

/* Postings in a page of a segment, about. */
#define POSTINGS_PER_PAGE 5000.0
/* A posting costs as little as this part of an operator. */
#define POSTING_COST 0.05
/*
 * Of the documents, where the query is not known when a statement is prepared: half of what PostgreSQL
 * assumes, so that a LIMIT costs about what it costs known queries on average, many of which find less.  Costing
 * more, generic plans would never be chosen, and they are good: the plan is the same for all queries.
 */
#define UNKNOWN_SHARE 0.0025
#define LARGEST_HINT 10000
/* Pages of the heap cost this part of what they cost a bitmap, which has to score and sort besides. */
#define RANKED_HEAP_SHARE 0.9

typedef struct Estimate
{
	double n_docs;
	double matches;
	double postings; /* of all terms */
} Estimate;

/* bm25query(), of the first so many arguments; InvalidOid: none. */
static Oid
query_function(int arguments)
{
	static const Oid types[] = {TSQUERYOID, REGCLASSOID, FLOAT8OID, INT4OID};

	return LookupFuncName(list_make2(makeString("vecstore"), makeString("bm25query")), arguments, types, true);
}

static double
matches_of_node(const VsBm25Query *query, const double *df, double n_docs, double *below)
{
	for (int i = 0; i < query->n_nodes; i++)
	{
		const VsBm25Node *node = &query->nodes[i];

		switch (node->kind)
		{
			case VS_BM25_LEAF:
				below[i] = Min(df[node->leaf], n_docs);
				break;
			case VS_BM25_NOT:
				below[i] = n_docs - below[node->left];
				break;
			case VS_BM25_OR:
				below[i] = Min(n_docs, below[node->left] + below[node->right]);
				break;
			default:
				below[i] = Min(below[node->left], below[node->right]);
				if (n_docs > 0) /* between independent and contained */
					below[i] = sqrt(below[i] * (below[node->left] / n_docs) * below[node->right]);
		}
	}
	return query->n_nodes > 0 ? below[query->n_nodes - 1] : 0;
}

static bool
has_prefix(const VsBm25Query *query)
{
	for (int i = 0; i < query->n_leaves; i++)
		if (query->leaves[i].prefix)
			return true;
	return false;
}

/* Statistics are remembered for the execution, unless they are those of a condition that is not to fail. */
static void
estimate_query(Oid index, TSQuery tsquery, bool condition, Estimate *estimate)
{
	VsBm25Query *query = bm25_compile_query(tsquery);
	Bm25Statistics statistics;

	if (condition && has_prefix(query))
		bm25_index_statistics(index, query, false, &statistics);
	else
		bm25_statement_statistics(index, tsquery, query, &statistics);
	estimate->n_docs = statistics.n_docs;
	estimate->postings = 0;
	for (int i = 0; i < query->n_leaves; i++)
		estimate->postings += statistics.df[i];
	estimate->matches = matches_of_node(query, statistics.df, statistics.n_docs,
										palloc(sizeof(double) * (query->n_nodes + 1)));
}

static void
unknown_query(IndexPath *path, Estimate *estimate)
{
	estimate->n_docs = Max(path->indexinfo->tuples, 1);
	estimate->matches = estimate->n_docs * UNKNOWN_SHARE;
	estimate->postings = 2 * estimate->matches;
}

/* The constant on the right of an operator; NULL: not known yet. */
static Const *
right_constant(PlannerInfo *root, Node *clause)
{
	Node *right;

	if (!IsA(clause, OpExpr) || list_length(((OpExpr *) clause)->args) != 2)
		return NULL;
	right = estimate_expression_value(root, lsecond(((OpExpr *) clause)->args));
	return IsA(right, Const) && !((Const *) right)->constisnull ? (Const *) right : NULL;
}

static void
estimate_condition(PlannerInfo *root, IndexPath *path, Estimate *estimate)
{
	ListCell *cell;
	bool first = true;

	foreach(cell, path->indexclauses)
	{
		IndexClause *clause = lfirst_node(IndexClause, cell);
		Const *constant = right_constant(root, (Node *) clause->rinfo->clause);
		Estimate one;

		if (constant != NULL)
			estimate_query(path->indexinfo->indexoid, DatumGetTSQuery(constant->constvalue), true, &one);
		else
			unknown_query(path, &one);
		if (first || one.matches < estimate->matches)
			*estimate = one;
		first = false;
	}
}

/* A partition's share of its parent's matches. */
static void
estimate_order(PlannerInfo *root, IndexPath *path, Estimate *estimate)
{
	Const *constant = right_constant(root, linitial(path->indexorderbys));

	if (constant == NULL)
		unknown_query(path, estimate);
	else
	{
		Bm25Query query = DatumGetBm25Query(constant->constvalue);
		Oid own = path->indexinfo->indexoid;

		estimate_query(OidIsValid(query->index) ? query->index : own, BM25_QUERY_TSQUERY(query), false, estimate);
		if (estimate->n_docs > path->indexinfo->tuples && path->indexinfo->tuples > 0)
		{
			double share = path->indexinfo->tuples / estimate->n_docs;

			estimate->matches *= share;
			estimate->postings *= share;
			estimate->n_docs = path->indexinfo->tuples;
		}
	}
}

/* Is this a call of bm25query() with so many arguments? */
static bool
makes_query(const Node *node, int arguments)
{
	return IsA(node, FuncExpr) && list_length(((const FuncExpr *) node)->args) == arguments &&
		((const FuncExpr *) node)->funcid == query_function(arguments);
}

/* The index that the right side of an operator names; InvalidOid: none, or it is not known yet. */
static Oid
named_index(PlannerInfo *root, Node *clause)
{
	Const *constant = right_constant(root, clause);
	Node *right;

	if (constant != NULL)
		return DatumGetBm25Query(constant->constvalue)->index;
	right = lsecond(((OpExpr *) clause)->args);
	if (!makes_query(right, 2) && !makes_query(right, 4))
		return InvalidOid;
	right = estimate_expression_value(root, lsecond(((FuncExpr *) right)->args));
	return IsA(right, Const) && !((Const *) right)->constisnull ? DatumGetObjectId(((Const *) right)->constvalue)
		: InvalidOid;
}

bool
bm25_is_part_of(Oid index, Oid named)
{
	return index == named ||
		(get_rel_relispartition(index) && list_member_oid(get_partition_ancestors(index), named));
}

/* The share of rows that conditions let through which the index does not know. */
static double
other_conditions(PlannerInfo *root, IndexPath *path)
{
	List *others = NIL;
	ListCell *cell;

	foreach(cell, path->indexinfo->rel->baserestrictinfo)
	{
		RestrictInfo *rinfo = lfirst_node(RestrictInfo, cell);

		if (!is_redundant_with_indexclauses(rinfo, path->indexclauses))
			others = lappend(others, rinfo);
	}
	return clauselist_selectivity(root, others, path->indexinfo->rel->relid, JOIN_INNER, NULL);
}

/* The query with the number of rows that are probably wanted; NULL: it is neither a constant nor bm25query(). */
static Node *
with_hint(Node *query, int32 k)
{
	Oid function;

	if (IsA(query, Const) && !((Const *) query)->constisnull)
	{
		Const *constant = copyObject((Const *) query);
		Bm25Query old = DatumGetBm25Query(constant->constvalue);
		Bm25Query hinted;

		hinted = bm25_make_query(BM25_QUERY_TSQUERY(old), old->index, old->boost, k);
		hinted->flags = old->flags;
		constant->constvalue = PointerGetDatum(hinted);
		return (Node *) constant;
	}
	if (!makes_query(query, 2))
		return NULL;
	function = query_function(4);
	if (!OidIsValid(function))
		return NULL;
	return (Node *) makeFuncExpr(function, exprType(query),
								 list_make4(linitial(((FuncExpr *) query)->args), lsecond(((FuncExpr *) query)->args),
											makeNullConst(FLOAT8OID, -1, InvalidOid),
											makeConst(INT4OID, -1, InvalidOid, sizeof(int32), Int32GetDatum(k), false, true)),
								 InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL);
}

/* share: of the rows that pass the other conditions, an estimate that may be a little too high. */
static void
pass_hint(IndexPath *path, double rows, double share)
{
	OpExpr *order = copyObject(linitial_node(OpExpr, path->indexorderbys));
	double wanted = share < 1 ? bm25_some_more(rows) : rows;
	Node *query = with_hint(lsecond(order->args), (int32) Min(wanted, LARGEST_HINT));

	if (query == NULL)
		return;
	lsecond(order->args) = query;
	path->indexorderbys = list_make1(order);
}

/*
 * The executor stops at the LIMIT, and the planner takes that share of the path's rows for it.  But it thinks of
 * terms as independent and often expects fewer rows than match, so it would charge for fetching them all.  Its
 * way to be told of fewer pages is the correlation of the index with the heap.  (Another selectivity would count
 * for the bitmap, too, that it makes of the same path, and which does fetch them all.)
 */
static double
correlation_of_limit(PlannerInfo *root, IndexPath *path, double matches, double wanted)
{
	RelOptInfo *rel = path->indexinfo->rel;
	double fetched = Min(matches, wanted * Max(1, rel->rows / root->limit_tuples));
	double random_cost,
		   sequential_cost,
		   most,
		   least;

	get_tablespace_page_costs(rel->reltablespace, &random_cost, &sequential_cost);
	most = index_pages_fetched(matches, rel->pages, path->indexinfo->pages, root) * random_cost;
	least = random_cost + (ceil(matches / Max(rel->tuples, 1) * rel->pages) - 1) * sequential_cost;
	if (most <= least)
		return 0;
	return sqrt(Min(1, Max(0, most - RANKED_HEAP_SHARE * fetched * random_cost) / (most - least)));
}

static void
refuse(Cost *startup, Cost *total, Selectivity *selectivity, double *correlation, double *pages)
{
	*startup = *total = get_float8_infinity();
	*selectivity = 0;
	*correlation = 0;
	*pages = 0;
}

void
bm25_cost_estimate(PlannerInfo *root, IndexPath *path, double loop_count, Cost *startup, Cost *total,
				   Selectivity *selectivity, double *correlation, double *pages)
{
	bool ranked = path->indexorderbys != NIL;
	Oid named;
	Estimate estimate,
		condition;
	double page_cost,
		   read,
		   matches;

	named = list_length(path->indexorderbys) == 1 ? named_index(root, linitial(path->indexorderbys)) : InvalidOid;
	if (list_length(path->indexorderbys) > 1 || (!ranked && path->indexclauses == NIL) ||
		(OidIsValid(named) && !bm25_is_part_of(path->indexinfo->indexoid, named)))
	{
		refuse(startup, total, selectivity, correlation, pages);
		return;
	}
	get_tablespace_page_costs(path->indexinfo->reltablespace, &page_cost, NULL);
	if (path->indexclauses != NIL)
		estimate_condition(root, path, &condition);
	if (ranked)
		estimate_order(root, path, &estimate);
	else
		estimate = condition;
	read = estimate.postings;
	*correlation = ranked ? 0 : 0.5;
	matches = (path->indexclauses != NIL ? condition : estimate).matches;
	if (ranked && root->limit_tuples > 0)
	{
		double share,
			   wanted;

		/* Blocks that cannot hold one of the best are skipped. */
		read = Min(read, sqrt(read * root->limit_tuples) * 50);
		share = Max(other_conditions(root, path), 1e-4);
		wanted = root->limit_tuples / share;
		pass_hint(path, wanted, share);
		if (bms_membership(root->all_baserels) == BMS_SINGLETON)
			*correlation = correlation_of_limit(root, path, matches, wanted);
	}
	*pages = ceil(read / POSTINGS_PER_PAGE) + 4;
	*startup = *pages * page_cost * 0.25 + read * POSTING_COST * cpu_operator_cost;
	*total = *startup + matches * cpu_index_tuple_cost;
	*selectivity = Min(1, matches / Max(estimate.n_docs, 1));
}
