// SPDX-License-Identifier: PostgreSQL
//
// kernels_codes_test.cpp - int8 codes: making them and measuring against them.

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include <gtest/gtest.h>

#include "bridge/kernels.h"
#include "reference.h"

namespace {

using reference::Skewed;

// The kernel's answer for a plain query, and the exact sum.
int32_t KernelDot(const Skewed<int16_t>& q, const Skewed<int8_t>& c, size_t skew) {
  Skewed<int16_t> blocks(vs_query_size(q.size()), skew);
  for (size_t i = 0; i < q.size(); ++i) blocks.Set(i, q[i]);
  vs_query_blocks(blocks.data(), q.size());
  return vs_kernels()->dot_i16i8(blocks.data(), c.data(), q.size());
}

int32_t Dot(const Skewed<int16_t>& q, const Skewed<int8_t>& c) {
  int32_t sum = 0;
  for (size_t i = 0; i < q.size(); ++i) sum += q[i] * c[i];
  return sum;
}

// Codes as long as the kernel may read them.
size_t CodeSize(size_t n) { return std::max<size_t>(n, VS_QUERY_BLOCK); }

// The largest |q| whose exact sum fits an int32, as a caller chooses it.
int QueryLimit(size_t n) {
  return static_cast<int>(std::min<size_t>(32767, INT32_MAX / (128 * n)));
}

TEST(KernelsDot, EqualsExactSum) {
  reference::Random random(1);
  for (size_t n = 1; n <= 16384; n += n < 600 ? 1 : 619) {
    const int limit = QueryLimit(n);
    Skewed<int16_t> q(n, 2);
    Skewed<int8_t> c(CodeSize(n), 3);
    q.Fill([&] { return random.Integer(-limit, limit); });
    c.Fill([&] { return random.Integer(-128, 127); });
    ASSERT_EQ(KernelDot(q, c, 2), Dot(q, c)) << n;
  }
}

TEST(KernelsDot, AnyAlignment) {
  reference::Random random(2);
  for (size_t skew = 0; skew < 64; ++skew) {
    Skewed<int16_t> q(197, 0);
    Skewed<int8_t> c(197, skew);
    q.Fill([&] { return random.Integer(-8191, 8191); });
    c.Fill([&] { return random.Integer(-128, 127); });
    ASSERT_EQ(KernelDot(q, c, (skew * 7) % 64), Dot(q, c)) << skew;
  }
}

TEST(KernelsDot, ExtremesDoNotOverflow) {
  for (size_t n = 1; n <= 16384; n = n * 2 + 1) {
    const int limit = QueryLimit(n);
    for (int sign : {-1, 1}) {
      Skewed<int16_t> q(n, 0);
      Skewed<int8_t> c(CodeSize(n), 0);
      q.Fill([&] { return sign * limit; });
      c.Fill([] { return -128; });
      ASSERT_EQ(KernelDot(q, c, 0), Dot(q, c)) << n;
    }
  }
}

TEST(KernelsL1, WithinBoundOfDouble) {
  reference::Random random(3);
  const float scale = 0.0173f;
  for (size_t n : reference::Sizes()) {
    Skewed<float> q(n, n % 5);
    Skewed<int8_t> c(n, n % 3);
    q.Fill([&] { return random.Normal(); });
    c.Fill([&] { return random.Integer(-128, 127); });
    double expected = 0, magnitude = 0;
    for (size_t i = 0; i < n; ++i) {
      const double value = static_cast<double>(scale) * c[i];
      expected += std::fabs(q[i] - value);
      magnitude += std::fabs(q[i]) + std::fabs(value);
    }
    const float result = vs_kernels()->l1_f32i8(q.data(), c.data(), scale, n);
    ASSERT_NEAR(result, expected, reference::SumBound(n, magnitude)) << n;
  }
}

TEST(KernelsMaxAbs, FindsTheLargestAnywhere) {
  reference::Random random(4);
  EXPECT_EQ(vs_kernels()->max_abs(nullptr, 0), 0);
  for (size_t n : {1, 4, 15, 16, 17, 63, 100, 133}) {
    for (size_t at = 0; at < n; ++at) {
      Skewed<float> x(n, at % 8);
      x.Fill([&] { return std::fmod(random.Normal(), 1.0f); });
      x.Set(at, at % 2 == 0 ? 2.5f : -2.5f);
      ASSERT_EQ(vs_kernels()->max_abs(x.data(), n), 2.5f) << n << " " << at;
    }
  }
}

int Rounded(float x, float inv_scale, float limit) {
  const float scaled = x * inv_scale;
  return static_cast<int>(std::nearbyint(std::fmin(std::fmax(scaled, -limit), limit)));
}

// Values that round up, down and to even, inside and outside the limits.
float Awkward(reference::Random& random) {
  switch (random.Integer(0, 4)) {
    case 0:
      return random.Integer(-300, 300) + 0.5f;
    case 1:
      return std::nextafter(random.Integer(-300, 300) + 0.5f, random.Integer(0, 1) ? 1e9f : -1e9f);
    case 2:
      return 40000.0f * random.Normal();
    case 3:
      return 0x1.fffffep-2f;  // the float below 0.5
    default:
      return 30 * random.Normal();
  }
}

TEST(KernelsQuantize, I8RoundsAndClamps) {
  reference::Random random(5);
  for (size_t n : reference::Sizes()) {
    for (float inv_scale : {1.0f, 0.37f}) {
      Skewed<float> x(n, n % 7);
      Skewed<int8_t> out(n + 4, n % 3);
      x.Fill([&] { return Awkward(random); });
      out.Fill([] { return 99; });
      vs_kernels()->quantize_i8(x.data(), inv_scale, out.data(), n);
      for (size_t i = 0; i < n; ++i) ASSERT_EQ(out[i], Rounded(x[i], inv_scale, 127)) << x[i];
      for (size_t i = n; i < out.size(); ++i) ASSERT_EQ(out[i], 99) << "wrote past the end";
    }
  }
}

TEST(KernelsQuantize, I16RoundsAndClampsToItsLimit) {
  reference::Random random(6);
  for (size_t n : reference::Sizes()) {
    for (int limit : {1, 1000, 8191, 32767}) {
      Skewed<float> x(n, n % 7);
      Skewed<int16_t> out(n + 4, n % 5);
      x.Fill([&] { return Awkward(random); });
      out.Fill([] { return 9999; });
      vs_kernels()->quantize_i16(x.data(), 1.5f, limit, out.data(), n);
      for (size_t i = 0; i < n; ++i) ASSERT_EQ(out[i], Rounded(x[i], 1.5f, limit)) << x[i];
      for (size_t i = n; i < out.size(); ++i) ASSERT_EQ(out[i], 9999) << "wrote past the end";
    }
  }
}

TEST(KernelsQuantize, FloatExtremesAreClamped) {
  const float max = std::numeric_limits<float>::max();
  const float infinity = std::numeric_limits<float>::infinity();
  const float x[] = {max, -max, infinity, -infinity, 0, -0.0f, 1e-45f};
  const int expected[] = {127, -127, 127, -127, 0, 0, 0};
  int8_t out[7];
  vs_kernels()->quantize_i8(x, 2, out, 7);
  for (int i = 0; i < 7; ++i) EXPECT_EQ(out[i], expected[i]) << x[i];
}

TEST(KernelsWiden, KeepsEveryValue) {
  for (size_t n : reference::Sizes()) {
    Skewed<int8_t> c(n, n % 9);
    Skewed<int16_t> out(n + 4, n % 4);
    int next = -128;
    c.Fill([&] { return static_cast<int8_t>(next++); });
    out.Fill([] { return 9999; });
    vs_kernels()->widen_i8(c.data(), out.data(), n);
    for (size_t i = 0; i < n; ++i) ASSERT_EQ(out[i], c[i]);
    for (size_t i = n; i < out.size(); ++i) ASSERT_EQ(out[i], 9999) << "wrote past the end";
  }
}

}  // namespace
