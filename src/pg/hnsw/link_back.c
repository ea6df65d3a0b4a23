/* SPDX-License-Identifier: PostgreSQL
 *
 * link_back.c - links to a new node, in the lists of those that it links to.
 *
 * Owns: how lists are changed while others change them too.  What a list gives up is decided without a
 * lock, on a copy, and written under the page's lock only if the list's edge_version is still the same;
 * otherwise it is decided again, a few times.
 *
 * Links are written in groups: those of up to four pages make one WAL record.  The first page of a group
 * is waited for with nothing held, the others are only tried for.  So nobody ever waits for a node page
 * while holding another, whatever the order of the pages.
 */
#include "postgres.h"

#include "pg/hnsw/hnsw.h"
#include "pg/page_patch.h"

#define LINK_ATTEMPTS 3

/* A link to be written: wanted first, then planned. */
typedef struct Link
{
	VsNodeId from;
	VsNodeId to;
	int level;
	int chosen; /* which of the inserter's links leads to `from`; -1 if none does */
	bool must_accept;
	int position;		 /* in the list of `from` */
	int degree;			 /* of the list with the link */
	uint16 edge_version; /* of the list that it was planned for */
} Link;

typedef struct Links
{
	HnswIndex *index;
	VsHnswInserter *inserter;
	const VsHnswRecord *target; /* header and code of the node that the links lead to */
	int count;
	Link *links;
} Links;

/* Every node that the search chose shall link back; the nearest must. */
static void
want_links(Links *wanted, const VsNodeId *ids, int top)
{
	VsNodeId nearest = vs_hnsw_inserter_nearest(wanted->inserter);

	for (int level = 0; level <= top; level++)
	{
		const VsNodeId *chosen;
		int count = vs_hnsw_inserter_links(wanted->inserter, level, &chosen);

		for (int i = 0; i < count; i++)
			wanted->links[wanted->count++] = (Link){.from = chosen[i],
													.to = ids[level],
													.level = level,
													.chosen = i,
													.must_accept = i == 0};
		/* Where all nodes are dead, one of them leads here until VACUUM puts us in its place. */
		if (level == 0 && count == 0 && nearest != VS_NO_NODE)
			wanted->links[wanted->count++] =
				(Link){.from = nearest, .to = ids[level], .chosen = -1, .must_accept = true};
	}
}

/* Find the link's place in a list of `from`; false when it has none. */
static bool
plan_link(Links *links, Link *link, const VsNodeId *list, int degree, uint16 edge_version)
{
	int limit = vs_links_at(&links->index->geometry, link->level);

	if (hnsw_has_link(list, degree, link->to))
		return false;
	link->edge_version = edge_version;
	link->position = degree;
	link->degree = degree + 1;
	if (degree == limit)
	{
		VsNodeId contest[VS_HNSW_MAX_LINKS + 1];

		memcpy(contest, list, limit * sizeof(VsNodeId));
		contest[limit] = link->from;
		link->degree = limit;
		link->position =
			vs_hnsw_inserter_victim(links->inserter, contest, link->level, link->must_accept);
	}
	return link->position >= 0;
}

/* Plan a link for the list that the search saw: true when it has a place in it. */
static bool
plan_as_seen(Links *links, Link *link)
{
	const VsNodeId *list;
	int degree;
	uint16_t edge_version;

	list = vs_hnsw_inserter_seen_list(links->inserter, link->level, link->chosen, &degree,
									  &edge_version);
	return plan_link(links, link, list, degree, edge_version);
}

/* Plan a link for the list as it is now. */
static bool
plan_afresh(Links *links, Link *link)
{
	VsHnswNode node;

	return links->index->host.read_node(links->index, link->from, link->level, &node) &&
		plan_link(links, link, node.links, node.degree, node.edge_version);
}

/* Keep the links that have a place. */
static void
plan_links(Links *links, bool afresh)
{
	int kept = 0;

	for (int i = 0; i < links->count; i++)
	{
		Link *link = &links->links[i];

		if (afresh || link->chosen < 0 ? plan_afresh(links, link) : plan_as_seen(links, link))
			links->links[kept++] = *link;
	}
	links->count = kept;
}

static int
compare_links(const void *a, const void *b)
{
	VsNodeId first = ((const Link *) a)->from;
	VsNodeId second = ((const Link *) b)->from;

	return first < second ? -1 : first > second;
}

/* Add the sketch of a link's target, if the record has such. */
static void
patch_sketch(HnswIndex *index, VsPagePatch *patch, Buffer buffer, VsHnswRecord *record,
			 const Link *link, const VsHnswRecord *target)
{
	uint8 sketch[BLCKSZ];

	if (!hnsw_has_sketches(index, record->level))
		return;
	vs_hnsw_sketch(&index->geometry, record, target, sketch);
	vs_patch_write(patch, buffer, vs_record_sketch(&index->geometry, record, link->position), sketch,
				   index->geometry.sketch_bytes);
}

