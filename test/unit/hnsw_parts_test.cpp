// SPDX-License-Identifier: PostgreSQL
//
// hnsw_parts_test.cpp - builds in parts, by the steps of src/pg/hnsw/build_parts.c.

#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "graph_check.h"
#include "hnsw_vectors.h"
#include "paged_index.h"

namespace {

using namespace hnsw_test;

// One index built in a block with room for `capacity` nodes.  What the server keeps in files is kept in
// vectors; rows that find no room in the block at their home are an error.
class PartsBuild {
 public:
  PartsBuild(PagedIndex* index, uint32_t capacity)
      : index_(index),
        stride_(vs_hnsw_load_stride(&index->geometry)),
        host_(index->BuildHost(&memory_, capacity)),
        builder_(vs_hnsw_builder_create(&host_, &index->geometry, &index->space,
                                        index->ef_construction)),
        capacity_(capacity) {}

  void Build(const Vectors& vectors) {
    MakePlan(vectors);
    Divide(vectors);
    for (uint32_t part = 0; part < parts(); ++part) Place(part);
    for (uint32_t part = 0; part < parts(); ++part) Link(part);
    Merge();
    Climb();
  }
  uint32_t parts() const { return vs_hnsw_plan_parts(plan_); }
  size_t members() const { return members_; }

 private:
  struct Row {
    std::vector<uint64_t> record;
    std::vector<uint16_t> choices;
  };
  struct Member {
    VsNodeId id;
    std::vector<uint16_t> choices;
  };

  const VsHnswRecord* Of(const std::vector<uint64_t>& record) const {
    return reinterpret_cast<const VsHnswRecord*>(record.data());
  }
  std::vector<uint64_t> Encode(const Vector& vector, uint32_t row) const {
    std::vector<uint64_t> record(stride_ / sizeof(uint64_t));
    VsHnswRecord* encoded = index_->Encode(vector.data(), row);
    encoded->level = static_cast<uint8_t>(vs_hnsw_level(PagedIndex::kSeed, row));
    std::memcpy(record.data(), encoded, stride_);
    return record;
  }

  void MakePlan(const Vectors& vectors) {
    const uint16_t none[VS_HNSW_MAX_CHOICES] = {};
    const size_t step = (vectors.size() + capacity_ - 1) / capacity_;
    for (size_t i = 0; i < vectors.size(); i += step)
      ASSERT_TRUE(vs_hnsw_builder_take(builder_, Of(Encode(vectors[i], 0)), VS_NO_NODE, none));
    plan_ = vs_hnsw_plan_create(builder_, static_cast<double>(vectors.size()));
    homes_.resize(parts());
    links_.resize(parts());
  }

  void Divide(const Vectors& vectors) {
    for (uint32_t i = 0; i < vectors.size(); ++i) {
      Row row = {Encode(vectors[i], i), std::vector<uint16_t>(vs_hnsw_plan_fanout(plan_))};
      vs_hnsw_plan_choose(plan_, reinterpret_cast<const uint8_t*>(row.record.data()), stride_, 1,
                          row.choices.data());
      homes_[vs_hnsw_plan_part(plan_, row.choices[0])].push_back(row);
    }
  }

  VsNodeId Write(const VsHnswRecord* record) {
    const VsHnswGeometry& geometry = index_->geometry;
    if (block_ == 0 || slot_ == geometry.slots_per_page) {
      block_ = index_->AddPage(VS_PAGE_NODES);
      slot_ = 0;
    }
    const VsNodeId id = vs_make_node_id(&geometry, block_, slot_++);
    VsHnswRecord* to = index_->Record(id);
    std::memcpy(to, record, VS_RECORD_HEADER_BYTES + geometry.code_bytes);
    to->flags = VS_NODE_USED;
    to->level = to->degree = 0;
    to->link = VS_NO_NODE;
    index_->Tail(block_)->used++;
    return id;
  }

