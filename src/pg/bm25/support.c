/* SPDX-License-Identifier: PostgreSQL
 *
 * support.c - tsvector <@> tsquery becomes tsvector <@> bm25query: whose statistics count is settled when a
 * statement is planned.
 *
 * Owns: the choice of the index.  It is the one bm25 index whose key is the left operand, and whose predicate, if
 * it has one, follows from the statement's conditions.  With none, or several, the operator stays as it is
 * and says so when it is executed.  Dropping or creating an index makes plans invalid, so an index that was
 * chosen exists.
 *
 * Queries beside the key of their own index are marked: privileges on it are the executor's to check, for the
 * right user (a view's owner, for one).
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/index.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/supportnodes.h"
#include "optimizer/optimizer.h"
#include "parser/parse_func.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteManip.h"
#include "utils/float.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/catcache.h"
#include "utils/syscache.h"

#include "fmgr.h"

#include "pg/bm25/index.h"

/* The number of the relation all Vars of the expression belong to; 0: of none, or several. */
static int
relation_of(Node *expression)
{
	Relids relids = pull_varnos(NULL, expression);
	int number = 0;

	if (contain_vars_of_level(expression, 0) && !bms_get_singleton_member(relids, &number))
		number = 0;
	return number;
}

static bool
key_is(Relation index, int varno, Node *wanted)
{
	AttrNumber attribute = index->rd_index->indkey.values[0];
	List *expressions;
	Node *expression;

	if (attribute != 0)
		return IsA(wanted, Var) && ((Var *) wanted)->varattno == attribute;
	expressions = RelationGetIndexExpressions(index);
	if (expressions == NIL)
		return false;
	expression = copyObject(linitial(expressions));
	ChangeVarNodes(expression, 1, varno, 0);
	return equal(expression, wanted);
}

static bool
predicate_holds(PlannerInfo *root, Relation index, int varno)
{
	List *predicate = RelationGetIndexPredicate(index);
	Node *conditions = root->parse->jointree != NULL ? root->parse->jointree->quals : NULL;

	if (predicate == NIL)
		return true;
	if (conditions == NULL)
		return false;
	predicate = copyObject(predicate);
	ChangeVarNodes((Node *) predicate, 1, varno, 0);
	conditions = eval_const_expressions(NULL, copyObject(conditions));
	return predicate_implied_by(predicate,
								IsA(conditions, List) ? (List *) conditions : make_ands_implicit((Expr *) conditions),
								false);
}

/* The ordering operator of the family and the type of its right operand. */
static bool
find_operator(Oid family, Oid *operator, Oid *type)
{
	CatCList *members = SearchSysCacheList1(AMOPSTRATEGY, ObjectIdGetDatum(family));

	*operator = InvalidOid;
	for (int i = 0; i < members->n_members; i++)
	{
		Form_pg_amop member = (Form_pg_amop) GETSTRUCT(&members->members[i]->tuple);

		if (member->amopstrategy == BM25_STRATEGY_ORDER && member->amoplefttype == TSVECTOROID)
		{
			*operator = member->amopopr;
			*type = member->amoprighttype;
		}
	}
	ReleaseCatCacheList(members);
	return OidIsValid(*operator);
}

typedef struct Found
{
	Oid index;
	Oid family;
	int valid;
	int invalid;
} Found;

static void
look_at_indexes(PlannerInfo *root, Relation rel, int varno, Node *left, Found *found)
{
	List *indexes = RelationGetIndexList(rel);
	ListCell *cell;

	memset(found, 0, sizeof(*found));
	foreach(cell, indexes)
	{
		Relation index = index_open(lfirst_oid(cell), AccessShareLock);

		if (bm25_is_index(index) && key_is(index, varno, left) && predicate_holds(root, index, varno))
		{
			if (index->rd_index->indisvalid)
			{
				found->index = RelationGetRelid(index);
				found->family = index->rd_opfamily[0];
				found->valid++;
			}
			else
				found->invalid++;
		}
		index_close(index, NoLock);
	}
	list_free(indexes);
}

/*
 * The one index; InvalidOid if there is none, or more.  REINDEX CONCURRENTLY makes one valid and the other invalid at once, but
 * may do so after we have looked at one of them: then a second look finds both as they are.
 */
static Oid
find_index(PlannerInfo *root, RangeTblEntry *rte, int varno, Node *left, Oid *family)
{
	Relation rel = table_open(rte->relid, NoLock);
	Found found;

	look_at_indexes(root, rel, varno, left, &found);
	if (found.valid != 1 && found.valid + found.invalid > 1)
	{
		AcceptInvalidationMessages();
		look_at_indexes(root, rel, varno, left, &found);
	}
	table_close(rel, NoLock);
	*family = found.family;
	return found.valid == 1 ? found.index : InvalidOid;
}

