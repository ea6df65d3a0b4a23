/* SPDX-License-Identifier: PostgreSQL
 *
 * meta.c - block 0 and the centroid.
 *
 * Owns: every read and change of the meta page.  Its content lock is taken alone, never together with
 * that of another page.  Readers copy the page; what they copied may be outdated at once, and every
 * user of a field copes with that (the entry may be gone, a hint may lead nowhere).
 */
#include "postgres.h"

#include "access/xloginsert.h"
#include "common/pg_prng.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "pg/compat.h"
#include "pg/hnsw/hnsw.h"

#define FLOATS_PER_PAGE \
	((int) ((BLCKSZ - VS_PAGE_HEADER_BYTES - VS_PAGE_SPECIAL_BYTES) / sizeof(float)))

StaticAssertDecl(BLCKSZ == VS_PAGE_BYTES, "the page format is for 8 kB pages");
StaticAssertDecl(MAXALIGN(SizeOfPageHeaderData) == VS_PAGE_HEADER_BYTES, "page header size");
StaticAssertDecl(sizeof(ItemPointerData) == 6, "heap tid size");

static VsHnswMeta *
page_meta(Page page)
{
	return (VsHnswMeta *) ((char *) page + VS_PAGE_HEADER_BYTES);
}

/* The meta of an index without nodes. */
void
hnsw_init_meta(VsHnswMeta *meta, Relation index, int dims)
{
	const HnswOpclass *opclass = hnsw_opclass(index);
	VsHnswGeometry geometry;

	memset(meta, 0, sizeof(*meta));
	meta->magic = VS_HNSW_MAGIC;
	meta->storage = hnsw_option_storage(index);
	meta->version = hnsw_meta_version(meta->storage);
	meta->metric = opclass->metric;
	meta->element = opclass->element;
	meta->byte_order = VS_HNSW_BYTE_ORDER;
	meta->page_bytes = BLCKSZ;
	meta->dims = dims;
	meta->m = hnsw_option_m(index);
	meta->ef_construction = hnsw_option_ef_construction(index);
	if (!vs_hnsw_geometry(meta->dims, meta->m, meta->storage, &geometry))
		elog(ERROR, "no hnsw index has %d dimensions with m = %d", dims, meta->m);
	meta->record_bytes = geometry.record_bytes;
	meta->slots_per_page = geometry.slots_per_page;
	meta->code_kind = geometry.code_kind;
	meta->rotation_seed = pg_prng_uint64(&pg_global_prng_state);
	meta->index_tag = pg_prng_uint32(&pg_global_prng_state);
}

static void
fill_meta_page(Page page, const VsHnswMeta *meta)
{
	hnsw_init_page(page, VS_PAGE_META, meta->index_tag);
	memcpy(page_meta(page), meta, sizeof(*meta));
}

/*
 * Create block 0 of an empty fork.  The init fork of an unlogged index is logged at once; a main fork
 * is logged as a whole when the build ends.
 */
void
hnsw_write_new_meta(Relation index, ForkNumber fork, const VsHnswMeta *meta)
{
	Buffer buffer = vs_extend_relation(index, fork);

	Assert(BufferGetBlockNumber(buffer) == VS_HNSW_META_BLOCK);
	START_CRIT_SECTION();
	fill_meta_page(BufferGetPage(buffer), meta);
	MarkBufferDirty(buffer);
	if (fork == INIT_FORKNUM)
		log_newpage_buffer(buffer, false);
	END_CRIT_SECTION();
	UnlockReleaseBuffer(buffer);
}

void
hnsw_overwrite_meta(Relation index, const VsHnswMeta *meta)
{
	Buffer buffer = ReadBuffer(index, VS_HNSW_META_BLOCK);

	LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
	fill_meta_page(BufferGetPage(buffer), meta);
	MarkBufferDirty(buffer);
	UnlockReleaseBuffer(buffer);
}

/* Refuse what this version cannot read.  No lock is held: the report looks into catalogs. */
static void
check_meta(Relation index, const VsHnswMeta *meta, bool is_meta)
{
	const char *problem = NULL;

	if (!is_meta || meta->magic != VS_HNSW_MAGIC)
		problem = "Its first page is not that of an hnsw index.";
	else if (meta->storage > VS_STORAGE_SKETCH || meta->version != hnsw_meta_version(meta->storage))
		problem = "It was written by another version of vecstore.";
	else if (meta->byte_order != VS_HNSW_BYTE_ORDER || meta->page_bytes != BLCKSZ)
		problem = "It was written on a machine with another byte order or page size.";
	if (problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INDEX_CORRUPTED),
				 errmsg("cannot read hnsw index \"%s\"", RelationGetRelationName(index)),
				 errdetail("%s", problem),
				 errhint("REINDEX INDEX %s.",
						 quote_qualified_identifier(
							 get_namespace_name(RelationGetNamespace(index)),
							 RelationGetRelationName(index)))));
}

