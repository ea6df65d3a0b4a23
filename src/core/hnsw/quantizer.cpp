// SPDX-License-Identifier: PostgreSQL
//
// quantizer.cpp - vectors to codes: normalise, rotate, centre, scale to one signed byte a dimension.
//
// Owns: the meaning of a code and the error bounds that make the final order exact.
//
// The rotation is four rounds of random signs and a Walsh-Hadamard transform over the first or the
// last 2^k coordinates (the fast structured rotation of Ailon & Chazelle, for any dimension).  It is
// orthogonal, so L2 and inner products survive, and it spreads energy evenly, so that one scale a
// vector serves all coordinates.  L1 is not invariant under rotation and goes without.
//
// Error bounds: for a metric with a norm, |d(q,x) - d(q',x')| <= |q-q'| + |x-x'|.  Both terms are
// computed from the actual rounding, plus kSlack times the lengths for fp32 noise in the transform.
#include <float.h>
#include <math.h>
#include <string.h>

#include "bridge/hnsw.h"
#include "core/base/random.h"

namespace {

constexpr int kRounds = 4;
constexpr float kSlack = 4e-6f;
constexpr int32_t kCodeLimit = 127;
constexpr int32_t kQueryLimit = 8191;
// The error of a vector that fp32 cannot follow; any error of this size makes the bound say nothing.
constexpr float kUnbounded = FLT_MAX;
// Below this an element is coded as zero: the inverse of its scale would overflow.
constexpr float kSmallest = 1e-34f;
// Lengths for which the SQL function's squares neither overflow nor lose much to denormals.
constexpr double kShortest = 1e-15;
constexpr double kLongest = 1e18;
// Absolute error of one fp32 product near zero, and of the sums around it.
constexpr double kDenormal = 3e-45;

uint32_t PowerOfTwoBelow(uint32_t n) {
  uint32_t p = 1;
  while (2 * p <= n) p *= 2;
  return p;
}

// The largest query code whose product with any code, summed over all dims, fits an int32.
int32_t QueryLimit(uint32_t dims) {
  int64_t limit = INT32_MAX / (int64_t(kCodeLimit) * dims);
  return limit < kQueryLimit ? int32_t(limit) : kQueryLimit;
}

void FlipSigns(float* x, const uint32_t* masks, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) {
    uint32_t bits;
    memcpy(&bits, &x[i], sizeof(bits));
    bits ^= masks[i];
    memcpy(&x[i], &bits, sizeof(bits));
  }
}

void Rotate(const VsHnswSpace* space, float* x) {
  const uint32_t n = space->dims;
  const uint32_t block = PowerOfTwoBelow(n);
  const float scale = 1.0f / sqrtf(float(block));

  for (int round = 0; round < kRounds; round++) {
    float* part = x + (round % 2 == 0 ? 0 : n - block);
    FlipSigns(x, space->signs + size_t(round) * n, n);
    space->kernels->fwht(part, block);
    for (uint32_t i = 0; i < block; i++) part[i] *= scale;
  }
}

double L2Length(const float* x, uint32_t n) {
  double sum = 0;
  for (uint32_t i = 0; i < n; i++) sum += double(x[i]) * x[i];
  return sqrt(sum);
}

double L1Length(const float* x, uint32_t n) {
  double sum = 0;
  for (uint32_t i = 0; i < n; i++) sum += fabs(double(x[i]));
  return sum;
}

double Length(VsMetric metric, const float* x, uint32_t n) {
  return metric == VS_METRIC_L1 ? L1Length(x, n) : L2Length(x, n);
}

void Centre(const VsHnswSpace* space, float* x) {
  if (space->centroid == nullptr) return;
  for (uint32_t i = 0; i < space->dims; i++) x[i] -= space->centroid[i];
}

// Distance between values and scale * code, in the metric's norm.
template <class Code>
double RoundingError(VsMetric metric, const float* values, const Code* code, float scale, uint32_t n) {
  double sum = 0;
  for (uint32_t i = 0; i < n; i++) {
    double difference = double(values[i]) - double(scale) * code[i];
    sum += metric == VS_METRIC_L1 ? fabs(difference) : difference * difference;
  }
  return metric == VS_METRIC_L1 ? sum : sqrt(sum);
}

