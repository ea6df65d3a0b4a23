/* SPDX-License-Identifier: PostgreSQL
 *
 * access.c - how the core reaches pages: the hot path of every search.
 *
 * Owns: the callbacks of VsHnswHost and the backend-local hints.
 *
 * A hint remembers in which shared buffer a block was last seen.  ReadRecentBuffer turns it into a pin
 * after checking the buffer's tag, without the mapping hash table, and because the hint is known
 * before the pin, descriptor and record of a whole batch are prefetched first.  Each buffer is pinned,
 * scored and released before the next one: more than eight pins at once leave the backend's fast
 * reference counters.  ReadRecentBuffer does not raise usage_count (PostgreSQL 15-18), so pages whose
 * count is low go through ReadBuffer, lest pages that are only reached by hints look cold and are
 * evicted first.  Measured in ARCHITECTURE.md.
 *
 * score and load read without the content lock.  They only touch header and code of a slot, which
 * never change while it is in use; a slot reused meanwhile gives a wrong estimate, never a wrong row,
 * because read_node, under the share lock, decides what a node is.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/buf_internals.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "pg/compat.h"
#include "pg/hnsw/hnsw.h"
#include "pg/types/vector.h"

/* More blocks than this share hints; the tag check tells them apart. */
#define MAX_HINTS (1 << 20)
/* Prefetch records whole up to this many cache lines. */
#define MAX_PREFETCH_LINES 16
#define CACHE_LINE 64
/* Below this usage count a page is read the long way, which raises it. */
#define WARM_USAGE 2

struct HnswHints
{
	Oid index;			/* hash key */
	VsRelFileId file;	/* hints of another file are void */
	uint32 mask;		/* entries - 1, a power of two */
	Buffer *buffers;
};

static HTAB *hints_of_backend = NULL;

/* Void all hints and have room for `blocks`. */
static void
reset_hints(HnswHints *hints, VsRelFileId file, BlockNumber blocks)
{
	uint32 entries = 64;
	Buffer *buffers;

	while (entries < blocks && entries < MAX_HINTS)
		entries *= 2;
	/* May fail, and must leave the old hints intact then. */
	buffers = MemoryContextAllocZero(CacheMemoryContext, entries * sizeof(Buffer));
	if (hints->buffers != NULL)
		pfree(hints->buffers);
	hints->buffers = buffers;
	hints->mask = entries - 1;
	hints->file = file;
}

