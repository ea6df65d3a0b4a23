/* SPDX-License-Identifier: PostgreSQL
 *
 * posting.c - nodes that stand for several heap rows.
 *
 * Owns: the cells of VsHnswPosting.  Rows with the same code share one node, so that many equal
 * vectors neither fill the lists of each other nor cut the graph apart; the executor rechecks every
 * row's own distance, so rows that only quantise to the same code are told apart in the end.
 *
 * A node's chain is read and changed under the content lock of the node's page; pages of cells are
 * locked one after the other inside it.  Row ids never move between cells.
 */
#include "postgres.h"

#include "storage/indexfsm.h"

#include "pg/compat.h"
#include "pg/hnsw/hnsw.h"

VsHnswPosting *
hnsw_posting(Page page, uint32 cell)
{
	return (VsHnswPosting *) ((char *) page + VS_PAGE_HEADER_BYTES +
							  hnsw_posting_slot(cell) * sizeof(VsHnswPosting));
}

static int
find_free_cell(Page page)
{
	for (uint32 slot = 0; slot < VS_POSTINGS_PER_PAGE; slot++)
		if (hnsw_posting(page, slot)->owner == VS_NO_NODE)
			return slot;
	return -1;
}

/* True when a page of cells has a free one; else *next is where to look next, 0 for nowhere. */
static bool
has_free_cell(HnswIndex *index, BlockNumber block, BlockNumber *next)
{
	Buffer buffer = ReadBuffer(index->rel, block);
	Page page = BufferGetPage(buffer);
	bool room = false;

	*next = 0;
	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	if (hnsw_page_is(page, VS_PAGE_POSTINGS))
	{
		room = find_free_cell(page) >= 0;
		/* The vacuum's list rises; anything else would be a loop. */
		if (hnsw_page_tail(page)->next > block)
			*next = hnsw_page_tail(page)->next;
	}
	UnlockReleaseBuffer(buffer);
	return room;
}

/* Make sure that meta.posting_block is a page with a free cell.  No lock is held. */
static void
provide_posting_page(HnswIndex *index)
{
	BlockNumber block;
	BlockNumber next;
	VsPageEdit edit;
	Buffer buffer;

	for (block = index->meta.posting_block; block != 0; block = next)
	{
		if (!has_free_cell(index, block, &next))
			continue;
		if (block != index->meta.posting_block)
			hnsw_set_posting_block(index, block);
		return;
	}
	buffer = vs_extend_relation(index->rel, MAIN_FORKNUM);
	block = BufferGetBlockNumber(buffer);
	hnsw_check_block(index->rel, block, VS_POSTING_SLOT_BITS);
	vs_edit_begin(&edit, index->rel, index->logged);
	hnsw_init_page(vs_edit_page(&edit, buffer, true), VS_PAGE_POSTINGS, index->meta.index_tag);
	vs_edit_commit(&edit);
	UnlockReleaseBuffer(buffer);
	hnsw_set_posting_block(index, block);
}

/* Append to the first cell of the chain if it has room.  The node's page is locked. */
static bool
append_to_first_cell(HnswIndex *index, const VsHnswRecord *node, ItemPointer tid)
{
	Buffer buffer;
	VsPageEdit edit;
	VsHnswPosting *cell;
	bool room;

	if ((node->flags & VS_NODE_POSTINGS) == 0)
		return false;
	buffer = ReadBuffer(index->rel, hnsw_posting_block(node->link));
	LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
	vs_edit_begin(&edit, index->rel, index->logged);
	cell = hnsw_posting(vs_edit_page(&edit, buffer, false), node->link);
	room = cell->count < VS_POSTING_TIDS;
	if (room)
	{
		memcpy(cell->tids[cell->count++], tid, sizeof(ItemPointerData));
		vs_edit_commit(&edit);
	}
	else
		vs_edit_abort(&edit);
	UnlockReleaseBuffer(buffer);
	return room;
}

/* Put a new cell with one row in front of the chain.  The node's page is locked exclusively. */
static bool
prepend_cell(HnswIndex *index, Buffer node_buffer, VsNodeId id, ItemPointer tid)
{
	VsPageEdit edit;
	Buffer buffer;
	int slot;

	if (index->meta.posting_block == 0)
		return false;
	buffer = ReadBuffer(index->rel, index->meta.posting_block);
	LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
	slot = find_free_cell(BufferGetPage(buffer));
	if (slot >= 0)
	{
		uint32 number = index->meta.posting_block << VS_POSTING_SLOT_BITS | slot;
		VsHnswRecord *node;
		VsHnswPosting *cell;

		vs_edit_begin(&edit, index->rel, index->logged);
		node = hnsw_slot(&index->geometry, vs_edit_page(&edit, node_buffer, false),
						 vs_node_slot(&index->geometry, id));
		cell = hnsw_posting(vs_edit_page(&edit, buffer, false), slot);
		memset(cell, 0, sizeof(*cell));
		cell->owner = id;
		cell->next = (node->flags & VS_NODE_POSTINGS) ? node->link : 0;
		cell->count = 1;
		memcpy(cell->tids[0], tid, sizeof(ItemPointerData));
		node->flags |= VS_NODE_POSTINGS;
		node->link = number;
		vs_edit_commit(&edit);
	}
	UnlockReleaseBuffer(buffer);
	return slot >= 0;
}

