/* SPDX-License-Identifier: PostgreSQL
 *
 * build_finish.c - the last steps of a build in parts: sketches, the presets, and links to nodes that none leads
 * to.
 *
 * Owns: what an in-memory build does before it writes pages (layout.cpp, calibrate.cpp), done on pages.
 * The leader's alone.
 */
#include "postgres.h"

#include "pg/hnsw/build_parts.h"
#include "pg/hnsw/reach.h"

/* Show all nodes of level 0 to a set of nodes or a calibration. */
static void
walk_nodes(HnswIndex *index, HnswNodeSet *nodes, VsHnswCalibration *calibration)
{
	HnswWalk walk;

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
			if (nodes != NULL)
				hnsw_set_add(nodes, vs_make_node_id(&index->geometry, walk.block, slot));
			if (calibration != NULL)
				vs_hnsw_calibration_offer(calibration, record);
		}
	}
}

static void
calibrate(HnswPartBuild *parts)
{
	HnswIndex *index = parts->build->index;
	VsHnswCalibration *calibration = vs_hnsw_calibration_create(&index->host, &index->geometry,
																&index->space, parts->held_count);
	VsHnswSearchStart start = {.entry = index->meta.entry,
							   .entry_level = index->meta.entry_level,
							   .ids = hnsw_id_limit(&index->geometry, index->blocks)};

	for (uint32 i = 0; i < parts->held_count; i++)
		vs_hnsw_calibration_add(calibration,
								(VsHnswRecord *) (parts->held + i * parts->record_bytes));
	walk_nodes(index, NULL, calibration);
	if (!vs_hnsw_calibration_measure(calibration, &index->query, &start, index->meta.calibrated_ef))
		return;
	index->meta.calibrated_rows = (uint32) Min(parts->row_count, PG_UINT32_MAX);
	hnsw_overwrite_meta(index->rel, &index->meta);
}

static void
insert_held_rows(HnswPartBuild *parts)
{
	HnswIndex *index = parts->build->index;
	VsHnswInserter *inserter =
		vs_hnsw_inserter_create(&index->host, &index->geometry, &index->space);

	for (uint32 i = 0; i < parts->held_count; i++)
		hnsw_insert_record(index, inserter,
						   (VsHnswRecord *) (parts->held + i * parts->record_bytes));
}

static void
connect_nodes(HnswIndex *index)
{
	HnswNodeSet nodes;

	hnsw_set_create(&nodes, hnsw_id_limit(&index->geometry, RelationGetNumberOfBlocks(index->rel)));
	walk_nodes(index, &nodes, NULL);
	hnsw_connect(index, NULL, &nodes);
	hnsw_set_free(&nodes);
}

/* Connecting comes last: inserts cut nodes off, too. */
void
hnsw_finish_parts(HnswPartBuild *parts)
{
	HnswIndex *index = parts->build->index;

	hnsw_overwrite_meta(index->rel, &index->meta);
	hnsw_refresh_meta(index);
	hnsw_sketch_index(index);
	calibrate(parts);
	insert_held_rows(parts);
	connect_nodes(index);
}
