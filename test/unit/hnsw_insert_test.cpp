// SPDX-License-Identifier: PostgreSQL
//
// hnsw_insert_test.cpp - where new nodes go, which links they get, and graphs grown by inserts
// alone.

#include <algorithm>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "graph_check.h"
#include "hnsw_vectors.h"
#include "paged_index.h"
#include "paged_insert.h"

namespace {

using namespace hnsw_test;

// The level-0 nodes by estimate to the current query, nearest first.
std::vector<std::pair<float, VsNodeId>> ByEstimate(const PagedIndex& index) {
  std::vector<std::pair<float, VsNodeId>> nodes;
  index.ForNodes([&](VsNodeId id, const VsHnswRecord* record) {
    if (record->level == 0) nodes.emplace_back(vs_hnsw_estimate(&index.query, record), id);
  });
  std::sort(nodes.begin(), nodes.end());
  return nodes;
}

// The links of a list by the estimates of the current query.
bool NearestFirst(const PagedIndex& index, const std::vector<VsNodeId>& links) {
  return std::is_sorted(links.begin(), links.end(), [&](VsNodeId a, VsNodeId b) {
    return vs_hnsw_estimate(&index.query, index.Record(a)) <
           vs_hnsw_estimate(&index.query, index.Record(b));
  });
}

TEST(HnswInserter, FindsTheNearestAndLinksToIt) {
  for (VsMetric metric : kMetrics) {
    reference::Random random(1);
    PagedIndex index(metric, 16, 6, 48);
    index.Build(MakeVectors(Kind::kGaussian, 300, 16, random));
    index.ForNodes([](VsNodeId id, VsHnswRecord* record) {
      if (id % 7 == 0) record->flags |= VS_NODE_TOMBSTONE;
    });
    Inserter inserter(&index);
    int nearest_found = 0;
    for (int i = 0; i < 40; ++i) {
      index.SetQuery(MakeVector(Kind::kGaussian, 16, random).data());
      inserter.Search(2);
      nearest_found += vs_hnsw_inserter_nearest(inserter.core()) == ByEstimate(index)[0].second;
      for (int level = 0; level <= 2; ++level) {
        const std::vector<VsNodeId> links = inserter.Links(level);
        EXPECT_LE(links.size(), vs_links_at(&index.geometry, level));
        EXPECT_EQ(links.empty(), level > index.entry_level);
        EXPECT_EQ(std::set<VsNodeId>(links.begin(), links.end()).size(), links.size());
        EXPECT_TRUE(NearestFirst(index, links));
        for (VsNodeId id : links) {
          EXPECT_EQ(index.Record(id)->level, level);
          EXPECT_EQ(index.Record(id)->flags, VS_NODE_USED) << "a tombstone";
        }
      }
    }
    EXPECT_GE(nearest_found, 36) << MetricName(metric);
  }
}

TEST(HnswInserter, CopesWithoutAnEntry) {
  reference::Random random(2);
  PagedIndex index(VS_METRIC_L2, 8, 4, 16);
  Inserter inserter(&index);
  index.SetQuery(MakeVector(Kind::kGaussian, 8, random).data());
  inserter.Search(3);
  EXPECT_EQ(vs_hnsw_inserter_nearest(inserter.core()), VS_NO_NODE);
  for (int level = 0; level <= 3; ++level) EXPECT_TRUE(inserter.Links(level).empty());
  // An entry that is gone is like none, and leaves nothing of the search before.
  index.Build(MakeVectors(Kind::kGaussian, 50, 8, random));
  inserter.Search(0);
  EXPECT_NE(vs_hnsw_inserter_nearest(inserter.core()), VS_NO_NODE);
  index.Record(index.entry)->flags = 0;
  inserter.Search(0);
  EXPECT_EQ(vs_hnsw_inserter_nearest(inserter.core()), VS_NO_NODE);
  EXPECT_TRUE(inserter.Links(0).empty());
}

// HNSW, algorithm 4 with keepPrunedConnections, straight from the paper.
std::vector<VsNodeId> SelectByTheBook(PagedIndex* index, VsNodeId from,
                                      const std::vector<VsNodeId>& candidates, size_t limit) {
  const auto distance = [&](VsNodeId a, VsNodeId b) {
    vs_hnsw_query_from_record(&index->query, index->Record(a));
    return vs_hnsw_estimate(&index->query, index->Record(b));
  };
  std::vector<VsNodeId> sorted = candidates, kept, discarded;
  std::sort(sorted.begin(), sorted.end(),
            [&](VsNodeId a, VsNodeId b) { return distance(from, a) < distance(from, b); });
  for (VsNodeId id : sorted) {
    if (kept.size() == limit) break;
    const bool diverse = std::none_of(kept.begin(), kept.end(), [&](VsNodeId other) {
      return distance(id, other) < distance(from, id);
    });
    (diverse ? kept : discarded).push_back(id);
  }
  for (VsNodeId id : discarded)
    if (kept.size() < limit) kept.push_back(id);
  std::sort(kept.begin(), kept.end(),
            [&](VsNodeId a, VsNodeId b) { return distance(from, a) < distance(from, b); });
  return kept;
}

TEST(HnswChooseLinks, FollowsTheAlgorithm) {
  for (VsMetric metric : kMetrics) {
    reference::Random random(3);
    PagedIndex index(metric, 12, 8, 32);
    index.Build(MakeVectors(Kind::kGaussian, 300, 12, random));
    Inserter inserter(&index);
    std::vector<VsNodeId> ids;
    index.ForNodes([&](VsNodeId id, VsHnswRecord* record) {
      if (record->level == 0) ids.push_back(id);
    });
    for (int i = 0; i < 60; ++i) {
      for (size_t k = 0; k + 1 < ids.size(); ++k)
        std::swap(ids[k], ids[static_cast<size_t>(random.Integer(static_cast<int>(k), 299))]);
      const size_t n = static_cast<size_t>(random.Integer(0, 60));
      const int limit = random.Integer(1, 20);
      const std::vector<VsNodeId> candidates(ids.begin() + 1,
                                             ids.begin() + 1 + static_cast<ptrdiff_t>(n));
      std::vector<VsNodeId> chosen(VS_HNSW_MAX_LINKS, 0);
      const int count =
          vs_hnsw_choose_links(inserter.core(), index.Record(ids[0]), candidates.data(),
                               static_cast<int>(n), limit, chosen.data());
      ASSERT_EQ(count, std::min(static_cast<int>(n), limit));
      chosen.resize(static_cast<size_t>(count));
      ASSERT_EQ(chosen, SelectByTheBook(&index, ids[0], candidates, static_cast<size_t>(limit)))
          << MetricName(metric) << " " << n << " " << limit;
    }
  }
}

TEST(HnswChooseLinks, TakesMoreCandidatesThanItConsiders) {
  reference::Random random(4);
  PagedIndex index(VS_METRIC_L2, 4, 4, 8);
  index.Build(MakeVectors(Kind::kGaussian, 1600, 4, random));
  Inserter inserter(&index);
  std::vector<VsNodeId> ids, chosen(VS_HNSW_MAX_LINKS);
  index.ForNodes([&](VsNodeId id, VsHnswRecord* record) {
    if (record->level == 0) ids.push_back(id);
  });
  const int count =
      vs_hnsw_choose_links(inserter.core(), index.Record(ids.back()), ids.data(),
                           static_cast<int>(ids.size()) - 1, VS_HNSW_MAX_LINKS, chosen.data());
  EXPECT_EQ(count, VS_HNSW_MAX_LINKS);
  EXPECT_EQ(std::set<VsNodeId>(chosen.begin(), chosen.end()).size(), chosen.size());
}

// The one link, or the new node, that choosing among all of them would leave out.
TEST(HnswInserter, LeavesOutOfAFullListWhatSelectionWould) {
  for (VsMetric metric : kMetrics) {
    reference::Random random(8);
    PagedIndex index(metric, 12, 5, 32);
    index.Build(MakeVectors(Kind::kGaussian, 300, 12, random));
    Inserter inserter(&index);
    int rejected = 0;
    for (int i = 0; i < 60; ++i) {
      const VsHnswRecord* record = index.Encode(MakeVector(Kind::kGaussian, 12, random).data(), 1000);
      vs_hnsw_query_from_record(&index.query, record);
      inserter.Search(0, record);
      // The new node takes a slot of its own, so that selection can read it.
      const VsNodeId self = inserter.FreeSlot();
      std::memcpy(index.Record(self), record, VS_RECORD_HEADER_BYTES + 12);
      for (VsNodeId from : inserter.Links(0)) {
        const int degree = index.Record(from)->degree;
        if (degree < 10) continue;
        std::vector<VsNodeId> all(index.Links(from), index.Links(from) + degree);
        std::vector<VsNodeId> chosen(VS_HNSW_MAX_LINKS);
        const int victim = inserter.Victim(from, 0, false);
        const int forced = inserter.Victim(from, 0, true);
        all.push_back(self);
        chosen.resize(static_cast<size_t>(vs_hnsw_choose_links(
            inserter.core(), index.Record(from), all.data(), degree + 1, degree, chosen.data())));
        ASSERT_EQ(chosen.size(), static_cast<size_t>(degree));
        const VsNodeId left_out = all[victim < 0 ? static_cast<size_t>(degree) : static_cast<size_t>(victim)];
        EXPECT_EQ(std::count(chosen.begin(), chosen.end(), left_out), 0) << MetricName(metric);
        EXPECT_EQ(forced, victim < 0 ? forced : victim);
        EXPECT_TRUE(forced >= 0 && forced < degree);
        rejected += victim < 0;
      }
    }
    EXPECT_GT(rejected, 0) << MetricName(metric);
  }
}

TEST(HnswInserter, StopsAtANodeWithTheSameCode) {
  for (VsMetric metric : kMetrics) {
    reference::Random random(9);
    const Vectors vectors = MakeVectors(Kind::kGaussian, 300, 16, random);
    PagedIndex index(metric, 16, 6, 48);
    index.Build(vectors);
    Inserter inserter(&index);
    int found = 0;
    for (uint32_t row = 0; row < 300; ++row) {
      const VsHnswRecord* record = index.Encode(vectors[row].data(), row);
      index.SetQuery(vectors[row].data());
      inserter.Search(0, record, true);
      const VsNodeId same = vs_hnsw_inserter_same(inserter.core());
      if (same == VS_NO_NODE) continue;
      found++;
      EXPECT_EQ(index.Record(same)->level, 0);
      EXPECT_EQ(PagedIndex::Row(index.Record(same)->heap_tid), row);
      EXPECT_EQ(vs_hnsw_inserter_nearest(inserter.core()), VS_NO_NODE);
      // Not when nobody asks, nor when no row is left there.
      inserter.Search(0, record, false);
      EXPECT_EQ(vs_hnsw_inserter_same(inserter.core()), VS_NO_NODE);
      index.ForNodes([&](VsNodeId, VsHnswRecord* node) {
        if (vs_hnsw_same_code(node, record, 16)) node->flags |= VS_NODE_TOMBSTONE;
      });
      inserter.Search(0, record, true);
      EXPECT_EQ(vs_hnsw_inserter_same(inserter.core()), VS_NO_NODE);
      EXPECT_NE(vs_hnsw_inserter_nearest(inserter.core()), VS_NO_NODE);
    }
    EXPECT_GE(found, metric == VS_METRIC_IP ? 200 : 295) << MetricName(metric);
  }
}

TEST(HnswInsert, GrowsAGraphThatAnswers) {
  for (VsMetric metric : kMetrics) {
    reference::Random random(5);
    const size_t rows = metric == VS_METRIC_L2 ? 600 : 200;
    const Vectors vectors = MakeVectors(Kind::kGaussian, rows, 16, random);
    const Vectors queries = MakeVectors(Kind::kGaussian, 30, 16, random);
    PagedIndex index(metric, 16, 8, 40);
    Inserter inserter(&index);
    for (uint32_t row = 0; row < vectors.size(); ++row)
      ASSERT_TRUE(inserter.Insert(vectors[row].data(), row));
    EXPECT_EQ(GraphFault(index), "");
    EXPECT_EQ(AllRows(index), Numbers(vectors.size()));
    EXPECT_GE(Recall(&index, metric, vectors, queries, 64, 10), .95) << MetricName(metric);
  }
}

TEST(HnswInsert, GoesOnAfterABuild) {
  reference::Random random(6);
  const Vectors vectors = MakeVectors(Kind::kGaussian, 600, 16, random);
  const Vectors queries = MakeVectors(Kind::kGaussian, 30, 16, random);
  PagedIndex index(VS_METRIC_L2, 16, 12, 48);
  index.Build(Vectors(vectors.begin(), vectors.begin() + 300));
  Inserter inserter(&index);
  for (uint32_t row = 300; row < vectors.size(); ++row)
    ASSERT_TRUE(inserter.Insert(vectors[row].data(), row));
  EXPECT_EQ(GraphFault(index), "");
  EXPECT_EQ(AllRows(index), Numbers(vectors.size()));
  EXPECT_GE(Recall(&index, VS_METRIC_L2, vectors, queries, 64, 10), .95);
}

TEST(HnswInsert, EqualVectorsBecomeOneNode) {
  reference::Random random(7);
  const Vectors distinct = MakeVectors(Kind::kGaussian, 40, 8, random);
  PagedIndex index(VS_METRIC_L2, 8, 6, 24);
  Inserter inserter(&index);
  for (uint32_t row = 0; row < 400; ++row)
    ASSERT_TRUE(inserter.Insert(distinct[row % 40].data(), row));
  EXPECT_EQ(GraphFault(index), "");
  EXPECT_EQ(AllRows(index), Numbers(400));
  EXPECT_EQ(CountNodes(index), distinct.size());
}

}  // namespace
