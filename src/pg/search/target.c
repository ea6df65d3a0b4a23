/* SPDX-License-Identifier: PostgreSQL
 *
 * target.c - what vecstore.search looks up in the catalogue: the columns to search.
 *
 * Owns: which indexes count, and the messages about what is missing or ambiguous.  Everything is read through
 * PostgreSQL's caches, because a search does so each time.  The relation is locked as a SELECT would lock it; whether
 * the caller may read it is decided when the statement runs.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "fmgr.h"
#include "funcapi.h"
#include "nodes/nodeFuncs.h"
#include "rewrite/rewriteHandler.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "pg/operator_sql.h"
#include "pg/search/target.h"

/* One of the two kinds of columns that can be searched. */
typedef struct SearchKind
{
	const char *name; /* for users: also the prefix of the argument that names such a column */
	const char *am;
	const char *an_index;
	const char *how_to_index; /* of the relation, %s */
	const char *type_names;
	const char *types[3]; /* NULL after the last */
} SearchKind;

static const SearchKind search_kinds[] = {
	{"vector", "hnsw", "an hnsw index", "CREATE INDEX ON %s USING hnsw (column vector_cosine_ops);",
	 "vector or halfvec", {"vector", "halfvec", NULL}},
	{"text", "bm25", "a bm25 index", "CREATE INDEX ON %s USING bm25 (column);", "tsvector",
	 {"tsvector", NULL}},
};

/* A column and the operator family its index orders it by. */
typedef struct SearchColumn
{
	AttrNumber number;
	Oid family;
	char *index; /* its name; the first by name decides */
} SearchColumn;

static const SearchKind *
kind_of_name(const char *name)
{
	for (int i = 0; i < lengthof(search_kinds); i++)
		if (strcmp(search_kinds[i].name, name) == 0)
			return &search_kinds[i];
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown kind of column: \"%s\"", name)));
}

static const char *
column_name(Relation rel, AttrNumber number)
{
	return NameStr(TupleDescAttr(RelationGetDescr(rel), number - 1)->attname);
}

char *
search_relation_name(Relation rel)
{
	return DatumGetCString(DirectFunctionCall1(regclassout, ObjectIdGetDatum(RelationGetRelid(rel))));
}

/* By the name of a type only: the schema of the extension's types is for the user to choose. */
static bool
is_type_of(Oid type, const SearchKind *kind)
{
	HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	bool found = false;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for type %u", type);
	for (int i = 0; kind->types[i] != NULL; i++)
		found |= strcmp(NameStr(((Form_pg_type) GETSTRUCT(tuple))->typname), kind->types[i]) == 0;
	ReleaseSysCache(tuple);
	return found;
}

bool
search_is_searched_type(Oid type)
{
	for (int i = 0; i < lengthof(search_kinds); i++)
		if (is_type_of(type, &search_kinds[i]))
			return true;
	return false;
}

/* The column that a whole, valid index begins with and its operator family; false for other indexes. */
static bool
look_at_index(Oid index, SearchColumn *column)
{
	HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index));
	Form_pg_index form;
	bool usable;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for index %u", index);
	form = (Form_pg_index) GETSTRUCT(tuple);
	column->number = form->indkey.values[0];
	usable = form->indisvalid && column->number > 0 &&
		heap_attisnull(tuple, Anum_pg_index_indpred, NULL);
	ReleaseSysCache(tuple);
	if (usable)
	{
		column->family = get_opclass_family(get_index_column_opclass(index, 1));
		column->index = get_rel_name(index);
	}
	return usable;
}

static Oid
method_of_index(Oid index)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(index));
	Oid method;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", index);
	method = ((Form_pg_class) GETSTRUCT(tuple))->relam;
	ReleaseSysCache(tuple);
	return method;
}

/* Take an index into account: each column once, with the first of its indexes. */
static void
add_column(SearchColumn *columns, int *count, const SearchColumn *next)
{
	for (int i = 0; i < *count; i++)
		if (columns[i].number == next->number)
		{
			if (strcmp(next->index, columns[i].index) < 0)
				columns[i] = *next;
			return;
		}
	columns[(*count)++] = *next;
}

/* The indexed columns of a kind, or the wanted one if it is among them. */
static int
indexed_columns(Relation rel, const SearchKind *kind, const char *wanted, SearchColumn **columns)
{
	List *indexes = RelationGetIndexList(rel);
	Oid method = get_index_am_oid(kind->am, true);
	int count = 0;
	ListCell *cell;

	*columns = palloc(sizeof(SearchColumn) * Max(list_length(indexes), 1));
	foreach (cell, indexes)
	{
		SearchColumn next;

		if (method_of_index(lfirst_oid(cell)) == method && look_at_index(lfirst_oid(cell), &next) &&
			(wanted == NULL || strcmp(column_name(rel, next.number), wanted) == 0))
			add_column(*columns, &count, &next);
	}
	list_free(indexes);
	return count;
}

static int
compare_names(const ListCell *a, const ListCell *b)
{
	return strcmp(lfirst(a), lfirst(b));
}

/* "a, b, c", in order. */
static char *
join_names(List *names)
{
	StringInfoData joined;
	ListCell *cell;

	initStringInfo(&joined);
	list_sort(names, compare_names);
	foreach (cell, names)
		appendStringInfo(&joined, "%s%s", joined.len > 0 ? ", " : "", (char *) lfirst(cell));
	return joined.data;
}

