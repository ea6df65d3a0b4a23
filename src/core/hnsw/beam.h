// SPDX-License-Identifier: PostgreSQL
//
// beam.h - the containers of a graph search: candidate beam, visited set, heap order.
//
// Owns: no memory; arrays come from the host.  All types are trivially destructible.
#ifndef VECSTORE_CORE_HNSW_BEAM_H
#define VECSTORE_CORE_HNSW_BEAM_H

#include <string.h>

#include <algorithm>

#include "bridge/hnsw_page.h"
#include "core/base/grow_array.h"

namespace vecstore::hnsw {

struct Candidate {
  float estimate;
  VsNodeId id;
  uint32_t info;  // 0: not expanded yet; else 1 + index of what the expansion found
};

// The best `capacity` candidates seen, nearest first, in one sorted array.
class Beam {
 public:
  void Init(const Memory& memory) { items_.Init(memory); }

  void Reset(size_t capacity) {
    items_.Clear();
    items_.Reserve(capacity + 1);
    capacity_ = capacity;
    next_ = 0;
  }

  // Takes the candidate in and returns true, with the one that had to leave in *evicted when the beam
  // was full; false when it is not near enough.
  bool Offer(const Candidate& candidate, bool* was_full, Candidate* evicted) {
    size_t n = items_.size();
    *was_full = n == capacity_;
    if (*was_full) {
      if (!(candidate.estimate < items_[n - 1].estimate)) return false;
      *evicted = items_[--n];
    }
    size_t at = PlaceOf(candidate.estimate, n);
    Candidate* position = items_.data() + at;
    memmove(position + 1, position, (n - at) * sizeof(Candidate));
    *position = candidate;
    items_.Truncate(n + 1);
    if (at < next_) next_ = at;
    return true;
  }

  // Nothing at this distance or beyond is taken in.
  float Limit() const {
    return items_.size() == capacity_ ? items_[capacity_ - 1].estimate : __builtin_inff();
  }

  // The nearest candidate that was not expanded, or null when all were.
  Candidate* Next() {
    while (next_ < items_.size() && items_[next_].info != 0) next_++;
    return next_ < items_.size() ? &items_[next_] : nullptr;
  }

  // Show those that will be next, at most n, unless something nearer is found.
  template <class Visit>
  void ForNext(int n, Visit visit) const {
    for (size_t i = next_; n > 0 && i < items_.size(); i++) {
      if (items_[i].info != 0) continue;
      visit(items_[i].id);
      n--;
    }
  }

  // Forget a candidate that turned out not to exist.
  void Remove(Candidate* candidate) {
    size_t at = candidate - items_.data();
    memmove(candidate, candidate + 1, (items_.size() - at - 1) * sizeof(Candidate));
    items_.Truncate(items_.size() - 1);
  }

  // Take out a candidate that was not expanded, if it is there with this estimate; false if it is not.
  bool Withdraw(float estimate, VsNodeId id) {
    for (size_t at = PlaceOf(estimate, items_.size()); at-- > 0 && items_[at].estimate == estimate;)
      if (items_[at].id == id && items_[at].info == 0) {
        Remove(&items_[at]);
        return true;
      }
    return false;
  }

  // Put an expanded candidate, the one Next() gave, where its new estimate belongs.
  void Reorder(Candidate* candidate) {
    const Candidate moved = *candidate;
    const size_t n = items_.size() - 1;

    Remove(candidate);
    const size_t at = PlaceOf(moved.estimate, n);
    Candidate* position = items_.data() + at;
    memmove(position + 1, position, (n - at) * sizeof(Candidate));
    *position = moved;
    items_.Truncate(n + 1);
  }

  size_t size() const { return items_.size(); }
  const Candidate& operator[](size_t i) const { return items_[i]; }

 private:
  // Behind all of the first n items that are not farther.  Without branches: which half is next is
  // anybody's guess, and a wrong one costs more than the comparison.
  size_t PlaceOf(float estimate, size_t n) const {
    const Candidate* items = items_.data();
    size_t at = 0;
    while (n > 0) {
      size_t half = (n + 1) / 2;
      at += items[at + half - 1].estimate <= estimate ? half : 0;
      n = n / 2;
    }
    return at;
  }

  GrowArray<Candidate> items_;
  size_t capacity_;
  size_t next_;  // all before it were expanded
};

// One bit a node id; resetting costs what was set, not what exists.
class VisitedSet {
 public:
  void Init(const Memory& memory) {
    memory_ = memory;
    words_ = nullptr;
    word_count_ = 0;
    touched_.Init(memory);
  }

  void Reset(uint64_t ids) {
    Clear();
    limit_ = ids;
    size_t needed = size_t((ids + 63) / 64);
    if (needed <= word_count_) return;
    words_ = static_cast<uint64_t*>(memory_.grow(
        memory_.context, words_, word_count_ * sizeof(uint64_t), needed * sizeof(uint64_t)));
    memset(words_ + word_count_, 0, (needed - word_count_) * sizeof(uint64_t));
    word_count_ = needed;
  }

  // True when the id is new.  Ids past the limit (nodes younger than the search) count as visited.
  bool Add(VsNodeId id) { return KeepNew(&id, 1) == 1; }

  // Keep the ids that are new, in their order; returns their number.  Without branches on the answer,
  // which is as good as random and would be guessed wrong every other time.
  int KeepNew(VsNodeId* ids, int n) {
    touched_.Reserve(touched_.size() + size_t(n));
    uint32_t* touched = touched_.end();
    int kept = 0;
    for (int i = 0; i < n; i++) {
      const VsNodeId id = ids[i];
      if (id >= limit_) continue;
      const uint64_t before = words_[id >> 6];
      words_[id >> 6] = before | uint64_t{1} << (id & 63);
      *touched = id >> 6;
      touched += before == 0;
      ids[kept] = id;
      kept += !(before >> (id & 63) & 1);
    }
    touched_.Truncate(size_t(touched - touched_.begin()));
    return kept;
  }

  // Keep the ids that could be added, in their order, and add none.
  int KeepAbsent(VsNodeId* ids, int n) const {
    int kept = 0;
    for (int i = 0; i < n; i++)
      if (ids[i] < limit_ && !(words_[ids[i] >> 6] >> (ids[i] & 63) & 1)) ids[kept++] = ids[i];
    return kept;
  }

 private:
  // Word by word, unless there are so many that all at once is quicker.
  void Clear() {
    if (touched_.size() > word_count_ / 8)
      memset(words_, 0, word_count_ * sizeof(uint64_t));
    else
      for (uint32_t word : touched_) words_[word] = 0;
    touched_.Clear();
  }

  Memory memory_;
  uint64_t* words_;
  size_t word_count_;
  uint64_t limit_;
  GrowArray<uint32_t> touched_;
};

// For std::push_heap and friends: the nearest candidate on top.
inline bool FartherFirst(const Candidate& a, const Candidate& b) { return a.estimate > b.estimate; }

}  // namespace vecstore::hnsw

#endif
