/* SPDX-License-Identifier: PostgreSQL
 *
 * column_statistics.c - what ANALYZE found out about indexed columns, decompressed once.
 *
 * To estimate tsvector @@ tsquery the planner reads the most common lexemes of the column, thousands of them.
 * The catalog keeps them compressed, and decompressing them takes a third of the time it takes to plan a
 * search, for every statement again.
 *
 * Owns: decompressed copies of rows of pg_statistic, of columns with a bm25 index, in this backend.  A copy
 * is used as long as the row it was made of is the one the catalog cache has.  The planner may hold one while
 * others are made: one that was replaced stays until the transaction ends.
 *
 * Whether the user may know the statistics is found out by the planner itself.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_statistic.h"
#include "nodes/makefuncs.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/selfuncs.h"

#include "pg/bm25/index.h"

#define COPIES 8

typedef struct Copy
{
	MemoryContext context; /* NULL: none was made yet */
	HeapTuple tuple;	   /* NULL: none, or replaced */
	ItemPointerData source;
	TransactionId source_xmin;
} Copy;

static Copy copies[COPIES];
static int next_copy = 0;
static bool asking = false; /* the planner, for what it finds itself */
static get_relation_stats_hook_type next_relation_stats_hook = NULL;

static bool
has_bm25_index(const RelOptInfo *rel, AttrNumber attribute)
{
	ListCell *cell;

	if (attribute <= 0) /* the whole row; and 0 is what an expression has, too */
		return false;
	foreach(cell, rel->indexlist)
	{
		IndexOptInfo *index = lfirst_node(IndexOptInfo, cell);

		if (index->amcostestimate == bm25_cost_estimate && index->indexkeys[0] == attribute)
			return true;
	}
	return false;
}

static bool
same_column(HeapTuple a, HeapTuple b)
{
	Form_pg_statistic one = (Form_pg_statistic) GETSTRUCT(a),
					  other = (Form_pg_statistic) GETSTRUCT(b);

	return one->starelid == other->starelid && one->staattnum == other->staattnum &&
		one->stainherit == other->stainherit;
}

static HeapTuple
decompress(HeapTuple tuple)
{
	Relation catalog = table_open(StatisticRelationId, AccessShareLock);
	TupleDesc description = RelationGetDescr(catalog);
	Datum values[Natts_pg_statistic];
	bool isnull[Natts_pg_statistic];
	HeapTuple result;

	heap_deform_tuple(tuple, description, values, isnull);
	for (int i = 0; i < Natts_pg_statistic; i++)
		if (!isnull[i] && TupleDescAttr(description, i)->attlen == -1)
			values[i] = PointerGetDatum(PG_DETOAST_DATUM(values[i]));
	result = heap_form_tuple(description, values, isnull);
	table_close(catalog, AccessShareLock);
	return result;
}

static HeapTuple
make_copy(HeapTuple tuple)
{
	Copy *copy = &copies[next_copy];
	MemoryContext old;

	next_copy = (next_copy + 1) % COPIES;
	copy->tuple = NULL;
	if (copy->context != NULL)
		MemoryContextSetParent(copy->context, TopTransactionContext);
	copy->context = NULL;
	copy->context = AllocSetContextCreate(CacheMemoryContext, "bm25 column statistics", ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(copy->context);
	copy->tuple = decompress(tuple);
	MemoryContextSwitchTo(old);
	copy->source = tuple->t_self;
	copy->source_xmin = HeapTupleHeaderGetRawXmin(tuple->t_data);
	return copy->tuple;
}

static HeapTuple
copy_of(HeapTuple tuple)
{
	for (int i = 0; i < COPIES; i++)
	{
		Copy *copy = &copies[i];

		if (copy->tuple == NULL || !same_column(copy->tuple, tuple))
			continue;
		if (ItemPointerEquals(&copy->source, &tuple->t_self) &&
			copy->source_xmin == HeapTupleHeaderGetRawXmin(tuple->t_data))
			return copy->tuple;
		copy->tuple = NULL;
	}
	return make_copy(tuple);
}

/* The planner frees what it was given; a copy is kept. */
static void
keep(HeapTuple tuple)
{
}

static void
ask_planner(PlannerInfo *root, const RangeTblEntry *rte, const RelOptInfo *rel, AttrNumber attribute,
			VariableStatData *found)
{
	Oid type,
		collation;
	int32 typmod;

	get_atttypetypmodcoll(rte->relid, attribute, &type, &typmod, &collation);
	asking = true;
	PG_TRY();
	{
		examine_variable(root, (Node *) makeVar(rel->relid, attribute, type, typmod, collation, 0), 0, found);
	}
	PG_FINALLY();
	{
		asking = false;
	}
	PG_END_TRY();
}

static bool
find_statistics(PlannerInfo *root, RangeTblEntry *rte, AttrNumber attribute, VariableStatData *variable)
{
	VariableStatData found;
	bool has;

	if (asking)
		return false;
	if (next_relation_stats_hook != NULL && next_relation_stats_hook(root, rte, attribute, variable))
		return true;
	if (variable->rel == NULL || !has_bm25_index(variable->rel, attribute))
		return false;
	ask_planner(root, rte, variable->rel, attribute, &found);
	has = HeapTupleIsValid(found.statsTuple);
	if (has)
	{
		variable->statsTuple = copy_of(found.statsTuple);
		variable->freefunc = keep;
		variable->acl_ok = found.acl_ok;
	}
	ReleaseVariableStats(found);
	return has;
}

void
vs_define_column_statistics(void)
{
	next_relation_stats_hook = get_relation_stats_hook;
	get_relation_stats_hook = find_statistics;
}
