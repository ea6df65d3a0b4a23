// SPDX-License-Identifier: PostgreSQL
//
// normalize.cpp - similarities of one list to scores that can be compared with another list's.
//
// Owns: the normalisers and their answers for lists without spread.  Input is sorted, so extremes are
// its ends and sums do not depend on the order of rows.
#include <algorithm>
#include <cmath>

#include "bridge/fusion.h"

namespace vecstore::fusion {
namespace {

constexpr double kPi = 3.14159265358979323846;

// Normalisers that a common factor does not change work on values of about 1: squares and differences
// of very large and very small similarities would leave the range of a double.
int Exponent(const double* x, size_t n) {
  const double largest = std::max(std::fabs(x[0]), std::fabs(x[n - 1]));
  int exponent = 0;
  if (largest > 0) std::frexp(largest, &exponent);
  return exponent;
}

struct Moments {
  double mean, deviation;  // sample deviation; 0: no spread
};

Moments MomentsOf(const double* x, size_t n) {
  if (x[0] == x[n - 1]) return {x[0], 0};
  double sum = 0, squares = 0;
  for (size_t i = 0; i < n; ++i) sum += x[i];
  const double mean = sum / static_cast<double>(n);
  for (size_t i = 0; i < n; ++i) squares += (x[i] - mean) * (x[i] - mean);
  return {mean, std::sqrt(squares / static_cast<double>(n - 1))};
}

void Minmax(const double* x, size_t n, double* out) {
  const double high = x[0], low = x[n - 1], spread = high - low;
  for (size_t i = 0; i < n; ++i) out[i] = spread > 0 ? (x[i] - low) / spread : 1.0;
}

void Max(const double* x, size_t n, double* out) {
  const double high = x[0];
  if (x[n - 1] < 0 || high <= 0) return Minmax(x, n, out);
  for (size_t i = 0; i < n; ++i) out[i] = x[i] / high;
}

void Sum(const double* x, size_t n, double* out) {
  const double shift = std::min(x[n - 1], 0.0);
  double sum = 0;
  for (size_t i = 0; i < n; ++i) sum += x[i] - shift;
  for (size_t i = 0; i < n; ++i)
    out[i] = sum > 0 ? (x[i] - shift) / sum : 1.0 / static_cast<double>(n);
}

// transform(z) of the distance from the mean in deviations, `flat` without spread.
template <class Transform>
void Standard(const double* x, size_t n, double flat, double* out, Transform transform) {
  const Moments moments = MomentsOf(x, n);
  for (size_t i = 0; i < n; ++i)
    out[i] =
        moments.deviation > 0 ? transform((x[i] - moments.mean) / moments.deviation) : flat;
}

void L2(const double* x, size_t n, double* out) {
  double squares = 0;
  for (size_t i = 0; i < n; ++i) squares += x[i] * x[i];
  const double norm = std::sqrt(squares);
  for (size_t i = 0; i < n; ++i) out[i] = norm > 0 ? x[i] / norm : 0;
}

double Clamp01(double x) { return std::min(std::max(x, 0.0), 1.0); }

// The normalisers that a common factor does not change; in place.
void ScaleFree(VsNormalizer normalizer, size_t n, double* x) {
  switch (normalizer) {
    case VS_NORM_MINMAX:
      return Minmax(x, n, x);
    case VS_NORM_MAX:
      return Max(x, n, x);
    case VS_NORM_SUM:
      return Sum(x, n, x);
    case VS_NORM_ZSCORE:
      return Standard(x, n, 0, x, [](double z) { return z; });
    case VS_NORM_ZSCORE_SIGMOID:
      return Standard(x, n, 0.5, x, [](double z) { return 1 / (1 + std::exp(-z)); });
    case VS_NORM_DBSF:
      return Standard(x, n, 0.5, x, [](double z) { return Clamp01((z + 3) / 6); });
    default:
      return L2(x, n, x);
  }
}

// The normalisers that look at one entry at a time.
double Single(VsNormalizer normalizer, double x, double rank, double n, double candidates) {
  switch (normalizer) {
    case VS_NORM_RANK:
      return 1 - (rank - 1) / n;
    case VS_NORM_BORDA:
      return (candidates - rank + 1) / candidates;
    case VS_NORM_ATAN_IP:
      return 0.5 + std::atan(x) / kPi;
    case VS_NORM_ATAN_BM25:
      return 2 * std::atan(x) / kPi;
    case VS_NORM_COSINE:
      return 1 + x / 2;  // x is minus the cosine distance
    default:
      return x;
  }
}

bool IsScaleFree(VsNormalizer normalizer) {
  return normalizer >= VS_NORM_MINMAX && normalizer <= VS_NORM_L2;
}

}  // namespace
}  // namespace vecstore::fusion

using namespace vecstore::fusion;

extern "C" void vs_normalize(VsNormalizer normalizer, const double* x, const int32_t* rank,
                             size_t n, size_t candidates, double* out) {
  if (n == 0) return;
  if (IsScaleFree(normalizer)) {
    const int exponent = Exponent(x, n);
    for (size_t i = 0; i < n; ++i) out[i] = std::ldexp(x[i], -exponent);
    ScaleFree(normalizer, n, out);
    return;
  }
  for (size_t i = 0; i < n; ++i)
    out[i] = Single(normalizer, x[i], rank[i], static_cast<double>(n),
                    static_cast<double>(candidates));
}

extern "C" void vs_ranks(const double* sorted, size_t n, bool ordinal, int32_t* rank) {
  for (size_t i = 0; i < n; ++i) {
    const bool tie = !ordinal && i > 0 && sorted[i] == sorted[i - 1];
    rank[i] = tie ? rank[i - 1] : static_cast<int32_t>(i + 1);
  }
}
