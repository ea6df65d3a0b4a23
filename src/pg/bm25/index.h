/* SPDX-License-Identifier: PostgreSQL
 *
 * index.h - a bm25 index: its pages, its snapshot, its segments.
 *
 * Locks, in the order in which they are taken:
 *
 *   heavyweight lock of block 0   whoever changes the list of segments: flush, merge, vacuum
 *   content lock of block 0       the list itself
 *   content locks of lane heads   in ascending order
 *   content lock of a lane page
 *   content lock of block 1       the free list
 */
#ifndef VECSTORE_PG_BM25_INDEX_H
#define VECSTORE_PG_BM25_INDEX_H

#include <math.h>

#include "access/amapi.h"
#include "access/genam.h"
#include "nodes/execnodes.h"
#include "nodes/pathnodes.h"
#include "storage/bufmgr.h"
#include "utils/rel.h"

#include "bridge/bm25_segment.h"
#include "pg/bm25/document.h"
#include "pg/bm25/query.h"
#include "pg/page_edit.h"

/* ---- handler.c, options.c, column_statistics.c ---- */

#define BM25_STRATEGY_MATCH 1 /* tsvector @@ tsquery */
#define BM25_STRATEGY_ORDER 2 /* tsvector <@> bm25query */

#define BM25_DEFAULT_K1 1.2
#define BM25_DEFAULT_B 0.75

extern bool bm25_is_index(Relation rel);
extern void vs_define_bm25_options(void);
extern void vs_define_column_statistics(void);
extern double bm25_option_k1(Relation index);
extern double bm25_option_b(Relation index);
extern bool bm25_option_positions(Relation index);
extern void bm25_option_weights(Relation index, Bm25Weights *weights);
extern bytea *bm25_options(Datum options, bool validate);

/* ---- inspect.c ---- */

/* Terms and their numbers are the table's contents: an error unless the user may read it. */
extern void bm25_check_may_read(Relation index);

/* ---- page.c ---- */

#define BM25_PAYLOAD(page) ((char *) (page) + MAXALIGN(SizeOfPageHeaderData))
#define BM25_META(page) ((VsBm25Meta *) BM25_PAYLOAD(page))
#define BM25_FREE_LIST(page) ((VsBm25FreeList *) BM25_PAYLOAD(page))
#define BM25_LANE(page) ((VsBm25Lane *) BM25_PAYLOAD(page))

/* `bytes` of the payload are in use. */
extern void bm25_init_page(Page page, VsBm25PageKind kind, int stream, uint32 owner, uint32 bytes);
/* Errors unless the page is what it should be. */
extern void bm25_check_page(Relation index, Buffer buffer, VsBm25PageKind kind);
extern Buffer bm25_read(Relation index, BlockNumber block, int lock_mode, VsBm25PageKind kind);
/* A block of a run that was allocated: zeroed, exclusively locked. */
extern Buffer bm25_fresh(Relation index, BlockNumber block);
/* Errors for versions that are not known. */
extern void bm25_check_meta(Relation index, const VsBm25Meta *meta);
/* The meta page, copied and checked. */
extern void bm25_read_meta(Relation index, VsBm25Meta *meta);
/* What an index was made with: never changes, so it is kept in the relation's cache. */
typedef struct Bm25Fixed
{
	Bm25Weights weights;
	bool positions;
} Bm25Fixed;
extern Bm25Fixed bm25_fixed(Relation index);

/* ---- alloc.c ---- */

extern BlockNumber bm25_allocate(Relation index, uint32 pages);
extern void bm25_free(Relation index, BlockNumber first, uint32 pages);
/* Gives back what a crash left behind, unless a segment is being placed. */
extern void bm25_sweep(Relation index);

/* ---- lock.c ---- */

