// SPDX-License-Identifier: PostgreSQL
//
// rows.h - the heap rows of a segment's documents, as numbers of one width.
//
// Owns: the pages of the stream of rows.  A page begins with its least block; each row is a block less that one, and
// an offset, at the widths that the segment names.  Documents are in the order of their rows where they
// come from the heap, so that a page has few blocks and a row two bytes instead of six.
#ifndef VECSTORE_CORE_BM25_ROWS_H
#define VECSTORE_CORE_BM25_ROWS_H

#include "bridge/bm25_segment.h"

namespace vecstore {
namespace bm25 {

// The least widths at which every page can hold its rows: row_block_bits and row_offset_bits of the segment.
void FindRowWidths(const VsBm25Row* rows, uint32_t n, VsBm25Segment* segment);
// One page of rows, from document `first` on; returns the document after its last.  page: zeroed, VS_BM25_PAYLOAD.
uint32_t FillRowPage(const VsBm25Row* rows, uint32_t first, uint32_t n, const VsBm25Segment& segment,
                     uint8_t* page);

}  // namespace bm25
}  // namespace vecstore

#endif
