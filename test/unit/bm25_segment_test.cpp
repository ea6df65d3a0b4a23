// SPDX-License-Identifier: PostgreSQL
//
// bm25_segment_test.cpp - what is written to a segment is read from it.

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "bm25_memory.h"
#include "bm25_postings.h"
#include "bridge/kernels.h"
#include "core/bm25/cursor.h"

namespace {

using namespace bm25_memory;
using namespace vecstore;
using namespace vecstore::bm25;

TEST(Bm25Packing, PostingScoresAreNearTheFormula) {
  uint32_t tf[VS_BLOCK_NUMBERS];
  uint16_t len[VS_BLOCK_NUMBERS];
  float out[VS_BLOCK_NUMBERS];
  std::mt19937 random(2);
  for (int i = 0; i < VS_BLOCK_NUMBERS; ++i) {
    tf[i] = random() % 1000;
    len[i] = static_cast<uint16_t>(random());
  }
  vs_kernels()->posting_scores(tf, len, VS_BLOCK_NUMBERS, 7.5f, 0.3f, 0.01f, out);
  for (int i = 0; i < VS_BLOCK_NUMBERS; ++i) {
    const double score = 7.5 * tf[i] / (tf[i] + 0.3 + 0.01 * len[i]);
    EXPECT_NEAR(out[i], score, score * 1e-6 + 2 * VS_LEAST_SCORE);
    EXPECT_GE(out[i], VS_LEAST_SCORE);
  }
}

TEST(Bm25Segment, ReadsWhatWasWritten) {
  for (int n : {0, 1, 127, 128, 129, 3000}) {
    const std::vector<Document> documents = RandomDocuments(n, 5000, n);
    for (bool positions : {true, false}) {
      auto segment = Build(documents, 0, documents.size(), positions);
      EXPECT_EQ(segment->info.n_docs, documents.size());
      EXPECT_EQ(ReadAll(segment.get()), Truth(documents, positions));
      for (int i = 0; i < VS_BM25_STREAMS; ++i) {
        EXPECT_EQ(segment->info.pages[i], segment->streams[i].size());
      }
    }
  }
}

// A word in some documents far apart, rarely often, at positions that rarely are far apart.
std::vector<Document> SkewedDocuments(int n, int most_positions, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<Document> documents(n);
  for (Document& document : documents) {
    document["every"] = {1};
    if (random() % 7 == 0) document["other"] = {2};
    if (random() % 3 > 0 && random() % 50 > 0) continue;
    std::vector<uint16_t>& at = document["skewed"];
    const int count = random() % 20 == 0 ? most_positions : 1 + static_cast<int>(random() % 2);
    int position = 0;
    for (int i = 0; i < count && position < 16000; ++i) {
      position += random() % 25 == 0 ? 300 : 1 + static_cast<int>(random() % 3);
      at.push_back(static_cast<uint16_t>(position | (seed % 2 == 0 ? random() % 4 << 14 : 0)));
    }
  }
  return documents;
}

// The flags of all blocks of a word's list.
uint8_t BlockFlags(Segment* segment, const std::string& lexeme) {
  Arena arena;
  const VsBm25Memory memory = arena.memory();
  const VsBm25Source source = segment->source();
  Dictionary dictionary;
  KeyCursor cursor;
  TermInfo term;
  PostingList list;
  dictionary.Init(&segment->info, &source);
  EXPECT_TRUE(dictionary.Find(reinterpret_cast<const uint8_t*>(lexeme.data()), lexeme.size(), &cursor, &term));
  list.Init(HostMemory(&memory));
  list.Clear(&segment->info, &source, true);
  list.Open(term);
  uint8_t flags = 0;
  for (uint32_t b = 0; b < list.n_blocks; ++b) flags |= list.skip(b).flags;
  return flags;
}

TEST(Bm25Segment, PatchedBlocksReadAsWritten) {
  for (uint32_t seed = 0; seed < 4; ++seed) {
    for (int most : {3, 20, 256}) {
      const std::vector<Document> documents = SkewedDocuments(2000, most, seed);
      auto segment = Build(documents, 0, documents.size());
      EXPECT_EQ(ReadAll(segment.get()), Truth(documents)) << seed << " " << most;
      const uint8_t flags = BlockFlags(segment.get(), "skewed");
      EXPECT_TRUE((flags & VS_BM25_POSITIONS_PATCHED) != 0) << seed << " " << most;
      EXPECT_TRUE((flags & VS_BM25_POSTINGS_PATCHED) != 0) << seed << " " << most;
      EXPECT_EQ(BlockFlags(segment.get(), "every"), 0);
    }
  }
}

// Every number fits no bits: the stream has no page.
TEST(Bm25Segment, PostingsMayTakeNoBytes) {
  const std::vector<Document> documents(300, Document{{"every", {1}}});
  auto segment = Build(documents, 0, documents.size());
  ASSERT_EQ(segment->info.pages[VS_BM25_POSTINGS], 0u);
  EXPECT_EQ(ReadAll(segment.get()), Truth(documents));
}

TEST(Bm25Segment, FindsTermsAndTheirNeighbours) {
  const std::vector<Document> documents = RandomDocuments(4000, 30000, 5);
  auto segment = Build(documents, 0, documents.size());
  ASSERT_GT(segment->info.tree_height, 1);
  const Postings truth = Truth(documents);
  const VsBm25Source source = segment->source();
  Dictionary dictionary;
  dictionary.Init(&segment->info, &source);
  KeyCursor cursor;
  TermInfo term;
  auto scan = std::make_unique<TermScan>();
  auto Bytes = [](const std::string& s) { return reinterpret_cast<const uint8_t*>(s.data()); };
  for (int i = 0; i < 30000; ++i) {
    const std::string lexeme = "w" + std::to_string(i);
    const auto found = truth.find(lexeme);
    ASSERT_EQ(dictionary.Find(Bytes(lexeme), lexeme.size(), &cursor, &term), found != truth.end());
    if (found != truth.end()) {
      ASSERT_EQ(term.df, found->second.size());
    }
    const auto next = truth.lower_bound(lexeme);
    scan->BeginAt(&segment->info, &source, Bytes(lexeme), lexeme.size());
    ASSERT_EQ(scan->valid, next != truth.end());
    if (scan->valid) {
      ASSERT_EQ(std::string(reinterpret_cast<const char*>(scan->key()), scan->key_length()), next->first);
    }
  }
  for (const std::string& lexeme : {std::string(), std::string("a"), std::string("zz")}) {
    EXPECT_FALSE(dictionary.Find(Bytes(lexeme), lexeme.size(), &cursor, &term));
  }
}

TEST(Bm25Segment, LongLexemes) {
  std::vector<Document> documents(50);
  for (int i = 0; i < 50; ++i) {
    documents[i][std::string(2046 - i % 3, static_cast<char>('a' + i % 7))] = {1};
    documents[i][std::string(2000, 'x') + std::to_string(i)] = {2};
  }
  auto segment = Build(documents, 0, documents.size());
  EXPECT_EQ(ReadAll(segment.get()), Truth(documents));
}

TEST(Bm25Segment, ImpactsBoundEveryDocument) {
  const std::vector<Document> documents = RandomDocuments(5000, 300, 6);
  auto segment = Build(documents, 0, documents.size());
  auto Score = [](double k1, double b, double tf, double len) {
    return tf / (tf + k1 * (1 - b + b * len / 30) + 1e-12);
  };
  ForLists(segment.get(), false, [&](const std::string&, PostingList* list) {
    Block block;
    for (uint32_t b = 0; b < list->n_blocks; ++b) {
      list->Decode(b, &block);
      list->ReadTfs(&block);
      for (double k1 : {0.0, 1.2, 3.0}) {
        for (double weight : {0.0, 0.75, 1.0}) {
          double bound = 0;
          for (const VsBm25Impact& impact : list->skip(b).impacts) {
            bound = std::max(bound, Score(k1, weight, impact.tf, impact.len));
          }
          for (uint32_t i = 0; i < block.n; ++i) {
            ASSERT_LE(Score(k1, weight, block.tfs[i], LengthOf(documents[block.docs[i]])), bound);
          }
        }
      }
    }
  });
}

TEST(Bm25Segment, BlockOfFindsTheBlock) {
  const std::vector<Document> documents = RandomDocuments(20000, 50, 7);
  auto segment = Build(documents, 0, documents.size());
  Arena arena;
  const VsBm25Memory memory = arena.memory();
  const VsBm25Source source = segment->source();
  Dictionary dictionary;
  dictionary.Init(&segment->info, &source);
  KeyCursor cursor;
  TermInfo term;
  ASSERT_TRUE(dictionary.Find(reinterpret_cast<const uint8_t*>("w0"), 2, &cursor, &term));
  PostingList list;
  list.Init(HostMemory(&memory));
  list.Clear(&segment->info, &source, false);
  list.Open(term);
  ASSERT_GT(list.n_blocks, 20u);
  for (uint32_t from : {0u, 1u, 5u, list.n_blocks - 1}) {
    for (uint32_t doc = 0; doc < 20000; doc += 37) {
      uint32_t expected = from;
      while (expected < list.n_blocks && list.last_doc(expected) < doc) ++expected;
      ASSERT_EQ(list.BlockOf(doc, from), expected) << doc << " " << from;
    }
  }
}

}  // namespace
