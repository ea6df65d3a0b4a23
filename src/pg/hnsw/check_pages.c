/* SPDX-License-Identifier: PostgreSQL
 *
 * check_pages.c - the part of vecstore.check_index that looks at every page by itself.
 *
 * Owns: the checks of the meta page, page tails and records, and the notes on all slots that the
 * checks of links and rows work from.  Pages are copied under the share lock and judged
 * afterwards.
 */
#include "postgres.h"

#include <math.h>

#include "pg/hnsw/check.h"

#define KNOWN_FLAGS (VS_NODE_USED | VS_NODE_TOMBSTONE | VS_NODE_POSTINGS)
/* Norms are computed in another order on other processors. */
#define NORM_TOLERANCE 1e-5

static const char *
meta_problem(const VsHnswMeta *meta, Page page)
{
	VsHnswGeometry geometry;

	if (!hnsw_page_is(page, VS_PAGE_META) || meta->magic != VS_HNSW_MAGIC)
		return "it is not the first page of an hnsw index";
	if (meta->storage > VS_STORAGE_SKETCH || meta->version != hnsw_meta_version(meta->storage))
		return "it was written by another version of vecstore";
	if (meta->byte_order != VS_HNSW_BYTE_ORDER || meta->page_bytes != BLCKSZ)
		return "it was written on a machine with another byte order or page size";
	if (meta->metric < VS_METRIC_L2 || meta->metric > VS_METRIC_L1)
		return "its metric is unknown";
	if (!vs_hnsw_geometry(meta->dims, meta->m, meta->storage, &geometry))
		return "its dimensions, m and storage are impossible";
	if (meta->code_kind != geometry.code_kind)
		return "its kind of code is not the one of its dimensions and m";
	if (meta->record_bytes != geometry.record_bytes ||
		meta->slots_per_page != geometry.slots_per_page)
		return "its record size is not the one of its dimensions and m";
	if (hnsw_page_tail(page)->index_tag != meta->index_tag)
		return "its tag is not the one of the index";
	return NULL;
}

static bool
centroid_is_readable(Relation rel, const VsHnswMeta *meta, BlockNumber blocks)
{
	for (uint32 i = 0; i < meta->centroid_pages; i++)
	{
		BlockNumber block = meta->centroid_block + i;
		Buffer buffer;
		bool good;

		if (block >= blocks)
			return false;
		buffer = ReadBuffer(rel, block);
		LockBuffer(buffer, BUFFER_LOCK_SHARE);
		good = hnsw_page_is(BufferGetPage(buffer), VS_PAGE_CENTROID);
		UnlockReleaseBuffer(buffer);
		if (!good)
			return false;
	}
	return true;
}

/* Check the meta page; false when the index cannot even be opened. */
bool
hnsw_check_meta(HnswCheck *check, Relation rel)
{
	char *page = palloc(BLCKSZ);
	const VsHnswMeta *meta = (const VsHnswMeta *) (page + VS_PAGE_HEADER_BYTES);
	const HnswOpclass *opclass = hnsw_opclass(rel);
	const char *problem;
	Buffer buffer;

	check->blocks = RelationGetNumberOfBlocks(rel);
	if (check->blocks == 0)
	{
		hnsw_report(check, HNSW_ERROR, "meta page", "the index has no pages");
		return false;
	}
	buffer = ReadBuffer(rel, VS_HNSW_META_BLOCK);
	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	memcpy(page, BufferGetPage(buffer), BLCKSZ);
	UnlockReleaseBuffer(buffer);
	problem = meta_problem(meta, page);
	if (problem == NULL && !centroid_is_readable(rel, meta, check->blocks))
		problem = "its centroid is not where it should be";
	if (problem == NULL && (meta->metric != opclass->metric || meta->element != opclass->element))
		problem = "its metric or element type is not the one of the operator class";
	if (problem != NULL)
		hnsw_report(check, HNSW_ERROR, "meta page", "%s", problem);
	return problem == NULL;
}

static bool
norm_fits_code(const VsHnswSpace *space, const VsHnswRecord *record)
{
	double norm = (float) vs_hnsw_norm(space, record);

	return record->norm == norm || fabs(record->norm - norm) <= NORM_TOLERANCE * norm;
}

static bool
has_row(const VsHnswRecord *record)
{
	return ItemPointerIsValid((const ItemPointerData *) record->heap_tid);
}

