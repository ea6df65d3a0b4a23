/* SPDX-License-Identifier: PostgreSQL
 *
 * inspect.c - opening an hnsw index for the functions that look at one.
 *
 * Owns: who may look: the owner of the table, and roles with SELECT on it.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/index.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"

#include "pg/hnsw/hnsw.h"
#include "pg/hnsw/inspect.h"

static void
check_privilege(Oid heap_oid)
{
	AclResult result = pg_class_aclcheck(heap_oid, GetUserId(), ACL_SELECT);

	if (result != ACLCHECK_OK)
		aclcheck_error(result, OBJECT_TABLE, get_rel_name(heap_oid));
}

static void
refuse(Oid oid, const char *detail)
{
	char *name = get_rel_name(oid);

	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE), errmsg("relation with OID %u does not exist", oid)));
	ereport(ERROR,
			(errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("\"%s\" is not an hnsw index", name),
			 detail != NULL ? errdetail("%s", detail) : 0));
}

Relation
hnsw_inspect_open(Oid index_oid, Relation *heap)
{
	Oid heap_oid = IndexGetRelation(index_oid, true);
	Relation rel;

	if (!OidIsValid(heap_oid))
		refuse(index_oid, NULL);
	check_privilege(heap_oid);
	*heap = table_open(heap_oid, AccessShareLock);
	rel = index_open(index_oid, AccessShareLock);
	if (!hnsw_is_index(rel))
		refuse(index_oid, NULL);
	if (rel->rd_rel->relkind == RELKIND_PARTITIONED_INDEX)
		refuse(index_oid, "It is a partitioned index, only the indexes of its partitions have pages.");
	if (RELATION_IS_OTHER_TEMP(rel))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot access temporary tables of other sessions")));
	return rel;
}

void
hnsw_inspect_close(Relation rel, Relation heap)
{
	index_close(rel, NoLock);
	table_close(heap, NoLock);
}
