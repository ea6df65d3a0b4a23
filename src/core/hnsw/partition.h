// SPDX-License-Identifier: PostgreSQL
//
// partition.h - linking by overlapping partitions: nodes that lie together are compared all with all.
//
// Owns: the shape of the partitions; partition.cpp has the algorithm.
#ifndef VECSTORE_CORE_HNSW_PARTITION_H
#define VECSTORE_CORE_HNSW_PARTITION_H

#include "bridge/hnsw.h"
#include "core/base/grow_array.h"
#include "core/hnsw/link_list.h"

namespace vecstore::hnsw {

constexpr size_t kCacheLine = 64;
constexpr uint32_t kNoIndex = UINT32_MAX;
// Below this many nodes of a level links come from searches, which see nearly all of them anyway.
constexpr uint32_t kMinPartitioned = 4096;
constexpr uint32_t kMaxClusters = 1000;
constexpr uint32_t kMaxFanout = VS_HNSW_MAX_CHOICES;
constexpr uint16_t kNoCluster = VS_HNSW_NO_CLUSTER;

// How much work a level's links are worth, from m and ef_construction.
struct PartitionEffort {
  PartitionEffort(const VsHnswGeometry* geometry, size_t ef_construction);

  uint32_t fanout;         // clusters a node goes to
  uint32_t second_fanout;  // parts of each of them it goes to
  uint32_t neighbors;      // links a node proposes in each leaf
  uint32_t max_leaf;       // nodes compared all with all
};

// A panel and the memory for it, of one participant.
class PanelBuffer {
 public:
  void Init(const Memory& memory, const VsHnswSpace* space);
  // Begin a panel of n rows; Set each, then End.
  void Begin(uint32_t n);
  void Set(uint32_t row, const VsHnswRecord* record);
  void End();
  const VsPanel* panel() const { return &panel_; }

 private:
  const int8_t* NumbersAsBytes(const VsHnswRecord* record);

  const VsHnswSpace* space_;
  VsPanel panel_;
  GrowArray<uint8_t> lanes_;
  GrowArray<float> base_;
  GrowArray<float> scale_;
  GrowArray<int32_t> sum_;
  GrowArray<int16_t> numbers_;
  GrowArray<int8_t> bytes_;
};

// How many clusters to divide n nodes into that go to `overlap` parents and `fanout` clusters of each.
uint32_t ClusterCount(size_t n, uint32_t overlap, uint32_t fanout, uint32_t max_leaf);

// Which of the leaders the n rows, one group, go to: `fanout` choices each, nearest first.
void ChooseLeaders(const VsHnswSpace* space, const PanelBuffer& rows, uint32_t n,
                   const PanelBuffer& leaders, uint32_t fanout, uint16_t* choices);

// What the nodes of a leaf propose to each other, sorted by who is to link.
class LeafProposals {
 public:
  void Init(const Memory& memory);
  // Begin with a leaf of so many rows; Add each with its nearest, at most `wanted`; then End.
  void Begin(uint32_t rows, uint32_t wanted);
  void Add(uint32_t row, VsPanelNearest* nearest);
  void End();
  // Links for a row, to other rows.
  const Link* For(uint32_t row) const { return sorted_.data() + starts_[row]; }
  uint32_t CountFor(uint32_t row) const { return starts_[row + 1] - starts_[row]; }

 private:
  uint32_t rows_;
  uint32_t wanted_;
  GrowArray<Link> own_;
  GrowArray<Link> sorted_;
  GrowArray<uint32_t> starts_;
};

// What one participant needs to divide a cluster.
struct PartitionScratch {
  void Init(const Memory& memory, const VsHnswSpace* space) {
    leaders.Init(memory, space);
    rows.Init(memory, space);
    proposals.Init(memory);
    members.Init(memory);
    choices.Init(memory);
    starts.Init(memory);
  }

  PanelBuffer leaders;  // or the leaf at hand
  PanelBuffer rows;     // a group of nodes on its way to the leaders
  LeafProposals proposals;
  GrowArray<uint32_t> members;  // a stack of clusters
  GrowArray<uint16_t> choices;  // a stack: the clusters each member goes to
  GrowArray<uint32_t> starts;   // a stack: where each cluster begins
};

}  // namespace vecstore::hnsw

#endif
