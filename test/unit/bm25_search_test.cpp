// SPDX-License-Identifier: PostgreSQL
//
// bm25_search_test.cpp - searches of segments against judging every document.
//
// Scores must be equal to the bit, rows in the same order: whatever was skipped, nothing is missing.

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "bm25_memory.h"

namespace {

using namespace bm25_memory;

void NoInterrupts() {}

// A query made of random parts; owns its lexemes.
struct RandomQuery {
  std::vector<std::string> lexemes;
  std::vector<VsBm25Leaf> leaves;
  std::vector<VsBm25Node> nodes;
  VsBm25Query query = {};

  int Leaf(std::mt19937* random, int words, bool negated) {
    VsBm25Leaf leaf = {};
    const double u = ((*random)() % 100000 + 1) / 100001.0;
    std::string lexeme = "w" + std::to_string(static_cast<int>(words * u * u * u) * 7919 % words);
    leaf.prefix = (*random)() % 12 == 0;
    if (leaf.prefix) lexeme.resize(std::min<size_t>(lexeme.size(), 3));
    leaf.classes = (*random)() % 15 == 0 ? static_cast<uint8_t>((*random)() % 16) : 0;
    leaf.scored = !negated;
    for (size_t i = 0; i < lexemes.size(); ++i) {
      if (lexemes[i] == lexeme && leaves[i].prefix == leaf.prefix && leaves[i].classes == leaf.classes) {
        leaves[i].scored |= leaf.scored;
        return static_cast<int>(i);
      }
    }
    lexemes.push_back(lexeme);
    leaves.push_back(leaf);
    return static_cast<int>(leaves.size()) - 1;
  }
  int Node(uint8_t kind, int leaf, int left, int right, int distance) {
    nodes.push_back({kind, static_cast<uint16_t>(distance), leaf, left, right});
    return static_cast<int>(nodes.size()) - 1;
  }
  int Tree(std::mt19937* random, int words, int depth, bool negated, int shape) {
    if (depth == 0) return Node(VS_BM25_LEAF, Leaf(random, words, negated), 0, 0, 0);
    uint8_t kind = static_cast<uint8_t>(shape);
    if (shape == 0) {
      const uint8_t kinds[] = {VS_BM25_AND, VS_BM25_AND, VS_BM25_OR, VS_BM25_OR, VS_BM25_NOT, VS_BM25_PHRASE};
      kind = kinds[(*random)() % 6];
    }
    if (kind == VS_BM25_NOT) {
      const int left = Tree(random, words, depth - 1, !negated, shape);
      return Node(kind, 0, left, 0, 0);
    }
    const int left = Tree(random, words, depth - 1, negated, shape);
    const int right = Tree(random, words, static_cast<int>((*random)() % depth), negated, shape);
    return Node(kind, 0, left, right, static_cast<int>((*random)() % 4 + ((*random)() % 3 != 0)));
  }
  const VsBm25Query* Finish() {
    for (size_t i = 0; i < leaves.size(); ++i) {
      leaves[i].lexeme = lexemes[i].data();
      leaves[i].length = static_cast<uint32_t>(lexemes[i].size());
    }
    query = {leaves.data(), nodes.data(), static_cast<int>(leaves.size()), static_cast<int>(nodes.size())};
    return &query;
  }
};

// What a document has of a leaf, the slow way.
struct SlowHit {
  VsBm25Hit hit = {};
  std::vector<uint16_t> positions;
};

SlowHit HitOf(const Document& document, const VsBm25Leaf& leaf, const Weights& weights) {
  SlowHit slow;
  const std::string wanted(leaf.lexeme, leaf.length);
  const bool any = leaf.classes == 0 || leaf.classes == 15;
  bool nowhere = false;
  for (const auto& [lexeme, positions] : document) {
    if (leaf.prefix ? lexeme.compare(0, wanted.size(), wanted) != 0 : lexeme != wanted) continue;
    if (positions.empty()) {
      nowhere = slow.hit.present = true;
      slow.hit.tf += 1;
    }
    for (uint16_t position : positions) {
      if (!any && (leaf.classes >> (position >> 14) & 1) == 0) continue;
      slow.hit.present = true;
      slow.hit.tf += weights[position >> 14];
      slow.positions.push_back(position);
    }
  }
  std::sort(slow.positions.begin(), slow.positions.end(),
            [](uint16_t a, uint16_t b) { return (a & 0x3FFF) < (b & 0x3FFF); });
  slow.positions.erase(std::unique(slow.positions.begin(), slow.positions.end(),
                                   [](uint16_t a, uint16_t b) { return (a & 0x3FFF) == (b & 0x3FFF); }),
                       slow.positions.end());
  if (nowhere) slow.positions.clear();
  return slow;
}

struct Options {
  double k1 = 1.2, b = 0.75;
  Weights weights = kAllAlike;
  VsBm25Row (*row_of)(uint32_t) = RowOf;
  bool group_copies = false;
};

// The number of a row's document; most are numbered in their order.
uint32_t DocOf(Segment* segment, VsBm25Row row, uint32_t likely) {
  const VsBm25Source source = segment->source();
  const auto is = [&](uint32_t doc) {
    return vs_bm25_row_key(vs_bm25_row_of(&segment->info, &source, doc)) == vs_bm25_row_key(row);
  };
  for (uint32_t i = 0; i < segment->info.n_docs; ++i) {
    const uint32_t doc = (likely + i) % segment->info.n_docs;
    if (is(doc)) return doc;
  }
  ADD_FAILURE() << "a row is missing";
  return 0;
}

struct Index {
  std::vector<Document> documents;
  Options options;
  std::vector<bool> dead;
  std::vector<std::unique_ptr<Segment>> segments;
  double sum_len = 0;

