// SPDX-License-Identifier: PostgreSQL
//
// quantizer.h - what transform.cpp, quantizer.cpp and bound.cpp share: lengths and error terms.
//
// Owns: the constants on which the error bounds rest.
#ifndef VECSTORE_CORE_HNSW_QUANTIZER_H
#define VECSTORE_CORE_HNSW_QUANTIZER_H

#include <float.h>
#include <math.h>

#include "bridge/hnsw.h"

namespace vecstore::hnsw {

// Relative fp32 noise of transform and centring: half a unit for each of the transform's stages, which
// are twice as many for packed codes.
constexpr float kSlack = 4e-6f;
constexpr float kPackedSlack = 8e-6f;
// The error of a vector that fp32 cannot follow; any error of this size makes the bound say nothing.
constexpr float kUnbounded = FLT_MAX;
// Absolute error of one fp32 product near zero, and of the sums around it.
constexpr double kDenormal = 3e-45;

// Sum of term(i), i < n, in four running sums: in one, each addition would wait for that before it.
template <class Term>
inline double Sum(uint32_t n, Term term) {
  double sums[4] = {0, 0, 0, 0};
  uint32_t i = 0;
  for (; i + 4 <= n; i += 4)
    for (uint32_t lane = 0; lane < 4; lane++) sums[lane] += term(i + lane);
  for (; i < n; i++) sums[0] += term(i);
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

inline double SquaredLength(const float* x, uint32_t n) {
  return Sum(n, [x](uint32_t i) { return double(x[i]) * x[i]; });
}

inline double L2Length(const float* x, uint32_t n) { return sqrt(SquaredLength(x, n)); }

// In the metric's norm.
inline double Length(VsMetric metric, const float* x, uint32_t n) {
  if (metric != VS_METRIC_L1) return L2Length(x, n);
  return Sum(n, [x](uint32_t i) { return fabs(double(x[i])); });
}

// fp32 noise of a vector of this length, never rounded down to nothing.
inline double NoiseBound(const VsHnswSpace* space, double length) {
  const float slack = space->packed != nullptr ? kPackedSlack : kSlack;
  return (length + space->centroid_length) * slack + kDenormal;
}

// True for codes whose scale makes inner products right on average (vs_hnsw_norm).
inline bool IsUnbiased(const VsHnswSpace* space) {
  return space->packed != nullptr && space->metric != VS_METRIC_L1;
}

}  // namespace vecstore::hnsw

#endif