  void Place(uint32_t part) {
    vs_hnsw_builder_reset(builder_);
    for (const Row& row : homes_[part])
      ASSERT_TRUE(vs_hnsw_builder_take(builder_, Of(row.record), VS_NO_NODE, row.choices.data()));
    const uint32_t nodes = vs_hnsw_builder_sort_homes(builder_);
    for (uint32_t i = 0; i < nodes; ++i) {
      const uint16_t* choices;
      const VsHnswRecord* record = vs_hnsw_builder_home(builder_, i, &choices);
      const VsNodeId id = Write(record);
      vs_hnsw_builder_set_home_id(builder_, i, id);
      std::set<uint32_t> of;
      for (uint32_t k = 0; k < vs_hnsw_plan_fanout(plan_); ++k)
        of.insert(vs_hnsw_plan_part(plan_, choices[k]));
      for (uint32_t other : of)
        links_[other].push_back({id, {choices, choices + vs_hnsw_plan_fanout(plan_)}});
      if (record->level > 0) uppers_.push_back(id), levels_.push_back(record->level);
    }
    uint64_t cursor = 0;
    VsNodeId id;
    uint8_t tid[6];
    while (vs_hnsw_builder_next_duplicate(builder_, &cursor, &id, tid))
      index_->more_rows.emplace(id, PagedIndex::Row(tid));
  }

  std::vector<uint64_t> Load(VsNodeId id) const {
    std::vector<uint64_t> record(stride_ / sizeof(uint64_t));
    std::memcpy(record.data(), index_->Record(id), VS_RECORD_HEADER_BYTES + index_->geometry.code_bytes);
    return record;
  }

  // As many pieces as it takes.
  void Link(uint32_t part) {
    for (size_t first = 0; first < links_[part].size(); first += capacity_) {
      const size_t end = std::min(links_[part].size(), first + capacity_);
      vs_hnsw_builder_reset(builder_);
      for (size_t i = first; i < end; ++i)
        ASSERT_TRUE(vs_hnsw_builder_take(builder_, Of(Load(links_[part][i].id)),
                                         links_[part][i].id, links_[part][i].choices.data()));
      vs_hnsw_builder_begin_part(builder_, plan_, part);
      vs_hnsw_builder_link_part(builder_);
      for (uint32_t i = 0; i < end - first; ++i) {
        lists_.emplace_back();
        vs_hnsw_builder_part_list(builder_, i, &lists_.back());
        EXPECT_LE(lists_.back().diverse, lists_.back().count);
        EXPECT_LE(lists_.back().count, index_->geometry.links0);
      }
      members_ += end - first;
    }
  }

  void Merge() {
    const VsHnswGeometry& geometry = index_->geometry;
    const uint32_t window = std::max(capacity_ / geometry.slots_per_page, 1u);
    for (uint32_t first = 1; first <= block_; first += window) {
      vs_hnsw_builder_begin_merge(builder_, window * geometry.slots_per_page);
      for (const VsHnswPartList& list : lists_) {
        const uint32_t block = vs_node_block(&geometry, list.id);
        if (block >= first && block < first + window)
          vs_hnsw_builder_merge(builder_, Number(list.id, first), &list);
      }
      index_->ForNodes([&](VsNodeId id, VsHnswRecord* record) {
        const uint32_t block = vs_node_block(&geometry, id);
        if (block >= first && block < first + window)
          record->degree = static_cast<uint8_t>(
              vs_hnsw_builder_merged(builder_, Number(id, first), index_->Links(id)));
      });
    }
  }
  uint32_t Number(VsNodeId id, uint32_t first) const {
    const VsHnswGeometry& geometry = index_->geometry;
    return (vs_node_block(&geometry, id) - first) * geometry.slots_per_page +
           vs_node_slot(&geometry, id);
  }

  void Climb() {
    VsHnswGeometry geometry = index_->geometry;
    geometry.links0 = geometry.links;
    Arena memory;
    VsHnswBuildHost host = index_->BuildHost(&memory, capacity_);
    host.lift = 1;
    VsHnswBuilder* builder =
        vs_hnsw_builder_create(&host, &geometry, &index_->space, index_->ef_construction);
    for (size_t i = 0; i < uppers_.size(); ++i) {
      std::vector<uint64_t> record = Load(uppers_[i]);
      std::memcpy(reinterpret_cast<VsHnswRecord*>(record.data())->heap_tid, &uppers_[i],
                  sizeof(VsNodeId));
      ASSERT_TRUE(vs_hnsw_builder_add(builder, Of(record), vs_record_code(Of(record)),
                                      levels_[i] - 1));
    }
    vs_hnsw_builder_link(builder);
    index_->WritePages(builder);
    if (index_->entry == VS_NO_NODE) index_->entry = vs_make_node_id(&geometry, 1, 0);
  }

