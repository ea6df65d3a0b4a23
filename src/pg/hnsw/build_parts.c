/* SPDX-License-Identifier: PostgreSQL
 *
 * build_parts.c - builds of indexes whose nodes do not fit maintenance_work_mem.
 *
 * Owns: the order of such a build, and what lies in temporary files meanwhile.
 *
 *   divide     plan the parts from a sample of the rows; every row goes to the file of the part where it
 *              is at home.
 *   place      part by part, one node for equal rows; nodes get their ids and go to their pages, without
 *              links; their ids go to the file of each part that has them.
 *   link       part by part, load the nodes from the pages, link them, and put their lists into the file
 *              of the part where they are at home.
 *   merge      part by part, write the best of each node's lists to its page.
 *   climb      the records above level 0, one node in 32, are an index of their own: built in memory.
 *   calibrate  with rows that were kept back, and are inserted then.
 *   connect    as VACUUM does, for the few nodes that merging and inserting cut off.
 *
 * The first two are build_divide.c's, the last two build_finish.c's.
 *
 * All of it reads and writes files and pages in order, so the time grows with the rows, not with what
 * does not fit.  Linking and climbing are shared with the workers; the rest is the leader's.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "pg/hnsw/build_parts.h"

/* What the leader asks the workers to do next. */
typedef enum PartTask
{
	TASK_LINK,
	TASK_CLIMB,
	TASK_END
} PartTask;

/* ---- link ---- */

/* Load the next n nodes of a part from their pages. */
static void
load_members(HnswPartBuild *parts, HnswPart *part, uint64 n)
{
	HnswIndex *index = parts->build->index;
	uint8 *records = palloc(HNSW_PART_BATCH * parts->record_bytes);
	HnswMember members[HNSW_PART_BATCH];
	VsNodeId ids[HNSW_PART_BATCH];

	vs_hnsw_builder_reset(parts->build->builder);
	for (uint64 at = 0; at < n; at += HNSW_PART_BATCH)
	{
		int count = Min(HNSW_PART_BATCH, n - at);

		CHECK_FOR_INTERRUPTS();
		hnsw_spill_read(&part->members, members, count * sizeof(HnswMember));
		for (int i = 0; i < count; i++)
			ids[i] = members[i].id;
		index->host.load(index, ids, count, records, parts->record_bytes);
		for (int i = 0; i < count; i++)
			vs_hnsw_builder_take(parts->build->builder,
								 (VsHnswRecord *) (records + i * parts->record_bytes), ids[i],
								 members[i].choices);
	}
	pfree(records);
}

/* The part where a node is at home. */
static HnswPart *
home_of(HnswPartBuild *parts, VsNodeId id)
{
	uint32 low = 0;
	uint32 high = parts->part_count;

	/* Ids rise from part to part; parts where nobody is at home have those of their neighbour. */
	while (high - low > 1)
	{
		uint32 middle = low + (high - low) / 2;

		if (parts->parts[middle].first_id <= id)
			low = middle;
		else
			high = middle;
	}
	return &parts->parts[low];
}

/* Put the lists of the nodes in the block aside. */
static void
spill_lists(HnswPartBuild *parts)
{
	VsHnswBuilder *builder = parts->build->builder;
	uint64 nodes = vs_hnsw_builder_count(builder);
	VsHnswPartList list;

	for (uint64 i = 0; i < nodes; i++)
	{
		CHECK_FOR_INTERRUPTS();
		vs_hnsw_builder_part_list(builder, i, &list);
		hnsw_spill_append(&home_of(parts, list.id)->lists, &list, vs_hnsw_part_list_bytes(&list));
	}
}

/* Link a part; when it has more nodes than fit, in as many equal pieces as it takes. */
static void
link_part(HnswPartBuild *parts, HnswPart *part)
{
	HnswBuild *build = parts->build;
	uint64 pieces = (part->members.items + parts->capacity - 1) / parts->capacity;
	uint64 left = part->members.items;

	hnsw_spill_rewind(&part->members);
	for (; pieces > 0; pieces--)
	{
		uint64 n = (left + pieces - 1) / pieces;

		load_members(parts, part, n);
		left -= n;
		vs_hnsw_builder_begin_part(build->builder, parts->plan, part - parts->parts);
		build->shared->part_task = TASK_LINK;
		hnsw_build_synchronize(build);
		vs_hnsw_builder_link_part(build->builder);
		spill_lists(parts);
	}
	hnsw_spill_close(&part->members);
}

