/* SPDX-License-Identifier: PostgreSQL
 *
 * access.c - how the core reaches pages: the hot path of every search.
 *
 * Owns: the callbacks of VsHnswHost.
 *
 * Probes take neither lock nor pin.  They only touch header and code of a slot, which never change while
 * it is in use; a slot reused meanwhile gives a wrong estimate, never a wrong row, because read_node,
 * under the share lock, decides what a node is.  That the page was in its buffer all the time is checked
 * (hints.h); if it was not, the node is read again with a pin.  Descriptors and records of a whole batch
 * are prefetched first, and blocks that have to be read are announced to the kernel before the first of
 * them is waited for.  Each buffer is pinned, read and released before the next one: more than eight
 * pins at once leave the backend's fast reference counters.  Measured in ARCHITECTURE.md.
 */
#include "postgres.h"

#include "executor/instrument.h"
#include "miscadmin.h"
#include "port/atomics.h"
#include "utils/memutils.h"
#include "utils/spccache.h"

#include "pg/hnsw/hints.h"
#include "pg/hnsw/hnsw.h"
#include "pg/types/vector.h"

/* Prefetch records whole up to this many cache lines. */
#define MAX_PREFETCH_LINES 16

/* Pin a block; no lock. */
Buffer
hnsw_pin(HnswIndex *index, BlockNumber block)
{
	return hnsw_pin_hinted(index->rel, index->hints, block);
}

/* Only a corrupted link names a slot that its page does not have. */
static inline bool
is_slot(const HnswIndex *index, VsNodeId id)
{
	return vs_node_slot(&index->geometry, id) < index->geometry.slots_per_page;
}

static inline const VsHnswRecord *
node_record(HnswIndex *index, Buffer buffer, VsNodeId id)
{
	return hnsw_slot(&index->geometry, BufferGetPage(buffer), vs_node_slot(&index->geometry, id));
}

/*
 * Ask for descriptor and record of a node, if a hint says where they are.  always_inline is a must:
 * GCC takes a function that only prefetches for one without effects and drops the calls.
 */
static pg_attribute_always_inline void
prefetch_node(HnswIndex *index, VsNodeId id)
{
	Buffer buffer = *hnsw_hint(index->hints, vs_node_block(&index->geometry, id));
	uint32 bytes =
		Min(VS_RECORD_HEADER_BYTES + index->geometry.code_bytes, MAX_PREFETCH_LINES * CACHE_LINE);
	const char *record;
	const char *line;

	if (buffer <= 0)
		return;
	__builtin_prefetch(GetBufferDescriptor(buffer - 1));
	record = (const char *) node_record(index, buffer, id);
	for (line = (const char *) TYPEALIGN_DOWN(CACHE_LINE, record); line < record + bytes;
		 line += CACHE_LINE)
		__builtin_prefetch(line);
}

/* Where the hint says a node is, NULL if it is not; what is read there counts if was_there() says so. */
static pg_attribute_always_inline const VsHnswRecord *
unpinned_record(HnswIndex *index, VsNodeId id, Buffer *buffer)
{
	*buffer = hnsw_hinted_buffer(index->hints, vs_node_block(&index->geometry, id));
	pg_read_barrier();
	return BufferIsValid(*buffer) ? node_record(index, *buffer, id) : NULL;
}

/* True when the buffer held the node all the time. */
static pg_attribute_always_inline bool
was_there(HnswIndex *index, VsNodeId id, Buffer buffer)
{
	pg_read_barrier();
	return hnsw_holds_block(index->hints, GetBufferDescriptor(buffer - 1),
							vs_node_block(&index->geometry, id));
}

static inline bool
estimate_unpinned(HnswIndex *index, VsNodeId id, float *estimate)
{
	Buffer buffer;
	const VsHnswRecord *record = unpinned_record(index, id, &buffer);

	if (record == NULL)
		return false;
	*estimate = vs_hnsw_estimate(&index->query, record);
	return was_there(index, id, buffer);
}

/* Estimate the nodes of `ids` at the places `which`, whose pages have to be found or read. */
static pg_noinline void
score_pinned(HnswIndex *index, const VsNodeId *ids, const int *which, int n, float *estimates)
{
	if (index->announce && n > 1)
		for (int i = 0; i < n; i++)
			hnsw_announce_block(index->rel, index->hints,
								vs_node_block(&index->geometry, ids[which[i]]));
	for (int i = 0; i < n; i++)
	{
		VsNodeId id = ids[which[i]];
		Buffer buffer = hnsw_pin(index, vs_node_block(&index->geometry, id));

		estimates[which[i]] = vs_hnsw_estimate(&index->query, node_record(index, buffer, id));
		ReleaseBuffer(buffer);
	}
}

