/* SPDX-License-Identifier: PostgreSQL
 *
 * hints.h - a backend's memory of the buffers in which it last saw the blocks of a relation.
 *
 * Owns: what makes reading a page cheap.  A hint turns into a pin without the mapping hash table, and
 * since the address is known before the pin, whatever is wanted of many pages can be prefetched first.
 *
 * hnsw_hinted_page() goes further: it tells that a page is where the hint says, without a pin.  Asked
 * before and after reading, it proves that what was read came from that page: a buffer that is given to
 * another block changes its tag and loses BM_VALID before its contents change.  The one exception, a
 * buffer that was given away and came back within those nanoseconds, leaves a wrong number; so this is
 * for hints only, never for anything that is returned.
 */
#ifndef VECSTORE_PG_HNSW_HINTS_H
#define VECSTORE_PG_HNSW_HINTS_H

#include "storage/buf_internals.h"
#include "storage/bufmgr.h"
#include "utils/rel.h"

#include "pg/compat.h"

#define CACHE_LINE 64

/*
 * ReadRecentBuffer and unpinned reads do not raise usage_count (PostgreSQL 15-18), so pages whose count
 * is below this are read the long way, which does.  Otherwise pages that are only reached by hints
 * would look cold and be evicted first.
 */
#define WARM_USAGE 2

typedef struct HnswHints
{
	Oid relation;	  /* hash key */
	VsRelFileId file; /* hints of another file are void */
	uint32 mask;	  /* entries - 1, a power of two */
	Buffer *buffers;
} HnswHints;

/* The hints of a relation, fit for its file and for `blocks`.  They last as long as the backend. */
extern HnswHints *hnsw_find_hints(Relation rel, BlockNumber blocks);

/* Pin a block; no lock. */
extern Buffer hnsw_pin_hinted(Relation rel, HnswHints *hints, BlockNumber block);

/* Ask the kernel for a block that is not in the buffer pool, or learn where it is. */
extern void hnsw_announce_block(Relation rel, HnswHints *hints, BlockNumber block);

static inline Buffer *
hnsw_hint(const HnswHints *hints, BlockNumber block)
{
	return &hints->buffers[block & hints->mask];
}

/* True when the buffer holds the block, whole, and is warm enough for reading without ReadBuffer. */
static inline bool
hnsw_holds_block(const HnswHints *hints, BufferDesc *descriptor, BlockNumber block)
{
	uint32 state = pg_atomic_read_u32(&descriptor->state);

	return (state & BM_VALID) != 0 && BUF_STATE_GET_USAGECOUNT(state) >= WARM_USAGE &&
		descriptor->tag.blockNum == block && descriptor->tag.forkNum == MAIN_FORKNUM &&
		vs_tag_has_file(&descriptor->tag, hints->file);
}

/* The hinted buffer of a block that is warm and in it right now, or InvalidBuffer. */
static inline Buffer
hnsw_hinted_buffer(const HnswHints *hints, BlockNumber block)
{
	Buffer buffer = *hnsw_hint(hints, block);

	/* Buffers of temporary relations are negative. */
	if (buffer > 0 && hnsw_holds_block(hints, GetBufferDescriptor(buffer - 1), block))
		return buffer;
	return InvalidBuffer;
}

#endif
