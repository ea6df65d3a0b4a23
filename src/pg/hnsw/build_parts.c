/* SPDX-License-Identifier: PostgreSQL
 *
 * build_parts.c - builds of indexes whose nodes do not fit maintenance_work_mem.
 *
 * Owns: the order of such a build, and what lies in temporary files meanwhile.
 *
 *   divide   plan the parts from a sample of the rows; every row goes to the file of the part where it
 *            is at home.
 *   place    part by part, one node for equal rows; nodes get their ids and go to their pages, without
 *            links; their ids go to the file of each part that has them.
 *   link     part by part, load the nodes from the pages, link them, and put their lists into the file
 *            of the part where they are at home.
 *   merge    part by part, write the best of each node's lists to its page.
 *   climb    the records above level 0, one node in 32, are an index of their own: built in memory.
 *   connect  as VACUUM does, for the few nodes that merging cut off.
 *   calibrate  with rows that were kept back, and are inserted last.
 *
 * All of it reads and writes files and pages in order, so the time grows with the rows, not with what
 * does not fit.  Linking and climbing are shared with the workers; the rest is the leader's.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/indexfsm.h"
#include "utils/guc.h"

#include "pg/compat.h"
#include "pg/hnsw/build.h"
#include "pg/hnsw/reach.h"

#define MAX_SAMPLE 32768
#define BATCH 16

/* What the leader asks the workers to do next. */
typedef enum PartTask
{
	TASK_LINK,
	TASK_CLIMB,
	TASK_END
} PartTask;

/* A node in the file of a part. */
typedef struct Member
{
	VsNodeId id;
	uint16 choices[VS_HNSW_MAX_CHOICES];
} Member;

/* One part's files, and where its nodes are at home. */
typedef struct Part
{
	HnswSpill homes; /* rows: record, choices */
	HnswSpill members;
	HnswSpill lists;
	VsNodeId first_id; /* VS_NO_NODE when nobody is at home */
	VsNodeId last_id;
} Part;

typedef struct PartBuild
{
	HnswBuild *build;
	VsHnswPlan *plan;
	Part *parts;
	uint32 part_count;
	HnswSpill *rows;
	int row_files;
	uint64 row_count;
	HnswSpill uppers; /* records of nodes above level 0; heap_tid is their id */
	uint64 on_level[VS_HNSW_MAX_LEVEL + 1];
	uint32 capacity; /* of the block */
	int fanout;
	Size record_bytes;
	Size home_bytes;
	Buffer buffer; /* the node page being filled; locked while nodes are written */
	BlockNumber block;
	uint32 slot;
	uint8 *home;   /* scratch: a row and its choices */
	uint8 *held;   /* rows that are kept back as queries */
	uint32 held_count;
	uint32 held_wanted;
} PartBuild;

/* ---- divide ---- */

/* All rows in files: those in the block, which is needed for other things, and those that found no room. */
static void
collect_rows(PartBuild *parts)
{
	HnswBuild *build = parts->build;
	HnswBuildShared *shared = build->shared;
	uint64 nodes = vs_hnsw_builder_count(build->builder);
	int handed_over = (int) pg_atomic_read_u32(&shared->spill_files);

	parts->row_files = handed_over + 1;
	parts->rows = palloc0(parts->row_files * sizeof(HnswSpill));
	for (uint64 i = 0; i < nodes; i++)
		hnsw_spill_append(&build->overflow, vs_hnsw_builder_record(build->builder, i),
						  parts->record_bytes);
	parts->rows[handed_over] = build->overflow;
	for (int i = 0; i < parts->row_files; i++)
	{
		parts->rows[i].item_bytes = parts->record_bytes;
		if (i < handed_over)
			hnsw_spill_open_shared(&parts->rows[i], &shared->files.fs, i);
		parts->row_count += parts->rows[i].items;
	}
}

/* Put rows from all over the files into the block. */
static void
take_sample(PartBuild *parts)
{
	static const uint16 no_choices[VS_HNSW_MAX_CHOICES];
	HnswBuild *build = parts->build;
	uint64 wanted = Min(Min(parts->row_count, parts->capacity), MAX_SAMPLE);
	uint64 before = 0;
	uint64 taken = 0;

	vs_hnsw_builder_reset(build->builder);
	for (int i = 0; i < parts->row_files; before += parts->rows[i++].items)
	{
		uint64 end = before + parts->rows[i].items;

		for (; taken < wanted && taken * parts->row_count / wanted < end; taken++)
		{
			CHECK_FOR_INTERRUPTS();
			hnsw_spill_seek(&parts->rows[i], taken * parts->row_count / wanted - before);
			hnsw_spill_read(&parts->rows[i], build->record, parts->record_bytes);
			vs_hnsw_builder_take(build->builder, build->record, VS_NO_NODE, no_choices);
		}
	}
}

