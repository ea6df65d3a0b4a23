// SPDX-License-Identifier: PostgreSQL
//
// mmr.cpp - maximal marginal relevance: results that are relevant and unlike each other.
//
// Owns: the greedy choice.  The largest similarity of each candidate to what was chosen is kept and
// raised with each choice, so k choices of n cost k * n inner products.
#include <algorithm>
#include <cmath>
#include <limits>

#include "bridge/fusion.h"
#include "bridge/kernels.h"

namespace {

constexpr double kChosen = std::numeric_limits<double>::quiet_NaN();

double ClampCosine(double x) { return std::min(std::max(x, -1.0), 1.0); }

// Raises nearest[] by the similarity to the row that was just chosen.
void Raise(const VsMmr& mmr, const VsKernels& kernels, size_t chosen, double* nearest) {
  const float* row = mmr.unit + chosen * mmr.dims;
  for (size_t i = 0; i < mmr.n; ++i) {
    if (std::isnan(nearest[i])) continue;
    const double cosine = ClampCosine(kernels.ip_f32(row, mmr.unit + i * mmr.dims, mmr.dims));
    if (cosine > nearest[i]) nearest[i] = cosine;
  }
}

double Score(const VsMmr& mmr, size_t i, double similarity) {
  return mmr.lambda * mmr.relevance[i] - (1 - mmr.lambda) * similarity;
}

// The best of those not chosen; the first of equals is the more relevant, or has the smaller id.
size_t Best(const VsMmr& mmr, const double* nearest) {
  size_t best = mmr.n;
  double best_score = 0;
  for (size_t i = 0; i < mmr.n; ++i) {
    if (std::isnan(nearest[i])) continue;
    const double score = Score(mmr, i, nearest[i]);
    if (best == mmr.n || score > best_score) {
      best = i;
      best_score = score;
    }
  }
  return best;
}

}  // namespace

extern "C" void vs_mmr(const VsMmr* mmr, double* nearest, VsMmrChoice* choice) {
  const VsKernels* kernels = vs_kernels();
  constexpr double kNone = -std::numeric_limits<double>::infinity();
  std::fill_n(nearest, mmr->n, kNone);
  for (size_t k = 0; k < mmr->k && k < mmr->n; ++k) {
    const size_t best = k == 0 ? 0 : Best(*mmr, nearest);
    choice->index[k] = static_cast<uint32_t>(best);
    choice->score[k] = k == 0 ? mmr->lambda * mmr->relevance[0] : Score(*mmr, best, nearest[best]);
    choice->max_similarity[k] = k == 0 ? kChosen : nearest[best];
    nearest[best] = kChosen;
    if (k + 1 < mmr->k) Raise(*mmr, *kernels, best, nearest);
    mmr->poll(mmr->host);
  }
}
