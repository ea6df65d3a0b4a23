// SPDX-License-Identifier: PostgreSQL
//
// kernels_distance_test.cpp - exact distances against sums in double.

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "bridge/kernels.h"
#include "reference.h"

namespace {

using reference::Skewed;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kMax = std::numeric_limits<float>::max();

double Value(float x) { return x; }
double Value(uint16_t half) { return reference::HalfToDouble(half); }

// The kernels of one element type.
template <typename T>
struct Kernels;
template <>
struct Kernels<float> {
  decltype(VsKernels::l2sq_f32) l2sq = vs_kernels()->l2sq_f32;
  decltype(VsKernels::ip_f32) ip = vs_kernels()->ip_f32;
  decltype(VsKernels::l1_f32) l1 = vs_kernels()->l1_f32;
  decltype(VsKernels::cos_f32) cos = vs_kernels()->cos_f32;
  static float Convert(float x) { return x; }
};
template <>
struct Kernels<uint16_t> {
  decltype(VsKernels::l2sq_f16) l2sq = vs_kernels()->l2sq_f16;
  decltype(VsKernels::ip_f16) ip = vs_kernels()->ip_f16;
  decltype(VsKernels::l1_f16) l1 = vs_kernels()->l1_f16;
  decltype(VsKernels::cos_f16) cos = vs_kernels()->cos_f16;
  static uint16_t Convert(float x) { return reference::DoubleToHalf(x); }
};

// Sums in double, and the sums of magnitudes the bounds refer to.
struct Expected {
  double l2sq = 0, ip = 0, ip_magnitude = 0, l1 = 0, aa = 0, bb = 0;

