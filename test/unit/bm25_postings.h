// SPDX-License-Identifier: PostgreSQL
//
// bm25_postings.h - all postings of a segment, as read from it and as they should be.
#ifndef VECSTORE_TEST_UNIT_BM25_POSTINGS_H
#define VECSTORE_TEST_UNIT_BM25_POSTINGS_H

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "bm25_memory.h"
#include "core/bm25/cursor.h"

namespace bm25_memory {

using namespace vecstore::bm25;

struct Posting {
  uint32_t doc, tf;
  std::vector<uint16_t> positions;
  bool operator==(const Posting& other) const {
    return doc == other.doc && tf == other.tf && positions == other.positions;
  }
};
using Postings = std::map<std::string, std::vector<Posting>>;

inline Postings Truth(const std::vector<Document>& documents, bool positions = true) {
  Postings truth;
  for (size_t i = 0; i < documents.size(); ++i) {
    for (const auto& [lexeme, at] : documents[i]) {
      const uint32_t tf = at.empty() ? 1 : static_cast<uint32_t>(at.size());
      truth[lexeme].push_back({static_cast<uint32_t>(i), tf, positions ? at : std::vector<uint16_t>()});
    }
  }
  return truth;
}

// Calls with(lexeme, list) for every list of a segment.
template <class With>
void ForLists(Segment* segment, bool positions, With with) {
  Arena arena;
  const VsBm25Memory memory = arena.memory();
  const VsBm25Source source = segment->source();
  auto terms = std::make_unique<TermScan>();
  PostingList list;
  list.Init(HostMemory(&memory));
  for (terms->Begin(&segment->info, &source); terms->valid; terms->Next()) {
    list.Clear(&segment->info, &source, positions);
    list.Open(terms->term);
    with(std::string(reinterpret_cast<const char*>(terms->key()), terms->key_length()), &list);
  }
}

inline Postings ReadAll(Segment* segment) {
  Postings all;
  ForLists(segment, true, [&all](const std::string& lexeme, PostingList* list) {
    std::vector<Posting>& postings = all[lexeme];
    Block block;
    for (uint32_t b = 0; b < list->n_blocks; ++b) {
      list->Decode(b, &block);
      list->ReadTfs(&block);
      EXPECT_EQ(block.docs[block.n - 1], list->last_doc(b));
      for (uint32_t i = 0; i < block.n; ++i) {
        uint32_t n;
        const uint16_t* at = list->Positions(block, i, &n);
        postings.push_back({block.docs[i], block.tfs[i], std::vector<uint16_t>(at, at + n)});
      }
    }
  });
  return all;
}

}  // namespace bm25_memory

#endif
