// SPDX-License-Identifier: PostgreSQL
//
// distance-inl.h - exact distances of float and half vectors.
//
// Owns: squared L2, inner product, L1 and the three sums of cosine.  Four partial sums hide the
// latency of the additions; zeros fill the last vector, which no sum notices.  Compiled once per
// SIMD target.

#if defined(VECSTORE_CORE_SIMD_DISTANCE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef VECSTORE_CORE_SIMD_DISTANCE_INL_H_
#undef VECSTORE_CORE_SIMD_DISTANCE_INL_H_
#else
#define VECSTORE_CORE_SIMD_DISTANCE_INL_H_
#endif

#include <stddef.h>
#include <stdint.h>

#include "core/simd/lanes-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace vecstore {
namespace simd {
namespace HWY_NAMESPACE {

struct SquaredDifference {
  template <class V>
  static HWY_INLINE V Add(V sum, V a, V b) {
    const V difference = hn::Sub(a, b);
    return hn::MulAdd(difference, difference, sum);
  }
};

struct Product {
  template <class V>
  static HWY_INLINE V Add(V sum, V a, V b) {
    return hn::MulAdd(a, b, sum);
  }
};

struct AbsoluteDifference {
  template <class V>
  static HWY_INLINE V Add(V sum, V a, V b) {
    return hn::Add(sum, hn::Abs(hn::Sub(a, b)));
  }
};

// The sum of Term over all pairs (a[i], b[i]).
template <class Term, typename T>
HWY_INLINE float SumOfPairs(const T* HWY_RESTRICT a, const T* HWY_RESTRICT b, size_t n) {
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  auto sum0 = hn::Zero(d), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  const auto add = [&](auto& sum, size_t at) HWY_ATTR {
    sum = Term::Add(sum, LoadFloats(d, a + at), LoadFloats(d, b + at));
  };

  size_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    add(sum0, i);
    add(sum1, i + lanes);
    add(sum2, i + 2 * lanes);
    add(sum3, i + 3 * lanes);
  }
  if (i + 2 * lanes <= n) {
    add(sum0, i);
    add(sum1, i + lanes);
    i += 2 * lanes;
  }
  if (i + lanes <= n) {
    add(sum2, i);
    i += lanes;
  }
  if (i < n) {
    sum3 = Term::Add(sum3, LoadRest(d, a, i, n), LoadRest(d, b, i, n));
  }
  return SumLanes(d, hn::Add(hn::Add(sum0, sum1), hn::Add(sum2, sum3)));
}

// out = { a.b, a.a, b.b } in one pass.
template <typename T>
HWY_INLINE void CosineSums(const T* HWY_RESTRICT a, const T* HWY_RESTRICT b, size_t n, float* out) {
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  auto ab0 = hn::Zero(d), ab1 = ab0, aa0 = ab0, aa1 = ab0, bb0 = ab0, bb1 = ab0;
  const auto add = [](auto& ab, auto& aa, auto& bb, auto va, auto vb) HWY_ATTR {
    ab = hn::MulAdd(va, vb, ab);
    aa = hn::MulAdd(va, va, aa);
    bb = hn::MulAdd(vb, vb, bb);
  };

  size_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    add(ab0, aa0, bb0, LoadFloats(d, a + i), LoadFloats(d, b + i));
    add(ab1, aa1, bb1, LoadFloats(d, a + i + lanes), LoadFloats(d, b + i + lanes));
  }
  if (i + lanes <= n) {
    add(ab0, aa0, bb0, LoadFloats(d, a + i), LoadFloats(d, b + i));
    i += lanes;
  }
  if (i < n) {
    add(ab1, aa1, bb1, LoadRest(d, a, i, n), LoadRest(d, b, i, n));
  }
  out[0] = SumLanes(d, hn::Add(ab0, ab1));
  out[1] = SumLanes(d, hn::Add(aa0, aa1));
  out[2] = SumLanes(d, hn::Add(bb0, bb1));
}

template <typename T>
float L2Squared(const T* a, const T* b, size_t n) {
  return SumOfPairs<SquaredDifference>(a, b, n);
}
template <typename T>
float InnerProduct(const T* a, const T* b, size_t n) {
  return SumOfPairs<Product>(a, b, n);
}
template <typename T>
float L1(const T* a, const T* b, size_t n) {
  return SumOfPairs<AbsoluteDifference>(a, b, n);
}
template <typename T>
void Cosine(const T* a, const T* b, size_t n, float out[3]) {
  CosineSums(a, b, n, out);
}

}  // namespace HWY_NAMESPACE
}  // namespace simd
}  // namespace vecstore
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
