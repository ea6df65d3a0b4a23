// SPDX-License-Identifier: PostgreSQL
//
// distance.cpp - distances and similarities between vectors of either element type.
//
// Owns: choosing the kernel for the element type, and the step from its sums to the result.  What
// has no kernel is computed here in double precision, because no index uses it.
#include <algorithm>
#include <cmath>

#include "bridge/kernels.h"
#include "core/vector/element.h"

namespace vecstore::vector {
namespace {

// Below this a denominator counts as zero.
constexpr double kNegligible = 1e-10;

const float* Floats(const void* x) { return static_cast<const float*>(x); }
const uint16_t* Halves(const void* x) { return static_cast<const uint16_t*>(x); }

// Calls visit(a[i], b[i]) for every i.
template <class Visit>
void ForPairs(VsElement element, const void* a, const void* b, size_t n, Visit visit) {
  ForElement(element, [&](auto e) {
    const auto *x = Elements(e, a), *y = Elements(e, b);
    for (size_t i = 0; i < n; ++i)
      visit(static_cast<double>(e.Load(x[i])), static_cast<double>(e.Load(y[i])));
  });
}

}  // namespace
}  // namespace vecstore::vector

using namespace vecstore::vector;

extern "C" double vs_distance_l2_squared(VsElement element, const void* a, const void* b,
                                         size_t n) {
  const VsKernels* kernels = vs_kernels();
  return element == VS_FLOAT16 ? kernels->l2sq_f16(Halves(a), Halves(b), n)
                               : kernels->l2sq_f32(Floats(a), Floats(b), n);
}

extern "C" double vs_distance_l1(VsElement element, const void* a, const void* b, size_t n) {
  const VsKernels* kernels = vs_kernels();
  return element == VS_FLOAT16 ? kernels->l1_f16(Halves(a), Halves(b), n)
                               : kernels->l1_f32(Floats(a), Floats(b), n);
}

extern "C" double vs_inner_product(VsElement element, const void* a, const void* b, size_t n) {
  const VsKernels* kernels = vs_kernels();
  return element == VS_FLOAT16 ? kernels->ip_f16(Halves(a), Halves(b), n)
                               : kernels->ip_f32(Floats(a), Floats(b), n);
}

extern "C" double vs_cosine_similarity(VsElement element, const void* a, const void* b, size_t n) {
  const VsKernels* kernels = vs_kernels();
  float sums[3];
  if (element == VS_FLOAT16)
    kernels->cos_f16(Halves(a), Halves(b), n, sums);
  else
    kernels->cos_f32(Floats(a), Floats(b), n, sums);
  const double similarity = sums[0] / std::sqrt(static_cast<double>(sums[1]) * sums[2]);
  // Rounding may leave [-1, 1]; NaN, of a zero vector, fails both comparisons and stays.
  return similarity > 1 ? 1 : similarity < -1 ? -1 : similarity;
}

extern "C" double vs_distance_chebyshev(VsElement element, const void* a, const void* b, size_t n) {
  double largest = 0;
  ForPairs(element, a, b, n,
           [&](double x, double y) { largest = std::max(largest, std::fabs(x - y)); });
  return largest;
}

extern "C" double vs_distance_canberra(VsElement element, const void* a, const void* b, size_t n) {
  double sum = 0;
  ForPairs(element, a, b, n, [&](double x, double y) {
    const double denominator = std::fabs(x) + std::fabs(y);
    if (denominator > kNegligible) sum += std::fabs(x - y) / denominator;
  });
  return sum;
}

extern "C" double vs_distance_bray_curtis(VsElement element, const void* a, const void* b,
                                          size_t n) {
  double difference = 0, total = 0;
  ForPairs(element, a, b, n, [&](double x, double y) {
    difference += std::fabs(x - y);
    total += std::fabs(x) + std::fabs(y);
  });
  return total > kNegligible ? difference / total : 0;
}
