/* SPDX-License-Identifier: PostgreSQL
 *
 * reader.c - pages of a segment, for the core.
 *
 * Owns: pins.  Readers keep a few pages pinned; pages of segments never change (bits of the live stream do, one at a
 * time, which needs no lock to read), so nothing is locked.  Segments that are not in an index yet are read
 * from their writer.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/proc.h"
#include "utils/memutils.h"

#include "pg/bm25/index.h"
#include "pg/bm25/writer.h"

/* Neighbouring pages of a stream do not drive each other out. */
static inline int
pin_slot(const Bm25Reader *reader, VsBm25Stream stream, uint32 number)
{
	if (reader->of_stream > 0)
		return stream * reader->of_stream + number % reader->of_stream;
	return stream % reader->n_pins;
}

static const uint8_t *
read_page(void *context, VsBm25Stream stream, uint32 number)
{
	Bm25Reader *reader = context;
	BlockNumber block;
	Page page;
	VsBm25PageTail *tail;
	int slot;

	if (number >= reader->segment.pages[stream])
		ereport(ERROR,
				(errcode(ERRCODE_INDEX_CORRUPTED),
				 errmsg("segment %u of a bm25 index has no page %u in stream %d", reader->segment.id, number, stream),
				 errhint("REINDEX INDEX rebuilds it.")));
	if (reader->written != NULL)
	{
		char *copy = reader->copies + stream * VS_BM25_PAYLOAD;

		if (reader->blocks[stream] != number)
			bm25_read_written(reader->written, stream, number, copy);
		reader->blocks[stream] = number;
		return (const uint8_t *) copy;
	}
	block = reader->first[stream] + number;
	slot = pin_slot(reader, stream, number);
	if (reader->blocks[slot] == block)
		return (const uint8_t *) BM25_PAYLOAD(BufferGetPage(reader->pins[slot]));
	if (reader->blocks[slot] != InvalidBlockNumber)
		ReleaseBuffer(reader->pins[slot]);
	reader->blocks[slot] = InvalidBlockNumber;
	reader->pins[slot] = ReadBuffer(reader->index, block);
	reader->blocks[slot] = block;
	bm25_check_page(reader->index, reader->pins[slot], VS_BM25_SEGMENT);
	page = BufferGetPage(reader->pins[slot]);
	tail = (VsBm25PageTail *) PageGetSpecialPointer(page);
	if (tail->stream != stream || tail->owner != reader->segment.id)
		ereport(ERROR,
				(errcode(ERRCODE_INDEX_CORRUPTED),
				 errmsg("index \"%s\" has a page of another segment at block %u", RelationGetRelationName(reader->index), block),
				 errhint("REINDEX INDEX rebuilds it.")));
	return (const uint8_t *) BM25_PAYLOAD(page);
}

/* Of this backend, for all indexes. */
static VsBm25TermCache *
term_cache(void)
{
	static VsBm25TermCache *cache = NULL;

	if (cache == NULL)
	{
		VsBm25Memory memory = bm25_memory(TopMemoryContext);

		cache = vs_bm25_term_cache(&memory);
	}
	return cache;
}

void
bm25_forget_terms(void)
{
	vs_bm25_forget_terms(term_cache());
}

static void
begin_reader(Bm25Reader *reader, const VsBm25Segment *segment)
{
	memset(reader, 0, sizeof(*reader));
	reader->source.context = reader;
	reader->source.read = read_page;
	reader->segment = *segment;
	for (int i = 0; i < BM25_MOST_PINS; i++)
		reader->blocks[i] = InvalidBlockNumber;
}

/* A backend's share of the buffers, as PostgreSQL counts it for pins of its own. */
int
bm25_search_pins(void)
{
	int share = NBuffers / (MaxBackends + NUM_AUXILIARY_PROCS);

	return Max(VS_BM25_STREAMS, Min(share, BM25_MOST_PINS));
}

/* An eighth of the buffers: there are few merges at a time, and a page of each stream saves finding it again. */
int
bm25_merge_pins(int readers)
{
	return Max(1, Min(NBuffers / 8 / readers, VS_BM25_STREAMS));
}

void
bm25_begin_reader(Bm25Reader *reader, Relation index, const VsBm25Segment *segment, int pins)
{
	BlockNumber block = segment->first_block;

	begin_reader(reader, segment);
	reader->index = index;
	reader->source.terms = term_cache();
	reader->source.index = (uint64) index->rd_node.spcNode << 32 | index->rd_node.relNode;
	reader->n_pins = pins;
	reader->of_stream = pins / VS_BM25_STREAMS;
	for (int i = 0; i < VS_BM25_STREAMS; i++)
	{
		reader->first[i] = block;
		block += segment->pages[i];
	}
}

void
bm25_begin_reader_of_writer(Bm25Reader *reader, struct Bm25Writer *writer, const VsBm25Segment *segment)
{
	begin_reader(reader, segment);
	reader->written = writer;
	reader->copies = palloc(VS_BM25_STREAMS * VS_BM25_PAYLOAD);
}

void
bm25_end_reader(Bm25Reader *reader)
{
	if (reader->copies != NULL)
		pfree(reader->copies);
	for (int i = 0; i < reader->n_pins; i++)
	{
		if (reader->blocks[i] != InvalidBlockNumber)
			ReleaseBuffer(reader->pins[i]);
		reader->blocks[i] = InvalidBlockNumber;
	}
}

void
bm25_check_interrupts(void)
{
	CHECK_FOR_INTERRUPTS();
}
