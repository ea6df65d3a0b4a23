// SPDX-License-Identifier: PostgreSQL
//
// cursor.h - the postings of a leaf of a query in one segment, block by block.
//
// Owns: decoded blocks.  A leaf is one list of the segment, or, for a prefix and for lists that lie in the
// dictionary, an array made once; both look like blocks of VS_BM25_BLOCK documents with a last
// document and impacts each.
#ifndef VECSTORE_CORE_BM25_CURSOR_H
#define VECSTORE_CORE_BM25_CURSOR_H

#include "bridge/bm25_segment.h"
#include "bridge/kernels.h"
#include "core/base/grow_array.h"
#include "core/bm25/dictionary.h"
#include "core/bm25/patched.h"

namespace vecstore {
namespace bm25 {

constexpr uint32_t kNoDoc = ~uint32_t{0};
// Kernels read and write whole vectors.
constexpr uint32_t kBlockRoom = VS_BM25_BLOCK + 16;
// In an impact: so often or more.  No list of one lexeme has it; the lexemes of a prefix may have it together.
constexpr uint16_t kAnyTf = UINT16_MAX;
static_assert(kMaxPositions * VS_BM25_MAX_WEIGHT < kAnyTf, "a frequency that is exact");

// A stream that is read at byte offsets.
void CopyBytes(const VsBm25Source* source, VsBm25Stream stream, uint32_t page, uint32_t offset,
               size_t n, uint8_t* out);

// The decoded postings of a block.  Most documents that are looked at are looked for in vain: frequencies are decoded
// when somebody asks for one.
struct Block {
  uint32_t number;  // kNoDoc: none
  uint32_t n;
  bool has_tfs;
  uint32_t tfs_offset;  // of the packed ones, from the page where the block begins
  VsBm25Patches tf_patches;
  uint32_t docs[kBlockRoom];  // kNoDoc from n up to VS_BM25_BLOCK
  uint32_t tfs[kBlockRoom];

  // Of the first document >= doc; n if there is none.
  uint32_t IndexOf(uint32_t doc) const { return vs_kernels()->docs_before(docs, doc); }
};

class PostingList {
 public:
  uint32_t df;
  uint32_t n_blocks;

  // Once; memory is kept from segment to segment.
  void Init(const Memory& memory);
  // Of a segment, without postings.  wanted: positions of arrays are kept.
  void Clear(const VsBm25Segment* segment, const VsBm25Source* source, bool wanted);
  // Of the lists of an array only positions of these classes count, if positions are stored; tf is the
  // sum of their weights.  After Clear.
  void Restrict(uint8_t classes, const uint8_t weights[VS_BM25_CLASSES]);
  void Open(const TermInfo& term);  // a list of the segment
  // An array instead: one or more lists together.
  void OpenUnion();
  void AddToUnion(const TermInfo& term, const VsBm25Segment* segment);
  void CloseUnion(void (*check_interrupts)(void));  // NULL: it is short

  uint32_t last_doc(uint32_t block) const { return skips_[block].last_doc; }
  const VsBm25Skip& skip(uint32_t block) const { return skips_[block]; }
  // The first block at or after `from` that may have `doc` or a later document; n_blocks if none.
  uint32_t BlockOf(uint32_t doc, uint32_t from) const;
  void Decode(uint32_t block, Block* out) const;
  // Before tfs of the block are looked at.
  void ReadTfs(Block* block) const {
    if (!block->has_tfs) DecodeTfs(block);
  }
  // Positions of a posting of a decoded block with tfs, as in a tsvector.  Valid until the next call.  None if one
  // of several lexemes has none: nobody knows where it is.
  const uint16_t* Positions(const Block& block, uint32_t index, uint32_t* n);
  // Before Positions is called for all postings of the block: reads them together.
  void ReadPositions(const Block& block);

 private:
  struct ArrayPosting {
    uint32_t doc, tf;
    uint32_t positions, n_positions;  // in array_positions_
    bool nowhere;                     // a lexeme without positions
  };

  // Positions of the block that was asked for last.
  struct Located {
    uint32_t block;  // kNoDoc: none
    uint32_t page;   // where its positions begin, and from there:
    uint32_t numbers, high, classes;  // offsets, which may lie on later pages
    unsigned width;
    uint32_t before[VS_BM25_BLOCK + 1];  // of each posting
    VsBm25Patches patches;
    bool bitmap;  // which ones: a bit for each, or their indexes
    union {
      uint64_t bits[kMaxBitmap / 8 + 1];
      uint16_t indexes[kMaxPatches];
    };
  };

  void ReadSkips(uint32_t first, uint32_t n);
  void DecodeTfs(Block* block) const;
  void AddInline(const TermInfo& term);
  void AddList();
  void AddPosting(ArrayPosting posting);
  void UnpackNumbers(const uint8_t* packed, size_t n, unsigned bits, uint32_t* out) const;
  uint32_t DocsInBlock(uint32_t block) const;
  void MergePostings(void (*check_interrupts)(void));
  void SortPositions(ArrayPosting* posting);
  void Locate(const Block& block);
  void FindPositions(uint32_t begin, uint32_t end);
  uint32_t FindPatches(size_t first, size_t n, uint16_t* at, uint32_t* before) const;
  void PatchPositions(size_t first, size_t n, uint16_t* positions) const;
  void ReadClasses(size_t first, size_t n, uint16_t* positions) const;

  Memory memory_;
  const VsBm25Source* source_;
  uint32_t n_docs_;
  bool stored_;  // positions are in the segment
  bool wanted_;  // and arrays keep them
  bool array_;
  uint8_t classes_;  // of an array: 0 = all
  uint8_t weights_[VS_BM25_CLASSES];
  GrowArray<VsBm25Skip> skips_;
  GrowArray<ArrayPosting> postings_;
  GrowArray<uint16_t> array_positions_;
  GrowArray<uint16_t> found_;
  bool found_all_;  // of the located block, not of one of its postings
  Located located_;
  PostingList* part_;  // of a union, being read
  Block* part_block_;
};

}  // namespace bm25
}  // namespace vecstore

#endif
