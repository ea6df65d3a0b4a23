// SPDX-License-Identifier: PostgreSQL
//
// fuse.cpp - ranked lists to one.
//
// Owns: the table of what each list says about each candidate, the votes of strategies of ranks, what
// missing entries count, Condorcet's comparison of pairs, and the final order.
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/fusion/combine.h"

namespace vecstore::fusion {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
constexpr size_t kPollEvery = 4096;

// Parts of the caller's memory, doubles first.
struct Space {
  double* column;   // of one list
  double* scratch;  // of one candidate
  double* missing;  // of each list: what a candidate that it lacks gets
  int32_t* ranks;   // of one list
};

Space Divide(const VsFusion& fusion, size_t longest, void* memory, VsFused* fused) {
  const size_t cells = fusion.lists * fusion.candidates;
  double* doubles = static_cast<double*>(memory);
  Space space;
  fused->similarity = doubles;
  fused->normal = fused->similarity + cells;
  fused->score = fused->normal + cells;
  space.column = fused->score + fusion.candidates;
  space.scratch = space.column + longest;
  space.missing = space.scratch + fusion.lists;
  fused->rank = reinterpret_cast<int32_t*>(space.missing + fusion.lists);
  fused->order = reinterpret_cast<uint32_t*>(fused->rank + cells);
  space.ranks = reinterpret_cast<int32_t*>(fused->order + fusion.candidates);
  return space;
}

// What rank r of a list is worth among n candidates, before the weight.
double RankVote(const VsFusion& fusion, size_t list, double rank, double n) {
  switch (fusion.strategy) {
    case VS_RRF:
      return 1 / (fusion.rrf_k + rank);
    case VS_RRF_QDRANT:  // the weight divides the rank; it is a factor of the sum elsewhere
      return 1 / (rank / fusion.weight[list] + fusion.rrf_k - 1) / fusion.weight[list];
    case VS_ISR:
    case VS_LOG_ISR:
      return 1 / (rank * rank);
    case VS_RBC:
      return (1 - VS_RBC_PHI) * std::pow(VS_RBC_PHI, rank - 1);
    case VS_BORDA:
      return (n - rank + 1) / n;
    default:
      return -rank;  // condorcet
  }
}

bool SharesRest(const VsFusion& fusion) {
  return fusion.strategy == VS_BORDA ||
         (!vs_strategy_by_rank(fusion.strategy) && fusion.normalizer == VS_NORM_BORDA);
}

// What list i says about a candidate that it lacks; `last` is what its last entry got.
double MissingVote(const VsFusion& fusion, size_t i, double last, double all) {
  const double n = static_cast<double>(fusion.list[i].n);
  switch (fusion.missing) {
    case VS_MISSING_SKIP:
      return kNothing;
    case VS_MISSING_MIN:
      return n > 0 ? last : 0;
    case VS_MISSING_RANK:
      return RankVote(fusion, i, n + 1, all);
    default:
      break;
  }
  // Borda's own rule: the points of the ranks that were not given, in equal parts.
  return SharesRest(fusion) ? (all - n + 1) / (2 * all) : 0;
}

// Lists of weight above 0 that have candidate c.
size_t Present(const VsFusion& fusion, const VsFused& fused, size_t c) {
  size_t present = 0;
  for (size_t i = 0; i < fusion.lists; ++i)
    present += fusion.weight[i] > 0 && fused.rank[c * fusion.lists + i] > 0;
  return present;
}

// Ranks and similarities of all lists, and the candidates that count, in the order of their ids.
void FillRanks(const VsFusion& fusion, const Space& space, VsFused* fused) {
  const size_t cells = fusion.lists * fusion.candidates;
  std::fill_n(fused->similarity, cells, kNothing);
  std::fill_n(fused->normal, cells, kNothing);
  std::fill_n(fused->rank, cells, 0);
  for (size_t i = 0; i < fusion.lists; ++i) {
    const VsRankedList& list = fusion.list[i];
    vs_ranks(list.distance, list.n, fusion.ordinal, space.ranks);
    for (size_t j = 0; j < list.n; ++j) {
      const size_t cell = list.candidate[j] * fusion.lists + i;
      fused->similarity[cell] = 0.0 - list.distance[j];  // not -0
      fused->rank[cell] = space.ranks[j];
    }
  }
  fused->n = 0;
  for (size_t c = 0; c < fusion.candidates; ++c)
    if (Present(fusion, *fused, c) > 0) fused->order[fused->n++] = static_cast<uint32_t>(c);
}

// Fills list i's votes for the candidates it has; returns what the last of them got.
double FillVotes(const VsFusion& fusion, size_t i, const Space& space, VsFused* fused) {
  const VsRankedList& list = fusion.list[i];
  double* value = space.column;
  if (list.n == 0) return 0;
  for (size_t j = 0; j < list.n; ++j) {
    const size_t cell = list.candidate[j] * fusion.lists + i;
    space.ranks[j] = fused->rank[cell];
    value[j] = vs_strategy_by_rank(fusion.strategy)
                   ? RankVote(fusion, i, fused->rank[cell], static_cast<double>(fused->n))
                   : fused->similarity[cell];
  }
  if (!vs_strategy_by_rank(fusion.strategy))
    vs_normalize(fusion.normalizer, value, space.ranks, list.n, fused->n, value);
  for (size_t j = 0; j < list.n; ++j) fused->normal[list.candidate[j] * fusion.lists + i] = value[j];
  return value[list.n - 1];
}

void FillMissing(const VsFusion& fusion, const Space& space, VsFused* fused) {
  for (size_t k = 0; k < fused->n; ++k)
    for (size_t i = 0; i < fusion.lists; ++i) {
      const size_t cell = fused->order[k] * fusion.lists + i;
      if (fused->rank[cell] == 0) fused->normal[cell] = space.missing[i];
    }
}

// Lists of weight 0 say nothing.
void FillCells(const VsFusion& fusion, const Space& space, VsFused* fused) {
  FillRanks(fusion, space, fused);
  for (size_t i = 0; i < fusion.lists; ++i) {
    space.missing[i] = kNothing;
    if (!(fusion.weight[i] > 0)) continue;
    const double last = FillVotes(fusion, i, space, fused);
    space.missing[i] = MissingVote(fusion, i, last, static_cast<double>(fused->n));
  }
  FillMissing(fusion, space, fused);
}

// Strategies that count the lists which have a candidate do not count what others add for it: with
// missing = 'zero' a list that lacks it says nothing to them.
bool CountsLists(VsStrategy strategy) {
  return (strategy >= VS_COMBSUM && strategy <= VS_COMBGMNZ) || strategy == VS_ISR ||
         strategy == VS_LOG_ISR;
}

void ScoreEach(const VsFusion& fusion, const Space& space, VsFused* fused) {
  const bool by_itself = CountsLists(fusion.strategy) && fusion.missing == VS_MISSING_ZERO;
  for (size_t k = 0; k < fused->n; ++k) {
    const size_t c = fused->order[k];
    double* value = fused->normal + c * fusion.lists;
    if (by_itself && !SharesRest(fusion))
      for (size_t i = 0; i < fusion.lists; ++i)
        if (fused->rank[c * fusion.lists + i] == 0) value[i] = kNothing;
    fused->score[c] = Combine(
        fusion.strategy, Votes{value, fusion.weight, fusion.lists, Present(fusion, *fused, c),
                               fusion.missing == VS_MISSING_SKIP, space.scratch});
    if (k % kPollEvery == 0) fusion.poll(fusion.host);
  }
}

// The weight of the lists that put a before b, less that of those that put b before a.  A list puts
// what it has before what it lacks; with missing = 'skip' it has no opinion on that.
double Majority(const VsFusion& fusion, const Space& space, const VsFused& fused, size_t a,
                size_t b) {
  const int32_t* ra = fused.rank + a * fusion.lists;
  const int32_t* rb = fused.rank + b * fusion.lists;
  size_t n = 0;
  for (size_t i = 0; i < fusion.lists; ++i) {
    if (ra[i] == rb[i]) continue;
    if ((ra[i] == 0 || rb[i] == 0) && fusion.missing == VS_MISSING_SKIP) continue;
    const bool first = ra[i] != 0 && (rb[i] == 0 || ra[i] < rb[i]);
    space.scratch[n++] = first ? fusion.weight[i] : -fusion.weight[i];
  }
  return vs_ordered_sum(space.scratch, n);
}

// Copeland's count: the share of the other candidates that a majority puts behind, ties half.  It is
// a Condorcet method without a sort by a relation that can be circular.
void ScorePairs(const VsFusion& fusion, const Space& space, VsFused* fused) {
  for (size_t k = 0; k < fused->n; ++k) fused->score[fused->order[k]] = 0;
  for (size_t k = 0; k < fused->n; ++k) {
    const size_t a = fused->order[k];
    for (size_t l = k + 1; l < fused->n; ++l) {
      const size_t b = fused->order[l];
      const double majority = Majority(fusion, space, *fused, a, b);
      const double won = majority > 0 ? 1 : majority < 0 ? 0 : 0.5;
      fused->score[a] += won;
      fused->score[b] += 1 - won;
    }
    fusion.poll(fusion.host);
  }
  for (size_t k = 0; k < fused->n; ++k) {
    double* score = &fused->score[fused->order[k]];
    *score = fused->n > 1 ? *score / static_cast<double>(fused->n - 1) : 1;
  }
}

// Score, then (relative_score) similarity in the first list, then best rank, number of lists, id.
class Better {
 public:
  Better(const VsFusion& fusion, const VsFused& fused) : fusion_(fusion), fused_(fused) {}

