// SPDX-License-Identifier: PostgreSQL
//
// build.h - a participant of an in-memory build: what build.cpp (linking), calibrate.cpp and layout.cpp
// (pages) share.
//
// Owns: how participants share out work.  All call the same collective functions in the same order;
// each loop over all nodes hands out chunks by an atomic counter and ends with a barrier of the host.
// One of them, the leader, does alone what cannot be shared, while the others wait at the next barrier.
#ifndef VECSTORE_CORE_HNSW_BUILD_H
#define VECSTORE_CORE_HNSW_BUILD_H

#include <algorithm>
#include <type_traits>

#include "bridge/hnsw.h"
#include "core/hnsw/arena.h"
#include "core/hnsw/beam.h"

namespace vecstore::hnsw {

// The graph as search.h wants it; node ids are indexes.
class MemoryGraph {
 public:
  void Init(VsHnswBuilder* builder) { builder_ = builder; }
  int Expand(Candidate* candidate, int level, VsNodeId* links);
  void Score(const VsNodeId* ids, int n, float* estimates);
  void Prefetch(VsNodeId id, int level);
  void PrefetchRecord(VsNodeId id);
  VsNodeId Descend(const Candidate& candidate) const { return candidate.id; }

 private:
  VsHnswBuilder* builder_;
};

}  // namespace vecstore::hnsw

struct VsHnswBuilder {
  VsHnswBuilder(const VsHnswBuildHost* host, const VsHnswGeometry* geometry, size_t ef_construction)
      : host(host),
        memory{host->context, host->grow},
        geometry(geometry),
        ef_construction(ef_construction),
        effort(geometry, ef_construction),
        arena(host->arena, geometry),
        state(arena.state()) {}

  const VsHnswBuildHost* host;
  vecstore::Memory memory;
  const VsHnswGeometry* geometry;
  const VsHnswSpace* space;
  size_t ef_construction;
  vecstore::hnsw::PartitionEffort effort;
  vecstore::hnsw::Arena arena;
  vecstore::hnsw::BuildState* state;
  uint64_t loops = 0;  // begun by ForAll

  // What every participant works out for itself when linking begins.
  uint32_t nodes;
  uint32_t entry;
  int lowest_searched;  // links come from searches on this level and above, from partitions below
  uint32_t stride;   // every stride-th node of level 0 is a query of the calibration; 0: none
  uint32_t queries;  // ceil(nodes / stride)

  // Scratch.
  vecstore::hnsw::MemoryGraph graph;
  vecstore::hnsw::Beam beam;
  struct Truth {
    VsHnswQuery query;
    vecstore::hnsw::Beam nearest;
  } truth[vecstore::hnsw::kTruthQueries];
  vecstore::hnsw::VisitedSet visited;
  vecstore::hnsw::PartitionScratch scratch;
  VsHnswQuery query;
  VsHnswQuery pair;

  uint16_t calibrated_ef[VS_HNSW_PRESETS] = {};  // 0: not calibrated

  VsHnswRecord* Record(size_t index) { return arena.Record(index); }
  vecstore::hnsw::LinkList* List(size_t index, int level) {
    return level == 0 ? arena.List(index) : arena.UpperList(Record(index)->link + level - 1);
  }

  // ---- sharing work ----

  void Synchronize() { host->synchronize(host->context); }
  // Let the host look for interrupts.
  void Poll() { host->progress(host->context, __atomic_load_n(&state->linked, __ATOMIC_RELAXED)); }
  void PollEvery(size_t i) {
    if (i % 1024 == 0) Poll();
  }

