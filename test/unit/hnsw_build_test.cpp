// SPDX-License-Identifier: PostgreSQL
//
// hnsw_build_test.cpp - in-memory builds, judged by the pages they write.

#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "graph_check.h"
#include "hnsw_vectors.h"
#include "paged_index.h"
#include "participants.h"

namespace {

using namespace hnsw_test;

TEST(HnswBuild, FindsNeighborsUnderEveryMetric) {
  for (VsMetric metric : kMetrics) {
    reference::Random random(1);
    const Vectors vectors =
        MakeVectors(Kind::kGaussian, metric == VS_METRIC_L2 ? 1999 : 400, 24, random);
    const Vectors queries = MakeVectors(Kind::kGaussian, 40, 24, random);
    PagedIndex index(metric, 24, 16, 64);
    index.Build(vectors);
    ExpectSound(index, vectors.size());
    EXPECT_GE(Recall(&index, metric, vectors, queries, 64, 10), .95) << MetricName(metric);
    EXPECT_FALSE(index.calibrated) << "too few nodes to tell";
  }
}

// The fewest links of any node of level 0.
uint32_t LeastDegree(const PagedIndex& index) {
  uint32_t least = UINT32_MAX;
  index.ForNodes([&](VsNodeId, const VsHnswRecord* record) {
    if (record->level == 0) least = std::min<uint32_t>(least, record->degree);
  });
  return least;
}

// Tight clusters tear graphs apart: pruning keeps near links only.
TEST(HnswBuild, ClustersStayReachable) {
  reference::Random random(2);
  Vectors vectors;
  for (int cluster = 0; cluster < 20; ++cluster) {
    const Vector centre = MakeVector(Kind::kGaussian, 12, random);
    for (int i = 0; i < 60; ++i) {
      Vector vector = centre;
      for (float& x : vector) x += 1e-3f * random.Normal();
      vectors.push_back(vector);
    }
  }
  Vectors queries;
  for (size_t i = 0; i < vectors.size(); i += 30) queries.push_back(vectors[i]);
  for (uint32_t m : {2u, 5u, 16u}) {
    PagedIndex index(VS_METRIC_L2, 12, m, 2 * static_cast<int>(m));
    index.Build(vectors);
    SCOPED_TRACE(m);
    ExpectSound(index, vectors.size());
    if (m == 16) {
      EXPECT_GE(Recall(&index, VS_METRIC_L2, vectors, queries, 64, 10), .9);
    }
  }
}

TEST(HnswBuild, EveryListLengthWorks) {
  for (uint32_t m : {2u, 3u, 67u, 100u}) {
    reference::Random random(m);
    const Vectors vectors = MakeVectors(Kind::kGaussian, 450, 4, random);
    PagedIndex index(VS_METRIC_L2, 4, m, 2 * static_cast<int>(m));
    index.Build(vectors);
    SCOPED_TRACE(m);
    ExpectSound(index, vectors.size());
  }
}

TEST(HnswBuild, EveryDimensionWorks) {
  for (uint32_t dims : {1u, 2u, 3u, 31u, 32u, 33u, 500u, 2000u}) {
    reference::Random random(dims);
    const Vectors vectors = MakeVectors(Kind::kGaussian, 80, dims, random);
    PagedIndex index(VS_METRIC_COSINE, dims, 5, 20);
    index.Build(vectors);
    SCOPED_TRACE(dims);
    ExpectSound(index, vectors.size());
  }
}

// A dimension of each packed code, and searches that return rows in the order of their true distances.
TEST(HnswBuild, PackedCodesFindNeighbors) {
  for (uint32_t dims : {2557u, 7809u})
    for (VsMetric metric : kMetrics) {
      reference::Random random(dims);
      const Vectors vectors = MakeVectors(Kind::kGaussian, 60, dims, random);
      const Vectors queries = MakeVectors(Kind::kGaussian, 5, dims, random);
      PagedIndex index(metric, dims, 16, 64);
      index.Build(vectors);
      SCOPED_TRACE(testing::Message() << MetricName(metric) << " " << dims);
      ASSERT_NE(index.geometry.code_kind, VS_CODE_SQ8);
      ExpectSound(index, vectors.size());
      EXPECT_GE(Recall(&index, metric, vectors, queries, 64, 10), .95);
    }
}

TEST(HnswBuild, FewNodes) {
  for (size_t count : {0, 1, 2, 3}) {
    reference::Random random(3);
    PagedIndex index(VS_METRIC_L2, 8, 4, 16);
    index.Build(MakeVectors(Kind::kGaussian, count, 8, random));
    ExpectSound(index, count);
    EXPECT_EQ(index.entry == VS_NO_NODE, count == 0);
    EXPECT_EQ(index.Search(Vector(8, 1), 10, VS_SCAN_STRICT).size(), count);
  }
}

// One node stands for all rows with the same code.
TEST(HnswBuild, EqualVectorsAreOneNode) {
  for (VsMetric metric : kMetrics) {
    PagedIndex index(metric, 6, 4, 16);
    index.Build(Vectors(500, Vector{1, 2, 3, 4, 5, 6}));
    ExpectSound(index, 500);
    EXPECT_EQ(CountNodes(index), 1u);
  }
}

TEST(HnswBuild, DuplicatesComeOutOnceWithTheirOwnNode) {
  reference::Random random(4);
  const Vectors distinct = MakeVectors(Kind::kGaussian, 150, 10, random);
  Vectors vectors;
  for (int i = 0; i < 900; ++i) vectors.push_back(distinct[static_cast<size_t>(i * 7) % 150]);
  PagedIndex index(VS_METRIC_L2, 10, 8, 40);
  index.Build(vectors);
  ExpectSound(index, vectors.size());
  EXPECT_EQ(CountNodes(index), distinct.size());
  EXPECT_GE(LeastDegree(index), 8u) << "nodes with duplicates are linked like others";
  for (const auto& [id, row] : index.more_rows)
    EXPECT_EQ(vectors[row], vectors[PagedIndex::Row(index.Record(id)->heap_tid)]);
}

// A node that stands for others has links like any other.
TEST(HnswBuild, NodesWithDuplicatesAreLinked) {
  reference::Random random(16);
  const Vectors distinct = MakeVectors(Kind::kGaussian, 800, 8, random);
  Vectors vectors = distinct;
  vectors.insert(vectors.end(), distinct.begin(), distinct.begin() + 400);
  PagedIndex index(VS_METRIC_L2, 8, 16, 64);
  index.Build(vectors);
  ExpectSound(index, vectors.size());
  size_t few = 0;
  index.ForNodes([&](VsNodeId, const VsHnswRecord* record) {
    few += record->level == 0 && record->degree < 16;
  });
  EXPECT_LE(few, distinct.size() / 20);
}

// Pages: upper levels first, full but for the last of each kind and the holes that duplicates
// leave.
TEST(HnswBuild, PagesAreFull) {
  reference::Random random(5);
  const Vectors vectors = MakeVectors(Kind::kGaussian, 1500, 16, random);
  PagedIndex index(VS_METRIC_L2, 16, 8, 32);
  index.AddPage(VS_PAGE_CENTROID);
  index.Build(vectors);
  const uint32_t slots = index.geometry.slots_per_page;
  std::map<int, size_t> records;
  size_t upper = 0;
  for (uint32_t row = 0; row < vectors.size(); ++row)
    upper += static_cast<size_t>(vs_hnsw_level(PagedIndex::kSeed, row));
  index.ForNodes([&](VsNodeId, const VsHnswRecord* record) { records[record->level > 0]++; });
  EXPECT_EQ(records[1], upper);
  EXPECT_EQ(records[0], vectors.size());
  const uint32_t upper_pages = static_cast<uint32_t>((upper + slots - 1) / slots);
  const uint32_t pages = upper_pages + static_cast<uint32_t>((vectors.size() + slots - 1) / slots);
  EXPECT_EQ(index.Blocks(), 2 + pages);
  for (uint32_t block = 2; block < index.Blocks(); ++block) {
    const bool last = block == 2 + upper_pages - 1 || block == index.Blocks() - 1;
    EXPECT_TRUE(last || index.Tail(block)->used == slots) << block;
  }
  EXPECT_EQ(vs_node_block(&index.geometry, index.entry), 2u);
}

TEST(HnswBuild, IsDeterministic) {
  reference::Random random(6);
  const Vectors vectors = MakeVectors(Kind::kSparse, 400, 20, random);
  PagedIndex a(VS_METRIC_COSINE, 20, 6, 24), b(VS_METRIC_COSINE, 20, 6, 24);
  a.Build(vectors);
  b.Build(vectors);
  ASSERT_EQ(a.Blocks(), b.Blocks());
  EXPECT_EQ(a.entry, b.entry);
  for (uint32_t block = 0; block < a.Blocks(); ++block)
    EXPECT_EQ(std::memcmp(a.pages[block]->bytes, b.pages[block]->bytes, VS_PAGE_BYTES), 0) << block;
}

// Presets promise rising recall, so their beams never shrink.
TEST(HnswBuild, CalibrationRises) {
  reference::Random random(7);
  PagedIndex index(VS_METRIC_L2, 6, 4, 12);
  index.Build(MakeVectors(Kind::kGaussian, 4000, 6, random));
  ASSERT_TRUE(index.calibrated);
  for (int preset = 0; preset < VS_HNSW_PRESETS; ++preset) {
    EXPECT_GE(index.calibration[preset], 16);
    EXPECT_LE(index.calibration[preset], 10000);
    if (preset > 0) {
      EXPECT_GE(index.calibration[preset], index.calibration[preset - 1]);
    }
  }
  ExpectSound(index, 4000);
}

// More equal vectors than queries are kept back, and nothing but equal vectors.
TEST(HnswBuild, CalibratesOnDuplicates) {
  for (size_t distinct : {1, 3}) {
    reference::Random random(8);
    const Vectors some = MakeVectors(Kind::kGaussian, distinct, 4, random);
    Vectors vectors;
    for (size_t i = 0; i < 4000; ++i) vectors.push_back(some[i % distinct]);
    PagedIndex index(VS_METRIC_L2, 4, 4, 8);
    index.Build(vectors);
    ExpectSound(index, vectors.size());
    EXPECT_EQ(CountNodes(index), distinct);
  }
}

// All estimates equal: nothing to tell nodes apart by but their errors.
TEST(HnswBuild, OverflowingVectorsDoNotBreakIt) {
  for (VsMetric metric : kMetrics)
    for (Kind kind : {Kind::kNearOverflow, Kind::kHugeSquares, Kind::kDenormal, Kind::kSpread}) {
      reference::Random random(9);
      const Vectors vectors = MakeVectors(kind, 200, 9, random);
      PagedIndex index(metric, 9, 4, 16);
      index.Build(vectors);
      SCOPED_TRACE(std::string(MetricName(metric)) + " " + KindName(kind));
      ExpectSound(index, vectors.size());
    }
}

TEST(HnswBuild, ReportsProgressForEveryNode) {
  struct Context {
    Arena arena;
    std::set<uint64_t> linked;
  } context;
  PagedIndex index(VS_METRIC_L2, 5, 4, 16);
  VsHnswBuildHost host = index.BuildHost(&context.arena, 50);
  host.context = &context;
  host.grow = [](void* c, void* old, size_t old_bytes, size_t new_bytes) {
    return static_cast<Context*>(c)->arena.Grow(old, old_bytes, new_bytes);
  };
  host.progress = [](void* c, uint64_t linked) { static_cast<Context*>(c)->linked.insert(linked); };
  VsHnswBuilder* builder = vs_hnsw_builder_create(&host, &index.geometry, &index.space, 16);
  reference::Random random(10);
  for (uint32_t row = 0; row < 50; ++row)
    EXPECT_TRUE(index.AddToBuild(builder, MakeVector(Kind::kGaussian, 5, random).data(), row));
  EXPECT_EQ(vs_hnsw_builder_count(builder), 50u);
  vs_hnsw_builder_link(builder);
  for (uint64_t linked = 1; linked <= 50; ++linked) EXPECT_EQ(context.linked.count(linked), 1u);
  EXPECT_EQ(*context.linked.rbegin(), 50u);
}

// Several participants, each of which sees the block at an address of its own.
TEST(HnswBuild, ParticipantsShareABuild) {
  for (VsMetric metric : kMetrics) {
    reference::Random random(12);
    const Vectors vectors = MakeVectors(Kind::kGaussian, 3000, 24, random);
    const Vectors queries = MakeVectors(Kind::kGaussian, 40, 24, random);
    PagedIndex index(metric, 24, 8, 48);
    BuildTogether(&index, vectors, 4);
    ExpectSound(index, vectors.size());
    EXPECT_TRUE(index.calibrated);
    EXPECT_GE(Recall(&index, metric, vectors, queries, 64, 10), .9) << MetricName(metric);
  }
}

// Lists that all participants change at once, and prune all the time.
TEST(HnswBuild, ParticipantsMeetInFewLists) {
  reference::Random random(13);
  const Vectors vectors = MakeVectors(Kind::kGaussian, 3000, 2, random);
  for (uint32_t m : {2u, 100u}) {
    PagedIndex index(VS_METRIC_L2, 2, m, 2 * static_cast<int>(m));
    BuildTogether(&index, vectors, 8);
    SCOPED_TRACE(m);
    ExpectSound(index, vectors.size());
  }
}

TEST(HnswBuild, ParticipantsMeetDuplicates) {
  reference::Random random(14);
  const Vectors distinct = MakeVectors(Kind::kGaussian, 40, 10, random);
  Vectors vectors;
  for (size_t i = 0; i < 3000; ++i) vectors.push_back(distinct[i % distinct.size()]);
  PagedIndex index(VS_METRIC_L2, 10, 8, 40);
  BuildTogether(&index, vectors, 4);
  ExpectSound(index, vectors.size());
  EXPECT_EQ(CountNodes(index), distinct.size());
}

// More participants than nodes; nothing to do at all.
TEST(HnswBuild, ParticipantsWithoutWork) {
  for (size_t count : {0, 1, 2, 5}) {
    reference::Random random(15);
    PagedIndex index(VS_METRIC_COSINE, 8, 4, 16);
    BuildTogether(&index, MakeVectors(Kind::kGaussian, count, 8, random), 8);
    ExpectSound(index, count);
  }
}

// What does not fit is refused, and what fits becomes an index.
TEST(HnswBuild, EndsAtItsCapacity) {
  Arena memory;
  PagedIndex index(VS_METRIC_L2, 5, 4, 16);
  const uint32_t capacity = vs_hnsw_build_capacity(&index.geometry, 100000);
  EXPECT_LE(vs_hnsw_build_bytes(&index.geometry, capacity), 100000u);
  EXPECT_GT(vs_hnsw_build_bytes(&index.geometry, capacity + 1), 100000u);
  VsHnswBuildHost host = index.BuildHost(&memory, capacity);
  VsHnswBuilder* builder = vs_hnsw_builder_create(&host, &index.geometry, &index.space, 16);
  reference::Random random(11);
  for (uint32_t row = 0; row < capacity + 100; ++row)
    EXPECT_EQ(index.AddToBuild(builder, MakeVector(Kind::kGaussian, 5, random).data(), row),
              row < capacity);
  EXPECT_EQ(vs_hnsw_builder_count(builder), capacity);
  vs_hnsw_builder_link(builder);
  index.WritePages(builder);
  ExpectSound(index, capacity);
}

}  // namespace
