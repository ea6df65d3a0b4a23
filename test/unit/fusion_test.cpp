// SPDX-License-Identifier: PostgreSQL
//
// fusion_test.cpp - fused lists and diverse choices against plain implementations, on random input.
//
// The plain versions take each formula from its definition, with maps and no order of sums; they know
// ranks that competition gives, minmax, and that a missing entry counts 0.

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "bridge/fusion.h"

namespace {

using List = std::map<uint32_t, double>;  // candidate to distance

void NoPoll(void*) {}

std::vector<List> RandomLists(std::mt19937& random, size_t lists, size_t ids) {
  std::vector<List> result(lists);
  for (List& list : result)
    for (size_t n = random() % (ids + 1); n > 0; --n)
      list[random() % ids] = static_cast<double>(random() % 40) / 8;  // ties are frequent
  return result;
}

// What vs_fuse says, by candidate, and its order.
struct Fused {
  std::vector<uint32_t> order;
  std::map<uint32_t, double> score;
};

Fused Fuse(VsStrategy strategy, const std::vector<List>& lists, const std::vector<double>& weights,
           size_t candidates, VsMissing missing = VS_MISSING_ZERO) {
  std::vector<std::vector<std::pair<double, uint32_t>>> sorted(lists.size());
  std::vector<std::vector<double>> distance(lists.size());
  std::vector<std::vector<uint32_t>> id(lists.size());
  std::vector<VsRankedList> ranked;
  size_t longest = 0;
  for (size_t i = 0; i < lists.size(); ++i) {
    for (auto [c, d] : lists[i]) sorted[i].push_back({d, c});
    std::sort(sorted[i].begin(), sorted[i].end());
    for (auto [d, c] : sorted[i]) distance[i].push_back(d), id[i].push_back(c);
    ranked.push_back({id[i].size(), distance[i].data(), id[i].data()});
    longest = std::max(longest, id[i].size());
  }
  VsFusion fusion{};
  fusion.strategy = strategy;
  fusion.normalizer = strategy == VS_DBSF ? VS_NORM_DBSF : VS_NORM_MINMAX;
  fusion.missing = missing;
  fusion.rrf_k = VS_RRF_K;
  fusion.lists = lists.size();
  fusion.candidates = candidates;
  fusion.list = ranked.data();
  fusion.weight = weights.data();
  fusion.poll = NoPoll;
  std::vector<double> memory(vs_fusion_bytes(lists.size(), candidates, longest) / 8 + 1);
  VsFused fused;
  EXPECT_EQ(vs_fuse(&fusion, memory.data(), &fused), VS_OK);
  Fused result;
  for (size_t k = 0; k < fused.n; ++k) {
    result.order.push_back(fused.order[k]);
    result.score[fused.order[k]] = fused.score[fused.order[k]];
  }
  return result;
}

// --- the plain version ------------------------------------------------------------------------

int Rank(const List& list, uint32_t c) {
  int rank = 1;
  for (auto [other, d] : list) rank += d < list.at(c);
  return rank;
}

double Minmax(const List& list, uint32_t c) {
  double low = INFINITY, high = -INFINITY;
  for (auto [other, d] : list) low = std::min(low, d), high = std::max(high, d);
  return high > low ? (high - list.at(c)) / (high - low) : 1;
}

double Dbsf(const List& list, uint32_t c) {
  const double n = static_cast<double>(list.size());
  double mean = 0, squares = 0;
  for (auto [other, d] : list) mean += -d / n;
  for (auto [other, d] : list) squares += (-d - mean) * (-d - mean);
  if (squares < 1e-20) return 0.5;
  const double deviation = std::sqrt(squares / (n - 1));
  return std::clamp((-list.at(c) - mean + 3 * deviation) / (6 * deviation), 0.0, 1.0);
}

// The term of one list in the sum of a strategy, where it has the candidate.
double Term(VsStrategy strategy, const List& list, uint32_t c, size_t all) {
  switch (strategy) {
    case VS_RRF:
      return 1 / (60.0 + Rank(list, c));
    case VS_RRF_QDRANT:
      return 1 / (59.0 + Rank(list, c));
    case VS_ISR:
    case VS_LOG_ISR:
      return std::pow(Rank(list, c), -2);
    case VS_RBC:
      return 0.2 * std::pow(0.8, Rank(list, c) - 1);
    case VS_BORDA:
      return static_cast<double>(all - Rank(list, c) + 1) / static_cast<double>(all);
    case VS_DBSF:
      return Dbsf(list, c);
    default:
      return Minmax(list, c);
  }
}

double PlainCondorcet(const std::vector<List>& lists, const std::vector<double>& weights,
                      uint32_t a, const std::set<uint32_t>& all) {
  double points = 0;
  for (uint32_t b : all) {
    if (a == b) continue;
    double balance = 0;
    for (size_t i = 0; i < lists.size(); ++i) {
      const double da = lists[i].count(a) ? lists[i].at(a) : INFINITY;
      const double db = lists[i].count(b) ? lists[i].at(b) : INFINITY;
      balance += da < db ? weights[i] : da > db ? -weights[i] : 0;
    }
    points += balance > 0 ? 1 : balance < 0 ? 0 : 0.5;
  }
  return all.size() > 1 ? points / static_cast<double>(all.size() - 1) : 1;
}

double PlainScore(VsStrategy strategy, const std::vector<List>& lists,
                  const std::vector<double>& weights, uint32_t c, const std::set<uint32_t>& all) {
  if (strategy == VS_CONDORCET) return PlainCondorcet(lists, weights, c, all);
  double sum = 0, most = -INFINITY, least = INFINITY, inverse = 0, logarithm = 0, total = 0;
  std::vector<double> terms;
  for (size_t i = 0; i < lists.size(); ++i) {
    const bool has = lists[i].count(c) > 0;
    double term = has ? Term(strategy, lists[i], c, all.size()) : 0;
    if (!has && strategy == VS_BORDA) {
      double rest = 0;  // the points that were not given, shared
      for (size_t r = lists[i].size() + 1; r <= all.size(); ++r)
        rest += static_cast<double>(all.size() - r + 1) / static_cast<double>(all.size());
      term = rest / static_cast<double>(all.size() - lists[i].size());
    }
    sum += weights[i] * term;
    most = std::max(most, weights[i] * term);
    least = std::min(least, weights[i] * term);
    inverse += term > 0 ? weights[i] / term : INFINITY;
    logarithm += weights[i] * (term > 0 ? std::log(term) : -INFINITY);
    total += weights[i];
    if (has) terms.push_back(weights[i] * term);
  }
  const double n = static_cast<double>(terms.size());
  std::sort(terms.begin(), terms.end());
  switch (strategy) {
    case VS_MAX:
      return most;
    case VS_MIN:
      return least;
    case VS_HARMONIC_MEAN:
      return total / inverse;
    case VS_GEOMETRIC_MEAN:
      return std::exp(logarithm / total);
    case VS_COMBMNZ:
    case VS_ISR:
      return sum * n;
    case VS_COMBANZ:
      return sum / n;
    case VS_COMBGMNZ:
      return sum * std::sqrt(n);
    case VS_LOG_ISR:
      return sum * std::log(n);
    case VS_COMBMED:
      return (terms[terms.size() / 2] + terms[(terms.size() - 1) / 2]) / 2;
    default:
      return sum;
  }
}

std::set<uint32_t> Union(const std::vector<List>& lists) {
  std::set<uint32_t> all;
  for (const List& list : lists)
    for (auto [c, d] : list) all.insert(c);
  return all;
}

TEST(Fusion, EveryStrategyAgreesWithItsDefinition) {
  std::mt19937 random(1);
  for (int round = 0; round < 60; ++round) {
    const size_t ids = 1 + random() % 30;
    const std::vector<List> lists = RandomLists(random, 1 + random() % 4, ids);
    std::vector<double> weights(lists.size());
    for (double& weight : weights) weight = round % 2 == 0 ? 1 : 0.25 + static_cast<double>(random() % 8) / 4;
    const std::set<uint32_t> all = Union(lists);
    for (int s = 0; s < VS_STRATEGIES; ++s) {
      const VsStrategy strategy = static_cast<VsStrategy>(s);
      if (strategy == VS_RRF_QDRANT && round % 2 == 1) continue;  // its weight is no factor
      const Fused fused = Fuse(strategy, lists, weights, ids);
      ASSERT_EQ(fused.score.size(), all.size());
      for (auto [c, score] : fused.score)
        ASSERT_NEAR(score, PlainScore(strategy, lists, weights, c, all), 1e-9)
            << vs_strategy_name(s) << ", candidate " << c << ", round " << round;
    }
  }
}

TEST(Fusion, OrderIsByScoreThenBestRankThenListsThenId) {
  std::mt19937 random(2);
  for (int round = 0; round < 60; ++round) {
    const size_t ids = 1 + random() % 30;
    const std::vector<List> lists = RandomLists(random, 1 + random() % 3, ids);
    const std::vector<double> weights(lists.size(), 1);
    for (VsStrategy strategy : {VS_RRF, VS_MAX, VS_MIN, VS_CONDORCET, VS_COMBSUM}) {
      const Fused fused = Fuse(strategy, lists, weights, ids);
      auto key = [&](uint32_t c) {
        int best = 1 << 30, present = 0;
        for (const List& list : lists)
          if (list.count(c)) best = std::min(best, Rank(list, c)), ++present;
        return std::make_tuple(-fused.score.at(c), best, -present, c);
      };
      for (size_t k = 1; k < fused.order.size(); ++k)
        ASSERT_LT(key(fused.order[k - 1]), key(fused.order[k])) << vs_strategy_name(strategy);
    }
  }
}

TEST(Fusion, OrderOfTheListsDoesNotShowInTheLastDigit) {
  std::mt19937 random(3);
  for (int round = 0; round < 40; ++round) {
    std::vector<List> lists = RandomLists(random, 5, 25);
    std::vector<double> weights = {0.1, 0.7, 0.3, 1.1, 0.9};
    for (int s = 0; s < VS_STRATEGIES; ++s) {
      if (s == VS_RELATIVE_SCORE) continue;  // looks at the first list
      const VsStrategy strategy = static_cast<VsStrategy>(s);
      const VsMissing missing = static_cast<VsMissing>(random() % 3);
      const Fused before = Fuse(strategy, lists, weights, 25, missing);
      std::vector<size_t> shuffled = {0, 1, 2, 3, 4};
      std::shuffle(shuffled.begin(), shuffled.end(), random);
      std::vector<List> other;
      std::vector<double> other_weights;
      for (size_t i : shuffled) other.push_back(lists[i]), other_weights.push_back(weights[i]);
      const Fused after = Fuse(strategy, other, other_weights, 25, missing);
      ASSERT_EQ(before.order, after.order) << vs_strategy_name(s);
      ASSERT_EQ(before.score, after.score) << vs_strategy_name(s);
    }
  }
}

TEST(Fusion, ListsOfWeightZeroAreNotThere) {
  std::mt19937 random(4);
  for (int round = 0; round < 40; ++round) {
    const std::vector<List> lists = RandomLists(random, 3, 20);
    const std::vector<List> two = {lists[0], lists[2]};
    for (int s = 0; s < VS_STRATEGIES; ++s) {
      const VsStrategy strategy = static_cast<VsStrategy>(s);
      const Fused with = Fuse(strategy, lists, {1, 0, 2}, 20), without = Fuse(strategy, two, {1, 2}, 20);
      ASSERT_EQ(with.order, without.order) << vs_strategy_name(s);
      ASSERT_EQ(with.score, without.score) << vs_strategy_name(s);
    }
  }
}

TEST(Fusion, NormalizersAreFiniteMonotoneAndInRange) {
  std::mt19937 random(5);
  for (int round = 0; round < 200; ++round) {
    const size_t n = 1 + random() % 20;
    const double scale = std::pow(10.0, static_cast<double>(random() % 600) - 300);
    std::vector<double> x(n), out(n);
    for (double& value : x) value = (static_cast<double>(random() % 9) - 4) * scale;
    std::sort(x.rbegin(), x.rend());
    std::vector<int32_t> rank(n);
    vs_ranks(x.data(), n, false, rank.data());
    for (int norm = VS_NORM_MINMAX; norm < VS_NORMALIZERS; ++norm) {
      if (norm == VS_NORM_COSINE) continue;
      vs_normalize(static_cast<VsNormalizer>(norm), x.data(), rank.data(), n, n, out.data());
      for (size_t i = 0; i < n; ++i) {
        ASSERT_TRUE(std::isfinite(out[i])) << vs_normalizer_name(norm);
        if (i > 0) {
          ASSERT_LE(out[i], out[i - 1]) << vs_normalizer_name(norm);
        }
        const bool unit = norm != VS_NORM_ZSCORE && norm != VS_NORM_L2 && norm != VS_NORM_ATAN_BM25;
        ASSERT_TRUE(!unit || (out[i] >= 0 && out[i] <= 1)) << vs_normalizer_name(norm);
      }
    }
  }
}

TEST(Fusion, NamesLeadBackToNumbers) {
  for (int i = 0; i < VS_STRATEGIES; ++i) EXPECT_EQ(vs_find_strategy(vs_strategy_name(i)), i);
  for (int i = 0; i < VS_NORMALIZERS; ++i) EXPECT_EQ(vs_find_normalizer(vs_normalizer_name(i)), i);
  for (int i = 0; i < VS_MISSINGS; ++i) EXPECT_EQ(vs_find_missing(vs_missing_name(i)), i);
  EXPECT_EQ(vs_find_strategy(""), -1);
  EXPECT_EQ(vs_strategy_name(VS_STRATEGIES), nullptr);
  EXPECT_EQ(vs_normalizer_name(-1), nullptr);
}

TEST(Fusion, AutocutKeepsWhatComesBeforeTheJump) {
  const std::vector<double> score = {1, 0.95, 0.9, 0.5, 0.45, 0.4, 0.1, 0.05};
  std::vector<double> drops(score.size());
  const std::vector<size_t> expected = {8, 3, 6, 6};
  for (size_t jumps = 0; jumps < expected.size(); ++jumps)
    EXPECT_EQ(vs_autocut(score.data(), score.size(), jumps, drops.data()), expected[jumps]);
  EXPECT_EQ(vs_autocut(score.data(), 1, 1, drops.data()), 1u);
  EXPECT_EQ(vs_autocut(score.data(), 0, 1, drops.data()), 0u);
}

// --- MMR --------------------------------------------------------------------------------------

struct MmrCase {
  size_t n, dims;
  std::vector<float> unit;
  std::vector<double> relevance;

