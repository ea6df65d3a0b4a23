/* SPDX-License-Identifier: PostgreSQL
 *
 * writer.h - a segment on its way to the index.
 */
#ifndef VECSTORE_PG_BM25_WRITER_H
#define VECSTORE_PG_BM25_WRITER_H

#include "storage/buffile.h"
#include "storage/sharedfileset.h"
#include "utils/rel.h"

#include "bridge/bm25_segment.h"

/* Pages of a segment, by stream: in memory, in temporary files, or in files that other processes may read. */
typedef struct Bm25Writer Bm25Writer;
struct Bm25Writer
{
	VsBm25Sink sink;
	bool in_files;
	SharedFileSet *shared; /* NULL: files are of this process alone */
	uint32 number;		   /* of a segment in shared files */
	BufFile *files[VS_BM25_STREAMS]; /* NULL: in memory, or nothing was written */
	char **pages[VS_BM25_STREAMS];
	uint32 room[VS_BM25_STREAMS];
	uint32 count[VS_BM25_STREAMS];
	/* what vs_bm25_join leaves to the parts: their skips, postings and positions, one part after the other */
	Bm25Writer **parts;
	int n_parts;
};

extern Bm25Writer *bm25_begin_writer(bool in_files);
extern Bm25Writer *bm25_begin_shared_writer(SharedFileSet *files, uint32 number);
/* Ends a writer; what it wrote stays in its shared files, for others to open. */
extern void bm25_share_writer(Bm25Writer *writer);
/* A segment in shared files, to be read. */
extern Bm25Writer *bm25_open_shared_writer(SharedFileSet *files, uint32 number, const VsBm25Segment *segment);
/* Its files are no longer needed. */
extern void bm25_delete_shared(SharedFileSet *files, uint32 number, const VsBm25Segment *segment);
extern void bm25_end_writer(Bm25Writer *writer);
/* To `page`, VS_BM25_PAYLOAD bytes. */
extern void bm25_read_written(Bm25Writer *writer, VsBm25Stream stream, uint32 number, char *page);
/* Copies the pages to a run of the index; gives the segment an id and its first block. */
extern void bm25_place_segment(Relation index, Bm25Writer *writer, VsBm25Segment *segment, bool logged);

#endif
