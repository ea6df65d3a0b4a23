/* SPDX-License-Identifier: PostgreSQL
 *
 * operator_sql.h - how an operator is named in SQL that the extension makes.
 */
#ifndef VECSTORE_PG_OPERATOR_SQL_H
#define VECSTORE_PG_OPERATOR_SQL_H

/* OPERATOR(schema.name), which means the same whatever the search_path; an error if there is no such operator. */
extern char *vs_operator_sql(Oid operator);

#endif