void
hnsw_read_meta(Relation index, VsHnswMeta *meta)
{
	Buffer buffer = ReadBuffer(index, VS_HNSW_META_BLOCK);
	bool is_meta;

	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	is_meta = hnsw_page_is(BufferGetPage(buffer), VS_PAGE_META);
	memcpy(meta, page_meta(BufferGetPage(buffer)), sizeof(*meta));
	UnlockReleaseBuffer(buffer);
	check_meta(index, meta, is_meta);
}

/* Start a change of the meta page: returns the page to edit. */
static VsHnswMeta *
begin_meta_edit(HnswIndex *index, VsPageEdit *edit, Buffer *buffer)
{
	*buffer = ReadBuffer(index->rel, VS_HNSW_META_BLOCK);
	LockBuffer(*buffer, BUFFER_LOCK_EXCLUSIVE);
	vs_edit_begin(edit, index->rel, index->logged);
	return page_meta(vs_edit_page(edit, *buffer, false));
}

/* Write the change and keep our copy in step. */
static void
end_meta_edit(HnswIndex *index, VsPageEdit *edit, Buffer buffer)
{
	vs_edit_commit(edit);
	memcpy(&index->meta, page_meta(BufferGetPage(buffer)), sizeof(index->meta));
	UnlockReleaseBuffer(buffer);
}

bool
hnsw_change_insert_block(HnswIndex *index, BlockNumber expected, BlockNumber block)
{
	VsPageEdit edit;
	Buffer buffer;
	VsHnswMeta *meta = begin_meta_edit(index, &edit, &buffer);
	bool unchanged = meta->insert_block == expected;

	if (unchanged)
		meta->insert_block = block;
	end_meta_edit(index, &edit, buffer);
	return unchanged;
}

void
hnsw_set_posting_block(HnswIndex *index, BlockNumber block)
{
	VsPageEdit edit;
	Buffer buffer;

	begin_meta_edit(index, &edit, &buffer)->posting_block = block;
	end_meta_edit(index, &edit, buffer);
}

/* Replace the entry unless somebody else has; our copy of the meta is current afterwards. */
bool
hnsw_change_entry(HnswIndex *index, VsNodeId expected, VsNodeId id, int level)
{
	VsPageEdit edit;
	Buffer buffer;
	VsHnswMeta *meta = begin_meta_edit(index, &edit, &buffer);
	bool unchanged = meta->entry == expected;

	if (unchanged)
	{
		meta->entry = id;
		meta->entry_level = level;
		meta->generation++;
	}
	end_meta_edit(index, &edit, buffer);
	return unchanged;
}

/* Append the centroid's pages to an index that is being built and note them in *meta. */
void
hnsw_write_centroid(Relation index, VsHnswMeta *meta, const float *centroid)
{
	meta->centroid_pages = (meta->dims + FLOATS_PER_PAGE - 1) / FLOATS_PER_PAGE;
	for (uint32 i = 0; i < meta->centroid_pages; i++)
	{
		Buffer buffer = vs_extend_relation(index, MAIN_FORKNUM);
		Page page = BufferGetPage(buffer);
		int first = i * FLOATS_PER_PAGE;
		int count = Min(FLOATS_PER_PAGE, (int) meta->dims - first);

		if (i == 0)
			meta->centroid_block = BufferGetBlockNumber(buffer);
		Assert(BufferGetBlockNumber(buffer) == meta->centroid_block + i);
		hnsw_init_page(page, VS_PAGE_CENTROID, meta->index_tag);
		memcpy((char *) page + VS_PAGE_HEADER_BYTES, centroid + first, count * sizeof(float));
		MarkBufferDirty(buffer);
		UnlockReleaseBuffer(buffer);
	}
}

void
hnsw_read_centroid(Relation index, const VsHnswMeta *meta, float *centroid)
{
	for (uint32 i = 0; i < meta->centroid_pages; i++)
	{
		/* Written once, before the index was visible: no lock. */
		Buffer buffer = ReadBuffer(index, meta->centroid_block + i);
		Page page = BufferGetPage(buffer);
		int first = i * FLOATS_PER_PAGE;
		int count = Min(FLOATS_PER_PAGE, (int) meta->dims - first);

		if (!hnsw_page_is(page, VS_PAGE_CENTROID))
			elog(ERROR, "block %u of index \"%s\" is not a centroid page",
				 meta->centroid_block + i, RelationGetRelationName(index));
		memcpy(centroid + first, (char *) page + VS_PAGE_HEADER_BYTES, count * sizeof(float));
		ReleaseBuffer(buffer);
	}
}
