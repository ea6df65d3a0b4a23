// SPDX-License-Identifier: PostgreSQL
//
// insert.cpp - where a new node goes, and which links a node keeps.
//
// Owns: the search and the choice of links (HNSW, algorithm 1) for inserts into pages and for repair.
// Writing, locking and the reaction to concurrent changes are the host's.
#include <algorithm>
#include <type_traits>

#include "bridge/hnsw.h"
#include "core/hnsw/paged_graph.h"
#include "core/hnsw/search.h"
#include "core/hnsw/select.h"

using vecstore::GrowArray;
using vecstore::Memory;
using namespace vecstore::hnsw;

namespace {

struct LevelLinks {
  int count;
  VsNodeId ids[VS_HNSW_MAX_LINKS];
};

}  // namespace

struct VsHnswInserter {
  const VsHnswHost* host;
  const VsHnswGeometry* geometry;
  PagedGraph graph;
  Beam beam;
  VisitedSet visited;
  VsHnswQuery pair;  // scratch: a record as query
  GrowArray<LinkOption> options;
  GrowArray<VsNodeId> ids;
  uint8_t* records;  // loaded headers and codes
  size_t record_capacity;
  size_t stride;
  VsNodeId nearest;
  bool met_tombstone;
  LevelLinks links[VS_HNSW_MAX_LEVEL + 1];

  void Load(const VsNodeId* candidates, int n);
  int ChooseFromBeam(int limit, VsNodeId* chosen);
};
static_assert(std::is_trivially_destructible_v<VsHnswInserter>, "host calls may not return");

size_t vs_hnsw_load_stride(uint32_t dims) {
  size_t readable = dims < VS_QUERY_BLOCK ? VS_QUERY_BLOCK : dims;
  return (VS_RECORD_HEADER_BYTES + readable + 63) / 64 * 64;
}

VsHnswInserter* vs_hnsw_inserter_create(const VsHnswHost* host, const VsHnswGeometry* geometry,
                                        const VsHnswSpace* space) {
  Memory memory = {host->context, host->grow};
  VsHnswInserter* inserter = memory.New<VsHnswInserter>(1);
  inserter->host = host;
  inserter->geometry = geometry;
  inserter->graph.Init(host, geometry);
  inserter->beam.Init(memory);
  inserter->visited.Init(memory);
  inserter->options.Init(memory);
  inserter->ids.Init(memory);
  vs_hnsw_query_init(&inserter->pair, space, memory.New<uint8_t>(vs_hnsw_query_bytes(geometry->dims)));
  inserter->records = nullptr;
  inserter->record_capacity = 0;
  inserter->stride = vs_hnsw_load_stride(geometry->dims);
  inserter->nearest = VS_NO_NODE;
  inserter->met_tombstone = false;
  for (LevelLinks& level : inserter->links) level.count = 0;
  return inserter;
}

// Copy the records of n candidates next to each other.
void VsHnswInserter::Load(const VsNodeId* candidates, int n) {
  if (size_t(n) > record_capacity) {
    records = static_cast<uint8_t*>(
        host->grow(host->context, records, record_capacity * stride, n * stride));
    record_capacity = n;
  }
  host->load(host->context, candidates, n, records, stride);
}

// The links for the current query out of the beam, which is sorted already.
int VsHnswInserter::ChooseFromBeam(int limit, VsNodeId* chosen) {
  ids.Clear();
  options.Clear();
  for (size_t i = 0; i < beam.size() && i < size_t(kMaxOptions); i++) {
    if (graph.expanded(beam[i].info).flags & VS_NODE_TOMBSTONE) {
      met_tombstone = true;
      continue;
    }
    options.Push({beam[i].estimate, uint32_t(ids.size()), nullptr});
    ids.Push(beam[i].id);
  }
  int n = int(ids.size());
  if (n > limit) {
    Load(ids.data(), n);
    for (int i = 0; i < n; i++)
      options[i].record = reinterpret_cast<const VsHnswRecord*>(records + i * stride);
  }
  n = SelectLinks(options.data(), n, limit, &pair);
  for (int i = 0; i < n; i++) chosen[i] = ids[options[i].index];
  return n;
}

void vs_hnsw_inserter_search(VsHnswInserter* inserter, VsNodeId entry, int entry_level, int level,
                             uint32_t blocks, int ef_construction) {
  const VsHnswGeometry* geometry = inserter->geometry;
  PagedGraph* graph = &inserter->graph;
  VisitedSet* visited = &inserter->visited;

  inserter->nearest = VS_NO_NODE;
  inserter->met_tombstone = false;
  for (LevelLinks& links : inserter->links) links.count = 0;
  graph->Reset();
  visited->Reset(uint64_t(blocks) << geometry->slot_bits);
  if (!graph->IsSlot(entry) || !visited->Add(entry)) return;

  Candidate start = {0, entry, 0};
  graph->Score(&entry, 1, &start.estimate);
  int top = std::min(entry_level, level);
  if (!DescendGreedily(graph, entry_level, top, &start, visited)) return;

  for (int l = top; l >= 0; l--) {
    NoOverflow none;
    SearchLevelFrom(start, size_t(ef_construction), graph, l, &inserter->beam, visited, &none);
    if (inserter->beam.size() == 0) return;
    LevelLinks* links = &inserter->links[l];
    links->count = inserter->ChooseFromBeam(int(vs_links_at(geometry, l)), links->ids);
    const Candidate& best = inserter->beam[0];
    if (l > 0) start = {best.estimate, graph->Descend(best), 0};
    else inserter->nearest = best.id;
  }
}

int vs_hnsw_inserter_links(const VsHnswInserter* inserter, int level, const VsNodeId** ids) {
  *ids = inserter->links[level].ids;
  return inserter->links[level].count;
}

VsNodeId vs_hnsw_inserter_nearest(const VsHnswInserter* inserter) { return inserter->nearest; }

// Not only the nearest: estimates tie, and under inner product an equal vector need not be the nearest.
VsNodeId vs_hnsw_inserter_find_same(VsHnswInserter* inserter, const VsHnswRecord* record) {
  if (inserter->nearest == VS_NO_NODE) return VS_NO_NODE;
  inserter->Load(inserter->ids.data(), int(inserter->ids.size()));
  for (size_t i = 0; i < inserter->ids.size(); i++) {
    auto* other = reinterpret_cast<const VsHnswRecord*>(inserter->records + i * inserter->stride);
    if (vs_hnsw_same_code(other, record, inserter->geometry->dims)) return inserter->ids[i];
  }
  return VS_NO_NODE;
}

bool vs_hnsw_inserter_met_tombstone(const VsHnswInserter* inserter) { return inserter->met_tombstone; }

int vs_hnsw_choose_links(VsHnswInserter* inserter, const VsHnswRecord* record,
                         const VsNodeId* candidates, int n, int limit, VsNodeId* chosen) {
  n = std::min(n, kMaxOptions);
  inserter->Load(candidates, n);
  inserter->options.Clear();
  vs_hnsw_query_from_record(&inserter->pair, record);
  for (int i = 0; i < n; i++) {
    auto* other = reinterpret_cast<const VsHnswRecord*>(inserter->records + i * inserter->stride);
    inserter->options.Push({vs_hnsw_estimate(&inserter->pair, other), uint32_t(i), other});
  }
  std::sort(inserter->options.begin(), inserter->options.end(),
            [](const LinkOption& a, const LinkOption& b) { return a.estimate < b.estimate; });
  n = SelectLinks(inserter->options.data(), n, limit, &inserter->pair);
  for (int i = 0; i < n; i++) chosen[i] = candidates[inserter->options[i].index];
  return n;
}
