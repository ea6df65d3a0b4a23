/* SPDX-License-Identifier: PostgreSQL
 *
 * page_patch.c - atomic changes of a few bytes on up to four pages.
 *
 * Owns: generic WAL records made from the list of changes.  GenericXLogFinish copies every page twice
 * and compares the copies byte by byte to find what changed, which costs 3 to 4 us a page; an insert
 * changes ten bytes on each of twenty pages and knows which.  The record is the one GenericXLogFinish
 * would write (PostgreSQL 9.6 to 18: for each page a sequence of offset, length, bytes), and the
 * server's own generic_redo replays it.
 */
#include "postgres.h"

#include "access/rmgr.h"
#include "access/xloginsert.h"
#include "miscadmin.h"
#include "storage/off.h"

#include "pg/page_patch.h"

/* Precedes the bytes of a fragment. */
typedef struct FragmentHead
{
	OffsetNumber offset;
	OffsetNumber length;
} FragmentHead;

void
vs_patch_begin(VsPagePatch *patch, bool logged)
{
	patch->logged = logged;
	patch->pages = 0;
	patch->used = 0;
}

/* Note that `length` bytes at `target`, on the page of an exclusively locked buffer, will change. */
void
vs_patch_write(VsPagePatch *patch, Buffer buffer, void *target, const void *bytes, uint32 length)
{
	FragmentHead head = {.offset = (char *) target - (char *) BufferGetPage(buffer),
						 .length = length};

	if (patch->pages == 0 || patch->buffers[patch->pages - 1] != buffer)
	{
		if (patch->pages == VS_PATCH_PAGES)
			elog(ERROR, "patch of more than %d pages", VS_PATCH_PAGES);
		patch->buffers[patch->pages++] = buffer;
	}
	if (patch->used + sizeof(head) + length > VS_PATCH_BYTES)
		elog(ERROR, "patch of more than %d bytes", VS_PATCH_BYTES);
	memcpy(patch->fragments + patch->used, &head, sizeof(head));
	memcpy(patch->fragments + patch->used + sizeof(head), bytes, length);
	patch->used += sizeof(head) + length;
	patch->ends[patch->pages - 1] = patch->used;
}

static void
apply_fragments(Page page, const char *fragments, uint32 bytes)
{
	const char *end = fragments + bytes;

	while (fragments < end)
	{
		FragmentHead head;

		memcpy(&head, fragments, sizeof(head));
		memcpy((char *) page + head.offset, fragments + sizeof(head), head.length);
		fragments += sizeof(head) + head.length;
	}
}

static void
log_patch(VsPagePatch *patch)
{
	uint32 begin = 0;
	XLogRecPtr lsn;

	XLogBeginInsert();
	for (int i = 0; i < patch->pages; i++)
	{
		XLogRegisterBuffer(i, patch->buffers[i], REGBUF_STANDARD);
		XLogRegisterBufData(i, patch->fragments + begin, patch->ends[i] - begin);
		begin = patch->ends[i];
	}
	lsn = XLogInsert(RM_GENERIC_ID, 0);
	for (int i = 0; i < patch->pages; i++)
		PageSetLSN(BufferGetPage(patch->buffers[i]), lsn);
}

/* Change the pages, and log it. */
void
vs_patch_commit(VsPagePatch *patch)
{
	uint32 begin = 0;

	START_CRIT_SECTION();
	for (int i = 0; i < patch->pages; i++)
	{
		apply_fragments(BufferGetPage(patch->buffers[i]), patch->fragments + begin,
						patch->ends[i] - begin);
		MarkBufferDirty(patch->buffers[i]);
		begin = patch->ends[i];
	}
	if (patch->logged)
		log_patch(patch);
	END_CRIT_SECTION();
}
