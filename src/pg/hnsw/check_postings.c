/* SPDX-License-Identifier: PostgreSQL
 *
 * check_postings.c - the part of vecstore.check_index that follows posting chains.
 *
 * Owns: the check that every cell in use is in exactly one chain, that of its owner.  A chain is
 * read under the share lock of its node's page, like a scan reads it.
 */
#include "postgres.h"

#include "pg/hnsw/check.h"

/* A chain as it was read, to be judged without locks. */
typedef struct Chain
{
	int count;
	int capacity;
	uint32 *numbers;
	VsHnswPosting *cells;
	HnswChainMark mark;
	const char *problem; /* why reading stopped before the end */
} Chain;

static void
push_cell(Chain *chain, uint32 number, const VsHnswPosting *cell)
{
	if (chain->count == chain->capacity)
	{
		chain->capacity = Max(8, 2 * chain->capacity);
		chain->numbers = chain->numbers == NULL ? palloc(chain->capacity * sizeof(uint32))
			: repalloc(chain->numbers, chain->capacity * sizeof(uint32));
		chain->cells = chain->cells == NULL ? palloc(chain->capacity * sizeof(VsHnswPosting))
			: repalloc(chain->cells, chain->capacity * sizeof(VsHnswPosting));
	}
	chain->numbers[chain->count] = number;
	chain->cells[chain->count++] = *cell;
}

/* Read one cell; false, with the reason in chain->problem, when it does not belong there. */
static bool
read_cell(HnswCheck *check, Chain *chain, VsNodeId id, uint32 number)
{
	Relation rel = check->index->rel;
	VsHnswPosting cell = {0};
	bool is_cell;
	Buffer buffer;

	if (hnsw_posting_block(number) >= RelationGetNumberOfBlocks(rel) ||
		hnsw_posting_slot(number) >= VS_POSTINGS_PER_PAGE)
	{
		chain->problem = "its posting chain leads out of the index";
		return false;
	}
	buffer = ReadBuffer(rel, hnsw_posting_block(number));
	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	is_cell = hnsw_page_is(BufferGetPage(buffer), VS_PAGE_POSTINGS);
	if (is_cell)
		cell = *hnsw_posting(BufferGetPage(buffer), number);
	UnlockReleaseBuffer(buffer);
	if (!is_cell)
		chain->problem = "its posting chain leads to a page without cells";
	else if (cell.owner != id)
		chain->problem = "its posting chain leads to a cell of another node";
	else if (cell.count < 1 || cell.count > VS_POSTING_TIDS)
		chain->problem = "a cell of its posting chain has an impossible number of rows";
	else if (hnsw_chain_cycles(&chain->mark, number))
		chain->problem = "its posting chain is a cycle";
	if (chain->problem == NULL)
		push_cell(chain, number, &cell);
	return chain->problem == NULL;
}

/* Read the chain of a node; empty when the node has none any more. */
static void
read_chain(HnswCheck *check, VsNodeId id, Chain *chain)
{
	const VsHnswGeometry *geometry = &check->index->geometry;
	Buffer buffer = hnsw_pin(check->index, vs_node_block(geometry, id));
	const VsHnswRecord *node =
		hnsw_slot(geometry, BufferGetPage(buffer), vs_node_slot(geometry, id));
	uint32 next;

	memset(chain, 0, sizeof(*chain));
	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	next = (node->flags & VS_NODE_POSTINGS) != 0 && node->level == 0 ? node->link : 0;
	while (next != 0 && read_cell(check, chain, id, next))
		next = chain->cells[chain->count - 1].next;
	UnlockReleaseBuffer(buffer);
}

static void
free_chain(Chain *chain)
{
	if (chain->count > 0)
	{
		pfree(chain->numbers);
		pfree(chain->cells);
	}
}

/* Check the chain of a node and note its rows. */
void
hnsw_check_chain(HnswCheck *check, VsNodeId id)
{
	Chain chain;

	read_chain(check, id, &chain);
	if (chain.problem != NULL)
		hnsw_report(check, HNSW_ERROR, hnsw_node_name(check, id), "%s", chain.problem);
	for (int i = 0; i < chain.count; i++)
	{
		hnsw_set_add(&check->cells, chain.numbers[i]);
		for (int row = 0; row < chain.cells[i].count; row++)
			hnsw_add_index_row(check, chain.cells[i].tids[row]);
	}
	free_chain(&chain);
}

static bool
chain_has(const Chain *chain, uint32 cell)
{
	for (int i = 0; i < chain->count; i++)
		if (chain->numbers[i] == cell)
			return true;
	return false;
}

/* A cell in use that no chain led to: newer than our visit to its owner, or lost. */
static void
check_stray_cell(HnswCheck *check, uint32 number, VsNodeId owner)
{
	const VsHnswGeometry *geometry = &check->index->geometry;
	bool found = false;
	Chain chain;

	if (vs_node_block(geometry, owner) < RelationGetNumberOfBlocks(check->index->rel) &&
		vs_node_slot(geometry, owner) < geometry->slots_per_page)
	{
		read_chain(check, owner, &chain);
		found = chain_has(&chain, number);
		free_chain(&chain);
	}
	if (!found)
		hnsw_report(check, HNSW_WARNING,
					psprintf("posting cell %u (block %u, slot %u)", number,
							 hnsw_posting_block(number), hnsw_posting_slot(number)),
					"it is in use for node %u, but not in that node's chain", owner);
}

/* Check that every cell in use is part of a chain. */
void
hnsw_check_cells(HnswCheck *check)
{
	char *image = palloc(BLCKSZ);
	HnswWalk walk;

	hnsw_walk_begin(&walk, check->index->rel, GetAccessStrategy(BAS_BULKREAD));
	while (hnsw_walk_next(&walk))
	{
		if (!hnsw_page_is(walk.page, VS_PAGE_POSTINGS))
			continue;
		memcpy(image, walk.page, BLCKSZ);
		hnsw_walk_lock(&walk, BUFFER_LOCK_UNLOCK);
		for (uint32 slot = 0; slot < VS_POSTINGS_PER_PAGE; slot++)
		{
			uint32 number = walk.block << VS_POSTING_SLOT_BITS | slot;
			VsNodeId owner = hnsw_posting(image, slot)->owner;

			if (owner != VS_NO_NODE && !hnsw_set_has(&check->cells, number))
				check_stray_cell(check, number, owner);
		}
	}
}
