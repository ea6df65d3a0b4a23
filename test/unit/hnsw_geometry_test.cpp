// SPDX-License-Identifier: PostgreSQL
//
// hnsw_geometry_test.cpp - the shape of records and pages, and the levels of nodes.

#include <cmath>
#include <cstdint>

#include <gtest/gtest.h>

#include "bridge/hnsw.h"
#include "bridge/vector.h"

namespace {

constexpr uint32_t kLinkCounts[] = {2, 5, 16, 32, 100};
constexpr uint32_t kPageEnd = VS_PAGE_BYTES - VS_PAGE_SPECIAL_BYTES;

// Bytes of a code that kernels may read.
uint32_t ReadableCode(const VsHnswGeometry& g) {
  return g.code_bytes < VS_QUERY_BLOCK ? VS_QUERY_BLOCK : g.code_bytes;
}

void ExpectRecordsFit(const VsHnswGeometry& g, uint32_t dims, uint32_t m) {
  ASSERT_EQ(g.dims, dims);
  ASSERT_EQ(g.links0, 2 * m);
  ASSERT_EQ(g.links, m);
  ASSERT_EQ(g.code_bytes, vs_hnsw_code_bytes(g.code_kind, dims));
  ASSERT_GE(g.links_offset, VS_RECORD_HEADER_BYTES + g.code_bytes);
  ASSERT_EQ(g.links_offset % alignof(VsNodeId), 0u);
  ASSERT_GE(g.record_bytes, g.links_offset + g.links0 * sizeof(VsNodeId));
  ASSERT_EQ(g.record_bytes % 8, 0u);
  ASSERT_EQ(g.slots_offset % 8, 0u);
  ASSERT_GE(g.slots_offset, uint32_t{VS_PAGE_HEADER_BYTES});
  ASSERT_GE(g.slots_per_page, 1u);
  const uint32_t last = vs_slot_offset(&g, g.slots_per_page - 1);
  ASSERT_LE(last + g.record_bytes, kPageEnd);
  // What a kernel reads beyond a short code stays within the page.
  ASSERT_LE(last + VS_RECORD_HEADER_BYTES + ReadableCode(g), uint32_t{VS_PAGE_BYTES});
  ASSERT_GE(vs_hnsw_load_stride(&g), VS_RECORD_HEADER_BYTES + ReadableCode(g));
  ASSERT_EQ(vs_hnsw_load_stride(&g) % 64, 0u);
}

// Alignment to cache lines may cost 3 % of the slots, and the room for over-reading one.
void ExpectLittleWaste(const VsHnswGeometry& g) {
  const uint32_t smallest = (g.links_offset + g.links0 * sizeof(VsNodeId) + 7) / 8 * 8;
  const uint32_t densest = (kPageEnd - VS_PAGE_HEADER_BYTES) / smallest;
  ASSERT_GE((g.slots_per_page + 1) * 100, densest * 97) << g.dims << " " << g.links;
}

void ExpectIdsRoundTrip(const VsHnswGeometry& g) {
  ASSERT_GE(1u << g.slot_bits, g.slots_per_page);
  if (g.slot_bits > 0) {
    ASSERT_LT(1u << (g.slot_bits - 1), g.slots_per_page);
  }
  for (uint32_t block : {1u, 2u, 77u, UINT32_MAX >> g.slot_bits})
    for (uint32_t slot : {0u, g.slots_per_page / 2, g.slots_per_page - 1}) {
      const VsNodeId id = vs_make_node_id(&g, block, slot);
      ASSERT_NE(id, VS_NO_NODE);
      ASSERT_EQ(vs_node_block(&g, id), block);
      ASSERT_EQ(vs_node_slot(&g, id), slot);
    }
}

TEST(HnswGeometry, EverythingFitsThePage) {
  for (uint32_t m : kLinkCounts)
    for (uint32_t dims = 1; dims <= VS_MAX_DIM; dims += dims < 8000 ? 1 : 7) {
      SCOPED_TRACE(testing::Message() << dims << " dimensions, m = " << m);
      VsHnswGeometry g;
      ASSERT_TRUE(vs_hnsw_geometry(dims, m, VS_STORAGE_PLAIN, &g));
      ASSERT_NO_FATAL_FAILURE(ExpectRecordsFit(g, dims, m));
      ASSERT_NO_FATAL_FAILURE(ExpectLittleWaste(g));
      ASSERT_NO_FATAL_FAILURE(ExpectIdsRoundTrip(g));
    }
}

// More dimensions or links never mean a finer code, and each kind ends where the next one begins.
TEST(HnswGeometry, CodesGetCoarserWithDimensions) {
  for (uint32_t m = 2; m <= VS_HNSW_MAX_M; ++m) {
    VsCodeKind kind = VS_CODE_SQ8;
    for (uint32_t dims = 1; dims <= VS_MAX_DIM; dims += 13) {
      VsHnswGeometry g;
      ASSERT_TRUE(vs_hnsw_geometry(dims, m, VS_STORAGE_PLAIN, &g));
      ASSERT_GE(g.code_kind, kind) << dims << " " << m;
      kind = g.code_kind;
    }
    EXPECT_EQ(kind, VS_CODE_SQ2) << m;
  }
}

TEST(HnswGeometry, CodesOfTheDefaultM) {
  const struct {
    uint32_t dims;
    VsCodeKind kind;
    uint32_t slots;
  } expected[] = {{1, VS_CODE_SQ8, 50},   {1536, VS_CODE_SQ8, 4}, {2556, VS_CODE_SQ8, 3},
                  {2557, VS_CODE_SQ4, 5}, {3072, VS_CODE_SQ4, 4}, {4096, VS_CODE_SQ4, 3},
                  {7808, VS_CODE_SQ4, 2}, {7809, VS_CODE_SQ2, 3}, {16000, VS_CODE_SQ2, 1}};
  for (const auto& e : expected) {
    VsHnswGeometry g;
    ASSERT_TRUE(vs_hnsw_geometry(e.dims, 16, VS_STORAGE_PLAIN, &g));
    EXPECT_EQ(g.code_kind, e.kind) << e.dims;
    EXPECT_EQ(g.slots_per_page, e.slots) << e.dims;
  }
}

TEST(HnswGeometry, RefusesWhatMakesNoSense) {
  VsHnswGeometry g;
  EXPECT_FALSE(vs_hnsw_geometry(0, 16, VS_STORAGE_PLAIN, &g));
  EXPECT_FALSE(vs_hnsw_geometry(VS_MAX_DIM + 1, 16, VS_STORAGE_PLAIN, &g));
  EXPECT_FALSE(vs_hnsw_geometry(UINT32_MAX, 16, VS_STORAGE_PLAIN, &g));
  EXPECT_FALSE(vs_hnsw_geometry(10, 0, VS_STORAGE_PLAIN, &g));
  EXPECT_FALSE(vs_hnsw_geometry(10, 1, VS_STORAGE_PLAIN, &g));
  EXPECT_FALSE(vs_hnsw_geometry(10, VS_HNSW_MAX_M + 1, VS_STORAGE_PLAIN, &g));
  EXPECT_FALSE(vs_hnsw_geometry(10, UINT32_MAX, VS_STORAGE_PLAIN, &g));
}

// At level n or above is one node in 32^n.
TEST(HnswLevel, IsGeometric) {
  constexpr int kKeys = 1 << 20;
  int at_least[VS_HNSW_MAX_LEVEL + 2] = {};
  for (int key = 0; key < kKeys; ++key) {
    const int level = vs_hnsw_level(12345, static_cast<uint64_t>(key));
    ASSERT_GE(level, 0);
    ASSERT_LE(level, VS_HNSW_MAX_LEVEL);
    for (int l = 0; l <= level; ++l) at_least[l]++;
  }
  for (int level = 1; level <= 3; ++level) {
    const double expected = kKeys / std::pow(32.0, level);
    EXPECT_NEAR(at_least[level], expected, 5 * std::sqrt(expected)) << level;
  }
}

TEST(HnswLevel, DependsOnSeedAndKeyOnly) {
  int differ = 0;
  for (uint64_t key = 0; key < 10000; ++key) {
    ASSERT_EQ(vs_hnsw_level(1, key << 16), vs_hnsw_level(1, key << 16));
    differ += vs_hnsw_level(1, key << 16) != vs_hnsw_level(2, key << 16);
  }
  EXPECT_NEAR(differ, 2 * 10000 / 32, 150);
}

}  // namespace
