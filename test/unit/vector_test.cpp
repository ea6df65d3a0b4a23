// SPDX-License-Identifier: PostgreSQL
//
// vector_test.cpp - src/core/vector: halves, text and binary form, arithmetic, distances.
#include "bridge/vector.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr int kHalfInfinity = 0x7c00;

// Stands in for the host's number printing: also the shortest text that reads back.
int PrintShortest(float value, char* out) {
  return static_cast<int>(std::to_chars(out, out + VS_FLOAT_TEXT_MAX, value).ptr - out);
}

struct Parsed {
  VsStatus status;
  std::vector<float> values;
  std::string bad;
};

Parsed Parse(VsElement element, const std::string& text) {
  std::vector<float> room(VS_MAX_DIM);
  size_t n = 0;
  VsTextSpan bad = {};
  Parsed parsed = {vs_elements_parse(element, text.c_str(), room.data(), &n, &bad), {}, {}};
  if (parsed.status == VS_OK) {
    parsed.values.resize(n);
    vs_elements_to_float(element, room.data(), n, parsed.values.data());
  }
  if (parsed.status == VS_ELEMENT_TOO_LARGE) parsed.bad.assign(bad.begin, bad.end);
  return parsed;
}

std::string Print(VsElement element, const void* x, size_t n) {
  std::string text(VS_TEXT_SIZE(n), '?');
  text.resize(vs_elements_print(element, x, n, PrintShortest, text.data()));
  return text;
}

std::vector<uint16_t> ToHalves(const std::vector<float>& values) {
  std::vector<uint16_t> halves(values.size());
  for (size_t i = 0; i < values.size(); ++i) halves[i] = vs_float_to_half(values[i]);
  return halves;
}

std::vector<float> Random(size_t n, uint64_t seed) {
  std::vector<float> values(n);
  vs_elements_random(seed, n, values.data());
  return values;
}

TEST(HalfTest, EveryHalfSurvivesSinglePrecision) {
  for (uint32_t half = 0; half < 0x10000; ++half) {
    const float value = vs_half_to_float(static_cast<uint16_t>(half));
    if ((half & 0x7fff) > kHalfInfinity) {
      EXPECT_TRUE(std::isnan(value)) << half;
      EXPECT_TRUE(std::isnan(vs_half_to_float(vs_float_to_half(value)))) << half;
    } else {
      EXPECT_EQ(vs_float_to_half(value), half);
    }
  }
}

TEST(HalfTest, ValuesAreThoseOfIeee754) {
  EXPECT_EQ(vs_half_to_float(0x3c00), 1.0f);
  EXPECT_EQ(vs_half_to_float(0xc100), -2.5f);
  EXPECT_EQ(vs_half_to_float(0x7bff), 65504.0f);
  EXPECT_EQ(vs_half_to_float(0x0400), 0x1p-14f);
  EXPECT_EQ(vs_half_to_float(0x0001), 0x1p-24f);
  EXPECT_EQ(vs_half_to_float(0xfc00), -kInfinity);
  EXPECT_TRUE(std::signbit(vs_half_to_float(0x8000)));
}

// Between two neighbouring halves: nearest, and the even one in the middle.
TEST(HalfTest, RoundsToNearestEven) {
  for (uint16_t lower = 0; lower < kHalfInfinity; ++lower) {
    const uint16_t upper = static_cast<uint16_t>(lower + 1);
    const float a = vs_half_to_float(lower);
    const float b = upper == kHalfInfinity ? 65536.0f : vs_half_to_float(upper);
    const float middle = a + (b - a) / 2;
    EXPECT_EQ(vs_float_to_half(middle), lower % 2 == 0 ? lower : upper);
    EXPECT_EQ(vs_float_to_half(std::nextafter(middle, 0.0f)), lower);
    EXPECT_EQ(vs_float_to_half(std::nextafter(middle, kInfinity)), upper);
    EXPECT_EQ(vs_float_to_half(-middle), 0x8000 | (lower % 2 == 0 ? lower : upper));
  }
  EXPECT_EQ(vs_float_to_half(65536.0f), kHalfInfinity);
  EXPECT_EQ(vs_float_to_half(std::numeric_limits<float>::max()), kHalfInfinity);
}

