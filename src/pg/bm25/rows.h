/* SPDX-License-Identifier: PostgreSQL
 *
 * rows.h - rows of the table: for the core, as keys, and many of them.
 */
#ifndef VECSTORE_PG_BM25_ROWS_H
#define VECSTORE_PG_BM25_ROWS_H

#include "storage/itemptr.h"

#include "bridge/bm25_page.h"

extern VsBm25Row bm25_row(ItemPointer tid);
/* Of vs_bm25_row_key. */
extern void bm25_key_to_tid(uint64 key, ItemPointer tid);

/* A growing array of keys, in the memory context that is current when it grows first.  Zeroed: empty. */
typedef struct Bm25Keys
{
	uint64 *keys;
	uint64 n;
	uint64 room;
} Bm25Keys;

extern void bm25_add_key(Bm25Keys *keys, uint64 key);
/* In the order of the heap. */
extern void bm25_sort_keys(Bm25Keys *keys);

#endif
