// SPDX-License-Identifier: PostgreSQL
//
// searcher.cpp - opening a segment for a query, and judging single documents.
//
// Owns: the only way to a result.  Whatever finds candidates, a document matches because vs_bm25_match says
// so and scores what vs_bm25_score says.

#include "core/bm25/searcher.h"
#include "core/bm25/term_cache.h"

#include <algorithm>
#include <type_traits>

using namespace vecstore;
using namespace vecstore::bm25;

static_assert(std::is_trivially_destructible_v<VsBm25Searcher>, "the host may not return");

namespace {

// In decoded blocks; looking up so many leaves of a document takes as long as one.
constexpr uint32_t kBetweenInterrupts = 4096;
constexpr uint32_t kHitsPerUnit = 4;
constexpr uint8_t kAllClasses = (1 << VS_BM25_CLASSES) - 1;

// Some classes only?
bool AsksForClasses(const VsBm25Leaf& leaf) {
  return leaf.classes != 0 && leaf.classes != kAllClasses;
}

}  // namespace

bool vs_bm25_wants_positions(const VsBm25Query* query) {
  for (int i = 0; i < query->n_nodes; ++i) {
    if (query->nodes[i].kind == VS_BM25_PHRASE) return true;
  }
  for (int i = 0; i < query->n_leaves; ++i) {
    if (AsksForClasses(query->leaves[i])) return true;
  }
  return false;
}

VsBm25Searcher* vs_bm25_searcher(const VsBm25Memory* memory, const VsBm25Query* query,
                                 const uint8_t weights[VS_BM25_CLASSES],
                                 void (*check_interrupts)(void)) {
  const Memory host = HostMemory(memory);
  VsBm25Searcher* searcher = host.New<VsBm25Searcher>(1);
  memset(static_cast<void*>(searcher), 0, sizeof(*searcher));
  searcher->memory = host;
  searcher->matcher.Init(host, query);
  searcher->query = query;
  memcpy(searcher->weights, weights, VS_BM25_CLASSES);
  searcher->check_interrupts = check_interrupts;
  searcher->interrupt_countdown = kBetweenInterrupts;

  const int n = query->n_leaves;
  searcher->leaves = host.New<LeafState>(n + 1);
  searcher->hits = host.New<VsBm25Hit>(n + 1);
  searcher->boosted = host.New<bool>(n + 1);
  searcher->wanted_positions = host.New<GrowArray<uint16_t>>(n + 1);
  bool* required = host.New<bool>(n + 1);
  vs_bm25_required(query, memory, required);
  for (int i = 0; i < n; ++i) {
    LeafState* leaf = &searcher->leaves[i];
    leaf->required = required[i];
    leaf->wants_positions =
        AsksForClasses(query->leaves[i]) || searcher->matcher.in_phrase(i);
    leaf->list.Init(host);
    leaf->bounds.Init(host);
    searcher->wanted_positions[i].Init(host);
  }
  searcher->any_leaf_matches = query->n_nodes > 0;
  for (int i = 0; i < query->n_nodes; ++i) {
    const VsBm25Node& node = query->nodes[i];
    if (node.kind == VS_BM25_LEAF) {
      searcher->any_leaf_matches &= !AsksForClasses(query->leaves[node.leaf]);
    } else {
      searcher->any_leaf_matches &= node.kind == VS_BM25_OR;
    }
  }
  for (int i = 0; i < n; ++i) searcher->n_required += searcher->leaves[i].required;

  memset(static_cast<void*>(searcher->hits), 0, n * sizeof(*searcher->hits));
  searcher->matches_anything = searcher->matcher.Match(searcher->hits, nullptr);
  return searcher;
}

const VsBm25Counters* vs_bm25_counters(const VsBm25Searcher* searcher) {
  return &searcher->counters;
}

// Calls `with` for each term of the segment that a leaf stands for, while it returns true.
template <class With>
static void ForTermsOf(VsBm25Searcher* searcher, const VsBm25Leaf& leaf,
                       const VsBm25Segment* segment, const VsBm25Source* source, With with) {
  const uint8_t* lexeme = reinterpret_cast<const uint8_t*>(leaf.lexeme);
  if (!leaf.prefix) {
    TermInfo term;
    if (FindTerm(segment, source, lexeme, leaf.length, &term)) with(term);
    return;
  }
  TermScan terms;
  for (terms.BeginAt(segment, source, lexeme, leaf.length); terms.valid; terms.Next()) {
    if (terms.key_length() < leaf.length || memcmp(terms.key(), lexeme, leaf.length) != 0) break;
    if (!with(terms.term)) break;
    searcher->CheckInterrupts(1 + terms.term.df / VS_BM25_BLOCK);
  }
}

