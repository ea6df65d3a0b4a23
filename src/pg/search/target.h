/* SPDX-License-Identifier: PostgreSQL
 *
 * target.h - the relation that vecstore.search looks at, and answers about it.
 */
#ifndef VECSTORE_PG_SEARCH_TARGET_H
#define VECSTORE_PG_SEARCH_TARGET_H

#include "fmgr.h"
#include "utils/rel.h"

/* The argument as the text of a name, NULL for NULL. */
extern const char *search_name_argument(FunctionCallInfo fcinfo, int i);
/* Open the relation that the first argument names. */
extern Relation search_open_argument(FunctionCallInfo fcinfo);
/* A row of the function's OUT parameters. */
extern Datum search_make_row(FunctionCallInfo fcinfo, Datum *values, bool *isnull);
extern Datum search_name_datum(const char *name);
/* The name of the relation as SQL takes it. */
extern char *search_relation_name(Relation rel);
/* Is it a type of columns that can be searched? */
extern bool search_is_searched_type(Oid type);

#endif
