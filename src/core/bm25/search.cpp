// SPDX-License-Identifier: PostgreSQL
//
// search.cpp - finding the documents worth judging.
//
// Owns: the three drivers of a ranked search.  None of them may leave out a document whose score is
// among the best k, and none decides about one: that is Judge's.
//
//   one leaf    its blocks, but for those whose bound does not reach the threshold
//   all leaves  leapfrog over the lists every match has, rarest first, skipping stretches whose
//               bounds do not reach the threshold
//   any leaf    windowed block-max MaxScore: within a window, the lists whose bounds together do not reach
//               the threshold only add to documents that another list brings up.
//
// MaxScore: Turtle & Flood, "Query evaluation: strategies and optimizations", 1995; block bounds: Ding & Suel,
// "Faster top-k document retrieval using block-max indexes", 2011.

#include <algorithm>

#include "bridge/kernels.h"
#include "core/bm25/searcher.h"

using namespace vecstore;
using namespace vecstore::bm25;

namespace {

// Documents of a window at most, and at least.
constexpr uint32_t kWindow = 4096;
constexpr uint32_t kLeastWindow = 2048;

// How far sums in single precision may be off.
double Slack(int terms) { return 1 - 1e-6 * (2 + terms); }

}  // namespace

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
    const LeafState& leaf = leaves[i];
    if (!leaf.required || !query->leaves[i].scored) continue;
    bound -= Bound(i, leaf.drive.at);
    bound += vs_bm25_leaf_score(model, i, MaxBoost(i), leaf.drive.block.tfs[leaf.drive.index], len);
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

namespace {

// A scored leaf as one window sees it.
struct WindowList {
  int leaf;
  uint32_t at;     // its first block in the window
  double bound;    // of its documents in the window
  bool essential;  // in the window before
};

// The state of a MaxScore search.
class AnySearch {
 public:
  AnySearch(VsBm25Searcher* searcher, VsBm25Top* top) : searcher_(searcher), top_(top) {
    const int n = searcher->query->n_leaves;
    lists_ = searcher->memory.New<WindowList>(n + 1);
    n_ = 0;
    for (int i = 0; i < n; ++i) {
      if (!searcher->query->leaves[i].scored || searcher->leaves[i].list.n_blocks == 0) continue;
      lists_[n_++] = {i, 0, 0, true};
    }
    sums_ = searcher->memory.New<float>(kWindow);
    seen_ = searcher->memory.New<uint64_t>(kWindow / 64);
    memset(sums_, 0, kWindow * sizeof(*sums_));
    memset(seen_, 0, kWindow / 8);
    slack_ = Slack(n_);
  }

  void Run() {
    const uint32_t n_docs = searcher_->segment->n_docs;
    for (uint32_t begin = 0; begin < n_docs; begin = end_) {
      if (!ChooseWindow(begin, n_docs)) break;
      Partition();
      if (first_essential_ == n_) continue;
      if (first_essential_ == n_ - 1) {
        OneEssential();
      } else {
        ManyEssential();
      }
      searcher_->CheckInterrupts();
    }
  }

 private:
  // [begin_, end_): up to where a block of a list that matters ends.  False: all lists have ended.
  bool ChooseWindow(uint32_t begin, uint32_t n_docs) {
    uint32_t next = kNoDoc, nearest = kNoDoc;
    for (int i = 0; i < n_; ++i) {
      WindowList* list = &lists_[i];
      const PostingList& postings = searcher_->leaves[list->leaf].list;
      list->at = postings.BlockOf(begin, list->at);
      if (list->at == postings.n_blocks) continue;
      const uint32_t last = postings.last_doc(list->at);
      nearest = std::min(nearest, last);
      if (list->essential) next = std::min(next, last);
    }
    if (nearest == kNoDoc) return false;
    if (next == kNoDoc) next = nearest;
    begin_ = begin;
    end_ = std::max(next + 1, begin + kLeastWindow);
    end_ = std::min({end_, begin + kWindow, n_docs});
    for (int i = 0; i < n_; ++i) lists_[i].bound = BoundInWindow(lists_[i]);
    return true;
  }

  double BoundInWindow(const WindowList& list) {
    const LeafState& leaf = searcher_->leaves[list.leaf];
    double bound = 0;
    for (uint32_t b = list.at; b < leaf.list.n_blocks; ++b) {
      bound = std::max(bound, searcher_->Bound(list.leaf, b));
      if (leaf.list.last_doc(b) + 1 >= end_) break;
    }
    return bound;
  }

  // What a score in single precision must reach.
  void FindNeeded() { needed_ = top_->threshold() * slack_; }

  // The lists of the least bounds that do not reach the threshold together come first.
  void Partition() {
    std::sort(lists_, lists_ + n_, [](const WindowList& a, const WindowList& b) {
      return a.bound != b.bound ? a.bound < b.bound : a.leaf < b.leaf;
    });
    FindNeeded();
    inessential_bound_ = 0;
    first_essential_ = 0;
    while (first_essential_ < n_ &&
           inessential_bound_ + lists_[first_essential_].bound < needed_) {
      inessential_bound_ += lists_[first_essential_++].bound;
    }
    for (int i = 0; i < n_; ++i) lists_[i].essential = i >= first_essential_;
  }

  // Calls with(index in the block, document, score) for a list's documents in the window.
  template <class With>
  void ForPostings(const WindowList& list, With with) {
    LeafState* leaf = &searcher_->leaves[list.leaf];
    for (uint32_t b = list.at; b < leaf->list.n_blocks; ++b) {
      searcher_->ScoreBlock(list.leaf, b);
      const Block& block = leaf->drive.block;
      const uint32_t* first = std::lower_bound(block.docs, block.docs + block.n, begin_);
      for (uint32_t i = static_cast<uint32_t>(first - block.docs); i < block.n; ++i) {
        if (block.docs[i] >= end_) return;
        with(i, block.docs[i], leaf->scores[i]);
      }
      if (leaf->list.last_doc(b) + 1 >= end_) return;
    }
  }

