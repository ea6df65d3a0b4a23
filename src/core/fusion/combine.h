// SPDX-License-Identifier: PostgreSQL
//
// combine.h - the score of one candidate from what each list says about it.
//
// Owns: the formulas that do not compare candidates with each other (condorcet does: fuse.cpp).
#ifndef VECSTORE_CORE_FUSION_COMBINE_H
#define VECSTORE_CORE_FUSION_COMBINE_H

#include "bridge/fusion.h"

namespace vecstore::fusion {

// What the lists say about one candidate.  Lists of weight 0 are passed over.
struct Votes {
  const double* value;   // NaN: nothing
  const double* weight;  // null: 1
  size_t lists;
  size_t present;  // lists that have it, among those of weight above 0
  bool skip;       // sums are averages over the lists that say something
  double* scratch; // room for `lists`

  double Weight(size_t i) const { return weight == nullptr ? 1.0 : weight[i]; }
  // Rank r's share in the strategies of ranks is in `value` already; the one whose weight is not a
  // factor has it in `value` too.
};

double Combine(VsStrategy strategy, const Votes& votes);

}  // namespace vecstore::fusion

#endif
