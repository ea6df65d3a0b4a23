// SPDX-License-Identifier: PostgreSQL
//
// codes-inl.h - the int8 codes of an index: making them and measuring against them.
//
// Owns: the dot product of a 16-bit query with 8-bit codes, which is where an index scan spends its
// arithmetic, L1 against codes, and scalar quantisation.  Compiled once per SIMD target.

#if defined(VECSTORE_CORE_SIMD_CODES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef VECSTORE_CORE_SIMD_CODES_INL_H_
#undef VECSTORE_CORE_SIMD_CODES_INL_H_
#else
#define VECSTORE_CORE_SIMD_CODES_INL_H_
#endif

#include <stddef.h>
#include <stdint.h>

#include "bridge/kernels.h"
#include "core/simd/lanes-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace vecstore {
namespace simd {
namespace HWY_NAMESPACE {

// Highway 1.0.3 has no operation for VNNI, and its AVX3_DL target does not let the compiler use it
// although every processor of that target has it.  One instruction instead of two: 128 elements
// take 2.9 ns instead of 3.8, 832 take 10.9 instead of 13.9 (Xeon, Sapphire Rapids).
#if HWY_TARGET == HWY_AVX3_DL && HWY_COMPILER_GCC_ACTUAL
#pragma GCC push_options
#pragma GCC target("avx512vnni")
template <class D, class V16, class V32>
HWY_INLINE V32 MultiplyAddPairs(D, V16 a, V16 b, V32 sum, V32&) {
  return V32{_mm512_dpwssd_epi32(sum.raw, a.raw, b.raw)};
}
#else
// `high` is where some targets keep half of the sums; x86 never touches it.
template <class D, class V16, class V32>
HWY_INLINE V32 MultiplyAddPairs(D d32, V16 a, V16 b, V32 sum, V32& high) {
  return hn::ReorderWidenMulAccumulate(d32, a, b, sum, high);
}
#endif

// Vectors of at most one block; what the unrolled loop leaves are whole vectors of whole blocks.
inline int32_t DotI16I8(const int16_t* HWY_RESTRICT q, const int8_t* HWY_RESTRICT c, size_t n) {
  const hn::CappedTag<int16_t, VS_QUERY_BLOCK> d16;
  const hn::Rebind<int8_t, decltype(d16)> d8;
  const hn::CappedTag<int32_t, VS_QUERY_BLOCK / 2> d32;
  const size_t lanes = hn::Lanes(d16);
  auto sum0 = hn::Zero(d32), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  auto high = sum0;
  const auto add = [&](auto& sum, size_t at, size_t code_at) HWY_ATTR {
    const auto codes = hn::PromoteTo(d16, hn::LoadU(d8, c + code_at));
    sum = MultiplyAddPairs(d32, hn::LoadU(d16, q + at), codes, sum, high);
  };

  const size_t full = n / VS_QUERY_BLOCK * VS_QUERY_BLOCK;
  size_t i = 0;
  for (; i + 4 * lanes <= full; i += 4 * lanes) {
    add(sum0, i, i);
    add(sum1, i + lanes, i + lanes);
    add(sum2, i + 2 * lanes, i + 2 * lanes);
    add(sum3, i + 3 * lanes, i + 3 * lanes);
  }
  if (i + 2 * lanes <= full) {
    add(sum0, i, i);
    add(sum1, i + lanes, i + lanes);
    i += 2 * lanes;
  }
  if (i < full) add(sum2, i, i);
  if (full < n) {
    const size_t tail = vs_query_tail(n);
    for (size_t j = 0; j < VS_QUERY_BLOCK; j += lanes) add(sum3, full + j, tail + j);
  }
  const auto sum = hn::Add(hn::Add(hn::Add(sum0, sum1), hn::Add(sum2, sum3)), high);
  return hn::GetLane(hn::SumOfLanes(d32, sum));
}

#if HWY_TARGET == HWY_AVX3_DL && HWY_COMPILER_GCC_ACTUAL
#pragma GCC pop_options
#endif

template <typename Code>
inline float L1Codes(const float* HWY_RESTRICT q, const Code* HWY_RESTRICT c, float scale,
                     size_t n) {
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  const auto factor = hn::Set(d, scale);
  auto sum0 = hn::Zero(d), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  const auto add = [&](auto& sum, auto query, auto code) HWY_ATTR {
    sum = hn::Add(sum, hn::Abs(hn::NegMulAdd(factor, code, query)));
  };
  const auto add_at = [&](auto& sum, size_t at)
                          HWY_ATTR { add(sum, LoadFloats(d, q + at), LoadFloats(d, c + at)); };

  size_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    add_at(sum0, i);
    add_at(sum1, i + lanes);
    add_at(sum2, i + 2 * lanes);
    add_at(sum3, i + 3 * lanes);
  }
  for (; i + lanes <= n; i += lanes) add_at(sum0, i);
  if (i < n) add(sum1, LoadRest(d, q, i, n), LoadRest(d, c, i, n));
  return SumLanes(d, hn::Add(hn::Add(sum0, sum1), hn::Add(sum2, sum3)));
}

inline float L1F32I8(const float* q, const int8_t* c, float scale, size_t n) {
  return L1Codes(q, c, scale, n);
}

inline float MaxAbs(const float* x, size_t n) {
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  auto max0 = hn::Zero(d), max1 = max0, max2 = max0, max3 = max0;
  const auto take = [](auto& max, auto v) HWY_ATTR { max = hn::Max(max, hn::Abs(v)); };

  size_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    take(max0, hn::LoadU(d, x + i));
    take(max1, hn::LoadU(d, x + i + lanes));
    take(max2, hn::LoadU(d, x + i + 2 * lanes));
    take(max3, hn::LoadU(d, x + i + 3 * lanes));
  }
  for (; i + lanes <= n; i += lanes) take(max0, hn::LoadU(d, x + i));
  if (i < n) take(max1, LoadRest(d, x, i, n));
  return hn::GetLane(hn::MaxOfLanes(d, hn::Max(hn::Max(max0, max1), hn::Max(max2, max3))));
}

