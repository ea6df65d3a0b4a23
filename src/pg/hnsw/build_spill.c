/* SPDX-License-Identifier: PostgreSQL
 *
 * build_spill.c - temporary files of a build.
 *
 * Owns: how items get into BufFiles and out of them.  PostgreSQL removes the files, also after an error:
 * those of one process belong to its transaction, those of workers to the parallel context.
 */
#include "postgres.h"

#include <fcntl.h>

#include "pg/hnsw/build_spill.h"

void
hnsw_spill_append(HnswSpill *spill, const void *item, Size bytes)
{
	if (spill->file == NULL)
		spill->file = BufFileCreateTemp(false);
	/* PostgreSQL 15 takes no pointer to const. */
	BufFileWrite(spill->file, (void *) item, bytes);
	spill->items++;
}

static void
seek(HnswSpill *spill, off_t offset)
{
	if (spill->file != NULL && BufFileSeek(spill->file, 0, offset, SEEK_SET) != 0)
		ereport(ERROR, (errcode_for_file_access(), errmsg("could not seek in a temporary file: %m")));
}

void
hnsw_spill_rewind(HnswSpill *spill)
{
	seek(spill, 0);
}

void
hnsw_spill_seek(HnswSpill *spill, uint64 item)
{
	seek(spill, (off_t) (item * spill->item_bytes));
}

void
hnsw_spill_read(HnswSpill *spill, void *to, Size bytes)
{
	if (BufFileRead(spill->file, to, bytes) != bytes)
		ereport(ERROR,
				(errcode_for_file_access(), errmsg("could not read from a temporary file: %m")));
}

void
hnsw_spill_close(HnswSpill *spill)
{
	if (spill->file != NULL)
		BufFileClose(spill->file);
	spill->file = NULL;
	spill->items = 0;
}

static const char *
shared_name(uint32 number)
{
	return psprintf("hnsw.%u", number);
}

void
hnsw_spill_begin_shared(HnswSpill *spill, FileSet *files, uint32 number)
{
	spill->file = BufFileCreateFileSet(files, shared_name(number));
}

void
hnsw_spill_hand_over(HnswSpill *spill)
{
	BufFileExportFileSet(spill->file);
	hnsw_spill_close(spill);
}

void
hnsw_spill_open_shared(HnswSpill *spill, FileSet *files, uint32 number)
{
	spill->file = BufFileOpenFileSet(files, shared_name(number), O_RDONLY, false);
	spill->items = BufFileSize(spill->file) / spill->item_bytes;
}
