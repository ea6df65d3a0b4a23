/* SPDX-License-Identifier: PostgreSQL
 *
 * vacuum.c - dead rows leave the index.
 *
 * Owns: flags of dead records, and bits of dead documents.  Records come first, with the lists locked, so
 * that no flush copies one that is about to be flagged; what is inserted later cannot be dead.  Then the
 * segments, one after the other, each locked; those that a flush or merge makes meanwhile are treated like the others,
 * until all there are have been seen (lock.c).
 */
#include "postgres.h"

#include "commands/vacuum.h"

#include "pg/bm25/index.h"
#include "pg/bm25/rows.h"
#include "pg/compat.h"
#include "pg/page_patch.h"

#define DOCUMENTS_BETWEEN_DELAYS 1024

typedef struct Vacuum
{
	Relation index;
	IndexBulkDeleteResult *stats;
	IndexBulkDeleteCallback callback;
	void *state;
	uint32 *seen; /* segments */
	int n_seen;
	int room;
} Vacuum;

static bool
is_dead(Vacuum *vacuum, VsBm25Row row)
{
	ItemPointerData tid;

	bm25_key_to_tid(vs_bm25_row_key(row), &tid);
	if (vacuum->callback(&tid, vacuum->state))
	{
		vacuum->stats->tuples_removed++;
		return true;
	}
	vacuum->stats->num_index_tuples++;
	return false;
}

static void
flag_record(void *context, Bm25Document *document)
{
	Vacuum *vacuum = context;
	VsBm25Record *record = (VsBm25Record *) ((char *) BufferGetPage(document->buffer) + document->offset);
	uint8 flags = record->flags | VS_BM25_DEAD;
	VsPagePatch patch;

	if (!is_dead(vacuum, document->row))
		return;
	vs_patch_begin(&patch, RelationNeedsWAL(vacuum->index));
	vs_patch_write(&patch, document->buffer, &record->flags, &flags, sizeof(flags));
	vs_patch_commit(&patch);
}

static void
vacuum_lanes(Vacuum *vacuum)
{
	Bm25Snapshot *snapshot = bm25_take_snapshot(vacuum->index);

	for (int i = 0; i < VS_BM25_LANES; i++)
	{
		const VsBm25Lane *lane = &snapshot->lanes[i];

		for (uint32 j = 0; j <= lane->n_sealed; j++)
		{
			vs_vacuum_delay_point();
			bm25_visit_run(vacuum->index, j < lane->n_sealed ? &lane->sealed[j] : &lane->open,
						   BUFFER_LOCK_EXCLUSIVE, flag_record, vacuum);
		}
	}
	pfree(snapshot);
}

/* Clears the bits of a page of the live stream that are set in `dead`. */
static void
clear_bits(Relation index, BlockNumber block, const uint8 *dead)
{
	Buffer buffer = bm25_read(index, block, BUFFER_LOCK_EXCLUSIVE, VS_BM25_SEGMENT);
	uint8 *live;
	VsPageEdit edit;

	vs_edit_begin(&edit, index, RelationNeedsWAL(index));
	live = (uint8 *) BM25_PAYLOAD(vs_edit_page(&edit, buffer, false));
	for (int i = 0; i < VS_BM25_PAYLOAD; i++)
		live[i] &= ~dead[i];
	vs_edit_commit(&edit);
	UnlockReleaseBuffer(buffer);
}

/* The number of live documents, as the meta page has it. */
static void
set_live(Relation index, uint32 id, uint32 n_live)
{
	Buffer buffer = bm25_read(index, VS_BM25_META_BLOCK, BUFFER_LOCK_EXCLUSIVE, VS_BM25_META);
	VsBm25Meta *meta;
	VsPageEdit edit;

	vs_edit_begin(&edit, index, RelationNeedsWAL(index));
	meta = BM25_META(vs_edit_page(&edit, buffer, false));
	for (uint32 i = 0; i < meta->n_segments; i++)
		if (meta->segments[i].id == id)
			meta->segments[i].n_live = n_live;
	vs_edit_commit(&edit);
	UnlockReleaseBuffer(buffer);
}

