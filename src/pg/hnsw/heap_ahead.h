/* SPDX-License-Identifier: PostgreSQL
 *
 * heap_ahead.h - make the heap rows that a scan is about to return cheap to read.
 */
#ifndef VECSTORE_PG_HNSW_HEAP_AHEAD_H
#define VECSTORE_PG_HNSW_HEAP_AHEAD_H

#include "access/relscan.h"

#include "pg/hnsw/hnsw.h"

/* Zeroed when the scan begins. */
typedef struct HnswHeapAhead
{
	IndexScanDesc scan;
	HnswHints *hints; /* of the heap; NULL when the table is none, and nothing is done */
	bool announce;	  /* ask the kernel for pages that are not in the buffer pool */
	int64 pages;	  /* hits of this search whose page was asked for */
	int64 rows;		  /* hits of this search whose row was asked for */
} HnswHeapAhead;

/* Before the first hit of every search. */
extern void hnsw_heap_ahead_start(HnswHeapAhead *ahead, IndexScanDesc scan);

/* Before hit number `hit`, from 0, is taken: ask for the rows of those that follow. */
extern void hnsw_heap_ahead_prefetch(HnswHeapAhead *ahead, const VsHnswScan *search, int64 hit);

/* Before the executor fetches a row: give it the pin it will ask for. */
extern void hnsw_heap_ahead_pin(HnswHeapAhead *ahead, ItemPointer tid);

#endif