// fp32 noise of transform and centring, never rounded down to nothing.
float NoiseBound(const VsHnswSpace* space, double length) {
  return float((length + space->centroid_length) * kSlack + kDenormal);
}

float CodeScale(float largest, int32_t limit) { return largest > kSmallest ? largest / limit : 0; }

// The cosine of vectors this short or long is mostly overflow and underflow in fp32.
bool CosineIsUnreliable(const VsHnswSpace* space, const float* vector) {
  if (space->metric != VS_METRIC_COSINE) return false;
  double length = L2Length(vector, space->dims);
  return length < kShortest || length > kLongest;
}

}  // namespace

size_t vs_hnsw_space_bytes(uint32_t dims) {
  return size_t(kRounds) * dims * sizeof(uint32_t) + vs_query_size(dims) * sizeof(float);
}

void vs_hnsw_space_init(VsHnswSpace* space, void* memory, VsMetric metric, uint32_t dims,
                        uint64_t seed, const VsKernels* kernels) {
  space->metric = metric;
  space->dims = dims;
  space->kernels = kernels;
  space->work = static_cast<float*>(memory);
  space->signs = static_cast<uint32_t*>(memory) + vs_query_size(dims);
  space->centroid = nullptr;
  space->centroid_length = 0;
  memset(space->work, 0, vs_query_size(dims) * sizeof(float));
  for (uint32_t i = 0; i < kRounds * dims; i++)
    space->signs[i] = uint32_t(vecstore::Mix64(seed + i)) & 0x80000000u;
}

void vs_hnsw_space_set_centroid(VsHnswSpace* space, const float* centroid) {
  space->centroid = centroid;
  space->centroid_length =
      centroid == nullptr ? 0 : float(Length(space->metric, centroid, space->dims));
}

bool vs_hnsw_transform(const VsHnswSpace* space, const float* vector, float* out) {
  if (space->metric == VS_METRIC_COSINE) {
    double length = L2Length(vector, space->dims);
    if (!(length > 0)) return false;
    for (uint32_t i = 0; i < space->dims; i++) out[i] = float(vector[i] / length);
  } else {
    memcpy(out, vector, space->dims * sizeof(float));
  }
  if (space->metric != VS_METRIC_L1) Rotate(space, out);
  return true;
}

bool vs_hnsw_encode(const VsHnswSpace* space, const float* vector, VsHnswRecord* record,
                    int8_t* code) {
  float* values = space->work;
  const uint32_t n = space->dims;

  if (!vs_hnsw_transform(space, vector, values)) return false;
  double length = Length(space->metric, values, n);
  Centre(space, values);
  float largest = space->kernels->max_abs(values, n);
  if (!(largest <= FLT_MAX)) {
    // Overflow in fp32: no usable code, and an error that makes every bound hold.
    memset(code, 0, n);
    record->scale = record->norm = 0;
    record->error = kUnbounded;
    return true;
  }
  record->scale = CodeScale(largest, kCodeLimit);
  space->kernels->quantize_i8(values, record->scale > 0 ? 1.0f / record->scale : 0, code, n);
  int64_t squares = 0;
  for (uint32_t i = 0; i < n; i++) squares += int32_t(code[i]) * code[i];
  record->norm = float(double(squares) * record->scale * record->scale);
  const bool too_long = !(record->norm <= FLT_MAX);
  if (too_long) record->norm = FLT_MAX;
  record->error = float(RoundingError(space->metric, values, code, record->scale, n) * (1 + 1e-6)) +
                  NoiseBound(space, length);
  if (too_long || !(record->error <= kUnbounded) || CosineIsUnreliable(space, vector))
    record->error = kUnbounded;
  return true;
}

bool vs_hnsw_same_code(const VsHnswRecord* a, const VsHnswRecord* b, uint32_t dims) {
  return a->scale == b->scale && a->norm == b->norm && a->error == b->error &&
         memcmp(vs_record_code(a), vs_record_code(b), dims) == 0;
}

size_t vs_hnsw_query_bytes(uint32_t dims) {
  return vs_query_size(dims) * (sizeof(float) + sizeof(int16_t));
}

void vs_hnsw_query_init(VsHnswQuery* query, const VsHnswSpace* space, void* memory) {
  memset(query, 0, sizeof(*query));
  memset(memory, 0, vs_hnsw_query_bytes(space->dims));
  query->space = space;
  query->metric = space->metric;
  query->dot = space->kernels->dot_i16i8;
  query->dims = space->dims;
  query->values = static_cast<float*>(memory);
  query->code = reinterpret_cast<int16_t*>(query->values + vs_query_size(space->dims));
}