/* ---- merge ---- */

/* Merge the lists of nodes on `blocks` blocks from `first` on. */
static void
read_lists(HnswPartBuild *parts, HnswPart *part, BlockNumber first, BlockNumber blocks)
{
	const VsHnswGeometry *geometry = &parts->build->index->geometry;
	VsHnswPartList list;

	vs_hnsw_builder_begin_merge(parts->build->builder, blocks * geometry->slots_per_page);
	hnsw_spill_rewind(&part->lists);
	for (uint64 i = 0; i < part->lists.items; i++)
	{
		BlockNumber block;

		hnsw_spill_read(&part->lists, &list, offsetof(VsHnswPartList, links));
		hnsw_spill_read(&part->lists, list.links, list.count * sizeof(VsHnswPartLink));
		block = vs_node_block(geometry, list.id);
		if (block < first || block >= first + blocks)
			continue;
		CHECK_FOR_INTERRUPTS();
		vs_hnsw_builder_merge(parts->build->builder,
							  (block - first) * geometry->slots_per_page +
								  vs_node_slot(geometry, list.id),
							  &list);
	}
}

/* Write the merged lists of the slots of one page, numbered from `number` on. */
static void
write_links(HnswPartBuild *parts, BlockNumber block, uint32 number)
{
	HnswIndex *index = parts->build->index;
	Buffer buffer = ReadBuffer(index->rel, block);
	Page page = BufferGetPage(buffer);

	LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
	if (hnsw_page_is(page, VS_PAGE_NODES))
	{
		for (uint32 slot = 0; slot < index->geometry.slots_per_page; slot++)
		{
			VsNodeId links[VS_HNSW_MAX_LINKS];
			uint32 degree = vs_hnsw_builder_merged(parts->build->builder, number + slot, links);
			VsHnswRecord *record = hnsw_slot(&index->geometry, page, slot);

			/* Also a slot of another part, with which this one shares the page. */
			if (degree == 0)
				continue;
			memcpy(vs_record_links(&index->geometry, record), links, degree * sizeof(VsNodeId));
			record->degree = degree;
		}
		MarkBufferDirty(buffer);
	}
	UnlockReleaseBuffer(buffer);
}

static void
merge_part(HnswPartBuild *parts, HnswPart *part)
{
	const VsHnswGeometry *geometry = &parts->build->index->geometry;
	BlockNumber end = vs_node_block(geometry, part->last_id) + 1;
	BlockNumber window = Max(parts->capacity / geometry->slots_per_page, 1);

	if (part->lists.items == 0)
		return;
	for (BlockNumber first = vs_node_block(geometry, part->first_id); first < end; first += window)
	{
		BlockNumber blocks = Min(window, end - first);

		read_lists(parts, part, first, blocks);
		for (BlockNumber i = 0; i < blocks; i++)
		{
			CHECK_FOR_INTERRUPTS();
			write_links(parts, first + i, i * geometry->slots_per_page);
		}
	}
	hnsw_spill_close(&part->lists);
}

/* ---- climb ---- */

/* The lowest levels to leave out so that the records above them fit the block. */
static int
levels_to_skip(const HnswPartBuild *parts, uint32 capacity)
{
	uint64 above = parts->uppers.items;
	int skip = 0;

	while (above > capacity)
		above -= parts->on_level[++skip];
	return skip;
}

static void
add_uppers(HnswPartBuild *parts, VsHnswBuilder *builder, uint32 capacity)
{
	VsHnswRecord *record = parts->build->record;
	int skip = levels_to_skip(parts, capacity);

	hnsw_spill_rewind(&parts->uppers);
	for (uint64 i = 0; i < parts->uppers.items; i++)
	{
		CHECK_FOR_INTERRUPTS();
		hnsw_spill_read(&parts->uppers, record, parts->record_bytes);
		if (record->level > skip)
			vs_hnsw_builder_add(builder, record, (int8 *) record + VS_RECORD_HEADER_BYTES,
								record->level - skip - 1);
	}
	hnsw_spill_close(&parts->uppers);
}

