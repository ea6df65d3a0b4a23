/* SPDX-License-Identifier: PostgreSQL
 *
 * rows.c - rows of the table: for the core, as keys, and many of them.
 *
 * Owns: no state.
 */
#include "postgres.h"

#include "pg/bm25/rows.h"

VsBm25Row
bm25_row(ItemPointer tid)
{
	BlockNumber block = ItemPointerGetBlockNumber(tid);

	return (VsBm25Row){block >> 16, block & 0xFFFF, ItemPointerGetOffsetNumber(tid)};
}

void
bm25_key_to_tid(uint64 key, ItemPointer tid)
{
	ItemPointerSet(tid, (BlockNumber) (key >> 16), (OffsetNumber) (key & 0xFFFF));
}

void
bm25_add_key(Bm25Keys *keys, uint64 key)
{
	if (keys->n == keys->room)
	{
		keys->room = Max(64, 2 * keys->room);
		keys->keys = keys->keys == NULL
			? palloc(sizeof(uint64) * keys->room) : repalloc_huge(keys->keys, sizeof(uint64) * keys->room);
	}
	keys->keys[keys->n++] = key;
}

static int
compare(const void *a, const void *b)
{
	uint64 left = *(const uint64 *) a,
		   right = *(const uint64 *) b;

	return left < right ? -1 : left > right;
}

void
bm25_sort_keys(Bm25Keys *keys)
{
	if (keys->n > 1)
		qsort(keys->keys, keys->n, sizeof(uint64), compare);
}
