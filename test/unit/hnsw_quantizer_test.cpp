// SPDX-License-Identifier: PostgreSQL
//
// hnsw_quantizer_test.cpp - codes, estimates, and the bounds that make an index's order exact.

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "bridge/hnsw.h"
#include "hnsw_vectors.h"
#include "reference.h"

namespace {

using namespace hnsw_test;

// A vector as a record with its code.
class Encoded {
 public:
  Encoded(const VsHnswSpace& space, const Vector& vector)
      : bytes_((VS_RECORD_HEADER_BYTES + std::max(space.code_bytes, 32u) + 7) / 8) {
    valid_ = vs_hnsw_encode(&space, vector.data(), record(), code());
  }
  bool valid() const { return valid_; }
  VsHnswRecord* record() { return reinterpret_cast<VsHnswRecord*>(bytes_.data()); }
  int8_t* code() { return reinterpret_cast<int8_t*>(bytes_.data()) + VS_RECORD_HEADER_BYTES; }

  // The vector that the code stands for, in code space.
  std::vector<double> Decoded(const VsHnswSpace& space) {
    std::vector<int16_t> numbers(space.dims);
    std::vector<double> x(space.dims);
    vs_hnsw_decode(&space, record(), numbers.data());
    for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(record()->scale) * numbers[i];
    return x;
  }

 private:
  std::vector<uint64_t> bytes_;
  bool valid_;
};

// A space with a query.
class Quantizer {
 public:
  Quantizer(VsMetric metric, uint32_t dims, VsCodeKind kind = VS_CODE_SQ8)
      : space_memory_(vs_hnsw_space_bytes(dims, kind)), query_memory_(vs_hnsw_query_bytes(dims)) {
    vs_hnsw_space_init(&space, space_memory_.data(), metric, dims, kind, 42, vs_kernels());
    vs_hnsw_query_init(&query, &space, query_memory_.data());
  }

  // The mean of the vectors, as a build takes it.
  void CentreOn(const Vectors& vectors) {
    std::vector<double> sum(space.dims);
    Vector out(space.dims);
    for (const Vector& vector : vectors) {
      if (!vs_hnsw_transform(&space, vector.data(), out.data())) continue;
      for (size_t i = 0; i < sum.size(); ++i)
        sum[i] += out[i] / static_cast<double>(vectors.size());
    }
    centroid_.assign(sum.begin(), sum.end());
    for (float x : centroid_)
      if (!std::isfinite(x)) return;
    vs_hnsw_space_set_centroid(&space, centroid_.data());
  }

  bool SetQuery(const Vector& vector) { return vs_hnsw_query_set(&query, vector.data()); }
  float Estimate(Encoded& x) { return vs_hnsw_estimate(&query, x.record()); }
  double Bound(Encoded& x) {
    return vs_hnsw_bound(&query, Estimate(x), x.record()->norm, x.record()->error);
  }

  VsHnswSpace space;
  VsHnswQuery query;

