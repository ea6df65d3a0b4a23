// SPDX-License-Identifier: PostgreSQL
//
// decimal.h - a short cut for reading the numbers that vectors are made of in practice.
//
// strtof handles every spelling of every number and takes most of the time of loading vectors as
// text. Nearly all of them are plain decimals of up to 19 digits, which one multiplication or
// division in double precision reads (after Clinger, 1990): the digits as an integer and powers of
// ten up to 22 are off by at most half a unit each, so the quotient is within 2 units of the last
// place of a double. Rounding it to float is then right unless it lies that close to the middle of
// two floats.
#ifndef VECSTORE_CORE_VECTOR_DECIMAL_H_
#define VECSTORE_CORE_VECTOR_DECIMAL_H_

#include "core/vector/element.h"

namespace vecstore::vector {

struct Decimal {
  uint64_t digits = 0;  // at most 19 of them, so they cannot overflow
  int digit_count = 0;  // without leading zeros
  int exponent = 0;     // of ten

  // Takes the digits at `at`; returns the first character that is none, or null after 19 digits.
  const char* AppendDigits(const char* at) {
    for (; *at >= '0' && *at <= '9'; ++at) {
      digits = digits * 10 + static_cast<uint64_t>(*at - '0');
      if ((digit_count > 0 || *at != '0') && ++digit_count > 19) return nullptr;
    }
    return at;
  }
};

// Reads e[+-]dd, where there must be one or two digits.
inline const char* AddExponent(const char* at, Decimal* decimal) {
  ++at;
  const bool negative = *at == '-';
  if (*at == '-' || *at == '+') ++at;
  int exponent = 0, count = 0;
  for (; *at >= '0' && *at <= '9'; ++at, ++count) {
    if (count == 2) return nullptr;
    exponent = exponent * 10 + (*at - '0');
  }
  if (count == 0) return nullptr;
  decimal->exponent += negative ? -exponent : exponent;
  return at;
}

// Splits "-12.5e-3" up; null if it is spelled otherwise, has too many digits, or goes on.
inline const char* SplitDecimal(const char* at, Decimal* decimal) {
  const char* begin = at;
  if ((at = decimal->AppendDigits(at)) == nullptr) return nullptr;
  bool any_digit = at != begin;
  if (*at == '.') {
    const char* fraction = at + 1;
    if ((at = decimal->AppendDigits(fraction)) == nullptr) return nullptr;
    decimal->exponent = static_cast<int>(fraction - at);
    any_digit |= at != fraction;
  }
  if (!any_digit) return nullptr;
  if (*at == 'e' || *at == 'E') at = AddExponent(at, decimal);
  if (at == nullptr) return nullptr;
  return *at == ',' || *at == ']' || *at == ' ' ? at : nullptr;
}

// Reads the number at `at` exactly as strtof does and returns its end, or null where strtof must.
inline const char* ReadDecimal(const char* at, float* out) {
  static constexpr double kPowersOfTen[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                            1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                            1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  constexpr double kSmallestNormal = 0x1p-126;
  // A double has 29 bits more than a float; the middle of two floats has the first of them set.
  constexpr uint64_t kExtraBits = (1 << 29) - 1, kMiddle = 1 << 28, kTooClose = 4;

  const bool negative = *at == '-';
  Decimal decimal;
  const char* end = SplitDecimal(at + (negative || *at == '+'), &decimal);
  if (end == nullptr || decimal.exponent < -22 || decimal.exponent > 22) return nullptr;

  double value = static_cast<double>(decimal.digits);
  if (decimal.exponent < 0)
    value /= kPowersOfTen[-decimal.exponent];
  else
    value *= kPowersOfTen[decimal.exponent];
  const uint64_t extra = BitCast<uint64_t>(value) & kExtraBits;
  const bool near_middle = extra + kTooClose - kMiddle <= 2 * kTooClose;
  if (value != 0 && (near_middle || value < kSmallestNormal)) return nullptr;
  *out = static_cast<float>(negative ? -value : value);
  return end;
}

}  // namespace vecstore::vector

#endif