/*
 * Let node `id` stand for one more heap row, if it still is a live node with the code of `record`
 * (header and code; NULL when that is certain).  False when it is not.
 */
bool
hnsw_add_heap_row(HnswIndex *index, VsNodeId id, const VsHnswRecord *record, ItemPointer tid)
{
	for (;;)
	{
		Buffer buffer;
		const VsHnswRecord *node;
		bool same;
		bool done;

		buffer = hnsw_pin(index, vs_node_block(&index->geometry, id));
		LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
		node = hnsw_slot(&index->geometry, BufferGetPage(buffer), vs_node_slot(&index->geometry, id));
		same = hnsw_page_is(BufferGetPage(buffer), VS_PAGE_NODES) &&
			(node->flags & (VS_NODE_USED | VS_NODE_TOMBSTONE)) == VS_NODE_USED &&
			node->level == 0 &&
			(record == NULL || vs_hnsw_same_code(node, record, index->geometry.code_bytes));
		done = same &&
			(append_to_first_cell(index, node, tid) || prepend_cell(index, buffer, id, tid));
		UnlockReleaseBuffer(buffer);
		if (done || !same)
			return done;
		/* No free cell where we thought: get another page. */
		hnsw_refresh_meta(index);
		provide_posting_page(index);
	}
}

/*
 * Notice when a damaged chain runs in a circle (Brent's algorithm): chains are walked under a lock,
 * where nothing else could stop an endless walk.
 */
bool
hnsw_chain_cycles(HnswChainMark *mark, uint32 cell)
{
	if (mark->steps > 0 && mark->cell == cell)
		return true;
	if ((mark->steps & (mark->steps - 1)) == 0)
		mark->cell = cell;
	mark->steps++;
	return false;
}

/* The cell on its locked page; an error when it is not the next one in the chain of node `id`. */
VsHnswPosting *
hnsw_chain_cell(Relation rel, Page page, uint32 cell, VsNodeId id, HnswChainMark *mark)
{
	VsHnswPosting *posting = hnsw_posting(page, cell);

	if (!hnsw_page_is(page, VS_PAGE_POSTINGS) || hnsw_posting_slot(cell) >= VS_POSTINGS_PER_PAGE ||
		posting->owner != id || posting->count > VS_POSTING_TIDS || hnsw_chain_cycles(mark, cell))
		ereport(ERROR,
				(errcode(ERRCODE_INDEX_CORRUPTED),
				 errmsg("posting cell %u of index \"%s\" is not one of node %u, or is one twice", cell,
						RelationGetRelationName(rel), id),
				 errhint("REINDEX the index.")));
	return posting;
}

static void
push_tid(HnswIndex *index, ItemPointerData **tids, int *capacity, int count, const void *tid)
{
	if (count == *capacity)
	{
		Size bytes = Max(16, 2 * (Size) *capacity) * sizeof(ItemPointerData);

		*tids = *tids == NULL ? MemoryContextAlloc(index->context, bytes) : repalloc_huge(*tids, bytes);
		*capacity = bytes / sizeof(ItemPointerData);
	}
	memcpy(&(*tids)[count], tid, sizeof(ItemPointerData));
}

/* All heap rows of a node with postings, into a growing array that lives as long as `index`; returns their number. */
int
hnsw_read_heap_rows(HnswIndex *index, VsNodeId id, ItemPointerData **tids, int *capacity)
{
	Buffer buffer = hnsw_pin(index, vs_node_block(&index->geometry, id));
	const VsHnswRecord *node;
	HnswChainMark mark = {0};
	uint32 next = 0;
	int count = 0;

	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	node = hnsw_slot(&index->geometry, BufferGetPage(buffer), vs_node_slot(&index->geometry, id));
	if ((node->flags & VS_NODE_USED) != 0 && node->level == 0)
	{
		if (ItemPointerIsValid((const ItemPointerData *) node->heap_tid))
			push_tid(index, tids, capacity, count++, node->heap_tid);
		if (node->flags & VS_NODE_POSTINGS)
			next = node->link;
	}
	while (next != 0)
	{
		Buffer cells = ReadBuffer(index->rel, hnsw_posting_block(next));
		const VsHnswPosting *cell;

		LockBuffer(cells, BUFFER_LOCK_SHARE);
		cell = hnsw_chain_cell(index->rel, BufferGetPage(cells), next, id, &mark);
		for (int i = 0; i < cell->count; i++)
			push_tid(index, tids, capacity, count++, cell->tids[i]);
		next = cell->next;
		UnlockReleaseBuffer(cells);
	}
	UnlockReleaseBuffer(buffer);
	return count;
}
