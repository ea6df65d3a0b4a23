/* SPDX-License-Identifier: PostgreSQL
 *
 * compat.h - differences between PostgreSQL 15, 16, 17 and 18; no other file tests PG_VERSION_NUM.
 */
#ifndef VECSTORE_PG_COMPAT_H
#define VECSTORE_PG_COMPAT_H

#include "access/nbtxlog.h"
#include "access/xloginsert.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "storage/smgr.h"
#include "utils/rel.h"

#if PG_VERSION_NUM >= 160000
#define VsRelFileId RelFileLocator
#define vs_relation_file(rel) ((rel)->rd_locator)
#define vs_same_file(a, b) RelFileLocatorEquals(a, b)
/* Of a BufferTag (buf_internals.h). */
#define vs_tag_has_file(tag, file) BufTagMatchesRelFileLocator(tag, &(file))
#else
#define VsRelFileId RelFileNode
#define vs_relation_file(rel) ((rel)->rd_node)
#define vs_same_file(a, b) RelFileNodeEquals(a, b)
#define vs_tag_has_file(tag, file) RelFileNodeEquals((tag)->rnode, file)
#endif

#if PG_VERSION_NUM >= 180000
#define vs_vacuum_delay_point() vacuum_delay_point(false)
#else
#define vs_vacuum_delay_point() vacuum_delay_point()
#endif

/* The next datum of a sort, not copied. */
#if PG_VERSION_NUM >= 160000
#define vs_tuplesort_next_datum(state, value, isnull) \
	tuplesort_getdatum(state, true, false, value, isnull, NULL)
#else
#define vs_tuplesort_next_datum(state, value, isnull) \
	tuplesort_getdatum(state, true, value, isnull, NULL)
#endif

/* While code of other users may run (PostgreSQL 17). */
#if PG_VERSION_NUM >= 170000
#define vs_restrict_search_path() RestrictSearchPath()
#else
#define vs_restrict_search_path() ((void) 0)
#endif

/* A new page at the end of a fork, exclusively locked. */
static inline Buffer
vs_extend_relation(Relation rel, ForkNumber fork)
{
#if PG_VERSION_NUM >= 160000
	return ExtendBufferedRel(BMR_REL(rel), fork, NULL, EB_LOCK_FIRST);
#else
	Buffer buffer;

	/* Even if the relation is new in this transaction: parallel workers may extend it, too. */
	LockRelationForExtension(rel, ExclusiveLock);
	buffer = ReadBufferExtended(rel, fork, P_NEW, RBM_NORMAL, NULL);
	LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
	UnlockRelationForExtension(rel, ExclusiveLock);
	return buffer;
#endif
}

/*
 * Tells standbys that a page is about to be used again which snapshots as old as `horizon` may read.
 * btree's record for the purpose resolves conflicts and changes no page.
 */
static inline void
vs_log_page_reuse(Relation rel, BlockNumber block, FullTransactionId horizon)
{
	xl_btree_reuse_page record;

	memset(&record, 0, sizeof(record));
	record.block = block;
#if PG_VERSION_NUM >= 160000
	record.locator = rel->rd_locator;
	record.snapshotConflictHorizon = horizon;
	record.isCatalogRel = false;
#else
	record.node = rel->rd_node;
	record.latestRemovedFullXid = horizon;
#endif
	XLogBeginInsert();
	XLogRegisterData((char *) &record, SizeOfBtreeReusePage);
	XLogInsert(RM_BTREE_ID, XLOG_BTREE_REUSE_PAGE);
}

/* Add pages of zeros at the end of a fork, at `first`; nobody else extends it. */
static inline void
vs_add_zero_pages(Relation rel, ForkNumber fork, BlockNumber first, uint32 count)
{
#if PG_VERSION_NUM >= 160000
	if (count > 0)
		smgrzeroextend(RelationGetSmgr(rel), fork, first, count, false);
#else
	PGAlignedBlock zeros;

	memset(&zeros, 0, sizeof(zeros));
	for (uint32 i = 0; i < count; i++)
		smgrextend(RelationGetSmgr(rel), fork, first + i, zeros.data, false);
#endif
}

#endif
