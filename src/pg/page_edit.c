/* SPDX-License-Identifier: PostgreSQL
 *
 * page_edit.c - atomic changes of up to four pages.
 *
 * Owns: the choice of generic WAL records (they need no library on a standby and no preloading), so
 * that another kind of record would change this file alone.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "pg/page_edit.h"

void
vs_edit_begin(VsPageEdit *edit, Relation rel, bool logged)
{
	edit->state = logged ? GenericXLogStart(rel) : NULL;
	edit->count = 0;
}

Page
vs_edit_page(VsPageEdit *edit, Buffer buffer, bool fresh)
{
	if (edit->state != NULL)
		return GenericXLogRegisterBuffer(edit->state, buffer, fresh ? GENERIC_XLOG_FULL_IMAGE : 0);
	Assert(edit->count < MAX_GENERIC_XLOG_PAGES);
	edit->buffers[edit->count++] = buffer;
	return BufferGetPage(buffer);
}

void
vs_edit_commit(VsPageEdit *edit)
{
	if (edit->state != NULL)
	{
		GenericXLogFinish(edit->state);
		return;
	}
	for (int i = 0; i < edit->count; i++)
		MarkBufferDirty(edit->buffers[i]);
}

/* Only for edits that have not changed a page yet when not logged. */
void
vs_edit_abort(VsPageEdit *edit)
{
	if (edit->state != NULL)
		GenericXLogAbort(edit->state);
}
