// SPDX-License-Identifier: PostgreSQL
//
// bm25_score_test.cpp - the score: values by hand, its order in every argument, its edges.

#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "bridge/bm25.h"

namespace {

VsBm25Model Model(const double* idf, double k1 = 1.2, double b = 0.75, double avg_len = 10) {
  return {k1, b, 2, avg_len, idf};
}

TEST(Bm25Score, IdfIsNeverNegative) {
  EXPECT_DOUBLE_EQ(vs_bm25_idf(100, 10), std::log(1 + 90.5 / 10.5));
  for (double n : {0.0, 1.0, 7.0, 1e6, 1e15})
    for (double df : {0.0, 1.0, 3.0, 7.0, 8.0, 1e6, 1e15}) {
      const double idf = vs_bm25_idf(n, df);
      EXPECT_GT(idf, 0) << n << " " << df;
      EXPECT_TRUE(std::isfinite(idf));
      EXPECT_GE(idf, vs_bm25_idf(n, df + 1));
      if (df > n) EXPECT_EQ(idf, vs_bm25_idf(df, df));
    }
  EXPECT_EQ(vs_bm25_idf(5, -1), vs_bm25_idf(5, 0));
}

TEST(Bm25Score, LeafByHand) {
  const double idf[] = {3, 0.5};
  VsBm25Model model = Model(idf);
  EXPECT_DOUBLE_EQ(vs_bm25_leaf_score(&model, 0, 1, 2, 10), 3 * 2 * 2.2 / (2 + 1.2));
  EXPECT_DOUBLE_EQ(vs_bm25_leaf_score(&model, 1, 2, 1, 20), 2 * 0.5 * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 2)));
  EXPECT_EQ(vs_bm25_leaf_score(&model, 0, 1, 0, 10), 0);
  model.k1 = 0;
  EXPECT_EQ(vs_bm25_leaf_score(&model, 0, 1, 7, 1000), 3);
  EXPECT_EQ(vs_bm25_leaf_score(&model, 0, 1, 0, 0), 0);  // not 0 / 0
  model = Model(idf, 1.2, 1);
  EXPECT_DOUBLE_EQ(vs_bm25_leaf_score(&model, 0, 1, 3, 0), 3 * 2.2);
}

// Bounds of blocks rest on this.
TEST(Bm25Score, GrowsWithFrequencyAndFallsWithLength) {
  const double idf[] = {1.7};
  std::mt19937 random(2);
  for (int i = 0; i < 20000; ++i) {
    const VsBm25Model model = Model(idf, random() % 400 / 100.0, random() % 101 / 100.0, 1 + random() % 300);
    const double tf = 1 + random() % 65535, len = random() % 65536;
    const double score = vs_bm25_leaf_score(&model, 0, 1, tf, len);
    EXPECT_LE(score, vs_bm25_leaf_score(&model, 0, 1, tf + 1 + random() % 100, len) * (1 + 1e-15));
    EXPECT_GE(score * (1 + 1e-15), vs_bm25_leaf_score(&model, 0, 1, tf, len + random() % 100));
    EXPECT_EQ(2 * score, vs_bm25_leaf_score(&model, 0, 2, tf, len));
  }
}

TEST(Bm25Score, AddsScoredLeavesInOrder) {
  const double idf[] = {1, 2, 4, 8};
  const VsBm25Model model = Model(idf);
  const VsBm25Leaf leaves[] = {{"a", 1, false, 0, true}, {"b", 1, false, 0, false}, {"c", 1, false, 0, true}, {"d", 1, false, 0, true}};
  const VsBm25Query query = {leaves, nullptr, 4, 0};
  const VsBm25Hit hits[] = {{true, 2, 0, nullptr}, {true, 9, 0, nullptr}, {false, 5, 0, nullptr}, {true, 1, 0, nullptr}};
  const bool boosted[] = {false, true, true, true};
  EXPECT_EQ(vs_bm25_score(&query, &model, hits, nullptr, 6),
            vs_bm25_leaf_score(&model, 0, 1, 2, 6) + vs_bm25_leaf_score(&model, 3, 1, 1, 6));
  EXPECT_EQ(vs_bm25_score(&query, &model, hits, boosted, 6),
            vs_bm25_leaf_score(&model, 0, 1, 2, 6) + vs_bm25_leaf_score(&model, 3, 2, 1, 6));
}

}  // namespace