TEST(ParseTest, AcceptsNumbersAndSpace) {
  const std::string space = " \t\n\r\v\f";
  EXPECT_EQ(Parse(VS_FLOAT32, "[1,2.5,-3e-05]").values, (std::vector<float>{1, 2.5, -3e-05f}));
  EXPECT_EQ(Parse(VS_FLOAT16, "[1,2.5,2049]").values, (std::vector<float>{1, 2.5, 2048}));
  EXPECT_EQ(Parse(VS_FLOAT32,
                  space + "[" + space + "1" + space + "," + space + "+.5" + space + "]" + space)
                .values,
            (std::vector<float>{1, .5}));
  EXPECT_EQ(Parse(VS_FLOAT32, "[1.,0x1p-3,1e-46]").values, (std::vector<float>{1, .125, 0}));
}

TEST(ParseTest, NamesWhatIsWrong) {
  for (const VsElement element : {VS_FLOAT32, VS_FLOAT16}) {
    for (const char* text : {"", " ", "1", "{1}", "(1)", ",[1]"})
      EXPECT_EQ(Parse(element, text).status, VS_TEXT_NO_BRACKET) << text;
    for (const char* text : {"[", "[ ", "[1", "[1,", "[1,]", "[,1]", "[1,,2]", "[1 2]", "[1a]",
                             "[a]", "[- 1]", "[1;2]", "[[1]]"})
      EXPECT_EQ(Parse(element, text).status, VS_TEXT_SYNTAX) << text;
    for (const char* text : {"[1]1", "[1]]", "[1],", "[1] [2]"})
      EXPECT_EQ(Parse(element, text).status, VS_TEXT_JUNK) << text;
    for (const char* text : {"[]", "[ ]", " [\t]"})
      EXPECT_EQ(Parse(element, text).status, VS_NO_DIMENSIONS) << text;
    for (const char* text : {"[nan]", "[1,-NaN]", "[nan(7)]"})
      EXPECT_EQ(Parse(element, text).status, VS_NAN_ELEMENT) << text;
    for (const char* text : {"[inf]", "[1,-Infinity]"})
      EXPECT_EQ(Parse(element, text).status, VS_INFINITE_ELEMENT) << text;
  }
}

TEST(ParseTest, GivesTheNumberThatDoesNotFit) {
  EXPECT_EQ(Parse(VS_FLOAT32, "[1, 4e38 ,nan]").bad, "4e38");
  EXPECT_EQ(Parse(VS_FLOAT16, "[1, -65520 ,nan]").bad, "-65520");
  EXPECT_EQ(Parse(VS_FLOAT16, "[1e999]").bad, "1e999");
  EXPECT_EQ(Parse(VS_FLOAT16, "[65519.99]").status, VS_OK);
}

TEST(ParseTest, StopsAtTheLargestDimension) {
  std::string text = "[0";
  for (int i = 1; i < VS_MAX_DIM; ++i) text += ",0";
  EXPECT_EQ(Parse(VS_FLOAT32, text + "]").values.size(), static_cast<size_t>(VS_MAX_DIM));
  EXPECT_EQ(Parse(VS_FLOAT32, text + ",0]").status, VS_TOO_MANY_DIMENSIONS);
  EXPECT_EQ(Parse(VS_FLOAT16, text + ",]").status, VS_TOO_MANY_DIMENSIONS);
}

// What ReadsLikeStrtof compares: the same number, read by the C library.
void ExpectAsStrtof(const std::string& number) {
  const Parsed parsed = Parse(VS_FLOAT32, "[" + number + "]");
  const float expected = std::strtof(number.c_str(), nullptr);
  ASSERT_EQ(parsed.status, VS_OK) << number;
  EXPECT_EQ(parsed.values[0], expected) << number;
  EXPECT_EQ(std::signbit(parsed.values[0]), std::signbit(expected)) << number;
}

