// SPDX-License-Identifier: PostgreSQL
//
// scan.cpp - an ordered scan that can always go on.
//
// Owns: the state of one index scan, in memory of the host.
//
// Three stages, each entered only when the executor wants more rows:
//   beam    the usual HNSW search; its nodes are returned by rising bound.
//   stream  what the beam pushed out becomes a frontier heap; nodes are expanded best first, keeping
//           `ef` found nodes in hand before one is returned.
//   walk    the graph is used up: nodes that no search path reached are read page by page.
// A node found after one with a larger bound was returned is "late": the strict order keeps it back to
// the end, the relaxed order returns it at once.
#include <algorithm>
#include <type_traits>

#include "bridge/hnsw.h"
#include "core/hnsw/paged_graph.h"
#include "core/hnsw/search.h"
#include "core/hnsw/sketch_search.h"

using vecstore::GrowArray;
using vecstore::Memory;
using namespace vecstore::hnsw;

namespace {

constexpr uint32_t kNeverThere = UINT32_MAX;  // the search has not come down to level 0

enum class Stage { kBeam, kStream, kWalked, kLate };

// A found node that was not returned yet.
struct Found {
  double bound;
  uint32_t info;
};

bool LargerBound(const Found& a, const Found& b) { return a.bound > b.bound; }
bool SmallerBound(const Found& a, const Found& b) { return a.bound < b.bound; }

}  // namespace

struct VsHnswScan {
  const VsHnswHost* host;
  const VsHnswGeometry* geometry;
  const VsHnswQuery* query;
  uint32_t blocks;
  size_t ef;
  VsScanOrder order;

  Stage stage;
  double last_bound;
  size_t position;  // next of `found` (kBeam) or `late` (kLate)
  uint32_t above;   // nodes that were expanded above level 0, before all others; or kNeverThere
  PagedGraph graph;
  Beam beam;
  VisitedSet visited;  // with sketches: of level 0 those that were expanded
  SeenEstimates seen;  // with sketches
  GrowArray<Candidate> frontier;  // overflow of the beam, later a heap by estimate
  GrowArray<Found> found;         // kBeam: sorted by bound; later a heap by bound
  GrowArray<Found> late;

  bool has_sketches() const { return geometry->sketch_bits > 0; }
  void KeepFound(uint32_t info);
  bool SearchBeam(VsNodeId entry, int entry_level);
  void KeepBeam();
  void ExpandFrontier();
  void PushNew(VsNodeId* links, int n);
  void PushSeen(VsNodeId* links, int n);
  void PushFrontier(const Candidate& candidate) {
    frontier.Push(candidate);
    std::push_heap(frontier.begin(), frontier.end(), FartherFirst);
  }
  void WalkPages();
  void EnterStream();
  bool NextFound(Found* next);
  bool NextInOrder(Found* next);
};
static_assert(std::is_trivially_destructible_v<VsHnswScan>, "host calls may not return");

VsHnswScan* vs_hnsw_scan_create(const VsHnswHost* host, const VsHnswGeometry* geometry) {
  Memory memory = {host->context, host->grow};
  VsHnswScan* scan = memory.New<VsHnswScan>(1);
  scan->host = host;
  scan->geometry = geometry;
  scan->graph.Init(host, geometry);
  scan->seen.Init(memory);
  scan->beam.Init(memory);
  scan->visited.Init(memory);
  scan->frontier.Init(memory);
  scan->found.Init(memory);
  scan->late.Init(memory);
  return scan;
}

// Remember an expanded node for the output, unless it has no row.
void VsHnswScan::KeepFound(uint32_t info) {
  const Expanded& node = graph.expanded(info);
  if (node.flags & VS_NODE_TOMBSTONE) return;
  found.Push({vs_hnsw_bound(query, node.estimate, node.norm, node.error), info});
}

bool VsHnswScan::SearchBeam(VsNodeId entry, int entry_level) {
  beam.Reset(ef);
  if (entry == VS_NO_NODE) return true;
  if (!graph.IsSlot(entry) || !visited.Add(entry)) return false;
  Candidate start = {0, entry, 0};
  graph.Score(&entry, 1, &start.estimate);
  if (!DescendGreedily(&graph, entry_level, 0, &start, &visited)) return false;
  above = graph.expanded_count();
  if (has_sketches())
    SearchSketches(start, ef, &graph, &beam, &visited, &seen, &frontier);
  else
    SearchLevelFrom(start, ef, &graph, 0, &beam, &visited, &frontier);
  return beam.size() > 0;
}

// What the beam found.  Nodes that were expanded because of a sketch that promised too much may have
// pushed out nearer ones, which were expanded, too: with sketches all of these count.
void VsHnswScan::KeepBeam() {
  if (has_sketches())
    for (uint32_t i = above; i < graph.expanded_count(); i++) KeepFound(i + 1);
  else
    for (size_t i = 0; i < beam.size(); i++) KeepFound(beam[i].info);
  std::sort(found.begin(), found.end(), SmallerBound);
}

bool vs_hnsw_scan_begin(VsHnswScan* scan, const VsHnswQuery* query, VsNodeId entry, int entry_level,
                        uint32_t blocks, int ef, VsScanOrder order) {
  scan->query = query;
  scan->blocks = blocks;
  scan->ef = size_t(ef);
  scan->order = order;
  scan->stage = Stage::kBeam;
  scan->last_bound = -__builtin_inf();
  scan->position = 0;
  scan->above = kNeverThere;
  scan->graph.Reset();
  scan->visited.Reset(uint64_t(blocks) << scan->geometry->slot_bits);
  scan->frontier.Clear();
  scan->found.Clear();
  scan->late.Clear();

  bool entered = scan->SearchBeam(entry, entry_level);
  scan->KeepBeam();
  return entered;
}

