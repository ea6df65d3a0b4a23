// SPDX-License-Identifier: PostgreSQL
//
// bm25_segment_fuzz.cpp - any bytes on the pages of a segment, during searches, verification and merges.
//
// The input damages a sound segment: its first byte chooses a search by one of 90 queries, a verification or a
// merge, the second a variant of the search, the rest are patches (stream, page, offset, byte).  Beyond memory safety:
// everything ends, no more than k are found, in their order, and those that follow come after them.  A page that does
// not exist ends the attempt, as the host's error would.
#include <csetjmp>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "../unit/bm25_memory.h"

namespace {

using namespace bm25_memory;

void Expect(bool condition) {
  if (!condition) std::abort();
}

void NoInterrupts() {}

const std::vector<Document>& Documents() {
  static const std::vector<Document> documents = RandomDocuments(700, 400, 3);
  return documents;
}

// Pages of a copy that may be damaged.
struct Damaged {
  VsBm25Segment info;
  std::vector<Page> streams[VS_BM25_STREAMS];
  std::jmp_buf error;

  explicit Damaged(const Segment& sound) : info(sound.info) {
    for (int i = 0; i < VS_BM25_STREAMS; ++i) {
      for (const auto& page : sound.streams[i]) streams[i].push_back(*page);
    }
  }
  VsBm25Source source() { return {this, &Read, nullptr, 0}; }
  static const uint8_t* Read(void* context, VsBm25Stream stream, uint32_t page) {
    Damaged* damaged = static_cast<Damaged*>(context);
    if (page >= damaged->streams[stream].size()) std::longjmp(damaged->error, 1);
    return damaged->streams[stream][page].data();
  }
};

constexpr int kQueries = 90;  // different ones: words, operators and prefixes repeat after 6, 9 and 5

enum Variant : uint8_t { kOneLeaf = 1, kNegated = 2, kOnlyNegated = 4, kClasses = 8, kDead = 16, kWeights = 32 };

struct Query {
  VsBm25Leaf leaves[3];
  VsBm25Node nodes[6];
  VsBm25Query query;

  Query(uint8_t shape, uint8_t variant) {
    static const char* const words[] = {"w0", "w1838", "w19", "w3", "w2", "w"};
    for (int i = 0; i < 3; ++i) {
      const char* word = words[(shape + i * 2) % 6];
      leaves[i] = {word, static_cast<uint32_t>(strlen(word)), (shape + i) % 5 == 0, 0, true};
    }
    const uint8_t kinds[] = {VS_BM25_OR, VS_BM25_AND, VS_BM25_PHRASE};
    nodes[0] = {VS_BM25_LEAF, 0, 0, 0, 0};
    nodes[1] = {VS_BM25_LEAF, 0, 1, 0, 0};
    nodes[2] = {kinds[shape % 3], 1, 0, 0, 1};
    nodes[3] = {VS_BM25_LEAF, 0, 2, 0, 0};
    nodes[4] = {kinds[shape / 3 % 3], 1, 0, 2, 3};
    query = {leaves, nodes, 3, 5};
    if ((variant & kClasses) != 0) leaves[0].classes = static_cast<uint8_t>(1 + shape % 14);
    if ((variant & kOneLeaf) != 0) {
      query.n_leaves = query.n_nodes = 1;
    } else if ((variant & kOnlyNegated) != 0) {
      nodes[5] = {VS_BM25_NOT, 0, 0, 4, 0};
      query.n_nodes = 6;
      for (VsBm25Leaf& leaf : leaves) leaf.scored = false;
    } else if ((variant & kNegated) != 0) {
      nodes[4] = {VS_BM25_NOT, 0, 0, 3, 0};
      nodes[5] = {kinds[shape / 3 % 2], 0, 0, 2, 4};
      query.n_nodes = 6;
      leaves[2].scored = false;
    }
  }
};

bool InOrder(const VsBm25Result& a, const VsBm25Result& b) {
  return a.score != b.score ? a.score > b.score : a.row <= b.row;  // damaged: two documents may be one row
}

void Attempt(Damaged* damaged, const Query& query, uint8_t variant, const VsBm25Memory& memory) {
  static constexpr uint8_t weights[VS_BM25_CLASSES] = {0, 1, 2, 255};
  if (setjmp(damaged->error) != 0) return;
  const VsBm25Source source = damaged->source();
  VsBm25Searcher* searcher = vs_bm25_searcher(
      &memory, &query.query, (variant & kWeights) != 0 ? weights : kAllAlike.data(), &NoInterrupts);
  uint64_t df[3] = {};
  vs_bm25_lookup(searcher, &damaged->info, &source, df, 1000);
  const double idf[3] = {2, 3, 1};
  const VsBm25Model model = {1.2, 0.75, 2, 30, idf};
  VsBm25Top* top = vs_bm25_top(&memory);
  VsBm25Result last = {};
  for (int batch = 0; batch < 3; ++batch) {
    vs_bm25_top_reset(top, 10, batch == 0 ? nullptr : &last);
    vs_bm25_search(searcher, &damaged->info, &source, &model, top);
    const VsBm25Result* results;
    const uint32_t n = vs_bm25_top_sorted(top, &results);
    Expect(n <= 10);
    for (uint32_t i = 0; i < n; ++i) {
      if (batch > 0 || i > 0) Expect(InOrder(last, results[i]));
      last = results[i];
    }
    if (n < 10) break;
  }
  uint32_t found = 0;
  vs_bm25_matches(searcher, &damaged->info, &source, &found,
                  [](void* context, VsBm25Row) { ++*static_cast<uint32_t*>(context); });
  Expect(found <= damaged->info.n_docs);
}

void Verify(Damaged* damaged, const VsBm25Memory& memory) {
  if (setjmp(damaged->error) != 0) return;
  const VsBm25Source source = damaged->source();
  vs_bm25_verify(&memory, &damaged->info, &source, nullptr, [](void*, const char*) {}, &NoInterrupts);
}

void Merge(Damaged* damaged, Segment* merged, const VsBm25Memory& memory) {
  if (setjmp(damaged->error) != 0) return;
  const VsBm25Segment* infos[] = {&damaged->info};
  const VsBm25Source source = damaged->source();
  const VsBm25Sink sink = merged->sink();
  vs_bm25_merge(&memory, 1, infos, &source, &sink, &merged->info, &NoInterrupts);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto sound = Build(Documents(), 0, Documents().size());
  if (size < 2) return 0;
  Damaged damaged(*sound);
  if ((data[1] & kDead) != 0) --damaged.info.n_live;
  for (size_t i = 2; i + 4 < size; i += 5) {
    std::vector<Page>& stream = damaged.streams[data[i] % VS_BM25_STREAMS];
    Page& page = stream[data[i + 1] % stream.size()];
    page[(data[i + 2] << 8 | data[i + 3]) % VS_BM25_PAYLOAD] = data[i + 4];
  }
  Arena arena;
  const VsBm25Memory memory = arena.memory();
  switch (data[0] / kQueries) {
    case 0: {
      const Query query(data[0], data[1]);
      Attempt(&damaged, query, data[1], memory);
      break;
    }
    case 1:
      Verify(&damaged, memory);
      break;
    default: {
      Segment merged;
      Merge(&damaged, &merged, memory);
    }
  }
  return 0;
}
