/* SPDX-License-Identifier: PostgreSQL
 *
 * check.h - vecstore.check_index for bm25 indexes.
 */
#ifndef VECSTORE_PG_BM25_CHECK_H
#define VECSTORE_PG_BM25_CHECK_H

#include "fmgr.h"

/* Answers vecstore.check_index(regclass) if it names a bm25 index; false: it does not. */
extern bool bm25_check_index(FunctionCallInfo fcinfo);

#endif
