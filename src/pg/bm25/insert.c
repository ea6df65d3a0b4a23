/* SPDX-License-Identifier: PostgreSQL
 *
 * insert.c - new documents.
 *
 * Owns: appending to lanes.  A document becomes visible, whole, with one record of WAL that changes the lane's
 * head and one of its pages.  Whoever fills a run seals it, and turns sealed runs into segments unless
 * somebody else is at it.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/proc.h"
#include "utils/memutils.h"

#include "pg/bm25/index.h"
#include "pg/bm25/rows.h"
#include "pg/page_patch.h"

typedef struct Insertion
{
	Relation index;
	VsBm25Record *record;
	TSVector vector;
	bool elsewhere; /* the vector does not fit a page */
} Insertion;

static void
make_record(Insertion *insertion, ItemPointer tid)
{
	Bm25Fixed fixed = bm25_fixed(insertion->index);
	Size vector_bytes = INTALIGN(VARSIZE(insertion->vector));
	Size bytes = sizeof(VsBm25Record) + vector_bytes;
	VsBm25Record *record;

	insertion->elsewhere = bytes > VS_BM25_PAYLOAD;
	if (insertion->elsewhere)
		bytes = sizeof(VsBm25Record) + sizeof(VsBm25Overflow);
	record = palloc0(bytes);
	record->bytes = bytes;
	record->row = bm25_row(tid);
	record->len = bm25_document_len(insertion->vector, &fixed.weights);
	bm25_sign(insertion->vector, &record->signature);
	if (insertion->elsewhere)
		record->flags = VS_BM25_ELSEWHERE;
	else
		memcpy(record + 1, insertion->vector, VARSIZE(insertion->vector));
	insertion->record = record;
}

/* A lane whose head is exclusively locked: the first that nobody else is writing to. */
static Buffer
lock_lane(Relation index)
{
	int first = MyProc->pgprocno % VS_BM25_LANES;
	Buffer buffer;

	for (int i = 0; i < VS_BM25_LANES; i++)
	{
		buffer = ReadBuffer(index, VS_BM25_FIRST_LANE + i);
		if (ConditionalLockBuffer(buffer))
		{
			bm25_check_page(index, buffer, VS_BM25_LANE_HEAD);
			return buffer;
		}
		ReleaseBuffer(buffer);
	}
	return bm25_read(index, VS_BM25_FIRST_LANE + first, BUFFER_LOCK_EXCLUSIVE, VS_BM25_LANE_HEAD);
}

/* Pages of a long document, before anything leads to them; how many. */
static uint32
write_overflow(Insertion *insertion)
{
	uint32 bytes = VARSIZE(insertion->vector);
	VsBm25Overflow *where = (VsBm25Overflow *) (insertion->record + 1);

	where->bytes = bytes;
	where->pages = (bytes + VS_BM25_PAYLOAD - 1) / VS_BM25_PAYLOAD;
	where->first_block = bm25_allocate(insertion->index, where->pages);
	for (uint32 i = 0, done = 0; done < bytes; i++)
	{
		Buffer buffer = bm25_fresh(insertion->index, where->first_block + i);
		uint32 part = Min(bytes - done, VS_BM25_PAYLOAD);
		VsPageEdit edit;
		Page page;

		vs_edit_begin(&edit, insertion->index, RelationNeedsWAL(insertion->index));
		page = vs_edit_page(&edit, buffer, true);
		bm25_init_page(page, VS_BM25_OVERFLOW, 0, 0, part);
		memcpy(BM25_PAYLOAD(page), (char *) insertion->vector + done, part);
		vs_edit_commit(&edit);
		UnlockReleaseBuffer(buffer);
		done += part;
	}
	return where->pages;
}

/*
 * Goes on to the next page where the record does not fit, and to another run where there is none, or where long
 * documents of the run have as many pages as records may have: every search reads them.  False: the list of
 * sealed runs is full.
 */
static bool
make_room(VsBm25Lane *lane, uint32 bytes, bool *fresh, bool *sealed)
{
	VsBm25Run *open = &lane->open;
	bool fits = open->end + bytes <= BLCKSZ - sizeof(VsBm25PageTail);

	if (open->pages == 0)
		return true;
	if (open->elsewhere < VS_BM25_LANE_PAGES)
	{
		if (fits)
			return true;
		if (open->used < open->pages)
		{
			open->used++;
			*fresh = true;
			return true;
		}
	}
	if (lane->n_sealed == VS_BM25_SEALED_RUNS)
		return false;
	bm25_seal_run(lane);
	*sealed = true;
	return true;
}

