// SPDX-License-Identifier: PostgreSQL
//
// kernels_transform_test.cpp - half conversions over every half, and the Walsh-Hadamard transform.

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "bridge/kernels.h"
#include "reference.h"

namespace {

using reference::BitsOfFloat;
using reference::FloatOfBits;
using reference::Skewed;

constexpr int kHalfs = 65536;

std::vector<uint16_t> AllHalfs() {
  std::vector<uint16_t> halfs(kHalfs);
  for (int i = 0; i < kHalfs; ++i) halfs[i] = static_cast<uint16_t>(i);
  return halfs;
}

std::vector<uint16_t> ToHalfs(const std::vector<float>& in) {
  std::vector<uint16_t> out(in.size());
  vs_kernels()->f32_to_f16(in.data(), out.data(), in.size());
  return out;
}

bool IsNaN(uint16_t half) { return (half & 0x7FFF) > 0x7C00; }

// Equal bits; of a NaN only its sign, for processors keep payloads differently.
void ExpectHalfs(const std::vector<float>& in, const std::vector<uint16_t>& out) {
  for (size_t i = 0; i < in.size(); ++i) {
    if (std::isnan(in[i])) {
      ASSERT_TRUE(IsNaN(out[i]) && (out[i] >> 15) == std::signbit(in[i])) << i;
    } else {
      ASSERT_EQ(out[i], reference::DoubleToHalf(in[i])) << std::hexfloat << in[i];
    }
  }
}

TEST(KernelsHalf, EveryHalfToFloat) {
  const std::vector<uint16_t> in = AllHalfs();
  std::vector<float> out(kHalfs);
  vs_kernels()->f16_to_f32(in.data(), out.data(), kHalfs);
  for (int i = 0; i < kHalfs; ++i) {
    if (IsNaN(in[i])) {
      ASSERT_TRUE(std::isnan(out[i]) && std::signbit(out[i]) == (i >> 15)) << i;
    } else {
      ASSERT_EQ(BitsOfFloat(out[i]),
                BitsOfFloat(static_cast<float>(reference::HalfToDouble(in[i]))));
    }
  }
}

TEST(KernelsHalf, EveryHalfThereAndBack) {
  const std::vector<uint16_t> in = AllHalfs();
  std::vector<float> floats(kHalfs);
  vs_kernels()->f16_to_f32(in.data(), floats.data(), kHalfs);
  ExpectHalfs(floats, ToHalfs(floats));
}

// Between each half and the next: the middle goes to the even one, its neighbours to the nearer.
TEST(KernelsHalf, EveryMiddleRoundsToEven) {
  std::vector<float> in;
  for (int half = 0; half < 0x7C00; ++half) {
    const double low = reference::HalfToDouble(static_cast<uint16_t>(half));
    const double high =
        half == 0x7BFF ? 65536 : reference::HalfToDouble(static_cast<uint16_t>(half + 1));
    const float middle = static_cast<float>((low + high) / 2);
    for (float sign : {1.0f, -1.0f}) {
      in.push_back(sign * middle);
      in.push_back(sign * std::nextafter(middle, 0.0f));
      in.push_back(sign * std::nextafter(middle, 1e9f));
    }
  }
  ExpectHalfs(in, ToHalfs(in));
}

TEST(KernelsHalf, FloatExtremes) {
  const float max = std::numeric_limits<float>::max();
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> in = {max,
                                 -max,
                                 infinity,
                                 -infinity,
                                 65504,
                                 65519.996f,
                                 65520,
                                 -65520,
                                 0,
                                 -0.0f,
                                 1e-45f,
                                 -1e-45f,
                                 0x1p-25f,
                                 1e-30f,
                                 FloatOfBits(0x7F800001),
                                 FloatOfBits(0xFFC00000)};
  ExpectHalfs(in, ToHalfs(in));
}

TEST(KernelsHalf, RandomFloats) {
  reference::Random random(1);
  std::vector<float> in(200000);
  for (float& x : in) x = FloatOfBits(random.Bits());
  ExpectHalfs(in, ToHalfs(in));
  for (float& x : in) x = random.Normal();
  ExpectHalfs(in, ToHalfs(in));
}

TEST(KernelsHalf, EverySizeAndAlignment) {
  reference::Random random(2);
  for (size_t n : reference::Sizes()) {
    Skewed<float> in(n, n % 5), back(n + 2, n % 7);
    Skewed<uint16_t> out(n + 2, n % 3);
    in.Fill([&] { return random.Normal(); });
    out.Fill([] { return 0x1234; });
    back.Fill([] { return 77; });
    vs_kernels()->f32_to_f16(in.data(), out.data(), n);
    vs_kernels()->f16_to_f32(out.data(), back.data(), n);
    for (size_t i = 0; i < n; ++i) {
      ASSERT_EQ(out[i], reference::DoubleToHalf(in[i])) << n;
      ASSERT_EQ(back[i], reference::HalfToDouble(out[i])) << n;
    }
    for (size_t i = n; i < n + 2; ++i) ASSERT_TRUE(out[i] == 0x1234 && back[i] == 77);
  }
}

// By the definition: element i of the result is the sum of x[j], negative where i & j has odd
// parity.
double FwhtElement(const Skewed<float>& x, size_t i) {
  double sum = 0;
  for (size_t j = 0; j < x.size(); ++j) sum += __builtin_parityll(i & j) ? -x[j] : x[j];
  return sum;
}

// Small integers: every float sum is exact, whatever the order of the additions.
TEST(KernelsFwht, EqualsTheDefinition) {
  reference::Random random(3);
  for (size_t n = 1; n <= 16384; n *= 2) {
    Skewed<float> x(n, 4), y(n, 12);
    x.Fill([&] { return random.Integer(-100, 100); });
    for (size_t i = 0; i < n; ++i) y.Set(i, x[i]);
    vs_kernels()->fwht(y.data(), n);
    const size_t step = n <= 1024 ? 1 : 97;
    for (size_t i = 0; i < n; i += step) ASSERT_EQ(y[i], FwhtElement(x, i)) << n << " " << i;
  }
}

TEST(KernelsFwht, WithinBoundOfDouble) {
  reference::Random random(4);
  for (size_t n = 1; n <= 1024; n *= 2) {
    Skewed<float> x(n, 0), y(n, n % 3 * sizeof(float));
    x.Fill([&] { return random.Normal(); });
    double magnitude = 0;
    for (size_t i = 0; i < n; ++i) {
      y.Set(i, x[i]);
      magnitude += std::fabs(x[i]);
    }
    vs_kernels()->fwht(y.data(), n);
    const double bound = std::log2(n) * reference::kUnit * magnitude;
    for (size_t i = 0; i < n; ++i) ASSERT_NEAR(y[i], FwhtElement(x, i), bound) << n << " " << i;
  }
}

TEST(KernelsFwht, TwiceIsTimesN) {
  reference::Random random(5);
  for (size_t n = 1; n <= 16384; n *= 2) {
    Skewed<float> x(n, 0), y(n, 0);
    x.Fill([&] { return random.Integer(-10, 10); });
    for (size_t i = 0; i < n; ++i) y.Set(i, x[i]);
    vs_kernels()->fwht(y.data(), n);
    vs_kernels()->fwht(y.data(), n);
    for (size_t i = 0; i < n; ++i) ASSERT_EQ(y[i], n * x[i]) << n << " " << i;
  }
}

}  // namespace
