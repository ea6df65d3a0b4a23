// SPDX-License-Identifier: PostgreSQL
//
// bm25_verify_test.cpp - whatever is wrong with a segment, the check says so.

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "bm25_memory.h"

namespace {

using namespace bm25_memory;

void NoInterrupts() {}

std::vector<std::string> ProblemsOf(Segment* segment) {
  Arena arena;
  const VsBm25Memory memory = arena.memory();
  const VsBm25Source source = segment->source();
  std::vector<std::string> problems;
  vs_bm25_verify(
      &memory, &segment->info, &source, &problems,
      [](void* context, const char* problem) { static_cast<std::vector<std::string>*>(context)->push_back(problem); },
      &NoInterrupts);
  return problems;
}

class Bm25Verify : public testing::Test {
 protected:
  Bm25Verify() : segment_(Build(RandomDocuments(2000, 4000, 5), 0, 2000)) {
    EXPECT_EQ(ProblemsOf(segment_.get()), std::vector<std::string>());
  }
  uint8_t* page(VsBm25Stream stream, size_t number) { return segment_->streams[stream][number]->data(); }
  uint16_t U16(const uint8_t* p) const {
    uint16_t value;
    memcpy(&value, p, sizeof(value));
    return value;
  }
  void Expect(const std::string& part) {
    const std::vector<std::string> problems = ProblemsOf(segment_.get());
    EXPECT_TRUE(std::any_of(problems.begin(), problems.end(), [&](const std::string& problem) {
      return problem.find(part) != std::string::npos;
    })) << part << " is not among " << problems.size() << ", the first: " << (problems.empty() ? "" : problems[0]);
  }

  std::unique_ptr<Segment> segment_;
};

TEST_F(Bm25Verify, CountsOfTheSegment) {
  VsBm25Segment& info = segment_->info;
  ++info.n_terms;
  Expect("terms, not");
  --info.n_terms, ++info.n_postings;
  Expect("postings, not");
  --info.n_postings, ++info.sum_len;
  Expect("its lengths sum up to");
  --info.sum_len, --info.n_live;
  Expect("of its documents live");
}

TEST_F(Bm25Verify, LengthOfADocument) {
  page(VS_BM25_LENGTHS, 0)[2 * 77] ^= 1;
  Expect("document 77 has length");
}

TEST_F(Bm25Verify, LiveBit) {
  page(VS_BM25_LIVE, 0)[9] ^= 4;
  Expect("of its documents live");
}

TEST_F(Bm25Verify, BoundOfABlock) {
  VsBm25Skip skip;
  memcpy(&skip, page(VS_BM25_SKIPS, 0), sizeof(skip));
  for (VsBm25Impact& impact : skip.impacts) impact = {0, UINT16_MAX};
  memcpy(page(VS_BM25_SKIPS, 0), &skip, sizeof(skip));
  Expect("is better than the bound of its block");
}

TEST_F(Bm25Verify, LastDocumentOfABlock) {
  ++page(VS_BM25_SKIPS, 0)[offsetof(VsBm25Skip, last_doc)];
  Expect("a block ends with document");
}

TEST_F(Bm25Verify, OrderOfTerms) {
  uint8_t* leaf = page(VS_BM25_TERMS, 0);  // its first key follows the page's head and two lengths
  ASSERT_EQ(leaf[6], 'w');
  leaf[6] = 'z';
  Expect("of the dictionary is out of order");
}

// What only searches read: nothing that goes through all terms in their order sees it.
TEST_F(Bm25Verify, InnerPageOfTheDictionary) {
  ASSERT_EQ(segment_->info.tree_height, 2);
  uint8_t* root = page(VS_BM25_TERMS, segment_->info.pages[VS_BM25_TERMS] - 1);
  const uint8_t key_bytes = root[5];
  uint8_t* child = root + 6 + key_bytes + 1;  // of the first entry, behind the length of its value
  ASSERT_EQ(*child, 0);
  *child = 1;
  Expect("searches do not find term");
}

TEST_F(Bm25Verify, RestartOfALeaf) {
  uint8_t* leaf = page(VS_BM25_TERMS, 0);
  const uint16_t restarts = U16(leaf + 2);
  ASSERT_GT(restarts, 2);
  uint8_t* last = leaf + VS_BM25_PAYLOAD - 2;
  const uint16_t wrong = U16(last - 2);
  memcpy(last, &wrong, sizeof(wrong));
  Expect("searches do not find term");
}

TEST_F(Bm25Verify, OrderOfRows) {
  std::vector<Document> documents = RandomDocuments(300, 50, 6);
  segment_ = Build(documents, 0, documents.size(), true, kAllAlike, ScatteredRowOf);
  EXPECT_EQ(segment_->info.rows_ascend, 0);
  EXPECT_EQ(ProblemsOf(segment_.get()), std::vector<std::string>());
  segment_->info.rows_ascend = 1;
  Expect("is not after that of the one before");
}

TEST_F(Bm25Verify, Positions) {
  bool found = false;
  for (size_t i = 0; i < segment_->streams[VS_BM25_POSITIONS].size() && !found; ++i) {
    for (int at = 0; at < VS_BM25_PAYLOAD && !found; at += 64) page(VS_BM25_POSITIONS, i)[at] ^= 0xFF;
    for (const std::string& problem : ProblemsOf(segment_.get())) {
      found |= problem.find("do not ascend") != std::string::npos;
    }
  }
  EXPECT_TRUE(found);
}

}  // namespace