static const char *
record_problem(const HnswIndex *index, const VsHnswRecord *record)
{
	if ((record->flags & ~KNOWN_FLAGS) != 0 || (record->flags & VS_NODE_USED) == 0)
		return "it has unknown flags";
	if (record->level > VS_HNSW_MAX_LEVEL)
		return "its level is impossible";
	if (record->degree > vs_links_at(&index->geometry, record->level))
		return "it has more links than fit";
	if (!isfinite(record->scale) || record->scale < 0)
		return "its scale is no positive number";
	if (isnan(record->error) || record->error < 0)
		return "its rounding error is no positive number";
	if (!norm_fits_code(&index->space, record))
		return "its norm does not fit its code";
	if ((record->flags & VS_NODE_POSTINGS) != 0 && (record->level > 0 || record->link == 0))
		return "it has no posting cells although its flags say so";
	if (record->flags == VS_NODE_USED && record->level == 0 && !has_row(record))
		return "it has no heap row and is no tombstone";
	return NULL;
}

static void
note_record(HnswCheck *check, VsNodeId id, const VsHnswRecord *record)
{
	uint8 state = HNSW_SLOT_USED | record->level;

	if (record->flags & VS_NODE_TOMBSTONE)
	{
		state |= HNSW_SLOT_TOMBSTONE;
		check->tombstones++;
	}
	else if (record->level == 0)
	{
		if (has_row(record))
			hnsw_add_index_row(check, record->heap_tid);
		if (record->flags & VS_NODE_POSTINGS)
			state |= HNSW_SLOT_POSTINGS;
	}
	check->slots[id] = state;
	if (state & HNSW_SLOT_POSTINGS)
		hnsw_check_chain(check, id);
}

static void
check_records(HnswCheck *check, BlockNumber block, Page page)
{
	const VsHnswGeometry *geometry = &check->index->geometry;
	uint32 used = 0;

	for (uint32 slot = 0; slot < geometry->slots_per_page; slot++)
	{
		const VsHnswRecord *record = hnsw_slot(geometry, page, slot);
		VsNodeId id = vs_make_node_id(geometry, block, slot);
		const char *problem;

		if (record->flags == 0)
			continue;
		used++;
		problem = record_problem(check->index, record);
		if (problem != NULL)
			hnsw_report(check, HNSW_ERROR, hnsw_node_name(check, id), "%s", problem);
		else
			note_record(check, id, record);
	}
	if (used != hnsw_page_tail(page)->used)
		hnsw_report(check, HNSW_ERROR, hnsw_block_name(block),
					"it has %u slots in use and says %u", used, hnsw_page_tail(page)->used);
}

static const char *
page_problem(const HnswCheck *check, Page page)
{
	const VsHnswPageTail *tail = hnsw_page_tail(page);

	if (tail->page_id != VS_HNSW_PAGE_ID)
		return "it is not a page of an hnsw index";
	if (tail->version != VS_HNSW_VERSION)
		return "it was written by another version of vecstore";
	if (tail->index_tag != check->index->meta.index_tag)
		return "it belongs to another index";
	if (tail->kind < VS_PAGE_CENTROID || tail->kind > VS_PAGE_POSTINGS)
		return "its kind is unknown";
	/* A crash before the first node was stored leaves a page with a "hole". */
	if (((PageHeader) page)->pd_special != BLCKSZ - VS_PAGE_SPECIAL_BYTES ||
		(((PageHeader) page)->pd_lower != ((PageHeader) page)->pd_upper && tail->used > 0))
		return "its header is not the one of an hnsw page";
	return NULL;
}

static void
check_page(HnswCheck *check, BlockNumber block, Page page)
{
	const char *problem;

	/* A crash right after an extension leaves such a page; VACUUM puts it to use. */
	if (PageIsNew(page))
		return;
	problem = page_problem(check, page);
	if (problem != NULL)
		hnsw_report(check, HNSW_ERROR, hnsw_block_name(block), "%s", problem);
	else if (hnsw_page_is(page, VS_PAGE_NODES))
		check_records(check, block, page);
}

/* Check every page by itself, and take notes of all slots and rows. */
void
hnsw_check_pages(HnswCheck *check)
{
	const VsHnswGeometry *geometry = &check->index->geometry;
	char *image = palloc(BLCKSZ);
	HnswWalk walk;

	hnsw_walk_begin(&walk, check->index->rel, GetAccessStrategy(BAS_BULKREAD));
	check->blocks = walk.blocks;
	check->slots = palloc_extended(hnsw_id_limit(geometry, walk.blocks),
								   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	hnsw_set_create(&check->cells, (uint64) walk.blocks << VS_POSTING_SLOT_BITS);
	while (hnsw_walk_next(&walk))
	{
		memcpy(image, walk.page, BLCKSZ);
		hnsw_walk_lock(&walk, BUFFER_LOCK_UNLOCK);
		check_page(check, walk.block, image);
	}
}
