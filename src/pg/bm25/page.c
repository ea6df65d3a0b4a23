/* SPDX-License-Identifier: PostgreSQL
 *
 * page.c - pages of a bm25 index, and its meta page.
 *
 * Owns: how a page is recognised.  A page that is not what its reader expects is reported, never read.
 */
#include "postgres.h"

#include "storage/lmgr.h"
#include "utils/memutils.h"

#include "pg/bm25/index.h"

StaticAssertDecl(BLCKSZ == 8192, "the page format is for 8 kB pages");
StaticAssertDecl(BLCKSZ - MAXALIGN(SizeOfPageHeaderData) - sizeof(VsBm25PageTail) == VS_BM25_PAYLOAD, "payload");
StaticAssertDecl(sizeof(ItemPointerData) == sizeof(VsBm25Row), "heap tid size");

static VsBm25PageTail *
page_tail(Page page)
{
	return (VsBm25PageTail *) PageGetSpecialPointer(page);
}

void
bm25_init_page(Page page, VsBm25PageKind kind, int stream, uint32 owner, uint32 bytes)
{
	VsBm25PageTail *tail;

	PageInit(page, BLCKSZ, sizeof(VsBm25PageTail));
	tail = page_tail(page);
	tail->kind = kind;
	tail->stream = stream;
	tail->page_id = VS_BM25_PAGE_ID;
	tail->owner = owner;
	((PageHeader) page)->pd_lower = MAXALIGN(SizeOfPageHeaderData) + bytes;
}

void
bm25_check_page(Relation index, Buffer buffer, VsBm25PageKind kind)
{
	Page page = BufferGetPage(buffer);

	if (PageIsNew(page) || PageGetSpecialSize(page) != sizeof(VsBm25PageTail) ||
		page_tail(page)->page_id != VS_BM25_PAGE_ID || page_tail(page)->kind != kind)
		ereport(ERROR,
				(errcode(ERRCODE_INDEX_CORRUPTED),
				 errmsg("index \"%s\" has an unexpected page at block %u", RelationGetRelationName(index),
						BufferGetBlockNumber(buffer)),
				 errhint("REINDEX INDEX rebuilds it.")));
}

Buffer
bm25_read(Relation index, BlockNumber block, int lock_mode, VsBm25PageKind kind)
{
	Buffer buffer = ReadBuffer(index, block);

	LockBuffer(buffer, lock_mode);
	bm25_check_page(index, buffer, kind);
	return buffer;
}

/* After a crash the file may be shorter than what was allocated. */
static void
extend_to(Relation index, BlockNumber block)
{
	if (block < RelationGetNumberOfBlocks(index))
		return;
	LockRelationForExtension(index, ExclusiveLock);
	while (RelationGetNumberOfBlocks(index) <= block)
		ReleaseBuffer(ReadBuffer(index, P_NEW));
	UnlockRelationForExtension(index, ExclusiveLock);
}

Buffer
bm25_fresh(Relation index, BlockNumber block)
{
	extend_to(index, block);
	return ReadBufferExtended(index, MAIN_FORKNUM, block, RBM_ZERO_AND_LOCK, NULL);
}

/* Holds no lock: the report may look into catalogs. */
void
bm25_check_meta(Relation index, const VsBm25Meta *meta)
{
	if (meta->magic != VS_BM25_MAGIC || meta->version != VS_BM25_VERSION ||
		meta->byte_order != VS_BM25_BYTE_ORDER || meta->n_segments > VS_BM25_MAX_SEGMENTS)
		ereport(ERROR,
				(errcode(ERRCODE_INDEX_CORRUPTED),
				 errmsg("index \"%s\" has format version %u, this library reads version %d",
						RelationGetRelationName(index), meta->version, VS_BM25_VERSION),
				 errhint("REINDEX INDEX rebuilds it in the current format.")));
}

void
bm25_read_meta(Relation index, VsBm25Meta *meta)
{
	Buffer buffer = bm25_read(index, VS_BM25_META_BLOCK, BUFFER_LOCK_SHARE, VS_BM25_META);

	memcpy(meta, BM25_META(BufferGetPage(buffer)), sizeof(*meta));
	UnlockReleaseBuffer(buffer);
	bm25_check_meta(index, meta);
}

Bm25Fixed
bm25_fixed(Relation index)
{
	if (index->rd_amcache == NULL)
	{
		VsBm25Meta *meta = palloc(sizeof(VsBm25Meta));
		Bm25Fixed *fixed;

		bm25_read_meta(index, meta);
		fixed = MemoryContextAlloc(index->rd_indexcxt, sizeof(Bm25Fixed));
		memcpy(fixed->weights.of, meta->weights, sizeof(fixed->weights.of));
		fixed->positions = meta->positions;
		index->rd_amcache = fixed;
		pfree(meta);
	}
	return *(Bm25Fixed *) index->rd_amcache;
}