TEST(ParseTest, ReadsLikeStrtof) {
  std::mt19937_64 random(1);
  char text[64];
  for (int i = 0; i < 2000; ++i) {
    // Any float, and the middle between it and the next, in the precisions programs print.
    uint32_t bits = static_cast<uint32_t>(random());
    float value;
    std::memcpy(&value, &bits, sizeof(value));
    if (i % 2 == 0 && std::isnormal(value))
      value = std::ldexp(value, -std::ilogb(value) + static_cast<int>(random() % 20) - 16);
    if (!std::isfinite(value) || !std::isfinite(std::nextafter(value, kInfinity))) continue;
    const double middle = (double{value} + double{std::nextafter(value, kInfinity)}) / 2;
    for (const double number : {double{value}, middle, std::nextafter(middle, 0.0)}) {
      for (const char* format :
           {"%.7g", "%.9g", "%.16g", "%.17g", "%.19g", "%.20g", "%.9f", "%.18f", "%e"}) {
        std::snprintf(text, sizeof(text), format, number);
        if (std::isfinite(std::strtof(text, nullptr))) ExpectAsStrtof(text);
      }
    }
  }
}

TEST(ParseTest, ReadsOddSpellingsLikeStrtof) {
  std::istringstream numbers(
      "0 -0 +0 0.0 -.0 0. 00012.500 1e0 1E5 1e+05 1e-05 12e-3 1e22 1e-22 1e23 1e-23 1e-45 1e-46 "
      "1e38 9999999999999999999 18446744073709551616 0.00000000000000000000000000001 "
      "1000000000000000000000000000000 16777217 16777219 9007199254740993 1.00000005960464477539 "
      "0x1p3 1e010 1e00000000000000000001 3.4028235e38 1.17549435e-38 1.1754942e-38");
  for (std::string number; numbers >> number;) ExpectAsStrtof(number);
}

TEST(PrintTest, ReadsBackAsItWas) {
  for (size_t n = 1; n < 200; ++n) {
    const std::vector<float> values = Random(n, n);
    EXPECT_EQ(Parse(VS_FLOAT32, Print(VS_FLOAT32, values.data(), n)).values, values);
    const std::vector<uint16_t> halves = ToHalves(values);
    EXPECT_EQ(ToHalves(Parse(VS_FLOAT16, Print(VS_FLOAT16, halves.data(), n)).values), halves);
  }
}

TEST(PrintTest, LongestNumbersFit) {
  const std::vector<float> values(100, -1.17549435e-38f);
  EXPECT_LT(Print(VS_FLOAT32, values.data(), values.size()).size(), VS_TEXT_SIZE(values.size()));
  EXPECT_EQ(Print(VS_FLOAT32, values.data(), 2), "[-1.1754944e-38,-1.1754944e-38]");
}

TEST(WireTest, IsBigEndianAtAnyAlignment) {
  uint8_t bytes[9];
  const float values[] = {1, -2.5f};
  vs_elements_to_wire(VS_FLOAT32, values, 2, bytes + 1);
  EXPECT_EQ(std::memcmp(bytes + 1, "\x3f\x80\x00\x00\xc0\x20\x00\x00", 8), 0);
  float back[2];
  EXPECT_EQ(vs_elements_from_wire(VS_FLOAT32, bytes + 1, 2, back), VS_OK);
  EXPECT_EQ(std::memcmp(values, back, sizeof(values)), 0);

  const uint16_t halves[] = {0x3c00, 0x0001};
  vs_elements_to_wire(VS_FLOAT16, halves, 2, bytes + 1);
  EXPECT_EQ(std::memcmp(bytes + 1, "\x3c\x00\x00\x01", 4), 0);
  uint16_t halves_back[2];
  EXPECT_EQ(vs_elements_from_wire(VS_FLOAT16, bytes + 1, 2, halves_back), VS_OK);
  EXPECT_EQ(std::memcmp(halves, halves_back, sizeof(halves)), 0);
}

TEST(WireTest, RefusesWhatIsNotFinite) {
  const uint8_t infinite[] = {0x7f, 0x80, 0, 0}, nan[] = {0xff, 0xc0, 0, 0};
  float value;
  EXPECT_EQ(vs_elements_from_wire(VS_FLOAT32, infinite, 1, &value), VS_INFINITE_ELEMENT);
  EXPECT_EQ(vs_elements_from_wire(VS_FLOAT32, nan, 1, &value), VS_NAN_ELEMENT);
  uint16_t half;
  EXPECT_EQ(
      vs_elements_from_wire(VS_FLOAT16, reinterpret_cast<const uint8_t*>("\xfc\x00"), 1, &half),
      VS_INFINITE_ELEMENT);
  EXPECT_EQ(
      vs_elements_from_wire(VS_FLOAT16, reinterpret_cast<const uint8_t*>("\x7c\x01"), 1, &half),
      VS_NAN_ELEMENT);
}

