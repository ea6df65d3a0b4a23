// SPDX-License-Identifier: PostgreSQL
//
// leapfrog.h - the documents that every required list has.
//
// Lists move to each other's documents in turns, the rarest first.  Owns: nothing; the places in the lists are the
// searcher's.
#ifndef VECSTORE_CORE_BM25_LEAPFROG_H
#define VECSTORE_CORE_BM25_LEAPFROG_H

#include "core/bm25/searcher.h"

namespace vecstore {
namespace bm25 {

// Documents that every required list has.
class Leapfrog {
 public:
  Leapfrog(VsBm25Searcher* searcher) : searcher_(searcher) {
    required_ = searcher->SortRequired(&n_);
  }
  // The first one >= doc, kNoDoc if none.
  uint32_t Next(uint32_t doc) {
    doc = Step(0, doc);
    for (int i = 1; i < n_ && doc != kNoDoc;) {
      const uint32_t found = Step(i, doc);
      if (found == doc) {
        ++i;
        continue;
      }
      doc = found == kNoDoc ? kNoDoc : Step(0, found);
      i = 1;
    }
    return doc;
  }
  // The next one of the rarest list alone.
  uint32_t Lead(uint32_t doc) { return Step(0, doc); }

 private:
  uint32_t Step(int i, uint32_t doc) {
    const int leaf = required_[i];
    return searcher_->Advance(leaf, &searcher_->leaves[leaf].drive, doc);
  }
  VsBm25Searcher* searcher_;
  int* required_;
  int n_;
};

}  // namespace bm25
}  // namespace vecstore

#endif