// A query that says nothing: every estimate is finite, every bound holds.
static void SetNoDirection(VsHnswQuery* query) {
  memset(query->code, 0, vs_query_size(query->dims) * sizeof(int16_t));
  query->scale = query->norm = query->length = 0;
  query->error = kUnbounded;
}

bool vs_hnsw_query_set(VsHnswQuery* query, const float* vector) {
  const VsHnswSpace* space = query->space;
  const uint32_t n = space->dims;

  if (!vs_hnsw_transform(space, vector, query->values)) {
    SetNoDirection(query);
    return false;
  }
  query->length = float(Length(query->metric, query->values, n));
  Centre(space, query->values);
  query->error = NoiseBound(space, query->length);
  if (query->metric == VS_METRIC_L1) return true;

  const int32_t limit = QueryLimit(n);
  float largest = space->kernels->max_abs(query->values, n);
  if (!(largest <= FLT_MAX)) {
    SetNoDirection(query);
    return true;
  }
  query->scale = CodeScale(largest, limit);
  space->kernels->quantize_i16(query->values, query->scale > 0 ? 1.0f / query->scale : 0, limit,
                               query->code, n);
  double squares = 0;
  for (uint32_t i = 0; i < n; i++) squares += double(query->code[i]) * query->code[i];
  query->norm = float(squares * query->scale * query->scale);
  query->error +=
      float(RoundingError(query->metric, query->values, query->code, query->scale, n) * (1 + 1e-6));
  vs_query_blocks(query->code, n);
  if (CosineIsUnreliable(space, vector)) query->error = kUnbounded;
  return true;
}

void vs_hnsw_query_from_record(VsHnswQuery* query, const VsHnswRecord* record) {
  const VsHnswSpace* space = query->space;
  const int8_t* code = vs_record_code(record);

  query->scale = record->scale;
  query->norm = record->norm;
  query->length = sqrtf(record->norm);
  query->error = 0;
  if (query->metric == VS_METRIC_L1)
    for (uint32_t i = 0; i < space->dims; i++) query->values[i] = record->scale * code[i];
  else {
    space->kernels->widen_i8(code, query->code, space->dims);
    vs_query_blocks(query->code, space->dims);
  }
}

double vs_hnsw_bound(const VsHnswQuery* query, float estimate, float norm, float error) {
  // Relative rounding error of the SQL functions: they add four partial sums at the least, so no chain
  // of additions is longer than dims/4 and a few; doubled for safety.
  const double ulp = 1.2e-7;
  const double rounding = (query->space->dims / 4 + 16) * ulp;
  const double tiny = (query->space->dims + 64) * kDenormal;
  const double total_error = double(query->error) + error;
  double bound;

  // Overflow in fp32 says nothing about the operator's result.
  if (!(fabsf(estimate) <= FLT_MAX) || !(total_error < kUnbounded))
    return query->metric == VS_METRIC_IP ? -INFINITY : 0;
  if (query->metric == VS_METRIC_IP) {
    double length = sqrt(double(norm)) + error;
    // Partial sums may overflow where the whole does not.
    if (!(query->length * length < FLT_MAX)) return -INFINITY;
    bound = estimate - query->length * double(error) - length * query->error -
            rounding * query->length * length - tiny;
  } else if (query->metric == VS_METRIC_L1) {
    bound = estimate - total_error;
    bound -= rounding * (fabs(bound) + total_error) + tiny;
  } else {
    double squared = estimate - 8 * ulp * (double(query->norm) + norm) - tiny;
    double distance = (squared > 0 ? sqrt(squared) : 0) - total_error;
    distance = distance > 0 ? distance : 0;
    squared = distance * distance * (1 - 2 * rounding) - tiny;
    if (query->metric == VS_METRIC_COSINE)
      bound = squared / 2 - 4 * rounding;
    else
      bound = squared > 0 ? sqrt(squared) * (1 - ulp) : 0;
  }
  if (bound != bound) return -INFINITY;
  // All but the inner product are never negative.
  return query->metric != VS_METRIC_IP && bound < 0 ? 0 : bound;
}