TEST(ArithmeticTest, ReportsOverflowAndUnderflow) {
  const float large = 3e38f, small = 1e-30f, zero = 0;
  float out;
  EXPECT_EQ(vs_elements_add(VS_FLOAT32, &large, &large, 1, &out), VS_OVERFLOW);
  EXPECT_EQ(vs_elements_sub(VS_FLOAT32, &large, &large, 1, &out), VS_OK);
  EXPECT_EQ(out, 0);
  EXPECT_EQ(vs_elements_mul(VS_FLOAT32, &large, &large, 1, &out), VS_OVERFLOW);
  EXPECT_EQ(vs_elements_mul(VS_FLOAT32, &small, &small, 1, &out), VS_UNDERFLOW);
  EXPECT_EQ(vs_elements_mul(VS_FLOAT32, &small, &zero, 1, &out), VS_OK);
  const uint16_t half = 0x7bff;
  uint16_t half_out;
  EXPECT_EQ(vs_elements_add(VS_FLOAT16, &half, &half, 1, &half_out), VS_OVERFLOW);
  double sum = std::numeric_limits<double>::infinity();
  EXPECT_EQ(vs_elements_accumulate(VS_FLOAT32, &large, 1, &sum), VS_OVERFLOW);
}

TEST(ArithmeticTest, ConversionNamesTheFirstThatDoesNotFit) {
  const std::vector<float> values = {1, kInfinity, 65520, 1e30f};
  std::vector<uint16_t> halves(values.size());
  size_t bad = 99;
  EXPECT_EQ(vs_elements_from_float(VS_FLOAT16, values.data(), values.size(), halves.data(), &bad),
            VS_ELEMENT_TOO_LARGE);
  EXPECT_EQ(bad, 2u);
  EXPECT_EQ(vs_elements_from_float(VS_FLOAT16, values.data(), 2, halves.data(), &bad), VS_OK);
  EXPECT_EQ(vs_elements_check_finite(VS_FLOAT16, halves.data(), 2), VS_INFINITE_ELEMENT);
}

TEST(ArithmeticTest, NormalizesAndKeepsZero) {
  const float values[] = {3, 4}, zeros[] = {0, -0.0f}, tiny[] = {1e-45f, 0};
  float out[2];
  EXPECT_EQ(vs_elements_normalize(VS_FLOAT32, values, 2, out), VS_OK);
  EXPECT_EQ(out[0], .6f);
  EXPECT_EQ(vs_elements_normalize(VS_FLOAT32, zeros, 2, out), VS_OK);
  EXPECT_EQ(out[0], 0);
  EXPECT_EQ(vs_elements_normalize(VS_FLOAT32, tiny, 2, out), VS_OK);
  EXPECT_EQ(out[0], 1);
  EXPECT_EQ(vs_elements_norm(VS_FLOAT32, values, 2), 5);
}

TEST(ArithmeticTest, QuantizesFromTheMostSignificantBit) {
  const float values[] = {1, -1, 0, 2, -0.0f, 1e-45f, -2, 3, 4};
  uint8_t bits[2] = {0xff, 0xff};
  vs_elements_binary_quantize(VS_FLOAT32, values, 9, bits);
  EXPECT_EQ(bits[0], 0x95);
  EXPECT_EQ(bits[1], 0x80);
}

TEST(ArithmeticTest, ComparesAsArraysDo) {
  const float a[] = {1, 2, 3}, b[] = {1, 3}, zero[] = {0}, negative_zero[] = {-0.0f};
  EXPECT_EQ(vs_elements_compare(VS_FLOAT32, a, 3, a, 3), 0);
  EXPECT_EQ(vs_elements_compare(VS_FLOAT32, a, 2, a, 3), -1);
  EXPECT_EQ(vs_elements_compare(VS_FLOAT32, a, 3, a, 2), 1);
  EXPECT_EQ(vs_elements_compare(VS_FLOAT32, a, 3, b, 2), -1);
  EXPECT_EQ(vs_elements_compare(VS_FLOAT32, zero, 1, negative_zero, 1), 0);
}

