/* SPDX-License-Identifier: PostgreSQL
 *
 * access_method.c - what the access methods have in common, as PostgreSQL sees them.
 *
 * Owns: no state.  An error between vs_assume_owner and vs_resume_user ends the transaction or subtransaction, which
 * restores the user and the settings.
 */
#include "postgres.h"

#include "commands/vacuum.h"
#include "miscadmin.h"
#include "utils/guc.h"

#include "pg/access_method.h"
#include "pg/compat.h"

/* Answers pg_index_column_has_property: a column is ordered by distance, whatever its operator class. */
static bool
property(Oid index, int attribute, IndexAMProperty property, const char *name, bool *result, bool *isnull)
{
	if (property != AMPROP_DISTANCE_ORDERABLE || attribute == 0)
		return false;
	*result = true;
	return true;
}

IndexAmRoutine *
vs_distance_am(void)
{
	IndexAmRoutine *am = makeNode(IndexAmRoutine);

	am->amoptsprocnum = 0;
	am->amcanorder = false;
	am->amcanorderbyop = true;
	am->amcanbackward = false;
	am->amcanunique = false;
	am->amcanmulticol = false;
	am->amoptionalkey = true;
	am->amsearcharray = false;
	am->amsearchnulls = false;
	am->amstorage = false;
	am->amclusterable = false;
	am->ampredlocks = false;
	am->amcanparallel = false;
	am->amcaninclude = false;
	am->amusemaintenanceworkmem = false;
	am->amparallelvacuumoptions = VACUUM_OPTION_PARALLEL_BULKDEL;
	am->amkeytype = InvalidOid;
	am->amproperty = property;
	return am;
}

void
vs_assume_owner(VsOwnerRights *before, Relation table)
{
	GetUserIdAndSecContext(&before->user, &before->security);
	SetUserIdAndSecContext(table->rd_rel->relowner, before->security | SECURITY_RESTRICTED_OPERATION);
	before->guc_level = NewGUCNestLevel();
	vs_restrict_search_path();
}

void
vs_resume_user(const VsOwnerRights *before)
{
	AtEOXact_GUC(false, before->guc_level);
	SetUserIdAndSecContext(before->user, before->security);
}
