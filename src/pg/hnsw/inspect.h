/* SPDX-License-Identifier: PostgreSQL
 *
 * inspect.h - opening an hnsw index for the functions that look at one.
 */
#ifndef VECSTORE_PG_HNSW_INSPECT_H
#define VECSTORE_PG_HNSW_INSPECT_H

#include "utils/rel.h"

/*
 * Open an hnsw index and its table with AccessShareLock, held until the end of the transaction.
 * An error unless the caller may read the table, or when the relation is no hnsw index with pages.
 */
extern Relation hnsw_inspect_open(Oid index_oid, Relation *heap);
extern void hnsw_inspect_close(Relation rel, Relation heap);

#endif
