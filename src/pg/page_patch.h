/* SPDX-License-Identifier: PostgreSQL
 *
 * page_patch.h - atomic changes of a few bytes on up to four pages, WAL-logged by generic records.
 *
 * Owns: the fast lane beside page_edit.h, for callers that can name the bytes they change.  Usage:
 *
 *     VsPagePatch patch;
 *     vs_patch_begin(&patch, logged);
 *     vs_patch_write(&patch, buffer, target, &bytes, sizeof(bytes));   (target: an address on the page)
 *     vs_patch_commit(&patch);                                         (all or nothing)
 *
 * Buffers are exclusively locked.  Nothing is changed before the commit; a patch that is not committed
 * needs no cleaning up.  The writes of one page follow each other and do not overlap.
 */
#ifndef VECSTORE_PG_PAGE_PATCH_H
#define VECSTORE_PG_PAGE_PATCH_H

#include "access/generic_xlog.h"
#include "storage/bufmgr.h"

#define VS_PATCH_PAGES MAX_GENERIC_XLOG_PAGES
/* Room for a page full of bytes and the heads of their fragments, however many. */
#define VS_PATCH_BYTES (2 * BLCKSZ)

typedef struct VsPagePatch
{
	bool logged;
	int pages;
	Buffer buffers[VS_PATCH_PAGES];
	uint32 ends[VS_PATCH_PAGES]; /* of the pages' fragments */
	uint32 used;
	char fragments[VS_PATCH_BYTES]; /* as a generic WAL record holds them */
} VsPagePatch;

extern void vs_patch_begin(VsPagePatch *patch, bool logged);
extern void vs_patch_write(VsPagePatch *patch, Buffer buffer, void *target, const void *bytes,
						   uint32 length);
extern void vs_patch_commit(VsPagePatch *patch);

#endif
