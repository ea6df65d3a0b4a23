// SPDX-License-Identifier: PostgreSQL
//
// search.h - best-first search of one level (HNSW, Malkov & Yashunin 2016, algorithm 2).
//
// Owns: the search loop, shared by scan, insert and build.  A Graph supplies
//   int  Expand(Candidate* c, int level, VsNodeId* links);  links of c, -1 when c does not exist;
//                                                           sets c->info (never 0) and may correct
//                                                           c->estimate downwards or upwards a little
//   void Score(const VsNodeId* ids, int n, float* estimates);
//   void Prefetch(VsNodeId id, int level);                  a hint that Expand will follow
#ifndef VECSTORE_CORE_HNSW_SEARCH_H
#define VECSTORE_CORE_HNSW_SEARCH_H

#include "core/hnsw/beam.h"

namespace vecstore::hnsw {

// Most links one Expand gives: while a build is under way its lists are twice as long.
constexpr int kMaxExpanded = 2 * VS_HNSW_MAX_LINKS;

// Take candidates that are not in the beam, to continue from them later.
struct NoOverflow {
  void Push(const Candidate&) {}
  void PushIf(const Candidate&, bool) {}
};

// Take scored nodes into the beam, and what that leaves out into the overflow.
template <class Overflow>
void OfferAll(const VsNodeId* ids, const float* estimates, int n, Beam* beam, Overflow* overflow) {
  int near[kMaxExpanded];
  int near_count = 0;

  // Most are too far, which ones nobody can guess: sorted out without a branch.
  const float limit = beam->Limit();
  for (int i = 0; i < n; i++) {
    const bool is_near = estimates[i] < limit;
    near[near_count] = i;
    near_count += is_near;
    overflow->PushIf({estimates[i], ids[i], 0}, !is_near);
  }
  for (int i = 0; i < near_count; i++) {
    Candidate candidate = {estimates[near[i]], ids[near[i]], 0};
    Candidate evicted;
    bool was_full;
    if (!beam->Offer(candidate, &was_full, &evicted))
      overflow->Push(candidate);
    else if (was_full)
      overflow->Push(evicted);
  }
}

// Expand the beam until its nearest candidates are all expanded.
template <class Graph, class Overflow>
void SearchLevel(Graph* graph, int level, Beam* beam, VisitedSet* visited, Overflow* overflow) {
  VsNodeId links[kMaxExpanded];
  float estimates[kMaxExpanded];

  while (Candidate* nearest = beam->Next()) {
    int n = graph->Expand(nearest, level, links);
    if (n < 0) {
      beam->Remove(nearest);
      continue;
    }
    n = visited->KeepNew(links, n);
    graph->Score(links, n, estimates);
    OfferAll(links, estimates, n, beam, overflow);
    // The links of the next two, one of which is expanded at once and one a whole hop later.
    beam->ForNext(2, [&](VsNodeId id) { graph->Prefetch(id, level); });
  }
}

// Search a level from one node, with a beam of `ef`.
template <class Graph, class Overflow>
void SearchLevelFrom(const Candidate& start, size_t ef, Graph* graph, int level, Beam* beam,
                     VisitedSet* visited, Overflow* overflow) {
  bool was_full;
  Candidate evicted;

  visited->Add(start.id);
  beam->Reset(ef);
  beam->Offer(start, &was_full, &evicted);
  SearchLevel(graph, level, beam, visited, overflow);
}

// Walk down greedily from *entry at level `from` to level `to`: *entry becomes the nearest node found,
// at level `to`, not expanded.  Graph also supplies Descend: the id of an expanded candidate one level
// down.  False when not even the entry exists.
template <class Graph>
bool DescendGreedily(Graph* graph, int from, int to, Candidate* entry, VisitedSet* visited) {
  VsNodeId links[kMaxExpanded];
  float estimates[kMaxExpanded];

  for (int level = from; level > to; level--) {
    Candidate best = *entry;
    int n = graph->Expand(&best, level, links);
    if (n < 0) return false;
    for (;;) {
      n = visited->KeepNew(links, n);
      graph->Score(links, n, estimates);
      int nearest = -1;
      float limit = best.estimate;
      for (int i = 0; i < n; i++)
        if (estimates[i] < limit) {
          limit = estimates[i];
          nearest = i;
        }
      if (nearest < 0) break;
      Candidate next = {limit, links[nearest], 0};
      n = graph->Expand(&next, level, links);
      if (n < 0) break;  // vanished meanwhile: stay where we are
      best = next;
    }
    *entry = {best.estimate, graph->Descend(best), 0};
  }
  return true;
}

}  // namespace vecstore::hnsw

#endif