/* Ids come from PagedGraph, which lets none pass that is not a slot. */
static void
host_score(void *context, const VsNodeId *ids, int n, float *estimates)
{
	HnswIndex *index = context;
	int missed[VS_HNSW_MAX_LINKS];
	int missed_count = 0;

	for (int i = 0; i < n; i++)
		prefetch_node(index, ids[i]);
	for (int i = 0; i < n; i++)
		if (!estimate_unpinned(index, ids[i], &estimates[i]))
			missed[missed_count++] = i;
	pgBufferUsage.shared_blks_hit += n - missed_count;
	if (missed_count > 0)
		score_pinned(index, ids, missed, missed_count, estimates);
}

/* Copy header and code. */
static inline bool
copy_unpinned(HnswIndex *index, VsNodeId id, uint8_t *out, size_t bytes)
{
	Buffer buffer;
	const VsHnswRecord *record = unpinned_record(index, id, &buffer);

	if (record == NULL)
		return false;
	memcpy(out, record, bytes);
	return was_there(index, id, buffer);
}

static pg_noinline void
copy_pinned(HnswIndex *index, VsNodeId id, uint8_t *out, size_t bytes)
{
	Buffer buffer = hnsw_pin(index, vs_node_block(&index->geometry, id));

	memcpy(out, node_record(index, buffer, id), bytes);
	ReleaseBuffer(buffer);
}

/* Also asked for ids that vacuum and check read from pages themselves. */
static void
host_load(void *context, const VsNodeId *ids, int n, uint8_t *out, size_t stride)
{
	HnswIndex *index = context;
	size_t bytes = VS_RECORD_HEADER_BYTES + index->geometry.code_bytes;
	int pinned = 0;

	for (int i = 0; i < n; i++)
		prefetch_node(index, ids[i]);
	for (int i = 0; i < n; i++, out += stride)
	{
		memset(out + bytes, 0, stride - bytes);
		if (!is_slot(index, ids[i]))
			memset(out, 0, bytes);
		else if (!copy_unpinned(index, ids[i], out, bytes))
		{
			copy_pinned(index, ids[i], out, bytes);
			pinned++;
		}
	}
	pgBufferUsage.shared_blks_hit += n - pinned;
}

/* Copy what a search needs of a record; the page is share-locked. */
static void
copy_node(HnswIndex *index, const VsHnswRecord *record, VsHnswNode *out)
{
	uint32 limit = vs_links_at(&index->geometry, record->level);

	out->flags = record->flags;
	out->level = record->level;
	out->degree = Min(record->degree, limit);
	out->norm = record->norm;
	out->error = record->error;
	out->estimate = vs_hnsw_estimate(&index->query, record);
	memcpy(out->heap_tid, record->heap_tid, sizeof(out->heap_tid));
	out->edge_version = record->edge_version;
	out->link = record->link;
	memcpy(out->links, (const char *) record + index->geometry.links_offset,
		   out->degree * sizeof(VsNodeId));
}

static bool
host_read_node(void *context, VsNodeId id, int level, VsHnswNode *out)
{
	HnswIndex *index = context;
	const VsHnswRecord *record;
	Buffer buffer;
	bool found;

	CHECK_FOR_INTERRUPTS();
	if (!is_slot(index, id))
		return false;
	buffer = hnsw_pin(index, vs_node_block(&index->geometry, id));
	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	record = node_record(index, buffer, id);
	/* Ids only ever name slots of node pages, and pages never change their kind. */
	found = (record->flags & VS_NODE_USED) != 0 && record->level == level;
	if (found)
	{
		copy_node(index, record, out);
		if (hnsw_has_sketches(index, level))
		{
			memcpy(index->node, record, index->geometry.record_bytes);
			index->node_estimate = out->estimate;
		}
	}
	UnlockReleaseBuffer(buffer);
	return found;
}

static void
host_score_links(void *context, VsHnswLinkEstimate *estimates)
{
	HnswIndex *index = context;

	vs_hnsw_estimate_links(&index->query, &index->geometry, index->node, index->node_estimate,
						   index->sketch_scratch, estimates);
}

/* Ask for the links of a node; its descriptor and header were read to score it. */
static void
host_prefetch(void *context, VsNodeId id)
{
	HnswIndex *index = context;
	BlockNumber block = vs_node_block(&index->geometry, id);
	Buffer buffer = *hnsw_hint(index->hints, block);
	const char *record;

	/* Nobody has read its page to score it. */
	if (index->geometry.sketch_bits > 0 && index->announce)
		hnsw_announce_block(index->rel, index->hints, block);
	if (buffer <= 0)
		return;
	record = (const char *) node_record(index, buffer, id);
	for (uint32 at = index->geometry.links_offset; at < index->geometry.record_bytes; at += CACHE_LINE)
		__builtin_prefetch(record + at);
}