extern void bm25_lock_lists(Relation index);
extern bool bm25_try_lock_lists(Relation index);
extern void bm25_unlock_lists(Relation index);
/* Around writing the pages of a segment and freeing those it replaces, unless the lists are locked all the time. */
extern void bm25_begin_placing(Relation index);
extern void bm25_end_placing(Relation index);
/* With the lists locked.  False: somebody is placing. */
extern bool bm25_try_stop_placing(Relation index);
extern void bm25_allow_placing(Relation index);
/* Not with the lists locked. */
extern void bm25_lock_segment(Relation index, uint32 id);
extern void bm25_wait_for_segment(Relation index, const VsBm25Segment *segment);
extern bool bm25_try_lock_segment(Relation index, uint32 id);
extern void bm25_unlock_segments(Relation index, const VsBm25Segment *segments, int n);
/* The lists, then all segments, as *meta has them; prepare (NULL: nothing) comes in between. */
extern void bm25_lock_all_segments(Relation index, VsBm25Meta *meta, void (*prepare)(Relation index));

/* ---- lane.c ---- */

/* What a scan sees: a consistent list of segments and records. */
typedef struct Bm25Snapshot
{
	VsBm25Meta meta;
	VsBm25Lane lanes[VS_BM25_LANES];
} Bm25Snapshot;

extern Bm25Snapshot *bm25_take_snapshot(Relation index);
/* And the free list as of the same moment. */
extern Bm25Snapshot *bm25_take_snapshot_and_free_list(Relation index, VsBm25FreeList *list);
extern void bm25_snapshot_totals(const Bm25Snapshot *snapshot, double *n_docs, double *sum_len);

typedef struct Bm25Document
{
	VsBm25Row row;
	uint16 len;
	const VsBm25Signature *signature; /* on the page */
	TSVector vector;		  /* on the page, or read already; NULL: elsewhere */
	VsBm25Overflow elsewhere; /* pages = 0: on the page */
	Buffer buffer;			  /* of the record, locked */
	uint32 offset;			  /* of the record on its page */
} Bm25Document;
typedef void (*Bm25Visit)(void *context, Bm25Document *document);
/* The tsvector, read from where it is, for the time of the visit. */
extern TSVector bm25_document_vector(Relation index, Bm25Document *document);
extern void bm25_damaged_record(Relation index, Buffer buffer, uint32 offset) pg_attribute_noreturn();
/* As bm25_find_hits.  What its signature rules out is not read. */
extern bool bm25_find_hits_of_record(Relation index, Bm25Hits *hits, Bm25Document *document);
/* Live records of a run; lock_mode of their page while they are visited. */
extern void bm25_visit_run(Relation index, const VsBm25Run *run, int lock_mode, Bm25Visit visit,
						   void *context);
extern void bm25_visit_lanes(Relation index, const Bm25Snapshot *snapshot, Bm25Visit visit, void *context);
/* Seals the open run of a lane that has room for it. */
extern void bm25_seal_run(VsBm25Lane *lane);
/* Lets a head that was edited end with the runs it has: behind them, a record of WAL has nothing to compare. */
extern void bm25_trim_head(Page head);
/* Seals the open runs, so that a flush has all documents.  Lists locked. */
extern void bm25_seal_lanes(Relation index);

/* ---- runs.c ---- */

typedef struct Bm25BlockRun
{
	BlockNumber first;
	uint32 count;
} Bm25BlockRun;

/* All runs of an index, in the order of their blocks. */
typedef struct Bm25Runs
{
	Bm25BlockRun *runs;
	int n, room;
	BlockNumber next_block; /* where those end that were ever used */
} Bm25Runs;

extern void bm25_list_runs(Relation index, Bm25Runs *runs);
/* Blocks that belong to nothing: a crash, an error or a full free list leaves them behind. */
extern void bm25_visit_gaps(const Bm25Runs *runs, void (*visit)(void *context, BlockNumber first, uint32 count), void *context);

/* ---- reader.c; writer.c has a header of its own ---- */

struct Bm25Writer;

/*
 * Pages of a segment being read: of an index, some of each stream pinned, or of several streams in turn.  A search has
 * several lists that are read side by side, in a few pages each.
 */
