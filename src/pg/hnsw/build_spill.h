/* SPDX-License-Identifier: PostgreSQL
 *
 * build_spill.h - temporary files of a build.
 */
#ifndef VECSTORE_PG_HNSW_BUILD_SPILL_H
#define VECSTORE_PG_HNSW_BUILD_SPILL_H

#include "storage/buffile.h"
#include "storage/fileset.h"

/* A file of items, written and then read any number of times.  It ends with the transaction at the latest. */
typedef struct HnswSpill
{
	BufFile *file; /* NULL before the first item */
	uint64 items;
	Size item_bytes; /* 0: items differ */
} HnswSpill;

extern void hnsw_spill_append(HnswSpill *spill, const void *item, Size bytes);
extern void hnsw_spill_rewind(HnswSpill *spill);
/* Continue with an item; all are of the same size. */
extern void hnsw_spill_seek(HnswSpill *spill, uint64 item);
extern void hnsw_spill_read(HnswSpill *spill, void *to, Size bytes);
extern void hnsw_spill_close(HnswSpill *spill);

/* Files that workers leave to the leader: number counts from 0. */
extern void hnsw_spill_begin_shared(HnswSpill *spill, FileSet *files, uint32 number);
extern void hnsw_spill_hand_over(HnswSpill *spill);
extern void hnsw_spill_open_shared(HnswSpill *spill, FileSet *files, uint32 number);

#endif
