// SPDX-License-Identifier: PostgreSQL
//
// combine.cpp - the score of one candidate from what each list says about it.
//
// Owns: the formulas of the strategies.  Terms are collected, sorted and then added, so that equal
// terms give equal sums whatever the order of the lists.
#include "core/fusion/combine.h"

#include <algorithm>
#include <cmath>

namespace vecstore::fusion {
namespace {

// term(weight, value) of each list that says something, into scratch; returns how many.
template <class Term>
size_t Collect(const Votes& votes, Term term) {
  size_t n = 0;
  for (size_t i = 0; i < votes.lists; ++i)
    if (votes.Weight(i) > 0 && !std::isnan(votes.value[i]))
      votes.scratch[n++] = term(votes.Weight(i), votes.value[i]);
  return n;
}

template <class Term>
double SumOf(const Votes& votes, Term term) {
  return vs_ordered_sum(votes.scratch, Collect(votes, term));
}

double Weighted(double weight, double value) { return weight * value; }
double WeightOnly(double weight, double) { return weight; }

double Total(const Votes& votes) { return SumOf(votes, Weighted); }
double Weights(const Votes& votes) { return SumOf(votes, WeightOnly); }

double Sum(const Votes& votes) {
  if (!votes.skip) return Total(votes);
  const double weights = Weights(votes);
  return weights > 0 ? Total(votes) / weights : 0;
}

// Of a single pick; 0 when no list says anything.
double Extreme(const Votes& votes, bool largest) {
  const size_t n = Collect(votes, Weighted);
  if (n == 0) return 0;
  const double* end = votes.scratch + n;
  return largest ? *std::max_element(votes.scratch, const_cast<double*>(end))
                 : *std::min_element(votes.scratch, const_cast<double*>(end));
}

double Median(const Votes& votes) {
  const size_t n = Collect(votes, Weighted);
  if (n == 0) return 0;
  std::sort(votes.scratch, votes.scratch + n);
  const double upper = votes.scratch[n / 2];
  return n % 2 == 1 ? upper : votes.scratch[n / 2 - 1] / 2 + upper / 2;
}

// Means of values above 0: any other makes them 0.
bool AllPositive(const Votes& votes) {
  const size_t n = Collect(votes, [](double, double value) { return value; });
  for (size_t i = 0; i < n; ++i)
    if (!(votes.scratch[i] > 0)) return false;
  return n > 0;
}

double HarmonicMean(const Votes& votes) {
  if (!AllPositive(votes)) return 0;
  const double inverse = SumOf(votes, [](double weight, double value) { return weight / value; });
  return Weights(votes) / inverse;
}

double GeometricMean(const Votes& votes) {
  if (!AllPositive(votes)) return 0;
  const double logarithm =
      SumOf(votes, [](double weight, double value) { return weight * std::log(value); });
  return std::exp(logarithm / Weights(votes));
}

}  // namespace

double Combine(VsStrategy strategy, const Votes& votes) {
  const double present = static_cast<double>(votes.present);
  switch (strategy) {
    case VS_MAX:
      return Extreme(votes, true);
    case VS_MIN:
      return Extreme(votes, false);
    case VS_HARMONIC_MEAN:
      return HarmonicMean(votes);
    case VS_GEOMETRIC_MEAN:
      return GeometricMean(votes);
    case VS_COMBMNZ:
    case VS_ISR:
      return Total(votes) * present;
    case VS_COMBANZ:
      return present > 0 ? Total(votes) / present : 0;
    case VS_COMBMED:
      return Median(votes);
    case VS_COMBGMNZ:
      return Total(votes) * std::pow(present, VS_GMNZ_GAMMA);
    case VS_LOG_ISR:
      return present > 0 ? Total(votes) * std::log(present) : 0;
    default:
      return Sum(votes);
  }
}

}  // namespace vecstore::fusion

using namespace vecstore::fusion;

extern "C" double vs_ordered_sum(double* value, size_t n) {
  std::sort(value, value + n);
  double sum = 0;
  for (size_t i = 0; i < n; ++i) sum += value[i];
  return sum;
}

extern "C" double vs_combine_scores(VsStrategy strategy, const double* value, const double* weight,
                                 size_t n, double* scratch) {
  // Where a missing value counts as 0 but is not counted, it has to stay apart: comb*.
  const bool counted = strategy >= VS_COMBSUM && strategy <= VS_COMBGMNZ;
  double* filled = scratch + n;
  size_t present = 0;
  for (size_t i = 0; i < n; ++i) {
    filled[i] = std::isnan(value[i]) && !counted ? 0 : value[i];
    present += !std::isnan(value[i]) && (weight == nullptr || weight[i] > 0);
  }
  return Combine(strategy, Votes{filled, weight, n, present, false, scratch});
}