  template <typename T>
  Expected(const Skewed<T>& a, const Skewed<T>& b) {
    for (size_t i = 0; i < a.size(); ++i) {
      const double x = Value(a[i]), y = Value(b[i]);
      l2sq += (x - y) * (x - y);
      l1 += std::fabs(x - y);
      ip += x * y;
      ip_magnitude += std::fabs(x * y);
      aa += x * x;
      bb += y * y;
    }
  }
};

template <typename T>
void CompareAll(const Skewed<T>& a, const Skewed<T>& b) {
  const size_t n = a.size();
  const Kernels<T> kernels;
  const Expected expected(a, b);
  float cos[3];
  kernels.cos(a.data(), b.data(), n, cos);
  const auto bound = [n](double magnitude) { return reference::SumBound(n, magnitude); };
  // A cosine has two partial sums of each kind, so its chains are twice as long.
  const auto cos_bound = [&](double magnitude) { return 2 * bound(magnitude); };

  ASSERT_NEAR(kernels.l2sq(a.data(), b.data(), n), expected.l2sq, bound(expected.l2sq)) << n;
  ASSERT_NEAR(kernels.ip(a.data(), b.data(), n), expected.ip, bound(expected.ip_magnitude)) << n;
  ASSERT_NEAR(kernels.l1(a.data(), b.data(), n), expected.l1, bound(expected.l1)) << n;
  ASSERT_NEAR(cos[0], expected.ip, cos_bound(expected.ip_magnitude)) << n;
  ASSERT_NEAR(cos[1], expected.aa, cos_bound(expected.aa)) << n;
  ASSERT_NEAR(cos[2], expected.bb, cos_bound(expected.bb)) << n;
}

template <typename T>
class KernelsDistance : public testing::Test {};
using ElementTypes = testing::Types<float, uint16_t>;
TYPED_TEST_SUITE(KernelsDistance, ElementTypes);

TYPED_TEST(KernelsDistance, WithinBoundOfDouble) {
  reference::Random random(1);
  const auto normal = [&] { return Kernels<TypeParam>::Convert(random.Normal()); };
  for (size_t n : reference::Sizes()) {
    Skewed<TypeParam> a(n, sizeof(TypeParam)), b(n, 0);
    CompareAll(a.Fill(normal), b.Fill(normal));
  }
}

TYPED_TEST(KernelsDistance, AnyAlignment) {
  reference::Random random(2);
  const auto normal = [&] { return Kernels<TypeParam>::Convert(random.Normal()); };
  for (size_t skew_a = 0; skew_a < 64; skew_a += 1) {
    for (size_t skew_b : {0, 1, 2, 4, 31, 60}) {
      Skewed<TypeParam> a(133, skew_a), b(133, skew_b);
      CompareAll(a.Fill(normal), b.Fill(normal));
    }
  }
}

TYPED_TEST(KernelsDistance, EqualVectorsHaveDistanceZero) {
  reference::Random random(3);
  const auto normal = [&] { return Kernels<TypeParam>::Convert(random.Normal()); };
  const Kernels<TypeParam> kernels;
  for (size_t n : reference::Sizes()) {
    Skewed<TypeParam> a(n, 0);
    a.Fill(normal);
    ASSERT_EQ(kernels.l2sq(a.data(), a.data(), n), 0);
    ASSERT_EQ(kernels.l1(a.data(), a.data(), n), 0);
    float cos[3];
    kernels.cos(a.data(), a.data(), n, cos);
    ASSERT_EQ(cos[0], cos[1]);
    ASSERT_EQ(cos[0], cos[2]);
  }
}

// A NaN anywhere reaches every result it belongs to.
TYPED_TEST(KernelsDistance, NaNIsNeverLost) {
  const Kernels<TypeParam> kernels;
  for (size_t n : {1, 7, 16, 33, 70, 133}) {
    for (size_t at = 0; at < n; ++at) {
      Skewed<TypeParam> a(n, 0), b(n, 0);
      a.Fill([] { return Kernels<TypeParam>::Convert(1); });
      b.Fill([] { return Kernels<TypeParam>::Convert(2); });
      a.Set(at, Kernels<TypeParam>::Convert(kNaN));
      float cos[3];
      kernels.cos(a.data(), b.data(), n, cos);
      ASSERT_TRUE(std::isnan(kernels.l2sq(a.data(), b.data(), n))) << n << " " << at;
      ASSERT_TRUE(std::isnan(kernels.ip(a.data(), b.data(), n))) << n << " " << at;
      ASSERT_TRUE(std::isnan(kernels.l1(a.data(), b.data(), n))) << n << " " << at;
      ASSERT_TRUE(std::isnan(cos[0]) && std::isnan(cos[1])) << n << " " << at;
      ASSERT_EQ(cos[2], 4 * n);
    }
  }
}

TYPED_TEST(KernelsDistance, Infinities) {
  const Kernels<TypeParam> kernels;
  const auto convert = Kernels<TypeParam>::Convert;
  for (size_t n : {1, 5, 16, 40, 100}) {
    Skewed<TypeParam> a(n, 0), b(n, 0);
    a.Fill([&] { return convert(1); }).Set(n / 2, convert(kInfinity));
    b.Fill([&] { return convert(1); });
    EXPECT_EQ(kernels.l2sq(a.data(), b.data(), n), kInfinity);
    EXPECT_EQ(kernels.ip(a.data(), b.data(), n), kInfinity);
    EXPECT_EQ(kernels.l1(a.data(), b.data(), n), kInfinity);
    // inf - inf and inf * 0
    EXPECT_TRUE(std::isnan(kernels.l2sq(a.data(), a.data(), n)));
    EXPECT_TRUE(std::isnan(kernels.l1(a.data(), a.data(), n)));
    b.Set(n / 2, convert(0));
    EXPECT_TRUE(std::isnan(kernels.ip(a.data(), b.data(), n)));
  }
}

TEST(KernelsDistanceOverflow, GivesInfinity) {
  const Kernels<float> kernels;
  for (size_t n : {1, 3, 16, 64, 100}) {
    Skewed<float> a(n, 0), b(n, 0);
    a.Fill([] { return kMax; });
    b.Fill([] { return -kMax; });
    EXPECT_EQ(kernels.l2sq(a.data(), b.data(), n), kInfinity);
    EXPECT_EQ(kernels.ip(a.data(), b.data(), n), -kInfinity);
    EXPECT_EQ(kernels.l1(a.data(), b.data(), n), kInfinity);
    float cos[3];
    kernels.cos(a.data(), b.data(), n, cos);
    EXPECT_EQ(cos[0], -kInfinity);
    EXPECT_EQ(cos[1], kInfinity);
    EXPECT_EQ(cos[2], kInfinity);
  }
}

// The largest halfs neither overflow nor lose precision in float.
TEST(KernelsDistanceOverflow, HalfsDoNot) {
  const Kernels<uint16_t> kernels;
  const size_t n = 16000;
  Skewed<uint16_t> a(n, 0), b(n, 0);
  CompareAll(a.Fill([] { return 0x7BFF; }), b.Fill([] { return 0xFBFF; }));
  EXPECT_TRUE(std::isfinite(kernels.l2sq(a.data(), b.data(), n)));
}

TEST(KernelsDistanceHalf, SubnormalsCount) {
  for (size_t n : {1, 8, 40, 100}) {
    Skewed<uint16_t> a(n, 0), b(n, 0);
    uint16_t next = 1;
    CompareAll(a.Fill([&] { return next++; }), b.Fill([&] { return 0x8000 | next++; }));
  }
}

}  // namespace