// Halves get the same functions, so both element types are held against doubles.
class DistanceTest : public testing::TestWithParam<VsElement> {
 protected:
  // Fills both sides with random elements; the doubles hold exactly the same values.
  void Fill(size_t n) {
    a_ = Random(n, 2 * n);
    b_ = Random(n, 2 * n + 1);
    if (GetParam() == VS_FLOAT16) {
      half_a_ = ToHalves(a_);
      half_b_ = ToHalves(b_);
      for (size_t i = 0; i < n; ++i) {
        a_[i] = vs_half_to_float(half_a_[i]);
        b_[i] = vs_half_to_float(half_b_[i]);
      }
    }
  }
  double Measure(VsDistance distance) const {
    return GetParam() == VS_FLOAT16
               ? distance(VS_FLOAT16, half_a_.data(), half_b_.data(), a_.size())
               : distance(VS_FLOAT32, a_.data(), b_.data(), a_.size());
  }
  template <class Term>
  double Sum(Term term) const {
    double sum = 0;
    for (size_t i = 0; i < a_.size(); ++i) sum += term(double{a_[i]}, double{b_[i]});
    return sum;
  }
  std::vector<float> a_, b_;
  std::vector<uint16_t> half_a_, half_b_;
};

TEST_P(DistanceTest, AgreesWithDoublePrecision) {
  for (size_t n : {1, 2, 3, 15, 16, 17, 100, 1000}) {
    Fill(n);
    const double dot = Sum([](double x, double y) { return x * y; });
    const double norm_a = Sum([](double x, double) { return x * x; });
    const double norm_b = Sum([](double, double y) { return y * y; });
    const double difference = Sum([](double x, double y) { return std::fabs(x - y); });
    const double total = Sum([](double x, double y) { return std::fabs(x) + std::fabs(y); });
    const double tolerance = 1e-5 * static_cast<double>(n);
    EXPECT_NEAR(Measure(vs_inner_product), dot, tolerance);
    EXPECT_NEAR(Measure(vs_distance_l2_squared), norm_a + norm_b - 2 * dot, tolerance);
    EXPECT_NEAR(Measure(vs_distance_l1), difference, tolerance);
    EXPECT_NEAR(Measure(vs_cosine_similarity), dot / std::sqrt(norm_a * norm_b), 1e-5);
    EXPECT_DOUBLE_EQ(Measure(vs_distance_bray_curtis), difference / total);
    EXPECT_DOUBLE_EQ(Measure(vs_distance_canberra), Sum([](double x, double y) {
                       return std::fabs(x - y) / (std::fabs(x) + std::fabs(y));
                     }));
  }
}

TEST_P(DistanceTest, ZeroVectorsHaveNoDirection) {
  Fill(10);
  std::fill(a_.begin(), a_.end(), 0.0f);
  half_a_.assign(a_.size(), 0);
  EXPECT_TRUE(std::isnan(Measure(vs_cosine_similarity)));
  b_ = a_;
  half_b_ = half_a_;
  EXPECT_EQ(Measure(vs_distance_canberra), 0);
  EXPECT_EQ(Measure(vs_distance_bray_curtis), 0);
  EXPECT_EQ(Measure(vs_distance_chebyshev), 0);
}

INSTANTIATE_TEST_SUITE_P(Elements, DistanceTest, testing::Values(VS_FLOAT32, VS_FLOAT16));

TEST(OverflowTest, DistanceIsInfiniteOrNan) {
  const float a = 3e38f, b = -3e38f;
  EXPECT_EQ(vs_distance_l2_squared(VS_FLOAT32, &a, &b, 1), kInfinity);
  EXPECT_EQ(vs_distance_l1(VS_FLOAT32, &a, &b, 1), kInfinity);
  EXPECT_EQ(vs_inner_product(VS_FLOAT32, &a, &b, 1), -kInfinity);
  EXPECT_TRUE(std::isnan(vs_cosine_similarity(VS_FLOAT32, &a, &b, 1)));
  EXPECT_DOUBLE_EQ(vs_distance_chebyshev(VS_FLOAT32, &a, &b, 1), 2 * double{a});
}

TEST(RandomTest, IsTheSameEverywhere) {
  EXPECT_EQ(Random(3, 42), (std::vector<float>{0.48312974f, -0.68017924f, -0.44279778f}));
  for (const float value : Random(10000, 1)) {
    EXPECT_GE(value, -1);
    EXPECT_LT(value, 1);
  }
}

}  // namespace
