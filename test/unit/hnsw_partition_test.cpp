// SPDX-License-Identifier: PostgreSQL
//
// hnsw_partition_test.cpp - builds of so many nodes that they are linked by partitions.

#include <cmath>
#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#include "core/hnsw/partition.h"
#include "graph_check.h"
#include "hnsw_vectors.h"
#include "paged_index.h"
#include "participants.h"

namespace {

using namespace hnsw_test;

constexpr size_t kMany = 4500;

TEST(HnswPartition, FindsNeighborsUnderEveryMetric) {
  for (VsMetric metric : kMetrics) {
    reference::Random random(21);
    const Vectors vectors = MakeVectors(Kind::kGaussian, kMany, 16, random);
    const Vectors queries = MakeVectors(Kind::kGaussian, 40, 16, random);
    PagedIndex index(metric, 16, 16, 64);
    index.Build(vectors);
    ExpectSound(index, vectors.size());
    EXPECT_TRUE(index.calibrated);
    EXPECT_GE(Recall(&index, metric, vectors, queries, 100, 10), .95) << MetricName(metric);
  }
}

// Packed codes go to the panel as bytes: what it finds nearest is what estimates say.
TEST(HnswPartition, PanelsOfPackedCodesEstimateAlike) {
  constexpr uint32_t kRows = 40;
  for (uint32_t dims : {2557u, 7809u})
    for (VsMetric metric : kMetrics) {
      SCOPED_TRACE(testing::Message() << MetricName(metric) << " " << dims);
      reference::Random random(dims);
      PagedIndex index(metric, dims, 16, 64);
      vecstore::hnsw::PanelBuffer buffer;
      buffer.Init({index.host.context, index.host.grow}, &index.space);
      buffer.Begin(kRows);
      std::vector<VsHnswRecord*> records;
      for (uint32_t row = 0; row < kRows; ++row) {
        const VsHnswRecord* record = index.Encode(MakeVector(Kind::kGaussian, dims, random).data(), row);
        records.push_back(reinterpret_cast<VsHnswRecord*>(
            index.arena.New<uint64_t>(vs_hnsw_load_stride(&index.geometry) / 8)));
        std::memcpy(records[row], record, vs_hnsw_load_stride(&index.geometry));
        buffer.Set(row, records[row]);
      }
      buffer.End();
      VsPanelNearest nearest[VS_PANEL_GROUP];
      index.space.kernels->panel_nearest(buffer.panel(), 0, buffer.panel(), nearest);
      for (uint32_t row = 0; row < VS_PANEL_GROUP; ++row) {
        vs_hnsw_query_from_record(&index.query, records[row]);
        for (uint32_t k = 0; k < VS_PANEL_GROUP; ++k) {
          const float estimate = vs_hnsw_estimate(&index.query, records[nearest[row].row[k]]);
          ASSERT_NEAR(nearest[row].estimate[k], estimate,
                      1e-4 * (std::fabs(estimate) + records[row]->norm));
        }
      }
    }
}

TEST(HnswPartition, ParticipantsShareABuild) {
  for (VsMetric metric : {VS_METRIC_L2, VS_METRIC_L1}) {
    reference::Random random(22);
    const Vectors vectors = MakeVectors(Kind::kGaussian, kMany, 12, random);
    const Vectors queries = MakeVectors(Kind::kGaussian, 40, 12, random);
    PagedIndex index(metric, 12, 8, 64);
    BuildTogether(&index, vectors, 3);
    ExpectSound(index, vectors.size());
    EXPECT_GE(Recall(&index, metric, vectors, queries, 100, 10), .9) << MetricName(metric);
  }
}

TEST(HnswPartition, ListsOfAnyLength) {
  reference::Random random(23);
  const Vectors vectors = MakeVectors(Kind::kGaussian, kMany, 4, random);
  for (uint32_t m : {2u, 3u, 100u}) {
    PagedIndex index(VS_METRIC_L2, 4, m, 2 * static_cast<int>(m));
    index.Build(vectors);
    SCOPED_TRACE(m);
    ExpectSound(index, vectors.size());
  }
}

// Corners of a cube: few different distances, and many leaders as near as each other.
TEST(HnswPartition, EqualDistances) {
  Vectors vectors;
  for (unsigned corner = 0; corner < 1u << 13; ++corner) {
    Vector vector(13);
    for (unsigned i = 0; i < 13; ++i) vector[i] = corner >> i & 1 ? 1.0f : -1.0f;
    vectors.push_back(vector);
  }
  PagedIndex index(VS_METRIC_L2, 13, 8, 64);
  index.Build(vectors);
  ExpectSound(index, vectors.size());
}

// A code for every node, but no distance between most of them: a partition divides nothing.
TEST(HnswPartition, DistancesThatVanish) {
  Vectors vectors;
  for (size_t i = 0; i < kMany; ++i) {
    Vector vector(8, 1e6f);
    vector[i % 8] += static_cast<float>(i % 1000) / 16;
    vectors.push_back(vector);
  }
  PagedIndex index(VS_METRIC_L2, 8, 8, 64);
  index.Build(vectors);
  ExpectSound(index, vectors.size());
}

TEST(HnswPartition, OneNodeStandsForEqualOnes) {
  reference::Random random(24);
  const Vectors distinct = MakeVectors(Kind::kGaussian, 300, 10, random);
  Vectors vectors;
  for (size_t i = 0; i < 3 * kMany; ++i)
    vectors.push_back(i % 3 == 0 ? MakeVector(Kind::kGaussian, 10, random) : distinct[i % 300]);
  for (int participants : {1, 4}) {
    PagedIndex index(VS_METRIC_L2, 10, 8, 40);
    BuildTogether(&index, vectors, participants);
    ExpectSound(index, vectors.size());
    EXPECT_EQ(CountNodes(index), kMany + 200);
  }
}

TEST(HnswPartition, AllEqual) {
  PagedIndex index(VS_METRIC_COSINE, 6, 4, 16);
  index.Build(Vectors(2 * kMany, Vector{1, 2, 3, 4, 5, 6}));
  ExpectSound(index, 2 * kMany);
  EXPECT_EQ(CountNodes(index), 1u);
}

// Clusters far apart and far larger than a leaf.
TEST(HnswPartition, ClustersStayReachable) {
  reference::Random random(25);
  Vectors vectors, queries;
  for (int cluster = 0; cluster < 4; ++cluster) {
    const Vector centre = MakeVector(Kind::kGaussian, 12, random);
    for (int i = 0; i < 2000; ++i) {
      Vector vector = centre;
      for (float& x : vector) x += 1e-2f * random.Normal();
      vectors.push_back(vector);
      if (i % 200 == 0) queries.push_back(vector);
    }
  }
  PagedIndex index(VS_METRIC_L2, 12, 16, 64);
  index.Build(vectors);
  ExpectSound(index, vectors.size());
  EXPECT_GE(Recall(&index, VS_METRIC_L2, vectors, queries, 100, 10), .9);
}

}  // namespace