  Index(int n, int words, int parts, int dead_every, uint32_t seed)
      : Index(RandomDocuments(n, words, seed), parts, dead_every, {}) {}
  Index(std::vector<Document> all, int parts, int dead_every, const Options& how)
      : documents(std::move(all)), options(how), dead(documents.size()) {
    for (int i = 0; i < parts; ++i) {
      const size_t begin = documents.size() * i / parts, end = documents.size() * (i + 1) / parts;
      segments.push_back(Build(documents, begin, end, true, options.weights, options.row_of, options.group_copies));
      segments.back()->forgetful = documents.size() < 3000;
      for (size_t doc = begin; doc < end; ++doc) {
        sum_len += LengthOf(documents[doc], options.weights);
        if (dead_every == 0 || doc % dead_every != 1) continue;
        segments.back()->Kill(DocOf(segments.back().get(), options.row_of(static_cast<uint32_t>(doc)),
                                  static_cast<uint32_t>(doc - begin)));
        dead[doc] = true;
      }
    }
  }
};

// All segments to one; the dead are gone.
void Merge(Index* index) {
  Arena arena;
  const VsBm25Memory memory = arena.memory();
  std::vector<const VsBm25Segment*> infos;
  std::vector<VsBm25Source> sources;
  for (auto& segment : index->segments) {
    infos.push_back(&segment->info);
    sources.push_back(segment->source());
  }
  auto merged = std::make_unique<Segment>();
  const VsBm25Sink sink = merged->sink();
  vs_bm25_merge(&memory, static_cast<int>(infos.size()), infos.data(), sources.data(), &sink, &merged->info, &NoInterrupts);
  const VsBm25Source source = merged->source();
  vs_bm25_verify(&memory, &merged->info, &source, nullptr, [](void*, const char* problem) { ADD_FAILURE() << problem; },
                 &NoInterrupts);
  index->segments.clear();
  index->segments.push_back(std::move(merged));
}

void CheckQuery(Index* index, const VsBm25Query* query, double phrase_boost, uint32_t k, bool pages) {
  Arena arena;
  const VsBm25Memory memory = arena.memory();
  VsBm25Searcher* searcher = vs_bm25_searcher(&memory, query, index->options.weights.data(), &NoInterrupts);
  std::vector<uint64_t> df(query->n_leaves + 1);
  for (auto& segment : index->segments) {
    const VsBm25Source source = segment->source();
    ASSERT_TRUE(vs_bm25_lookup(searcher, &segment->info, &source, df.data(), 1000000));
  }
  std::vector<double> idf;
  for (int i = 0; i < query->n_leaves; ++i) {
    uint64_t truth = 0;
    const std::string wanted(query->leaves[i].lexeme, query->leaves[i].length);
    for (const Document& document : index->documents) {
      for (auto at = document.lower_bound(wanted); at != document.end(); ++at) {
        if (query->leaves[i].prefix ? at->first.compare(0, wanted.size(), wanted) != 0 : at->first != wanted) break;
        ++truth;
      }
    }
    ASSERT_EQ(df[i], truth);
    idf.push_back(vs_bm25_idf(index->documents.size(), df[i]));
  }
  const VsBm25Model model = {index->options.k1, index->options.b, phrase_boost,
                             index->sum_len > 0 ? index->sum_len / index->documents.size() : 1, idf.data()};

  std::vector<VsBm25Result> truth;
  std::vector<uint64_t> matching;
  std::unique_ptr<bool[]> boosted(new bool[query->n_leaves + 1]);
  for (size_t i = 0; i < index->documents.size(); ++i) {
    if (index->dead[i]) continue;
    std::vector<SlowHit> slow;
    std::vector<VsBm25Hit> hits;
    for (int leaf = 0; leaf < query->n_leaves; ++leaf) {
      slow.push_back(HitOf(index->documents[i], query->leaves[leaf], index->options.weights));
    }
    for (SlowHit& hit : slow) {
      hit.hit.positions = hit.positions.data();
      hit.hit.n_positions = static_cast<int>(hit.positions.size());
      hits.push_back(hit.hit);
    }
    if (!vs_bm25_match(query, hits.data(), boosted.get(), &memory)) continue;
    const uint64_t row = vs_bm25_row_key(index->options.row_of(static_cast<uint32_t>(i)));
    matching.push_back(row);
    const double score = vs_bm25_score(query, &model, hits.data(), boosted.get(),
                                       LengthOf(index->documents[i], index->options.weights));
    if (score > 0) truth.push_back({score, row});
  }
  std::sort(truth.begin(), truth.end(), [](const VsBm25Result& a, const VsBm25Result& b) {
    return a.score != b.score ? a.score > b.score : a.row < b.row;
  });

  VsBm25Top* top = vs_bm25_top(&memory);
  std::vector<VsBm25Result> found;
  do {
    vs_bm25_top_reset(top, k, found.empty() ? nullptr : &found.back());
    for (auto& segment : index->segments) {
      const VsBm25Source source = segment->source();
      vs_bm25_search(searcher, &segment->info, &source, &model, top);
    }
    const VsBm25Result* results;
    const uint32_t n = vs_bm25_top_sorted(top, &results);
    found.insert(found.end(), results, results + n);
    if (n < k) break;
  } while (pages);
  const size_t expected = pages ? truth.size() : std::min<size_t>(k, truth.size());
  ASSERT_EQ(found.size(), expected);
  for (size_t i = 0; i < expected; ++i) {
    ASSERT_EQ(found[i].score, truth[i].score) << i;
    ASSERT_EQ(found[i].row, truth[i].row) << i;
  }

  std::vector<uint64_t> reported;
  for (auto& segment : index->segments) {
    const VsBm25Source source = segment->source();
    ASSERT_TRUE(vs_bm25_matches(searcher, &segment->info, &source, &reported, [](void* context, VsBm25Row row) {
      static_cast<std::vector<uint64_t>*>(context)->push_back(vs_bm25_row_key(row));
    }));
  }
  if (index->options.group_copies) std::sort(reported.begin(), reported.end());
  ASSERT_EQ(reported, matching);
}

void CheckShapes(Index* index, int words, int rounds, int shape, int depth, uint32_t seed) {
  const double boosts[] = {1, 2, 2, 2, 0, 0.5, 1000};
  std::mt19937 random(seed);
  for (int round = 0; round < rounds; ++round) {
    RandomQuery query;
    query.Tree(&random, words, static_cast<int>(random() % (depth + 1)), false, shape);
    SCOPED_TRACE(round);
    CheckQuery(index, query.Finish(), boosts[random() % 7], 1 + random() % 20, random() % 5 == 0);
    if (testing::Test::HasFailure()) return;
  }
}

TEST(Bm25Search, AnyOfSomeWords) {
  Index index(4000, 2000, 1, 0, 11);
  CheckShapes(&index, 2000, 24, VS_BM25_OR, 5, 1);
}

TEST(Bm25Search, AllOfSomeWords) {
  Index index(4000, 400, 1, 0, 12);
  CheckShapes(&index, 400, 24, VS_BM25_AND, 3, 2);
}

TEST(Bm25Search, Phrases) {
  Index index(3000, 60, 2, 7, 13);
  CheckShapes(&index, 60, 16, VS_BM25_PHRASE, 2, 3);
}

TEST(Bm25Search, AnyQuery) {
  Index index(3000, 300, 3, 5, 14);
  CheckShapes(&index, 300, 32, 0, 4, 4);
  Index small(400, 100, 3, 5, 18);
  CheckShapes(&small, 100, 24, 0, 4, 8);
}

TEST(Bm25Search, ManyTies) {
  Index index(4000, 8, 3, 4, 15);
  CheckShapes(&index, 8, 16, VS_BM25_OR, 2, 5);
  CheckShapes(&index, 8, 16, VS_BM25_AND, 1, 6);
}

TEST(Bm25Search, AnyModel) {
  const double k1s[] = {0, 0.0001, 1.2, 100}, bs[] = {0, 0.75, 1};
  const Weights weights[] = {kAllAlike, {0, 1, 2, 255}, {1, 0, 0, 0}, {3, 2, 1, 4}};
  std::mt19937 random(20);
  for (double k1 : k1s) {
    for (double b : bs) {
      for (const Weights& w : weights) {
        SCOPED_TRACE(testing::Message() << k1 << " " << b << " " << int(w[0]) << int(w[1]));
        const int words = random() % 2 == 0 ? 20 : 200;
        const Options options = {k1, b, w, random() % 2 == 0 ? RowOf : ScatteredRowOf};
        Index index(RandomDocuments(500, words, random(), 2), 2, 6, options);
        CheckShapes(&index, words, 6, 0, 3, random());
        CheckShapes(&index, words, 3, VS_BM25_OR, 1, random());
        CheckShapes(&index, words, 2, VS_BM25_LEAF, 0, random());
        if (HasFailure()) return;
      }
    }
  }
}

// Copies are numbered behind what they are copies of, and found in the order of their rows.
TEST(Bm25Search, CopiesOfDocuments) {
  for (int dead_every : {0, 5}) {
    std::vector<Document> documents = RandomDocuments(500, 200, 21, 5), all;
    for (int copy = 0; copy < 3; ++copy) all.insert(all.end(), documents.begin(), documents.end());
    for (size_t i = 0; i < all.size(); i += 7) all[i]["other" + std::to_string(i)] = {1};
    Index grouped(all, 2, dead_every, {1.2, 0.75, kAllAlike, RowOf, true});
    for (auto& segment : grouped.segments) EXPECT_EQ(segment->info.rows_ascend, 0);
    for (bool merged : {false, true}) {
      SCOPED_TRACE(merged);
      if (merged && dead_every > 0) break;  // statistics of the truth count the dead
      if (merged) Merge(&grouped);
      CheckShapes(&grouped, 200, 8, 0, 3, 22);
      CheckShapes(&grouped, 200, 6, VS_BM25_OR, 3, 23);
      CheckShapes(&grouped, 200, 4, VS_BM25_PHRASE, 1, 24);
      CheckShapes(&grouped, 200, 4, VS_BM25_LEAF, 0, 25);
    }
  }
}

TEST(Bm25Search, CopiesTakeLittle) {
  const std::vector<Document> documents = RandomDocuments(3000, 3000, 26);
  std::vector<Document> all;
  for (int copy = 0; copy < 3; ++copy) all.insert(all.end(), documents.begin(), documents.end());
  auto once = Build(documents, 0, documents.size(), true, kAllAlike, RowOf, true);
  auto apart = Build(all, 0, all.size());
  auto grouped = Build(all, 0, all.size(), true, kAllAlike, RowOf, true);
  EXPECT_EQ(once->info.rows_ascend, 1) << "few copies: nothing is moved";
  EXPECT_LT(grouped->info.pages[VS_BM25_POSTINGS], apart->info.pages[VS_BM25_POSTINGS] * 3 / 4);
}

// Documents that have so many lexemes of a prefix that no impact can hold their frequencies.
TEST(Bm25Search, FrequenciesBeyondImpacts) {
  for (int parts : {1, 2}) {
    std::vector<Document> documents(200);
    for (int i = 0; i < 200; ++i) {
      const int lexemes = i == 1 ? 300 : i == 150 ? 400 : 1;
      for (int j = 0; j < lexemes; ++j) documents[i]["a" + std::to_string(j)] = {static_cast<uint16_t>(3 << 14 | (j + 1))};
      documents[i]["b"] = {static_cast<uint16_t>(500)};
    }
    for (double k1 : {0.0, 1.2, 100.0}) {
      Index index(documents, parts, 0, {k1, 0, {1, 1, 1, 255}});
      for (int shape : {VS_BM25_LEAF, VS_BM25_AND, VS_BM25_OR}) {
        RandomQuery query;
        query.lexemes = {"a", "b"};
        query.leaves.resize(shape == VS_BM25_LEAF ? 1 : 2);
        for (VsBm25Leaf& leaf : query.leaves) leaf.scored = true;
        query.leaves[0].prefix = true;
        query.Node(VS_BM25_LEAF, 0, 0, 0, 0);
        if (shape != VS_BM25_LEAF) query.Node(static_cast<uint8_t>(shape), 0, 0, query.Node(VS_BM25_LEAF, 1, 0, 0, 0), 0);
        CheckQuery(&index, query.Finish(), 2, 1, false);
      }
    }
  }
}

// So many that their positions are moved while those of one document are put together.
TEST(Bm25Search, PositionsOfManyLexemes) {
  std::vector<Document> documents(3000);
  for (int i = 0; i < 3000; ++i) {
    for (int j = 0; j < 4; ++j) {
      documents[i]["a" + std::to_string((i * 7 + j * 31) % 500)].push_back(static_cast<uint16_t>(3 * j + 1 + i % 2));
    }
    documents[i]["b"] = {static_cast<uint16_t>(3 * (i % 4) + 2)};
  }
  Index index(documents, 1, 0, {});
  RandomQuery query;
  query.lexemes = {"a", "b"};
  query.leaves.resize(2);
  query.leaves[0].scored = query.leaves[1].scored = query.leaves[0].prefix = true;
  const int left = query.Node(VS_BM25_LEAF, 0, 0, 0, 0), right = query.Node(VS_BM25_LEAF, 1, 0, 0, 0);
  query.Node(VS_BM25_PHRASE, 0, left, right, 1);
  CheckQuery(&index, query.Finish(), 2, 10, true);
}

TEST(Bm25Search, ThousandWords) {
  Index index(2000, 3000, 2, 0, 16);
  std::mt19937 random(7);
  RandomQuery query;
  int root = query.Node(VS_BM25_LEAF, query.Leaf(&random, 3000, false), 0, 0, 0);
  for (int i = 1; i < 1000; ++i) {
    const int leaf = query.Node(VS_BM25_LEAF, query.Leaf(&random, 3000, false), 0, 0, 0);
    root = query.Node(VS_BM25_OR, 0, root, leaf, 0);
  }
  CheckQuery(&index, query.Finish(), 2, 10, false);
}

TEST(Bm25Search, SkipsMostOfALongList) {
  Index index(40000, 3000, 1, 0, 17);
  Arena arena;
  const VsBm25Memory memory = arena.memory();
  RandomQuery query;
  const char* words[] = {"w0", "w2919", "w1838"};
  int root = -1;
  for (const char* word : words) {
    query.lexemes.push_back(word);
    query.leaves.push_back({});
    query.leaves.back().scored = true;
    const int leaf = query.Node(VS_BM25_LEAF, static_cast<int>(query.leaves.size()) - 1, 0, 0, 0);
    root = root < 0 ? leaf : query.Node(VS_BM25_OR, 0, root, leaf, 0);
  }
  VsBm25Searcher* searcher = vs_bm25_searcher(&memory, query.Finish(), kAllAlike.data(), &NoInterrupts);
  const VsBm25Source source = index.segments[0]->source();
  uint64_t df[3] = {};
  vs_bm25_lookup(searcher, &index.segments[0]->info, &source, df, 1000);
  const double idf[3] = {vs_bm25_idf(40000, df[0]), vs_bm25_idf(40000, df[1]), vs_bm25_idf(40000, df[2])};
  const VsBm25Model model = {1.2, 0.75, 2, index.sum_len / 40000, idf};
  VsBm25Top* top = vs_bm25_top(&memory);
  vs_bm25_top_reset(top, 10, nullptr);
  vs_bm25_search(searcher, &index.segments[0]->info, &source, &model, top);
  EXPECT_LT(vs_bm25_counters(searcher)->candidates, (df[0] + df[1] + df[2]) / 20);
}

TEST(Bm25Search, NoPositions) {
  const std::vector<Document> documents = RandomDocuments(500, 50, 18);
  auto segment = Build(documents, 0, documents.size(), false);
  Arena arena;
  const VsBm25Memory memory = arena.memory();
  RandomQuery query;
  query.lexemes = {"w0", "w19"};
  query.leaves.resize(2);
  query.leaves[0].scored = query.leaves[1].scored = true;
  const int left = query.Node(VS_BM25_LEAF, 0, 0, 0, 0), right = query.Node(VS_BM25_LEAF, 1, 0, 0, 0);
  query.Node(VS_BM25_PHRASE, 0, left, right, 1);
  VsBm25Searcher* searcher = vs_bm25_searcher(&memory, query.Finish(), kAllAlike.data(), &NoInterrupts);
  const VsBm25Source source = segment->source();
  size_t both = 0, found = 0;
  for (const Document& document : documents) both += document.count("w0") != 0 && document.count("w19") != 0;
  EXPECT_GT(both, 0u);
  EXPECT_FALSE(vs_bm25_matches(searcher, &segment->info, &source, &found, [](void* context, VsBm25Row) {
    ++*static_cast<size_t*>(context);
  }));
  EXPECT_EQ(found, both);
}

}  // namespace