  bool operator()(uint32_t a, uint32_t b) const {
    if (fused_.score[a] != fused_.score[b]) return fused_.score[a] > fused_.score[b];
    if (fusion_.strategy == VS_RELATIVE_SCORE) {
      const double x = First(a), y = First(b);
      if (x != y) return x > y;
    }
    const int32_t best_a = BestRank(a), best_b = BestRank(b);
    if (best_a != best_b) return best_a < best_b;
    const size_t lists_a = Present(fusion_, fused_, a), lists_b = Present(fusion_, fused_, b);
    return lists_a != lists_b ? lists_a > lists_b : a < b;
  }

 private:
  double First(size_t c) const {
    const size_t cell = c * fusion_.lists;
    return fused_.rank[cell] > 0 ? fused_.similarity[cell]
                                 : -std::numeric_limits<double>::infinity();
  }
  int32_t BestRank(size_t c) const {
    int32_t best = std::numeric_limits<int32_t>::max();
    for (size_t i = 0; i < fusion_.lists; ++i) {
      const int32_t rank = fused_.rank[c * fusion_.lists + i];
      if (fusion_.weight[i] > 0 && rank > 0) best = std::min(best, rank);
    }
    return best;
  }

  const VsFusion& fusion_;
  const VsFused& fused_;
};

}  // namespace
}  // namespace vecstore::fusion

using namespace vecstore::fusion;

extern "C" size_t vs_fusion_bytes(size_t lists, size_t candidates, size_t longest) {
  const size_t cells = lists * candidates;
  return sizeof(double) * (2 * cells + candidates + longest + 2 * lists) +
         sizeof(int32_t) * (cells + candidates + longest);
}

extern "C" VsStatus vs_fuse(const VsFusion* fusion, void* memory, VsFused* fused) {
  size_t longest = 0;
  for (size_t i = 0; i < fusion->lists; ++i) longest = std::max(longest, fusion->list[i].n);
  const Space space = Divide(*fusion, longest, memory, fused);

  FillCells(*fusion, space, fused);
  if (fusion->strategy == VS_CONDORCET)
    ScorePairs(*fusion, space, fused);
  else
    ScoreEach(*fusion, space, fused);
  for (size_t k = 0; k < fused->n; ++k)
    if (!std::isfinite(fused->score[fused->order[k]])) return VS_OVERFLOW;
  std::sort(fused->order, fused->order + fused->n, Better(*fusion, *fused));
  return VS_OK;
}