  // Call work(i) for 0..n-1, sharing them out in chunks; returns when all participants are done.  The
  // cursors take turns: when a loop begins nobody is left in the one before it.
  template <class Work>
  void ForAll(uint32_t n, uint32_t chunk, Work work) {
    uint64_t* next = &state->cursors[loops % 2].next;
    if (host->leader) __atomic_store_n(&state->cursors[(loops + 1) % 2].next, 0, __ATOMIC_RELAXED);
    loops++;
    for (;;) {
      const uint64_t begin = __atomic_fetch_add(next, chunk, __ATOMIC_RELAXED);
      if (begin >= n) break;
      const uint32_t end = uint32_t(std::min<uint64_t>(begin + chunk, n));
      for (uint32_t i = uint32_t(begin); i < end; i++) work(i);
      Poll();
    }
    Synchronize();
  }

  // ---- linking ----

  uint64_t HashCode(uint32_t index);
  void FindOriginal(uint32_t index);
  void FindDuplicates();
  void MakeDuplicate(uint32_t index, uint32_t original);
  bool IsDuplicate(uint32_t index) { return List(index, 0)->duplicate_of != 0; }
  void PlanLinking();
  bool IsQuery(uint32_t index) {
    return stride != 0 && index % stride == 0 && index != entry && Record(index)->level == 0 &&
           !IsDuplicate(index);
  }
  void LinkBySearches();
  void LinkNode(uint32_t index, int lowest);
  vecstore::hnsw::Candidate Descend(uint32_t index, int level);
  void SearchFrom(vecstore::hnsw::Candidate start, int level, size_t ef);
  void ChooseLinks(uint32_t index, int level);
  void LinkBack(uint32_t index, int level);
  void AddReverseLink(uint32_t from, vecstore::hnsw::Link link, int level);
  uint32_t Prune(vecstore::hnsw::Link* links, uint32_t n, uint32_t limit, int* diverse = nullptr);

  // ---- linking by partitions ----

  void LinkByPartitions(int level);
  uint32_t ListLevel(int level);
  void DrawLeaders(uint32_t* members, uint32_t n, uint32_t count);
  void LoadPanel(vecstore::hnsw::PanelBuffer* panel, const uint32_t* members, uint32_t n);
  void ChooseClusters(const uint32_t* members, uint32_t n, uint32_t fanout, uint16_t* choices);
  void SortIntoClusters(const uint32_t* members, const uint16_t* choices, uint32_t n, uint32_t fanout,
                        uint32_t clusters, uint32_t* starts, uint32_t* clustered);
  void FillClusters(uint32_t n, uint32_t clusters);
  void LinkClusters(int level);
  void LinkTopCluster(uint32_t cluster, int level);
  void LinkCluster(uint32_t first, uint32_t n, uint32_t fanout, int level);
  void LinkPart(uint32_t first, uint32_t n, uint32_t whole, int level);
  void LinkLeaf(const uint32_t* members, uint32_t n, int level);

  // ---- a build in parts ----

  void SortHomes();
  void PrunePart(vecstore::hnsw::LinkList* list);

  // ---- calibration ----

  void Calibrate();
  uint32_t ListLinked();
  void MeasureQueries(uint32_t first);
  uint32_t CountFound(uint32_t query, size_t ef);

  // ---- layout ----

  void PruneList(vecstore::hnsw::LinkList* list, uint32_t limit);
  void PruneAll();
  void CountInlinks();
  void PlaceAll();
  bool IsPlaced(uint32_t index) { return arena.ids()[index] != VS_NO_NODE; }
  void Place(uint32_t index, uint32_t parent);
  void PlaceReachable(uint32_t from);
  bool AttachTo(uint32_t parent, uint32_t child);
  void PlaceUnreached();
  uint32_t AttachToNearest(uint32_t index);
  void PlaceIslands();
  void AssignIds();
  uint32_t UpperPages();
  VsNodeId UpperId(uint32_t position);
  VsNodeId BaseId(uint32_t index);
  VsNodeId IdAt(uint32_t index, int level);
  void WriteSlot(uint32_t index, int level, uint8_t* slot);
};
static_assert(std::is_trivially_destructible_v<VsHnswBuilder>, "host calls may not return");

#endif
