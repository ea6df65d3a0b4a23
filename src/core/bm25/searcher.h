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

// Where a walk through a list stands.
struct Walk {
  Block block;     // decoded, if its number is not kNoDoc
  uint32_t at;     // block to look at next: blocks before end too early
  uint32_t index;  // in the decoded block

  bool StandsAt(uint32_t doc) const {
    return block.number != kNoDoc && index < block.n && block.docs[index] == doc;
  }
};

// Documents of a window at most.
constexpr uint32_t kWindow = 8192;

// Of a search for any leaf; zero between its windows.
struct Window {
  float sums[kWindow];
  uint64_t worth[kWindow / 64];   // documents that may be good enough
  uint16_t touched[kWindow + 1];  // those that have a sum, and room for one more
};

// Not found yet.
constexpr float kNoBound = -1;

// How far sums in single precision may be off.
inline double Slack(int terms) { return 1 - 1e-6 * (2 + terms); }

struct LeafState {
  bool required;         // every document that matches has it
  bool wants_positions;  // in a phrase, or of some classes only
  PostingList list;
  Walk judge;           // for documents that are judged
  Walk drive;           // for finding them
  GrowArray<float> bounds;  // of each block, never too low; kNoBound: not found yet
  // what the decoded block of `drive` scores
  uint32_t scored_block;
  float scores[kBlockRoom];

  // Of the document that a walk of the list stands at.
  uint32_t TfAt(Walk* walk) {
    list.ReadTfs(&walk->block);
    return walk->block.tfs[walk->index];
  }
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
  vecstore::bm25::Window* window;  // NULL until it is needed

  // of the segment
  const VsBm25Segment* segment;
  const VsBm25Source* source;
  const VsBm25Model* model;  // NULL: nothing is scored
  bool lossy;                // positions are wanted and lacking: every candidate matches
  uint32_t interrupt_countdown;

  void Open(const VsBm25Segment* of, const VsBm25Source* from);
  void OpenLeaf(int leaf);
  double FindBound(int leaf, uint32_t block) const;
  void ForgetBounds(int leaf);
  // What a document of the block can score for the leaf at most.
  double Bound(int leaf, uint32_t block);
  double MaxBoost(int leaf) const;

  // The first document >= doc in a leaf's list, kNoDoc if none; then the walk stands there.
  uint32_t Advance(int leaf, vecstore::bm25::Walk* walk, uint32_t doc);
  bool Has(int leaf, uint32_t doc);  // judging
  bool IsLive(uint32_t doc) const;
  // Of ascending documents.
  void ReadLengths(const uint32_t* docs, uint32_t n, uint16_t* lengths) const;
  uint16_t LengthOf(uint32_t doc) const;
  VsBm25Row RowOf(uint32_t doc) const;
  bool Matches(uint32_t doc);
  // The score of a document of which Matches said yes.
  double ScoreOf(uint32_t doc);
  void Judge(uint32_t doc, VsBm25Top* top);
  void ScoreBlock(int leaf, uint32_t number);
  vecstore::bm25::Walk* WalkAt(int leaf, uint32_t doc);
  void ReadHit(int leaf, uint32_t doc);
  void CheckInterrupts(uint32_t work = 1);  // in decoded blocks

  // drivers
  int* SortRequired(int* n) const;
  void SearchAll(VsBm25Top* top);
  bool MayReach(uint32_t doc, double bound, double threshold);
  void SearchOne(int leaf, VsBm25Top* top);
  void SearchAny(VsBm25Top* top);
};

#endif
