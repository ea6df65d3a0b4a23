// SPDX-License-Identifier: PostgreSQL
//
// writer.h - a segment, written term by term.
//
// Owns: the pages being filled.  Terms come in the order of CompareLexemes, the postings of a term in
// the order of documents.  Every stream goes through one PageStream, so pages leave in order.
#ifndef VECSTORE_CORE_BM25_WRITER_H
#define VECSTORE_CORE_BM25_WRITER_H

#include "bridge/bm25_segment.h"
#include "core/base/grow_array.h"
#include "core/bm25/bytes.h"
#include "core/bm25/match.h"
#include "core/bm25/patched.h"

namespace vecstore {
namespace bm25 {

// Lists that are this short lie in the dictionary.
constexpr uint32_t kInlinePostings = 8;
constexpr size_t kInlineBytes = 64;
// Entries of a dictionary page between two that spell their lexeme in full.
constexpr int kRestartInterval = 16;
// A lexeme of a tsvector is shorter.
constexpr size_t kMaxLexeme = 2048;
constexpr uint32_t kMaxPositions = 256;

// Bytes of one stream, handed to the sink a page at a time.
struct PageStream {
  const VsBm25Sink* sink;
  VsBm25Stream stream;
  uint32_t page;  // being filled
  uint32_t used;
  uint8_t* bytes;  // VS_BM25_PAYLOAD

  void Init(const Memory& memory, const VsBm25Sink* to, VsBm25Stream which);
  void Put(const void* data, size_t n);   // may run over the end of a page
  void Align(uint32_t n);                 // so that the next n bytes lie on one page
  uint32_t Finish();                      // pages in all
  void Flush();
};

// Pages of sorted keys with values: leaves of the dictionary, and the levels above them.
struct KeyPage {
  uint8_t bytes[VS_BM25_PAYLOAD];
  uint32_t used;
  uint32_t entries;
  uint16_t restarts[VS_BM25_PAYLOAD / kRestartInterval];
  uint32_t n_restarts;
  uint8_t last[kMaxLexeme];
  uint32_t last_length;

  void Clear();
  bool empty() const { return entries == 0; }
  // False: no room.
  bool Add(const uint8_t* key, uint32_t length, const uint8_t* value, uint32_t value_length);
  void Finish();  // puts the restarts where a reader finds them
};

class TermScan;

// A page of the dictionary and its first key, for the level above.
struct PageKey {
  uint32_t page;
  uint32_t key, length;  // in keys_
};

class SegmentWriter {
 public:
  // lengths: of each document, until Finish; avg_len: decides only how tight bounds are.
  void Init(const Memory& memory, const VsBm25Sink* sink, bool positions, const uint16_t* lengths,
            uint32_t n_docs, double avg_len);
  void Term(const uint8_t* lexeme, uint32_t length);
  // Positions as in a tsvector.
  void Posting(uint32_t doc, uint32_t tf, const uint16_t* positions, uint32_t n_positions);
  void EndTerm();
  // A term whose list is in another part of the same segment, behind so many skips.
  void CopyTerm(const TermScan& terms, uint32_t skips_before);
  // rows: of each document.
  void Finish(const VsBm25Row* rows, VsBm25Segment* segment);
  // Without what a segment has once: upper levels of the dictionary, and the streams of documents.
  void FinishPart(VsBm25Segment* part);

 private:
  void AddTerm(uint32_t df, const uint8_t* list, size_t inline_bytes, uint32_t first_skip);
  void Count(VsBm25Segment* segment);
  void EndLeaves(VsBm25Segment* segment);
  bool PutInline(uint8_t* out, size_t* bytes) const;
  void FlushBlock();
  void WriteDocs(VsBm25Skip* skip);
  void WritePositions(VsBm25Skip* skip);
  uint32_t FindFront(VsBm25Impact* front) const;
  void FindImpacts(VsBm25Skip* skip);
  void AddToDictionary(const uint8_t* value, uint32_t length);
  void EndLeaf();
  void WriteUpperLevels(VsBm25Segment* segment);
  void PutNumbers(PageStream* out, const uint32_t* numbers, size_t n, unsigned bits);
  void PutRow(PageStream* out, const uint32_t* numbers, size_t n, unsigned bits);
  void PutPatches(PageStream* out, const uint32_t* numbers, size_t n, const Widths& widths);

  Memory memory_;
  PageStream streams_[VS_BM25_STREAMS];
  bool positions_;
  const uint16_t* lengths_;
  uint32_t n_docs_;
  double avg_len_;

  uint8_t lexeme_[kMaxLexeme];
  uint32_t lexeme_length_;
  uint32_t df_;
  uint32_t first_skip_, n_skips_;
  uint32_t block_before_;  // last document of the block before; ~0: none
  uint32_t n_;             // postings in the block
  uint32_t docs_[VS_BM25_BLOCK], tfs_[VS_BM25_BLOCK], counts_[VS_BM25_BLOCK];
  GrowArray<uint16_t> block_positions_;
  GrowArray<uint8_t> packed_;
  GrowArray<uint32_t> numbers_;

  KeyPage* leaf_;
  GrowArray<PageKey> page_keys_;
  GrowArray<uint8_t> keys_;
  uint32_t n_terms_;
  uint64_t n_postings_;
};

}  // namespace bm25
}  // namespace vecstore

#endif
