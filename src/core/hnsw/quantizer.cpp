// SPDX-License-Identifier: PostgreSQL
//
// quantizer.cpp - vectors in code space to codes and back, and queries.
//
// Owns: the meaning of a code.  SQ8: one signed byte a dimension, the largest at 127.  Packed codes:
// 2^bits levels on both sides of zero, at the step that errs least; what lies outside is clipped.
//
// The error of a record is computed from the actual rounding, plus the fp32 noise of the transform.
// bound.cpp says what follows from it.
#include <string.h>

#include "core/hnsw/quantizer.h"

using namespace vecstore::hnsw;

namespace {

constexpr int32_t kCodeLimit = 127;
constexpr int32_t kQueryLimit = 8191;
// Below this an element is coded as zero: the inverse of its scale would overflow.
constexpr float kSmallest = 1e-34f;
// Lengths for which the SQL function's squares neither overflow nor lose much to denormals.
constexpr double kShortest = 1e-15;
constexpr double kLongest = 1e18;
// Half a step, in standard deviations, of the uniform quantiser that errs least on a Gaussian (Max
// 1960); rotated vectors are close to that.  The others need a few rounds to find their step.
constexpr float kGaussianScale4 = 0.1676f;
constexpr float kGaussianScale2 = 0.4979f;
constexpr int kRefinements = 3;

// The largest query code whose product with any code, summed over all dims, fits an int32.
int32_t QueryLimit(const VsHnswSpace* space) {
  const int code_limit = space->packed != nullptr ? (1 << space->packed->bits) - 1 : kCodeLimit;
  int64_t limit = INT32_MAX / (int64_t(code_limit) * space->dims);
  return limit < kQueryLimit ? int32_t(limit) : kQueryLimit;
}

// Elements of a query's code in any form.
size_t QuerySize(uint32_t dims) { return vs_packed_size(dims, 2) + VS_PACKED_SUM; }

// Bring a query of n elements into the form that the codes are measured with.
void Arrange(const VsHnswSpace* space, int16_t* query) {
  if (space->packed != nullptr)
    vs_packed_query(query, space->dims, space->packed->bits);
  else
    vs_query_blocks(query, space->dims);
}

void Centre(const VsHnswSpace* space, float* x) {
  if (space->centroid == nullptr) return;
  for (uint32_t i = 0; i < space->dims; i++) x[i] -= space->centroid[i];
}

// Distance between values and scale * code, in the metric's norm.
template <class Code>
double RoundingError(VsMetric metric, const float* values, const Code* code, float scale, uint32_t n) {
  const auto difference = [=](uint32_t i) { return double(values[i]) - double(scale) * code[i]; };
  if (metric == VS_METRIC_L1) return Sum(n, [=](uint32_t i) { return fabs(difference(i)); });
  return sqrt(Sum(n, [=](uint32_t i) { return difference(i) * difference(i); }));
}

float CodeScale(float largest, int32_t limit) { return largest > kSmallest ? largest / limit : 0; }

float Inverse(float scale) { return scale > 0 ? 1.0f / scale : 0; }

// The cosine of vectors this short or long is mostly overflow and underflow in fp32.
bool CosineIsUnreliable(const VsHnswSpace* space, const float* vector) {
  if (space->metric != VS_METRIC_COSINE) return false;
  double length = L2Length(vector, space->dims);
  return length < kShortest || length > kLongest;
}

struct Rounding {
  double error;    // distance of values and decoded code, in the metric's norm
  double squares;  // sum of the squares of the code's numbers
};

// Sets scale and code.
Rounding EncodeBytes(const VsHnswSpace* space, const float* values, float largest,
                     VsHnswRecord* record, int8_t* code) {
  const uint32_t n = space->dims;

  record->scale = CodeScale(largest, kCodeLimit);
  space->kernels->quantize_i8(values, Inverse(record->scale), code, n);
  int64_t squares = 0;
  for (uint32_t i = 0; i < n; i++) squares += int32_t(code[i]) * code[i];
  return {RoundingError(space->metric, values, code, record->scale, n), double(squares)};
}

struct Products {
  double mixed;    // of values and numbers
  double squares;  // of numbers
};

Products Multiply(const float* values, const int16_t* numbers, uint32_t n) {
  int64_t squares = 0;
  for (uint32_t i = 0; i < n; i++) squares += int32_t(numbers[i]) * numbers[i];
  return {Sum(n, [=](uint32_t i) { return double(values[i]) * numbers[i]; }), double(squares)};
}

// Rounding at a scale and then the best scale for these codes, in turn: each errs less than the one
// before.  The scale kept in the end is another one where inner products count, namely the one at
// which the vector's product with its decoded code is its own squared length.
Rounding EncodePacked(const VsHnswSpace* space, const float* values, float largest,
                      VsHnswRecord* record, int8_t* code) {
  const VsPackedKernels* packed = space->packed;
  const uint32_t n = space->dims;
  const double square = SquaredLength(values, n);
  const float gaussian = packed->bits == 4 ? kGaussianScale4 : kGaussianScale2;
  float scale = largest > kSmallest ? gaussian * float(sqrt(square / n)) : 0;
  Products products = {0, 0};

  for (int i = 0; i < kRefinements; i++) {
    packed->pack(values, Inverse(scale), code, n);
    packed->unpack(code, space->numbers, n);
    products = Multiply(values, space->numbers, n);
    if (scale > 0) scale = float(products.mixed / products.squares);
  }
  if (scale > 0 && IsUnbiased(space)) scale = float(square / products.mixed);
  record->scale = scale;
  return {RoundingError(space->metric, values, space->numbers, scale, n), products.squares};
}

// From the squared length of the decoded vector.
double Norm(const VsHnswSpace* space, double decoded, float error) {
  if (!(float(decoded) <= FLT_MAX)) return FLT_MAX;
  if (!IsUnbiased(space) || error == kUnbounded) return decoded;
  const double norm = decoded - double(error) * error;
  return norm > 0 ? norm : 0;
}

}  // namespace