// From the sorted rest of the beam's nodes to the two heaps of the stream.
void VsHnswScan::EnterStream() {
  stage = Stage::kStream;
  std::copy(found.begin() + position, found.end(), found.begin());
  found.Truncate(found.size() - position);

  size_t kept = 0;
  for (size_t i = 0; i < frontier.size(); i++) {
    if (frontier[i].info == 0)
      frontier[kept++] = frontier[i];
    else if (!has_sketches())
      KeepFound(frontier[i].info);  // expanded before the beam pushed it out
  }
  frontier.Truncate(kept);
  std::make_heap(frontier.begin(), frontier.end(), FartherFirst);
  std::make_heap(found.begin(), found.end(), LargerBound);
}

// Expand the nearest node of the frontier.
void VsHnswScan::ExpandFrontier() {
  VsNodeId links[VS_HNSW_MAX_LINKS];

  std::pop_heap(frontier.begin(), frontier.end(), FartherFirst);
  Candidate nearest = frontier[frontier.size() - 1];
  frontier.Truncate(frontier.size() - 1);

  if (has_sketches() && !visited.Add(nearest.id)) return;  // expanded meanwhile
  int n = graph.Expand(&nearest, 0, links);
  if (n < 0) return;
  size_t before = found.size();
  KeepFound(nearest.info);
  if (found.size() > before) std::push_heap(found.begin(), found.end(), LargerBound);

  if (has_sketches())
    PushSeen(links, n);
  else
    PushNew(links, n);
}

// Put the links that were not visited on the frontier.
void VsHnswScan::PushNew(VsNodeId* links, int n) {
  float estimates[VS_HNSW_MAX_LINKS];

  n = visited.KeepNew(links, n);
  graph.Score(links, n, estimates);
  for (int i = 0; i < n; i++) PushFrontier({estimates[i], links[i], 0});
}

// Put the links that were not expanded on the frontier, unless they are there with a lower estimate.
void VsHnswScan::PushSeen(VsNodeId* links, int n) {
  VsHnswLinkEstimate estimates[VS_HNSW_MAX_LINKS];

  n = visited.KeepAbsent(links, n);
  graph.ScoreLinks(links, n, estimates);
  for (int i = 0; i < n; i++) {
    float before;
    const float estimate = seen.Combine(links[i], estimates[i], &before);
    if (estimate < before) PushFrontier({estimate, links[i], 0});
  }
}

// Read every slot the search did not visit.
void VsHnswScan::WalkPages() {
  VsNodeId links[VS_HNSW_MAX_LINKS];

  stage = Stage::kWalked;
  for (uint32_t block = 1; block < blocks; block++) {
    if (!host->holds_nodes(host->context, block)) continue;
    for (uint32_t slot = 0; slot < geometry->slots_per_page; slot++) {
      Candidate candidate = {0, vs_make_node_id(geometry, block, slot), 0};
      if (!visited.Add(candidate.id) || graph.Expand(&candidate, 0, links) < 0) continue;
      KeepFound(candidate.info);
    }
  }
  std::make_heap(found.begin(), found.end(), LargerBound);
}

// The found node with the smallest bound, searching on as far as that needs.
bool VsHnswScan::NextFound(Found* next) {
  if (stage == Stage::kBeam) {
    // Keep a quarter of the beam in hand: its far end is the least certain.
    size_t in_hand = order == VS_SCAN_BEAM_ONLY ? 0 : ef / 4;
    if (position + in_hand < found.size()) {
      *next = found[position++];
      return true;
    }
    if (order == VS_SCAN_BEAM_ONLY) return false;
    EnterStream();
  }
  while (stage == Stage::kStream && found.size() < ef) {
    if (frontier.empty())
      WalkPages();
    else
      ExpandFrontier();
  }
  if (found.empty()) return false;
  std::pop_heap(found.begin(), found.end(), LargerBound);
  *next = found[found.size() - 1];
  found.Truncate(found.size() - 1);
  return true;
}

// NextFound, with late nodes kept back to the end in the strict order.
bool VsHnswScan::NextInOrder(Found* next) {
  while (stage != Stage::kLate) {
    if (!NextFound(next)) {
      stage = Stage::kLate;
      position = 0;
      std::sort(late.begin(), late.end(), SmallerBound);
    } else if (next->bound < last_bound && order == VS_SCAN_STRICT) {
      late.Push(*next);
    } else {
      return true;
    }
  }
  if (position >= late.size()) return false;
  *next = late[position++];
  return true;
}

bool vs_hnsw_scan_next(VsHnswScan* scan, VsHnswHit* hit) {
  Found next;
  if (!scan->NextInOrder(&next)) return false;

  const Expanded& node = scan->graph.expanded(next.info);
  hit->id = node.id;
  hit->flags = node.flags;
  memcpy(hit->heap_tid, node.heap_tid, sizeof(hit->heap_tid));
  hit->bound = next.bound;
  scan->last_bound = std::max(scan->last_bound, next.bound);
  return true;
}

const uint8_t* vs_hnsw_scan_ahead(const VsHnswScan* scan, size_t skip) {
  const size_t at = scan->position + skip;
  if (scan->stage != Stage::kBeam || at >= scan->found.size()) return nullptr;
  return scan->graph.expanded(scan->found[at].info).heap_tid;
}
