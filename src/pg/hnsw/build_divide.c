/* SPDX-License-Identifier: PostgreSQL
 *
 * build_divide.c - the first steps of a build in parts: rows become nodes on pages.
 *
 * Owns: the files of rows, and the pages of level 0 until they have links.  The leader's alone.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/guc.h"

#include "pg/compat.h"
#include "pg/hnsw/build_parts.h"

#define MAX_SAMPLE 32768

/* All rows in files: those in the block, which is needed for other things, and those that found no room. */
static void
collect_rows(HnswPartBuild *parts)
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
take_sample(HnswPartBuild *parts)
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
report_parts(HnswPartBuild *parts)
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
make_plan(HnswPartBuild *parts)
{
	take_sample(parts);
	parts->plan = vs_hnsw_plan_create(parts->build->builder, parts->row_count);
	parts->part_count = vs_hnsw_plan_parts(parts->plan);
	parts->parts = palloc0(parts->part_count * sizeof(HnswPart));
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
hold_back(HnswPartBuild *parts, const uint8 *record, uint64 row)
{
	if (parts->held_count == parts->held_wanted || ((const VsHnswRecord *) record)->level > 0 ||
		row < parts->held_count * (parts->row_count / parts->held_wanted))
		return false;
	memcpy(parts->held + parts->held_count++ * parts->record_bytes, record, parts->record_bytes);
	return true;
}

/* Send n rows home. */
static void
divide_rows(HnswPartBuild *parts, const uint8 *records, int n, uint64 done)
{
	uint16 choices[HNSW_PART_BATCH * VS_HNSW_MAX_CHOICES];

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
divide_all_rows(HnswPartBuild *parts)
{
	uint8 *records = palloc(HNSW_PART_BATCH * parts->record_bytes);
	uint64 done = 0;

	hnsw_begin_build_phase(HNSW_PHASE_DIVIDE, parts->row_count);
	for (int i = 0; i < parts->row_files; i++)
	{
		hnsw_spill_rewind(&parts->rows[i]);
		for (uint64 at = 0; at < parts->rows[i].items; at += HNSW_PART_BATCH)
		{
			int n = Min(HNSW_PART_BATCH, parts->rows[i].items - at);

			hnsw_spill_read(&parts->rows[i], records, n * parts->record_bytes);
			divide_rows(parts, records, n, done);
			hnsw_report_build_progress(done += n);
		}
		hnsw_spill_close(&parts->rows[i]);
	}
	pfree(records);
}

void
hnsw_divide_rows(HnswPartBuild *parts)
{
	collect_rows(parts);
	make_plan(parts);
	divide_all_rows(parts);
}

/* ---- place ---- */

static void
unlock_page(HnswPartBuild *parts)
{
	if (BufferIsValid(parts->buffer))
		UnlockReleaseBuffer(parts->buffer);
	parts->buffer = InvalidBuffer;
}

/* The node page at hand, or a new one when it is full. */
static Page
lock_page_with_room(HnswPartBuild *parts)
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
write_node(HnswPartBuild *parts, const VsHnswRecord *record)
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
add_member(HnswPartBuild *parts, VsNodeId id, const uint16 *choices)
{
	HnswMember member = {.id = id};
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
add_upper(HnswPartBuild *parts, const VsHnswRecord *record, VsNodeId id)
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
place_homes(HnswPartBuild *parts, HnswPart *part)
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

void
hnsw_place_part(HnswPartBuild *parts, HnswPart *part)
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
