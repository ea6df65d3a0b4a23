/* SPDX-License-Identifier: PostgreSQL
 *
 * hints.c - a backend's memory of the buffers in which it last saw the blocks of a relation.
 *
 * Owns: one array of buffer numbers for each relation, direct-mapped.  A hint may be wrong at any time;
 * every user compares the buffer's tag.
 */
#include "postgres.h"

#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "pg/hnsw/hints.h"

/* More blocks than this share hints. */
#define MIN_HINTS 64
#define MAX_HINTS (1 << 20)

static HTAB *hints_of_backend = NULL;

/* Void all hints and have room for `blocks`. */
static void
reset_hints(HnswHints *hints, VsRelFileId file, BlockNumber blocks)
{
	uint32 entries = MIN_HINTS;
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

static HnswHints *
find_entry(Oid relation)
{
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
	hints = hash_search(hints_of_backend, &relation, HASH_ENTER, &found);
	if (!found)
		hints->buffers = NULL;
	return hints;
}

HnswHints *
hnsw_find_hints(Relation rel, BlockNumber blocks)
{
	HnswHints *hints = find_entry(RelationGetRelid(rel));

	if (hints->buffers == NULL || !vs_same_file(hints->file, vs_relation_file(rel)) ||
		(hints->mask + 1 < blocks && hints->mask + 1 < MAX_HINTS))
		reset_hints(hints, vs_relation_file(rel), blocks + blocks / 4);
	return hints;
}

Buffer
hnsw_pin_hinted(Relation rel, HnswHints *hints, BlockNumber block)
{
	Buffer buffer = hnsw_hinted_buffer(hints, block);

	if (BufferIsValid(buffer) && ReadRecentBuffer(hints->file, MAIN_FORKNUM, block, buffer))
		return buffer;
	buffer = ReadBuffer(rel, block);
	*hnsw_hint(hints, block) = buffer;
	return buffer;
}

void
hnsw_announce_block(Relation rel, HnswHints *hints, BlockNumber block)
{
	PrefetchBufferResult result;

	if (BufferIsValid(hnsw_hinted_buffer(hints, block)))
		return;
	result = PrefetchBuffer(rel, MAIN_FORKNUM, block);
	if (BufferIsValid(result.recent_buffer))
		*hnsw_hint(hints, block) = result.recent_buffer;
}