static void
report_parts(PartBuild *parts)
{
	uint32 wanted = (uint32) Min(parts->row_count + 1, PG_INT32_MAX);
	uint64 bytes = vs_hnsw_build_bytes(&parts->build->index->geometry, wanted);

	ereport(NOTICE,
			(errmsg("hnsw graph does not fit into maintenance_work_mem (%s); building it in %u parts",
					GetConfigOptionByName("maintenance_work_mem", NULL, false), parts->part_count),
			 errhint("Increase maintenance_work_mem to " UINT64_FORMAT "MB to build the index in memory.",
					 (bytes >> 20) + 1)));
}

static void
make_plan(PartBuild *parts)
{
	take_sample(parts);
	parts->plan = vs_hnsw_plan_create(parts->build->builder, parts->row_count);
	parts->part_count = vs_hnsw_plan_parts(parts->plan);
	parts->parts = palloc0(parts->part_count * sizeof(Part));
	parts->fanout = vs_hnsw_plan_fanout(parts->plan);
	parts->home_bytes = parts->record_bytes + parts->fanout * sizeof(uint16);
	parts->home = palloc(parts->home_bytes);
	parts->held_wanted = vs_hnsw_calibration_queries(&parts->build->index->geometry,
													 (uint32) Min(parts->row_count, PG_INT32_MAX));
	parts->held = palloc(parts->held_wanted * parts->record_bytes);
	report_parts(parts);
}

/* Keep some rows of level 0 back, from all over the files; true when this is one of them. */
static bool
hold_back(PartBuild *parts, const uint8 *record, uint64 row)
{
	if (parts->held_count == parts->held_wanted || ((const VsHnswRecord *) record)->level > 0 ||
		row < parts->held_count * (parts->row_count / parts->held_wanted))
		return false;
	memcpy(parts->held + parts->held_count++ * parts->record_bytes, record, parts->record_bytes);
	return true;
}

/* Send n rows home. */
static void
divide_rows(PartBuild *parts, const uint8 *records, int n, uint64 done)
{
	uint16 choices[BATCH * VS_HNSW_MAX_CHOICES];

	vs_hnsw_plan_choose(parts->plan, records, parts->record_bytes, n, choices);
	for (int i = 0; i < n; i++)
	{
		const uint8 *record = records + i * parts->record_bytes;
		uint16 *own = choices + i * parts->fanout;
		HnswSpill *homes = &parts->parts[vs_hnsw_plan_part(parts->plan, own[0])].homes;

		if (hold_back(parts, record, done + i))
			continue;
		memcpy(parts->home, record, parts->record_bytes);
		memcpy(parts->home + parts->record_bytes, own, parts->fanout * sizeof(uint16));
		hnsw_spill_append(homes, parts->home, parts->home_bytes);
	}
}

static void
divide_all_rows(PartBuild *parts)
{
	uint8 *records = palloc(BATCH * parts->record_bytes);
	uint64 done = 0;

	hnsw_begin_build_phase(HNSW_PHASE_DIVIDE, parts->row_count);
	for (int i = 0; i < parts->row_files; i++)
	{
		hnsw_spill_rewind(&parts->rows[i]);
		for (uint64 at = 0; at < parts->rows[i].items; at += BATCH)
		{
			int n = Min(BATCH, parts->rows[i].items - at);

			hnsw_spill_read(&parts->rows[i], records, n * parts->record_bytes);
			divide_rows(parts, records, n, done);
			hnsw_report_build_progress(done += n);
		}
		hnsw_spill_close(&parts->rows[i]);
	}
	pfree(records);
}

/* ---- place ---- */

static void
unlock_page(PartBuild *parts)
{
	if (BufferIsValid(parts->buffer))
		UnlockReleaseBuffer(parts->buffer);
	parts->buffer = InvalidBuffer;
}

/* The node page at hand, or a new one when it is full. */
static Page
lock_page_with_room(PartBuild *parts)
{
	HnswIndex *index = parts->build->index;

	if (parts->slot < index->geometry.slots_per_page && parts->block != 0)
	{
		if (!BufferIsValid(parts->buffer))
		{
			parts->buffer = ReadBuffer(index->rel, parts->block);
			LockBuffer(parts->buffer, BUFFER_LOCK_EXCLUSIVE);
		}
		return BufferGetPage(parts->buffer);
	}
	unlock_page(parts);
	parts->buffer = vs_extend_relation(index->rel, MAIN_FORKNUM);
	parts->block = BufferGetBlockNumber(parts->buffer);
	parts->slot = 0;
	hnsw_check_block(index->rel, parts->block, index->geometry.slot_bits);
	hnsw_init_page(BufferGetPage(parts->buffer), VS_PAGE_NODES, index->meta.index_tag);
	return BufferGetPage(parts->buffer);
}

