/* SPDX-License-Identifier: PostgreSQL
 *
 * returned.c - the distance of the row that a ranked scan returned last.
 *
 * A statement that orders by <@> has the operator in its target list, unless nobody sees it (unseen_distances.c):
 * without this, every row that a scan returns would be scored again, and long documents detoasted for it.  The
 * scan knows the distance but not the document, the operator is given a document but not its row.  They are brought
 * together by where the document is: the executor hands over a pointer into the page of the heap that it has
 * pinned.  If that is where the indexed column of the returned row begins, it is the document the index returned.
 *
 * Owns: a pointer to the scan that returned a row last.  It goes with the scan's memory, also after errors.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relscan.h"
#include "access/tableam.h"
#include "storage/bufmgr.h"
#include "storage/bufpage.h"
#include "utils/rel.h"

#include "pg/bm25/returned.h"

static Bm25Returned *last = NULL;

void
bm25_forget_returned(const Bm25Returned *returned)
{
	if (last == returned)
		last = NULL;
}

static void
forget(void *argument)
{
	bm25_forget_returned(argument);
}

void
bm25_begin_returned(Bm25Returned *returned, IndexScanDesc scan, Bm25Query order, MemoryContext context)
{
	Relation heap = scan->heapRelation;
	AttrNumber attribute = scan->indexRelation->rd_index->indkey.values[0];

	returned->heap = NULL;
	if (heap == NULL || attribute <= 0 || heap->rd_tableam != GetHeapamTableAmRoutine() || !OidIsValid(order->index))
		return;
	returned->heap = heap;
	returned->attribute = attribute;
	returned->order = MemoryContextAlloc(context, VARSIZE(order));
	memcpy(returned->order, order, VARSIZE(order));
	returned->forget.func = forget;
	returned->forget.arg = returned;
	MemoryContextRegisterResetCallback(context, &returned->forget);
}

void
bm25_set_returned(Bm25Returned *returned, ItemPointer tid, double distance)
{
	if (returned->heap == NULL)
		return;
	returned->tid = *tid;
	returned->distance = distance;
	last = returned;
}

/* The same but for the hint, which only the scan's has. */
static bool
same_order(Bm25Query a, Bm25Query b)
{
	TSQuery one = BM25_QUERY_TSQUERY(a),
			other = BM25_QUERY_TSQUERY(b);

	return a->index == b->index && memcmp(&a->boost, &b->boost, sizeof(a->boost)) == 0 &&
		VARSIZE(one) == VARSIZE(other) && memcmp(one, other, VARSIZE(one)) == 0;
}

/*
 * Does the indexed column of the row version at the offset, or of the one it redirects to, begin at this address?
 *
 * No lock: an address in the page comes from somebody who has pinned it, and nothing moves on a pinned page.
 */
static bool
begins_at(const Bm25Returned *returned, Page page, OffsetNumber offset, const char *address)
{
	ItemId item;
	HeapTupleData tuple;
	Datum value;
	bool isnull;

	if (address < (char *) page + SizeOfPageHeaderData || address >= (char *) page + BLCKSZ ||
		offset > PageGetMaxOffsetNumber(page))
		return false;
	item = PageGetItemId(page, offset);
	if (ItemIdIsRedirected(item) && ItemIdGetRedirect(item) <= PageGetMaxOffsetNumber(page))
		item = PageGetItemId(page, ItemIdGetRedirect(item));
	if (!ItemIdIsNormal(item))
		return false;
	tuple.t_data = (HeapTupleHeader) PageGetItem(page, item);
	tuple.t_len = ItemIdGetLength(item);
	if (address < (char *) tuple.t_data || address >= (char *) tuple.t_data + tuple.t_len)
		return false;
	tuple.t_self = returned->tid;
	tuple.t_tableOid = RelationGetRelid(returned->heap);
	value = heap_getattr(&tuple, returned->attribute, RelationGetDescr(returned->heap), &isnull);
	return !isnull && DatumGetPointer(value) == address;
}

bool
bm25_distance_returned(Bm25Query query, Datum document, double *distance)
{
	Buffer buffer;
	bool found;

	if (last == NULL || !same_order(last->order, query))
		return false;
	buffer = ReadBuffer(last->heap, ItemPointerGetBlockNumber(&last->tid));
	found = begins_at(last, BufferGetPage(buffer), ItemPointerGetOffsetNumber(&last->tid),
					  DatumGetPointer(document));
	ReleaseBuffer(buffer);
	if (found)
		*distance = last->distance;
	return found;
}
