// SPDX-License-Identifier: PostgreSQL
//
// autocut.cpp - where a list of scores falls off.
//
// Owns: what counts as a jump.
#include <algorithm>

#include "bridge/fusion.h"

namespace vecstore::fusion {
namespace {

constexpr double kSmallestJump = 0.01;
constexpr double kTimesMedian = 2;

// Of drops, which it reorders; n > 0.
double Median(double* drops, size_t n) {
  std::sort(drops, drops + n);
  return n % 2 == 1 ? drops[n / 2] : (drops[n / 2 - 1] + drops[n / 2]) / 2;
}

}  // namespace
}  // namespace vecstore::fusion

using namespace vecstore::fusion;

extern "C" size_t vs_autocut(const double* score, size_t n, size_t jumps, double* drops) {
  if (jumps == 0 || n < 2) return n;
  for (size_t i = 0; i + 1 < n; ++i) drops[i] = score[i] - score[i + 1];
  const double least = std::max(kTimesMedian * Median(drops, n - 1), kSmallestJump);
  size_t keep = n;
  for (size_t i = 0; i + 1 < n && jumps > 0; ++i) {
    if (score[i] - score[i + 1] > least) {
      keep = i + 1;
      --jumps;
    }
  }
  return keep;
}