/* A page with its first record, and the head that leads to it. */
static void
write_fresh(Insertion *insertion, Buffer head, const VsBm25Lane *lane, Buffer buffer, uint32 at)
{
	VsPageEdit edit;
	Page page;

	vs_edit_begin(&edit, insertion->index, RelationNeedsWAL(insertion->index));
	page = vs_edit_page(&edit, buffer, true);
	bm25_init_page(page, VS_BM25_LANE, 0, 0, 0);
	memcpy((char *) page + at, insertion->record, insertion->record->bytes);
	((PageHeader) page)->pd_lower = lane->open.end;
	page = vs_edit_page(&edit, head, false);
	*BM25_LANE(page) = *lane;
	bm25_trim_head(page);
	vs_edit_commit(&edit);
}

/* A further record on a page, and the head that counts it. */
static void
write_further(Insertion *insertion, Buffer head, const VsBm25Lane *lane, Buffer buffer, uint32 at)
{
	Page page = BufferGetPage(buffer);
	LocationIndex end = lane->open.end;
	VsPagePatch patch;

	vs_patch_begin(&patch, RelationNeedsWAL(insertion->index));
	vs_patch_write(&patch, buffer, &((PageHeader) page)->pd_lower, &end, sizeof(end));
	vs_patch_write(&patch, buffer, (char *) page + at, insertion->record, insertion->record->bytes);
	vs_patch_write(&patch, head, &BM25_LANE(BufferGetPage(head))->open, &lane->open, sizeof(lane->open));
	vs_patch_commit(&patch);
}

/*
 * Appends the record to the lane.  False: the list of sealed runs is full.  *sealed: a run was filled.
 */
static bool
append(Insertion *insertion, Buffer head, bool *sealed)
{
	Relation index = insertion->index;
	VsBm25Lane now = *BM25_LANE(BufferGetPage(head));
	bool fresh = false;
	Buffer buffer;
	uint32 at;

	if (!make_room(&now, insertion->record->bytes, &fresh, sealed))
		return false;
	if (now.open.pages == 0)
	{
		now.open.first_block = bm25_allocate(index, VS_BM25_LANE_PAGES);
		now.open.pages = VS_BM25_LANE_PAGES;
		now.open.used = 1;
		fresh = true;
	}
	if (insertion->elsewhere)
		now.open.elsewhere += write_overflow(insertion);
	at = fresh ? MAXALIGN(SizeOfPageHeaderData) : now.open.end;
	now.open.end = at + insertion->record->bytes;
	now.open.n_docs++;
	now.open.sum_len += insertion->record->len;
	if (fresh)
	{
		buffer = bm25_fresh(index, now.open.first_block + now.open.used - 1);
		write_fresh(insertion, head, &now, buffer, at);
	}
	else
	{
		buffer = bm25_read(index, now.open.first_block + now.open.used - 1, BUFFER_LOCK_EXCLUSIVE, VS_BM25_LANE);
		write_further(insertion, head, &now, buffer, at);
	}
	UnlockReleaseBuffer(buffer);
	return true;
}

/* To the lane that nobody else writes to, or to the first that has room.  False: none has. */
static bool
append_somewhere(Insertion *insertion, bool *sealed)
{
	Buffer head = lock_lane(insertion->index);
	bool done = append(insertion, head, sealed);

	UnlockReleaseBuffer(head);
	for (int i = 0; !done && i < VS_BM25_LANES; i++)
	{
		head = bm25_read(insertion->index, VS_BM25_FIRST_LANE + i, BUFFER_LOCK_EXCLUSIVE, VS_BM25_LANE_HEAD);
		done = append(insertion, head, sealed);
		UnlockReleaseBuffer(head);
	}
	return done;
}

static void
wait_for_merge(Relation index)
{
	VsBm25Meta *meta = palloc(sizeof(VsBm25Meta));

	bm25_read_meta(index, meta);
	if (meta->n_segments > 0)
		bm25_wait_for_segment(index, &meta->segments[0]);
	pfree(meta);
}

/* Sealed runs to segments, and some small segments to a larger one; not if somebody is at it and need not wait. */
static void
tidy(Relation index, bool wait)
{
	bool flushed;

	if (wait)
		bm25_lock_lists(index);
	else if (!bm25_try_lock_lists(index))
		return;
	flushed = bm25_flush(index);
	bm25_unlock_lists(index);
	if (wait && !flushed)
		wait_for_merge(index);
	bm25_merge_few(index);
}

bool
bm25_insert(Relation index, Datum *values, bool *isnull, ItemPointer tid, Relation heap,
			IndexUniqueCheck check, bool unchanged, IndexInfo *info)
{
	MemoryContext context,
				  old;
	Insertion insertion = {.index = index};
	bool sealed = false,
		 done = false;

	if (isnull[0])
		return false;
	context = AllocSetContextCreate(CurrentMemoryContext, "bm25 insert", ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(context);
	insertion.vector = DatumGetTSVector(values[0]);
	make_record(&insertion, tid);
	while (!done)
	{
		done = append_somewhere(&insertion, &sealed);
		if (!done)
			tidy(index, true);
	}
	if (sealed)
		tidy(index, false);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	return false;
}
