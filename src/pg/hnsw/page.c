/* SPDX-License-Identifier: PostgreSQL
 *
 * page.c - pages of slots: how they are made, and where a new node is stored.
 *
 * Owns: the page header fields (pd_lower = pd_upper = pd_special on a page with nodes, so that no "hole"
 * is ever dropped from a WAL image) and the search for a free slot: the meta page's hint, the free space map, a new
 * page.  Holds one node page at a time.
 */
#include "postgres.h"

#include "storage/freespace.h"
#include "storage/indexfsm.h"
#include "storage/lmgr.h"

#include "pg/compat.h"
#include "pg/hnsw/hnsw.h"
#include "pg/page_patch.h"

void
hnsw_init_page(Page page, VsPageKind kind, uint32 index_tag)
{
	VsHnswPageTail *tail;

	PageInit(page, BLCKSZ, sizeof(VsHnswPageTail));
	((PageHeader) page)->pd_lower = ((PageHeader) page)->pd_upper;
	tail = hnsw_page_tail(page);
	tail->kind = kind;
	tail->used = 0;
	tail->index_tag = index_tag;
	tail->next = 0;
	tail->version = VS_HNSW_VERSION;
	tail->page_id = VS_HNSW_PAGE_ID;
}

/* Places on pages have numbers of 32 bits, `bits` of them for the place on its page. */
void
hnsw_check_block(Relation index, BlockNumber block, int bits)
{
	if (block > (UINT32_MAX >> bits))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("hnsw index \"%s\" cannot have more than %u pages",
						RelationGetRelationName(index), (UINT32_MAX >> bits) + 1),
				 errhint("Partition the table.")));
}

/* First free slot of a locked node page, or -1. */
static int
find_free_slot(const VsHnswGeometry *geometry, Page page)
{
	if (!hnsw_page_is(page, VS_PAGE_NODES) ||
		hnsw_page_tail(page)->used >= geometry->slots_per_page)
		return -1;
	/* Pages fill up from the front. */
	if (hnsw_slot(geometry, page, hnsw_page_tail(page)->used)->flags == 0)
		return hnsw_page_tail(page)->used;
	for (uint32 slot = 0; slot < geometry->slots_per_page; slot++)
		if (hnsw_slot(geometry, page, slot)->flags == 0)
			return slot;
	return -1;
}

/*
 * A page that the free space map offers, or InvalidBlockNumber.  The map takes no part in recovery:
 * after a crash it may name pages that the index has lost again.
 */
static BlockNumber
mapped_page(Relation rel)
{
	BlockNumber block;

	do
		block = GetFreeIndexPage(rel);
	while (block != InvalidBlockNumber && block >= RelationGetNumberOfBlocks(rel));
	return block;
}

/*
 * An exclusively locked page with a free slot (or a page that is still to be initialised, *fresh).
 * Candidates: the hint, pages in the free space map, a new page.
 */
static Buffer
lock_page_with_room(HnswIndex *index, bool *fresh)
{
	BlockNumber block = index->meta.insert_block;
	Buffer buffer;

	for (*fresh = false; block != 0 && block != InvalidBlockNumber;
		 block = mapped_page(index->rel))
	{
		buffer = hnsw_pin(index, block);
		LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
		*fresh = PageIsNew(BufferGetPage(buffer));
		if (*fresh || find_free_slot(&index->geometry, BufferGetPage(buffer)) >= 0)
			return buffer;
		UnlockReleaseBuffer(buffer);
	}
	*fresh = true;
	return vs_extend_relation(index->rel, MAIN_FORKNUM);
}

/*
 * Let the next inserts store on a page.  Of several that were added at the same time, since all inserts
 * saw the last one full, one becomes the hint and the others are kept for later.
 */
static void
offer_page(HnswIndex *index, BlockNumber block)
{
	if (hnsw_change_insert_block(index, index->meta.insert_block, block))
		return;
	RecordFreeIndexPage(index->rel, block);
	FreeSpaceMapVacuumRange(index->rel, block, block + 1);
}

/*
 * Make a new page one of nodes.  Until the first node is stored, nothing lies between pd_lower and
 * pd_upper, so that the WAL image is small.
 */
static void
init_node_page(HnswIndex *index, Buffer buffer)
{
	VsPageEdit edit;
	Page page;

	hnsw_check_block(index->rel, BufferGetBlockNumber(buffer), index->geometry.slot_bits);
	vs_edit_begin(&edit, index->rel, index->logged);
	page = vs_edit_page(&edit, buffer, true);
	hnsw_init_page(page, VS_PAGE_NODES, index->meta.index_tag);
	((PageHeader) page)->pd_lower = VS_PAGE_HEADER_BYTES;
	vs_edit_commit(&edit);
}

/* Write header, code, links and their sketches, if any, into a free slot of an exclusively locked page. */
static void
fill_slot(HnswIndex *index, Buffer buffer, int slot, VsHnswRecord *record, const VsNodeId *links,
		  const uint8 *sketches)
{
	const VsHnswGeometry *geometry = &index->geometry;
	Page page = BufferGetPage(buffer);
	PageHeader header = (PageHeader) page;
	VsHnswRecord *target = hnsw_slot(geometry, page, slot);
	uint16 used = hnsw_page_tail(page)->used + 1;
	VsPagePatch patch;

	/* Readers that remember the slot's last owner must see that its links changed. */
	record->edge_version = target->edge_version + 1;
	vs_patch_begin(&patch, index->logged);
	vs_patch_write(&patch, buffer, target, record, geometry->links_offset);
	vs_patch_write(&patch, buffer, vs_record_links(geometry, target), links,
				   record->degree * sizeof(VsNodeId));
	if (sketches != NULL)
		vs_patch_write(&patch, buffer, vs_record_sketch(geometry, target, 0), sketches,
					   record->degree * geometry->sketch_bytes);
	vs_patch_write(&patch, buffer, &hnsw_page_tail(page)->used, &used, sizeof(used));
	if (header->pd_lower != header->pd_upper)
		vs_patch_write(&patch, buffer, &header->pd_lower, &header->pd_upper, sizeof(header->pd_upper));
	vs_patch_commit(&patch);
}

/*
 * Store a record, header and padded code, with record->degree links in a free slot, as one WAL record,
 * and return its id.  No content lock is held on entry or exit.
 */
VsNodeId
hnsw_store_node(HnswIndex *index, VsHnswRecord *record, const VsNodeId *links)
{
	uint8 *sketches = NULL;
	bool fresh;
	Buffer buffer;
	BlockNumber block;
	int slot;

	if (hnsw_has_sketches(index, record->level) && record->degree > 0)
	{
		sketches = palloc(record->degree * index->geometry.sketch_bytes);
		hnsw_make_sketches(index, record, links, record->degree, sketches);
	}
	buffer = lock_page_with_room(index, &fresh);
	block = BufferGetBlockNumber(buffer);
	if (fresh)
		init_node_page(index, buffer);
	slot = find_free_slot(&index->geometry, BufferGetPage(buffer));
	fill_slot(index, buffer, slot, record, links, sketches);
	UnlockReleaseBuffer(buffer);
	if (sketches != NULL)
		pfree(sketches);
	if (block != index->meta.insert_block)
		offer_page(index, block);
	return vs_make_node_id(&index->geometry, block, slot);
}