static Node *
wrap_query(Node *query, Oid index, Oid type)
{
	Oid arguments[] = {TSQUERYOID, REGCLASSOID};
	Oid function;

	if (IsA(query, Const))
	{
		Const *constant = (Const *) query;
		Bm25Query wrapped;

		if (constant->constisnull)
			return (Node *) makeNullConst(type, -1, InvalidOid);
		wrapped = bm25_make_query(DatumGetTSQuery(constant->constvalue), index, get_float8_nan(), 0);
		wrapped->flags = BM25_QUERY_OF_KEY;
		return (Node *) makeConst(type, -1, InvalidOid, -1, PointerGetDatum(wrapped), false, false);
	}
	function = LookupFuncName(list_make2(makeString("vecstore"), makeString("bm25query")), 2, arguments, true);
	if (!OidIsValid(function))
		return NULL;
	return (Node *) makeFuncExpr(function, type,
								 list_make2(query, makeConst(REGCLASSOID, -1, InvalidOid, sizeof(Oid),
															 ObjectIdGetDatum(index), false, true)),
								 InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL);
}

static Node *
ranking(Oid family, Node *left, Node *right)
{
	Oid operator,
		type;

	if (right == NULL || !find_operator(family, &operator, &type))
		return NULL;
	return (Node *) make_opclause(operator, FLOAT8OID, false, (Expr *) left, (Expr *) right, InvalidOid, InvalidOid);
}

/* tsvector <@> tsquery */
static Node *
find_statistics(PlannerInfo *root, RangeTblEntry *rte, int varno, Node *left, Node *query)
{
	Oid family,
		operator,
		type;
	Oid index = find_index(root, rte, varno, left, &family);

	if (!OidIsValid(index) || !find_operator(family, &operator, &type))
		return NULL;
	return ranking(family, left, wrap_query(query, index, type));
}

static Node *
own_query(Oid family, Node *left, const Const *constant, Oid index)
{
	Bm25Query query = (Bm25Query) PG_DETOAST_DATUM_COPY(constant->constvalue);

	query->index = index;
	query->flags |= BM25_QUERY_OF_KEY;
	return ranking(family, left,
				   (Node *) makeConst(constant->consttype, -1, InvalidOid, -1, PointerGetDatum(query), false, false));
}

/* tsvector <@> bm25query: the same operator, where the index is one on the left operand, or is not named. */
static Node *
mark_own(PlannerInfo *root, RangeTblEntry *rte, int varno, Node *left, const Const *constant)
{
	Bm25Query query = DatumGetBm25Query(constant->constvalue);
	Oid own = query->index;
	Oid family = InvalidOid;

	if (!OidIsValid(own))
		own = find_index(root, rte, varno, left, &family);
	else if ((query->flags & BM25_QUERY_OF_KEY) == 0 && IndexGetRelation(own, true) == rte->relid)
	{
		Relation index = index_open(own, AccessShareLock);

		if (bm25_is_index(index) && key_is(index, varno, left))
			family = index->rd_opfamily[0];
		index_close(index, NoLock);
	}
	return OidIsValid(own) && OidIsValid(family) ? own_query(family, left, constant, own) : NULL;
}

static Node *
simplify(SupportRequestSimplify *request)
{
	PlannerInfo *root = request->root;
	Node *left,
		 *right;
	RangeTblEntry *rte;
	int varno;

	if (root == NULL || list_length(request->fcall->args) != 2)
		return NULL;
	left = linitial(request->fcall->args);
	right = lsecond(request->fcall->args);
	varno = relation_of(left);
	if (varno <= 0 || varno > list_length(root->parse->rtable))
		return NULL;
	rte = rt_fetch(varno, root->parse->rtable);
	if (rte->rtekind != RTE_RELATION)
		return NULL;
	if (exprType(right) == TSQUERYOID)
		return find_statistics(root, rte, varno, left, right);
	if (IsA(right, Const) && !((Const *) right)->constisnull)
		return mark_own(root, rte, varno, left, (Const *) right);
	return NULL;
}

PG_FUNCTION_INFO_V1(vs_bm25_support);
Datum
vs_bm25_support(PG_FUNCTION_ARGS)
{
	Node *request = (Node *) PG_GETARG_POINTER(0);
	Node *result = NULL;

	if (IsA(request, SupportRequestSimplify))
		result = simplify((SupportRequestSimplify *) request);
	PG_RETURN_POINTER(result);
}
