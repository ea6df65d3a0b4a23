/* SPDX-License-Identifier: PostgreSQL
 *
 * sweep_postings.c - remove dead rows from the posting chain of a node.
 *
 * Owns: taking rows out of cells and cells out of chains, and the list of pages with free cells.
 *
 * The caller holds the lock of the node's page, which guards the whole chain; pages of cells are
 * locked inside it.  Unlinking a cell locks its predecessor's page as well.  That cannot deadlock:
 * nobody else locks two pages of cells, and an index has one vacuum at a time.
 */
#include "postgres.h"

#include "pg/compat.h"
#include "pg/hnsw/vacuum.h"

/* Fewer free cells than this on a page are not worth looking for. */
#define MIN_FREE_CELLS 8

/* Where the number of a cell is stored: in the cell before it, or in the node. */
typedef struct ChainPosition
{
	uint32 cell;	 /* the cell at hand */
	uint32 previous; /* the cell before it, 0: the node itself */
} ChainPosition;

static Buffer
lock_cell(HnswVacuum *vacuum, uint32 cell, int lock)
{
	Buffer buffer = ReadBufferExtended(vacuum->index->rel, MAIN_FORKNUM, hnsw_posting_block(cell),
									   RBM_NORMAL, vacuum->info->strategy);

	LockBuffer(buffer, lock);
	return buffer;
}

static bool
is_dead(HnswVacuum *vacuum, const uint8 *tid)
{
	return vacuum->callback((ItemPointer) tid, vacuum->callback_state);
}

/* Count the rows of a chain; true when some are dead. */
bool
hnsw_chain_look(HnswVacuum *vacuum, VsNodeId id, const VsHnswRecord *node)
{
	HnswChainMark mark = {0};
	bool dead = false;
	uint32 next;

	for (uint32 cell = node->link; cell != 0; cell = next)
	{
		Buffer buffer = lock_cell(vacuum, cell, BUFFER_LOCK_SHARE);
		const VsHnswPosting *posting =
			hnsw_chain_cell(vacuum->index->rel, BufferGetPage(buffer), cell, id, &mark);

		vacuum->stats->num_index_tuples += posting->count;
		for (int i = 0; i < posting->count && !dead && vacuum->callback != NULL; i++)
			dead = is_dead(vacuum, posting->tids[i]);
		next = posting->next;
		UnlockReleaseBuffer(buffer);
	}
	return dead;
}

/* Copy the live rows of a cell to the front of `tids`; returns their number. */
static int
live_rows(HnswVacuum *vacuum, const VsHnswPosting *posting, uint8 tids[VS_POSTING_TIDS][6])
{
	int live = 0;

	for (int i = 0; i < posting->count; i++)
		if (!is_dead(vacuum, posting->tids[i]))
			memcpy(tids[live++], posting->tids[i], sizeof(posting->tids[i]));
	return live;
}

static void
rewrite_cell(HnswVacuum *vacuum, Buffer buffer, uint32 cell, uint8 tids[VS_POSTING_TIDS][6],
			 int live)
{
	VsHnswPosting *posting;
	VsPageEdit edit;

	vs_edit_begin(&edit, vacuum->index->rel, vacuum->index->logged);
	posting = hnsw_posting(vs_edit_page(&edit, buffer, false), cell);
	posting->count = live;
	memset(posting->tids, 0, sizeof(posting->tids));
	memcpy(posting->tids, tids, live * sizeof(posting->tids[0]));
	vs_edit_commit(&edit);
}

/* Let the node, whose page is under edit, lead to the cell `next`. */
static void
lead_node_to(HnswVacuum *vacuum, Page page, VsNodeId id, uint32 next)
{
	const VsHnswGeometry *geometry = &vacuum->index->geometry;
	VsHnswRecord *node = hnsw_slot(geometry, page, vs_node_slot(geometry, id));

	node->link = next;
	if (next == 0)
		node->flags &= ~VS_NODE_POSTINGS;
}