 private:
  // vector<char> memory comes from operator new, which aligns it for floats.
  std::vector<char> space_memory_, query_memory_;
  Vector centroid_;
};

std::vector<uint32_t> Dimensions() {
  std::vector<uint32_t> dims;
  for (uint32_t n = 1; n <= 70; ++n) dims.push_back(n);
  for (uint32_t n : {127, 129, 384, 1536}) dims.push_back(n);
  return dims;
}

constexpr VsCodeKind kCodes[] = {VS_CODE_SQ8, VS_CODE_SQ4, VS_CODE_SQ2};
constexpr VsCodeKind kPackedCodes[] = {VS_CODE_SQ4, VS_CODE_SQ2};

const char* CodeName(VsCodeKind code) {
  const char* const names[] = {"", "sq8", "sq4", "sq2"};
  return names[code];
}

std::string Describe(VsMetric metric, Kind kind, uint32_t dims, VsCodeKind code = VS_CODE_SQ8) {
  return std::string(MetricName(metric)) + ", " + KindName(kind) + ", " + std::to_string(dims) +
         " dimensions, " + CodeName(code);
}

// Every bound of a few queries against a few vectors; NaN sorts last in SQL, so nothing is above
// it.
void ExpectBoundsHold(VsMetric metric, const Vectors& vectors, Vectors queries, bool centred,
                      VsCodeKind code) {
  queries.push_back(vectors[0]);
  Quantizer quantizer(metric, static_cast<uint32_t>(vectors[0].size()), code);
  if (centred) quantizer.CentreOn(vectors);
  for (const Vector& vector : vectors) {
    Encoded encoded(quantizer.space, vector);
    if (!encoded.valid()) continue;
    for (const Vector& query : queries) {
      quantizer.SetQuery(query);
      const double exact = OperatorValue(metric, query, vector);
      const double bound = quantizer.Bound(encoded);
      ASSERT_FALSE(std::isnan(bound));
      if (std::isnan(exact)) continue;
      ASSERT_LE(bound, exact) << "centred " << centred;
    }
  }
}

// Under every metric, centred or not.
void ExpectBoundsHold(const Vectors& vectors, const Vectors& queries, VsCodeKind code) {
  for (VsMetric metric : kMetrics)
    for (bool centred : {false, true}) {
      if (centred && metric == VS_METRIC_IP) continue;
      SCOPED_TRACE(MetricName(metric));
      ASSERT_NO_FATAL_FAILURE(ExpectBoundsHold(metric, vectors, queries, centred, code));
    }
}

TEST(HnswBound, IsNeverAboveTheOperator) {
  reference::Random random(1);
  for (VsCodeKind code : kCodes)
    for (Kind kind : kKinds)
      for (uint32_t dims : Dimensions()) {
        SCOPED_TRACE(Describe(VS_METRIC_L2, kind, dims, code));
        const Vectors vectors = MakeVectors(kind, 4, dims, random);
        const Vectors queries = MakeVectors(kind, 2, dims, random);
        ASSERT_NO_FATAL_FAILURE(ExpectBoundsHold(vectors, queries, code));
      }
}

// Where bounds of packed codes rest on the rotation's randomness: dimensions just above and just below
// powers of two, where its transforms overlap least and most.
constexpr uint32_t kWide[] = {256, 2049, 4096, 8191, 16000};

TEST(HnswWideBound, HoldsForEveryKind) {
  reference::Random random(21);
  for (VsCodeKind code : kPackedCodes)
    for (Kind kind : kKinds)
      for (uint32_t dims : kWide) {
        SCOPED_TRACE(Describe(VS_METRIC_L2, kind, dims, code));
        const Vectors vectors = MakeVectors(kind, 2, dims, random);
        const Vectors queries = MakeVectors(kind, 1, dims, random);
        ASSERT_NO_FATAL_FAILURE(ExpectBoundsHold(vectors, queries, code));
      }
}

// A vector in pieces of very different lengths, and queries that differ from it in single pieces, in
// signs, in length or in one coordinate: what the rotation has to tear apart.
TEST(HnswWideBound, HoldsForStructuredDifferences) {
  reference::Random random(22);
  for (VsCodeKind code : kPackedCodes)
    for (uint32_t dims : kWide)
      for (uint32_t pieces : {2u, 8u}) {
        SCOPED_TRACE(testing::Message() << CodeName(code) << ", " << dims << ", " << pieces);
        Vectors vectors = MakeVectors(Kind::kGaussian, 3, dims, random);
        for (Vector& vector : vectors)
          for (uint32_t i = 0; i < dims; ++i)
            vector[i] *= std::pow(0.05f, static_cast<float>(i / ((dims + pieces - 1) / pieces)));
        Vectors queries;
        for (uint32_t piece = 0; piece < pieces; ++piece)
          for (float factor : {0.0f, -1.0f, 0.9f, 3.0f}) {
            queries.push_back(vectors[0]);
            for (uint32_t i = 0; i < dims; ++i)
              if (i / ((dims + pieces - 1) / pieces) == piece) queries.back()[i] *= factor;
          }
        queries.push_back(vectors[0]);
        for (float& x : queries.back()) x = std::copysign(0.5f, x);
        queries.push_back(vectors[0]);
        queries.back()[dims / 2] += 10;
        ASSERT_NO_FATAL_FAILURE(ExpectBoundsHold(vectors, queries, code));
      }
}

// How many standard deviations the unknown term of packed codes takes at the most: the bound allows 12,
// and ordinary differences stay within what chance explains.
TEST(HnswWideBound, LeavesRoom) {
  reference::Random random(23);
  for (VsCodeKind code : kPackedCodes)
    for (Kind kind : {Kind::kGaussian, Kind::kFarCluster, Kind::kSparse, Kind::kOneHot})
      for (uint32_t dims : {2049u, 4096u, 8191u}) {
        Quantizer quantizer(VS_METRIC_L2, dims, code);
        const Vectors vectors = MakeVectors(kind, 12, dims, random);
        quantizer.CentreOn(vectors);
        for (const Vector& query : vectors) {
          quantizer.SetQuery(query);
          for (const Vector& vector : vectors) {
            Encoded encoded(quantizer.space, vector);
            const double d = TrueValue(VS_METRIC_L2, query, vector);
            const double unknown = (quantizer.Estimate(encoded) - d * d) / 2;
            const double noise = 1e-6 * (quantizer.query.norm + encoded.record()->norm) +
                                 d * quantizer.query.error;
            ASSERT_LE(std::fabs(unknown),
                      6 / std::sqrt(dims) * d * encoded.record()->error + noise)
                << Describe(VS_METRIC_L2, kind, dims, code);
          }
        }
      }
}

// Kinds mixed: a tiny query against huge vectors and so on.
TEST(HnswBound, HoldsAcrossMagnitudes) {
  reference::Random random(2);
  for (VsMetric metric : kMetrics)
    for (uint32_t dims : {1u, 2u, 3u, 17u, 64u, 300u, 2049u}) {
      Quantizer quantizer(metric, dims, dims > 64 ? VS_CODE_SQ4 : kCodes[dims % 3]);
      for (Kind query_kind : kKinds)
        for (Kind kind : kKinds) {
          const Vector query = MakeVector(query_kind, dims, random);
          const Vector vector = MakeVector(kind, dims, random);
          Encoded encoded(quantizer.space, vector);
          quantizer.SetQuery(query);
          if (!encoded.valid()) continue;
          const double exact = OperatorValue(metric, query, vector);
          if (std::isnan(exact)) continue;
          ASSERT_LE(quantizer.Bound(encoded), exact)
              << Describe(metric, kind, dims) << ", query " << KindName(query_kind);
        }
    }
}

// Large terms of either sign: the exact sum is moderate, partial sums in fp32 are not.
TEST(HnswBound, HoldsWhenPartialSumsOverflow) {
  for (uint32_t dims : {4u, 64u, 100u, 256u})
    for (float ratio : {1e-6f, 1.0f, 1e6f}) {
      Quantizer quantizer(VS_METRIC_IP, dims);
      for (uint32_t rotate = 0; rotate < dims; ++rotate) {
        Vector vector(dims, 1.5e19f * ratio), query(dims);
        for (uint32_t i = 0; i < dims; ++i)
          query[i] = ((i + rotate) % dims < dims / 2 ? 1.5e19f : -1.5e19f) / ratio;
        Encoded encoded(quantizer.space, vector);
        quantizer.SetQuery(query);
        const double exact = OperatorValue(VS_METRIC_IP, query, vector);
        if (std::isnan(exact)) continue;
        ASSERT_LE(quantizer.Bound(encoded), exact) << dims << " " << rotate;
      }
    }
}

// On ordinary data a bound is at most three per cent below; inner products can be 0, so there the
// measure is the product of the lengths.
TEST(HnswBound, IsTightOnOrdinaryData) {
  reference::Random random(3);
  for (VsMetric metric : kMetrics)
    for (uint32_t dims : Dimensions()) {
      Quantizer quantizer(metric, dims);
      const Vector query = MakeVector(Kind::kGaussian, dims, random);
      quantizer.SetQuery(query);
      for (int i = 0; i < 8; ++i) {
        const Vector vector = MakeVector(Kind::kGaussian, dims, random);
        Encoded encoded(quantizer.space, vector);
        const double exact = OperatorValue(metric, query, vector);
        // Near its neighbours a query sees the rounding of both vectors.
        const double slack = metric == VS_METRIC_L1 ? dims : Length(query) + Length(vector);
        const double scale = metric == VS_METRIC_IP       ? Length(query) * Length(vector)
                             : metric == VS_METRIC_COSINE ? 1
                                                          : slack;
        ASSERT_GE(quantizer.Bound(encoded), exact - 0.03 * scale)
            << Describe(metric, Kind::kGaussian, dims);
      }
    }
}

// Far from the origin a code without a centroid spends its range on what the vectors share.
TEST(HnswBound, CentroidTightensClusters) {
  reference::Random random(4);
  for (VsMetric metric : {VS_METRIC_L2, VS_METRIC_COSINE, VS_METRIC_L1}) {
    constexpr uint32_t kDims = 96;
    const Vectors vectors = MakeVectors(Kind::kFarCluster, 50, kDims, random);
    double gap[2];
    for (bool centred : {false, true}) {
      Quantizer quantizer(metric, kDims);
      if (centred) quantizer.CentreOn(vectors);
      quantizer.SetQuery(vectors[0]);
      gap[centred] = 0;
      for (size_t i = 1; i < vectors.size(); ++i) {
        Encoded encoded(quantizer.space, vectors[i]);
        gap[centred] += OperatorValue(metric, vectors[0], vectors[i]) - quantizer.Bound(encoded);
      }
    }
    EXPECT_LT(gap[true], gap[false] / 2) << MetricName(metric);
  }
}

// |distance of codes - distance of vectors| <= error of the query + error of the record.
void ExpectWithinTheStatedErrors(VsCodeKind code) {
  reference::Random random(5);
  for (VsMetric metric : kMetrics)
    for (Kind kind : {Kind::kGaussian, Kind::kFarCluster, Kind::kSparse, Kind::kMixedScales})
      for (uint32_t dims : Dimensions()) {
        Quantizer quantizer(metric, dims, code);
        const Vector query = MakeVector(kind, dims, random);
        const Vector vector = MakeVector(kind, dims, random);
        Encoded encoded(quantizer.space, vector);
        if (!encoded.valid() || !quantizer.SetQuery(query)) continue;
        const VsHnswRecord& record = *encoded.record();
        const double truth = TrueValue(metric, query, vector);
        double estimate = quantizer.Estimate(encoded);
        // Packed codes estimate the distance of the vectors, not of their codes.
        const bool unbiased = code != VS_CODE_SQ8 && (metric == VS_METRIC_L2 || metric == VS_METRIC_COSINE);
        const double square = unbiased ? double(record.error) * record.error : 0;
        estimate += square;
        const double errors = double(quantizer.query.error) + record.error;
        SCOPED_TRACE(Describe(metric, kind, dims));
        if (metric == VS_METRIC_IP) {
          const double lengths = Length(query) * record.error +
                                 (Length(vector) + record.error) * quantizer.query.error;
          ASSERT_NEAR(estimate, truth, lengths + 1e-6 * Length(query) * Length(vector));
        } else if (metric == VS_METRIC_L1) {
          ASSERT_NEAR(estimate, truth, errors + 1e-4 * truth);
        } else {
          const double distance = metric == VS_METRIC_L2 ? truth : std::sqrt(2 * truth);
          const double noise = 1e-6 * (double(quantizer.query.norm) + record.norm + square);
          ASSERT_LE(estimate, (distance + errors) * (distance + errors) + noise);
          ASSERT_GE(estimate, std::pow(std::max(0.0, distance - errors), 2) - noise);
        }
      }
}

TEST(HnswEstimate, IsWithinTheStatedErrors) {
  for (VsCodeKind code : kCodes) {
    SCOPED_TRACE(CodeName(code));
    ASSERT_NO_FATAL_FAILURE(ExpectWithinTheStatedErrors(code));
  }
}

// What packed codes are for: estimates that lean to neither side, of near vectors and of far ones.
TEST(HnswEstimate, OfPackedCodesIsRightOnAverage) {
  reference::Random random(24);
  constexpr uint32_t kDims = 512;
  for (VsCodeKind code : kPackedCodes)
    for (float share : {0.0f, 0.5f, 0.9f}) {
      Quantizer quantizer(VS_METRIC_L2, kDims, code);
      double sum = 0, truth = 0;
      for (int i = 0; i < 400; ++i) {
        const Vector vector = MakeVector(Kind::kGaussian, kDims, random);
        Vector query = MakeVector(Kind::kGaussian, kDims, random);
        for (uint32_t j = 0; j < kDims; ++j) query[j] = (1 - share) * query[j] + share * vector[j];
        Encoded encoded(quantizer.space, vector);
        quantizer.SetQuery(query);
        sum += quantizer.Estimate(encoded);
        truth += std::pow(TrueValue(VS_METRIC_L2, query, vector), 2);
      }
      EXPECT_NEAR(sum, truth, 0.05 * truth) << CodeName(code) << " " << share;
    }
}

// Rounding errors of Gaussian vectors, against those of the best uniform quantisers (Max 1960).
TEST(HnswEncode, OfPackedCodesErrsLittle) {
  reference::Random random(25);
  for (VsCodeKind code : kPackedCodes) {
    Quantizer quantizer(VS_METRIC_L2, 4096, code);
    const Vector vector = MakeVector(Kind::kGaussian, 4096, random);
    Encoded encoded(quantizer.space, vector);
    const double least = code == VS_CODE_SQ4 ? 0.01154 : 0.1188;  // squared, at the best scale
    EXPECT_NEAR(encoded.record()->error / Length(vector), std::sqrt(1 / (1 - least) - 1), 0.01)
        << CodeName(code);
  }
}

// Searches sort by estimates, and sorting cannot cope with NaN.
TEST(HnswEstimate, IsNeverNaNWhateverTheRecord) {
  reference::Random random(6);
  for (VsMetric metric : kMetrics)
    for (Kind kind : kKinds) {
      Quantizer quantizer(metric, 37, kCodes[static_cast<int>(kind) % 3]);
      quantizer.SetQuery(MakeVector(kind, 37, random));
      Encoded encoded(quantizer.space, MakeVector(kind, 37, random));
      for (int i = 0; i < 300; ++i) {
        VsHnswRecord* record = encoded.record();
        record->scale = reference::FloatOfBits(random.Bits());
        record->norm = reference::FloatOfBits(random.Bits());
        record->error = reference::FloatOfBits(random.Bits());
        if (i % 3 == 0) record->scale = i % 2 ? INFINITY : NAN;
        ASSERT_FALSE(std::isnan(quantizer.Estimate(encoded))) << MetricName(metric);
        ASSERT_FALSE(std::isnan(quantizer.Bound(encoded))) << MetricName(metric);
      }
    }
}

TEST(HnswEncode, RefusesZeroUnderCosineOnly) {
  for (VsMetric metric : kMetrics)
    for (uint32_t dims : {1u, 2u, 33u, 768u}) {
      Quantizer quantizer(metric, dims, kCodes[dims % 3]);
      const Vector zero(dims, 0), one(dims, 1);
      Encoded encoded(quantizer.space, zero);
      EXPECT_EQ(encoded.valid(), metric != VS_METRIC_COSINE);
      EXPECT_EQ(quantizer.SetQuery(zero), metric != VS_METRIC_COSINE);
      if (metric == VS_METRIC_COSINE) {
        // The query says nothing: any record may be as near as can be.
        Encoded other(quantizer.space, one);
        EXPECT_EQ(quantizer.Bound(other), 0);
        EXPECT_TRUE(std::isfinite(quantizer.Estimate(other)));
      } else {
        EXPECT_EQ(encoded.record()->scale, 0);
        EXPECT_EQ(encoded.record()->norm, 0);
        EXPECT_NEAR(encoded.record()->error, 0, 1e-30);
        EXPECT_EQ(quantizer.Estimate(encoded), 0);
      }
    }
}

TEST(HnswEncode, SurvivesTheEndsOfTheFloatRange) {
  reference::Random random(7);
  for (VsMetric metric : kMetrics)
    for (Kind kind : {Kind::kDenormal, Kind::kHugeSquares, Kind::kNearOverflow, Kind::kSpread})
      for (uint32_t dims : {1u, 5u, 64u, 1000u}) {
       for (VsCodeKind code : kCodes) {
        Quantizer quantizer(metric, dims, code);
        Encoded encoded(quantizer.space, MakeVector(kind, dims, random));
        if (!encoded.valid()) continue;
        SCOPED_TRACE(Describe(metric, kind, dims, code));
        EXPECT_TRUE(std::isfinite(encoded.record()->scale));
        EXPECT_TRUE(std::isfinite(encoded.record()->norm));
        EXPECT_TRUE(std::isfinite(encoded.record()->error));
        EXPECT_EQ(float(vs_hnsw_norm(&quantizer.space, encoded.record())), encoded.record()->norm);
        for (uint32_t i = 0; code == VS_CODE_SQ8 && i < dims; ++i) ASSERT_GE(encoded.code()[i], -127);
       }
      }
}

// The record's own decoded vector as the query: distances between decoded vectors.
TEST(HnswQuery, FromRecordMeasuresDecodedVectors) {
  reference::Random random(8);
  for (VsMetric metric : kMetrics)
    for (uint32_t dims : Dimensions()) {
      const VsCodeKind code = kCodes[dims % 3];
      const bool unbiased = code != VS_CODE_SQ8 && metric != VS_METRIC_L1;
      Quantizer quantizer(metric, dims, code);
      Encoded a(quantizer.space, MakeVector(Kind::kGaussian, dims, random));
      Encoded b(quantizer.space, MakeVector(Kind::kGaussian, dims, random));
      // Leaves nothing of the query before.
      quantizer.SetQuery(MakeVector(Kind::kHuge, dims, random));
      vs_hnsw_query_from_record(&quantizer.query, a.record());
      const std::vector<double> x = a.Decoded(quantizer.space), y = b.Decoded(quantizer.space);
      double dot = 0, squares = 0, magnitudes = 0;
      for (uint32_t i = 0; i < dims; ++i) {
        dot += x[i] * y[i];
        squares += (x[i] - y[i]) * (x[i] - y[i]);
        magnitudes += std::fabs(x[i] - y[i]);
      }
      if (unbiased)
        squares = std::max(0.0, double(a.record()->norm) + b.record()->norm - 2 * dot);
      const double expected = metric == VS_METRIC_IP   ? -dot
                              : metric == VS_METRIC_L1 ? magnitudes
                                                       : squares;
      const double noise =
          1e-5 *
          (metric == VS_METRIC_L1 ? magnitudes : double(a.record()->norm) + b.record()->norm);
      ASSERT_NEAR(quantizer.Estimate(b), expected, noise) << MetricName(metric) << " " << dims;
      double length = 0;
      for (double value : x) length += value * value;
      const double self = metric == VS_METRIC_IP ? -length : 0;
      ASSERT_NEAR(quantizer.Estimate(a), self, 1e-5 * length);
      EXPECT_EQ(quantizer.query.error, 0);
    }
}

TEST(HnswSameCode, TellsCodesApart) {
  reference::Random random(9);
  for (VsMetric metric : kMetrics)
    for (uint32_t dims : {1u, 2u, 31u, 100u}) {
      Quantizer quantizer(metric, dims, kCodes[dims % 3]);
      const uint32_t bytes = quantizer.space.code_bytes;
      const Vector vector = MakeVector(Kind::kGaussian, dims, random);
      Encoded a(quantizer.space, vector), b(quantizer.space, vector);
      b.record()->flags = 1;  // what is not part of the code does not matter
      b.record()->heap_tid[3] = 9;
      EXPECT_TRUE(vs_hnsw_same_code(a.record(), b.record(), bytes));
      for (uint32_t i = 0; i < bytes; ++i) {
        b.code()[i] ^= 1;
        EXPECT_FALSE(vs_hnsw_same_code(a.record(), b.record(), bytes));
        b.code()[i] ^= 1;
      }
      b.record()->error *= 2;
      EXPECT_FALSE(vs_hnsw_same_code(a.record(), b.record(), bytes));
    }
}

TEST(HnswTransform, PreservesLengthsAndInnerProducts) {
  reference::Random random(10);
  for (uint32_t dims : Dimensions()) {
    Quantizer quantizer(VS_METRIC_L2, dims, kCodes[dims % 3]);
    for (Kind kind : {Kind::kGaussian, Kind::kOneHot, Kind::kFarCluster}) {
      const Vector a = MakeVector(kind, dims, random), b = MakeVector(kind, dims, random);
      Vector x(dims), y(dims);
      ASSERT_TRUE(vs_hnsw_transform(&quantizer.space, a.data(), x.data()));
      ASSERT_TRUE(vs_hnsw_transform(&quantizer.space, b.data(), y.data()));
      ASSERT_NEAR(Length(x), Length(a), 4e-6 * Length(a)) << dims;
      ASSERT_NEAR(Dot(x, y), Dot(a, b), 8e-6 * Length(a) * Length(b)) << dims;
    }
  }
}

// One coordinate becomes many: no element keeps more than a few times its share.
TEST(HnswTransform, SpreadsEnergy) {
  for (uint32_t dims : {64u, 100u, 300u, 768u, 1536u}) {
    Quantizer quantizer(VS_METRIC_L2, dims);
    for (uint32_t at = 0; at < dims; at += 7) {
      Vector vector(dims, 0), out(dims);
      vector[at] = 1;
      vs_hnsw_transform(&quantizer.space, vector.data(), out.data());
      ASSERT_LT(quantizer.space.kernels->max_abs(out.data(), dims), 6 / std::sqrt(float(dims)))
          << dims << " " << at;
    }
  }
}

// However little the first and the last 2^k coordinates overlap.
TEST(HnswTransform, OfPackedCodesBalancesHalves) {
  reference::Random random(26);
  for (uint32_t dims : {2049u, 3072u, 4095u, 8191u, 16000u}) {
    Quantizer quantizer(VS_METRIC_L2, dims, VS_CODE_SQ4);
    Vector vector = MakeVector(Kind::kGaussian, dims, random), out(dims);
    for (uint32_t i = dims / 2; i < dims; ++i) vector[i] = 0;
    vs_hnsw_transform(&quantizer.space, vector.data(), out.data());
    const Vector half(out.begin(), out.begin() + dims / 2);
    EXPECT_NEAR(Dot(half, half) / Dot(out, out), 0.5, 0.05) << dims;
  }
}

TEST(HnswTransform, NormalisesUnderCosineAndLeavesL1Alone) {
  reference::Random random(11);
  for (uint32_t dims : {1u, 3u, 50u, 512u}) {
    const Vector vector = MakeVector(Kind::kMixedScales, dims, random);
    Vector out(dims);
    Quantizer cosine(VS_METRIC_COSINE, dims), l1(VS_METRIC_L1, dims);
    ASSERT_TRUE(vs_hnsw_transform(&cosine.space, vector.data(), out.data()));
    EXPECT_NEAR(Length(out), 1, 4e-6);
    ASSERT_TRUE(vs_hnsw_transform(&l1.space, vector.data(), out.data()));
    EXPECT_EQ(out, vector);
  }
}

}  // namespace
