// SPDX-License-Identifier: PostgreSQL
//
// hnsw_scan_test.cpp - ordered scans over pages, undisturbed and while pages change under them.

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "graph_check.h"
#include "hnsw_vectors.h"
#include "paged_index.h"
#include "paged_insert.h"

namespace {

using namespace hnsw_test;

constexpr VsScanOrder kOrders[] = {VS_SCAN_BEAM_ONLY, VS_SCAN_RELAXED, VS_SCAN_STRICT};
constexpr uint32_t kDims = 20;

class HnswScan : public testing::Test {
 protected:
  // One build serves all tests of a target; each works on a copy.
  static void SetUpTestSuite() {
    reference::Random random(1);
    vectors_ = MakeVectors(Kind::kGaussian, 600, kDims, random);
    built_ = new PagedIndex(VS_METRIC_L2, kDims, 6, 32);
    built_->Build(vectors_);
  }
  static void TearDownTestSuite() { delete built_; }

  HnswScan() : index_(VS_METRIC_L2, kDims, 6, 32), random_(2) { index_.Copy(*built_); }

  Vector Query() { return MakeVector(Kind::kGaussian, kDims, random_); }

  // Unmade links leave these nodes to the walk.
  void Isolate(const std::set<VsNodeId>& nodes) {
    index_.ForNodes([&](VsNodeId id, VsHnswRecord* record) {
      VsNodeId* links = index_.Links(id);
      VsNodeId* end = std::remove_if(links, links + record->degree,
                                     [&](VsNodeId link) { return nodes.count(link) > 0; });
      record->degree = static_cast<uint8_t>(end - links);
    });
  }