/* Take an empty cell out of its chain and free it. */
static void
unlink_cell(HnswVacuum *vacuum, Buffer node_buffer, VsNodeId id, Buffer buffer, ChainPosition at)
{
	Buffer previous = InvalidBuffer;
	VsHnswPosting *posting;
	VsPageEdit edit;
	uint32 next;

	if (at.previous != 0 && hnsw_posting_block(at.previous) != hnsw_posting_block(at.cell))
		previous = lock_cell(vacuum, at.previous, BUFFER_LOCK_EXCLUSIVE);
	next = hnsw_posting(BufferGetPage(buffer), at.cell)->next;
	vs_edit_begin(&edit, vacuum->index->rel, vacuum->index->logged);
	/* The node's page comes first: replay on a standby locks in this order, as scans there do. */
	if (at.previous == 0)
		lead_node_to(vacuum, vs_edit_page(&edit, node_buffer, false), id, next);
	else
		hnsw_posting(vs_edit_page(&edit, previous == InvalidBuffer ? buffer : previous, false),
					 at.previous)->next = next;
	posting = hnsw_posting(vs_edit_page(&edit, buffer, false), at.cell);
	memset(posting, 0, sizeof(*posting));
	vs_edit_commit(&edit);
	if (previous != InvalidBuffer)
		UnlockReleaseBuffer(previous);
}

/* Remove the dead rows of a node's chain.  The node's page is locked exclusively. */
void
hnsw_chain_shorten(HnswVacuum *vacuum, Buffer node_buffer, VsNodeId id)
{
	const VsHnswGeometry *geometry = &vacuum->index->geometry;
	const VsHnswRecord *node =
		hnsw_slot(geometry, BufferGetPage(node_buffer), vs_node_slot(geometry, id));
	ChainPosition at = {.cell = node->link, .previous = 0};
	HnswChainMark mark = {0};

	while (at.cell != 0)
	{
		Buffer buffer = lock_cell(vacuum, at.cell, BUFFER_LOCK_EXCLUSIVE);
		const VsHnswPosting *posting =
			hnsw_chain_cell(vacuum->index->rel, BufferGetPage(buffer), at.cell, id, &mark);
		uint8 tids[VS_POSTING_TIDS][6];
		int count = posting->count;
		uint32 next = posting->next;
		int live = live_rows(vacuum, posting, tids);

		if (live == 0)
			unlink_cell(vacuum, node_buffer, id, buffer, at);
		else if (live < count)
			rewrite_cell(vacuum, buffer, at.cell, tids, live);
		if (live > 0)
			at.previous = at.cell;
		vacuum->stats->tuples_removed += count - live;
		vacuum->stats->num_index_tuples -= count - live;
		UnlockReleaseBuffer(buffer);
		at.cell = next;
	}
}

void
hnsw_note_posting_page(HnswVacuum *vacuum, BlockNumber block)
{
	if (vacuum->posting_page_count == vacuum->posting_page_capacity)
	{
		vacuum->posting_page_capacity *= 2;
		vacuum->posting_pages = repalloc_huge(vacuum->posting_pages,
											  vacuum->posting_page_capacity * sizeof(BlockNumber));
	}
	vacuum->posting_pages[vacuum->posting_page_count++] = block;
}

static bool
has_free_cells(Page page)
{
	int free = 0;

	for (uint32 slot = 0; slot < VS_POSTINGS_PER_PAGE; slot++)
		free += hnsw_posting(page, slot)->owner == VS_NO_NODE;
	return free >= MIN_FREE_CELLS;
}

/* Put a page with free cells in front of the list; false when it has too few. */
static bool
list_page(HnswVacuum *vacuum, BlockNumber block, BlockNumber head)
{
	Buffer buffer = ReadBufferExtended(vacuum->index->rel, MAIN_FORKNUM, block, RBM_NORMAL,
									   vacuum->info->strategy);
	Page page = BufferGetPage(buffer);
	VsPageEdit edit;
	bool listed;

	LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
	listed = has_free_cells(page);
	if (listed && hnsw_page_tail(page)->next != head)
	{
		vs_edit_begin(&edit, vacuum->index->rel, vacuum->index->logged);
		hnsw_page_tail(vs_edit_page(&edit, buffer, false))->next = head;
		vs_edit_commit(&edit);
	}
	UnlockReleaseBuffer(buffer);
	return listed;
}

/* Chain the pages with free cells by rising block, and start inserts at the first. */
void
hnsw_list_free_cells(HnswVacuum *vacuum)
{
	BlockNumber head = 0;

	for (int64 i = vacuum->posting_page_count - 1; i >= 0; i--)
	{
		vs_vacuum_delay_point();
		if (list_page(vacuum, vacuum->posting_pages[i], head))
			head = vacuum->posting_pages[i];
	}
	if (head != 0 && head != vacuum->index->meta.posting_block)
		hnsw_set_posting_block(vacuum->index, head);
}