/* The hints of an index, fit for its file and length. */
static HnswHints *
find_hints(Relation rel)
{
	Oid oid = RelationGetRelid(rel);
	BlockNumber blocks = RelationGetNumberOfBlocks(rel);
	HnswHints *hints;
	bool found;

	if (hints_of_backend == NULL)
	{
		HASHCTL control = {.keysize = sizeof(Oid),
						   .entrysize = sizeof(HnswHints),
						   .hcxt = CacheMemoryContext};

		hints_of_backend =
			hash_create("vecstore hnsw hints", 16, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	hints = hash_search(hints_of_backend, &oid, HASH_ENTER, &found);
	if (!found)
		hints->buffers = NULL;
	if (hints->buffers == NULL || !vs_same_file(hints->file, vs_relation_file(rel)) ||
		(hints->mask + 1 < blocks && hints->mask + 1 < MAX_HINTS))
		reset_hints(hints, vs_relation_file(rel), blocks + blocks / 4);
	return hints;
}

/* Pin a block; no lock. */
Buffer
hnsw_pin(HnswIndex *index, BlockNumber block)
{
	Buffer *hint = &index->hints->buffers[block & index->hints->mask];
	Buffer buffer = *hint;

	if (buffer > 0 &&
		BUF_STATE_GET_USAGECOUNT(pg_atomic_read_u32(&GetBufferDescriptor(buffer - 1)->state)) >=
			WARM_USAGE &&
		ReadRecentBuffer(vs_relation_file(index->rel), MAIN_FORKNUM, block, buffer))
		return buffer;
	buffer = ReadBuffer(index->rel, block);
	*hint = buffer;
	return buffer;
}

/* Only a corrupted link names a slot that its page does not have. */
static inline bool
is_slot(const HnswIndex *index, VsNodeId id)
{
	return vs_node_slot(&index->geometry, id) < index->geometry.slots_per_page;
}

/*
 * Ask for descriptor and record of a node, if a hint says where they are.  always_inline is a must:
 * GCC takes a function that only prefetches for one without effects and drops the calls.
 */
static pg_attribute_always_inline void
prefetch_node(HnswIndex *index, VsNodeId id)
{
	BlockNumber block = vs_node_block(&index->geometry, id);
	Buffer buffer = index->hints->buffers[block & index->hints->mask];
	uint32 bytes = Min(VS_RECORD_HEADER_BYTES + index->geometry.dims, MAX_PREFETCH_LINES * CACHE_LINE);
	const char *record;
	const char *line;

	if (buffer <= 0)
		return;
	__builtin_prefetch(GetBufferDescriptor(buffer - 1), 1);
	record = (const char *) BufferGetPage(buffer) +
		vs_slot_offset(&index->geometry, vs_node_slot(&index->geometry, id));
	for (line = (const char *) TYPEALIGN_DOWN(CACHE_LINE, record); line < record + bytes;
		 line += CACHE_LINE)
		__builtin_prefetch(line);
}

static inline const VsHnswRecord *
node_record(HnswIndex *index, Buffer buffer, VsNodeId id)
{
	return hnsw_slot(&index->geometry, BufferGetPage(buffer), vs_node_slot(&index->geometry, id));
}

/* Ids come from PagedGraph, which lets none pass that is not a slot. */
static void
host_score(void *context, const VsNodeId *ids, int n, float *estimates)
{
	HnswIndex *index = context;

	for (int i = 0; i < n; i++)
		prefetch_node(index, ids[i]);
	for (int i = 0; i < n; i++)
	{
		Buffer buffer = hnsw_pin(index, vs_node_block(&index->geometry, ids[i]));

		estimates[i] = vs_hnsw_estimate(&index->query, node_record(index, buffer, ids[i]));
		ReleaseBuffer(buffer);
	}
}

/* Also asked for ids that vacuum and check read from pages themselves. */
static void
host_load(void *context, const VsNodeId *ids, int n, uint8_t *out, size_t stride)
{
	HnswIndex *index = context;
	size_t bytes = VS_RECORD_HEADER_BYTES + index->geometry.dims;

	for (int i = 0; i < n; i++)
		prefetch_node(index, ids[i]);
	for (int i = 0; i < n; i++)
	{
		Buffer buffer;

		memset(out + i * stride, 0, stride);
		if (!is_slot(index, ids[i]))
			continue;
		buffer = hnsw_pin(index, vs_node_block(&index->geometry, ids[i]));
		memcpy(out + i * stride, node_record(index, buffer, ids[i]), bytes);
		ReleaseBuffer(buffer);
	}
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
		copy_node(index, record, out);
	UnlockReleaseBuffer(buffer);
	return found;
}

/* Ask for the links of a node; its descriptor and header were read to score it. */
static void
host_prefetch(void *context, VsNodeId id)
{
	HnswIndex *index = context;
	BlockNumber block = vs_node_block(&index->geometry, id);
	Buffer buffer = index->hints->buffers[block & index->hints->mask];
	const char *record;

	if (buffer <= 0)
		return;
	record = (const char *) hnsw_slot(&index->geometry, BufferGetPage(buffer),
									  vs_node_slot(&index->geometry, id));
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
	void *memory = palloc(vs_hnsw_space_bytes(dims));

	vs_hnsw_space_init(&index->space, memory, index->metric, dims, index->meta.rotation_seed,
					   vs_kernels());
	if (index->meta.centroid_pages > 0)
	{
		float *centroid = palloc(dims * sizeof(float));

		hnsw_read_centroid(index->rel, &index->meta, centroid);
		vs_hnsw_space_set_centroid(&index->space, centroid);
	}
	vs_hnsw_query_init(&index->query, &index->space, palloc(vs_hnsw_query_bytes(dims)));
	index->values = palloc(dims * sizeof(float));
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
	hnsw_read_meta(rel, &index->meta);
	index->metric = index->meta.metric;
	index->element = index->meta.element;
	if (!vs_hnsw_geometry(index->meta.dims, index->meta.m, &index->geometry))
		elog(ERROR, "hnsw index \"%s\" has an impossible shape", RelationGetRelationName(rel));
	index->host = (VsHnswHost){.context = index,
							   .grow = host_grow,
							   .read_node = host_read_node,
							   .score = host_score,
							   .prefetch = host_prefetch,
							   .holds_nodes = host_holds_nodes,
							   .load = host_load};
	index->hints = find_hints(rel);
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
	index->hints = find_hints(index->rel);
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
