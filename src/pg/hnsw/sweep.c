/* SPDX-License-Identifier: PostgreSQL
 *
 * sweep.c - the first phase of a vacuum: remove dead rows, page by page.
 *
 * Owns: the decision that a node is a tombstone (it has no row left), and the notes the later
 * phases work from: which records are tombstones, where the levels above 0 are, who can be the
 * entry.
 *
 * A page is looked at under the share lock; only one with dead rows is locked exclusively, and all
 * its rows are removed in one edit.  In between rows may be added but not taken away, since an
 * index has one vacuum at a time.  A tombstone never comes back to life: inserts that want to add
 * a row to a node look at its flags under the page's lock.
 */
#include "postgres.h"

#include "storage/indexfsm.h"

#include "pg/compat.h"
#include "pg/hnsw/vacuum.h"

/* What a look at a node page found. */
typedef struct PageLook
{
	bool any;
	bool row[HNSW_MAX_SLOTS];	 /* the row in the record is dead */
	bool chain[HNSW_MAX_SLOTS]; /* a row in a posting cell is dead */
} PageLook;

static bool
has_row(const VsHnswRecord *node)
{
	return ItemPointerIsValid((const ItemPointerData *) node->heap_tid);
}

/* A node of level 0 with at least one row, unless a vacuum was interrupted. */
static bool
is_live_base(const VsHnswRecord *record)
{
	return (record->flags & (VS_NODE_USED | VS_NODE_TOMBSTONE)) == VS_NODE_USED &&
		record->level == 0;
}

static VsNodeId
walk_id(const HnswVacuum *vacuum, const HnswWalk *walk, uint32 slot)
{
	return vs_make_node_id(&vacuum->index->geometry, walk->block, slot);
}

/* Find the dead rows of a share-locked page and count all of its rows. */
static void
look_at_page(HnswVacuum *vacuum, const HnswWalk *walk, PageLook *look)
{
	const VsHnswGeometry *geometry = &vacuum->index->geometry;

	memset(look, 0, sizeof(*look));
	for (uint32 slot = 0; slot < geometry->slots_per_page; slot++)
	{
		const VsHnswRecord *node = hnsw_slot(geometry, walk->page, slot);

		if (!is_live_base(node))
			continue;
		if (has_row(node))
		{
			vacuum->stats->num_index_tuples++;
			look->row[slot] = vacuum->callback != NULL &&
				vacuum->callback((ItemPointer) node->heap_tid, vacuum->callback_state);
		}
		if (node->flags & VS_NODE_POSTINGS)
			look->chain[slot] = hnsw_chain_look(vacuum, walk_id(vacuum, walk, slot), node);
		/* A node without rows was left behind by a crash. */
		look->any |= look->row[slot] || look->chain[slot] ||
			(!has_row(node) && (node->flags & VS_NODE_POSTINGS) == 0);
	}
}

/* Remove the dead rows in the records, and bury the nodes that have none left. */
static void
remove_rows(HnswVacuum *vacuum, HnswWalk *walk, const PageLook *look)
{
	const VsHnswGeometry *geometry = &vacuum->index->geometry;
	VsPageEdit edit;
	Page page;

	vs_edit_begin(&edit, walk->rel, vacuum->index->logged);
	page = vs_edit_page(&edit, walk->buffer, false);
	for (uint32 slot = 0; slot < geometry->slots_per_page; slot++)
	{
		VsHnswRecord *node = hnsw_slot(geometry, page, slot);

		if (look->row[slot])
		{
			ItemPointerSetInvalid((ItemPointer) node->heap_tid);
			vacuum->stats->tuples_removed++;
			vacuum->stats->num_index_tuples--;
		}
		if (is_live_base(node) && !has_row(node) && (node->flags & VS_NODE_POSTINGS) == 0)
			node->flags |= VS_NODE_TOMBSTONE;
	}
	vs_edit_commit(&edit);
}

/* Remember a record above level 0 for bury_uppers. */
static void
note_upper(HnswVacuum *vacuum, VsNodeId id, const VsHnswRecord *record)
{
	HnswUpper *upper;

	if (vacuum->upper_count == vacuum->upper_capacity)
	{
		vacuum->upper_capacity *= 2;
		vacuum->uppers = repalloc_huge(vacuum->uppers, vacuum->upper_capacity * sizeof(HnswUpper));
	}
	upper = &vacuum->uppers[vacuum->upper_count++];
	upper->id = id;
	upper->level = record->level;
	memcpy(&upper->base, record->heap_tid, sizeof(upper->base));
}

static void
note_tombstone(HnswVacuum *vacuum, VsNodeId id)
{
	if (hnsw_set_add(&vacuum->tombstones, id))
		vacuum->tombstone_count++;
}

static void
note_live(HnswVacuum *vacuum, VsNodeId id)
{
	hnsw_set_add(&vacuum->live, id);
	if (vacuum->entry == VS_NO_NODE)
		vacuum->entry = id;
}

