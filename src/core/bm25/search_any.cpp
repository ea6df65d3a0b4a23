// SPDX-License-Identifier: PostgreSQL
//
// search_any.cpp - finding the documents worth judging, where any leaf makes a match.
//
// Owns: windowed block-max MaxScore.  Within a window of documents, the lists whose bounds together do not reach the
// threshold only add to documents that another list brings up.
//
// MaxScore: Turtle & Flood, "Query evaluation: strategies and optimizations", 1995; block bounds: Ding & Suel,
// "Faster top-k document retrieval using block-max indexes", 2011.

#include <algorithm>

#include "core/bm25/searcher.h"

using namespace vecstore;
using namespace vecstore::bm25;

namespace {

// Documents of a window at least.
constexpr uint32_t kLeastWindow = 2048;

// A scored leaf as one window sees it.
struct WindowList {
  int leaf;
  uint32_t at;     // its first block in the window
  double bound;    // of its documents in the window
  bool essential;  // in the window before
};

// All segments use the same one.
Window* WindowOf(VsBm25Searcher* searcher) {
  if (searcher->window == nullptr) {
    searcher->window = searcher->memory.New<Window>(1);
    memset(searcher->window, 0, sizeof(Window));
  }
  return searcher->window;
}

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
    window_ = WindowOf(searcher);
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
      for (uint32_t i = block.IndexOf(begin_); i < block.n; ++i) {
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

  // Which documents come up, and how many of a word of bits, nobody can predict: until few are left, no branch
  // depends on it.
  void ManyEssential() {
    uint32_t n_touched = 0;
    for (int i = first_essential_; i < n_; ++i) {
      ForPostings(lists_[i], [this, &n_touched](uint32_t, uint32_t doc, float score) {
        const uint32_t at = doc - begin_;
        window_->touched[n_touched] = static_cast<uint16_t>(at);  // once: no score is 0
        n_touched += window_->sums[at] == 0;
        window_->sums[at] += score;
      });
    }
    for (uint32_t i = 0; i < n_touched; ++i) {
      const uint32_t at = window_->touched[i];
      const uint64_t worth = window_->sums[at] + inessential_bound_ >= needed_;
      window_->worth[at / 64] |= worth << (at % 64);
    }
    for (uint32_t word = 0; word * 64 < end_ - begin_; ++word) {
      for (uint64_t bits = window_->worth[word]; bits != 0; bits &= bits - 1) {
        const uint32_t at = word * 64 + static_cast<uint32_t>(__builtin_ctzll(bits));
        if (window_->sums[at] + inessential_bound_ >= needed_) Consider(begin_ + at, static_cast<double>(window_->sums[at]));
      }
      window_->worth[word] = 0;
    }
    for (uint32_t i = 0; i < n_touched; ++i) window_->sums[window_->touched[i]] = 0;
  }

  // Adds what the other lists have of a document, while it may still be good enough.
  void Consider(uint32_t doc, double sum) {
    double upper = sum + inessential_bound_;
    for (int i = first_essential_ - 1; i >= 0; --i) {
      if (upper < needed_) return;
      const int leaf = lists_[i].leaf;
      upper -= lists_[i].bound;
      if (!searcher_->Has(leaf, doc)) continue;
      LeafState& state = searcher_->leaves[leaf];
      upper += vs_bm25_leaf_score(searcher_->model, leaf, searcher_->MaxBoost(leaf),
                                  state.TfAt(&state.judge), searcher_->LengthOf(doc));
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
  Window* window_;
};

}  // namespace

void VsBm25Searcher::SearchAny(VsBm25Top* top) { AnySearch(this, top).Run(); }