  static PagedIndex* built_;
  static Vectors vectors_;
  PagedIndex index_;
  reference::Random random_;
};

PagedIndex* HnswScan::built_;
Vectors HnswScan::vectors_;

std::vector<uint32_t> Rows(const std::vector<VsHnswHit>& hits) {
  std::vector<uint32_t> rows;
  for (const VsHnswHit& hit : hits) rows.push_back(PagedIndex::Row(hit.heap_tid));
  return rows;
}

std::vector<uint32_t> Sorted(std::vector<uint32_t> rows) {
  std::sort(rows.begin(), rows.end());
  return rows;
}

// Which hits are late: found after one with a larger bound had been returned.
std::vector<bool> Late(const std::vector<VsHnswHit>& hits) {
  std::vector<bool> late;
  double last = -INFINITY;
  for (const VsHnswHit& hit : hits) {
    late.push_back(hit.bound < last);
    last = std::max(last, hit.bound);
  }
  return late;
}

// A beam alone has no late hits; in strict order they come last, in order among themselves.
void ExpectOrdered(const std::vector<VsHnswHit>& hits, VsScanOrder order) {
  const std::vector<bool> late = Late(hits);
  const size_t first = std::find(late.begin(), late.end(), true) - late.begin();
  ASSERT_TRUE(order != VS_SCAN_BEAM_ONLY || first == hits.size());
  if (order != VS_SCAN_STRICT) return;
  for (size_t i = first + 1; i < hits.size(); ++i) {
    ASSERT_TRUE(late[i]) << "in order after a late hit";
    ASSERT_GE(hits[i].bound, hits[i - 1].bound);
  }
}

TEST_F(HnswScan, ReturnsEveryNodeOnce) {
  for (VsScanOrder order : kOrders)
    for (int ef : {1, 4, 40, 1000})
      for (int i = 0; i < 5; ++i) {
        SCOPED_TRACE(testing::Message() << "order " << order << ", ef " << ef);
        const std::vector<VsHnswHit> hits = index_.Search(Query(), ef, order);
        ASSERT_NO_FATAL_FAILURE(ExpectOrdered(hits, order));
        if (order == VS_SCAN_BEAM_ONLY) {
          const std::vector<uint32_t> rows = Rows(hits);
          EXPECT_LE(hits.size(), static_cast<size_t>(ef));
          EXPECT_GE(hits.size(), 1u);
          EXPECT_EQ(std::set<uint32_t>(rows.begin(), rows.end()).size(), hits.size());
        } else {
          EXPECT_EQ(Sorted(Rows(hits)), Numbers(vectors_.size()));
        }
      }
}

// The same scan object serves any number of queries, left off anywhere.
TEST_F(HnswScan, SeesTheNextRowsOfTheBeam) {
  VsHnswScan* scan = vs_hnsw_scan_create(&index_.host, &index_.geometry);
  index_.SetQuery(Query().data());
  vs_hnsw_scan_begin(scan, &index_.query, index_.entry, index_.entry_level, index_.Blocks(), 200,
                     VS_SCAN_BEAM_ONLY);
  std::vector<uint32_t> rows, seen;
  VsHnswHit hit;
  for (;;) {
    for (const uint8_t* row; (row = vs_hnsw_scan_ahead(scan, seen.size() - rows.size()));)
      seen.push_back(PagedIndex::Row(row));
    if (!vs_hnsw_scan_next(scan, &hit)) break;
    rows.push_back(PagedIndex::Row(hit.heap_tid));
    if (seen.size() < rows.size()) seen.push_back(rows.back());
  }
  EXPECT_EQ(rows.size(), 200u);
  EXPECT_EQ(seen, rows);
}

TEST_F(HnswScan, StartsAfreshEveryTime) {
  const Vector query = Query();
  const std::vector<uint32_t> expected = Rows(index_.Search(query, 20, VS_SCAN_STRICT));
  for (size_t limit : {0, 1, 14, 15, 16, 100, 599}) {
    index_.Search(Query(), 20, VS_SCAN_RELAXED, limit);
    EXPECT_EQ(Rows(index_.Search(query, 20, VS_SCAN_STRICT)), expected);
  }
}

// Exact reordering of what a bound lets through gives the exact order, however narrow the beam.
TEST_F(HnswScan, BoundsAreBelowTrueDistances) {
  for (VsMetric metric : kMetrics) {
    PagedIndex index(metric, kDims, 6, 32);
    index.Build(Vectors(vectors_.begin(), vectors_.begin() + 200));
    const Vector query = Query();
    for (const VsHnswHit& hit : index.Search(query, 10, VS_SCAN_STRICT))
      ASSERT_LE(hit.bound, OperatorValue(metric, query, vectors_[PagedIndex::Row(hit.heap_tid)]));
  }
}

TEST_F(HnswScan, LateHitsHappen) {
  size_t late = 0;
  for (int i = 0; i < 20; ++i)
    for (bool is_late : Late(index_.Search(Query(), 1, VS_SCAN_RELAXED))) late += is_late;
  EXPECT_GT(late, 0u) << "the tests above prove nothing about them otherwise";
}

TEST_F(HnswScan, NeverReturnsTombstones) {
  index_.ForNodes([](VsNodeId id, VsHnswRecord* record) {
    if (id % 3 == 0) record->flags |= VS_NODE_TOMBSTONE;
  });
  size_t alive = 0;
  index_.ForNodes([&](VsNodeId, VsHnswRecord* record) {
    alive += record->level == 0 && !(record->flags & VS_NODE_TOMBSTONE);
  });
  for (VsScanOrder order : kOrders) {
    const std::vector<VsHnswHit> hits = index_.Search(Query(), 30, order);
    for (const VsHnswHit& hit : hits) ASSERT_EQ(hit.flags & VS_NODE_TOMBSTONE, 0);
    if (order != VS_SCAN_BEAM_ONLY) {
      EXPECT_EQ(hits.size(), alive);
    }
  }
}

TEST_F(HnswScan, FindsUnreachableNodesByWalking) {
  std::set<VsNodeId> lost;
  index_.ForNodes([&](VsNodeId id, VsHnswRecord* record) {
    if (record->level == 0 && lost.size() < 50 && id % 5 == 0) lost.insert(id);
  });
  Isolate(lost);
  ASSERT_LT(CountReachable(index_), vectors_.size());
  for (VsScanOrder order : {VS_SCAN_RELAXED, VS_SCAN_STRICT}) {
    const std::vector<VsHnswHit> hits = index_.Search(Query(), 30, order);
    ExpectOrdered(hits, order);
    EXPECT_EQ(Sorted(Rows(hits)), Numbers(vectors_.size()));
  }
}

// Pages of other kinds may look like nodes.
TEST_F(HnswScan, WalksNodePagesOnly) {
  for (VsPageKind kind : {VS_PAGE_CENTROID, VS_PAGE_POSTINGS}) {
    const uint32_t block = index_.AddPage(VS_PAGE_NODES);
    std::memcpy(index_.pages[block]->bytes, index_.pages[block - 1]->bytes,
                VS_PAGE_BYTES - VS_PAGE_SPECIAL_BYTES);
    index_.Tail(block)->kind = kind;
  }
  EXPECT_EQ(Sorted(Rows(index_.Search(Query(), 30, VS_SCAN_STRICT))), Numbers(vectors_.size()));
}

TEST_F(HnswScan, WalksWhenTheEntryIsGone) {
  VsHnswHit hit;
  VsHnswScan* scan = vs_hnsw_scan_create(&index_.host, &index_.geometry);
  const int levels[] = {0, 1, index_.entry_level, 7};
  index_.SetQuery(Query().data());
  // A slot that is free, and one that was reused at another level, for a row the scan cannot see.
  const VsNodeId entries[] = {
      vs_make_node_id(&index_.geometry, 1, index_.geometry.slots_per_page - 1),
      vs_make_node_id(&index_.geometry, index_.Blocks() - 1, 0)};
  for (VsNodeId entry : entries)
    for (int level : levels) {
      const VsHnswRecord* record = index_.Record(entry);
      if ((record->flags & VS_NODE_USED) && record->level == level) continue;
      EXPECT_FALSE(vs_hnsw_scan_begin(scan, &index_.query, entry, level, index_.Blocks(), 10,
                                      VS_SCAN_STRICT));
      size_t count = 0;
      while (vs_hnsw_scan_next(scan, &hit)) count++;
      EXPECT_GE(count, vectors_.size() - 1);
    }
}

TEST_F(HnswScan, OfAnEmptyIndexEnds) {
  PagedIndex empty(VS_METRIC_L2, kDims, 6, 32);
  for (VsScanOrder order : kOrders) EXPECT_TRUE(empty.Search(Query(), 10, order).empty());
}

// Blocks added after the scan began are none of its business.
TEST_F(HnswScan, IgnoresLaterBlocks) {
  const uint32_t blocks = index_.Blocks();
  VsHnswScan* scan = vs_hnsw_scan_create(&index_.host, &index_.geometry);
  VsHnswHit hit;
  index_.SetQuery(Query().data());
  ASSERT_TRUE(vs_hnsw_scan_begin(scan, &index_.query, index_.entry, index_.entry_level, blocks, 10,
                                 VS_SCAN_STRICT));
  const VsHnswQuery query = index_.query;
  const Vector saved(query.values, query.values + kDims);
  const std::vector<int16_t> code(query.code, query.code + vs_query_size(kDims));
  Inserter inserter(&index_);
  for (uint32_t row = 600; row < 900; ++row) ASSERT_TRUE(inserter.Insert(Query().data(), row));
  ASSERT_GT(index_.Blocks(), blocks);
  index_.query = query;
  std::copy(saved.begin(), saved.end(), query.values);
  std::copy(code.begin(), code.end(), query.code);
  std::set<uint32_t> rows;
  while (vs_hnsw_scan_next(scan, &hit)) {
    ASSERT_LT(vs_node_block(&index_.geometry, hit.id), blocks);
    ASSERT_TRUE(rows.insert(PagedIndex::Row(hit.heap_tid)).second);
  }
  for (uint32_t row = 0; row < 600; ++row) ASSERT_EQ(rows.count(row), 1u) << row;
}

// What VACUUM and inserts do to pages between two calls: free slots, reuse them for other rows at
// any level, drop and replace links.  A node carries the row it had when it was read.
TEST_F(HnswScan, SurvivesChangingPages) {
  for (VsScanOrder order : kOrders)
    for (int round = 0; round < 6; ++round) {
      PagedIndex index(VS_METRIC_L2, kDims, 6, 32);
      index.Copy(*built_);
      std::vector<VsNodeId> ids;
      index.ForNodes([&](VsNodeId id, VsHnswRecord*) { ids.push_back(id); });
      std::map<VsNodeId, std::set<uint32_t>> rows_of;
      index.ForNodes([&](VsNodeId id, VsHnswRecord* record) {
        if (record->level == 0) rows_of[id].insert(PagedIndex::Row(record->heap_tid));
      });
      const auto any = [&] {
        return ids[static_cast<size_t>(random_.Integer(0, static_cast<int>(ids.size()) - 1))];
      };
      VsHnswScan* scan = vs_hnsw_scan_create(&index.host, &index.geometry);
      VsHnswHit hit;
      uint32_t new_row = 100000;
      std::set<VsNodeId> returned;
      index.SetQuery(Query().data());
      vs_hnsw_scan_begin(scan, &index.query, index.entry, index.entry_level, index.Blocks(), 10,
                         order);
      while (vs_hnsw_scan_next(scan, &hit)) {
        ASSERT_EQ(rows_of[hit.id].count(PagedIndex::Row(hit.heap_tid)), 1u);
        ASSERT_TRUE(returned.insert(hit.id).second);
        for (int i = 0; i < 3; ++i) {
          const VsNodeId id = any(), other = any();
          VsHnswRecord* record = index.Record(id);
          switch (random_.Integer(0, 3)) {
            case 0:
              record->flags = 0;
              break;
            case 1:
              *record = *index.Record(other);
              record->flags = VS_NODE_USED;
              std::memcpy(record->heap_tid, &++new_row, sizeof(new_row));
              if (record->level == 0) rows_of[id].insert(new_row);
              break;
            case 2:
              index.Links(id)[0] = other;
              break;
            default:
              record->degree = static_cast<uint8_t>(random_.Integer(0, 6));
          }
        }
      }
    }
}

// Ids that damage may have put into a list.
TEST_F(HnswScan, NeverScoresWhatIsNoSlot) {
  const VsNodeId bad[] = {
      0,
      1,
      UINT32_MAX,
      vs_make_node_id(&index_.geometry, 1, index_.geometry.slots_per_page),
      vs_make_node_id(&index_.geometry, index_.Blocks() - 1, (1u << index_.geometry.slot_bits) - 1),
      vs_make_node_id(&index_.geometry, index_.Blocks(), 0)};
  index_.ForNodes([&](VsNodeId id, VsHnswRecord* record) {
    if (record->degree > 0) index_.Links(id)[0] = bad[id % std::size(bad)];
    if (record->level > 0 && id % 2 == 0) record->link = bad[id % std::size(bad)];
  });
  EXPECT_EQ(index_.Search(Query(), 10, VS_SCAN_STRICT).size(), vectors_.size());
  Inserter inserter(&index_);
  index_.SetQuery(Query().data());
  inserter.Search(2);
  for (VsNodeId id : bad) {
    index_.entry = id;
    index_.entry_level = 0;
    inserter.Search(2);
    EXPECT_EQ(vs_hnsw_inserter_nearest(inserter.core()), VS_NO_NODE);
    EXPECT_EQ(index_.Search(Query(), 10, VS_SCAN_STRICT).size(), vectors_.size());
  }
}

}  // namespace
