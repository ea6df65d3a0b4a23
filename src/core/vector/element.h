// SPDX-License-Identifier: PostgreSQL
//
// element.h - the two element types of vectors, so that one template serves both.
//
// Owns: conversion between a stored element and the float that is computed with.  A half is stored
// as its bit pattern: the compiler's own half type would need instructions or library calls that
// not every target has.
#ifndef VECSTORE_CORE_VECTOR_ELEMENT_H_
#define VECSTORE_CORE_VECTOR_ELEMENT_H_

#include <cstdint>
#include <cstring>

#include "bridge/vector.h"

namespace vecstore::vector {

template <class To, class From>
inline To BitCast(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof(to));
  return to;
}

// Exponent and mantissa move to their places in a float; the multiplication corrects the bias and
// is exact, for subnormals too.
inline float HalfToFloat(uint16_t half) {
  constexpr float kBiasCorrection = 0x1p112f;
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000) << 16;
  const uint32_t magnitude = static_cast<uint32_t>(half & 0x7fff) << 13;
  const bool special = (half & 0x7c00) == 0x7c00;  // infinity or NaN keeps the largest exponent
  const uint32_t bits = special ? magnitude | 0x7f800000
                                : BitCast<uint32_t>(BitCast<float>(magnitude) * kBiasCorrection);
  return BitCast<float>(sign | bits);
}

// Rounds to nearest even.  Below 2^-14 the result is subnormal: adding 0.5 makes the addition
// itself shift and round the mantissa.
inline uint16_t FloatToHalf(float value) {
  constexpr uint32_t kTooLarge = 0x47800000;        // 2^16
  constexpr uint32_t kSmallestNormal = 0x38800000;  // 2^-14
  const uint32_t bits = BitCast<uint32_t>(value);
  const uint16_t sign = static_cast<uint16_t>((bits >> 16) & 0x8000);
  const uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;  // NaN
  if (magnitude >= kTooLarge) return sign | 0x7c00;
  if (magnitude < kSmallestNormal) {
    const float shifted = BitCast<float>(magnitude) + 0.5f;
    return static_cast<uint16_t>(sign | (BitCast<uint32_t>(shifted) - BitCast<uint32_t>(0.5f)));
  }
  const uint32_t rounding = 0xfff + ((magnitude >> 13) & 1);
  return static_cast<uint16_t>(sign | ((magnitude - (112u << 23) + rounding) >> 13));
}

struct Float32 {
  using Storage = float;
  static float Load(Storage x) { return x; }
  static Storage Store(float x) { return x; }
};

struct Float16 {
  using Storage = uint16_t;
  static float Load(Storage x) { return HalfToFloat(x); }
  static Storage Store(float x) { return FloatToHalf(x); }
};

// Calls visitor(Float32{}) or visitor(Float16{}).
template <class Visitor>
inline auto ForElement(VsElement element, Visitor visitor) {
  return element == VS_FLOAT16 ? visitor(Float16{}) : visitor(Float32{});
}

// A typed view of an untyped array.
template <class E>
inline const typename E::Storage* Elements(E, const void* x) {
  return static_cast<const typename E::Storage*>(x);
}

template <class E>
inline typename E::Storage* Elements(E, void* x) {
  return static_cast<typename E::Storage*>(x);
}

}  // namespace vecstore::vector

#endif
