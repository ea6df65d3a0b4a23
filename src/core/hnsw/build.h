// SPDX-License-Identifier: PostgreSQL
//
// build.h - the state of an in-memory build, shared by build.cpp (linking) and layout.cpp (pages).
#ifndef VECSTORE_CORE_HNSW_BUILD_H
#define VECSTORE_CORE_HNSW_BUILD_H

#include <string.h>

#include <type_traits>

#include "bridge/hnsw.h"
#include "core/hnsw/beam.h"

namespace vecstore::hnsw {

constexpr uint32_t kNoIndex = UINT32_MAX;
constexpr size_t kCacheLine = 64;

struct Link {
  uint32_t index;
  float estimate;
};

// The links of a node at one level, with slack; the rest is used at level 0 only.
struct LinkList {
  uint32_t count;
  uint32_t duplicate_of;    // index + 1 of the node with the same code that stands for this one
  uint32_t next_duplicate;  // index + 1 of the next node with the same code
  uint32_t parent;          // layout: index + 1 of the node this one was reached from
  uint32_t inlinks;         // layout: lists this node is in
  Link links[];
};

// Links a list has room for before it is pruned to `links`.
constexpr uint32_t SlackLinks(uint32_t links) { return links + links / 2; }

// Equal items in big blocks that start on a cache line, addressed by number; blocks never move.
class Chunks {
 public:
  void Init(const Memory& memory, size_t item_bytes) {
    chunks_.Init(memory);
    item_bytes_ = item_bytes;
    count_ = 0;
  }
  void* Append(const Memory& memory);
  uint8_t* At(size_t i) { return chunks_[i / kPerChunk] + i % kPerChunk * item_bytes_; }
  const uint8_t* At(size_t i) const { return chunks_[i / kPerChunk] + i % kPerChunk * item_bytes_; }
  size_t count() const { return count_; }
  size_t item_bytes() const { return item_bytes_; }

 private:
  static constexpr size_t kPerChunk = 4096;
  GrowArray<uint8_t*> chunks_;
  size_t item_bytes_;
  size_t count_;
};

// The graph as search.h wants it; node ids are indexes.
class MemoryGraph {
 public:
  void Init(VsHnswBuilder* builder) { builder_ = builder; }
  int Expand(Candidate* candidate, int level, VsNodeId* links);
  void Score(const VsNodeId* ids, int n, float* estimates);
  void Prefetch(VsNodeId id, int level);
  VsNodeId Descend(const Candidate& candidate) const { return candidate.id; }

 private:
  VsHnswBuilder* builder_;
};

// How many nodes a build of n nodes keeps back as queries for the calibration; 0: none.
uint32_t CalibrationQueries(uint32_t n, uint32_t dims);

// A record above level 0.
struct UpperNode {
  uint32_t index;
  uint8_t level;
};

}  // namespace vecstore::hnsw

struct VsHnswBuilder {
  const VsHnswBuildHost* host;
  vecstore::Memory memory;
  const VsHnswGeometry* geometry;
  size_t ef_construction;

  vecstore::hnsw::Chunks records;      // VsHnswRecord and padded code, by index
  vecstore::hnsw::Chunks lists;        // LinkList of level 0, by index
  vecstore::hnsw::Chunks upper_lists;  // LinkList above level 0, by position in upper_nodes
  vecstore::GrowArray<vecstore::hnsw::UpperNode> upper_nodes;
  uint32_t entry;
  uint64_t linked;
  uint64_t duplicates;

  // Scratch of linking.
  vecstore::hnsw::MemoryGraph graph;
  vecstore::hnsw::Beam beam;
  vecstore::hnsw::VisitedSet visited;
  VsHnswQuery query;
  VsHnswQuery pair;

  uint16_t calibrated_ef[VS_HNSW_PRESETS];  // 0: not calibrated

  // Layout: level-0 nodes in the order of their slots, and where each index went.
  uint32_t* order;
  VsNodeId* ids;
  uint32_t placed;
  uint32_t first_block;
  uint32_t upper_pages;

  VsHnswRecord* Record(size_t index) { return reinterpret_cast<VsHnswRecord*>(records.At(index)); }
  const VsHnswRecord* Record(size_t index) const {
    return reinterpret_cast<const VsHnswRecord*>(records.At(index));
  }
  vecstore::hnsw::LinkList* List(size_t index, int level) {
    return reinterpret_cast<vecstore::hnsw::LinkList*>(
        level == 0 ? lists.At(index) : upper_lists.At(Record(index)->link + level - 1));
  }
  const vecstore::hnsw::LinkList* List(size_t index, int level) const {
    return const_cast<VsHnswBuilder*>(this)->List(index, level);
  }

  void LinkNode(uint32_t index);
  void LinkAndCount(uint32_t index);
  vecstore::hnsw::Candidate Descend(uint32_t index, int level);
  void SearchFrom(vecstore::hnsw::Candidate start, int level, size_t ef);
  void ChooseLinks(uint32_t index, int level);
  void LinkBack(uint32_t index, int level);
  void AddReverseLink(uint32_t from, uint32_t to, float estimate, int level);
  void Prune(vecstore::hnsw::LinkList* list, uint32_t limit);
  uint32_t FindDuplicate(uint32_t index);
  void MakeDuplicate(uint32_t index, uint32_t original);

  void Calibrate(uint32_t stride);
  uint32_t ListLinked();
  void FindNearest(uint32_t index, uint32_t count, vecstore::hnsw::Beam* nearest);
  int CountFound(uint32_t index, float limit, size_t ef);

  // Let the host look for interrupts now and then in a loop over all nodes.
  void PollEvery(size_t i) {
    if (i % 1024 == 0) host->progress(host->context, linked);
  }
  void PruneAll();
  void CountInlinks();
  void Place(uint32_t index, uint32_t parent);
  void PlaceReachable(uint32_t from);
  bool AttachTo(uint32_t parent, uint32_t child);
  void PlaceUnreached();
  uint32_t AttachToNearest(uint32_t index);
  void PlaceIslands();
  void AssignIds();
  VsNodeId UpperId(size_t position) const;
  VsNodeId IdAt(uint32_t index, int level) const;
  void WriteSlot(uint32_t index, int level, uint8_t* slot) const;
};
static_assert(std::is_trivially_destructible_v<VsHnswBuilder>, "host calls may not return");

#endif