// Adding 1.5 * 2^23 leaves the value, rounded to nearest even, in the low bits of the float.  Exact
// for the clamped range on every target, unlike NearestInt of the scalar one.
template <typename Out>
struct Quantize {
  float inv_scale;
  float limit;

  template <class V>
  HWY_INLINE auto operator()(V x) const {
    const hn::ScalableTag<float> d;
    const hn::RebindToSigned<decltype(d)> di;
    const auto shifter = hn::Set(d, 0x1.8p23f);
    const auto scaled = hn::Mul(x, hn::Set(d, inv_scale));
    const auto clamped = hn::Min(hn::Max(scaled, hn::Set(d, -limit)), hn::Set(d, limit));
    const auto rounded = hn::BitCast(di, hn::Add(clamped, shifter));
    return hn::DemoteTo(hn::Rebind<Out, decltype(d)>(), hn::Sub(rounded, hn::BitCast(di, shifter)));
  }
};

struct Widen {
  template <class V>
  HWY_INLINE auto operator()(V codes) const {
    return hn::PromoteTo(hn::Rebind<int16_t, hn::ScalableTag<float>>(), codes);
  }
};

inline void QuantizeI8(const float* x, float inv_scale, int8_t* out, size_t n) {
  Map(Quantize<int8_t>{inv_scale, 127}, x, out, n);
}
inline void QuantizeI16(const float* x, float inv_scale, int32_t limit, int16_t* out, size_t n) {
  Map(Quantize<int16_t>{inv_scale, static_cast<float>(limit)}, x, out, n);
}
inline void WidenI8(const int8_t* c, int16_t* out, size_t n) { Map(Widen{}, c, out, n); }

}  // namespace HWY_NAMESPACE
}  // namespace simd
}  // namespace vecstore
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
