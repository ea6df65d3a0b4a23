// SPDX-License-Identifier: PostgreSQL
//
// arena.h - the memory of a build, shared by its participants.
//
// Owns: the layout of one block of fixed capacity.  It holds arrays and counters but no pointers, so
// that each participant may see it at an address of its own; where an array starts follows from the
// index's geometry and the capacity.  Counters are changed by atomic operations, lists by the protocol
// of link_list.h, everything else by one participant between two barriers.
#ifndef VECSTORE_CORE_HNSW_ARENA_H
#define VECSTORE_CORE_HNSW_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "bridge/hnsw.h"
#include "core/hnsw/link_list.h"
#include "core/hnsw/partition.h"

namespace vecstore::hnsw {

constexpr uint32_t kTruthQueries = 8;  // looked up in one scan
constexpr uint32_t kMaxCalibrationQueries = 256;
constexpr uint32_t kMaxCalibrationWidths = 16;

// A record above level 0.
struct UpperNode {
  uint32_t index;
  uint32_t level;
};

// The head of the block.
struct BuildState {
  uint32_t capacity;  // nodes there is room for

  // Loading.
  alignas(kCacheLine) uint32_t nodes;  // taken in
  uint32_t upper_nodes;                // their records above level 0

  // What is left of the loop at hand and, reset, of the next one.
  struct alignas(kCacheLine) Cursor {
    uint64_t next;
  } cursors[2];

  // Linking.
  alignas(kCacheLine) uint64_t linked;
  uint64_t duplicates;

  // Calibration: the distance of each query's farthest true neighbour, how many of them there are,
  // and how many were found with each beam.
  uint32_t candidates;
  uint64_t expected;
  uint64_t found[kMaxCalibrationWidths];
  float limits[kMaxCalibrationQueries];

  // Linking by partitions: nodes of the level at hand, and where each cluster begins.
  uint32_t level_nodes;
  uint32_t clusters;
  uint32_t starts[kMaxClusters + 1];

  // Layout.
  uint32_t placed;  // nodes in `order`
  uint32_t first_block;
};

// Where the arrays are, as offsets from the head.
struct ArenaShape {
  ArenaShape(const VsHnswGeometry* geometry, uint32_t capacity);

  uint32_t upper_capacity;
  size_t record_bytes;
  size_t list_bytes;
  size_t upper_list_bytes;
  size_t records;      // VsHnswRecord and padded code, by index
  size_t lists;        // LinkList of level 0, by index
  size_t upper_lists;  // LinkList above level 0, by position in upper_nodes
  size_t upper_nodes;  // UpperNode
  size_t order;        // linking: nodes of a level; layout: nodes in the order of their slots
  size_t ids;          // layout: node ids by index
  size_t choices;      // linking: the clusters of each node in `order`
  size_t clustered;    // linking: indexes by cluster; before, the hash table of codes
  size_t total;
};

// An arena as one participant sees it.
class Arena {
 public:
  Arena(void* memory, const VsHnswGeometry* geometry);

  BuildState* state() { return reinterpret_cast<BuildState*>(base_); }
  const BuildState* state() const { return reinterpret_cast<const BuildState*>(base_); }
  const ArenaShape& shape() const { return shape_; }
  uint32_t nodes() const;
  uint32_t upper_nodes() const { return __atomic_load_n(&state()->upper_nodes, __ATOMIC_RELAXED); }

  VsHnswRecord* Record(size_t index) {
    return reinterpret_cast<VsHnswRecord*>(base_ + shape_.records + index * shape_.record_bytes);
  }
  LinkList* List(size_t index) {
    return reinterpret_cast<LinkList*>(base_ + shape_.lists + index * shape_.list_bytes);
  }
  LinkList* UpperList(size_t position) {
    return reinterpret_cast<LinkList*>(base_ + shape_.upper_lists +
                                       position * shape_.upper_list_bytes);
  }
  UpperNode* Upper(size_t position) {
    return reinterpret_cast<UpperNode*>(base_ + shape_.upper_nodes) + position;
  }
  uint32_t* order() { return reinterpret_cast<uint32_t*>(base_ + shape_.order); }
  uint16_t* choices() { return reinterpret_cast<uint16_t*>(base_ + shape_.choices); }
  uint32_t* clustered() { return reinterpret_cast<uint32_t*>(base_ + shape_.clustered); }
  VsNodeId* ids() { return reinterpret_cast<VsNodeId*>(base_ + shape_.ids); }

  // Room for a node of this level: its index, or kNoIndex when there is none.  *position is that of the
  // first of its upper lists, and its level may have become 0.
  uint32_t Claim(int* level, uint32_t* position);

 private:
  uint8_t* base_;
  ArenaShape shape_;
};

}  // namespace vecstore::hnsw

#endif
