/* SPDX-License-Identifier: PostgreSQL
 *
 * merge.c - segments to larger segments.
 *
 * Owns: when to merge.  Segments are of a tier by their size, each eight times the one before; eight
 * segments of a tier make one of the next.  VACUUM merges all tiers, and rewrites segments with many dead
 * documents.  An insert that has to merge does it once, and few pages, so that none waits long: eight
 * segments of the first tier, or the smallest there are if there are nearly as many as there may be.  What is merged
 * is locked (lock.c), and nothing else: inserts, flushes and merges of other segments go on.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "pg/bm25/index.h"
#include "pg/bm25/writer.h"

#define FACTOR 8
#define FIRST_TIER_PAGES 64
/* What an insert merges at most: 2.5 MB, which take some 30 ms.  The two smallest segments may be more. */
#define FOREGROUND_PAGES 320
#define NEARLY_FULL (VS_BM25_MAX_SEGMENTS - 2 * VS_BM25_LANES)
/* More than this share dead: rewritten. */
#define DEAD_SHARE 0.2

static int
tier_of(const VsBm25Segment *segment)
{
	uint64 limit = FIRST_TIER_PAGES;
	int tier = 0;

	for (; bm25_segment_pages(segment) > limit; limit *= FACTOR)
		tier++;
	return tier;
}

/* In the order of their first rows, so that rows ascend in what is merged if they can. */
typedef struct Part
{
	VsBm25Segment segment;
	uint64 first_row;
} Part;

static int
compare_parts(const void *a, const void *b)
{
	const Part *left = a,
			   *right = b;

	return left->first_row < right->first_row ? -1 : left->first_row > right->first_row;
}

static uint64
first_row(Relation index, const VsBm25Segment *segment)
{
	Bm25Reader reader;
	VsBm25Row row;

	if (segment->n_docs == 0)
		return 0;
	bm25_begin_reader(&reader, index, segment, 1);
	row = vs_bm25_row_of(segment, &reader.source, 0);
	bm25_end_reader(&reader);
	return vs_bm25_row_key(row);
}

static uint64
pages_of(const VsBm25Segment *segments, int n)
{
	uint64 pages = 0;

	for (int i = 0; i < n; i++)
		pages += bm25_segment_pages(&segments[i]);
	return pages;
}

static bool
find_segment(const VsBm25Meta *meta, VsBm25Segment *segment)
{
	for (uint32 i = 0; i < meta->n_segments; i++)
		if (meta->segments[i].id == segment->id)
		{
			*segment = meta->segments[i];
			return true;
		}
	return false;
}

bool
bm25_find_segment(Relation index, VsBm25Meta *meta, VsBm25Segment *segment)
{
	bm25_read_meta(index, meta);
	return find_segment(meta, segment);
}

/* Segments that are locked; they are unlocked when they are gone. */
static void
merge_segments(Relation index, VsBm25Segment *segments, int n)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "bm25 merge", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	VsBm25Memory memory = bm25_memory(context);
	Part *parts = palloc(sizeof(Part) * n);
	const VsBm25Segment **inputs = palloc(sizeof(VsBm25Segment *) * n);
	Bm25Reader *readers = palloc(sizeof(Bm25Reader) * n);
	VsBm25Source *sources = palloc(sizeof(VsBm25Source) * n);
	uint32 *ids = palloc(sizeof(uint32) * n);
	VsBm25Meta *meta = palloc(sizeof(VsBm25Meta));
	VsBm25Segment merged;
	Bm25Writer *writer;
	uint32 live = 0;

	bm25_read_meta(index, meta); /* VACUUM may have cleared bits until the segments were locked */
	for (int i = 0; i < n; i++)
	{
		if (!find_segment(meta, &segments[i]))
			elog(ERROR, "segment %u of index \"%s\" is gone", segments[i].id, RelationGetRelationName(index));
		parts[i].segment = segments[i];
		parts[i].first_row = first_row(index, &segments[i]);
		live += segments[i].n_live;
	}
	qsort(parts, n, sizeof(Part), compare_parts);
	for (int i = 0; i < n; i++)
	{
		inputs[i] = &parts[i].segment;
		ids[i] = parts[i].segment.id;
		bm25_begin_reader(&readers[i], index, &parts[i].segment, bm25_merge_pins(n));
		sources[i] = readers[i].source;
	}
	writer = bm25_begin_writer(pages_of(segments, n) > FOREGROUND_PAGES);
	if (live > 0)
	{
		vs_bm25_merge(&memory, n, inputs, sources, &writer->sink, &merged, bm25_check_interrupts);
		live = merged.n_docs; /* a crash may have left bits cleared that were not counted */
	}
	for (int i = 0; i < n; i++)
		bm25_end_reader(&readers[i]);
	bm25_begin_placing(index);
	if (live > 0)
		bm25_place_segment(index, writer, &merged, RelationNeedsWAL(index));
	bm25_lock_lists(index);
	bm25_replace_segments(index, ids, n, live > 0 ? &merged : NULL, 0, 0);
	bm25_unlock_lists(index);
	for (int i = 0; i < n; i++)
		bm25_free(index, parts[i].segment.first_block, Max(bm25_segment_pages(&parts[i].segment), 1));
	bm25_end_placing(index);
	bm25_unlock_segments(index, segments, n);
	bm25_end_writer(writer);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}

/* How many of the first ones may be merged, for what a segment can hold. */
static int
as_many_as_fit(const VsBm25Segment *segments, int n)
{
	uint64 docs = 0;
	int fit = 0;

	while (fit < n && docs + segments[fit].n_docs <= VS_BM25_MAX_DOCS)
		docs += segments[fit++].n_docs;
	return fit;
}

