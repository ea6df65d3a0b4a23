// SPDX-License-Identifier: PostgreSQL
//
// bm25_match_test.cpp - matching against a slow plain truth.
//
// The truth keeps a flag for each position there is, and one for all the others: operators of phrases are
// operators of flags.  That both agree with PostgreSQL is for the server's tests.

#include <array>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "bm25_memory.h"

namespace {

constexpr int kPositions = 200;  // room for shifts
constexpr int kLeaves = 4;

enum Truth { kNo, kYes, kMaybe };

// Where the last word of an operand may be.  Positions begin at 1; 0 is like those elsewhere.
struct Flags {
  Truth truth = kNo;
  std::array<bool, kPositions> at = {};
  bool elsewhere = false;
  int width = 0;
};

struct Case {
  std::vector<VsBm25Node> nodes;
  std::vector<VsBm25Leaf> leaves = std::vector<VsBm25Leaf>(kLeaves);
  std::vector<std::vector<uint16_t>> positions = std::vector<std::vector<uint16_t>>(kLeaves);
  std::vector<VsBm25Hit> hits = std::vector<VsBm25Hit>(kLeaves);
  VsBm25Query query() const {
    return {leaves.data(), nodes.data(), kLeaves, static_cast<int>(nodes.size())};
  }
};

int Tree(Case* made, std::mt19937* random, int depth) {
  VsBm25Node node = {VS_BM25_LEAF, 0, static_cast<int32_t>((*random)() % kLeaves), 0, 0};
  if (depth > 0 && (*random)() % 6 != 0) {
    const uint8_t kinds[] = {VS_BM25_AND, VS_BM25_OR, VS_BM25_NOT, VS_BM25_PHRASE, VS_BM25_PHRASE};
    node.kind = kinds[(*random)() % 5];
    node.left = Tree(made, random, depth - 1);
    if (node.kind != VS_BM25_NOT) node.right = Tree(made, random, depth - 1);
    if (node.kind == VS_BM25_PHRASE) node.distance = static_cast<uint16_t>((*random)() % 4);
  }
  made->nodes.push_back(node);
  return static_cast<int>(made->nodes.size()) - 1;
}

Case RandomCase(std::mt19937* random) {
  Case made;
  Tree(&made, random, 1 + static_cast<int>((*random)() % 5));
  for (int i = 0; i < kLeaves; ++i) {
    VsBm25Hit& hit = made.hits[i];
    hit.present = (*random)() % 3 != 0;
    if (hit.present && (*random)() % 8 != 0) {
      const unsigned chance = 2 + (*random)() % 6;
      for (uint16_t at = 1; at <= 12; ++at)
        if ((*random)() % chance == 0) made.positions[i].push_back(static_cast<uint16_t>(at | (*random)() % 4 << 14));
      if (made.positions[i].empty()) made.positions[i].push_back(3);
    }
    hit.n_positions = static_cast<int>(made.positions[i].size());
    hit.positions = made.positions[i].data();
  }
  return made;
}

Flags Shifted(const Flags& flags, int by) {
  Flags shifted = flags;
  for (int i = 0; i < kPositions; ++i) shifted.at[i] = i >= by ? flags.at[i - by] : flags.elsewhere;
  return shifted;
}

// Pointwise; a set without a position is no match, unless it has all the others.
Flags Combined(const Flags& left, const Flags& right, int width, const std::function<bool(bool, bool)>& both) {
  Flags result;
  result.width = width;
  for (int i = 0; i < kPositions; ++i) result.at[i] = both(left.at[i], right.at[i]);
  result.elsewhere = both(left.elsewhere, right.elsewhere);
  bool some = result.elsewhere;
  for (bool at : result.at) some = some || at;
  result.truth = some ? kYes : kNo;
  return result;
}

Flags InPhrase(const Case& made, int number) {
  const VsBm25Node& node = made.nodes[number];
  Flags none;
  if (node.kind == VS_BM25_LEAF) {
    const VsBm25Hit& hit = made.hits[node.leaf];
    if (!hit.present) return none;
    none.truth = hit.n_positions > 0 ? kYes : kMaybe;
    for (int i = 0; i < hit.n_positions; ++i) none.at[hit.positions[i] & 0x3FFF] = true;
    return none;
  }
  Flags left = InPhrase(made, node.left);
  if (node.kind == VS_BM25_NOT) {
    if (left.truth == kMaybe) return left;
    return Combined(left, left, left.width, [](bool a, bool) { return !a; });
  }
  Flags right = InPhrase(made, node.right);
  const bool is_or = node.kind == VS_BM25_OR;
  if (is_or ? left.truth == kNo && right.truth == kNo : left.truth == kNo || right.truth == kNo) return none;
  if (left.truth == kMaybe || right.truth == kMaybe) {
    none.truth = kMaybe;
    return none;
  }
  // What is nowhere has no width.
  if (is_or && left.truth == kNo) left.width = 0;
  if (is_or && right.truth == kNo) right.width = 0;
  if (node.kind == VS_BM25_PHRASE)
    return Combined(Shifted(left, node.distance + right.width), right, node.distance + left.width + right.width,
                    [](bool a, bool b) { return a && b; });
  const int width = std::max(left.width, right.width);
  return Combined(Shifted(left, width - left.width), Shifted(right, width - right.width), width,
                  [is_or](bool a, bool b) { return is_or ? a || b : a && b; });
}

bool Matches(const Case& made, int number) {
  const VsBm25Node& node = made.nodes[number];
  switch (node.kind) {
    case VS_BM25_LEAF:
      return made.hits[node.leaf].present;
    case VS_BM25_NOT:
      return !Matches(made, node.left);
    case VS_BM25_AND:
      return Matches(made, node.left) && Matches(made, node.right);
    case VS_BM25_OR:
      return Matches(made, node.left) || Matches(made, node.right);
    default:
      return InPhrase(made, number).truth == kYes;
  }
}

// Leaves of phrases that are there; wanted: not under an odd number of negations.
void Boost(const Case& made, int number, bool wanted, bool found, std::vector<bool>* boosted) {
  const VsBm25Node& node = made.nodes[number];
  if (node.kind == VS_BM25_LEAF) {
    if (found) (*boosted)[node.leaf] = true;
    return;
  }
  if (node.kind == VS_BM25_NOT) {
    if (!found) Boost(made, node.left, !wanted, false, boosted);
    return;
  }
  const bool phrase = node.kind == VS_BM25_PHRASE;
  if (phrase && !found) {
    found = wanted && Matches(made, number);
    if (!found) return;  // phrases within it are parts of it
  }
  Boost(made, node.left, wanted, found, boosted);
  Boost(made, node.right, wanted, found, boosted);
}

TEST(Bm25Match, AgreesWithFlagsOfPositions) {
  std::mt19937 random(1);
  int matched = 0, phrases = 0;
  for (int i = 0; i < 100000; ++i) {
    const Case made = RandomCase(&random);
    const VsBm25Query query = made.query();
    const int root = query.n_nodes - 1;
    bm25_memory::Arena arena;
    const VsBm25Memory memory = arena.memory();
    bool boosted[kLeaves];
    const bool matches = vs_bm25_match(&query, made.hits.data(), boosted, &memory);
    ASSERT_EQ(matches, Matches(made, root)) << "case " << i;
    ASSERT_EQ(matches, vs_bm25_match(&query, made.hits.data(), nullptr, &memory));
    std::vector<bool> expected(kLeaves);
    Boost(made, root, true, false, &expected);
    for (int leaf = 0; leaf < kLeaves; ++leaf) {
      ASSERT_EQ(boosted[leaf], expected[leaf]) << "case " << i << " leaf " << leaf;
      phrases += boosted[leaf];
    }
    matched += matches;
  }
  EXPECT_GT(matched, 30000);
  EXPECT_LT(matched, 70000);
  EXPECT_GT(phrases, 10000);
}

TEST(Bm25Match, EmptyQueryMatchesNothing) {
  const VsBm25Query query = {nullptr, nullptr, 0, 0};
  bm25_memory::Arena arena;
  const VsBm25Memory memory = arena.memory();
  EXPECT_FALSE(vs_bm25_match(&query, nullptr, nullptr, &memory));
}

// A deep tree on either side: nothing recurses.
TEST(Bm25Match, DepthNeedsNoStack) {
  constexpr int kDeep = 1000000;
  bm25_memory::Arena arena;
  const VsBm25Memory memory = arena.memory();
  const VsBm25Leaf leaf = {"a", 1, false, 0, true};
  const uint16_t positions[] = {1, 2, 3};
  const VsBm25Hit hit = {true, 3, 3, positions};
  std::vector<VsBm25Node> nodes = {{VS_BM25_LEAF, 0, 0, 0, 0}};
  for (int i = 0; i < kDeep; ++i) nodes.push_back({VS_BM25_NOT, 0, 0, i, 0});
  VsBm25Query query = {&leaf, nodes.data(), 1, static_cast<int>(nodes.size())};
  EXPECT_TRUE(vs_bm25_match(&query, &hit, nullptr, &memory));

  // a <0> a <0> ... with the operands of each phrase on the right
  nodes.assign(kDeep, {VS_BM25_LEAF, 0, 0, 0, 0});
  for (int i = 0; i + 1 < kDeep; ++i)
    nodes.push_back({VS_BM25_AND, 0, 0, kDeep - 2 - i, static_cast<int32_t>(nodes.size()) - 1});
  query = {&leaf, nodes.data(), 1, static_cast<int>(nodes.size())};
  EXPECT_TRUE(vs_bm25_match(&query, &hit, nullptr, &memory));
}

}  // namespace
