// SPDX-License-Identifier: PostgreSQL
//
// insert.cpp - where a new node goes.
//
// Owns: the search and the choice of links (HNSW, algorithm 1) for inserts into pages and for repair.
// Writing, locking and the reaction to concurrent changes are the host's.
#include <algorithm>

#include "core/hnsw/inserter.h"

using vecstore::Memory;
using namespace vecstore::hnsw;

VsHnswInserter* vs_hnsw_inserter_create(const VsHnswHost* host, const VsHnswGeometry* geometry,
                                        const VsHnswSpace* space) {
  Memory memory = {host->context, host->grow};
  VsHnswInserter* inserter = memory.New<VsHnswInserter>(1);
  inserter->geometry = geometry;
  inserter->graph.Init(host, geometry);
  inserter->beam.Init(memory);
  inserter->visited.Init(memory);
  inserter->options.Init(memory);
  inserter->ids.Init(memory);
  vs_hnsw_query_init(&inserter->pair, space, memory.New<uint8_t>(vs_hnsw_query_bytes(geometry->dims)));
  inserter->record = nullptr;
  inserter->nearest = VS_NO_NODE;
  inserter->met_tombstone = false;
  for (LevelLinks& level : inserter->links) level.count = 0;
  return inserter;
}

namespace {

// The links for the current query out of the beam, which is sorted already.
void ChooseFromBeam(VsHnswInserter* inserter, int limit, LevelLinks* chosen) {
  const Beam& beam = inserter->beam;
  auto& ids = inserter->ids;
  auto& options = inserter->options;
  const VsHnswRecord* records[kMaxOptions];

  ids.Clear();
  options.Clear();
  for (size_t i = 0; i < beam.size() && i < size_t(kMaxOptions); i++) {
    if (inserter->graph.expanded(beam[i].info).flags & VS_NODE_TOMBSTONE) {
      inserter->met_tombstone = true;
      continue;
    }
    options.Push({beam[i].estimate, uint32_t(i), nullptr});
    ids.Push(beam[i].id);
  }
  int n = int(ids.size());
  if (n > limit) {
    inserter->graph.cache()->Get(ids.data(), n, records);
    for (int i = 0; i < n; i++) options[i].record = records[i];
  }
  chosen->count = SelectLinks(options.data(), n, limit, &inserter->pair);
  for (int i = 0; i < chosen->count; i++) {
    chosen->ids[i] = beam[options[i].index].id;
    chosen->infos[i] = beam[options[i].index].info;
  }
}

}  // namespace

void vs_hnsw_inserter_search(VsHnswInserter* inserter, const VsHnswInsertSearch* search) {
  const VsHnswGeometry* geometry = inserter->geometry;
  InsertGraph* graph = &inserter->graph;
  VisitedSet* visited = &inserter->visited;
  VsNodeId entry = search->entry;

  inserter->record = search->record;
  inserter->nearest = VS_NO_NODE;
  inserter->met_tombstone = false;
  for (LevelLinks& links : inserter->links) links.count = 0;
  graph->Begin(*search);
  visited->Reset(uint64_t(search->blocks) << geometry->slot_bits);
  if (!graph->IsSlot(entry) || !visited->Add(entry)) return;

  Candidate start = {0, entry, 0};
  graph->Score(&entry, 1, &start.estimate);
  int top = std::min(search->entry_level, search->level);
  if (!DescendGreedily(graph, search->entry_level, top, &start, visited)) return;

  for (int l = top; l >= 0; l--) {
    NoOverflow none;
    SearchLevelFrom(start, size_t(search->ef_construction), graph, l, &inserter->beam, visited, &none);
    if (inserter->beam.size() == 0 || graph->same() != VS_NO_NODE) return;
    ChooseFromBeam(inserter, int(vs_links_at(geometry, l)), &inserter->links[l]);
    const Candidate& best = inserter->beam[0];
    if (l > 0) start = {best.estimate, graph->Descend(best), 0};
    else inserter->nearest = best.id;
  }
}

int vs_hnsw_inserter_links(const VsHnswInserter* inserter, int level, const VsNodeId** ids) {
  *ids = inserter->links[level].ids;
  return inserter->links[level].count;
}

const VsNodeId* vs_hnsw_inserter_seen_list(const VsHnswInserter* inserter, int level, int link,
                                           int* degree, uint16_t* edge_version) {
  return inserter->graph.List(inserter->links[level].infos[link], degree, edge_version);
}

VsNodeId vs_hnsw_inserter_nearest(const VsHnswInserter* inserter) { return inserter->nearest; }

VsNodeId vs_hnsw_inserter_same(const VsHnswInserter* inserter) { return inserter->graph.same(); }

bool vs_hnsw_inserter_met_tombstone(const VsHnswInserter* inserter) { return inserter->met_tombstone; }
