// SPDX-License-Identifier: PostgreSQL
//
// sketch_search.h - best-first search of level 0 by sketches.
//
// Owns: how estimates of unlike worth are dealt with.  A node that was not read is known by the sketches
// that its expanded neighbours have of it; each errs in a direction of its own, so the weighted mean of
// their estimates counts.  (On GloVe-100, recall@10 .95, with the mean a search reads 270 nodes, with the
// first estimate 850.)  When the node is read it gets the estimate of its own code, and its place in the
// beam by that.
#ifndef VECSTORE_CORE_HNSW_SKETCH_SEARCH_H
#define VECSTORE_CORE_HNSW_SKETCH_SEARCH_H

#include <string.h>

#include "core/hnsw/beam.h"
#include "core/hnsw/paged_graph.h"

namespace vecstore::hnsw {

// Candidates whose pages are asked for ahead: nobody has read them yet.
constexpr int kPagesAhead = 4;

// What is known of each node that was seen: a hash table with open addressing.
class SeenEstimates {
 public:
  void Init(const Memory& memory) {
    table_.Init(memory);
    count_ = 0;
    bits_ = 0;
  }

  // Small again, so that it costs the same after a search that has seen everything.
  void Clear() {
    if (count_ > 0) {
      bits_ = kFirstBits;
      memset(table_.data(), 0, sizeof(Entry) << bits_);
    }
    count_ = 0;
  }

  // The mean of all estimates of a node with this one; *before: without it, infinity when it is the first.
  float Combine(VsNodeId id, VsHnswLinkEstimate next, float* before) {
    if (bits_ == 0 || 2 * count_ >= size_t{1} << bits_) Grow();
    Entry* entry = Find(id);
    if (entry->id == VS_NO_NODE) {
      *entry = {id, next};
      count_++;
      *before = __builtin_inff();
      return next.estimate;
    }
    VsHnswLinkEstimate* known = &entry->known;
    const double weight = double(known->weight) + next.weight;
    *before = known->estimate;
    known->estimate =
        float((double(known->estimate) * known->weight + double(next.estimate) * next.weight) / weight);
    known->weight = float(weight);
    return known->estimate;
  }

 private:
  struct Entry {
    VsNodeId id;
    VsHnswLinkEstimate known;
  };

  static constexpr int kFirstBits = 12;

  Entry* Find(VsNodeId id) {
    const uint32_t mask = (uint32_t{1} << bits_) - 1;
    uint32_t at = id * 2654435769u >> (32 - bits_);
    while (table_[at].id != VS_NO_NODE && table_[at].id != id) at = (at + 1) & mask;
    return &table_[at];
  }

  // Double the table: its entries move up, and from there to their places.
  void Grow() {
    const size_t old = bits_ == 0 ? 0 : size_t{1} << bits_;
    bits_ = bits_ == 0 ? kFirstBits : bits_ + 1;
    const size_t size = size_t{1} << bits_;
    table_.Reserve(size + old);
    memmove(table_.data() + size, table_.data(), old * sizeof(Entry));
    memset(table_.data(), 0, size * sizeof(Entry));
    for (size_t i = size; i < size + old; i++)
      if (table_[i].id != VS_NO_NODE) *Find(table_[i].id) = table_[i];
  }

  GrowArray<Entry> table_;
  size_t count_;
  int bits_;
};

// Take the links of a node that was just expanded into the beam.
template <class Overflow>
void OfferLinks(const VsNodeId* ids, const VsHnswLinkEstimate* estimates, int n, Beam* beam, SeenEstimates* seen,
                Overflow* overflow) {
  for (int i = 0; i < n; i++) {
    float before;
    const Candidate candidate = {seen->Combine(ids[i], estimates[i], &before), ids[i], 0};
    Candidate evicted;
    bool was_full;

    // What the beam has left out before is in the overflow.
    if (!beam->Withdraw(before, ids[i]) && !(candidate.estimate < before)) continue;
    if (!beam->Offer(candidate, &was_full, &evicted))
      overflow->Push(candidate);
    else if (was_full)
      overflow->Push(evicted);
  }
}

// Search from one node, with a beam of `ef`; `expanded` is added to.  What the beam leaves out goes to
// `overflow`, where a node may be more than once, and after it was expanded.
template <class Overflow>
void SearchSketches(const Candidate& start, size_t ef, PagedGraph* graph, Beam* beam,
                    VisitedSet* expanded, SeenEstimates* seen, Overflow* overflow) {
  VsNodeId links[VS_HNSW_MAX_LINKS];
  VsHnswLinkEstimate estimates[VS_HNSW_MAX_LINKS];
  bool was_full;
  Candidate evicted;

  seen->Clear();
  beam->Reset(ef);
  beam->Offer(start, &was_full, &evicted);
  while (Candidate* nearest = beam->Next()) {
    expanded->Add(nearest->id);
    int n = graph->Expand(nearest, 0, links);
    if (n < 0) {
      beam->Remove(nearest);
      continue;
    }
    nearest->estimate = graph->node().estimate;
    beam->Reorder(nearest);
    n = expanded->KeepAbsent(links, n);
    graph->ScoreLinks(links, n, estimates);
    OfferLinks(links, estimates, n, beam, seen, overflow);
    beam->ForNext(kPagesAhead, [graph](VsNodeId id) { graph->Prefetch(id, 0); });
  }
}

}  // namespace vecstore::hnsw

#endif
