// SPDX-License-Identifier: PostgreSQL
//
// bm25_merge_test.cpp - merging is like writing at once, by one participant or by several.

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "bm25_memory.h"
#include "bm25_postings.h"

namespace {

using namespace bm25_memory;

// Documents in several segments, every so-manieth dead.
struct Parts {
  std::vector<std::unique_ptr<Segment>> segments;
  std::vector<const VsBm25Segment*> infos;
  std::vector<VsBm25Source> sources;
  std::vector<Document> live;

  Parts(const std::vector<Document>& documents, int parts, int dead_every) {
    for (int i = 0; i < parts; ++i) {
      const size_t begin = documents.size() * i / parts, end = documents.size() * (i + 1) / parts;
      segments.push_back(Build(documents, begin, end));
      for (size_t doc = begin; doc < end; ++doc) {
        if (dead_every > 0 && doc % dead_every == 0) {
          segments.back()->Kill(static_cast<uint32_t>(doc - begin));
        } else {
          live.push_back(documents[doc]);
        }
      }
      Add(segments.back().get());
    }
  }
  Parts() {}
  void Add(Segment* segment) {
    infos.push_back(&segment->info);
    sources.push_back(segment->source());
  }
};

void ExpectSound(Segment* segment, const std::vector<Document>& documents) {
  Arena arena;
  const VsBm25Memory memory = arena.memory();
  const VsBm25Source source = segment->source();
  EXPECT_EQ(ReadAll(segment), Truth(documents));
  EXPECT_EQ(segment->info.n_docs, documents.size());
  EXPECT_EQ(segment->info.n_live, documents.size());
  EXPECT_TRUE(segment->info.rows_ascend);
  for (int i = 0; i < VS_BM25_STREAMS; ++i) EXPECT_EQ(segment->info.pages[i], segment->streams[i].size()) << i;
  vs_bm25_verify(
      &memory, &segment->info, &source, nullptr, [](void*, const char* problem) { ADD_FAILURE() << problem; }, [] {});
}

void CheckMerge(const std::vector<Document>& documents, int n, int dead_every) {
  Arena arena;
  const VsBm25Memory memory = arena.memory();
  Parts parts(documents, n, dead_every);
  Segment merged;
  const VsBm25Sink sink = merged.sink();
  vs_bm25_merge(&memory, n, parts.infos.data(), parts.sources.data(), &sink, &merged.info, [] {});
  ExpectSound(&merged, parts.live);
  if (dead_every > 0) return;
  // every byte as if written at once
  auto whole = Build(documents, 0, documents.size());
  for (int i = 0; i < VS_BM25_STREAMS; ++i) {
    ASSERT_EQ(merged.streams[i].size(), whole->streams[i].size()) << i;
    for (size_t page = 0; page < merged.streams[i].size(); ++page) {
      ASSERT_EQ(*merged.streams[i][page], *whole->streams[i][page]) << i << " " << page;
    }
  }
}

TEST(Bm25Merge, IsLikeWritingAtOnce) {
  const std::vector<Document> documents = RandomDocuments(4000, 6000, 8);
  CheckMerge(documents, 1, 0);
  CheckMerge(documents, 5, 0);
}

TEST(Bm25Merge, LeavesOutTheDead) {
  const std::vector<Document> documents = RandomDocuments(4000, 6000, 9);
  CheckMerge(documents, 3, 2);
  CheckMerge(documents, 3, 1);
}

// The streams that the parts share, as a host puts them together.
void AppendParts(const Parts& shares, Segment* joined) {
  uint32_t postings = 0, positions = 0;
  for (const std::unique_ptr<Segment>& share : shares.segments) {
    for (const VsBm25Stream stream : {VS_BM25_SKIPS, VS_BM25_POSTINGS, VS_BM25_POSITIONS}) {
      for (const std::unique_ptr<Page>& page : share->streams[stream]) {
        joined->streams[stream].push_back(std::make_unique<Page>(*page));
        if (stream == VS_BM25_SKIPS) vs_bm25_move_skips(joined->streams[stream].back()->data(), postings, positions);
      }
    }
    postings += share->info.pages[VS_BM25_POSTINGS];
    positions += share->info.pages[VS_BM25_POSITIONS];
  }
}

void CheckJoin(const std::vector<Document>& documents, int n, int dead_every, int n_shares) {
  SCOPED_TRACE(std::to_string(n) + " segments, " + std::to_string(n_shares) + " shares");
  Arena arena;
  const VsBm25Memory memory = arena.memory();
  Parts parts(documents, n, dead_every);
  std::vector<VsBm25Split> splits(n_shares);
  vs_bm25_split_terms(parts.infos[0], &parts.sources[0], static_cast<uint32_t>(n_shares), splits.data(), [] {});
  Parts shares;
  for (int i = 0; i < n_shares; ++i) {
    shares.segments.push_back(std::make_unique<Segment>());
    Segment* share = shares.segments.back().get();
    const VsBm25Sink sink = share->sink();
    vs_bm25_merge_terms(&memory, n, parts.infos.data(), parts.sources.data(), i > 0 ? &splits[i - 1] : nullptr,
                        i + 1 < n_shares ? &splits[i] : nullptr, &sink, &share->info, [] {});
    shares.Add(share);
  }
  Segment joined;
  const VsBm25Sink sink = joined.sink();
  vs_bm25_join(&memory, n, parts.infos.data(), parts.sources.data(), n_shares, shares.infos.data(),
               shares.sources.data(), &sink, &joined.info, [] {});
  AppendParts(shares, &joined);
  ExpectSound(&joined, parts.live);
}

TEST(Bm25Merge, SharesJoinToTheSame) {
  const std::vector<Document> documents = RandomDocuments(4000, 6000, 10);
  CheckJoin(documents, 3, 0, 1);
  CheckJoin(documents, 3, 0, 2);
  CheckJoin(documents, 5, 3, 7);
  CheckJoin(documents, 2, 1, 3);
}

// More shares than terms, and terms that are longer than a split and begin alike.
TEST(Bm25Merge, SharesMayBeEmpty) {
  std::vector<Document> documents(300);
  for (int i = 0; i < 300; ++i) {
    documents[i][std::string(100, 'x') + std::to_string(i % 4)] = {1};
    documents[i]["y"] = {2, 3};
  }
  CheckJoin(documents, 2, 0, 8);
  CheckJoin(documents, 2, 5, 16);
}

// Postings of a share are about as many as of another.
TEST(Bm25Merge, SplitsCutInEqualShares) {
  const std::vector<Document> documents = RandomDocuments(3000, 4000, 12);
  auto segment = Build(documents, 0, documents.size());
  const VsBm25Source source = segment->source();
  VsBm25Split splits[3];
  vs_bm25_split_terms(&segment->info, &source, 4, splits, [] {});
  uint64_t postings[4] = {};
  for (const auto& [lexeme, list] : Truth(documents)) {
    int share = 0;
    while (share < 3 && lexeme >= std::string(reinterpret_cast<const char*>(splits[share].bytes), splits[share].length)) {
      ++share;
    }
    postings[share] += list.size();
  }
  for (const uint64_t share : postings) EXPECT_NEAR(share, segment->info.n_postings / 4.0, segment->info.n_postings / 10.0);
}

}  // namespace
