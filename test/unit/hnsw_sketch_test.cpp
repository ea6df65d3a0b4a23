// SPDX-License-Identifier: PostgreSQL
//
// hnsw_sketch_test.cpp - sketches of neighbours: their place in records, what they tell, and searches by them.

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "core/hnsw/sketch_search.h"
#include "graph_check.h"
#include "hnsw_vectors.h"
#include "paged_index.h"
#include "paged_insert.h"

namespace {

using namespace hnsw_test;
using vecstore::hnsw::SeenEstimates;

constexpr VsMetric kSketchMetrics[] = {VS_METRIC_L2, VS_METRIC_IP, VS_METRIC_COSINE};

TEST(HnswSketch, RecordsFitThePage) {
  for (uint32_t m : {2u, 5u, 16u, 48u, 100u}) {
    bool fits = true;
    for (uint32_t dims = 1; dims <= 4000; ++dims) {
      SCOPED_TRACE(testing::Message() << dims << " dimensions, m = " << m);
      VsHnswGeometry g;
      const bool fitted = fits;
      fits = vs_hnsw_geometry(dims, m, VS_STORAGE_SKETCH, &g);
      ASSERT_TRUE(fitted || !fits) << "too many dimensions at first";
      if (!fits) continue;
      ASSERT_EQ(g.code_kind, VS_CODE_SQ8);
      ASSERT_LE(g.sketch_bits, dims);
      ASSERT_GE(g.sketch_bits * 16, dims * 15);
      ASSERT_GE((g.sketch_bytes - VS_SKETCH_HEADER_BYTES) * 8, g.sketch_bits);
      ASSERT_GE(g.sketches_offset, g.links_offset + g.links0 * sizeof(VsNodeId));
      ASSERT_GE(g.record_bytes, g.sketches_offset + g.links0 * g.sketch_bytes);
      ASSERT_LE(vs_slot_offset(&g, g.slots_per_page), uint32_t{VS_PAGE_BYTES - VS_PAGE_SPECIAL_BYTES});
    }
  }
}

TEST(HnswSketch, GivesUpDimensionsForPages) {
  const struct {
    uint32_t dims, bits, slots;
  } expected[] = {{100, 100, 10}, {768, 752, 2}, {784, 744, 2}, {960, 960, 1}, {1536, 1536, 1}};
  for (const auto& e : expected) {
    VsHnswGeometry g;
    ASSERT_TRUE(vs_hnsw_geometry(e.dims, 16, VS_STORAGE_SKETCH, &g));
    EXPECT_EQ(g.slots_per_page, e.slots) << e.dims;
    EXPECT_EQ(g.sketch_bits, e.bits) << e.dims;
  }
  VsHnswGeometry g;
  EXPECT_FALSE(vs_hnsw_geometry(2000, 16, VS_STORAGE_SKETCH, &g));
  EXPECT_TRUE(vs_hnsw_geometry(2000, 8, VS_STORAGE_SKETCH, &g));
}

// Estimates lean to neither side and err as little as their bits promise.
TEST(HnswSketch, EstimatesAreRightOnAverage) {
  for (VsMetric metric : kSketchMetrics)
    for (uint32_t dims : {64u, 100u, 784u}) {
      SCOPED_TRACE(testing::Message() << MetricName(metric) << ", " << dims << " dimensions");
      reference::Random random(dims);
      PagedIndex index(metric, dims, 16, 40, VS_STORAGE_SKETCH);
      index.Build(MakeVectors(Kind::kGaussian, 150, dims, random));
      double sum = 0, squares = 0;
      int count = 0;
      for (int i = 0; i < 20; ++i) {
        index.SetQuery(MakeVector(Kind::kGaussian, dims, random).data());
        index.ForNodes([&](VsNodeId id, VsHnswRecord* record) {
          VsHnswLinkEstimate estimates[VS_HNSW_MAX_LINKS];
          if (record->level > 0) return;
          const float own = vs_hnsw_estimate(&index.query, record);
          vs_hnsw_estimate_links(&index.query, &index.geometry, record, own, index.sketch_scratch.data(), estimates);
          for (int k = 0; k < record->degree; ++k) {
            const VsHnswRecord* neighbor = index.Record(index.Links(id)[k]);
            const double truth = vs_hnsw_estimate(&index.query, neighbor);
            const double error = (estimates[k].estimate - truth) / (metric == VS_METRIC_IP ? dims : own);
            EXPECT_GT(estimates[k].weight, 0);
            sum += error;
            squares += error * error;
            count++;
          }
        });
      }
      // <x, y> errs by 0.75 / sqrt(dims) of |x| |y|; the difference of squares has it twice.
      const double deviation = std::sqrt(squares / count);
      EXPECT_NEAR(sum / count, 0, 0.1 * deviation);
      EXPECT_LE(deviation, 3 / std::sqrt(double(dims)));
      EXPECT_GT(deviation, 0);
    }
}

TEST(HnswSketch, TellsNodesApart) {
  reference::Random random(3);
  PagedIndex index(VS_METRIC_L2, 48, 6, 32, VS_STORAGE_SKETCH);
  index.Build(MakeVectors(Kind::kGaussian, 200, 48, random));
  ASSERT_EQ(GraphFault(index), "");
  int checked = 0;
  index.ForNodes([&](VsNodeId id, VsHnswRecord* record) {
    if (record->level > 0 || record->degree < 2) return;
    const uint8_t* sketch = vs_record_sketch(&index.geometry, record, 0);
    EXPECT_FALSE(vs_hnsw_sketch_fits(&index.geometry, record, index.Record(index.Links(id)[1]), sketch));
    checked++;
  });
  EXPECT_GT(checked, 100);
}

// Whatever the vectors are, estimates are numbers.
TEST(HnswSketch, EstimatesAreNumbers) {
  for (VsMetric metric : kSketchMetrics)
    for (Kind kind : kKinds) {
      SCOPED_TRACE(testing::Message() << MetricName(metric) << ", " << KindName(kind));
      reference::Random random(4);
      PagedIndex index(metric, 30, 4, 16, VS_STORAGE_SKETCH);
      index.Build(MakeVectors(kind, 80, 30, random));
      EXPECT_EQ(GraphFault(index), "");
      for (Kind asked : kKinds) {
        index.SetQuery(MakeVector(asked, 30, random).data());
        index.ForNodes([&](VsNodeId, VsHnswRecord* record) {
          VsHnswLinkEstimate estimates[VS_HNSW_MAX_LINKS];
          if (record->level > 0) return;
          vs_hnsw_estimate_links(&index.query, &index.geometry, record, vs_hnsw_estimate(&index.query, record),
                                 index.sketch_scratch.data(), estimates);
          for (int k = 0; k < record->degree; ++k) {
            EXPECT_TRUE(std::isfinite(estimates[k].estimate));
            EXPECT_TRUE(std::isfinite(estimates[k].weight) && estimates[k].weight > 0);
          }
        });
      }
    }
}

TEST(HnswSketch, SearchesFindWhatSearchesByCodesFind) {
  for (VsMetric metric : kSketchMetrics) {
    reference::Random random(5);
    const Vectors vectors = MakeVectors(Kind::kGaussian, 1500, 32, random);
    const Vectors queries = MakeVectors(Kind::kGaussian, 30, 32, random);
    PagedIndex plain(metric, 32, 8, 40), sketched(metric, 32, 8, 40, VS_STORAGE_SKETCH);
    plain.Build(vectors);
    sketched.Build(vectors);
    const double expected = Recall(&plain, metric, vectors, queries, 60, 10);
    EXPECT_GE(Recall(&sketched, metric, vectors, queries, 60, 10), expected - 0.02) << MetricName(metric);
  }
}

// Also those that only the walk finds; no node twice; strict order comes out in order.
TEST(HnswSketch, ScansReturnEveryNodeOnce) {
  reference::Random random(6);
  PagedIndex index(VS_METRIC_L2, 20, 6, 32, VS_STORAGE_SKETCH);
  index.Build(MakeVectors(Kind::kGaussian, 600, 20, random));
  std::set<VsNodeId> lonely;
  index.ForNodes([&](VsNodeId id, VsHnswRecord* record) {
    if (record->level == 0 && id % 50 == 3) lonely.insert(id);
  });
  for (bool isolated : {false, true}) {
    if (isolated)
      index.ForNodes([&](VsNodeId id, VsHnswRecord* record) {
        for (int i = 0; i < record->degree;)
          if (lonely.count(index.Links(id)[i]) > 0) {
            index.Links(id)[i] = index.Links(id)[--record->degree];
            if (i < record->degree) index.Sketch(id, i);
          } else {
            i++;
          }
      });
    for (VsScanOrder order : {VS_SCAN_RELAXED, VS_SCAN_STRICT})
      for (int ef : {1, 4, 40, 1000}) {
        SCOPED_TRACE(testing::Message() << "order " << order << ", ef " << ef);
        std::vector<uint32_t> rows;
        double last = -INFINITY;
        bool late = false;
        for (const VsHnswHit& hit : index.Search(MakeVector(Kind::kGaussian, 20, random), ef, order)) {
          rows.push_back(PagedIndex::Row(hit.heap_tid));
          late |= hit.bound < last;
          if (order == VS_SCAN_STRICT && !late) EXPECT_GE(hit.bound, last);
          last = hit.bound;
        }
        std::sort(rows.begin(), rows.end());
        EXPECT_EQ(rows, Numbers(600));
      }
  }
}

// A search that does not come down to level 0 has found nothing, though it has read nodes above.
TEST(HnswSketch, BrokenWaysDownFindNothing) {
  reference::Random random(8);
  PagedIndex index(VS_METRIC_L2, 12, 4, 24, VS_STORAGE_SKETCH);
  index.Build(MakeVectors(Kind::kGaussian, 3000, 12, random));
  ASSERT_GE(index.entry_level, 2);
  index.ForNodes([](VsNodeId, VsHnswRecord* record) {
    if (record->level == 1) record->flags = 0;
  });
  EXPECT_TRUE(index.Search(MakeVector(Kind::kGaussian, 12, random), 20, VS_SCAN_BEAM_ONLY).empty());
}

TEST(HnswSketch, InsertsKeepSketchesInStep) {
  for (VsMetric metric : kSketchMetrics) {
    reference::Random random(7);
    const Vectors vectors = MakeVectors(Kind::kGaussian, 700, 24, random);
    PagedIndex index(metric, 24, 5, 24, VS_STORAGE_SKETCH);
    index.Build(Vectors(vectors.begin(), vectors.begin() + 300));
    Inserter inserter(&index);
    for (uint32_t row = 300; row < vectors.size(); ++row) inserter.Insert(vectors[row].data(), row);
    EXPECT_EQ(GraphFault(index), "");
    EXPECT_EQ(AllRows(index), Numbers(vectors.size()));
    EXPECT_GE(Recall(&index, metric, vectors, MakeVectors(Kind::kGaussian, 20, 24, random), 100, 10), 0.9)
        << MetricName(metric);
  }
}

TEST(HnswSeenEstimates, AreWeightedMeans) {
  Arena arena;
  SeenEstimates seen;
  seen.Init({&arena, [](void* context, void* old, size_t old_bytes, size_t new_bytes) {
               return static_cast<Arena*>(context)->Grow(old, old_bytes, new_bytes);
             }});
  for (int round = 0; round < 3; ++round) {
    std::map<VsNodeId, std::pair<double, double>> expected;  // sums of weighted estimates and of weights
    reference::Random random(static_cast<uint32_t>(round));
    seen.Clear();
    for (int i = 0; i < 20000; ++i) {
      const VsNodeId id = 1 + static_cast<VsNodeId>(random.Integer(0, 3000 << round));
      const VsHnswLinkEstimate next = {random.Normal(), std::exp(random.Normal())};
      auto& [sum, weight] = expected[id];
      const bool first = weight == 0;
      const double known = first ? INFINITY : sum / weight;
      float before;
      sum += double(next.estimate) * next.weight;
      weight += next.weight;
      ASSERT_NEAR(seen.Combine(id, next, &before), sum / weight, 1e-4);
      if (first)
        ASSERT_EQ(before, INFINITY);
      else
        ASSERT_NEAR(before, known, 1e-4);
    }
  }
}

}  // namespace
