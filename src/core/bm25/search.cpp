// SPDX-License-Identifier: PostgreSQL
//
// search.cpp - finding the documents worth judging.
//
// Owns: which of the three drivers a ranked search takes, and two of them.  None of them may leave out a document
// whose score is among the best k, and none decides about one: that is Judge's.
//
//   one leaf    its blocks, but for those whose bound does not reach the threshold
//   all leaves  leapfrog over the lists every match has, rarest first, skipping stretches whose
//               bounds do not reach the threshold
//   any leaf    search_any.cpp
//
// Block bounds: Ding & Suel, "Faster top-k document retrieval using block-max indexes", 2011.

#include <algorithm>

#include "bridge/kernels.h"
#include "core/bm25/leapfrog.h"
#include "core/bm25/searcher.h"

using namespace vecstore;
using namespace vecstore::bm25;

// Required leaves, rarest first.
int* VsBm25Searcher::SortRequired(int* n) const {
  int* required = memory.New<int>(query->n_leaves + 1);
  *n = 0;
  for (int i = 0; i < query->n_leaves; ++i) {
    if (leaves[i].required) required[(*n)++] = i;
  }
  std::sort(required, required + *n, [this](int a, int b) {
    return leaves[a].list.df != leaves[b].list.df ? leaves[a].list.df < leaves[b].list.df : a < b;
  });
  return required;
}

namespace {

// What documents from a given one on may score at most, up to where that holds.
class Stretch {
 public:
  Stretch(VsBm25Searcher* searcher) : searcher_(searcher) {
    const int n = searcher->query->n_leaves;
    at_ = searcher->memory.New<uint32_t>(n + 1);
    memset(at_, 0, n * sizeof(*at_));
  }
  // last: of the documents for which the bound holds.
  double Bound(uint32_t doc, uint32_t* last) {
    double bound = 0;
    *last = kNoDoc - 1;
    for (int i = 0; i < searcher_->query->n_leaves; ++i) {
      const LeafState& leaf = searcher_->leaves[i];
      if (!searcher_->query->leaves[i].scored) continue;
      at_[i] = leaf.list.BlockOf(doc, at_[i]);
      if (at_[i] == leaf.list.n_blocks) continue;
      bound += searcher_->Bound(i, at_[i]);
      *last = std::min(*last, leaf.list.last_doc(at_[i]));
    }
    return bound;
  }

 private:
  VsBm25Searcher* searcher_;
  uint32_t* at_;
};

}  // namespace

void VsBm25Searcher::SearchAll(VsBm25Top* top) {
  Leapfrog leapfrog(this);
  Stretch stretch(this);
  uint32_t doc = 0, last = 0;
  double bound = 0;
  bool known = false;
  while ((doc = leapfrog.Lead(doc)) != kNoDoc) {
    if (!known || doc > last) {
      bound = stretch.Bound(doc, &last);
      known = true;
    }
    if (bound < top->threshold()) {
      doc = last + 1;
      continue;
    }
    const uint32_t found = leapfrog.Next(doc);
    if (found == kNoDoc) break;
    if (found <= last && MayReach(found, bound, top->threshold())) Judge(found, top);
    doc = found <= last ? found + 1 : found;
  }
}

// What the lists of a leapfrog have of a document, with the bound of the others: cheaper than to judge it.
bool VsBm25Searcher::MayReach(uint32_t doc, double bound, double threshold) {
  if (threshold == 0) return true;
  const uint16_t len = LengthOf(doc);
  for (int i = 0; i < query->n_leaves; ++i) {
    LeafState& leaf = leaves[i];
    if (!leaf.required || !query->leaves[i].scored) continue;
    bound -= Bound(i, leaf.drive.at);
    bound += vs_bm25_leaf_score(model, i, MaxBoost(i), leaf.TfAt(&leaf.drive), len);
  }
  return bound >= threshold * Slack(query->n_leaves);
}

namespace {

struct BoundedBlock {
  double bound;
  uint32_t block;
  bool operator<(const BoundedBlock& other) const {
    return bound != other.bound ? bound < other.bound : block > other.block;
  }
};

}  // namespace

// Best block first; equal scores in later rows do not displace those found.
void VsBm25Searcher::SearchOne(int leaf, VsBm25Top* top) {
  LeafState* state = &leaves[leaf];
  const PostingList& list = state->list;
  BoundedBlock* blocks = memory.New<BoundedBlock>(list.n_blocks + 1);
  BoundedBlock* end = blocks;
  for (uint32_t b = 0; b < list.n_blocks; ++b) {
    *end++ = {FindBound(leaf, b), b};
  }
  std::make_heap(blocks, end);
  for (; end > blocks; --end) {
    std::pop_heap(blocks, end);
    const BoundedBlock best = end[-1];
    if (best.bound < top->threshold()) break;
    if (best.bound == top->threshold() && segment->rows_ascend) {
      const uint32_t first = best.block == 0 ? 0 : list.last_doc(best.block - 1) + 1;
      if (top->TiesLose(vs_bm25_row_key(RowOf(first)))) continue;
    }
    state->drive.at = best.block;
    ScoreBlock(leaf, best.block);
    for (uint32_t i = 0; i < state->drive.block.n; ++i) {
      state->drive.index = i;
      if (state->scores[i] >= top->threshold() * Slack(1)) Judge(state->drive.block.docs[i], top);
    }
  }
}

// Decodes a block of the driving walk and scores its documents, in single precision.
void VsBm25Searcher::ScoreBlock(int leaf, uint32_t number) {
  LeafState* state = &leaves[leaf];
  Block* block = &state->drive.block;
  if (state->scored_block == number) return;
  if (block->number != number) {
    state->list.Decode(number, block);
    ++counters.blocks;
    CheckInterrupts();
  }
  state->list.ReadTfs(block);
  uint16_t lens[kBlockRoom];
  ReadLengths(block->docs, block->n, lens);
  for (uint32_t i = block->n; i < kBlockRoom; ++i) lens[i] = 0;
  for (uint32_t i = block->n; i < kBlockRoom; ++i) block->tfs[i] = 0;
  const double weight = MaxBoost(leaf) * model->idf[leaf] * (model->k1 + 1);
  vs_kernels()->posting_scores(block->tfs, lens, block->n, static_cast<float>(weight),
                               static_cast<float>(model->k1 * (1 - model->b)),
                               static_cast<float>(model->k1 * model->b / model->avg_len),
                               state->scores);
  state->scored_block = number;
}

void vs_bm25_search(VsBm25Searcher* searcher, const VsBm25Segment* segment,
                    const VsBm25Source* source, const VsBm25Model* model, VsBm25Top* top) {
  searcher->model = model;
  searcher->Open(segment, source);
  for (int i = 0; i < searcher->query->n_leaves; ++i) {
    if (searcher->leaves[i].required && searcher->leaves[i].list.n_blocks == 0) return;
    if (searcher->query->leaves[i].scored) searcher->ForgetBounds(i);
  }
  if (searcher->query->n_leaves == 1 && searcher->any_leaf_matches) {
    searcher->SearchOne(0, top);
  } else if (searcher->n_required > 0) {
    searcher->SearchAll(top);
  } else {
    searcher->SearchAny(top);
  }
}
