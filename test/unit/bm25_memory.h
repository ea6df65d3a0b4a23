// SPDX-License-Identifier: PostgreSQL
//
// bm25_memory.h - segments in memory, and random documents.
#ifndef VECSTORE_TEST_UNIT_BM25_MEMORY_H
#define VECSTORE_TEST_UNIT_BM25_MEMORY_H

#include <stdlib.h>
#include <string.h>

#include <array>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <unordered_set>
#include <vector>

#include "bridge/bm25_segment.h"

namespace bm25_memory {

// Gives everything back at the end of the test, as a memory context does.  What was grown is gone at once.
class Arena {
 public:
  ~Arena() {
    for (void* p : blocks_) free(p);
  }
  VsBm25Memory memory() { return {this, &Grow}; }

 private:
  static void* Grow(void* context, void* old, size_t old_bytes, size_t new_bytes) {
    Arena* arena = static_cast<Arena*>(context);
    void* p = malloc(new_bytes > 0 ? new_bytes : 1);
    if (old != nullptr) {
      memcpy(p, old, std::min(old_bytes, new_bytes));
      memset(old, 0xA5, old_bytes);
      free(old);
      arena->blocks_.erase(old);
    }
    arena->blocks_.insert(p);
    return p;
  }
  std::unordered_set<void*> blocks_;
};

using Page = std::array<uint8_t, VS_BM25_PAYLOAD>;

struct Segment {
  VsBm25Segment info = {};
  std::vector<std::unique_ptr<Page>> streams[VS_BM25_STREAMS];
  // What read() returns is overwritten by the next read, to catch pointers that are kept; slow.
  bool forgetful = true;
  Page current[2];
  int turn = 0;

  VsBm25Sink sink() { return {this, &Write}; }
  VsBm25Source source() { return {this, &Read, nullptr, 0}; }
  void Kill(uint32_t doc) {
    (*streams[VS_BM25_LIVE][doc / VS_BM25_LIVE_PER_PAGE])[doc % VS_BM25_LIVE_PER_PAGE / 8] &=
        static_cast<uint8_t>(~(1 << (doc % 8)));
    --info.n_live;
  }

  static void Write(void* context, VsBm25Stream stream, const void* payload) {
    auto page = std::make_unique<Page>();
    memcpy(page->data(), payload, VS_BM25_PAYLOAD);
    static_cast<Segment*>(context)->streams[stream].push_back(std::move(page));
  }
  static const uint8_t* Read(void* context, VsBm25Stream stream, uint32_t page) {
    Segment* segment = static_cast<Segment*>(context);
    if (!segment->forgetful) return segment->streams[stream].at(page)->data();
    memset(segment->current[segment->turn].data(), 0xA5, VS_BM25_PAYLOAD);
    segment->turn ^= 1;
    segment->current[segment->turn] = *segment->streams[stream].at(page);
    return segment->current[segment->turn].data();
  }
};

// lexeme to positions, as in a tsvector
using Document = std::map<std::string, std::vector<uint16_t>>;

using Weights = std::array<uint8_t, VS_BM25_CLASSES>;
constexpr Weights kAllAlike = {1, 1, 1, 1};

inline uint32_t LengthOf(const Document& document, const Weights& weights = kAllAlike) {
  uint32_t length = 0;
  for (const auto& [lexeme, positions] : document) {
    length += positions.empty();
    for (uint16_t position : positions) length += weights[position >> 14];
  }
  return std::min<uint32_t>(length, VS_BM25_MAX_LEN);
}

// Words with a distribution as texts have it; some documents have no positions, or lack those of some
// words, or have many, or classes (one of classes_every), or several words at one position.
inline std::vector<Document> RandomDocuments(int n, int words, uint32_t seed, int classes_every = 20) {
  std::mt19937 random(seed);
  std::vector<Document> documents(n);
  for (Document& document : documents) {
    const int length = static_cast<int>(random() % 60);
    const bool stripped = random() % 50 == 0, classes = random() % classes_every == 0;
    const bool gaps = random() % 40 == 0, dense = random() % 20 == 0;
    int position = 0;
    for (int i = 0; i < length; ++i) {
      const double u = (random() % 100000 + 1) / 100001.0;
      const int word = static_cast<int>(words * u * u * u * u);
      position += !(dense && random() % 3 == 0) + (random() % 30 == 0 ? static_cast<int>(random() % 400) : 0);
      std::vector<uint16_t>& at = document[std::string("w") + std::to_string(word * 7919 % words)];
      if (stripped || at.size() == 256 || position == 0 || position > 16383) continue;
      if (gaps && word % 3 == 0) continue;
      if (!at.empty() && (at.back() & 0x3FFF) == position) continue;
      at.push_back(static_cast<uint16_t>(position | (classes ? random() % 4 << 14 : 0)));
    }
  }
  return documents;
}

inline VsBm25Row RowOf(uint32_t i) {
  const uint32_t block = i / 20;
  return {static_cast<uint16_t>(block >> 16), static_cast<uint16_t>(block),
          static_cast<uint16_t>(i % 20 + 1)};
}

// The same rows in another order.
inline VsBm25Row ScatteredRowOf(uint32_t i) { return RowOf(i * 2654435761u >> 8); }

inline void Add(VsBm25Inverter* inverter, VsBm25Row row, const Document& document,
                const Weights& weights = kAllAlike) {
  vs_bm25_inverter_document(inverter, row, LengthOf(document, weights));
  std::vector<VsBm25Lexeme> lexemes;
  for (const auto& [lexeme, positions] : document) {
    lexemes.push_back({lexeme.data(), static_cast<uint32_t>(lexeme.size()),
                       static_cast<uint32_t>(positions.size()), positions.data()});
  }
  vs_bm25_inverter_lexemes(inverter, lexemes.data(), lexemes.size());
}

// Documents [begin, end), row i for document i.
inline std::unique_ptr<Segment> Build(const std::vector<Document>& documents, size_t begin,
                                      size_t end, bool positions = true, const Weights& weights = kAllAlike,
                                      VsBm25Row (*row_of)(uint32_t) = RowOf, bool group_copies = false) {
  Arena arena;
  const VsBm25Memory memory = arena.memory();
  auto segment = std::make_unique<Segment>();
  VsBm25Inverter* inverter = vs_bm25_inverter(&memory, weights.data(), positions, group_copies);
  for (size_t i = begin; i < end; ++i) Add(inverter, row_of(static_cast<uint32_t>(i)), documents[i], weights);
  const VsBm25Sink sink = segment->sink();
  vs_bm25_inverter_write(inverter, &sink, &segment->info, [] {});
  return segment;
}

}  // namespace bm25_memory

#endif
