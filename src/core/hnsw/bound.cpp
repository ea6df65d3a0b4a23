// SPDX-License-Identifier: PostgreSQL
//
// bound.cpp - how near a vector can be at the most, from estimate and rounding errors.
//
// Owns: the value that makes the order of an index scan exact: in the SQL operator's unit, and never
// above the operator's result.
//
// SQ8, and every code under L1: |d(q,x) - d(q',x')| <= |q-q'| + |x-x'|, for any metric with a norm.
//
// Packed codes err by a tenth to a third of a vector's length, and that bound would say little: with
// 2 bits two thirds of all rows would be no farther than the tenth nearest.  But with e = x - x',
//
//   |q-x|^2 = |q|^2 + |x|^2 - 2<q,x'> - 2<q-x,e>           e is orthogonal to x, by choice of the scale
//
// and only the last term is unknown.  It cannot exceed |q-x| |e|.  The rotation is random, though, and
// q and x know nothing of it: turned about x, the part of q-x that matters to the product has a
// uniformly distributed direction, and exceeds the share s of |q-x| |e| with a probability below
// 2 exp(-(dims - 2) s^2 / 2).  The share is kDeviations standard deviations, for which this is 1e-31.
#include "core/hnsw/quantizer.h"

using namespace vecstore::hnsw;

namespace {

constexpr double kDeviations = 12;
// Unit of rounding of the SQL functions, which compute in fp32.
constexpr double kUlp = 1.2e-7;

// How far the inner product of a unit vector with the error of a packed code can be off.
double Spread(const VsHnswSpace* space, double norm, double error) {
  const double share = space->dims > 2 ? kDeviations / sqrt(double(space->dims - 2)) : 1;
  // The noise of the transform knows no direction.
  const double noise = NoiseBound(space, sqrt(norm) + error + space->centroid_length);
  return (share < 1 ? share : 1) * error + noise;
}

// Least distance for |q'-x'|^2 = squared, up to an error of the squared lengths.
double LeastDistance(double squared, double error) {
  return (squared > 0 ? sqrt(squared) : 0) - error;
}

// Of packed codes: d^2 + 2 d spread >= squared for the distance d of the decoded query.
double LeastDistancePacked(double squared, double spread, double query_error) {
  squared = squared > 0 ? squared : 0;
  return sqrt(squared + spread * spread) - spread - query_error;
}

}  // namespace

double vs_hnsw_bound(const VsHnswQuery* query, float estimate, float norm, float error) {
  const VsHnswSpace* space = query->space;
  // Relative rounding error of the SQL functions: they add four partial sums at the least, so no chain
  // of additions is longer than dims/4 and a few; doubled for safety.
  const double rounding = (space->dims / 4 + 16) * kUlp;
  const double tiny = (space->dims + 64) * kDenormal;
  const double total_error = double(query->error) + error;
  const bool unbiased = IsUnbiased(space);
  double bound;

  // Overflow in fp32 says nothing about the operator's result.
  if (!(fabsf(estimate) <= FLT_MAX) || !(total_error < kUnbounded))
    return query->metric == VS_METRIC_IP ? -INFINITY : 0;
  if (query->metric == VS_METRIC_IP) {
    const double length = sqrt(double(norm)) + error;
    const double spread = unbiased ? Spread(space, norm, error) : error;
    // Partial sums may overflow where the whole does not.
    if (!(query->length * length < FLT_MAX)) return -INFINITY;
    bound = estimate - query->length * spread - length * query->error -
            rounding * query->length * length - tiny;
  } else if (query->metric == VS_METRIC_L1) {
    bound = estimate - total_error;
    bound -= rounding * (fabs(bound) + total_error) + tiny;
  } else {
    const double lengths = double(query->norm) + norm + (unbiased ? double(error) * error : 0);
    double squared = estimate - 8 * kUlp * lengths - tiny;
    double distance =
        unbiased ? LeastDistancePacked(squared, Spread(space, norm, error), query->error)
                 : LeastDistance(squared, total_error);
    distance = distance > 0 ? distance : 0;
    squared = distance * distance * (1 - 2 * rounding) - tiny;
    if (query->metric == VS_METRIC_COSINE)
      bound = squared / 2 - 4 * rounding;
    else
      bound = squared > 0 ? sqrt(squared) * (1 - kUlp) : 0;
  }
  if (bound != bound) return -INFINITY;
  // All but the inner product are never negative.
  return query->metric != VS_METRIC_IP && bound < 0 ? 0 : bound;
}
