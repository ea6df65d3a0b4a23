// SPDX-License-Identifier: PostgreSQL
//
// match.cpp - evaluating a query's tree for one document.
//
// Owns: the algebra of phrases.  A part of a phrase has a set of places, the positions of its last word,
// or the complement of such a set; AND, OR and NOT within a phrase are operations on these sets, after
// they were lined up by their last word.  `a <N> b` are the places of b that lie N after one of a.
// A lexeme without positions may be anywhere: then a phrase is a "maybe", which counts as no.
//
// Nodes come after their operands, so one pass over the array evaluates the tree, without recursion.

#include "core/bm25/match.h"

#include <string.h>

#include <algorithm>

namespace vecstore {
namespace bm25 {

void Matcher::Init(const Memory& memory, const VsBm25Query* query) {
  const size_t n = static_cast<size_t>(query->n_nodes) + 1;
  const size_t n_leaves = static_cast<size_t>(query->n_leaves) + 1;
  query_ = query;
  has_phrase_ = false;
  in_phrase_ = memory.New<bool>(n);
  topmost_ = memory.New<bool>(n);
  negated_ = memory.New<bool>(n);
  below_ = memory.New<bool>(n);
  values_ = memory.New<bool>(n);
  places_ = memory.New<Places>(n);
  leaf_in_phrase_ = memory.New<bool>(n_leaves);
  positions_.Init(memory);
  memset(in_phrase_, 0, n * sizeof(bool));
  memset(negated_, 0, n * sizeof(bool));
  memset(leaf_in_phrase_, 0, n_leaves * sizeof(bool));
  for (int i = query->n_nodes - 1; i >= 0; --i) {
    const VsBm25Node& node = query->nodes[i];
    topmost_[i] = node.kind == VS_BM25_PHRASE && !in_phrase_[i];
    in_phrase_[i] |= topmost_[i];
    has_phrase_ |= topmost_[i];
    if (node.kind == VS_BM25_LEAF) {
      leaf_in_phrase_[node.leaf] |= in_phrase_[i];
      continue;
    }
    const bool negated = negated_[i] != (node.kind == VS_BM25_NOT);
    in_phrase_[node.left] |= in_phrase_[i];
    negated_[node.left] |= negated;
    if (node.kind == VS_BM25_NOT) continue;
    in_phrase_[node.right] |= in_phrase_[i];
    negated_[node.right] |= negated;
  }
}

bool Matcher::Match(const VsBm25Hit* hits, bool* boosted) {
  positions_.Clear();
  if (boosted != nullptr) memset(boosted, 0, query_->n_leaves * sizeof(*boosted));
  for (int i = 0; i < query_->n_nodes; ++i) {
    const VsBm25Node& node = query_->nodes[i];
    if (in_phrase_[i]) {
      switch (node.kind) {
        case VS_BM25_LEAF:
          places_[i] = OfLeaf(hits[node.leaf]);
          break;
        case VS_BM25_NOT:
          places_[i] = Negate(places_[node.left]);
          break;
        case VS_BM25_OR:
          places_[i] = Either(places_[node.left], places_[node.right]);
          break;
        default:
          places_[i] = Both(node, places_[node.left], places_[node.right]);
      }
      values_[i] = places_[i].state == kYes;
      if (topmost_[i] && values_[i] && !negated_[i] && boosted != nullptr) Boost(i, boosted);
      continue;
    }
    switch (node.kind) {
      case VS_BM25_LEAF:
        values_[i] = hits[node.leaf].present;
        break;
      case VS_BM25_NOT:
        values_[i] = !values_[node.left];
        break;
      case VS_BM25_OR:
        values_[i] = values_[node.left] || values_[node.right];
        break;
      default:
        values_[i] = values_[node.left] && values_[node.right];
    }
  }
  return query_->n_nodes > 0 && values_[query_->n_nodes - 1];
}

// Leaves of a phrase that the document has are boosted.
void Matcher::Boost(int phrase, bool* boosted) {
  memset(below_, 0, (static_cast<size_t>(phrase) + 1) * sizeof(bool));
  below_[phrase] = true;
  for (int i = phrase; i >= 0; --i) {
    const VsBm25Node& node = query_->nodes[i];
    if (!below_[i] || node.kind == VS_BM25_NOT) continue;
    if (node.kind == VS_BM25_LEAF) {
      boosted[node.leaf] = true;
      continue;
    }
    below_[node.left] = below_[node.right] = true;
  }
}

Matcher::Places Matcher::OfLeaf(const VsBm25Hit& hit) {
  Places places = {kNo, false, 0, positions_.size(), 0};
  if (!hit.present) return places;
  if (hit.n_positions == 0) {
    places.state = kMaybe;
    return places;
  }
  for (int i = 0; i < hit.n_positions; ++i) positions_.Push(hit.positions[i] & 0x3FFF);
  places.state = kYes;
  places.n = static_cast<size_t>(hit.n_positions);
  return places;
}

// A complement that is empty is everywhere; its complement is nowhere.
Matcher::Places Matcher::Negate(const Places& places) const {
  Places result = places;
  if (places.state == kMaybe) return result;
  if (places.state == kNo) {
    result.n = 0;
    result.negated = true;
    result.state = kYes;
    return result;
  }
  result.negated = !places.negated;
  if (places.n == 0) result.state = result.negated ? kYes : kNo;
  return result;
}

Matcher::Places Matcher::Combine(int keep, bool negated, int width, const Places& left, int by_left,
                                 const Places& right, int by_right) {
  Places result = {kNo, negated, width, positions_.size(), 0};
  positions_.Reserve(positions_.size() + left.n + right.n);
  size_t l = 0, r = 0;
  while (l < left.n || r < right.n) {
    const int32_t none = INT32_MAX;
    // Sums beyond the last position of a tsvector wrap around, as they do in PostgreSQL.
    const int32_t at_left = l < left.n ? (positions_[left.begin + l] & 0x3FFF) + by_left : none;
    const int32_t at_right = r < right.n ? (positions_[right.begin + r] & 0x3FFF) + by_right : none;
    const int side = at_left < at_right ? kLeftOnly : at_left > at_right ? kRightOnly : kBoth;
    if ((keep & side) != 0) positions_.Push(std::min(at_left, at_right));
    l += side != kRightOnly;
    r += side != kLeftOnly;
  }
  result.n = positions_.size() - result.begin;
  result.state = negated || result.n > 0 ? kYes : kNo;
  return result;
}

// AND, and one after the other.
Matcher::Places Matcher::Both(const VsBm25Node& node, const Places& left, const Places& right) {
  Places none = {kNo, false, 0, 0, 0};
  if (left.state == kNo || right.state == kNo) return none;
  if (left.state == kMaybe || right.state == kMaybe) {
    none.state = kMaybe;
    return none;
  }
  int width, by_left, by_right;
  if (node.kind == VS_BM25_PHRASE) {
    width = node.distance + left.width + right.width;
    by_left = node.distance + right.width;
    by_right = 0;
  } else {
    width = std::max(left.width, right.width);
    by_left = width - left.width;
    by_right = width - right.width;
  }
  if (left.negated && right.negated) {
    return Combine(kLeftOnly | kBoth | kRightOnly, true, width, left, by_left, right, by_right);
  }
  const int keep = left.negated ? kRightOnly : right.negated ? kLeftOnly : kBoth;
  return Combine(keep, false, width, left, by_left, right, by_right);
}

Matcher::Places Matcher::Either(const Places& left, const Places& right) {
  Places result = {kNo, false, 0, 0, 0};
  if (left.state == kNo && right.state == kNo) return result;
  if (left.state == kMaybe || right.state == kMaybe) {
    result.state = kMaybe;
    return result;
  }
  Places l = left, r = right;
  if (l.state == kNo) l = {kYes, false, 0, 0, 0};
  if (r.state == kNo) r = {kYes, false, 0, 0, 0};
  const int width = std::max(l.width, r.width), by_left = width - l.width, by_right = width - r.width;
  if (l.negated && r.negated) return Combine(kBoth, true, width, l, by_left, r, by_right);
  if (l.negated) return Combine(kLeftOnly, true, width, l, by_left, r, by_right);
  if (r.negated) return Combine(kRightOnly, true, width, l, by_left, r, by_right);
  return Combine(kLeftOnly | kBoth | kRightOnly, false, width, l, by_left, r, by_right);
}

}  // namespace bm25
}  // namespace vecstore

void vs_bm25_required(const VsBm25Query* query, const VsBm25Memory* memory, bool* required) {
  const int n = query->n_nodes;
  bool* marked = vecstore::bm25::HostMemory(memory).New<bool>(n + 1);
  for (int i = 0; i < query->n_leaves; ++i) required[i] = false;
  for (int i = n - 1; i >= 0; --i) {
    const VsBm25Node& node = query->nodes[i];
    marked[i] = i == n - 1 || marked[i];
    if (node.kind == VS_BM25_LEAF) {
      required[node.leaf] |= marked[i];
      continue;
    }
    const bool both = marked[i] && (node.kind == VS_BM25_AND || node.kind == VS_BM25_PHRASE);
    marked[node.left] = both;
    if (node.kind != VS_BM25_NOT) marked[node.right] = both;
  }
}

bool vs_bm25_match(const VsBm25Query* query, const VsBm25Hit* hits, bool* boosted,
                   const VsBm25Memory* memory) {
  vecstore::bm25::Matcher matcher;
  matcher.Init(vecstore::bm25::HostMemory(memory), query);
  return matcher.Match(hits, boosted);
}
