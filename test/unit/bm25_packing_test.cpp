// SPDX-License-Identifier: PostgreSQL
//
// bm25_packing_test.cpp - the widths of numbers in a block, and packed rows.

#include <vector>

#include <gtest/gtest.h>

#include "bm25_memory.h"
#include "bridge/kernels.h"
#include "core/bm25/patched.h"

namespace {

using namespace bm25_memory;
using namespace vecstore;
using namespace vecstore::bm25;

TEST(Bm25Packing, EveryWidth) {
  std::mt19937 random(1);
  for (unsigned bits = 0; bits <= 32; ++bits) {
    uint32_t in[VS_BLOCK_NUMBERS], out[VS_BLOCK_NUMBERS];
    uint8_t packed[VS_BLOCK_BYTES(32)];
    for (uint32_t& x : in) x = bits == 0 ? 0 : static_cast<uint32_t>(random()) >> (32 - bits);
    vs_kernels()->pack_block(in, bits, packed);
    vs_kernels()->unpack_block(packed, bits, out);
    EXPECT_TRUE(std::equal(in, in + VS_BLOCK_NUMBERS, out)) << bits;
  }
}

TEST(Bm25Packing, GapsBecomeDocuments) {
  std::mt19937 random(3);
  for (size_t n = 0; n <= VS_BLOCK_NUMBERS; ++n) {
    for (uint32_t next : {0u, 1u, 77777u, 4000000000u}) {
      uint32_t docs[VS_BLOCK_NUMBERS];
      for (uint32_t& gap : docs) gap = static_cast<uint32_t>(random()) % 1000;
      std::vector<uint32_t> truth;
      uint32_t doc = next;
      // the end of the segment is among them, or is not
      const uint32_t last = next + (random() % 2 == 0 ? 30000 : 130000);
      for (size_t i = 0; i < n; ++i, ++doc) truth.push_back(std::min(doc += docs[i], last));
      vs_kernels()->docs_of_gaps(docs, n, next, last);
      EXPECT_EQ(truth, std::vector<uint32_t>(docs, docs + n)) << next;
    }
  }
}

TEST(Bm25Packing, DocumentsBeforeAreCounted) {
  std::mt19937 random(4);
  std::vector<uint32_t> docs(VS_BLOCK_NUMBERS);
  for (uint32_t range : {100u, 1000u, ~uint32_t{0}}) {
    for (uint32_t& doc : docs) doc = static_cast<uint32_t>(random()) % range;
    std::fill(docs.end() - 5, docs.end(), ~uint32_t{0});
    std::sort(docs.begin(), docs.end());
    std::vector<uint32_t> asked = docs;
    for (uint32_t doc : docs) asked.insert(asked.end(), {doc - 1, doc + 1});
    for (uint32_t doc : asked) {
      EXPECT_EQ(std::lower_bound(docs.begin(), docs.end(), doc) - docs.begin(), vs_kernels()->docs_before(docs.data(), doc));
    }
  }
}

TEST(Bm25Packing, EqualWidthsAreNotPatched) {
  const std::vector<uint32_t> numbers(128, 1000);
  const Widths widths = ChooseWidths(numbers.data(), numbers.size());
  EXPECT_EQ(widths.bits, 10u);
  EXPECT_EQ(widths.patches, 0u);
  EXPECT_EQ(ChooseWidths(numbers.data(), 0).bits, 0u);
}

TEST(Bm25Packing, FewWideNumbersAre) {
  std::vector<uint32_t> numbers(128, 5);
  numbers[0] = numbers[127] = ~uint32_t{0};
  const Widths widths = ChooseWidths(numbers.data(), numbers.size());
  EXPECT_EQ(widths.bits, 3u);
  EXPECT_EQ(widths.patches, 2u);
  EXPECT_EQ(widths.high_bits, 29u);
}

TEST(Bm25Packing, PatchesAreLimited) {
  std::vector<uint32_t> numbers(30000);
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = i % 10 == 0 ? 16383 : 1;
  const Widths widths = ChooseWidths(numbers.data(), numbers.size());
  EXPECT_EQ(widths.bits, 14u);
  EXPECT_EQ(widths.patches, 0u);
}

// Rows of a segment whose documents have nothing but a word.
void CheckRows(const std::vector<uint64_t>& blocks, uint32_t offsets, unsigned block_bits, bool ascend) {
  Arena arena;
  const VsBm25Memory memory = arena.memory();
  Segment segment;
  VsBm25Inverter* inverter = vs_bm25_inverter(&memory, kAllAlike.data(), true, false);
  std::vector<VsBm25Row> rows;
  for (size_t i = 0; i < blocks.size(); ++i) {
    rows.push_back({static_cast<uint16_t>(blocks[i] >> 16), static_cast<uint16_t>(blocks[i]),
                    static_cast<uint16_t>(i % offsets + 1)});
    Add(inverter, rows.back(), {{"a", {1}}});
  }
  const VsBm25Sink sink = segment.sink();
  vs_bm25_inverter_write(inverter, &sink, &segment.info, [] {});
  EXPECT_EQ(segment.info.row_block_bits, block_bits);
  EXPECT_EQ(segment.info.rows_ascend, ascend);
  const VsBm25Source source = segment.source();
  for (size_t i = 0; i < rows.size(); ++i) {
    ASSERT_EQ(vs_bm25_row_key(vs_bm25_row_of(&segment.info, &source, static_cast<uint32_t>(i))),
              vs_bm25_row_key(rows[i])) << i;
  }
}

TEST(Bm25Rows, OfAHeap) {
  std::vector<uint64_t> blocks(50000);
  for (size_t i = 0; i < blocks.size(); ++i) blocks[i] = i / 29 + 4000000000u;
  CheckRows(blocks, 29, 8, true);
}

TEST(Bm25Rows, OfOneBlock) { CheckRows(std::vector<uint64_t>(200, 0xFFFFFFFEu), 200, 0, true); }

TEST(Bm25Rows, InAnyOrder) {
  std::mt19937 random(3);
  std::vector<uint64_t> blocks(20000);
  for (uint64_t& block : blocks) block = random() % 0xFFFFFFFFu;
  CheckRows(blocks, 60000, 32, false);
}

TEST(Bm25Rows, OfNoDocuments) { CheckRows({}, 1, 0, true); }

}  // namespace