  MmrCase(std::mt19937& random, size_t n, size_t dims) : n(n), dims(dims), unit(n * dims), relevance(n) {
    std::normal_distribution<double> normal;
    for (size_t i = 0; i < n; ++i) {
      double squares = 0;
      std::vector<double> row(dims);
      for (double& x : row) x = normal(random), squares += x * x;
      for (size_t j = 0; j < dims; ++j)
        unit[i * dims + j] = static_cast<float>(row[j] / std::sqrt(squares));
      relevance[i] = static_cast<double>(random() % 1000) / 1000;
    }
    std::sort(relevance.rbegin(), relevance.rend());
  }
  double Cosine(size_t a, size_t b) const {
    double sum = 0;
    for (size_t j = 0; j < dims; ++j) sum += double{unit[a * dims + j]} * unit[b * dims + j];
    return sum;
  }
};

TEST(Mmr, EachChoiceIsTheBestThatIsLeft) {
  std::mt19937 random(6);
  for (int round = 0; round < 30; ++round) {
    const MmrCase input(random, 1 + random() % 40, 1 + random() % 50);
    const double lambda = static_cast<double>(random() % 11) / 10;
    const size_t k = 1 + random() % input.n;
    std::vector<uint32_t> index(k);
    std::vector<double> score(k), similarity(k), nearest(input.n);
    VsMmr mmr{input.n, input.dims, input.relevance.data(), input.unit.data(), lambda, k, NoPoll, nullptr};
    VsMmrChoice choice{index.data(), score.data(), similarity.data()};
    vs_mmr(&mmr, nearest.data(), &choice);

    EXPECT_EQ(index[0], 0u);
    EXPECT_TRUE(std::isnan(similarity[0]));
    EXPECT_EQ(std::set<uint32_t>(index.begin(), index.end()).size(), k);
    auto worth = [&](size_t c, size_t chosen) {
      double most = -INFINITY;
      for (size_t i = 0; i < chosen; ++i) most = std::max(most, input.Cosine(c, index[i]));
      return lambda * input.relevance[c] - (1 - lambda) * most;
    };
    for (size_t i = 1; i < k; ++i) {
      ASSERT_NEAR(score[i], worth(index[i], i), 1e-5);
      for (size_t c = 0; c < input.n; ++c)
        if (std::find(index.begin(), index.begin() + i, c) == index.begin() + i) {
          ASSERT_LE(worth(c, i), score[i] + 1e-5);
        }
    }
  }
}

TEST(Mmr, LambdaOneIsTheOrderOfRelevance) {
  std::mt19937 random(7);
  const MmrCase input(random, 20, 8);
  std::vector<uint32_t> index(20);
  std::vector<double> score(20), similarity(20), nearest(20);
  VsMmr mmr{20, 8, input.relevance.data(), input.unit.data(), 1, 20, NoPoll, nullptr};
  VsMmrChoice choice{index.data(), score.data(), similarity.data()};
  vs_mmr(&mmr, nearest.data(), &choice);
  for (uint32_t i = 0; i < 20; ++i) EXPECT_EQ(index[i], i);
}

}  // namespace
