// SPDX-License-Identifier: PostgreSQL
//
// inserter.h - the state of inserts and repairs.
//
// Owns: what a search for the place of a new node leaves for the choices that follow it.
#ifndef VECSTORE_CORE_HNSW_INSERTER_H
#define VECSTORE_CORE_HNSW_INSERTER_H

#include <type_traits>

#include "bridge/hnsw.h"
#include "core/hnsw/paged_graph.h"
#include "core/hnsw/record_cache.h"
#include "core/hnsw/search.h"
#include "core/hnsw/select.h"

namespace vecstore::hnsw {

// The graph on pages for a search that keeps the records it scores and the lists it reads, and that ends
// when one of the records has the code it looks for: then nothing is left to find.
class InsertGraph {
 public:
  void Init(const VsHnswHost* host, const VsHnswGeometry* geometry) {
    pages_.Init(host, geometry);
    cache_.Init(host, geometry);
    lists_.Init({host->context, host->grow});
    seen_.Init({host->context, host->grow});
    code_bytes_ = geometry->code_bytes;
    same_ = VS_NO_NODE;
  }

  void Begin(const VsHnswInsertSearch& search) {
    pages_.Reset();
    lists_.Clear();
    seen_.Clear();
    cache_.Clear();
    query_ = search.query;
    wanted_ = search.stop_at_same ? search.record : nullptr;
    same_ = VS_NO_NODE;
  }

  int Expand(Candidate* candidate, int level, VsNodeId* links) {
    int n = same_ == VS_NO_NODE ? pages_.Expand(candidate, level, links) : -1;
    if (n < 0) return n;
    const VsHnswNode& node = pages_.node();
    seen_.Push({lists_.size(), node.degree, node.edge_version});
    for (int i = 0; i < node.degree; i++) lists_.Push(node.links[i]);
    return n;
  }

  // The list of an expanded candidate.
  const VsNodeId* List(uint32_t info, int* degree, uint16_t* edge_version) const {
    const SeenList& seen = seen_[info - 1];
    *degree = seen.degree;
    *edge_version = seen.edge_version;
    return lists_.data() + seen.first;
  }

  // The ids were not scored before, so they are not in the cache.
  void Score(const VsNodeId* ids, int n, float* estimates) {
    if (n == 0) return;
    size_t first = cache_.Load(ids, n);
    for (int i = 0; i < n; i++) {
      const VsHnswRecord* record = cache_[first + i];
      estimates[i] = vs_hnsw_estimate(query_, record);
      if (wanted_ != nullptr && (record->flags & VS_NODE_TOMBSTONE) == 0 &&
          vs_hnsw_same_code(record, wanted_, code_bytes_))
        NoteSame(ids[i], record);
    }
  }

  void Prefetch(VsNodeId id, int level) {
    if (same_ == VS_NO_NODE) pages_.Prefetch(id, level);
  }

  bool IsSlot(VsNodeId id) const { return pages_.IsSlot(id); }
  VsNodeId Descend(const Candidate& candidate) const { return pages_.Descend(candidate); }
  const Expanded& expanded(uint32_t info) const { return pages_.expanded(info); }
  VsNodeId same() const { return same_; }
  RecordCache* cache() { return &cache_; }

 private:
  // Records above level 0 have the id of level 0 where that has a heap row.
  void NoteSame(VsNodeId id, const VsHnswRecord* record) {
    same_ = id;
    if (record->level > 0) memcpy(&same_, record->heap_tid, sizeof(same_));
  }

  struct SeenList {
    size_t first;
    int degree;
    uint16_t edge_version;
  };

  PagedGraph pages_;
  GrowArray<VsNodeId> lists_;
  GrowArray<SeenList> seen_;  // parts of lists_, of each expanded node
  RecordCache cache_;
  uint32_t code_bytes_;
  const VsHnswQuery* query_;
  const VsHnswRecord* wanted_;
  VsNodeId same_;
};

struct LevelLinks {
  int count;
  VsNodeId ids[VS_HNSW_MAX_LINKS];
  uint32_t infos[VS_HNSW_MAX_LINKS];  // of the search's expansions
};

}  // namespace vecstore::hnsw

struct VsHnswInserter {
  const VsHnswGeometry* geometry;
  vecstore::hnsw::InsertGraph graph;
  vecstore::hnsw::Beam beam;
  vecstore::hnsw::VisitedSet visited;
  VsHnswQuery pair;  // scratch: a record as query
  vecstore::GrowArray<vecstore::hnsw::LinkOption> options;
  vecstore::GrowArray<VsNodeId> ids;
  const VsHnswRecord* record;  // of the new node
  VsNodeId nearest;
  bool met_tombstone;
  vecstore::hnsw::LevelLinks links[VS_HNSW_MAX_LEVEL + 1];
};
static_assert(std::is_trivially_destructible_v<VsHnswInserter>, "host calls may not return");

#endif
