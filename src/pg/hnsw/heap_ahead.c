/* SPDX-License-Identifier: PostgreSQL
 *
 * heap_ahead.c - make the heap rows that a scan is about to return cheap to read.
 *
 * Owns: nothing but hints.  The executor reads one row after the other, and each costs a chain of cache
 * misses: mapping table, buffer descriptor, page header, line pointer, tuple.  The scan knows the next
 * rows.  It asks for their pages PAGES_AHEAD rows before they are wanted, and for the rows, where line
 * pointers then tell they are, ROWS_AHEAD before.  Pages are read without a pin for this, but only to
 * find addresses within them that are prefetched.
 *
 * The mapping table is avoided as for the index: a pin by hint is left where heapam keeps its own between
 * two rows.  heapam checks that it is the page wanted, and releases it when it goes on.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "pgstat.h"
#include "utils/spccache.h"

#include "pg/hnsw/heap_ahead.h"
#include "pg/hnsw/hints.h"

#define PAGES_AHEAD 8
#define ROWS_AHEAD 4
#define MAX_ROW_LINES 64

static void
open_heap(HnswHeapAhead *ahead, IndexScanDesc scan)
{
	Relation heap = scan->heapRelation;

	ahead->scan = scan;
	if (heap == NULL || heap->rd_tableam != GetHeapamTableAmRoutine())
		return;
	ahead->hints = hnsw_find_hints(heap, RelationGetNumberOfBlocks(heap));
	ahead->announce = get_tablespace_io_concurrency(heap->rd_rel->reltablespace) > 0;
}

void
hnsw_heap_ahead_start(HnswHeapAhead *ahead, IndexScanDesc scan)
{
	if (ahead->scan == NULL)
		open_heap(ahead, scan);
	ahead->pages = ahead->rows = 0;
}

/* The buffer that heapam keeps pinned from one row to the next. */
static Buffer *
pinned_buffer(HnswHeapAhead *ahead)
{
	return &((IndexFetchHeapData *) ahead->scan->xs_heapfetch)->xs_cbuf;
}

/* Remember where the executor found the row it fetched last. */
static void
learn_buffer(HnswHeapAhead *ahead)
{
	Buffer buffer = *pinned_buffer(ahead);

	if (BufferIsValid(buffer))
		*hnsw_hint(ahead->hints, BufferGetBlockNumber(buffer)) = buffer;
}

/* Within the page, whatever the tid says. */
static inline ItemId
line_pointer(Page page, ItemPointer tid)
{
	OffsetNumber offset = ItemPointerGetOffsetNumberNoCheck(tid);

	return PageGetItemId(page, Max(Min(offset, MaxHeapTuplesPerPage), FirstOffsetNumber));
}

/* Ask for what is read first: descriptor, header, line pointer. */
static pg_attribute_always_inline void
prefetch_page(HnswHeapAhead *ahead, ItemPointer tid)
{
	BlockNumber block = ItemPointerGetBlockNumber(tid);
	Buffer buffer = *hnsw_hint(ahead->hints, block);

	if (buffer <= 0 && ahead->announce)
	{
		hnsw_announce_block(ahead->scan->heapRelation, ahead->hints, block);
		buffer = *hnsw_hint(ahead->hints, block);
	}
	if (buffer <= 0)
		return;
	__builtin_prefetch(GetBufferDescriptor(buffer - 1), 1);
	__builtin_prefetch(BufferGetPage(buffer));
	__builtin_prefetch(line_pointer(BufferGetPage(buffer), tid));
}

/* Ask for the row, or for its page if it is not where the hint says. */
static pg_attribute_always_inline void
prefetch_row(HnswHeapAhead *ahead, ItemPointer tid)
{
	BlockNumber block = ItemPointerGetBlockNumber(tid);
	Buffer buffer = hnsw_hinted_buffer(ahead->hints, block);
	ItemIdData item;
	const char *row;
	uint32 bytes;

	if (!BufferIsValid(buffer))
	{
		if (ahead->announce)
			hnsw_announce_block(ahead->scan->heapRelation, ahead->hints, block);
		return;
	}
	item = *line_pointer(BufferGetPage(buffer), tid);
	row = (const char *) BufferGetPage(buffer) + Min(item.lp_off, BLCKSZ);
	bytes = Min(item.lp_len, MAX_ROW_LINES * CACHE_LINE);
	for (uint32 at = 0; at < bytes; at += CACHE_LINE)
		__builtin_prefetch(row + at);
}

/* The row of the hit after `skip` others; false when the search does not know it yet. */
static bool
see_row(const VsHnswScan *search, int64 skip, ItemPointer tid)
{
	const uint8 *row = vs_hnsw_scan_ahead(search, skip);

	if (row == NULL)
		return false;
	memcpy(tid, row, sizeof(*tid));
	return true;
}

/* A node's first row may be gone while others are there: it is passed over. */
void
hnsw_heap_ahead_prefetch(HnswHeapAhead *ahead, const VsHnswScan *search, int64 hit)
{
	ItemPointerData tid;

	if (ahead->hints == NULL)
		return;
	if (hit > 0)
		learn_buffer(ahead);
	for (; ahead->pages < hit + PAGES_AHEAD && see_row(search, ahead->pages - hit, &tid); ahead->pages++)
		if (ItemPointerIsValid(&tid))
			prefetch_page(ahead, &tid);
	for (; ahead->rows < hit + ROWS_AHEAD && see_row(search, ahead->rows - hit, &tid); ahead->rows++)
		if (ItemPointerIsValid(&tid))
			prefetch_row(ahead, &tid);
}

/* As heapam does when it comes to another page, except for the way to it. */
void
hnsw_heap_ahead_pin(HnswHeapAhead *ahead, ItemPointer tid)
{
	BlockNumber block = ItemPointerGetBlockNumber(tid);
	Relation heap = ahead->scan->heapRelation;
	Buffer *pinned = pinned_buffer(ahead);
	Buffer buffer;

	if (ahead->hints == NULL)
		return;
	buffer = hnsw_hinted_buffer(ahead->hints, block);
	if (!BufferIsValid(buffer) || buffer == *pinned ||
		!ReadRecentBuffer(ahead->hints->file, MAIN_FORKNUM, block, buffer))
		return;
	if (BufferIsValid(*pinned))
		ReleaseBuffer(*pinned);
	*pinned = buffer;
	pgstat_count_buffer_read(heap);
	pgstat_count_buffer_hit(heap);
	heap_page_prune_opt(heap, buffer);
}
