/* SPDX-License-Identifier: PostgreSQL
 *
 * writer.c - pages from the core to the index.
 *
 * Owns: where pages of a segment wait while it is written, stream by stream: in memory or in temporary files.  When
 * their number is known they get one run of blocks.  Files of a parallel build are shared: their names are made of the
 * segment's number and the stream, and they go with the set of files.
 */
#include "postgres.h"

#include <fcntl.h>

#include "access/xloginsert.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "utils/memutils.h"

#include "pg/bm25/index.h"
#include "pg/bm25/writer.h"

/* ---- writing ---- */

static const char *
file_name(char *name, uint32 number, int stream)
{
	snprintf(name, MAXPGPATH, "segment%u.%d", number, stream);
	return name;
}

static BufFile *
create_file(Bm25Writer *writer, VsBm25Stream stream)
{
	char name[MAXPGPATH];

	if (writer->shared == NULL)
		return BufFileCreateTemp(false);
	return BufFileCreateFileSet(&writer->shared->fs, file_name(name, writer->number, stream));
}

static void
write_to_file(Bm25Writer *writer, VsBm25Stream stream, const void *payload)
{
	if (writer->files[stream] == NULL)
		writer->files[stream] = create_file(writer, stream);
	BufFileWrite(writer->files[stream], (void *) payload, VS_BM25_PAYLOAD);
}

static void
keep_in_memory(Bm25Writer *writer, VsBm25Stream stream, const void *payload)
{
	uint32 number = writer->count[stream];

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

/* Files and pages live as long as their writer, whatever memory the core works in. */
static void
write_page(void *context, VsBm25Stream stream, const void *payload)
{
	Bm25Writer *writer = context;
	MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(writer));

	if (writer->in_files)
		write_to_file(writer, stream, payload);
	else
		keep_in_memory(writer, stream, payload);
	writer->count[stream]++;
	MemoryContextSwitchTo(old);
}

Bm25Writer *
bm25_begin_writer(bool in_files)
{
	Bm25Writer *writer = palloc0(sizeof(Bm25Writer));

	writer->sink.context = writer;
	writer->sink.write = write_page;
	writer->in_files = in_files;
	return writer;
}

Bm25Writer *
bm25_begin_shared_writer(SharedFileSet *files, uint32 number)
{
	Bm25Writer *writer = bm25_begin_writer(true);

	writer->shared = files;
	writer->number = number;
	return writer;
}

void
bm25_share_writer(Bm25Writer *writer)
{
	for (int i = 0; i < VS_BM25_STREAMS; i++)
		if (writer->files[i] != NULL)
			BufFileExportFileSet(writer->files[i]);
	bm25_end_writer(writer);
}

Bm25Writer *
bm25_open_shared_writer(SharedFileSet *files, uint32 number, const VsBm25Segment *segment)
{
	Bm25Writer *writer = bm25_begin_shared_writer(files, number);
	char name[MAXPGPATH];

	for (int i = 0; i < VS_BM25_STREAMS; i++)
	{
		writer->count[i] = segment->pages[i];
		if (segment->pages[i] > 0)
			writer->files[i] = BufFileOpenFileSet(&files->fs, file_name(name, number, i), O_RDONLY, false);
	}
	return writer;
}

void
bm25_delete_shared(SharedFileSet *files, uint32 number, const VsBm25Segment *segment)
{
	char name[MAXPGPATH];

	for (int i = 0; i < VS_BM25_STREAMS; i++)
		if (segment->pages[i] > 0)
			BufFileDeleteFileSet(&files->fs, file_name(name, number, i), false);
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

/* ---- what was written ---- */

static bool
is_of_parts(VsBm25Stream stream)
{
	return stream == VS_BM25_SKIPS || stream == VS_BM25_POSTINGS || stream == VS_BM25_POSITIONS;
}

/* A page of a stream of several parts. */
static void
read_of_parts(Bm25Writer *writer, VsBm25Stream stream, uint32 number, char *page)
{
	uint32 postings = 0,
		   positions = 0;
	int i = 0;

	for (; i < writer->n_parts - 1 && number >= writer->parts[i]->count[stream]; i++)
	{
		number -= writer->parts[i]->count[stream];
		postings += writer->parts[i]->count[VS_BM25_POSTINGS];
		positions += writer->parts[i]->count[VS_BM25_POSITIONS];
	}
	bm25_read_written(writer->parts[i], stream, number, page);
	if (stream == VS_BM25_SKIPS)
		vs_bm25_move_skips(page, postings, positions);
}

void
bm25_read_written(Bm25Writer *writer, VsBm25Stream stream, uint32 number, char *page)
{
	if (writer->n_parts > 0 && is_of_parts(stream))
	{
		read_of_parts(writer, stream, number, page);
		return;
	}
	if (!writer->in_files)
	{
		memcpy(page, writer->pages[stream][number], VS_BM25_PAYLOAD);
		return;
	}
	if (BufFileSeek(writer->files[stream], 0, (off_t) number * VS_BM25_PAYLOAD, SEEK_SET) != 0)
		ereport(ERROR, (errcode_for_file_access(), errmsg("could not seek in a temporary file")));
	if (BufFileRead(writer->files[stream], page, VS_BM25_PAYLOAD) != VS_BM25_PAYLOAD)
		ereport(ERROR, (errcode_for_file_access(), errmsg("could not read a temporary file")));
}

/* ---- to the index ---- */

uint32
bm25_segment_pages(const VsBm25Segment *segment)
{
	uint32 pages = 0;

	for (int i = 0; i < VS_BM25_STREAMS; i++)
		pages += segment->pages[i];
	return pages;
}

void
bm25_place_segment(Relation index, Bm25Writer *writer, VsBm25Segment *segment, bool logged)
{
	uint32 id = bm25_new_segment_id(index);
	BlockNumber block = bm25_allocate(index, Max(bm25_segment_pages(segment), 1));

	segment->id = id;
	segment->first_block = block;
	for (int stream = 0; stream < VS_BM25_STREAMS; stream++)
	{
		for (uint32 i = 0; i < segment->pages[stream]; i++)
		{
			Buffer buffer = bm25_fresh(index, block++);
			Page page = BufferGetPage(buffer);

			bm25_init_page(page, VS_BM25_SEGMENT, stream, id, VS_BM25_PAYLOAD);
			bm25_read_written(writer, stream, i, BM25_PAYLOAD(page));
			START_CRIT_SECTION();
			MarkBufferDirty(buffer);
			if (logged)
				log_newpage_buffer(buffer, true);
			END_CRIT_SECTION();
			UnlockReleaseBuffer(buffer);
			CHECK_FOR_INTERRUPTS();
		}
	}
}
