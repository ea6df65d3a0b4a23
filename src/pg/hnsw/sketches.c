/* SPDX-License-Identifier: PostgreSQL
 *
 * sketches.c - sketches of the nodes behind links (storage = sketch).
 *
 * Owns: how they are made from pages.  A sketch depends on two codes, which never change while their slots are
 * in use, so it is made before any page is locked and goes to its page together with the link: whoever
 * writes a link at level 0 writes its sketch in the same WAL record.  Codes are read like estimates are,
 * without locks; a sketch is a hint, too, and what a search expands is measured by its own code.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "pg/hnsw/hnsw.h"
#include "pg/hnsw/walk.h"

void
hnsw_make_sketches(HnswIndex *index, const VsHnswRecord *node, const VsNodeId *links, int count,
				   uint8 *sketches)
{
	const VsHnswGeometry *geometry = &index->geometry;
	size_t stride = vs_hnsw_load_stride(geometry);
	uint8 *records = palloc(Max(count, 1) * stride);

	index->host.load(index, links, count, records, stride);
	for (int i = 0; i < count; i++)
		vs_hnsw_sketch(geometry, node, (VsHnswRecord *) (records + i * stride),
					   sketches + i * geometry->sketch_bytes);
	pfree(records);
}

void
hnsw_sketch_record(HnswIndex *index, VsHnswRecord *record)
{
	const VsHnswGeometry *geometry = &index->geometry;

	hnsw_make_sketches(index, record, vs_record_links(geometry, record),
					   vs_record_degree(geometry, record), vs_record_sketch(geometry, record, 0));
}

/* Nobody else changes the page, but it may be written out at any time: work on a copy. */
static void
sketch_page(HnswIndex *index, HnswWalk *walk, char *image)
{
	const VsHnswGeometry *geometry = &index->geometry;

	memcpy(image, walk->page, BLCKSZ);
	hnsw_walk_lock(walk, BUFFER_LOCK_UNLOCK);
	for (uint32 slot = 0; slot < geometry->slots_per_page; slot++)
	{
		VsHnswRecord *record = hnsw_slot(geometry, image, slot);

		if ((record->flags & VS_NODE_USED) != 0 && record->level == 0)
			hnsw_sketch_record(index, record);
	}
	hnsw_walk_lock(walk, BUFFER_LOCK_EXCLUSIVE);
	memcpy(walk->page, image, BLCKSZ);
	MarkBufferDirty(walk->buffer);
}

void
hnsw_sketch_index(HnswIndex *index)
{
	char *image = palloc(BLCKSZ);
	HnswWalk walk;

	if (index->geometry.sketch_bits == 0)
		return;
	hnsw_walk_begin(&walk, index->rel, NULL);
	while (hnsw_walk_next(&walk))
	{
		CHECK_FOR_INTERRUPTS();
		if (hnsw_page_is(walk.page, VS_PAGE_NODES))
			sketch_page(index, &walk, image);
	}
	pfree(image);
}
