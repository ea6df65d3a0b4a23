// SPDX-License-Identifier: PostgreSQL
//
// term_cache.h - what dictionaries said of the terms asked for last.
//
// Owns: answers.  A statement looks its terms up for the planner, for statistics and for the search; segments never
// change and their ids are not used again, so an answer stays right until its index is built anew in the same file.
#ifndef VECSTORE_CORE_BM25_TERM_CACHE_H
#define VECSTORE_CORE_BM25_TERM_CACHE_H

#include "bridge/bm25_segment.h"
#include "core/bm25/dictionary.h"

namespace vecstore {
namespace bm25 {

// As Dictionary::Find, by way of the source's cache if it has one.
bool FindTerm(const VsBm25Segment* segment, const VsBm25Source* source, const uint8_t* lexeme,
              uint32_t length, TermInfo* term);

}  // namespace bm25
}  // namespace vecstore

#endif