bool vs_hnsw_encode(const VsHnswSpace* space, const float* vector, VsHnswRecord* record,
                    int8_t* code) {
  float* values = space->work;
  const uint32_t n = space->dims;

  if (!vs_hnsw_transform(space, vector, values)) return false;
  const double length = Length(space->metric, values, n);
  Centre(space, values);
  float largest = space->kernels->max_abs(values, n);
  if (!(largest <= FLT_MAX)) {
    // Overflow in fp32: no usable code, and an error that makes every bound hold.
    memset(code, 0, space->code_bytes);
    record->scale = record->norm = 0;
    record->error = kUnbounded;
    return true;
  }
  const Rounding rounding = space->packed == nullptr
                                ? EncodeBytes(space, values, largest, record, code)
                                : EncodePacked(space, values, largest, record, code);
  const double decoded = rounding.squares * record->scale * record->scale;
  record->error = float(rounding.error * (1 + 1e-6)) + float(NoiseBound(space, length));
  if (!(float(decoded) <= FLT_MAX) || !(record->error <= kUnbounded) ||
      CosineIsUnreliable(space, vector))
    record->error = kUnbounded;
  record->norm = float(Norm(space, decoded, record->error));
  return true;
}

void vs_hnsw_decode(const VsHnswSpace* space, const VsHnswRecord* record, int16_t* numbers) {
  if (space->packed != nullptr)
    space->packed->unpack(vs_record_code(record), numbers, space->dims);
  else
    space->kernels->widen_i8(vs_record_code(record), numbers, space->dims);
}

double vs_hnsw_norm(const VsHnswSpace* space, const VsHnswRecord* record) {
  int64_t squares = 0;

  vs_hnsw_decode(space, record, space->numbers);
  for (uint32_t i = 0; i < space->dims; i++)
    squares += int32_t(space->numbers[i]) * space->numbers[i];
  return Norm(space, double(squares) * record->scale * record->scale, record->error);
}

bool vs_hnsw_same_code(const VsHnswRecord* a, const VsHnswRecord* b, uint32_t code_bytes) {
  return a->scale == b->scale && a->norm == b->norm && a->error == b->error &&
         memcmp(vs_record_code(a), vs_record_code(b), code_bytes) == 0;
}

size_t vs_hnsw_query_bytes(uint32_t dims) {
  return dims * sizeof(float) + QuerySize(dims) * sizeof(int16_t);
}

void vs_hnsw_query_init(VsHnswQuery* query, const VsHnswSpace* space, void* memory) {
  memset(query, 0, sizeof(*query));
  memset(memory, 0, vs_hnsw_query_bytes(space->dims));
  query->space = space;
  query->metric = space->metric;
  query->dot = space->packed != nullptr ? space->packed->dot : space->kernels->dot_i16i8;
  query->l1 = space->packed != nullptr ? space->packed->l1 : space->kernels->l1_f32i8;
  query->dims = space->dims;
  query->values = static_cast<float*>(memory);
  query->code = reinterpret_cast<int16_t*>(query->values + space->dims);
}

// A query that says nothing: every estimate is finite, every bound holds.
static void SetNoDirection(VsHnswQuery* query) {
  memset(query->code, 0, QuerySize(query->dims) * sizeof(int16_t));
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
  query->error = float(NoiseBound(space, query->length));
  if (query->metric == VS_METRIC_L1) return true;

  const int32_t limit = QueryLimit(space);
  float largest = space->kernels->max_abs(query->values, n);
  if (!(largest <= FLT_MAX)) {
    SetNoDirection(query);
    return true;
  }
  query->scale = CodeScale(largest, limit);
  space->kernels->quantize_i16(query->values, Inverse(query->scale), limit, query->code, n);
  double squares = 0;
  for (uint32_t i = 0; i < n; i++) squares += double(query->code[i]) * query->code[i];
  query->norm = float(squares * query->scale * query->scale);
  query->error +=
      float(RoundingError(query->metric, query->values, query->code, query->scale, n) * (1 + 1e-6));
  Arrange(space, query->code);
  if (CosineIsUnreliable(space, vector)) query->error = kUnbounded;
  return true;
}

void vs_hnsw_query_from_record(VsHnswQuery* query, const VsHnswRecord* record) {
  const VsHnswSpace* space = query->space;

  query->scale = record->scale;
  query->norm = record->norm;
  query->length = sqrtf(record->norm);
  query->error = 0;
  vs_hnsw_decode(space, record, query->code);
  if (query->metric == VS_METRIC_L1)
    for (uint32_t i = 0; i < space->dims; i++) query->values[i] = record->scale * query->code[i];
  else
    Arrange(space, query->code);
}
