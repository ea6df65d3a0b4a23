// SPDX-License-Identifier: PostgreSQL
//
// kernels_packed_test.cpp - codes of 4 and 2 bits: every target does what a loop over dimensions does.

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "bridge/kernels.h"
#include "reference.h"

namespace {

using reference::Skewed;

std::vector<const VsPackedKernels*> Widths() {
  return {&vs_kernels()->packed4, &vs_kernels()->packed2};
}

// The number of dimension i, by the definition in kernels.h.
int Number(const Skewed<int8_t>& code, size_t i, int bits) {
  const size_t block = i / vs_packed_block(bits), within = i % vs_packed_block(bits);
  const size_t lane = within % VS_PACKED_LANES, field = within / VS_PACKED_LANES;
  uint16_t word;
  std::memcpy(&word, code.data() + block * VS_PACKED_BLOCK_BYTES + 2 * lane, sizeof(word));
  const int largest = (1 << bits) - 1;
  return 2 * (word >> (field * static_cast<size_t>(bits)) & largest) - largest;
}

Skewed<int8_t> RandomCode(size_t n, int bits, size_t skew, reference::Random& random) {
  Skewed<int8_t> code(vs_packed_bytes(n, bits), skew);
  code.Fill([&] { return random.Integer(-128, 127); });
  return code;
}

// The kernel's answer for a plain query.
int32_t KernelDot(const VsPackedKernels* packed, const Skewed<int16_t>& q, const Skewed<int8_t>& c,
                  size_t skew) {
  Skewed<int16_t> arranged(vs_packed_size(q.size(), packed->bits) + VS_PACKED_SUM, skew);
  for (size_t i = 0; i < q.size(); ++i) arranged.Set(i, q[i]);
  vs_packed_query(arranged.data(), q.size(), packed->bits);
  return packed->dot(arranged.data(), c.data(), q.size());
}

int32_t Dot(const Skewed<int16_t>& q, const Skewed<int8_t>& c, int bits) {
  int32_t sum = 0;
  for (size_t i = 0; i < q.size(); ++i) sum += q[i] * Number(c, i, bits);
  return sum;
}

// The largest |q| whose exact sum fits an int32, as a caller chooses it.
int QueryLimit(size_t n, int bits) {
  return static_cast<int>(std::min<size_t>(32767, INT32_MAX / (((1u << bits) - 1) * n)));
}

TEST(KernelsPackedDot, EqualsExactSum) {
  reference::Random random(1);
  for (const VsPackedKernels* packed : Widths())
    for (size_t n = 1; n <= 16384; n += n < 600 ? 1 : 619) {
      const int limit = QueryLimit(n, packed->bits);
      Skewed<int16_t> q(n, 2);
      q.Fill([&] { return random.Integer(-limit, limit); });
      const Skewed<int8_t> c = RandomCode(n, packed->bits, 4, random);
      ASSERT_EQ(KernelDot(packed, q, c, 2), Dot(q, c, packed->bits)) << packed->bits << " " << n;
    }
}

TEST(KernelsPackedDot, AnyEvenAlignment) {
  reference::Random random(2);
  for (const VsPackedKernels* packed : Widths())
    for (size_t skew = 0; skew < 64; skew += 2) {
      Skewed<int16_t> q(700, 0);
      q.Fill([&] { return random.Integer(-8191, 8191); });
      const Skewed<int8_t> c = RandomCode(700, packed->bits, skew, random);
      ASSERT_EQ(KernelDot(packed, q, c, (skew * 7) % 64), Dot(q, c, packed->bits)) << skew;
    }
}

TEST(KernelsPackedDot, ExtremesDoNotOverflow) {
  for (const VsPackedKernels* packed : Widths())
    for (size_t n = 1; n <= 16384; n = n * 2 + 1)
      for (int sign : {-1, 1})
        for (int byte : {0, -1}) {
          const int limit = QueryLimit(n, packed->bits);
          Skewed<int16_t> q(n, 0);
          Skewed<int8_t> c(vs_packed_bytes(n, packed->bits), 0);
          q.Fill([&] { return sign * limit; });
          c.Fill([&] { return byte; });
          ASSERT_EQ(KernelDot(packed, q, c, 0), Dot(q, c, packed->bits)) << n;
        }
}

TEST(KernelsPackedL1, WithinBoundOfDouble) {
  reference::Random random(3);
  const float scale = 0.173f;
  for (const VsPackedKernels* packed : Widths())
    for (size_t n : reference::Sizes()) {
      Skewed<float> q(n, n % 5);
      q.Fill([&] { return random.Normal(); });
      const Skewed<int8_t> c = RandomCode(n, packed->bits, 2 * (n % 3), random);
      double expected = 0, magnitude = 0;
      for (size_t i = 0; i < n; ++i) {
        const double value = static_cast<double>(scale) * Number(c, i, packed->bits);
        expected += std::fabs(q[i] - value);
        magnitude += std::fabs(q[i]) + std::fabs(value);
      }
      const float result = packed->l1(q.data(), c.data(), scale, n);
      ASSERT_NEAR(result, expected, reference::SumBound(n, magnitude)) << n;
    }
}

TEST(KernelsUnpack, GivesEveryNumber) {
  reference::Random random(4);
  for (const VsPackedKernels* packed : Widths())
    for (size_t n : reference::Sizes()) {
      const Skewed<int8_t> c = RandomCode(n, packed->bits, 2 * (n % 5), random);
      Skewed<int16_t> out(n + 4, n % 4);
      out.Fill([] { return 9999; });
      packed->unpack(c.data(), out.data(), n);
      for (size_t i = 0; i < n; ++i) ASSERT_EQ(out[i], Number(c, i, packed->bits)) << n << " " << i;
      for (size_t i = n; i < out.size(); ++i) ASSERT_EQ(out[i], 9999) << "wrote past the end";
    }
}

// The nearest level, but for ties; what lies outside goes to the last one.
TEST(KernelsPack, TakesTheNearestLevel) {
  reference::Random random(5);
  for (const VsPackedKernels* packed : Widths())
    for (size_t n : reference::Sizes()) {
      const float inv_scale = 3.7f;
      const int largest = (1 << packed->bits) - 1;
      Skewed<float> x(vs_packed_size(n, packed->bits), 0);
      x.Fill([] { return 0; });
      for (size_t i = 0; i < n; ++i) x.Set(i, random.Normal() * (i % 7 == 0 ? 1e30f : 1));
      Skewed<int8_t> c(vs_packed_bytes(n, packed->bits), 2 * (n % 5));
      packed->pack(x.data(), inv_scale, c.data(), n);
      for (size_t i = 0; i < n; ++i) {
        const double scaled = static_cast<double>(x[i]) * inv_scale;
        const double inside = std::clamp<double>(scaled, -largest, largest);
        ASSERT_NEAR(Number(c, i, packed->bits), inside, 1 + 1e-5) << scaled;
      }
    }
}

TEST(KernelsPack, FloatExtremesAreClipped) {
  const float max = std::numeric_limits<float>::max();
  for (const VsPackedKernels* packed : Widths()) {
    const int largest = (1 << packed->bits) - 1;
    std::vector<float> x(vs_packed_size(4, packed->bits), 0);
    x[0] = max, x[1] = -max, x[2] = 1e-45f, x[3] = -0.0f;
    int16_t out[4];
    Skewed<int8_t> c(VS_PACKED_BLOCK_BYTES, 0);
    packed->pack(x.data(), 2, c.data(), 4);
    packed->unpack(c.data(), out, 4);
    EXPECT_EQ(out[0], largest);
    EXPECT_EQ(out[1], -largest);
    EXPECT_EQ(std::abs(out[2]), 1);
    EXPECT_EQ(out[2], out[3]);
  }
}

}  // namespace
