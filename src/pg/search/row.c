/* SPDX-License-Identifier: PostgreSQL
 *
 * row.c - what vecstore.search looks up in the catalogue: the key of the relation, and the row to show.
 *
 * Owns: the messages about what is missing or may not be read.  The relation is locked as a SELECT would lock it; whether
 * the caller may read it is decided when the statement runs.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "catalog/pg_index.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "pg/search/target.h"

/* The column of the primary key, if that is one column. */
static AttrNumber
primary_key(Relation rel)
{
	AttrNumber column = InvalidAttrNumber;
	HeapTuple tuple;

	list_free(RelationGetIndexList(rel));
	if (!OidIsValid(rel->rd_pkindex))
		return column;
	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(rel->rd_pkindex));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for index %u", rel->rd_pkindex);
	if (((Form_pg_index) GETSTRUCT(tuple))->indnkeyatts == 1)
		column = ((Form_pg_index) GETSTRUCT(tuple))->indkey.values[0];
	ReleaseSysCache(tuple);
	return column;
}

PG_FUNCTION_INFO_V1(vs_search_key);

/* vecstore.search_key(rel, wanted): id, type. */
Datum
vs_search_key(PG_FUNCTION_ARGS)
{
	Relation rel = search_open_argument(fcinfo);
	const char *wanted = search_name_argument(fcinfo, 1);
	AttrNumber column =
		wanted != NULL ? get_attnum(RelationGetRelid(rel), wanted) : primary_key(rel);
	Form_pg_attribute attribute;
	Datum values[2];
	bool isnull[] = {false, false};

	if (wanted == NULL && column == InvalidAttrNumber)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("%s has no primary key of one column", search_relation_name(rel)),
				 errhint("Name a unique column: id_column")));
	if (column <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("%s has no column \"%s\"", search_relation_name(rel), wanted)));
	attribute = TupleDescAttr(RelationGetDescr(rel), column - 1);
	values[0] = search_name_datum(NameStr(attribute->attname));
	values[1] = CStringGetTextDatum(format_type_with_typemod(attribute->atttypid, attribute->atttypmod));
	relation_close(rel, NoLock);
	return search_make_row(fcinfo, values, isnull);
}

/* Whether the caller may read a column that exists. */
static bool
may_read(Relation rel, AttrNumber column)
{
	return pg_class_aclcheck(RelationGetRelid(rel), GetUserId(), ACL_SELECT) == ACLCHECK_OK ||
		pg_attribute_aclcheck(RelationGetRelid(rel), column, GetUserId(), ACL_SELECT) == ACLCHECK_OK;
}

/* The columns asked for, as a set of their numbers; an error names those that cannot be shown. */
static Bitmapset *
asked_columns(Relation rel, ArrayType *names)
{
	Bitmapset *asked = NULL;
	StringInfoData hidden;
	Datum *elements;
	bool *isnull;
	int count;

	initStringInfo(&hidden);
	deconstruct_array(names, NAMEOID, NAMEDATALEN, false, TYPALIGN_CHAR, &elements, &isnull, &count);
	for (int i = 0; i < count; i++)
	{
		const char *name = isnull[i] ? "" : NameStr(*DatumGetName(elements[i]));
		AttrNumber column = get_attnum(RelationGetRelid(rel), name);

		if (column > 0 && may_read(rel, column))
			asked = bms_add_member(asked, column);
		else
			appendStringInfo(&hidden, "%s%s", hidden.len > 0 ? ", " : "", name);
	}
	if (hidden.len > 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("%s has no column %s that you may read", search_relation_name(rel), hidden.data)));
	return asked;
}

PG_FUNCTION_INFO_V1(vs_search_row);

/* vecstore.search_row(rel, columns): SQL. */
Datum
vs_search_row(PG_FUNCTION_ARGS)
{
	Relation rel = search_open_argument(fcinfo);
	bool chosen = !PG_ARGISNULL(1);
	Bitmapset *asked = chosen ? asked_columns(rel, PG_GETARG_ARRAYTYPE_P(1)) : NULL;
	StringInfoData sql;
	const char *separator = "";

	initStringInfo(&sql);
	appendStringInfoString(&sql, "pg_catalog.jsonb_build_object(");
	for (AttrNumber i = 1; i <= RelationGetNumberOfAttributes(rel); i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(rel), i - 1);

		if (attribute->attisdropped || (chosen && !bms_is_member(i, asked)) ||
			(!chosen && (search_is_searched_type(attribute->atttypid) || !may_read(rel, i))))
			continue;
		appendStringInfo(&sql, "%s%s, t.%s", separator,
						 quote_literal_cstr(NameStr(attribute->attname)),
						 quote_identifier(NameStr(attribute->attname)));
		separator = ", ";
	}
	appendStringInfoChar(&sql, ')');
	relation_close(rel, NoLock);
	PG_RETURN_TEXT_P(cstring_to_text(sql.data));
}