  PagedIndex* index_;
  Arena memory_;
  size_t stride_;
  VsHnswBuildHost host_;
  VsHnswBuilder* builder_;
  uint32_t capacity_;
  VsHnswPlan* plan_ = nullptr;
  std::vector<std::vector<Row>> homes_;
  std::vector<std::vector<Member>> links_;
  std::vector<VsHnswPartList> lists_;
  std::vector<VsNodeId> uppers_;
  std::vector<int> levels_;
  uint32_t block_ = 0;
  uint32_t slot_ = 0;
  size_t members_ = 0;
};

// Sound, all rows in it.  What merging cuts off is the server's to connect: it is little.
void ExpectNearlySound(const PagedIndex& index, size_t rows) {
  EXPECT_EQ(GraphFault(index), "");
  EXPECT_EQ(AllRows(index), Numbers(rows));
  EXPECT_GE(CountReachable(index), CountNodes(index) - CountNodes(index) / 100);
}

TEST(HnswParts, FindsNeighborsUnderEveryMetric) {
  for (VsMetric metric : kMetrics) {
    reference::Random random(31);
    const Vectors vectors = MakeVectors(Kind::kGaussian, 8000, 12, random);
    const Vectors queries = MakeVectors(Kind::kGaussian, 40, 12, random);
    SCOPED_TRACE(MetricName(metric));
    PagedIndex index(metric, 12, 16, 64);
    PartsBuild build(&index, 2000);
    build.Build(vectors);
    ExpectNearlySound(index, vectors.size());
    EXPECT_GE(build.parts(), 4u);
    EXPECT_GE(build.members(), vectors.size());
    EXPECT_GE(Recall(&index, metric, vectors, queries, 100, 10), .95);
  }
}

TEST(HnswParts, OnePartThatFits) {
  reference::Random random(32);
  const Vectors vectors = MakeVectors(Kind::kGaussian, 1500, 8, random);
  PagedIndex index(VS_METRIC_L2, 8, 8, 32);
  PartsBuild build(&index, 2000);
  build.Build(vectors);
  ExpectNearlySound(index, vectors.size());
  EXPECT_EQ(build.members(), build.parts() * vectors.size());
}

// Equal rows have the same home, and become one node there.
TEST(HnswParts, OneNodeStandsForEqualOnes) {
  reference::Random random(33);
  const Vectors distinct = MakeVectors(Kind::kGaussian, 3000, 10, random);
  Vectors vectors;
  for (size_t i = 0; i < 6000; ++i) vectors.push_back(distinct[i % 3000]);
  PagedIndex index(VS_METRIC_COSINE, 10, 8, 40);
  PartsBuild build(&index, 2000);
  build.Build(vectors);
  ExpectNearlySound(index, vectors.size());
  EXPECT_EQ(CountNodes(index), distinct.size());
}

// Diverse links first, then the nearest; what one part found too close to another is not diverse.
TEST(HnswParts, MergesLists) {
  PagedIndex index(VS_METRIC_L2, 4, 2, 8);  // four links
  Arena memory;
  const VsHnswBuildHost host = index.BuildHost(&memory, 10);
  VsHnswBuilder* builder = vs_hnsw_builder_create(&host, &index.geometry, &index.space, 8);
  VsNodeId links[VS_HNSW_MAX_LINKS];
  const VsHnswPartList first = {1, 4, 2, {{10, 1}, {11, 5}, {12, 2}, {13, 3}}};
  const VsHnswPartList second = {1, 3, 2, {{14, 4}, {12, 2}, {11, 5}}};

  vs_hnsw_builder_begin_merge(builder, 2);
  vs_hnsw_builder_merge(builder, 1, &first);
  vs_hnsw_builder_merge(builder, 1, &second);
  EXPECT_EQ(vs_hnsw_builder_merged(builder, 0, links), 0u);
  ASSERT_EQ(vs_hnsw_builder_merged(builder, 1, links), 4u);
  EXPECT_EQ(std::vector<VsNodeId>(links, links + 4), (std::vector<VsNodeId>{10, 14, 12, 13}));
}

}  // namespace