/* Add a link to `target` to a patch of its locked page; false when its list has changed. */
static bool
patch_link(HnswIndex *index, VsPagePatch *patch, Buffer buffer, const Link *link,
		   const VsHnswRecord *target)
{
	VsHnswRecord *record = hnsw_slot(&index->geometry, BufferGetPage(buffer),
									 vs_node_slot(&index->geometry, link->from));
	VsHnswRecord head = *record;

	if ((record->flags & VS_NODE_USED) == 0 || record->level != link->level ||
		record->edge_version != link->edge_version)
		return false;
	head.degree = link->degree;
	head.edge_version++;
	vs_patch_write(patch, buffer, &record->degree, &head.degree,
				   offsetof(VsHnswRecord, heap_tid) - offsetof(VsHnswRecord, degree));
	vs_patch_write(patch, buffer, &vs_record_links(&index->geometry, record)[link->position],
				   &link->to, sizeof(link->to));
	patch_sketch(index, patch, buffer, record, link, target);
	return true;
}

/* Pin the pages of the first links, at most one patch full; returns how many links they cover. */
static int
pin_pages(HnswIndex *index, const Link *links, int count, Buffer *buffers, int *pages)
{
	BlockNumber last = InvalidBlockNumber;

	*pages = 0;
	for (int i = 0; i < count; i++)
	{
		BlockNumber block = vs_node_block(&index->geometry, links[i].from);

		if (block == last)
			continue;
		if (*pages == VS_PATCH_PAGES)
			return i;
		buffers[(*pages)++] = hnsw_pin(index, block);
		last = block;
	}
	return count;
}

/* Wait for the first page and try the others; lets go of what it cannot have.  Returns the pages locked. */
static int
lock_pages(Buffer *buffers, int pages)
{
	int locked = 1;

	LockBuffer(buffers[0], BUFFER_LOCK_EXCLUSIVE);
	while (locked < pages && ConditionalLockBuffer(buffers[locked]))
		locked++;
	for (int i = locked; i < pages; i++)
		ReleaseBuffer(buffers[i]);
	return locked;
}

/*
 * Write the first of the links, sorted by page, as one WAL record.  Returns how many were tried;
 * those whose lists have changed are moved to the front, *changed of them.
 */
static int
write_group(HnswIndex *index, Link *links, int count, const VsHnswRecord *target, int *changed)
{
	Buffer buffers[VS_PATCH_PAGES] = {InvalidBuffer};
	VsPagePatch patch;
	int pages;
	int page = 0;
	int i;

	count = pin_pages(index, links, count, buffers, &pages);
	pages = lock_pages(buffers, pages);
	vs_patch_begin(&patch, index->logged);
	*changed = 0;
	for (i = 0; i < count; i++)
	{
		BlockNumber block = vs_node_block(&index->geometry, links[i].from);

		if (block != BufferGetBlockNumber(buffers[page]) && ++page == pages)
			break;
		if (!patch_link(index, &patch, buffers[page], &links[i], target))
			links[(*changed)++] = links[i];
	}
	if (patch.pages > 0)
		vs_patch_commit(&patch);
	while (pages > 0)
		UnlockReleaseBuffer(buffers[--pages]);
	return i;
}

/* Write all links; those whose lists have changed remain. */
static void
write_links(Links *links)
{
	int kept = 0;
	int done = 0;

	qsort(links->links, links->count, sizeof(Link), compare_links);
	while (done < links->count)
	{
		int changed;
		int tried = write_group(links->index, links->links + done, links->count - done,
								links->target, &changed);

		memmove(links->links + kept, links->links + done, changed * sizeof(Link));
		kept += changed;
		done += tried;
	}
	links->count = kept;
}

/*
 * Let the nodes that the inserter chose link to a new node, which is complete: ids are its records, from
 * level 0 to `level`, all with the code of `record`.
 */
void
hnsw_link_back(HnswIndex *index, VsHnswInserter *inserter, const VsHnswRecord *record,
			   const VsNodeId *ids, int level)
{
	Links links = {.index = index, .inserter = inserter, .target = record};
	int limit = 1;

	for (int i = 0; i <= level; i++)
		limit += vs_links_at(&index->geometry, i);
	links.links = palloc(limit * sizeof(Link));
	want_links(&links, ids, level);
	for (int attempt = 0; attempt < LINK_ATTEMPTS && links.count > 0; attempt++)
	{
		plan_links(&links, attempt > 0);
		write_links(&links);
	}
	pfree(links.links);
}

/* Put `to` at a position of the list of `from` if the list has not changed since `seen`. */
bool
hnsw_write_link(HnswIndex *index, VsNodeId from, const VsHnswNode *seen, int position, VsNodeId to)
{
	Link link = {.from = from,
				 .to = to,
				 .level = seen->level,
				 .position = position,
				 .degree = Max(seen->degree, position + 1),
				 .edge_version = seen->edge_version};
	size_t stride = vs_hnsw_load_stride(&index->geometry);
	VsHnswRecord *target = palloc(stride);
	int changed;

	index->host.load(index, &to, 1, (uint8 *) target, stride);
	write_group(index, &link, 1, target, &changed);
	pfree(target);
	return changed == 0;
}