/* Build and write the records above level 0.  Everybody's; `parts` is the leader's, NULL in a worker. */
static void
climb(HnswBuild *build, HnswPartBuild *parts)
{
	HnswIndex *index = build->index;
	VsHnswBuildHost host = build->build_host;
	VsHnswGeometry geometry = index->geometry;
	BlockNumber first_block = RelationGetNumberOfBlocks(build->rel);
	uint32 pages;
	VsNodeId entry;
	int entry_level;

	host.lift = 1;
	geometry.links0 = geometry.links;
	if (parts != NULL)
		vs_hnsw_build_format(host.arena, build->shared->upper_capacity);
	hnsw_build_synchronize(build);
	build->builder =
		vs_hnsw_builder_create(&host, &geometry, &index->space, index->meta.ef_construction);
	if (parts != NULL)
		add_uppers(parts, build->builder, build->shared->upper_capacity);
	vs_hnsw_builder_link(build->builder);
	pages = vs_hnsw_builder_layout(build->builder, first_block, &entry, &entry_level);
	hnsw_write_node_pages(build, first_block, pages);
	if (parts == NULL)
		return;
	index->meta.entry = pages > 0 ? entry : parts->parts[0].first_id;
	index->meta.entry_level = pages > 0 ? entry_level : 0;
	index->meta.insert_block = parts->block;
}

/* ---- the build ---- */

/* Parts where nobody is at home get the first id of the next one, so that first ids rise. */
static void
fill_first_ids(HnswPartBuild *parts)
{
	VsNodeId next = PG_UINT32_MAX;

	for (uint32 i = parts->part_count; i-- > 0;)
	{
		if (parts->parts[i].first_id == VS_NO_NODE)
			parts->parts[i].first_id = next;
		next = parts->parts[i].first_id;
	}
}

static void
link_all(HnswPartBuild *parts)
{
	HnswBuild *build = parts->build;

	hnsw_begin_build_phase(HNSW_PHASE_LINK, parts->row_count);
	hnsw_refresh_meta(build->index); /* it has grown */
	fill_first_ids(parts);
	for (uint32 i = 0; i < parts->part_count; i++)
		link_part(parts, &parts->parts[i]);
	hnsw_begin_build_phase(HNSW_PHASE_WRITE, 0);
	for (uint32 i = 0; i < parts->part_count; i++)
		merge_part(parts, &parts->parts[i]);
	build->shared->upper_capacity = parts->capacity;
	build->shared->part_task = TASK_CLIMB;
	hnsw_build_synchronize(build);
	climb(build, parts);
	build->shared->part_task = TASK_END;
	hnsw_build_synchronize(build);
}

static void
lead(HnswBuild *build)
{
	HnswPartBuild parts = {.build = build};

	parts.record_bytes = vs_hnsw_load_stride(&build->index->geometry);
	parts.capacity = build->shared->capacity;
	hnsw_divide_rows(&parts);
	for (uint32 i = 0; i < parts.part_count; i++)
		hnsw_place_part(&parts, &parts.parts[i]);
	link_all(&parts);
	hnsw_finish_parts(&parts);
}

static void
follow(HnswBuild *build)
{
	for (;;)
	{
		hnsw_build_synchronize(build);
		switch ((PartTask) build->shared->part_task)
		{
			case TASK_LINK:
				vs_hnsw_builder_link_part(build->builder);
				break;
			case TASK_CLIMB:
				climb(build, NULL);
				break;
			case TASK_END:
				return;
		}
	}
}

/* Keep a row that found no room in the block. */
void
hnsw_spill_row(HnswBuild *build, const VsHnswRecord *record)
{
	MemoryContext old = MemoryContextSwitchTo(build->context);

	if (build->overflow.file == NULL && !build->leader)
		hnsw_spill_begin_shared(&build->overflow, &build->shared->files.fs,
								pg_atomic_fetch_add_u32(&build->shared->spill_files, 1));
	hnsw_spill_append(&build->overflow, record, vs_hnsw_load_stride(&build->index->geometry));
	pg_atomic_write_u32(&build->shared->outgrown, 1);
	MemoryContextSwitchTo(old);
}

/* A worker's scan has ended: leave its rows to the leader. */
void
hnsw_hand_over_rows(HnswBuild *build)
{
	if (!build->leader && build->overflow.file != NULL)
		hnsw_spill_hand_over(&build->overflow);
}

void
hnsw_build_in_parts(HnswBuild *build)
{
	MemoryContext old = MemoryContextSwitchTo(build->context);

	if (build->leader)
		lead(build);
	else
		follow(build);
	MemoryContextSwitchTo(old);
}
