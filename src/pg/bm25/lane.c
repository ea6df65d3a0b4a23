/* SPDX-License-Identifier: PostgreSQL
 *
 * lane.c - documents that are not in a segment yet, and what a scan sees of the index.
 *
 * Owns: reading records.  Records are only appended (insert.c), and flagged dead (vacuum.c); a run that was
 * replaced by a segment stays readable until no snapshot is as old as that.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "pg/bm25/index.h"

static void
check_lane(Relation index, const VsBm25Lane *lane)
{
	bool sound = lane->n_sealed <= VS_BM25_SEALED_RUNS && lane->open.used <= lane->open.pages;

	for (uint32 i = 0; sound && i < lane->n_sealed; i++)
		sound = lane->sealed[i].used <= lane->sealed[i].pages;
	if (!sound)
		ereport(ERROR,
				(errcode(ERRCODE_INDEX_CORRUPTED),
				 errmsg("index \"%s\" has a damaged lane head", RelationGetRelationName(index)),
				 errhint("REINDEX INDEX rebuilds it.")));
}

static void
copy_free_list(Relation index, VsBm25FreeList *list)
{
	Buffer buffer = bm25_read(index, VS_BM25_FREE_BLOCK, BUFFER_LOCK_SHARE, VS_BM25_FREE_LIST);

	memcpy(list, BM25_FREE_LIST(BufferGetPage(buffer)), sizeof(*list));
	UnlockReleaseBuffer(buffer);
}

/* A list of segments, and the lanes as they were at the same moment. */
Bm25Snapshot *
bm25_take_snapshot(Relation index)
{
	return bm25_take_snapshot_and_free_list(index, NULL);
}

Bm25Snapshot *
bm25_take_snapshot_and_free_list(Relation index, VsBm25FreeList *list)
{
	Bm25Snapshot *snapshot = palloc(sizeof(Bm25Snapshot));
	Buffer meta = bm25_read(index, VS_BM25_META_BLOCK, BUFFER_LOCK_SHARE, VS_BM25_META);
	Buffer lanes[VS_BM25_LANES];

	for (int i = 0; i < VS_BM25_LANES; i++)
		lanes[i] = bm25_read(index, VS_BM25_FIRST_LANE + i, BUFFER_LOCK_SHARE, VS_BM25_LANE_HEAD);
	if (list != NULL)
		copy_free_list(index, list);
	memcpy(&snapshot->meta, BM25_META(BufferGetPage(meta)), sizeof(VsBm25Meta));
	for (int i = 0; i < VS_BM25_LANES; i++)
	{
		memcpy(&snapshot->lanes[i], BM25_LANE(BufferGetPage(lanes[i])), sizeof(VsBm25Lane));
		UnlockReleaseBuffer(lanes[i]);
	}
	UnlockReleaseBuffer(meta);
	bm25_check_meta(index, &snapshot->meta);
	for (int i = 0; i < VS_BM25_LANES; i++)
		check_lane(index, &snapshot->lanes[i]);
	return snapshot;
}

static void
add_run_totals(const VsBm25Run *run, double *n_docs, double *sum_len)
{
	if (run->pages == 0)
		return;
	*n_docs += run->n_docs;
	*sum_len += run->sum_len;
}

void
bm25_snapshot_totals(const Bm25Snapshot *snapshot, double *n_docs, double *sum_len)
{
	*n_docs = *sum_len = 0;
	for (uint32 i = 0; i < snapshot->meta.n_segments; i++)
	{
		*n_docs += snapshot->meta.segments[i].n_docs;
		*sum_len += snapshot->meta.segments[i].sum_len;
	}
	for (int i = 0; i < VS_BM25_LANES; i++)
	{
		const VsBm25Lane *lane = &snapshot->lanes[i];

		for (uint32 j = 0; j < lane->n_sealed; j++)
			add_run_totals(&lane->sealed[j], n_docs, sum_len);
		add_run_totals(&lane->open, n_docs, sum_len);
	}
}

/* Does the record hold what it says? */
static bool
record_is_whole(const VsBm25Record *record, uint32 room)
{
	uint32 content = record->bytes - sizeof(VsBm25Record);

	if (record->bytes < sizeof(VsBm25Record) || record->bytes > room)
		return false;
	if ((record->flags & VS_BM25_ELSEWHERE) != 0)
		return content >= sizeof(VsBm25Overflow);
	return bm25_vector_fits((TSVector) (record + 1), content);
}

static void
read_record(const VsBm25Record *record, Bm25Document *document)
{
	document->row = record->row;
	document->len = record->len;
	document->signature = &record->signature;
	document->vector = NULL;
	memset(&document->elsewhere, 0, sizeof(document->elsewhere));
	if ((record->flags & VS_BM25_ELSEWHERE) != 0)
		memcpy(&document->elsewhere, record + 1, sizeof(document->elsewhere));
	else
		document->vector = (TSVector) (record + 1);
}