#define BM25_MOST_PINS (8 * VS_BM25_STREAMS)
typedef struct Bm25Reader
{
	VsBm25Source source;
	Relation index;
	VsBm25Segment segment;
	BlockNumber first[VS_BM25_STREAMS];
	int n_pins;
	int of_stream; /* of these; 0: less than one each */
	Buffer pins[BM25_MOST_PINS];
	BlockNumber blocks[BM25_MOST_PINS]; /* pinned, or copied */
	struct Bm25Writer *written; /* not in an index: still with the writer */
	char *copies;		 /* of a page of each of its streams */
} Bm25Reader;

extern void bm25_begin_reader(Bm25Reader *reader, Relation index, const VsBm25Segment *segment, int pins);
/* How many pages a search, and each of the readers of a merge, may keep pinned. */
extern int bm25_search_pins(void);
extern int bm25_merge_pins(int readers);
extern void bm25_begin_reader_of_writer(Bm25Reader *reader, struct Bm25Writer *writer, const VsBm25Segment *segment);
extern void bm25_end_reader(Bm25Reader *reader);
/* When an index is built: a table that its own transaction made is truncated in place, and ids begin again. */
extern void bm25_forget_terms(void);
extern uint32 bm25_segment_pages(const VsBm25Segment *segment);
extern void bm25_check_interrupts(void);

/* ---- build.c, insert.c, flush.c, merge.c, vacuum.c, scan.c, cost.c ---- */

extern void bm25_add_document(VsBm25Inverter *inverter, VsBm25Row row, TSVector vector, uint32 len);
extern IndexBuildResult *bm25_build(Relation heap, Relation index, IndexInfo *info);
extern void bm25_build_empty(Relation index);
extern bool bm25_insert(Relation index, Datum *values, bool *isnull, ItemPointer tid, Relation heap,
						IndexUniqueCheck check, bool unchanged, IndexInfo *info);
/* Sealed runs become segments.  False: the list of segments is full, and all of them are being merged.  Lists locked. */
extern bool bm25_flush(Relation index);
/* As many merges as sizes ask for. */
extern void bm25_merge_tiers(Relation index);
/* One merge of few pages, if one is due. */
extern void bm25_merge_few(Relation index);
/* Makes room in the list of segments if it is full.  False: they are all being merged.  Lists locked. */
extern bool bm25_make_room_for_segment(Relation index);
/* All documents to one segment. */
extern void bm25_merge_all(Relation index);
/* The segment of that id as it is now, by way of *meta.  False: it was replaced. */
extern bool bm25_find_segment(Relation index, VsBm25Meta *meta, VsBm25Segment *segment);
/* An id that no segment of the index had before. */
extern uint32 bm25_new_segment_id(Relation index);
/*
 * Puts `added` (NULL: none) in the place of n segments, and of the first n_runs sealed runs of a lane.
 * Lists locked; the blocks of what was replaced are the caller's to free.
 */
extern void bm25_replace_segments(Relation index, const uint32 *ids, int n, const VsBm25Segment *added,
								  int lane, uint32 n_runs);
extern IndexBulkDeleteResult *bm25_bulk_delete(IndexVacuumInfo *info, IndexBulkDeleteResult *stats,
											   IndexBulkDeleteCallback callback, void *state);
extern IndexBulkDeleteResult *bm25_vacuum_cleanup(IndexVacuumInfo *info, IndexBulkDeleteResult *stats);
/* To ask for, where so many rows are wanted and some may be rejected: to go on behind the last result costs another search. */
static inline double
bm25_some_more(double rows)
{
	return ceil(rows * 1.1) + 2;
}
/* Is it the index that is named, or a partition of that? */
extern bool bm25_is_part_of(Oid index, Oid named);
extern void bm25_cost_estimate(PlannerInfo *root, IndexPath *path, double loop_count, Cost *startup,
							   Cost *total, Selectivity *selectivity, double *correlation, double *pages);
extern IndexScanDesc bm25_begin_scan(Relation index, int nkeys, int norderbys);
extern void bm25_rescan(IndexScanDesc scan, ScanKey keys, int nkeys, ScanKey orderbys, int norderbys);
extern bool bm25_get_tuple(IndexScanDesc scan, ScanDirection direction);
extern int64 bm25_get_bitmap(IndexScanDesc scan, TIDBitmap *bitmap);
extern void bm25_end_scan(IndexScanDesc scan);

#endif
