/* SPDX-License-Identifier: PostgreSQL
 *
 * access_method.h - what the access methods have in common, as PostgreSQL sees them.
 */
#ifndef VECSTORE_PG_ACCESS_METHOD_H
#define VECSTORE_PG_ACCESS_METHOD_H

#include "access/amapi.h"
#include "utils/rel.h"

/*
 * A table of callbacks for an index of one column that delivers rows in the order of a distance, and can do without
 * conditions.  Strategies, support functions and callbacks are the caller's.
 */
extern IndexAmRoutine *vs_distance_am(void);

/* Functions and predicates of an index run as in a REINDEX: for the table's owner, and they cannot do harm. */
typedef struct VsOwnerRights
{
	Oid user;
	int security;
	int guc_level;
} VsOwnerRights;

extern void vs_assume_owner(VsOwnerRights *before, Relation table);
extern void vs_resume_user(const VsOwnerRights *before);

#endif