bool vs_bm25_lookup(VsBm25Searcher* searcher, const VsBm25Segment* segment,
                    const VsBm25Source* source, uint64_t* df, uint64_t max_expansions) {
  uint64_t expansions = 0;
  for (int i = 0; i < searcher->query->n_leaves; ++i) {
    const VsBm25Leaf& leaf = searcher->query->leaves[i];
    ForTermsOf(searcher, leaf, segment, source, [&](const TermInfo& term) {
      df[i] += term.df;
      expansions += leaf.prefix;
      return expansions <= max_expansions;
    });
    if (expansions > max_expansions) return false;
  }
  return true;
}

void VsBm25Searcher::CheckInterrupts(uint32_t work) {
  if (interrupt_countdown > work) {
    interrupt_countdown -= work;
    return;
  }
  interrupt_countdown = kBetweenInterrupts;
  check_interrupts();
}

void VsBm25Searcher::OpenLeaf(int leaf) {
  LeafState* state = &leaves[leaf];
  const VsBm25Leaf& what = query->leaves[leaf];
  PostingList* list = &state->list;
  list->Clear(segment, source, state->wants_positions);
  if (what.prefix) {
    if (AsksForClasses(what)) list->Restrict(what.classes, weights);
    list->OpenUnion();
  }
  ForTermsOf(this, what, segment, source, [&](const TermInfo& term) {
    if (what.prefix) {
      list->AddToUnion(term, segment);
    } else {
      list->Open(term);
    }
    return true;
  });
  if (what.prefix) list->CloseUnion(check_interrupts);
  state->judge.block.number = state->drive.block.number = state->scored_block = kNoDoc;
  state->judge.at = state->drive.at = state->judge.index = state->drive.index = 0;
}

void VsBm25Searcher::Open(const VsBm25Segment* of, const VsBm25Source* from) {
  segment = of;
  source = from;
  lossy = !segment->has_positions && vs_bm25_wants_positions(query);
  ++counters.segments;
  for (int i = 0; i < query->n_leaves; ++i) OpenLeaf(i);
}

double VsBm25Searcher::MaxBoost(int leaf) const {
  return matcher.in_phrase(leaf) ? std::max(1.0, model->phrase_boost) : 1.0;
}

// The score grows with the frequency, towards this; a little more, as no rounding must exceed it.
static double LeafScoreLimit(const VsBm25Model* model, int leaf, double boost) {
  return boost * model->idf[leaf] * (model->k1 + 1) * (1 + 1e-12);
}

double VsBm25Searcher::FindBound(int leaf, uint32_t block) const {
  const double boost = MaxBoost(leaf);
  double bound = 0;
  for (const VsBm25Impact& impact : leaves[leaf].list.skip(block).impacts) {
    if (impact.tf == kAnyTf) return LeafScoreLimit(model, leaf, boost);
    bound = std::max(bound, vs_bm25_leaf_score(model, leaf, boost, impact.tf, impact.len));
  }
  return bound;
}

void VsBm25Searcher::ForgetBounds(int leaf) {
  GrowArray<float>* bounds = &leaves[leaf].bounds;
  bounds->Clear();
  bounds->Extend(leaves[leaf].list.n_blocks);
  std::fill(bounds->begin(), bounds->end(), kNoBound);
}

// Rounded up to single precision.
double VsBm25Searcher::Bound(int leaf, uint32_t block) {
  float* bound = &leaves[leaf].bounds[block];
  if (*bound < 0) *bound = static_cast<float>(FindBound(leaf, block) * (1 + 1e-6));
  return static_cast<double>(*bound);
}

uint32_t VsBm25Searcher::Advance(int leaf, Walk* walk, uint32_t doc) {
  PostingList* list = &leaves[leaf].list;
  const uint32_t block = list->BlockOf(doc, walk->at);
  walk->at = block;
  if (block == list->n_blocks) return kNoDoc;
  if (walk->block.number != block) {
    list->Decode(block, &walk->block);
    walk->index = 0;
    ++counters.blocks;
    CheckInterrupts();
  }
  const uint32_t index = walk->block.IndexOf(doc), n = walk->block.n;
  walk->index = index < n ? index : 0;
  return index < n ? walk->block.docs[index] : kNoDoc;  // none: the block is damaged
}