void
bm25_damaged_record(Relation index, Buffer buffer, uint32 offset)
{
	ereport(ERROR,
			(errcode(ERRCODE_INDEX_CORRUPTED),
			 errmsg("index \"%s\" has a damaged record at block %u, offset %u", RelationGetRelationName(index),
					BufferGetBlockNumber(buffer), offset),
			 errhint("REINDEX INDEX rebuilds it.")));
}

/* Live records of a page, up to the offset `end`. */
static void
visit_page(Relation index, Buffer buffer, uint32 end, Bm25Visit visit, void *context)
{
	Page page = BufferGetPage(buffer);
	Bm25Document document;

	end = Min(end, ((PageHeader) page)->pd_lower);
	for (uint32 offset = MAXALIGN(SizeOfPageHeaderData); offset < end;)
	{
		const VsBm25Record *record = (const VsBm25Record *) ((char *) page + offset);

		if (end - offset < sizeof(VsBm25Record) || !record_is_whole(record, end - offset))
			bm25_damaged_record(index, buffer, offset);
		if ((record->flags & VS_BM25_DEAD) == 0)
		{
			read_record(record, &document);
			document.buffer = buffer;
			document.offset = offset;
			visit(context, &document);
			if (document.elsewhere.pages > 0 && document.vector != NULL)
				pfree(document.vector);
		}
		offset += record->bytes;
	}
}

void
bm25_visit_run(Relation index, const VsBm25Run *run, int lock_mode, Bm25Visit visit, void *context)
{
	if (run->pages == 0)
		return;
	for (uint32 i = 0; i < run->used; i++)
	{
		Buffer buffer = bm25_read(index, run->first_block + i, lock_mode, VS_BM25_LANE);

		visit_page(index, buffer, i + 1 == run->used ? run->end : BLCKSZ, visit, context);
		UnlockReleaseBuffer(buffer);
	}
}

void
bm25_visit_lanes(Relation index, const Bm25Snapshot *snapshot, Bm25Visit visit, void *context)
{
	for (int i = 0; i < VS_BM25_LANES; i++)
	{
		const VsBm25Lane *lane = &snapshot->lanes[i];

		for (uint32 j = 0; j < lane->n_sealed; j++)
		{
			bm25_visit_run(index, &lane->sealed[j], BUFFER_LOCK_SHARE, visit, context);
			CHECK_FOR_INTERRUPTS();
		}
		bm25_visit_run(index, &lane->open, BUFFER_LOCK_SHARE, visit, context);
	}
}

TSVector
bm25_document_vector(Relation index, Bm25Document *document)
{
	const VsBm25Overflow *where = &document->elsewhere;
	char *vector;

	if (document->vector != NULL)
		return document->vector;
	vector = palloc(Max(where->bytes, DATAHDRSIZE));
	for (uint32 i = 0, done = 0; done < where->bytes; i++)
	{
		Buffer buffer = bm25_read(index, where->first_block + i, BUFFER_LOCK_SHARE, VS_BM25_OVERFLOW);
		uint32 part = Min(where->bytes - done, VS_BM25_PAYLOAD);

		memcpy(vector + done, BM25_PAYLOAD(BufferGetPage(buffer)), part);
		UnlockReleaseBuffer(buffer);
		done += part;
	}
	document->vector = (TSVector) vector;
	if (!bm25_vector_fits(document->vector, where->bytes))
		bm25_damaged_record(index, document->buffer, document->offset);
	return document->vector;
}

bool
bm25_find_hits_of_record(Relation index, Bm25Hits *hits, Bm25Document *document)
{
	if (!bm25_may_have_hits(hits, document->signature))
	{
		bm25_clear_hits(hits);
		return false;
	}
	return bm25_find_hits(hits, bm25_document_vector(index, document), document->signature);
}

void
bm25_seal_run(VsBm25Lane *lane)
{
	lane->sealed[lane->n_sealed++] = lane->open;
	memset(&lane->open, 0, sizeof(lane->open));
}

void
bm25_trim_head(Page head)
{
	Size bytes = offsetof(VsBm25Lane, sealed) + BM25_LANE(head)->n_sealed * sizeof(VsBm25Run);

	((PageHeader) head)->pd_lower = BM25_PAYLOAD(head) - (char *) head + bytes;
}

void
bm25_seal_lanes(Relation index)
{
	for (int i = 0; i < VS_BM25_LANES; i++)
	{
		Buffer buffer = bm25_read(index, VS_BM25_FIRST_LANE + i, BUFFER_LOCK_EXCLUSIVE, VS_BM25_LANE_HEAD);
		VsBm25Lane *lane = BM25_LANE(BufferGetPage(buffer));

		if (lane->open.pages > 0 && lane->n_sealed < VS_BM25_SEALED_RUNS)
		{
			VsPageEdit edit;
			Page page;

			vs_edit_begin(&edit, index, RelationNeedsWAL(index));
			page = vs_edit_page(&edit, buffer, false);
			bm25_seal_run(BM25_LANE(page));
			bm25_trim_head(page);
			vs_edit_commit(&edit);
		}
		UnlockReleaseBuffer(buffer);
	}
}
