// SPDX-License-Identifier: PostgreSQL
//
// match.h - does a document match a query?
//
// Owns: the shape of a query's tree, found once, and room for sets of positions.
#ifndef VECSTORE_CORE_BM25_MATCH_H
#define VECSTORE_CORE_BM25_MATCH_H

#include "bridge/bm25.h"
#include "core/base/grow_array.h"

namespace vecstore {
namespace bm25 {

inline Memory HostMemory(const VsBm25Memory* memory) { return {memory->context, memory->grow}; }

class Matcher {
 public:
  void Init(const Memory& memory, const VsBm25Query* query);
  // boosted: NULL, or room for each leaf.
  bool Match(const VsBm25Hit* hits, bool* boosted);
  bool has_phrase() const { return has_phrase_; }
  bool in_phrase(int leaf) const { return leaf_in_phrase_[leaf]; }

 private:
  enum State : uint8_t { kNo, kYes, kMaybe };

  // Where a part of a phrase matches: the positions of its last word, or all others.
  struct Places {
    State state;  // kMaybe: some lexeme has no positions
    bool negated;
    int width;  // positions from the first word to the last
    size_t begin, n;
  };

  Places OfLeaf(const VsBm25Hit& hit);
  Places Negate(const Places& places) const;
  Places Both(const VsBm25Node& node, const Places& left, const Places& right);
  Places Either(const Places& left, const Places& right);
  // Positions of left + by_left and right + by_right: those of both, of one only, of any.
  enum Keep { kLeftOnly = 1, kBoth = 2, kRightOnly = 4 };
  Places Combine(int keep, bool negated, int width, const Places& left, int by_left,
                 const Places& right, int by_right);
  void Boost(int phrase, bool* boosted);

  const VsBm25Query* query_;
  bool has_phrase_;
  bool* in_phrase_;       // of each node: a phrase, or below one
  bool* topmost_;         // a phrase that is not below one
  bool* negated_;         // below an odd number of negations
  bool* leaf_in_phrase_;  // of each leaf
  bool* below_;           // for Boost
  bool* values_;          // of each node that is not below a phrase
  Places* places_;        // of each node that is
  GrowArray<int32_t> positions_;
};

}  // namespace bm25
}  // namespace vecstore

#endif