bool VsBm25Searcher::Has(int leaf, uint32_t doc) {
  return Advance(leaf, &leaves[leaf].judge, doc) == doc;
}

bool VsBm25Searcher::IsLive(uint32_t doc) const {
  if (segment->n_live == segment->n_docs) return true;
  const uint32_t bit = doc % VS_BM25_LIVE_PER_PAGE;
  const uint8_t* page = source->read(source->context, VS_BM25_LIVE, doc / VS_BM25_LIVE_PER_PAGE);
  return (page[bit / 8] >> (bit % 8) & 1) != 0;
}

void VsBm25Searcher::ReadLengths(const uint32_t* docs, uint32_t n, uint16_t* lengths) const {
  for (uint32_t i = 0; i < n;) {
    const uint32_t number = docs[i] / VS_BM25_LENGTHS_PER_PAGE, first = number * VS_BM25_LENGTHS_PER_PAGE;
    const uint8_t* page = source->read(source->context, VS_BM25_LENGTHS, number);
    for (; i < n && docs[i] - first < VS_BM25_LENGTHS_PER_PAGE; ++i) {
      memcpy(&lengths[i], page + (docs[i] - first) * sizeof(*lengths), sizeof(*lengths));
    }
  }
}

uint16_t VsBm25Searcher::LengthOf(uint32_t doc) const {
  uint16_t length;
  ReadLengths(&doc, 1, &length);
  return length;
}

VsBm25Row VsBm25Searcher::RowOf(uint32_t doc) const {
  return vs_bm25_row_of(segment, source, doc);
}

// The walk that stands at the document; NULL if the leaf does not have it.  Often it is the one that found it.
Walk* VsBm25Searcher::WalkAt(int leaf, uint32_t doc) {
  LeafState* state = &leaves[leaf];
  if (state->drive.StandsAt(doc)) return &state->drive;
  return Has(leaf, doc) ? &state->judge : nullptr;
}

// What a document has of a leaf.
void VsBm25Searcher::ReadHit(int leaf, uint32_t doc) {
  VsBm25Hit* hit = &hits[leaf];
  LeafState* state = &leaves[leaf];
  *hit = {false, 0, 0, nullptr};
  Walk* walk = WalkAt(leaf, doc);
  if (walk == nullptr) return;
  hit->present = true;
  hit->tf = state->TfAt(walk);
  if (!state->wants_positions || lossy) return;
  uint32_t n;
  const uint16_t* positions = state->list.Positions(walk->block, walk->index, &n);
  const VsBm25Leaf& what = query->leaves[leaf];
  if (AsksForClasses(what) && !what.prefix && n > 0) {
    GrowArray<uint16_t>* wanted = &wanted_positions[leaf];
    wanted->Clear();
    hit->tf = 0;
    for (uint32_t i = 0; i < n; ++i) {
      const unsigned position_class = positions[i] >> 14;
      if ((what.classes >> position_class & 1) == 0) continue;
      wanted->Push(positions[i]);
      hit->tf += weights[position_class];
    }
    n = static_cast<uint32_t>(wanted->size());
    positions = wanted->data();
    hit->present = n > 0;
  }
  hit->n_positions = static_cast<int>(n);
  hit->positions = positions;
}

bool VsBm25Searcher::Matches(uint32_t doc) {
  ++counters.candidates;
  CheckInterrupts(1 + static_cast<uint32_t>(query->n_leaves) / kHitsPerUnit);
  for (int i = 0; i < query->n_leaves; ++i) ReadHit(i, doc);
  if (any_leaf_matches || lossy) return true;
  return matcher.Match(hits, boosted);
}

double VsBm25Searcher::ScoreOf(uint32_t doc) {
  return vs_bm25_score(query, model, hits, matcher.has_phrase() && !lossy ? boosted : nullptr,
                       LengthOf(doc));
}

void VsBm25Searcher::Judge(uint32_t doc, VsBm25Top* top) {
  if (!IsLive(doc) || !Matches(doc)) return;
  const double score = ScoreOf(doc);
  if (score < top->threshold()) return;
  vs_bm25_top_offer(top, score, vs_bm25_row_key(RowOf(doc)));
}