static void
vacuum_segment(Vacuum *vacuum, const VsBm25Segment *segment)
{
	Bm25Reader reader;
	uint8 dead[VS_BM25_PAYLOAD];
	uint32 n_live = 0;

	bm25_begin_reader(&reader, vacuum->index, segment, VS_BM25_STREAMS);
	for (uint32 page = 0; page < segment->pages[VS_BM25_LIVE]; page++)
	{
		uint32 first = page * VS_BM25_LIVE_PER_PAGE;
		uint32 end = Min(first + VS_BM25_LIVE_PER_PAGE, segment->n_docs);
		const uint8_t *live = reader.source.read(&reader, VS_BM25_LIVE, page);
		bool any = false;

		memset(dead, 0, sizeof(dead));
		for (uint32 doc = first; doc < end; doc++)
		{
			uint32 bit = doc - first;

			if (doc % DOCUMENTS_BETWEEN_DELAYS == 0)
				vs_vacuum_delay_point();
			if ((live[bit / 8] & (1 << (bit % 8))) == 0)
				continue;
			if (is_dead(vacuum, vs_bm25_row_of(segment, &reader.source, doc)))
			{
				dead[bit / 8] |= 1 << (bit % 8);
				any = true;
			}
			else
				n_live++;
		}
		if (any)
			clear_bits(vacuum->index, reader.first[VS_BM25_LIVE] + page, dead);
	}
	bm25_end_reader(&reader);
	if (n_live != segment->n_live)
		set_live(vacuum->index, segment->id, n_live);
}

static bool
was_seen(Vacuum *vacuum, uint32 id)
{
	for (int i = 0; i < vacuum->n_seen; i++)
		if (vacuum->seen[i] == id)
			return true;
	return false;
}

static void
add_seen(Vacuum *vacuum, uint32 id)
{
	if (vacuum->n_seen == vacuum->room)
	{
		vacuum->room *= 2;
		vacuum->seen = repalloc(vacuum->seen, sizeof(uint32) * vacuum->room);
	}
	vacuum->seen[vacuum->n_seen++] = id;
}

/*
 * A segment that was not seen yet, locked.  It may have been merged until then: what was made of it has another id.
 * False: there is none left to see.
 */
static bool
lock_unseen(Vacuum *vacuum, VsBm25Meta *meta, VsBm25Segment *segment)
{
	for (;;)
	{
		uint32 i = 0;

		bm25_read_meta(vacuum->index, meta);
		while (i < meta->n_segments && was_seen(vacuum, meta->segments[i].id))
			i++;
		if (i == meta->n_segments)
			return false;
		*segment = meta->segments[i];
		bm25_lock_segment(vacuum->index, segment->id);
		if (bm25_find_segment(vacuum->index, meta, segment))
			return true;
		bm25_unlock_segments(vacuum->index, segment, 1);
	}
}

IndexBulkDeleteResult *
bm25_bulk_delete(IndexVacuumInfo *info, IndexBulkDeleteResult *stats, IndexBulkDeleteCallback callback,
				 void *state)
{
	Vacuum vacuum = {.index = info->index, .callback = callback, .state = state, .room = VS_BM25_MAX_SEGMENTS};
	VsBm25Meta *meta = palloc(sizeof(VsBm25Meta));
	VsBm25Segment segment;

	if (stats == NULL)
		stats = palloc0(sizeof(IndexBulkDeleteResult));
	vacuum.stats = stats;
	vacuum.seen = palloc(sizeof(uint32) * vacuum.room);
	stats->num_index_tuples = 0;
	bm25_lock_lists(info->index);
	vacuum_lanes(&vacuum);
	bm25_unlock_lists(info->index);
	while (lock_unseen(&vacuum, meta, &segment))
	{
		vacuum_segment(&vacuum, &segment);
		add_seen(&vacuum, segment.id);
		bm25_unlock_segments(info->index, &segment, 1);
		vs_vacuum_delay_point();
	}
	pfree(vacuum.seen);
	pfree(meta);
	return stats;
}

static double
count_documents(const Bm25Snapshot *snapshot)
{
	double n_docs,
		   sum_len;

	bm25_snapshot_totals(snapshot, &n_docs, &sum_len);
	for (uint32 i = 0; i < snapshot->meta.n_segments; i++)
		n_docs -= snapshot->meta.segments[i].n_docs - snapshot->meta.segments[i].n_live;
	return n_docs;
}

IndexBulkDeleteResult *
bm25_vacuum_cleanup(IndexVacuumInfo *info, IndexBulkDeleteResult *stats)
{
	Bm25Snapshot *snapshot;

	if (info->analyze_only)
		return stats;
	if (stats == NULL)
		stats = palloc0(sizeof(IndexBulkDeleteResult));
	bm25_lock_lists(info->index);
	bm25_seal_lanes(info->index);
	(void) bm25_flush(info->index); /* what has no room is left to whoever makes some */
	bm25_unlock_lists(info->index);
	bm25_merge_tiers(info->index);
	bm25_sweep(info->index);
	snapshot = bm25_take_snapshot(info->index);
	stats->num_pages = RelationGetNumberOfBlocks(info->index);
	stats->num_index_tuples = count_documents(snapshot);
	stats->estimated_count = false;
	pfree(snapshot);
	return stats;
}
