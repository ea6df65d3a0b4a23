/* SPDX-License-Identifier: PostgreSQL
 *
 * privilege.c - who may score with the statistics of an index.
 *
 * A score tells how many rows have a word.  Where the document is the key of the index, the executor has seen to
 * it that the user may read that key.  Any other document, a constant for one, could be used to ask for the
 * words of a table one by one, so it takes the privilege to read what is indexed.
 */
#include "postgres.h"

#include "catalog/index.h"
#include "catalog/pg_index.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "pg/bm25/query.h"

/* The column that is indexed; 0: an expression. */
static AttrNumber
key_column(Oid index)
{
	HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index));
	AttrNumber column;

	if (!HeapTupleIsValid(tuple))
		return 0;
	column = ((Form_pg_index) GETSTRUCT(tuple))->indkey.values[0];
	ReleaseSysCache(tuple);
	return column;
}

void
bm25_check_may_score(Bm25Query query)
{
	Oid table;
	AttrNumber column;

	if ((query->flags & BM25_QUERY_OF_KEY) != 0 || !OidIsValid(query->index))
		return;
	table = IndexGetRelation(query->index, true);
	if (!OidIsValid(table) || pg_class_aclcheck(table, GetUserId(), ACL_SELECT) == ACLCHECK_OK)
		return;
	column = key_column(query->index);
	if (column == 0 || pg_attribute_aclcheck(table, column, GetUserId(), ACL_SELECT) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, get_rel_name(table));
}
