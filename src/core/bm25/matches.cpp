// SPDX-License-Identifier: PostgreSQL
//
// matches.cpp - all documents of a segment that match, in their order.
//
// Owns: candidates, from the lists that every match has, or from all lists; what matches is the searcher's to say.

#include "core/bm25/leapfrog.h"
#include "core/bm25/searcher.h"

using namespace vecstore;
using namespace vecstore::bm25;

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
