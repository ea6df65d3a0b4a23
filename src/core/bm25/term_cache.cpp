// SPDX-License-Identifier: PostgreSQL
//
// term_cache.cpp - a small direct-mapped cache of terms, keyed by index, segment and lexeme.
//
// Owns: its slots.  One is written only when the answer is known: reading a dictionary may not return.

#include "core/bm25/term_cache.h"

#include "core/bm25/match.h"

namespace vecstore {
namespace bm25 {
namespace {

// The terms of a statement or two, in a few segments.
constexpr uint32_t kSlots = 256;
// Longer lexemes are rare and looked up each time.
constexpr uint32_t kLongest = 44;

struct CachedTerm {
  uint64_t index;
  uint32_t segment;
  uint8_t length;  // 0: the slot is free
  bool found;
  uint8_t lexeme[kLongest];
  TermInfo term;

  bool Holds(const VsBm25Segment* of, const VsBm25Source* source, const uint8_t* wanted,
             uint32_t wanted_length) const {
    return length == wanted_length && segment == of->id && index == source->index &&
           memcmp(lexeme, wanted, wanted_length) == 0;
  }
};

// FNV-1a, begun with index and segment.  Multiplying carries upwards only: the number of a segment, which is small, goes to the
// low bits, or all segments would share a slot.
uint32_t HashOf(const VsBm25Segment* segment, const VsBm25Source* source, const uint8_t* lexeme,
                uint32_t length) {
  uint64_t hash = (0xcbf29ce484222325 ^ source->index ^ segment->id) * 0x100000001b3;
  for (uint32_t i = 0; i < length; ++i) hash = (hash ^ lexeme[i]) * 0x100000001b3;
  return static_cast<uint32_t>(hash ^ hash >> 32);
}

}  // namespace
}  // namespace bm25
}  // namespace vecstore

struct VsBm25TermCache {
  vecstore::bm25::CachedTerm slots[vecstore::bm25::kSlots];
};

VsBm25TermCache* vs_bm25_term_cache(const VsBm25Memory* memory) {
  VsBm25TermCache* cache = vecstore::bm25::HostMemory(memory).New<VsBm25TermCache>(1);
  vs_bm25_forget_terms(cache);
  return cache;
}

void vs_bm25_forget_terms(VsBm25TermCache* cache) {
  for (vecstore::bm25::CachedTerm& slot : cache->slots) slot.length = 0;
}

namespace vecstore {
namespace bm25 {

bool FindTerm(const VsBm25Segment* segment, const VsBm25Source* source, const uint8_t* lexeme,
              uint32_t length, TermInfo* term) {
  CachedTerm* slot = nullptr;
  if (source->terms != nullptr && length > 0 && length <= kLongest) {
    slot = &source->terms->slots[HashOf(segment, source, lexeme, length) % kSlots];
    if (slot->Holds(segment, source, lexeme, length)) {
      *term = slot->term;
      return slot->found;
    }
  }
  Dictionary dictionary;
  KeyCursor cursor;
  dictionary.Init(segment, source);
  const bool found = dictionary.Find(lexeme, length, &cursor, term);
  if (slot != nullptr) {
    slot->index = source->index;
    slot->segment = segment->id;
    slot->length = static_cast<uint8_t>(length);
    slot->found = found;
    memcpy(slot->lexeme, lexeme, length);
    if (found) slot->term = *term;
  }
  return found;
}

}  // namespace bm25
}  // namespace vecstore
