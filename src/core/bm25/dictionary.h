// SPDX-License-Identifier: PostgreSQL
//
// dictionary.h - finding terms of a segment, and going through them in order.
//
// Owns: nothing; pages are the source's, and valid until its next read.
#ifndef VECSTORE_CORE_BM25_DICTIONARY_H
#define VECSTORE_CORE_BM25_DICTIONARY_H

#include "bridge/bm25_segment.h"
#include "core/bm25/writer.h"

namespace vecstore {
namespace bm25 {

// A value: df, then a list or where one is.
constexpr size_t kMaxValue = 2 * kMaxVarint + kInlineBytes + 1;

// What the dictionary knows of a term.
struct TermInfo {
  uint32_t df;
  uint32_t inline_bytes;  // 0: the postings lie in blocks, from skip first_skip on
  uint32_t first_skip;
  uint8_t inlined[kInlineBytes + kPackedSlack];  // a damaged list may end within a number: zeros, which end it
};

// Entries of one page.
class KeyCursor {
 public:
  uint8_t key[kMaxLexeme];
  uint32_t length;
  const uint8_t* value;
  uint32_t value_length;

  bool Valid() const;
  void First(const uint8_t* page);
  void Next();
  void Seek(const uint8_t* page, const uint8_t* wanted, uint32_t wanted_length);

 private:
  void Start(const uint8_t* page, const uint8_t* at, uint32_t entries);
  void SeekOn(const uint8_t* wanted, uint32_t wanted_length);
  void Read();
  bool PeekLengths(uint32_t* shared, uint32_t* further, const uint8_t** bytes) const;

  const uint8_t* at_;
  const uint8_t* end_;  // of the page
  uint32_t left_;
};

class Dictionary {
 public:
  void Init(const VsBm25Segment* segment, const VsBm25Source* source);
  // cursor: memory to work with.
  bool Find(const uint8_t* lexeme, uint32_t length, KeyCursor* cursor, TermInfo* term) const;
  uint32_t LeafOf(const uint8_t* lexeme, uint32_t length, KeyCursor* cursor) const;
  const uint8_t* Page(uint32_t page) const;
  static void Parse(const KeyCursor& cursor, TermInfo* term);
  static void ParseNumber(const KeyCursor& cursor, uint32_t* number);

 private:
  const VsBm25Segment* segment_;
  const VsBm25Source* source_;
};

// Terms in order, from the first or from a lexeme on.  Large: it holds a page.
class TermScan {
 public:
  bool valid;
  TermInfo term;
  const uint8_t* key() const { return cursor_.key; }
  uint32_t key_length() const { return cursor_.length; }

  void Begin(const VsBm25Segment* segment, const VsBm25Source* source);
  void BeginAt(const VsBm25Segment* segment, const VsBm25Source* source, const uint8_t* lexeme,
               uint32_t length);
  void Next();

 private:
  void ReadLeaf(uint32_t leaf);
  void Load();

  Dictionary dictionary_;
  uint32_t leaves_, leaf_;
  KeyCursor cursor_;
  uint8_t page_[VS_BM25_PAYLOAD];
};

}  // namespace bm25
}  // namespace vecstore

#endif
