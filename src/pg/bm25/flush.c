/* SPDX-License-Identifier: PostgreSQL
 *
 * flush.c - sealed runs of a lane become a segment.
 *
 * Owns: changing the list of segments; the lists are locked (lock.c).  The new segment is on its pages, and logged, before one record of WAL
 * puts it in the place of what it replaces; only then are the old blocks given back.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "pg/bm25/index.h"
#include "pg/bm25/writer.h"
#include "pg/page_patch.h"

#define LEXEMES_AT_ONCE 64

void
bm25_add_document(VsBm25Inverter *inverter, VsBm25Row row, TSVector vector, uint32 len)
{
	VsBm25Lexeme lexemes[LEXEMES_AT_ONCE];
	int n = 0;

	vs_bm25_inverter_document(inverter, row, len);
	for (int i = 0; i < vector->size; i++)
	{
		WordEntry *entry = ARRPTR(vector) + i;
		VsBm25Lexeme *lexeme = &lexemes[n++];

		lexeme->bytes = STRPTR(vector) + entry->pos;
		lexeme->length = entry->len;
		lexeme->n_positions = entry->haspos ? POSDATALEN(vector, entry) : 0;
		lexeme->positions = lexeme->n_positions > 0 ? POSDATAPTR(vector, entry) : NULL;
		if (n < LEXEMES_AT_ONCE && i + 1 < vector->size)
			continue;
		vs_bm25_inverter_lexemes(inverter, lexemes, n);
		n = 0;
	}
}

static bool
is_among(uint32 id, const uint32 *ids, int n)
{
	for (int i = 0; i < n; i++)
		if (ids[i] == id)
			return true;
	return false;
}

void
bm25_replace_segments(Relation index, const uint32 *ids, int n, const VsBm25Segment *added,
					  int lane, uint32 n_runs)
{
	Buffer buffer = bm25_read(index, VS_BM25_META_BLOCK, BUFFER_LOCK_EXCLUSIVE, VS_BM25_META);
	Buffer head = InvalidBuffer;
	VsBm25Meta *meta;
	uint32 kept = 0;
	VsPageEdit edit;

	if (n_runs > 0)
		head = bm25_read(index, VS_BM25_FIRST_LANE + lane, BUFFER_LOCK_EXCLUSIVE, VS_BM25_LANE_HEAD);
	vs_edit_begin(&edit, index, RelationNeedsWAL(index));
	meta = BM25_META(vs_edit_page(&edit, buffer, false));
	for (uint32 i = 0; i < meta->n_segments; i++)
		if (!is_among(meta->segments[i].id, ids, n))
			meta->segments[kept++] = meta->segments[i];
	meta->n_segments = kept;
	if (added != NULL)
		meta->segments[meta->n_segments++] = *added;
	if (n_runs > 0)
	{
		Page page = vs_edit_page(&edit, head, false);
		VsBm25Lane *now = BM25_LANE(page);

		now->n_sealed -= n_runs;
		memmove(now->sealed, now->sealed + n_runs, now->n_sealed * sizeof(now->sealed[0]));
		bm25_trim_head(page);
	}
	vs_edit_commit(&edit);
	if (n_runs > 0)
		UnlockReleaseBuffer(head);
	UnlockReleaseBuffer(buffer);
}

uint32
bm25_new_segment_id(Relation index)
{
	Buffer buffer = bm25_read(index, VS_BM25_META_BLOCK, BUFFER_LOCK_EXCLUSIVE, VS_BM25_META);
	VsBm25Meta *meta = BM25_META(BufferGetPage(buffer));
	uint32 id = meta->next_id,
		   next = id + 1;
	VsPagePatch patch;

	vs_patch_begin(&patch, RelationNeedsWAL(index));
	vs_patch_write(&patch, buffer, &meta->next_id, &next, sizeof(next));
	vs_patch_commit(&patch);
	UnlockReleaseBuffer(buffer);
	return id;
}

/* ---- flushing ---- */

typedef struct Flush
{
	Relation index;
	VsBm25Inverter *inverter;
	VsBm25Overflow *elsewhere; /* of documents flushed */
	int n_elsewhere;
	int room;
} Flush;

static void
add_record(void *context, Bm25Document *document)
{
	Flush *flush = context;
	TSVector vector = bm25_document_vector(flush->index, document);

	if (!bm25_vector_is_sound(vector))
		bm25_damaged_record(flush->index, document->buffer, document->offset);
	bm25_add_document(flush->inverter, document->row, vector, document->len);
	if (document->elsewhere.pages == 0)
		return;
	if (flush->n_elsewhere == flush->room)
	{
		flush->room = Max(16, 2 * flush->room);
		flush->elsewhere = flush->elsewhere == NULL
			? palloc(sizeof(VsBm25Overflow) * flush->room)
			: repalloc(flush->elsewhere, sizeof(VsBm25Overflow) * flush->room);
	}
	flush->elsewhere[flush->n_elsewhere++] = document->elsewhere;
}

/* More runs may be sealed while these are flushed: they come after them. */
static void
read_lane(Relation index, int lane, VsBm25Lane *copy)
{
	Buffer head = bm25_read(index, VS_BM25_FIRST_LANE + lane, BUFFER_LOCK_SHARE, VS_BM25_LANE_HEAD);

	*copy = *BM25_LANE(BufferGetPage(head));
	UnlockReleaseBuffer(head);
}

static void
flush_lane(Relation index, int number, const VsBm25Lane *lane)
{
	Bm25Fixed fixed = bm25_fixed(index);
	VsBm25Memory memory = bm25_memory(CurrentMemoryContext);
	Flush flush = {.index = index};
	VsBm25Segment segment;
	Bm25Writer *writer;
	bool any;

	flush.inverter = vs_bm25_inverter(&memory, fixed.weights.of, fixed.positions, false);
	for (uint32 i = 0; i < lane->n_sealed; i++)
		bm25_visit_run(index, &lane->sealed[i], BUFFER_LOCK_SHARE, add_record, &flush);
	any = vs_bm25_inverter_documents(flush.inverter) > 0;
	if (any)
	{
		writer = bm25_begin_writer(false);
		vs_bm25_inverter_write(flush.inverter, &writer->sink, &segment, bm25_check_interrupts);
		bm25_place_segment(index, writer, &segment, RelationNeedsWAL(index));
	}
	bm25_replace_segments(index, NULL, 0, any ? &segment : NULL, number, lane->n_sealed);
	for (uint32 i = 0; i < lane->n_sealed; i++)
		bm25_free(index, lane->sealed[i].first_block, lane->sealed[i].pages);
	for (int i = 0; i < flush.n_elsewhere; i++)
		bm25_free(index, flush.elsewhere[i].first_block, flush.elsewhere[i].pages);
}

bool
bm25_flush(Relation index)
{
	for (int i = 0; i < VS_BM25_LANES; i++)
	{
		VsBm25Lane lane;

		read_lane(index, i, &lane);
		if (lane.n_sealed > 0)
		{
			MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "bm25 flush",
														  ALLOCSET_DEFAULT_SIZES);
			MemoryContext old = MemoryContextSwitchTo(context);
			bool room = bm25_make_room_for_segment(index);

			if (room)
				flush_lane(index, i, &lane);
			MemoryContextSwitchTo(old);
			MemoryContextDelete(context);
			if (!room)
				return false;
		}
	}
	return true;
}
