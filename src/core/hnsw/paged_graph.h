// SPDX-License-Identifier: PostgreSQL
//
// paged_graph.h - the graph as search.h wants it, read through the host's pages.
//
// Owns: what expansions found, and that no id leads outside a page: score reads without any
// check.  Everything taken from read_node was copied under the page's share lock; estimates of
// unexpanded candidates are hints.
#ifndef VECSTORE_CORE_HNSW_PAGED_GRAPH_H
#define VECSTORE_CORE_HNSW_PAGED_GRAPH_H

#include "bridge/hnsw.h"
#include "core/hnsw/beam.h"

namespace vecstore::hnsw {

// What is kept of an expanded node.
struct Expanded {
  VsNodeId id;
  VsNodeId link;
  float estimate;
  float norm;
  float error;
  uint8_t flags;
  uint8_t heap_tid[6];
};

class PagedGraph {
 public:
  void Init(const VsHnswHost* host, const VsHnswGeometry* geometry) {
    host_ = host;
    geometry_ = geometry;
    expanded_.Init({host->context, host->grow});
  }

  void Reset() { expanded_.Clear(); }

  // False for ids that damage may have put into a list, and that have no place on any node page.
  bool IsSlot(VsNodeId id) const {
    return vs_node_block(geometry_, id) != VS_HNSW_META_BLOCK &&
           vs_node_slot(geometry_, id) < geometry_->slots_per_page;
  }

  int Expand(Candidate* candidate, int level, VsNodeId* links) {
    if (!host_->read_node(host_->context, candidate->id, level, &node_)) return -1;
    expanded_.Push({candidate->id, node_.link, node_.estimate, node_.norm, node_.error, node_.flags, {}});
    memcpy(expanded_[expanded_.size() - 1].heap_tid, node_.heap_tid, sizeof(node_.heap_tid));
    candidate->info = uint32_t(expanded_.size());
    int n = 0;
    for (int i = 0; i < node_.degree; i++) {
      links[n] = node_.links[i];
      n += IsSlot(links[n]);
    }
    return n;
  }

  // The node that was expanded last.
  const VsHnswNode& node() const { return node_; }

  void Score(const VsNodeId* ids, int n, float* estimates) {
    if (n > 0) host_->score(host_->context, ids, n, estimates);
  }

  // Estimates of links, by the sketches that the node of level 0 that was expanded last has of them; some of
  // its links, in their order.
  void ScoreLinks(const VsNodeId* ids, int n, VsHnswLinkEstimate* estimates) {
    VsHnswLinkEstimate all[VS_HNSW_MAX_LINKS];
    int i = 0;
    if (n == 0) return;
    host_->score_links(host_->context, all);
    for (int link = 0; link < node_.degree && i < n; link++)
      if (node_.links[link] == ids[i]) estimates[i++] = all[link];
  }

  void Prefetch(VsNodeId id, int) { host_->prefetch(host_->context, id); }

  VsNodeId Descend(const Candidate& candidate) const { return expanded_[candidate.info - 1].link; }

  const Expanded& expanded(uint32_t info) const { return expanded_[info - 1]; }
  uint32_t expanded_count() const { return uint32_t(expanded_.size()); }

 private:
  const VsHnswHost* host_;
  const VsHnswGeometry* geometry_;
  GrowArray<Expanded> expanded_;
  VsHnswNode node_;
};

}  // namespace vecstore::hnsw

#endif
