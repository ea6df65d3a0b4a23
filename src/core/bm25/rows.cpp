// SPDX-License-Identifier: PostgreSQL
//
// rows.cpp - packing heap rows, and finding one.
//
// Owns: the layout of a page of rows.  Pages hold the same number of rows each, so that nothing says where one
// is.  However damaged the widths, nothing outside of a page is read.

#include "core/bm25/rows.h"

#include <algorithm>

#include "core/bm25/bytes.h"

namespace vecstore {
namespace bm25 {

namespace {

constexpr unsigned kMostBlockBits = 32, kMostOffsetBits = 16;
constexpr uint32_t kBaseBytes = sizeof(uint32_t);

uint32_t BlockOf(VsBm25Row row) { return uint32_t{row.block_high} << 16 | row.block_low; }

// Both at most what a row has, together at least one bit.
struct RowWidths {
  unsigned block, offset;

  explicit RowWidths(const VsBm25Segment& segment)
      : RowWidths(segment.row_block_bits, segment.row_offset_bits) {}
  RowWidths(unsigned block_bits, unsigned offset_bits)
      : block(std::min(block_bits, kMostBlockBits)),
        offset(std::min(std::max(offset_bits, 1u), kMostOffsetBits)) {}
  unsigned row() const { return block + offset; }
  uint32_t rows_per_page() const {
    return static_cast<uint32_t>((VS_BM25_PAYLOAD - kBaseBytes - kPackedSlack) * 8 / row());
  }
};

// Can pages of rows_per_page rows do with this many bits for blocks?
bool Fits(const VsBm25Row* rows, uint32_t n, const RowWidths& widths) {
  const uint32_t per_page = widths.rows_per_page();
  for (uint32_t first = 0; first < n; first += per_page) {
    uint32_t least = ~uint32_t{0}, most = 0;
    for (uint32_t i = first; i < std::min(n - first, per_page) + first; ++i) {
      least = std::min(least, BlockOf(rows[i]));
      most = std::max(most, BlockOf(rows[i]));
    }
    if (WidthOf(most - least) > widths.block) return false;
  }
  return true;
}

}  // namespace

void FindRowWidths(const VsBm25Row* rows, uint32_t n, VsBm25Segment* segment) {
  unsigned offsets = 0, blocks = 0;
  for (uint32_t i = 0; i < n; ++i) offsets |= rows[i].offset;
  segment->row_offset_bits = static_cast<uint8_t>(std::max(WidthOf(offsets), 1u));
  while (!Fits(rows, n, RowWidths(blocks, segment->row_offset_bits))) ++blocks;
  segment->row_block_bits = static_cast<uint8_t>(blocks);
}

uint32_t FillRowPage(const VsBm25Row* rows, uint32_t first, uint32_t n, const VsBm25Segment& segment,
                     uint8_t* page) {
  const RowWidths widths(segment);
  const uint32_t end = first + std::min(n - first, widths.rows_per_page());
  uint32_t base = ~uint32_t{0};
  for (uint32_t i = first; i < end; ++i) base = std::min(base, BlockOf(rows[i]));
  memcpy(page, &base, sizeof(base));
  for (uint32_t i = first; i < end; ++i) {
    PutPacked(page + kBaseBytes, i - first, widths.row(),
              uint64_t{rows[i].offset} << widths.block | (BlockOf(rows[i]) - base));
  }
  return end;
}

}  // namespace bm25
}  // namespace vecstore

using namespace vecstore::bm25;

VsBm25Row vs_bm25_row_of(const VsBm25Segment* segment, const VsBm25Source* source, uint32_t doc) {
  const RowWidths widths(*segment);
  const uint32_t per_page = widths.rows_per_page();
  const uint8_t* page = source->read(source->context, VS_BM25_ROWS, doc / per_page);
  uint32_t base;
  memcpy(&base, page, sizeof(base));
  const uint64_t packed = GetPacked(page + kBaseBytes, doc % per_page, widths.row());
  const uint32_t block = base + static_cast<uint32_t>(packed & ((uint64_t{1} << widths.block) - 1));
  return {static_cast<uint16_t>(block >> 16), static_cast<uint16_t>(block),
          static_cast<uint16_t>(packed >> widths.block)};
}
