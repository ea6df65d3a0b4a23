/* SPDX-License-Identifier: PostgreSQL
 *
 * segment_io.c - pages between the core and the index.
 *
 * Owns: where a segment's pages are.  While a segment is written its pages wait in memory or in temporary
 * files, stream by stream; when their number is known they get one run of blocks.  Readers keep a few pages
 * pinned; pages of segments never change (bits of the live stream do, one at a time, which needs no lock to
 * read), so nothing is locked.
 */
#include "postgres.h"

#include "access/xloginsert.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "pg/bm25/index.h"

static void
write_page(void *context, VsBm25Stream stream, const void *payload)
{
	Bm25Writer *writer = context;
	uint32 number = writer->count[stream]++;

	if (writer->files[stream] != NULL)
	{
		BufFileWrite(writer->files[stream], (void *) payload, VS_BM25_PAYLOAD);
		return;
	}
	if (number == writer->room[stream])
	{
		writer->room[stream] = Max(8, 2 * writer->room[stream]);
		writer->pages[stream] = writer->pages[stream] == NULL
			? palloc(sizeof(char *) * writer->room[stream])
			: repalloc_huge(writer->pages[stream], sizeof(char *) * writer->room[stream]);
	}
	writer->pages[stream][number] = palloc(VS_BM25_PAYLOAD);
	memcpy(writer->pages[stream][number], payload, VS_BM25_PAYLOAD);
}

Bm25Writer *
bm25_begin_writer(bool in_files)
{
	Bm25Writer *writer = palloc0(sizeof(Bm25Writer));

	writer->sink.context = writer;
	writer->sink.write = write_page;
	for (int i = 0; in_files && i < VS_BM25_STREAMS; i++)
		writer->files[i] = BufFileCreateTemp(false);
	return writer;
}

void
bm25_end_writer(Bm25Writer *writer)
{
	for (int i = 0; i < VS_BM25_STREAMS; i++)
	{
		if (writer->files[i] != NULL)
			BufFileClose(writer->files[i]);
		for (uint32 j = 0; writer->pages[i] != NULL && j < writer->count[i]; j++)
			pfree(writer->pages[i][j]);
		if (writer->pages[i] != NULL)
			pfree(writer->pages[i]);
	}
	pfree(writer);
}

/* To `page`, VS_BM25_PAYLOAD bytes. */
static void
read_written(Bm25Writer *writer, VsBm25Stream stream, uint32 number, char *page)
{
	if (writer->files[stream] == NULL)
	{
		memcpy(page, writer->pages[stream][number], VS_BM25_PAYLOAD);
		return;
	}
	if (BufFileSeek(writer->files[stream], 0, (off_t) number * VS_BM25_PAYLOAD, SEEK_SET) != 0)
		ereport(ERROR, (errcode_for_file_access(), errmsg("could not seek in a temporary file")));
	if (BufFileRead(writer->files[stream], page, VS_BM25_PAYLOAD) != VS_BM25_PAYLOAD)
		ereport(ERROR, (errcode_for_file_access(), errmsg("could not read a temporary file")));
}

uint32
bm25_segment_pages(const VsBm25Segment *segment)
{
	uint32 pages = 0;

	for (int i = 0; i < VS_BM25_STREAMS; i++)
		pages += segment->pages[i];
	return pages;
}

void
bm25_place_segment(Relation index, Bm25Writer *writer, uint32 id, VsBm25Segment *segment, bool logged)
{
	uint32 pages = bm25_segment_pages(segment);
	BlockNumber block;

	segment->id = id;
	segment->first_block = block = bm25_allocate(index, Max(pages, 1));
	for (int stream = 0; stream < VS_BM25_STREAMS; stream++)
	{
		for (uint32 i = 0; i < segment->pages[stream]; i++)
		{
			Buffer buffer = bm25_fresh(index, block++);
			Page page = BufferGetPage(buffer);

			bm25_init_page(page, VS_BM25_SEGMENT, stream, id, VS_BM25_PAYLOAD);
			read_written(writer, stream, i, BM25_PAYLOAD(page));
			MarkBufferDirty(buffer);
			UnlockReleaseBuffer(buffer);
			CHECK_FOR_INTERRUPTS();
		}
	}
	if (logged && pages > 0)
		log_newpage_range(index, MAIN_FORKNUM, segment->first_block, block, true);
}

/* ---- reading ---- */

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
			read_written(reader->written, stream, number, copy);
		reader->blocks[stream] = number;
		return (const uint8_t *) copy;
	}
	block = reader->first[stream] + number;
	slot = stream < reader->n_pins ? (int) stream : stream % reader->n_pins;
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
	for (int i = 0; i < VS_BM25_STREAMS; i++)
		reader->blocks[i] = InvalidBlockNumber;
}

void
bm25_begin_reader(Bm25Reader *reader, Relation index, const VsBm25Segment *segment, int pins)
{
	BlockNumber block = segment->first_block;

	begin_reader(reader, segment);
	reader->index = index;
	reader->source.terms = term_cache();
	reader->source.index = (uint64) index->rd_node.spcNode << 32 | index->rd_node.relNode;
	reader->n_pins = Min(pins, VS_BM25_STREAMS);
	for (int i = 0; i < VS_BM25_STREAMS; i++)
	{
		reader->first[i] = block;
		block += segment->pages[i];
	}
}

void
bm25_begin_reader_of_writer(Bm25Reader *reader, Bm25Writer *writer, const VsBm25Segment *segment)
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
