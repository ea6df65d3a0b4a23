// SPDX-License-Identifier: PostgreSQL
//
// reference.h - what the kernels are compared with: plain loops in double, and awkward memory.
//
// Owns: the stated bounds.  A kernel adds at least four partial sums, so no addition chain is
// longer than n/4 and a few more; with u = 2^-24 the error of a float sum is at most (n/4 + 8) * u
// times the sum of the absolute terms, on every target.

#ifndef VECSTORE_TEST_UNIT_REFERENCE_H
#define VECSTORE_TEST_UNIT_REFERENCE_H

#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

namespace reference {

constexpr double kUnit = 0x1p-24;

inline double SumBound(size_t n, double sum_of_magnitudes) {
  return (n / 4.0 + 8) * kUnit * sum_of_magnitudes;
}

// The sizes every kernel is tried with: all tails of all vectors, and large ones.
inline std::vector<size_t> Sizes() {
  std::vector<size_t> sizes;
  for (size_t n = 0; n <= 300; ++n) sizes.push_back(n);
  for (size_t n : {768, 1023, 1536, 4096, 15999, 16000}) sizes.push_back(n);
  return sizes;
}

// n elements `skew` bytes off a heap block's start; they end where it ends, so that the address
// sanitizer sees one element too many.
template <typename T>
class Skewed {
 public:
  Skewed(size_t n, size_t skew) : n_(n), skew_(skew), bytes_(new char[n * sizeof(T) + skew]) {}

  T* data() { return reinterpret_cast<T*>(bytes_.get() + skew_); }
  const T* data() const { return reinterpret_cast<const T*>(bytes_.get() + skew_); }
  size_t size() const { return n_; }

  T operator[](size_t i) const {
    T value;
    std::memcpy(&value, bytes_.get() + skew_ + i * sizeof(T), sizeof(T));
    return value;
  }
  void Set(size_t i, T value) {
    std::memcpy(bytes_.get() + skew_ + i * sizeof(T), &value, sizeof(T));
  }
  template <class Generator>
  Skewed& Fill(Generator generator) {
    for (size_t i = 0; i < n_; ++i) Set(i, static_cast<T>(generator()));
    return *this;
  }

 private:
  size_t n_, skew_;
  std::unique_ptr<char[]> bytes_;
};

class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}
  float Normal() { return std::normal_distribution<float>()(engine_); }
  int Integer(int low, int high) { return std::uniform_int_distribution<int>(low, high)(engine_); }
  uint32_t Bits() { return static_cast<uint32_t>(engine_()); }

 private:
  std::mt19937_64 engine_;
};

inline float FloatOfBits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

inline uint32_t BitsOfFloat(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

inline double HalfToDouble(uint16_t half) {
  const int exponent = (half >> 10) & 31;
  const int mantissa = half & 1023;
  const double sign = half & 0x8000 ? -1 : 1;
  if (exponent == 31) return mantissa ? std::nan("") : sign * INFINITY;
  if (exponent == 0) return sign * std::ldexp(mantissa, -24);
  return sign * std::ldexp(mantissa + 1024, exponent - 25);
}

// To nearest, ties to even, by rounding the value in units of the result's last place.
inline uint16_t DoubleToHalf(double value) {
  const uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  const double magnitude = std::fabs(value);
  if (std::isnan(value)) return sign | 0x7E00;
  if (magnitude >= 65520) return sign | 0x7C00;
  if (magnitude < 0x1p-14) return sign | static_cast<uint16_t>(std::nearbyint(magnitude * 0x1p24));
  const int exponent = std::ilogb(magnitude);
  const int units = static_cast<int>(std::nearbyint(std::ldexp(magnitude, 10 - exponent)));
  return sign | static_cast<uint16_t>(((exponent + 14) << 10) + units);
}

}  // namespace reference

#endif
