/* SPDX-License-Identifier: PostgreSQL
 *
 * page_edit.h - atomic changes of up to four pages, WAL-logged by generic records.
 *
 * Owns: the only way vecstore's indexes change a page after they are built.  Usage:
 *
 *     VsPageEdit edit;
 *     vs_edit_begin(&edit, index, logged);
 *     page = vs_edit_page(&edit, buffer, false);      (buffer exclusively locked; edit the returned page)
 *     vs_edit_commit(&edit);                          (all or nothing, also after a crash)
 *
 * The returned page may be a copy: nothing is changed before the commit.  With logged = false (an
 * index still being built) pages are changed in place.
 */
#ifndef VECSTORE_PG_PAGE_EDIT_H
#define VECSTORE_PG_PAGE_EDIT_H

#include "access/generic_xlog.h"
#include "storage/bufmgr.h"
#include "utils/rel.h"

typedef struct VsPageEdit
{
	GenericXLogState *state; /* NULL when not logged */
	Buffer buffers[MAX_GENERIC_XLOG_PAGES];
	int count;
} VsPageEdit;

extern void vs_edit_begin(VsPageEdit *edit, Relation rel, bool logged);
/* fresh: the page was just initialised or is rewritten as a whole */
extern Page vs_edit_page(VsPageEdit *edit, Buffer buffer, bool fresh);
extern void vs_edit_commit(VsPageEdit *edit);
extern void vs_edit_abort(VsPageEdit *edit);

#endif