/* Take notes of a page for the phases to come. */
static void
note_page(HnswVacuum *vacuum, const HnswWalk *walk)
{
	const VsHnswGeometry *geometry = &vacuum->index->geometry;
	uint32 used = 0;

	for (uint32 slot = 0; slot < geometry->slots_per_page; slot++)
	{
		const VsHnswRecord *record = hnsw_slot(geometry, walk->page, slot);
		VsNodeId id = walk_id(vacuum, walk, slot);

		if ((record->flags & VS_NODE_USED) == 0)
			continue;
		used++;
		if (record->flags & VS_NODE_TOMBSTONE)
			note_tombstone(vacuum, id);
		else if (record->level > 0)
			note_upper(vacuum, id, record);
		else
			note_live(vacuum, id);
	}
	if (used < geometry->slots_per_page)
		RecordFreeIndexPage(walk->rel, walk->block);
	if (used == 0)
		vacuum->stats->pages_free++;
}

static void
sweep_node_page(HnswVacuum *vacuum, HnswWalk *walk)
{
	PageLook look;

	look_at_page(vacuum, walk, &look);
	if (look.any)
	{
		hnsw_walk_lock(walk, BUFFER_LOCK_EXCLUSIVE);
		for (uint32 slot = 0; slot < vacuum->index->geometry.slots_per_page; slot++)
			if (look.chain[slot])
				hnsw_chain_shorten(vacuum, walk->buffer, walk_id(vacuum, walk, slot));
		remove_rows(vacuum, walk, &look);
	}
	note_page(vacuum, walk);
}

/* Bury those of uppers[first..last), all on one page, whose level-0 record is a tombstone. */
static void
bury_on_page(HnswVacuum *vacuum, int64 first, int64 last)
{
	const VsHnswGeometry *geometry = &vacuum->index->geometry;
	Buffer buffer = hnsw_pin(vacuum->index, vs_node_block(geometry, vacuum->uppers[first].id));
	VsPageEdit edit;
	Page page;

	LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
	vs_edit_begin(&edit, vacuum->index->rel, vacuum->index->logged);
	page = vs_edit_page(&edit, buffer, false);
	for (int64 i = first; i < last; i++)
	{
		VsNodeId id = vacuum->uppers[i].id;

		if (!hnsw_set_has(&vacuum->tombstones, vacuum->uppers[i].base))
			continue;
		hnsw_slot(geometry, page, vs_node_slot(geometry, id))->flags |= VS_NODE_TOMBSTONE;
		note_tombstone(vacuum, id);
	}
	vs_edit_commit(&edit);
	UnlockReleaseBuffer(buffer);
}

/* Upper records of buried nodes become tombstones too; the highest of the others may be the entry. */
static void
bury_uppers(HnswVacuum *vacuum)
{
	const VsHnswGeometry *geometry = &vacuum->index->geometry;
	int64 last;

	for (int64 first = 0; first < vacuum->upper_count; first = last)
	{
		BlockNumber block = vs_node_block(geometry, vacuum->uppers[first].id);
		bool any = false;

		for (last = first; last < vacuum->upper_count; last++)
		{
			const HnswUpper *upper = &vacuum->uppers[last];

			if (vs_node_block(geometry, upper->id) != block)
				break;
			if (hnsw_set_has(&vacuum->tombstones, upper->base))
				any = true;
			else if (upper->level > vacuum->entry_level)
			{
				vacuum->entry = upper->id;
				vacuum->entry_level = upper->level;
			}
		}
		if (any)
		{
			vs_vacuum_delay_point();
			bury_on_page(vacuum, first, last);
		}
	}
}

/* Remove all dead rows; afterwards vacuum->tombstones holds every record without rows. */
void
hnsw_sweep(HnswVacuum *vacuum)
{
	HnswWalk walk;
	uint64 ids;

	hnsw_walk_begin(&walk, vacuum->index->rel, vacuum->info->strategy);
	ids = hnsw_id_limit(&vacuum->index->geometry, walk.blocks);
	hnsw_set_create(&vacuum->live, ids);
	hnsw_set_create(&vacuum->tombstones, ids);
	vacuum->upper_capacity = 1024;
	vacuum->uppers = palloc(vacuum->upper_capacity * sizeof(HnswUpper));
	vacuum->posting_page_capacity = 256;
	vacuum->posting_pages = palloc(vacuum->posting_page_capacity * sizeof(BlockNumber));
	vacuum->stats->num_index_tuples = 0;
	vacuum->stats->pages_free = 0;
	while (hnsw_walk_next(&walk))
	{
		if (PageIsNew(walk.page))
			RecordFreeIndexPage(walk.rel, walk.block);
		else if (hnsw_page_is(walk.page, VS_PAGE_NODES))
			sweep_node_page(vacuum, &walk);
		else if (hnsw_page_is(walk.page, VS_PAGE_POSTINGS))
			hnsw_note_posting_page(vacuum, walk.block);
	}
	hnsw_list_free_cells(vacuum);
	bury_uppers(vacuum);
}