/* Write a node without links; returns its id. */
static VsNodeId
write_node(PartBuild *parts, const VsHnswRecord *record)
{
	const VsHnswGeometry *geometry = &parts->build->index->geometry;
	Page page = lock_page_with_room(parts);
	VsHnswRecord *slot = hnsw_slot(geometry, page, parts->slot);

	memset(slot, 0, geometry->record_bytes);
	memcpy(slot, record, VS_RECORD_HEADER_BYTES + geometry->code_bytes);
	slot->flags = VS_NODE_USED;
	slot->level = 0;
	slot->degree = 0;
	slot->link = VS_NO_NODE;
	hnsw_page_tail(page)->used++;
	MarkBufferDirty(parts->buffer);
	return vs_make_node_id(geometry, parts->block, parts->slot++);
}

/* Note a node in each part that it goes to. */
static void
add_member(PartBuild *parts, VsNodeId id, const uint16 *choices)
{
	Member member = {.id = id};
	uint32 seen[VS_HNSW_MAX_CHOICES];

	memcpy(member.choices, choices, parts->fanout * sizeof(uint16));
	for (int i = 0; i < parts->fanout; i++)
	{
		int other = 0;

		seen[i] = vs_hnsw_plan_part(parts->plan, choices[i]);
		while (seen[other] != seen[i])
			other++;
		if (other == i && (i == 0 || choices[i] != VS_HNSW_NO_CLUSTER))
			hnsw_spill_append(&parts->parts[seen[i]].members, &member, sizeof(member));
	}
}

static void
add_upper(PartBuild *parts, const VsHnswRecord *record, VsNodeId id)
{
	VsHnswRecord *copy = parts->build->record;

	if (record->level == 0)
		return;
	memcpy(copy, record, parts->record_bytes);
	memset(copy->heap_tid, 0, sizeof(copy->heap_tid));
	memcpy(copy->heap_tid, &id, sizeof(id));
	parts->on_level[record->level]++;
	hnsw_spill_append(&parts->uppers, copy, parts->record_bytes);
}

/* Write the rows in the block, which are at home in one part. */
static void
place_homes(PartBuild *parts, Part *part)
{
	HnswBuild *build = parts->build;
	uint32 nodes = vs_hnsw_builder_sort_homes(build->builder);

	for (uint32 i = 0; i < nodes; i++)
	{
		const uint16_t *choices;
		const VsHnswRecord *record = vs_hnsw_builder_home(build->builder, i, &choices);
		VsNodeId id = write_node(parts, record);

		vs_hnsw_builder_set_home_id(build->builder, i, id);
		add_member(parts, id, choices);
		add_upper(parts, record, id);
		if (part->first_id == VS_NO_NODE)
			part->first_id = id;
		part->last_id = id;
	}
	unlock_page(parts);
	hnsw_write_duplicates(build);
	vs_hnsw_builder_reset(build->builder);
}

static void
place_part(PartBuild *parts, Part *part)
{
	const VsHnswRecord *row = (const VsHnswRecord *) parts->home;
	const uint16 *choices = (const uint16 *) (parts->home + parts->record_bytes);

	hnsw_spill_rewind(&part->homes);
	vs_hnsw_builder_reset(parts->build->builder);
	for (uint64 i = 0; i < part->homes.items; i++)
	{
		CHECK_FOR_INTERRUPTS();
		hnsw_spill_read(&part->homes, parts->home, parts->home_bytes);
		if (vs_hnsw_builder_take(parts->build->builder, row, VS_NO_NODE, choices))
			continue;
		place_homes(parts, part);
		vs_hnsw_builder_take(parts->build->builder, row, VS_NO_NODE, choices);
	}
	place_homes(parts, part);
	hnsw_spill_close(&part->homes);
}

/* ---- link ---- */

