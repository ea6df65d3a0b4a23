// SPDX-License-Identifier: PostgreSQL
//
// arithmetic.cpp - element-wise arithmetic, norms, conversion and comparison of vectors.
//
// Halves are computed with in single precision.  One operation on two halves rounded to float and
// then to half equals the exact result rounded once, because float carries more than twice the
// digits.
#include <algorithm>
#include <cmath>

#include "bridge/kernels.h"
#include "core/vector/element.h"

namespace vecstore::vector {
namespace {

// out[i] = operation(a[i], b[i]).  The check is a second pass, so that the first one vectorises.
template <class E, class Operation>
VsStatus Apply(const typename E::Storage* a, const typename E::Storage* b, size_t n,
               typename E::Storage* out, Operation operation) {
  for (size_t i = 0; i < n; ++i) out[i] = E::Store(operation(E::Load(a[i]), E::Load(b[i])));
  for (size_t i = 0; i < n; ++i)
    if (std::isinf(E::Load(out[i]))) return VS_OVERFLOW;
  return VS_OK;
}

template <class E>
VsStatus Multiply(const typename E::Storage* a, const typename E::Storage* b, size_t n,
                  typename E::Storage* out) {
  for (size_t i = 0; i < n; ++i) {
    const float x = E::Load(a[i]), y = E::Load(b[i]);
    out[i] = E::Store(x * y);
    const float product = E::Load(out[i]);
    if (std::isinf(product)) return VS_OVERFLOW;
    if (product == 0 && x != 0 && y != 0) return VS_UNDERFLOW;
  }
  return VS_OK;
}

template <class E>
VsStatus CheckFinite(const typename E::Storage* x, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    const float value = E::Load(x[i]);
    if (std::isnan(value)) return VS_NAN_ELEMENT;
    if (std::isinf(value)) return VS_INFINITE_ELEMENT;
  }
  return VS_OK;
}

template <class E>
double Norm(const typename E::Storage* x, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; ++i) {
    const double value = E::Load(x[i]);
    sum += value * value;
  }
  return std::sqrt(sum);
}

template <class E>
VsStatus Normalize(const typename E::Storage* x, size_t n, typename E::Storage* out) {
  const double norm = Norm<E>(x, n);
  if (norm == 0) {
    std::fill(out, out + n, E::Store(0));
    return VS_OK;
  }
  for (size_t i = 0; i < n; ++i) {
    out[i] = E::Store(static_cast<float>(E::Load(x[i]) / norm));
    if (std::isinf(E::Load(out[i]))) return VS_OVERFLOW;
  }
  return VS_OK;
}

template <class E>
int Compare(const typename E::Storage* a, size_t na, const typename E::Storage* b, size_t nb) {
  const size_t shared = std::min(na, nb);
  for (size_t i = 0; i < shared; ++i) {
    const float x = E::Load(a[i]), y = E::Load(b[i]);
    if (x < y) return -1;
    if (x > y) return 1;
  }
  return na < nb ? -1 : na > nb;
}

// SplitMix64 (Steele, Lea, Flood 2014): one 64-bit state, every seed gives an independent sequence.
uint64_t NextRandom(uint64_t* state) {
  uint64_t z = *state += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

}  // namespace
}  // namespace vecstore::vector

using namespace vecstore::vector;

extern "C" float vs_half_to_float(uint16_t half) { return HalfToFloat(half); }

extern "C" uint16_t vs_float_to_half(float value) { return FloatToHalf(value); }

extern "C" VsStatus vs_elements_check_finite(VsElement element, const void* x, size_t n) {
  return ForElement(element, [=](auto e) { return CheckFinite<decltype(e)>(Elements(e, x), n); });
}

extern "C" void vs_elements_to_float(VsElement element, const void* x, size_t n, float* out) {
  if (element == VS_FLOAT16)
    vs_kernels()->f16_to_f32(static_cast<const uint16_t*>(x), out, n);
  else
    std::memcpy(out, x, n * sizeof(float));
}

extern "C" VsStatus vs_elements_from_float(VsElement element, const float* in, size_t n, void* out,
                                           size_t* bad) {
  if (element == VS_FLOAT32) {
    std::memcpy(out, in, n * sizeof(float));
    return VS_OK;
  }
  const uint16_t* halves = static_cast<const uint16_t*>(out);
  vs_kernels()->f32_to_f16(in, static_cast<uint16_t*>(out), n);
  for (size_t i = 0; i < n; ++i) {
    if ((halves[i] & 0x7fff) == 0x7c00 && !std::isinf(in[i])) {
      *bad = i;
      return VS_ELEMENT_TOO_LARGE;
    }
  }
  return VS_OK;
}

extern "C" VsStatus vs_elements_add(VsElement element, const void* a, const void* b, size_t n,
                                    void* out) {
  return ForElement(element, [=](auto e) {
    return Apply<decltype(e)>(Elements(e, a), Elements(e, b), n, Elements(e, out),
                              [](float x, float y) { return x + y; });
  });
}

extern "C" VsStatus vs_elements_sub(VsElement element, const void* a, const void* b, size_t n,
                                    void* out) {
  return ForElement(element, [=](auto e) {
    return Apply<decltype(e)>(Elements(e, a), Elements(e, b), n, Elements(e, out),
                              [](float x, float y) { return x - y; });
  });
}

extern "C" VsStatus vs_elements_mul(VsElement element, const void* a, const void* b, size_t n,
                                    void* out) {
  return ForElement(element, [=](auto e) {
    return Multiply<decltype(e)>(Elements(e, a), Elements(e, b), n, Elements(e, out));
  });
}

extern "C" VsStatus vs_elements_accumulate(VsElement element, const void* x, size_t n,
                                           double* sum) {
  return ForElement(element, [=](auto e) {
    const auto* in = Elements(e, x);
    for (size_t i = 0; i < n; ++i) {
      sum[i] += e.Load(in[i]);
      if (std::isinf(sum[i])) return VS_OVERFLOW;
    }
    return VS_OK;
  });
}

extern "C" double vs_elements_norm(VsElement element, const void* x, size_t n) {
  return ForElement(element, [=](auto e) { return Norm<decltype(e)>(Elements(e, x), n); });
}

extern "C" VsStatus vs_elements_normalize(VsElement element, const void* x, size_t n, void* out) {
  return ForElement(
      element, [=](auto e) { return Normalize<decltype(e)>(Elements(e, x), n, Elements(e, out)); });
}

extern "C" void vs_elements_binary_quantize(VsElement element, const void* x, size_t n,
                                            uint8_t* bits) {
  std::memset(bits, 0, (n + 7) / 8);
  ForElement(element, [=](auto e) {
    const auto* in = Elements(e, x);
    for (size_t i = 0; i < n; ++i)
      bits[i / 8] |= static_cast<uint8_t>((e.Load(in[i]) > 0) << (7 - i % 8));
  });
}

extern "C" int vs_elements_compare(VsElement element, const void* a, size_t na, const void* b,
                                   size_t nb) {
  return ForElement(element, [=](auto e) {
    return Compare<decltype(e)>(Elements(e, a), na, Elements(e, b), nb);
  });
}

extern "C" void vs_elements_random(uint64_t seed, size_t n, float* out) {
  uint64_t state = seed;
  for (size_t i = 0; i < n; ++i) {
    // 24 random bits, all a float can hold without rounding.
    const int32_t bits = static_cast<int32_t>(NextRandom(&state) >> 40);
    out[i] = static_cast<float>(bits - (1 << 23)) * 0x1p-23f;
  }
}