static void pg_attribute_noreturn()
no_column(Relation rel, const SearchKind *kind, const char *wanted)
{
	TupleDesc desc = RelationGetDescr(rel);
	List *of_type = NIL;

	for (int i = 0; i < desc->natts; i++)
		if (!TupleDescAttr(desc, i)->attisdropped && is_type_of(TupleDescAttr(desc, i)->atttypid, kind))
			of_type = lappend(of_type, NameStr(TupleDescAttr(desc, i)->attname));
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("%s has no column with %s to search", search_relation_name(rel), kind->an_index),
			 wanted != NULL ? errdetail("Column \"%s\" was asked for.", wanted)
				 : of_type == NIL ? errdetail("It has no column of type %s.", kind->type_names)
								  : errdetail("Columns of the type: %s.", join_names(of_type)),
			 errhint(kind->how_to_index, search_relation_name(rel))));
}

static void pg_attribute_noreturn()
several_columns(Relation rel, const SearchKind *kind, const SearchColumn *columns, int count)
{
	List *names = NIL;

	for (int i = 0; i < count; i++)
		names = lappend(names, (void *) column_name(rel, columns[i].number));
	ereport(ERROR,
			(errcode(ERRCODE_AMBIGUOUS_COLUMN),
			 errmsg("%s has several columns to search: %s", search_relation_name(rel), join_names(names)),
			 errhint("Name one: %s_column => ...", kind->name)));
}

static SearchColumn
choose_column(Relation rel, const SearchKind *kind, const char *wanted)
{
	SearchColumn *columns;
	int count = indexed_columns(rel, kind, wanted, &columns);

	if (count == 0)
		no_column(rel, kind, wanted);
	if (count > 1)
		several_columns(rel, kind, columns, count);
	return columns[0];
}

/* What an operator family orders by, as SQL; all its ordering operators have one name. */
static char *
ordering_operator(Oid family)
{
	CatCList *members = SearchSysCacheList1(AMOPSTRATEGY, ObjectIdGetDatum(family));
	Oid operator = InvalidOid;

	for (int i = 0; i < members->n_members && !OidIsValid(operator); i++)
	{
		Form_pg_amop member = (Form_pg_amop) GETSTRUCT(&members->members[i]->tuple);

		if (member->amoppurpose == AMOP_ORDER)
			operator = member->amopopr;
	}
	ReleaseSysCacheList(members);
	return vs_operator_sql(operator);
}

/* expression_tree_walker: the configuration that a to_tsvector(configuration, …) names. */
static bool
find_config(Node *node, void *config)
{
	if (node == NULL)
		return false;
	if (IsA(node, Const) && ((Const *) node)->consttype == REGCONFIGOID &&
		!((Const *) node)->constisnull)
	{
		*(Oid *) config = DatumGetObjectId(((Const *) node)->constvalue);
		return true;
	}
	return expression_tree_walker(node, find_config, config);
}

/* The text search configuration that makes a generated column, as text; NULL when none is known. */
static char *
config_of_column(Relation rel, AttrNumber column)
{
	Oid config = InvalidOid;

	if (!TupleDescAttr(RelationGetDescr(rel), column - 1)->attgenerated ||
		!find_config(build_column_default(rel, column), &config))
		return NULL;
	return DatumGetCString(DirectFunctionCall1(regconfigout, ObjectIdGetDatum(config)));
}

const char *
search_name_argument(FunctionCallInfo fcinfo, int i)
{
	return PG_ARGISNULL(i) ? NULL : NameStr(*PG_GETARG_NAME(i));
}

Relation
search_open_argument(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("the relation to search must not be null")));
	return relation_open(PG_GETARG_OID(0), AccessShareLock);
}

Datum
search_make_row(FunctionCallInfo fcinfo, Datum *values, bool *isnull)
{
	TupleDesc desc;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, isnull));
}

Datum
search_name_datum(const char *name)
{
	return DirectFunctionCall1(namein, CStringGetDatum(name));
}

PG_FUNCTION_INFO_V1(vs_search_column);

/* vecstore.search_column(rel, kind, wanted): name, type, operator, config. */
Datum
vs_search_column(PG_FUNCTION_ARGS)
{
	Relation rel = search_open_argument(fcinfo);
	const SearchKind *kind = kind_of_name(PG_ARGISNULL(1) ? "" : text_to_cstring(PG_GETARG_TEXT_PP(1)));
	SearchColumn column = choose_column(rel, kind, search_name_argument(fcinfo, 2));
	Oid type = TupleDescAttr(RelationGetDescr(rel), column.number - 1)->atttypid;
	char *config = config_of_column(rel, column.number);
	Datum values[] = {search_name_datum(column_name(rel, column.number)),
					  CStringGetTextDatum(format_type_be(type)),
					  CStringGetTextDatum(ordering_operator(column.family)),
					  config != NULL ? CStringGetTextDatum(config) : (Datum) 0};
	bool isnull[] = {false, false, false, config == NULL};

	relation_close(rel, NoLock);
	return search_make_row(fcinfo, values, isnull);
}
