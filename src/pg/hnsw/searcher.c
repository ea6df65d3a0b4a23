/* SPDX-License-Identifier: PostgreSQL
 *
 * searcher.c - an index opened for searching, kept by the backend from one scan to the next.
 *
 * Owns: the idle searchers of the backend, the one used last in front, together no larger than work_mem.
 * What they hold (rotation, centroid, the bits of visited nodes, the arrays of a search) depends on what
 * never changes in an index, so a searcher stays good until its index gets another file or is built anew
 * in place, which the meta page's tag tells.
 *
 * A searcher in use is a child of its user's memory context: an error drops it together with its user.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/inval.h"
#include "utils/memutils.h"

#include "pg/hnsw/searcher.h"

static dlist_head idle = DLIST_STATIC_INIT(idle);

static void
drop_searcher(HnswSearcher *searcher)
{
	hnsw_close_index(searcher->index);
}

/* The index was changed or dropped: what is kept of it may never be asked for again. */
static void
forget_relation(Datum argument, Oid relation)
{
	dlist_mutable_iter i;

	dlist_foreach_modify(i, &idle)
	{
		HnswSearcher *searcher = dlist_container(HnswSearcher, node, i.cur);

		if (relation != InvalidOid && searcher->relation != relation)
			continue;
		dlist_delete(i.cur);
		drop_searcher(searcher);
	}
}

static void
watch_relations(void)
{
	static bool watching = false;

	if (watching)
		return;
	CacheRegisterRelcacheCallback(forget_relation, (Datum) 0);
	watching = true;
}

static HnswSearcher *
new_searcher(Relation rel, MemoryContext user)
{
	HnswIndex *index = hnsw_open_index(rel, user);
	HnswSearcher *searcher = MemoryContextAllocZero(index->context, sizeof(HnswSearcher));

	searcher->index = index;
	searcher->search = vs_hnsw_scan_create(&index->host, &index->geometry);
	searcher->row_capacity = 16;
	searcher->rows =
		MemoryContextAlloc(index->context, searcher->row_capacity * sizeof(ItemPointerData));
	return searcher;
}

/* Take one out of the idle ones; NULL when there is none of this file. */
static HnswSearcher *
find_idle(Relation rel)
{
	dlist_iter i;

	dlist_foreach(i, &idle)
	{
		HnswSearcher *searcher = dlist_container(HnswSearcher, node, i.cur);

		if (searcher->relation == RelationGetRelid(rel) &&
			vs_same_file(searcher->file, vs_relation_file(rel)))
		{
			dlist_delete(i.cur);
			return searcher;
		}
	}
	return NULL;
}

/* Read the meta page; false when what was derived from the former one is void. */
static bool
is_still_good(HnswSearcher *searcher)
{
	HnswIndex *index = searcher->index;
	VsHnswMeta before = index->meta;

	hnsw_refresh_meta(index);
	return memcmp(&before, &index->meta, offsetof(VsHnswMeta, entry)) == 0 &&
		index->space.kernels == vs_kernels();
}

HnswSearcher *
hnsw_take_searcher(Relation rel, MemoryContext user)
{
	HnswSearcher *searcher = find_idle(rel);

	if (searcher == NULL)
		return new_searcher(rel, user);
	MemoryContextSetParent(searcher->index->context, user);
	searcher->index->rel = rel;
	if (is_still_good(searcher))
		return searcher;
	drop_searcher(searcher);
	return new_searcher(rel, user);
}

void
hnsw_give_back_searcher(HnswSearcher *searcher)
{
	HnswIndex *index = searcher->index;
	Size limit = work_mem * (Size) 1024;
	Size total = 0;
	dlist_mutable_iter i;

	searcher->relation = RelationGetRelid(index->rel);
	searcher->file = vs_relation_file(index->rel);
	searcher->bytes = MemoryContextMemAllocated(index->context, true);
	index->rel = NULL;

	watch_relations();
	MemoryContextSetParent(index->context, CacheMemoryContext);
	dlist_push_head(&idle, &searcher->node);
	dlist_foreach_modify(i, &idle)
	{
		searcher = dlist_container(HnswSearcher, node, i.cur);
		total += searcher->bytes;
		if (total <= limit)
			continue;
		dlist_delete(i.cur);
		drop_searcher(searcher);
	}
}