/* Load the next n nodes of a part from their pages. */
static void
load_members(PartBuild *parts, Part *part, uint64 n)
{
	HnswIndex *index = parts->build->index;
	uint8 *records = palloc(BATCH * parts->record_bytes);
	Member members[BATCH];
	VsNodeId ids[BATCH];

	vs_hnsw_builder_reset(parts->build->builder);
	for (uint64 at = 0; at < n; at += BATCH)
	{
		int count = Min(BATCH, n - at);

		CHECK_FOR_INTERRUPTS();
		hnsw_spill_read(&part->members, members, count * sizeof(Member));
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
static Part *
home_of(PartBuild *parts, VsNodeId id)
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
spill_lists(PartBuild *parts)
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
link_part(PartBuild *parts, Part *part)
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
read_lists(PartBuild *parts, Part *part, BlockNumber first, BlockNumber blocks)
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
write_links(PartBuild *parts, BlockNumber block, uint32 number)
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
merge_part(PartBuild *parts, Part *part)
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
levels_to_skip(const PartBuild *parts, uint32 capacity)
{
	uint64 above = parts->uppers.items;
	int skip = 0;

	while (above > capacity)
		above -= parts->on_level[++skip];
	return skip;
}

static void
add_uppers(PartBuild *parts, VsHnswBuilder *builder, uint32 capacity)
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
climb(HnswBuild *build, PartBuild *parts)
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
	if (parts == NULL)
		return;
	hnsw_write_node_pages(build, first_block, pages);
	index->meta.entry = pages > 0 ? entry : parts->parts[0].first_id;
	index->meta.entry_level = pages > 0 ? entry_level : 0;
	index->meta.insert_block = parts->block;
}

/* ---- connect and calibrate ---- */

/* The nodes of level 0: a set of them, and what the calibration has to know of them. */
static void
collect_nodes(HnswIndex *index, HnswNodeSet *nodes, VsHnswCalibration *calibration)
{
	HnswWalk walk;

	hnsw_set_create(nodes, hnsw_id_limit(&index->geometry, RelationGetNumberOfBlocks(index->rel)));
	hnsw_walk_begin(&walk, index->rel, NULL);
	while (hnsw_walk_next(&walk))
	{
		if (!hnsw_page_is(walk.page, VS_PAGE_NODES))
			continue;
		for (uint32 slot = 0; slot < index->geometry.slots_per_page; slot++)
		{
			const VsHnswRecord *record = hnsw_slot(&index->geometry, walk.page, slot);

			if ((record->flags & VS_NODE_USED) == 0 || record->level > 0)
				continue;
			hnsw_set_add(nodes, vs_make_node_id(&index->geometry, walk.block, slot));
			vs_hnsw_calibration_offer(calibration, record);
		}
	}
}

static VsHnswCalibration *
begin_calibration(PartBuild *parts)
{
	HnswIndex *index = parts->build->index;
	VsHnswCalibration *calibration = vs_hnsw_calibration_create(&index->host, &index->geometry,
																&index->space, parts->held_count);

	for (uint32 i = 0; i < parts->held_count; i++)
		vs_hnsw_calibration_add(calibration,
								(VsHnswRecord *) (parts->held + i * parts->record_bytes));
	return calibration;
}

static void
measure_presets(PartBuild *parts, VsHnswCalibration *calibration)
{
	HnswIndex *index = parts->build->index;
	VsHnswSearchStart start = {.entry = index->meta.entry,
							   .entry_level = index->meta.entry_level,
							   .ids = hnsw_id_limit(&index->geometry, index->blocks)};

	if (!vs_hnsw_calibration_measure(calibration, &index->query, &start, index->meta.calibrated_ef))
		return;
	index->meta.calibrated_rows = (uint32) Min(parts->row_count, PG_UINT32_MAX);
	hnsw_overwrite_meta(index->rel, &index->meta);
}

static void
insert_held_rows(PartBuild *parts)
{
	HnswIndex *index = parts->build->index;
	VsHnswInserter *inserter =
		vs_hnsw_inserter_create(&index->host, &index->geometry, &index->space);

	for (uint32 i = 0; i < parts->held_count; i++)
		hnsw_insert_record(index, inserter,
						   (VsHnswRecord *) (parts->held + i * parts->record_bytes));
}

/* ---- the build ---- */

/* Parts where nobody is at home get the first id of the next one, so that first ids rise. */
static void
fill_first_ids(PartBuild *parts)
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
link_all(PartBuild *parts)
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
finish_index(PartBuild *parts)
{
	HnswIndex *index = parts->build->index;
	VsHnswCalibration *calibration = begin_calibration(parts);
	HnswNodeSet nodes;

	hnsw_overwrite_meta(index->rel, &index->meta);
	hnsw_refresh_meta(index);
	collect_nodes(index, &nodes, calibration);
	hnsw_connect(index, NULL, &nodes);
	hnsw_set_free(&nodes);
	measure_presets(parts, calibration);
	insert_held_rows(parts);
}

static void
lead(HnswBuild *build)
{
	PartBuild parts = {.build = build};

	parts.record_bytes = vs_hnsw_load_stride(&build->index->geometry);
	parts.capacity = build->shared->capacity;
	collect_rows(&parts);
	make_plan(&parts);
	divide_all_rows(&parts);
	for (uint32 i = 0; i < parts.part_count; i++)
		place_part(&parts, &parts.parts[i]);
	link_all(&parts);
	finish_index(&parts);
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