static bool
host_holds_nodes(void *context, uint32_t block)
{
	Buffer buffer = hnsw_pin(context, block);
	bool holds_nodes;

	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	holds_nodes = hnsw_page_is(BufferGetPage(buffer), VS_PAGE_NODES);
	UnlockReleaseBuffer(buffer);
	return holds_nodes;
}

static void *
host_grow(void *context, void *old, size_t old_bytes, size_t new_bytes)
{
	HnswIndex *index = context;

	if (old == NULL)
		return MemoryContextAllocHuge(index->context, new_bytes);
	return repalloc_huge(old, new_bytes);
}

/* Attach rotation, centroid and an empty query. */
static void
init_space(HnswIndex *index)
{
	uint32 dims = index->meta.dims;
	void *memory = palloc(vs_hnsw_space_bytes(dims, index->geometry.code_kind));

	vs_hnsw_space_init(&index->space, memory, index->metric, dims, index->geometry.code_kind,
					   index->meta.rotation_seed, vs_kernels());
	if (index->meta.centroid_pages > 0)
	{
		float *centroid = palloc(dims * sizeof(float));

		hnsw_read_centroid(index->rel, &index->meta, centroid);
		vs_hnsw_space_set_centroid(&index->space, centroid);
	}
	vs_hnsw_query_init(&index->query, &index->space, palloc(vs_hnsw_query_bytes(dims)));
	index->values = palloc(dims * sizeof(float));
	if (index->geometry.sketch_bits > 0)
	{
		index->node = palloc0(index->geometry.record_bytes);
		index->sketch_scratch =
			palloc(vs_hnsw_sketch_scratch(&index->geometry) * sizeof(float));
	}
}

/* Open an index; everything goes into a new child of `parent`. */
HnswIndex *
hnsw_open_index(Relation rel, MemoryContext parent)
{
	MemoryContext context = AllocSetContextCreate(parent, "vecstore hnsw index", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	HnswIndex *index = palloc0(sizeof(HnswIndex));

	index->rel = rel;
	index->context = context;
	index->logged = RelationNeedsWAL(rel);
	hnsw_refresh_meta(index);
	index->metric = index->meta.metric;
	index->element = index->meta.element;
	if (!vs_hnsw_geometry(index->meta.dims, index->meta.m, index->meta.storage, &index->geometry) ||
		index->meta.code_kind != index->geometry.code_kind)
		elog(ERROR, "hnsw index \"%s\" has an impossible shape", RelationGetRelationName(rel));
	index->host = (VsHnswHost){.context = index,
							   .grow = host_grow,
							   .read_node = host_read_node,
							   .score = host_score,
							   .prefetch = host_prefetch,
							   .holds_nodes = host_holds_nodes,
							   .load = host_load,
							   .score_links = host_score_links};
	index->announce = get_tablespace_io_concurrency(rel->rd_rel->reltablespace) > 0;
	init_space(index);
	MemoryContextSwitchTo(old);
	return index;
}

void
hnsw_close_index(HnswIndex *index)
{
	MemoryContextDelete(index->context);
}

/* Read the meta page again, and follow the index if it grew. */
void
hnsw_refresh_meta(HnswIndex *index)
{
	hnsw_read_meta(index->rel, &index->meta);
	index->blocks = RelationGetNumberOfBlocks(index->rel);
	index->hints = hnsw_find_hints(index->rel, index->blocks);
}

static void
check_dimensions(HnswIndex *index, const char *type, int dim)
{
	if ((uint32) dim != index->meta.dims)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("different %s dimensions %d and %d", type, (int) index->meta.dims, dim)));
}

/* Read the datum of an index column into index->values. */
void
hnsw_take_vector(HnswIndex *index, Datum value)
{
	if (index->element == VS_FLOAT32)
	{
		Vector *vector = DatumGetVector(value);

		check_dimensions(index, "vector", vector->dim);
		memcpy(index->values, vector->x, vector->dim * sizeof(float));
		if ((Pointer) vector != DatumGetPointer(value))
			pfree(vector);
	}
	else
	{
		HalfVector *vector = DatumGetHalfVector(value);

		check_dimensions(index, "halfvec", vector->dim);
		index->space.kernels->f16_to_f32(vector->x, index->values, vector->dim);
		if ((Pointer) vector != DatumGetPointer(value))
			pfree(vector);
	}
}