  void OneEssential() {
    Walk* drive = &searcher_->leaves[lists_[first_essential_].leaf].drive;
    ForPostings(lists_[first_essential_], [this, drive](uint32_t index, uint32_t doc, float score) {
      if (score + inessential_bound_ < needed_) return;
      drive->index = index;
      Consider(doc, static_cast<double>(score));
    });
  }

  void ManyEssential() {
    for (int i = first_essential_; i < n_; ++i) {
      ForPostings(lists_[i], [this](uint32_t, uint32_t doc, float score) {
        const uint32_t at = doc - begin_;
        sums_[at] += score;
        seen_[at / 64] |= uint64_t{1} << (at % 64);
      });
    }
    for (uint32_t word = 0; word * 64 < end_ - begin_; ++word) {
      for (uint64_t bits = seen_[word]; bits != 0; bits &= bits - 1) {
        const uint32_t at = word * 64 + static_cast<uint32_t>(__builtin_ctzll(bits));
        const float sum = sums_[at];
        sums_[at] = 0;
        if (sum + inessential_bound_ >= needed_) Consider(begin_ + at, static_cast<double>(sum));
      }
      seen_[word] = 0;
    }
  }

  // Adds what the other lists have of a document, while it may still be good enough.
  void Consider(uint32_t doc, double sum) {
    double upper = sum + inessential_bound_;
    for (int i = first_essential_ - 1; i >= 0; --i) {
      if (upper < needed_) return;
      const int leaf = lists_[i].leaf;
      upper -= lists_[i].bound;
      if (!searcher_->Has(leaf, doc)) continue;
      const Walk& walk = searcher_->leaves[leaf].judge;
      upper += vs_bm25_leaf_score(searcher_->model, leaf, searcher_->MaxBoost(leaf),
                                  walk.block.tfs[walk.index], searcher_->LengthOf(doc));
    }
    if (upper < needed_) return;
    searcher_->Judge(doc, top_);
    FindNeeded();
  }

  VsBm25Searcher* searcher_;
  VsBm25Top* top_;
  WindowList* lists_;
  int n_;
  int first_essential_;
  double inessential_bound_;
  double slack_, needed_;
  uint32_t begin_, end_;
  float* sums_;     // of the window's documents; zero between windows
  uint64_t* seen_;  // which of them were touched
};

}  // namespace

void VsBm25Searcher::SearchAny(VsBm25Top* top) { AnySearch(this, top).Run(); }

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

namespace {

// Sets the bit of every document that a leaf outside of negations has.
void MarkDocuments(VsBm25Searcher* searcher, uint64_t* marked) {
  for (int i = 0; i < searcher->query->n_leaves; ++i) {
    LeafState* leaf = &searcher->leaves[i];
    if (!searcher->query->leaves[i].scored) continue;
    for (uint32_t b = 0; b < leaf->list.n_blocks; ++b) {
      leaf->list.Decode(b, &leaf->drive.block);
      ++searcher->counters.blocks;
      searcher->CheckInterrupts();
      for (uint32_t j = 0; j < leaf->drive.block.n; ++j) {
        const uint32_t doc = leaf->drive.block.docs[j];
        marked[doc / 64] |= uint64_t{1} << (doc % 64);
      }
    }
  }
}

struct Report {
  VsBm25Searcher* searcher;
  void* context;
  void (*found)(void* context, VsBm25Row row);

  // judged: it is a match already
  void operator()(uint32_t doc, bool judged) const {
    if (!searcher->IsLive(doc)) return;
    if (judged || searcher->Matches(doc)) found(context, searcher->RowOf(doc));
  }
};

void ReportAll(const Report& report) {
  Leapfrog leapfrog(report.searcher);
  const bool judged = report.searcher->query->n_leaves == 1 && report.searcher->any_leaf_matches;
  for (uint32_t doc = 0; (doc = leapfrog.Next(doc)) != kNoDoc; ++doc) report(doc, judged);
}

void ReportAny(const Report& report) {
  VsBm25Searcher* searcher = report.searcher;
  const uint32_t n_docs = searcher->segment->n_docs, words = n_docs / 64 + 1;
  uint64_t* marked = searcher->memory.New<uint64_t>(words);
  memset(marked, searcher->matches_anything ? 0xFF : 0, words * sizeof(*marked));
  if (!searcher->matches_anything) MarkDocuments(searcher, marked);
  for (uint32_t word = 0; word < words; ++word) {
    for (uint64_t bits = marked[word]; bits != 0; bits &= bits - 1) {
      const uint32_t doc = word * 64 + static_cast<uint32_t>(__builtin_ctzll(bits));
      if (doc >= n_docs) return;
      report(doc, searcher->any_leaf_matches);
      searcher->CheckInterrupts();
    }
  }
}

}  // namespace

bool vs_bm25_matches(VsBm25Searcher* searcher, const VsBm25Segment* segment,
                     const VsBm25Source* source, void* context,
                     void (*found)(void* context, VsBm25Row row)) {
  searcher->model = nullptr;
  searcher->Open(segment, source);
  if (searcher->query->n_nodes == 0) return true;
  for (int i = 0; i < searcher->query->n_leaves; ++i) {
    if (searcher->leaves[i].required && searcher->leaves[i].list.n_blocks == 0) return !searcher->lossy;
  }
  const Report report = {searcher, context, found};
  if (searcher->n_required > 0 && !searcher->matches_anything) {
    ReportAll(report);
  } else {
    ReportAny(report);
  }
  return !searcher->lossy;
}
