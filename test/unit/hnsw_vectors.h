// SPDX-License-Identifier: PostgreSQL
//
// hnsw_vectors.h - vectors of several kinds, and what SQL says about them.

#ifndef VECSTORE_TEST_UNIT_HNSW_VECTORS_H
#define VECSTORE_TEST_UNIT_HNSW_VECTORS_H

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "bridge/hnsw_page.h"
#include "bridge/vector.h"
#include "reference.h"

namespace hnsw_test {

using Vector = std::vector<float>;
using Vectors = std::vector<Vector>;

constexpr VsMetric kMetrics[] = {VS_METRIC_L2, VS_METRIC_IP, VS_METRIC_COSINE, VS_METRIC_L1};

inline const char* MetricName(VsMetric metric) {
  const char* const names[] = {"", "L2", "IP", "cosine", "L1"};
  return names[metric];
}

enum class Kind {
  kGaussian,
  kFarCluster,    // standard deviation 1, a hundred away from the origin in every coordinate
  kSparse,        // non-negative, nine of ten zero
  kOneHot,        // a single coordinate
  kMixedScales,   // coordinates from 1e-9 to 1e9
  kTiny,          // 1e-12
  kTinySquares,   // about 1e-22: products are denormal
  kDenormal,      // 1e-41
  kHuge,          // 1e15
  kHugeSquares,   // 2e18: a sum of squares overflows or nearly does
  kNearOverflow,  // up to 3e38
  kSpread,        // each vector with a magnitude of its own, 1e-38 to 1e38
};

constexpr Kind kKinds[] = {Kind::kGaussian,    Kind::kFarCluster,   Kind::kSparse,
                           Kind::kOneHot,      Kind::kMixedScales,  Kind::kTiny,
                           Kind::kTinySquares, Kind::kDenormal,     Kind::kHuge,
                           Kind::kHugeSquares, Kind::kNearOverflow, Kind::kSpread};

inline const char* KindName(Kind kind) {
  const char* const names[] = {"gaussian",     "far cluster",  "sparse",        "one-hot",
                               "mixed scales", "tiny",         "tiny squares",  "denormal",
                               "huge",         "huge squares", "near overflow", "spread"};
  return names[static_cast<int>(kind)];
}

inline float Element(Kind kind, reference::Random& random, float magnitude) {
  const float x = random.Normal();
  switch (kind) {
    case Kind::kFarCluster:
      return 100 + x;
    case Kind::kSparse:
      return random.Integer(0, 9) == 0 ? std::fabs(x) : 0;
    case Kind::kMixedScales:
      return x * std::pow(10.0f, static_cast<float>(random.Integer(-9, 9)));
    case Kind::kNearOverflow:
      return std::clamp(x, -1.0f, 1.0f) * 3e38f;
    default:
      return std::clamp(x, -3.0f, 3.0f) * magnitude;
  }
}

inline float Magnitude(Kind kind, reference::Random& random) {
  switch (kind) {
    case Kind::kTiny:
      return 1e-12f;
    case Kind::kTinySquares:
      return 1e-22f;
    case Kind::kDenormal:
      return 1e-41f;
    case Kind::kHuge:
      return 1e15f;
    case Kind::kHugeSquares:
      return 2e18f;
    case Kind::kSpread:
      return std::pow(10.0f, static_cast<float>(random.Integer(-38, 37)));
    default:
      return 1;
  }
}

inline Vector MakeVector(Kind kind, size_t dims, reference::Random& random) {
  const float magnitude = Magnitude(kind, random);
  Vector vector(dims, 0);
  if (kind == Kind::kOneHot) {
    vector[static_cast<size_t>(random.Integer(0, static_cast<int>(dims) - 1))] = random.Normal();
    return vector;
  }
  for (float& x : vector) x = Element(kind, random, magnitude);
  return vector;
}

inline Vectors MakeVectors(Kind kind, size_t count, size_t dims, reference::Random& random) {
  Vectors vectors(count);
  for (Vector& vector : vectors) vector = MakeVector(kind, dims, random);
  return vectors;
}

inline bool IsZero(const Vector& vector) {
  return std::all_of(vector.begin(), vector.end(), [](float x) { return x == 0; });
}

// The value of the SQL operator, by the kernels and steps of its function.
inline double OperatorValue(VsMetric metric, const Vector& a, const Vector& b) {
  const size_t n = a.size();
  switch (metric) {
    case VS_METRIC_L2:
      return std::sqrt(vs_distance_l2_squared(VS_FLOAT32, a.data(), b.data(), n));
    case VS_METRIC_IP:
      return -vs_inner_product(VS_FLOAT32, a.data(), b.data(), n);
    case VS_METRIC_COSINE:
      return 1.0 - vs_cosine_similarity(VS_FLOAT32, a.data(), b.data(), n);
    default:
      return vs_distance_l1(VS_FLOAT32, a.data(), b.data(), n);
  }
}

inline double Dot(const Vector& a, const Vector& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

inline double Length(const Vector& a) { return std::sqrt(Dot(a, a)); }

// The same in double precision.
inline double TrueValue(VsMetric metric, const Vector& a, const Vector& b) {
  double squares = 0, magnitudes = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double difference = static_cast<double>(a[i]) - b[i];
    squares += difference * difference;
    magnitudes += std::fabs(difference);
  }
  switch (metric) {
    case VS_METRIC_L2:
      return std::sqrt(squares);
    case VS_METRIC_IP:
      return -Dot(a, b);
    case VS_METRIC_COSINE:
      return 1 - Dot(a, b) / (Length(a) * Length(b));
    default:
      return magnitudes;
  }
}

}  // namespace hnsw_test

#endif
