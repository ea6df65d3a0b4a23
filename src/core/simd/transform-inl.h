// SPDX-License-Identifier: PostgreSQL
//
// transform-inl.h - Walsh-Hadamard transform and conversions between float and half.
//
// Owns: the transform that rotates vectors before quantisation.  Its stages commute, so they are
// grouped by what is cheapest: the four smallest inside blocks of 16 elements held in registers,
// the others two at a time over memory.  Compiled once per SIMD target.

#if defined(VECSTORE_CORE_SIMD_TRANSFORM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef VECSTORE_CORE_SIMD_TRANSFORM_INL_H_
#undef VECSTORE_CORE_SIMD_TRANSFORM_INL_H_
#else
#define VECSTORE_CORE_SIMD_TRANSFORM_INL_H_
#endif

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/simd/lanes-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace vecstore {
namespace simd {
namespace HWY_NAMESPACE {

struct ToFloat {
  template <class V>
  HWY_INLINE auto operator()(V half) const {
    return HalfToFloat(hn::ScalableTag<float>(), half);
  }
};
struct ToHalf {
  template <class V>
  HWY_INLINE auto operator()(V value) const {
    return FloatToHalf(hn::ScalableTag<float>(), value);
  }
};

inline void F16ToF32(const uint16_t* in, float* out, size_t n) { Map(ToFloat{}, in, out, n); }
inline void F32ToF16(const float* in, uint16_t* out, size_t n) { Map(ToHalf{}, in, out, n); }

// (a, b) <- (a + b, a - b)
template <class V>
HWY_INLINE void Butterfly(V& a, V& b) {
  const V sum = hn::Add(a, b);
  b = hn::Sub(a, b);
  a = sum;
}

// Two stages over a quartet.
template <class V>
HWY_INLINE void Butterfly4(V& a, V& b, V& c, V& d) {
  Butterfly(a, c);
  Butterfly(b, d);
  Butterfly(a, b);
  Butterfly(c, d);
}

constexpr size_t kFwhtBlock = 16;

#if HWY_TARGET == HWY_SCALAR

inline void FwhtBlock(float* x) {
  for (size_t h = 1; h < kFwhtBlock; h *= 2) {
    for (size_t i = 0; i < kFwhtBlock; ++i) {
      if ((i & h) == 0) {
        const float sum = x[i] + x[i + h];
        x[i + h] = x[i] - x[i + h];
        x[i] = sum;
      }
    }
  }
}

#else

// The stages of distance 1 and 2, within four lanes.
template <class D, class V = hn::Vec<D> >
HWY_INLINE V Fwht4(D d, V v) {
  const V neighbour = hn::Shuffle2301(v);
  v = hn::OddEven(hn::Sub(neighbour, v), hn::Add(v, neighbour));
  const V across = hn::Shuffle1032(v);
  return hn::ConcatUpperLower(d, hn::Sub(across, v), hn::Add(v, across));
}

HWY_INLINE void FwhtBlock(float* x) {
  const hn::FixedTag<float, 4> d;
  auto a = hn::LoadU(d, x), b = hn::LoadU(d, x + 4);
  auto c = hn::LoadU(d, x + 8), e = hn::LoadU(d, x + 12);
  Butterfly4(a, b, c, e);
  hn::StoreU(Fwht4(d, a), d, x);
  hn::StoreU(Fwht4(d, b), d, x + 4);
  hn::StoreU(Fwht4(d, c), d, x + 8);
  hn::StoreU(Fwht4(d, e), d, x + 12);
}

#endif

// The stages of distance h and 2h over 4h elements; h is a multiple of kFwhtBlock.
HWY_INLINE void FwhtTwoStages(float* x, size_t h) {
  const hn::CappedTag<float, kFwhtBlock> d;
  for (size_t i = 0; i < h; i += hn::Lanes(d)) {
    auto a = hn::LoadU(d, x + i), b = hn::LoadU(d, x + i + h);
    auto c = hn::LoadU(d, x + i + 2 * h), e = hn::LoadU(d, x + i + 3 * h);
    Butterfly4(a, b, c, e);
    hn::StoreU(a, d, x + i);
    hn::StoreU(b, d, x + i + h);
    hn::StoreU(c, d, x + i + 2 * h);
    hn::StoreU(e, d, x + i + 3 * h);
  }
}

// The stage of distance h over 2h elements.
HWY_INLINE void FwhtOneStage(float* x, size_t h) {
  const hn::CappedTag<float, kFwhtBlock> d;
  for (size_t i = 0; i < h; i += hn::Lanes(d)) {
    auto a = hn::LoadU(d, x + i), b = hn::LoadU(d, x + i + h);
    Butterfly(a, b);
    hn::StoreU(a, d, x + i);
    hn::StoreU(b, d, x + i + h);
  }
}

// Fewer elements than a block: padded with zeros, the higher stages only repeat the result.
inline void FwhtShort(float* x, size_t n) {
  float block[kFwhtBlock] = {};
  memcpy(block, x, n * sizeof(float));
  FwhtBlock(block);
  memcpy(x, block, n * sizeof(float));
}

inline void Fwht(float* x, size_t n) {
  if (n < kFwhtBlock) return FwhtShort(x, n);
  for (size_t i = 0; i < n; i += kFwhtBlock) FwhtBlock(x + i);
  size_t h = kFwhtBlock;
  for (; 4 * h <= n; h *= 4) {
    for (size_t i = 0; i < n; i += 4 * h) FwhtTwoStages(x + i, h);
  }
  if (2 * h <= n) FwhtOneStage(x, h);
}

}  // namespace HWY_NAMESPACE
}  // namespace simd
}  // namespace vecstore
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