/* Of the segments, keeps those that nobody is busy with, locked; how many. */
static int
lock_idle(Relation index, VsBm25Segment *segments, int n)
{
	int idle = 0;

	for (int i = 0; i < n; i++)
		if (bm25_try_lock_segment(index, segments[i].id))
			segments[idle++] = segments[i];
	return idle;
}

/* Segments of one tier that are to be merged, of at most so many pages together, locked; 0: none are. */
static int
choose_tier(Relation index, const VsBm25Meta *meta, uint64 most_pages, VsBm25Segment *chosen)
{
	for (int tier = 0; tier <= 10; tier++)
	{
		int n = 0,
			fit = 0;

		for (uint32 i = 0; i < meta->n_segments; i++)
			if (tier_of(&meta->segments[i]) == tier)
				chosen[n++] = meta->segments[i];
		if (n < FACTOR)
			continue;
		n = lock_idle(index, chosen, n);
		if (n >= FACTOR && pages_of(chosen, n) <= most_pages)
			fit = as_many_as_fit(chosen, n);
		if (fit < 2)
			fit = 0;
		bm25_unlock_segments(index, chosen + fit, n - fit);
		if (fit > 0)
			return fit;
	}
	return 0;
}

static int
compare_sizes(const void *a, const void *b)
{
	uint32 left = bm25_segment_pages(a),
		   right = bm25_segment_pages(b);

	return left < right ? -1 : left > right;
}

/* The smallest, as many as an insert may merge, and two at least, locked; 0: there are not two. */
static int
choose_smallest(Relation index, const VsBm25Meta *meta, VsBm25Segment *chosen)
{
	int n,
		few = 0;
	uint64 pages = 0;

	memcpy(chosen, meta->segments, sizeof(VsBm25Segment) * meta->n_segments);
	n = lock_idle(index, chosen, meta->n_segments);
	qsort(chosen, n, sizeof(VsBm25Segment), compare_sizes);
	while (few < n && (few < 2 || pages + bm25_segment_pages(&chosen[few]) <= FOREGROUND_PAGES))
		pages += bm25_segment_pages(&chosen[few++]);
	if (few < 2)
		few = 0;
	bm25_unlock_segments(index, chosen + few, n - few);
	return few;
}

/* A segment with many dead documents, locked; 0: there is none. */
static int
choose_dead(Relation index, const VsBm25Meta *meta, VsBm25Segment *chosen)
{
	for (uint32 i = 0; i < meta->n_segments; i++)
	{
		*chosen = meta->segments[i];
		if (chosen->n_docs - chosen->n_live > DEAD_SHARE * chosen->n_docs && bm25_try_lock_segment(index, chosen->id))
			return 1;
	}
	return 0;
}

void
bm25_merge_tiers(Relation index)
{
	VsBm25Meta *meta = palloc(sizeof(VsBm25Meta));
	VsBm25Segment *chosen = palloc(sizeof(VsBm25Segment) * VS_BM25_MAX_SEGMENTS);
	int n;

	do
	{
		bm25_lock_lists(index);
		bm25_read_meta(index, meta);
		n = choose_tier(index, meta, PG_UINT64_MAX, chosen);
		if (n == 0)
			n = choose_dead(index, meta, chosen);
		bm25_unlock_lists(index);
		if (n > 0)
			merge_segments(index, chosen, n);
	} while (n > 0);
	pfree(chosen);
	pfree(meta);
}

void
bm25_merge_few(Relation index)
{
	VsBm25Meta *meta;
	VsBm25Segment *chosen;
	int n;

	if (!bm25_try_lock_lists(index))
		return;
	meta = palloc(sizeof(VsBm25Meta));
	chosen = palloc(sizeof(VsBm25Segment) * VS_BM25_MAX_SEGMENTS);
	bm25_read_meta(index, meta);
	n = choose_tier(index, meta, FOREGROUND_PAGES, chosen);
	if (n == 0 && meta->n_segments >= NEARLY_FULL)
		n = choose_smallest(index, meta, chosen);
	bm25_unlock_lists(index);
	if (n > 0)
		merge_segments(index, chosen, n);
	pfree(chosen);
	pfree(meta);
}

bool
bm25_make_room_for_segment(Relation index)
{
	VsBm25Meta *meta = palloc(sizeof(VsBm25Meta));
	VsBm25Segment *chosen = palloc(sizeof(VsBm25Segment) * VS_BM25_MAX_SEGMENTS);
	bool room;

	bm25_read_meta(index, meta);
	room = meta->n_segments < VS_BM25_MAX_SEGMENTS;
	if (!room)
	{
		int n = choose_smallest(index, meta, chosen);

		room = n > 0;
		if (room)
			merge_segments(index, chosen, n);
	}
	pfree(chosen);
	pfree(meta);
	return room;
}

static void
flush_all(Relation index)
{
	bm25_seal_lanes(index);
	(void) bm25_flush(index);
}

void
bm25_merge_all(Relation index)
{
	VsBm25Meta *meta = palloc(sizeof(VsBm25Meta));
	int n;

	bm25_lock_all_segments(index, meta, flush_all);
	bm25_unlock_lists(index);
	n = as_many_as_fit(meta->segments, meta->n_segments);
	bm25_unlock_segments(index, meta->segments + n, meta->n_segments - n);
	if (n > 1 || (n == 1 && meta->segments[0].n_live < meta->segments[0].n_docs))
		merge_segments(index, meta->segments, n);
	else
		bm25_unlock_segments(index, meta->segments, n);
	pfree(meta);
}
