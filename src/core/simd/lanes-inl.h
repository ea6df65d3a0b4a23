// SPDX-License-Identifier: PostgreSQL
//
// lanes-inl.h - partial vectors and half precision, where Highway 1.0.3 leaves a gap.
//
// Owns: loads and stores of fewer elements than a vector has, conversion of halfs given as bits,
// and the loop of every element-wise kernel.  Compiled once per SIMD target.
//
// Highway's own half conversion truncates and mishandles infinities on targets without the
// instructions (SSSE3, SSE4, SCALAR), so these get an exact one made of integer arithmetic.

#if defined(VECSTORE_CORE_SIMD_LANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef VECSTORE_CORE_SIMD_LANES_INL_H_
#undef VECSTORE_CORE_SIMD_LANES_INL_H_
#else
#define VECSTORE_CORE_SIMD_LANES_INL_H_
#endif

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace vecstore {
namespace simd {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Whether masked-off memory is left alone.
constexpr bool kMaskedAccessIsSafe = !HWY_MEM_OPS_MIGHT_FAULT;

// Loads p[0, count), count < Lanes(d); the remaining lanes are zero.
template <class D, typename T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> LoadFirst(D d, const T* p, size_t count) {
  if constexpr (kMaskedAccessIsSafe) {
    return hn::MaskedLoad(hn::FirstN(d, count), d, p);
  } else {
    HWY_ALIGN T padded[HWY_LANES(T)] = {};
    memcpy(padded, p, count * sizeof(T));
    return hn::Load(d, padded);
  }
}

// Stores the first `count` lanes of v, count < Lanes(d).
template <class D, typename T = hn::TFromD<D>>
HWY_INLINE void StoreFirst(hn::Vec<D> v, D d, T* p, size_t count) {
  if constexpr (kMaskedAccessIsSafe) {
    hn::BlendedStore(v, hn::FirstN(d, count), d, p);
  } else {
    HWY_ALIGN T padded[HWY_LANES(T)];
    hn::Store(v, d, padded);
    memcpy(p, padded, count * sizeof(T));
  }
}

constexpr bool kHardwareHalf = HWY_TARGET != HWY_SSSE3 && HWY_TARGET != HWY_SSE4 &&
                               HWY_TARGET != HWY_EMU128 && HWY_TARGET != HWY_SCALAR;

// Half bits to float: the magnitude moved to a float's place needs its exponent rebased.  A
// subnormal half gets the smallest normal exponent and loses the hidden bit again by subtraction,
// so that no slow subnormal float is ever an operand.
template <class DF, class VU16>
HWY_INLINE hn::Vec<DF> SoftHalfToFloat(DF df, VU16 half) {
  const hn::RebindToSigned<DF> di;
  const auto bits = hn::PromoteTo(di, half);
  const auto magnitude = hn::ShiftLeft<13>(hn::And(bits, hn::Set(di, 0x7FFF)));
  const auto sign = hn::ShiftLeft<16>(hn::And(bits, hn::Set(di, 0x8000)));

  const auto normal = hn::Add(magnitude, hn::Set(di, (127 - 15) << 23));
  const auto smallest = hn::Set(di, (127 - 14) << 23);
  const auto tiny = hn::BitCast(
      di, hn::Sub(hn::BitCast(df, hn::Add(magnitude, smallest)), hn::BitCast(df, smallest)));
  const auto special = hn::Or(magnitude, hn::Set(di, 0x7F800000));

  const auto is_tiny = hn::Lt(magnitude, hn::Set(di, 1 << 23));
  const auto is_special = hn::Gt(magnitude, hn::Set(di, (0x7C00 << 13) - 1));
  const auto finite = hn::IfThenElse(is_tiny, tiny, normal);
  return hn::BitCast(df, hn::Or(sign, hn::IfThenElse(is_special, special, finite)));
}

// Float to half bits, to nearest even.  A normal result is rounded by adding just under half a unit
// plus the parity of the bit kept last; a carry out of the largest half gives infinity by itself. A
// subnormal result is rounded by the float addition that moves its unit to bit 0.
template <class DF>
HWY_INLINE auto SoftFloatToHalf(DF df, hn::Vec<DF> value) {
  const hn::RebindToSigned<DF> di;
  const hn::Rebind<uint16_t, DF> du16;
  const auto bits = hn::BitCast(di, value);
  const auto magnitude = hn::And(bits, hn::Set(di, 0x7FFFFFFF));
  const auto sign = hn::And(hn::ShiftRight<16>(bits), hn::Set(di, 0x8000));

  const auto parity = hn::And(hn::ShiftRight<13>(magnitude), hn::Set(di, 1));
  const auto rebias = hn::Set(di, 0xFFF - ((127 - 15) << 23));
  const auto normal = hn::ShiftRight<13>(hn::Add(hn::Add(magnitude, rebias), parity));
  const auto unit = hn::Set(df, 0.5f);  // its unit in the last place is the smallest half
  const auto sum = hn::Add(hn::BitCast(df, magnitude), unit);
  const auto tiny = hn::Sub(hn::BitCast(di, sum), hn::BitCast(di, unit));
  const auto is_nan = hn::Gt(magnitude, hn::Set(di, 0x7F800000));
  const auto special = hn::IfThenElse(is_nan, hn::Set(di, 0x7E00), hn::Set(di, 0x7C00));

  const auto is_tiny = hn::Lt(magnitude, hn::Set(di, (127 - 14) << 23));
  const auto is_special = hn::Gt(magnitude, hn::Set(di, ((127 + 16) << 23) - 1));
  const auto finite = hn::IfThenElse(is_tiny, tiny, normal);
  return hn::DemoteTo(du16, hn::Or(sign, hn::IfThenElse(is_special, special, finite)));
}

template <class DF, class VU16>
HWY_INLINE hn::Vec<DF> HalfToFloat(DF df, VU16 half) {
  if constexpr (kHardwareHalf) {
    return hn::PromoteTo(df, hn::BitCast(hn::Rebind<hwy::float16_t, DF>(), half));
  } else {
    return SoftHalfToFloat(df, half);
  }
}

template <class DF>
HWY_INLINE auto FloatToHalf(DF df, hn::Vec<DF> value) {
  if constexpr (kHardwareHalf) {
    const hn::Rebind<hwy::float16_t, DF> dh;
    return hn::BitCast(hn::Rebind<uint16_t, DF>(), hn::DemoteTo(dh, value));
  } else {
    return SoftFloatToHalf(df, value);
  }
}

// The kernels that sum read floats, halfs (uint16_t) and codes (int8_t) alike, as floats.
template <typename T, class DF, class V>
HWY_INLINE hn::Vec<DF> ToFloats(DF df, V v) {
  if constexpr (hwy::IsSame<T, float>()) {
    return v;
  } else if constexpr (hwy::IsSame<T, uint16_t>()) {
    return HalfToFloat(df, v);
  } else {
    return hn::ConvertTo(df, hn::PromoteTo(hn::RebindToSigned<DF>(), v));
  }
}

template <class DF, typename T>
HWY_INLINE hn::Vec<DF> LoadFloats(DF df, const T* p) {
  return ToFloats<T>(df, hn::LoadU(hn::Rebind<T, DF>(), p));
}

// The last elements p[i, n), fewer than a vector has, among zeros; in the same lanes for every p
// and T. Where a masked load may fault, reading the last whole vector again is cheaper than a copy.
template <class DF, typename T>
HWY_INLINE hn::Vec<DF> LoadRest(DF df, const T* p, size_t i, size_t n) {
  const size_t lanes = hn::Lanes(df);
  if (!kMaskedAccessIsSafe && n >= lanes) {
    const auto seen_before = hn::FirstN(df, lanes - (n - i));
    return hn::IfThenZeroElse(seen_before, LoadFloats(df, p + n - lanes));
  }
  return ToFloats<T>(df, LoadFirst(hn::Rebind<T, DF>(), p + i, n - i));
}

// out[i] = op(in[i]), as many elements at a time as a vector of floats has.  The last vector
// overlaps the one before, so `out` must not be `in`.
template <class Op, typename In, typename Out>
HWY_INLINE void Map(const Op& op, const In* HWY_RESTRICT in, Out* HWY_RESTRICT out, size_t n) {
  using DF = hn::ScalableTag<float>;
  const hn::Rebind<In, DF> din;
  const hn::Rebind<Out, DF> dout;
  const size_t lanes = hn::Lanes(DF());
  if (n == 0) return;
  if (n < lanes) return StoreFirst(op(LoadFirst(din, in, n)), dout, out, n);
  const auto step = [&](size_t at)
                        HWY_ATTR { hn::StoreU(op(hn::LoadU(din, in + at)), dout, out + at); };
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) step(i);
  if (i < n) step(n - lanes);
}

template <class DF>
HWY_INLINE float SumLanes(DF df, hn::Vec<DF> v) {
  return hn::GetLane(hn::SumOfLanes(df, v));
}

}  // namespace HWY_NAMESPACE
}  // namespace simd
}  // namespace vecstore
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
