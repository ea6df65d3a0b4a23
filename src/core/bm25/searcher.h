// SPDX-License-Identifier: PostgreSQL
//
// searcher.h - a query and the segment it is being asked of.
//
// Owns: the postings of the query's leaves in that segment, and how documents are judged.  Documents
// are judged in ascending order within a segment.
#ifndef VECSTORE_CORE_BM25_SEARCHER_H
#define VECSTORE_CORE_BM25_SEARCHER_H

#include "core/bm25/cursor.h"
#include "core/bm25/top.h"

namespace vecstore {
namespace bm25 {

// Lengths of documents: pages that were read are kept, up to a number that bounds the memory (4 MB).
class Lengths {
 public:
  void Init(const Memory& memory);
  void Open(const VsBm25Source* source);
  uint16_t Of(uint32_t doc) {
    const uint32_t page = doc / VS_BM25_LENGTHS_PER_PAGE, slot = page % kSlots;
    if (pages_[slot] != page) Read(page);
    return slots_[slot][doc % VS_BM25_LENGTHS_PER_PAGE];
  }

 private:
  static constexpr uint32_t kSlots = 512;
  void Read(uint32_t page);

  Memory memory_;
  const VsBm25Source* source_;
  uint32_t pages_[kSlots];
  uint16_t* slots_[kSlots];
};

// Where a walk through a list stands.
struct Walk {
  Block block;     // decoded, if its number is not kNoDoc
  uint32_t at;     // block to look at next: blocks before end too early
  uint32_t index;  // in the decoded block
};

struct LeafState {
  bool required;         // every document that matches has it
  bool wants_positions;  // in a phrase, or of some classes only
  PostingList list;
  Walk judge;           // for documents that are judged
  Walk drive;           // for finding them
  GrowArray<float> bounds;  // of each block, never too low
  // what the decoded block of `drive` scores
  uint32_t scored_block;
  float scores[kBlockRoom];
};

}  // namespace bm25
}  // namespace vecstore

struct VsBm25Searcher {
  using Memory = vecstore::Memory;

  // of the query
  Memory memory;
  vecstore::bm25::Matcher matcher;
  const VsBm25Query* query;
  uint8_t weights[VS_BM25_CLASSES];
  void (*check_interrupts)(void);
  vecstore::bm25::LeafState* leaves;
  int n_required;
  bool matches_anything;  // also documents that have none of the leaves
  bool any_leaf_matches;  // the query is an OR of leaves
  VsBm25Hit* hits;
  bool* boosted;
  vecstore::GrowArray<uint16_t>* wanted_positions;  // of each leaf: those of its classes
  VsBm25Counters counters;

  // of the segment
  const VsBm25Segment* segment;
  const VsBm25Source* source;
  const VsBm25Model* model;  // NULL: nothing is scored
  bool lossy;                // positions are wanted and lacking: every candidate matches
  vecstore::bm25::Lengths lengths;
  uint32_t interrupt_countdown;

  void Open(const VsBm25Segment* of, const VsBm25Source* from);
  void OpenLeaf(int leaf);
  void FindBounds(int leaf);
  double MaxBoost(int leaf) const;

  // The first document >= doc in a leaf's list, kNoDoc if none; then the walk stands there.
  uint32_t Advance(int leaf, vecstore::bm25::Walk* walk, uint32_t doc);
  bool Has(int leaf, uint32_t doc);  // judging
  bool IsLive(uint32_t doc) const;
  VsBm25Row RowOf(uint32_t doc) const;
  bool Matches(uint32_t doc);
  // The score of a document of which Matches said yes.
  double ScoreOf(uint32_t doc);
  void Judge(uint32_t doc, VsBm25Top* top);
  void ScoreBlock(int leaf, uint32_t number);
  void ReadHit(int leaf, uint32_t doc);
  void CheckInterrupts();

  // drivers
  int* SortRequired(int* n) const;
  void SearchAll(VsBm25Top* top);
  bool MayReach(uint32_t doc, double bound, double threshold);
  void SearchOne(int leaf, VsBm25Top* top);
  void SearchAny(VsBm25Top* top);
};

#endif
