// SPDX-License-Identifier: PostgreSQL
//
// names.cpp - strategies, normalisers and rules for missing entries: names and properties.
//
// Owns: the three tables; their order is that of the enumerations in bridge/fusion.h.
#include <cstring>

#include "bridge/fusion.h"

namespace vecstore::fusion {
namespace {

struct StrategyTraits {
  const char* name;
  bool by_rank;
  bool share;  // default weights are 1 / lists instead of 1
  VsNormalizer normalizer;
};

constexpr StrategyTraits kStrategies[] = {
    {"weighted_sum", false, true, VS_NORM_MINMAX},
    {"rrf", true, false, VS_NORM_NONE},
    {"dbsf", false, true, VS_NORM_DBSF},
    {"relative_score", false, true, VS_NORM_MINMAX},
    {"max", false, false, VS_NORM_MINMAX},
    {"min", false, false, VS_NORM_MINMAX},
    {"harmonic_mean", false, false, VS_NORM_MINMAX},
    {"geometric_mean", false, false, VS_NORM_MINMAX},
    {"combsum", false, false, VS_NORM_MINMAX},
    {"combmnz", false, false, VS_NORM_MINMAX},
    {"combanz", false, false, VS_NORM_MINMAX},
    {"combmed", false, false, VS_NORM_MINMAX},
    {"combgmnz", false, false, VS_NORM_MINMAX},
    {"isr", true, false, VS_NORM_NONE},
    {"log_isr", true, false, VS_NORM_NONE},
    {"rbc", true, false, VS_NORM_NONE},
    {"borda", true, false, VS_NORM_BORDA},
    {"condorcet", true, false, VS_NORM_NONE},
    {"rrf_qdrant", true, false, VS_NORM_NONE},
};
static_assert(sizeof(kStrategies) / sizeof(kStrategies[0]) == VS_STRATEGIES);

constexpr const char* kNormalizers[] = {
    "none", "minmax", "max",   "sum",     "zscore",    "zscore_sigmoid", "dbsf",
    "l2",   "rank",   "borda", "atan_ip", "atan_bm25", "cosine"};
static_assert(sizeof(kNormalizers) / sizeof(kNormalizers[0]) == VS_NORMALIZERS);

constexpr const char* kMissings[] = {"zero", "min", "skip", "rank"};
static_assert(sizeof(kMissings) / sizeof(kMissings[0]) == VS_MISSINGS);

// The number of the name, or -1.
int Find(const char* name, const char* (*nth)(int)) {
  for (int i = 0; nth(i) != nullptr; ++i)
    if (std::strcmp(name, nth(i)) == 0) return i;
  return -1;
}

}  // namespace
}  // namespace vecstore::fusion

using namespace vecstore::fusion;

extern "C" const char* vs_strategy_name(int i) {
  return i >= 0 && i < VS_STRATEGIES ? kStrategies[i].name : nullptr;
}
extern "C" const char* vs_normalizer_name(int i) {
  return i >= 0 && i < VS_NORMALIZERS ? kNormalizers[i] : nullptr;
}
extern "C" const char* vs_missing_name(int i) {
  return i >= 0 && i < VS_MISSINGS ? kMissings[i] : nullptr;
}

extern "C" int vs_find_strategy(const char* name) { return Find(name, vs_strategy_name); }
extern "C" int vs_find_normalizer(const char* name) { return Find(name, vs_normalizer_name); }
extern "C" int vs_find_missing(const char* name) { return Find(name, vs_missing_name); }

extern "C" bool vs_strategy_by_rank(VsStrategy strategy) { return kStrategies[strategy].by_rank; }

extern "C" VsNormalizer vs_strategy_normalizer(VsStrategy strategy) {
  return kStrategies[strategy].normalizer;
}

extern "C" double vs_strategy_weight(VsStrategy strategy, size_t lists) {
  return kStrategies[strategy].share ? 1.0 / static_cast<double>(lists) : 1.0;
}
