// SPDX-License-Identifier: PostgreSQL
//
// kernels_codes_test.cpp - int8 codes: making them and measuring against them.

#include <cmath>
#include <cstdlib>
#include <limits>

#include <gtest/gtest.h>

#include "bridge/kernels.h"
#include "reference.h"

namespace {

using reference::Skewed;

int32_t Dot(const Skewed<int16_t>& q, const Skewed<int8_t>& c) {
  int32_t sum = 0;
  for (size_t i = 0; i < q.size(); ++i) sum += q[i] * c[i];
  return sum;
}

// The largest |q| whose exact sum fits an int32, as a caller chooses it.
int QueryLimit(size_t n) {
  return n == 0 ? 32767 : static_cast<int>(std::min<size_t>(32767, INT32_MAX / (128 * n)));
}

TEST(KernelsDot, EqualsExactSum) {
  reference::Random random(1);
  for (size_t n = 0; n <= 16384; n += n < 2048 ? VS_QUERY_PAD : 2048) {
    const int limit = QueryLimit(n);
    Skewed<int16_t> q(n, 2);
    Skewed<int8_t> c(n, 3);
    q.Fill([&] { return random.Integer(-limit, limit); });
    c.Fill([&] { return random.Integer(-128, 127); });
    ASSERT_EQ(vs_kernels()->dot_i16i8(q.data(), c.data(), n), Dot(q, c)) << n;
  }
}

TEST(KernelsDot, AnyAlignment) {
  reference::Random random(2);
  for (size_t skew = 0; skew < 64; ++skew) {
    Skewed<int16_t> q(192, (skew * 7) % 64);
    Skewed<int8_t> c(192, skew);
    q.Fill([&] { return random.Integer(-8191, 8191); });
    c.Fill([&] { return random.Integer(-128, 127); });
    ASSERT_EQ(vs_kernels()->dot_i16i8(q.data(), c.data(), 192), Dot(q, c)) << skew;
  }
}

TEST(KernelsDot, ExtremesDoNotOverflow) {
  for (size_t n = VS_QUERY_PAD; n <= 16384; n *= 2) {
    const int limit = QueryLimit(n);
    for (int sign : {-1, 1}) {
      Skewed<int16_t> q(n, 0);
      Skewed<int8_t> c(n, 0);
      q.Fill([&] { return sign * limit; });
      c.Fill([] { return -128; });
      ASSERT_EQ(vs_kernels()->dot_i16i8(q.data(), c.data(), n), Dot(q, c)) << n;
    }
  }
}

// What lies past the real dimension is multiplied by the query's zeros.
TEST(KernelsDot, IgnoresCodesUnderThePadding) {
  const size_t dims = 100, n = 128;
  Skewed<int16_t> q(n, 0);
  Skewed<int8_t> c(n, 0);
  size_t at = 0;
  q.Fill([&] { return at++ < dims ? 5 : 0; });
  at = 0;
  c.Fill([&] { return at++ < dims ? 3 : -77; });
  EXPECT_EQ(vs_kernels()->dot_i16i8(q.data(), c.data(), n), 1500);
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
