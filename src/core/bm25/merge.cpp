// SPDX-License-Identifier: PostgreSQL
//
// merge.cpp - segments to a segment.
//
// Owns: the new numbers of documents.  Live documents keep their order; dead ones are left out, with
// their postings.  A participant that merges a range of terms finds the same numbers as the others, from lengths and
// live bits alone.

#include "bridge/bm25_segment.h"

#include <algorithm>
#include <type_traits>

#include "core/bm25/cursor.h"

using namespace vecstore;
using namespace vecstore::bm25;

namespace {

constexpr uint32_t kTermsBetweenChecks = 256;
constexpr uint32_t kBlocksBetweenChecks = 64;

struct Input {
  const VsBm25Segment* segment;
  const VsBm25Source* source;
  TermScan terms;
  uint64_t prefix;     // of its term: orders most terms by itself
  uint32_t first_doc;  // its first document's new number
  uint32_t* new_doc;   // of each document, kNoDoc: dead; nullptr: all live and follow each other

  uint32_t NewDoc(uint32_t doc) const { return new_doc == nullptr ? first_doc + doc : new_doc[doc]; }
  void ReadLive(const Memory& memory);
  void SetPrefix();
  // Before, at or after a term.
  int CompareTo(uint64_t other_prefix, const uint8_t* lexeme, uint32_t length) const {
    if (prefix != other_prefix) return prefix < other_prefix ? -1 : 1;
    return CompareLexemes(terms.key(), terms.key_length(), lexeme, length);
  }
};

struct Merger {
  Memory memory;
  int n;
  Input* inputs;
  bool positions;
  void (*check_interrupts)(void);
  GrowArray<uint16_t> lengths;  // of the live documents
  SegmentWriter writer;
  PostingList list;
  Block block;

  void Init(const VsBm25Memory* host, int count, const VsBm25Segment* const* segments,
            const VsBm25Source* sources, const VsBm25Sink* sink, void (*check)(void));
  void ReadDocuments(Input* input);
  void MergeTerms(const VsBm25Split* from, const VsBm25Split* to);
  void WriteTerm(uint64_t prefix, const uint8_t* lexeme, uint32_t length);
  void CopyPostings(Input* input);
  Input* Least();
  VsBm25Row* Rows() const;
};

static_assert(std::is_trivially_destructible_v<Merger>, "the host may not return");

// new_doc: 0 or kNoDoc of each document.
void Input::ReadLive(const Memory& memory) {
  new_doc = memory.New<uint32_t>(segment->n_docs + 1);
  for (uint32_t doc = 0; doc < segment->n_docs;) {
    const uint8_t* page = source->read(source->context, VS_BM25_LIVE, doc / VS_BM25_LIVE_PER_PAGE);
    for (uint32_t bit = 0; bit < VS_BM25_LIVE_PER_PAGE && doc < segment->n_docs; ++bit, ++doc) {
      const bool live = (page[bit / 8] >> (bit % 8) & 1) != 0;
      new_doc[doc] = live ? 0 : kNoDoc;
    }
  }
}

// The first bytes, as a number; shorter lexemes are filled up with the least byte.
void Input::SetPrefix() {
  prefix = 0;
  if (!terms.valid) return;
  const uint32_t length = terms.key_length();
  for (uint32_t i = 0; i < sizeof(prefix); ++i) prefix = prefix << 8 | (i < length ? terms.key()[i] : 0);
}

void Merger::ReadDocuments(Input* input) {
  const uint32_t n_docs = input->segment->n_docs;
  const VsBm25Source* source = input->source;
  input->first_doc = static_cast<uint32_t>(lengths.size());
  input->new_doc = nullptr;
  if (input->segment->n_live < n_docs) input->ReadLive(memory);
  for (uint32_t doc = 0; doc < n_docs;) {
    check_interrupts();
    const uint8_t* page = source->read(source->context, VS_BM25_LENGTHS, doc / VS_BM25_LENGTHS_PER_PAGE);
    for (uint32_t i = 0; i < VS_BM25_LENGTHS_PER_PAGE && doc < n_docs; ++i, ++doc) {
      if (input->NewDoc(doc) == kNoDoc) continue;
      if (input->new_doc != nullptr) input->new_doc[doc] = static_cast<uint32_t>(lengths.size());
      uint16_t length;
      memcpy(&length, page + i * sizeof(length), sizeof(length));
      lengths.Push(length);
    }
  }
}

VsBm25Row* Merger::Rows() const {
  VsBm25Row* rows = memory.New<VsBm25Row>(lengths.size() + 1);
  VsBm25Row* row = rows;
  for (int i = 0; i < n; ++i) {
    for (uint32_t doc = 0; doc < inputs[i].segment->n_docs; ++doc) {
      if (doc % VS_BM25_LENGTHS_PER_PAGE == 0) check_interrupts();
      if (inputs[i].NewDoc(doc) == kNoDoc) continue;
      *row++ = vs_bm25_row_of(inputs[i].segment, inputs[i].source, doc);
    }
  }
  return rows;
}

Input* Merger::Least() {
  Input* least = nullptr;
  for (int i = 0; i < n; ++i) {
    Input* input = &inputs[i];
    if (!input->terms.valid) continue;
    if (least == nullptr || input->CompareTo(least->prefix, least->terms.key(), least->terms.key_length()) < 0) {
      least = input;
    }
  }
  return least;
}

void Merger::CopyPostings(Input* input) {
  const bool positions = input->segment->has_positions;
  list.Clear(input->segment, input->source, positions);
  list.Open(input->terms.term);
  for (uint32_t b = 0; b < list.n_blocks; ++b) {
    list.Decode(b, &block);
    list.ReadTfs(&block);
    if (b % kBlocksBetweenChecks == 0) check_interrupts();
    if (positions) list.ReadPositions(block);
    for (uint32_t i = 0; i < block.n; ++i) {
      if (block.docs[i] >= input->segment->n_docs) continue;
      const uint32_t doc = input->NewDoc(block.docs[i]);
      if (doc == kNoDoc) continue;
      uint32_t n_positions = 0;
      const uint16_t* at = positions ? list.Positions(block, i, &n_positions) : nullptr;
      writer.Posting(doc, block.tfs[i], at, n_positions);
    }
  }
}

// The postings of one term, from every segment that has it, in their order.
void Merger::WriteTerm(uint64_t prefix, const uint8_t* lexeme, uint32_t length) {
  writer.Term(lexeme, length);
  for (int i = 0; i < n; ++i) {
    Input* input = &inputs[i];
    if (!input->terms.valid || input->CompareTo(prefix, lexeme, length) != 0) continue;
    CopyPostings(input);
    input->terms.Next();
    input->SetPrefix();
  }
  writer.EndTerm();
}

void Merger::Init(const VsBm25Memory* host, int count, const VsBm25Segment* const* segments,
                  const VsBm25Source* sources, const VsBm25Sink* sink, void (*check)(void)) {
  memory = HostMemory(host);
  check_interrupts = check;
  n = count;
  inputs = memory.New<Input>(n);
  lengths.Init(memory);
  list.Init(memory);
  positions = true;
  for (int i = 0; i < n; ++i) {
    inputs[i].segment = segments[i];
    inputs[i].source = &sources[i];
    ReadDocuments(&inputs[i]);
    positions &= segments[i]->has_positions != 0;
  }
  double sum_len = 0;
  for (uint16_t length : lengths) sum_len += length;
  const uint32_t n_docs = static_cast<uint32_t>(lengths.size());
  writer.Init(memory, sink, positions, lengths.data(), n_docs, n_docs > 0 ? sum_len / n_docs : 1);
}

int CompareToSplit(const TermScan& terms, const VsBm25Split& split) {
  return CompareLexemes(terms.key(), terms.key_length(), split.bytes, split.length);
}

void Merger::MergeTerms(const VsBm25Split* from, const VsBm25Split* to) {
  for (int i = 0; i < n; ++i) {
    TermScan* terms = &inputs[i].terms;
    if (from == nullptr) {
      terms->Begin(inputs[i].segment, inputs[i].source);
    } else {
      terms->BeginAt(inputs[i].segment, inputs[i].source, from->bytes, from->length);
    }
    inputs[i].SetPrefix();
  }
  uint8_t lexeme[kMaxLexeme];
  for (uint32_t terms = 0;; ++terms) {
    const Input* least = Least();
    if (least == nullptr || (to != nullptr && CompareToSplit(least->terms, *to) >= 0)) break;
    const uint32_t length = least->terms.key_length();
    memcpy(lexeme, least->terms.key(), length);
    WriteTerm(least->prefix, lexeme, length);
    if (terms % kTermsBetweenChecks == 0) check_interrupts();
  }
}

Merger* NewMerger(const VsBm25Memory* memory, int n, const VsBm25Segment* const* segments,
                  const VsBm25Source* sources, const VsBm25Sink* sink, void (*check)(void)) {
  Merger* merger = HostMemory(memory).New<Merger>(1);
  merger->Init(memory, n, segments, sources, sink, check);
  return merger;
}

}  // namespace

void vs_bm25_merge(const VsBm25Memory* memory, int n, const VsBm25Segment* const* segments,
                   const VsBm25Source* sources, const VsBm25Sink* sink, VsBm25Segment* merged,
                   void (*check_interrupts)(void)) {
  Merger* merger = NewMerger(memory, n, segments, sources, sink, check_interrupts);
  merger->MergeTerms(nullptr, nullptr);
  merger->writer.Finish(merger->Rows(), merged);
}

void vs_bm25_split_terms(const VsBm25Segment* segment, const VsBm25Source* source, uint32_t n,
                         VsBm25Split* splits, void (*check_interrupts)(void)) {
  TermScan terms;
  uint64_t postings = 0;
  uint32_t found = 0, seen = 0;
  for (terms.Begin(segment, source); terms.valid && found + 1 < n; terms.Next()) {
    postings += terms.term.df;
    while (found + 1 < n && postings * n >= segment->n_postings * (found + 1)) {
      VsBm25Split* split = &splits[found++];
      split->length = std::min<uint32_t>(terms.key_length(), VS_BM25_SPLIT_BYTES);
      memcpy(split->bytes, terms.key(), split->length);
    }
    if (seen++ % kTermsBetweenChecks == 0) check_interrupts();
  }
  // however damaged: shares without terms
  for (; found + 1 < n; ++found) splits[found] = found > 0 ? splits[found - 1] : VsBm25Split{};
}

void vs_bm25_merge_terms(const VsBm25Memory* memory, int n, const VsBm25Segment* const* segments,
                         const VsBm25Source* sources, const VsBm25Split* from, const VsBm25Split* to,
                         const VsBm25Sink* sink, VsBm25Segment* part, void (*check_interrupts)(void)) {
  Merger* merger = NewMerger(memory, n, segments, sources, sink, check_interrupts);
  merger->MergeTerms(from, to);
  merger->writer.FinishPart(part);
}

void vs_bm25_join(const VsBm25Memory* memory, int n, const VsBm25Segment* const* segments,
                  const VsBm25Source* sources, int n_parts, const VsBm25Segment* const* parts,
                  const VsBm25Source* part_sources, const VsBm25Sink* sink, VsBm25Segment* joined,
                  void (*check_interrupts)(void)) {
  constexpr VsBm25Stream kOfParts[] = {VS_BM25_SKIPS, VS_BM25_POSTINGS, VS_BM25_POSITIONS};
  Merger* merger = NewMerger(memory, n, segments, sources, sink, check_interrupts);
  TermScan* terms = HostMemory(memory).New<TermScan>(1);
  uint32_t pages[VS_BM25_STREAMS] = {};
  for (int i = 0; i < n_parts; ++i) {
    uint32_t copied = 0;
    for (terms->Begin(parts[i], &part_sources[i]); terms->valid; terms->Next()) {
      merger->writer.CopyTerm(*terms, pages[VS_BM25_SKIPS] * VS_BM25_SKIPS_PER_PAGE);
      if (copied++ % kTermsBetweenChecks == 0) check_interrupts();
    }
    for (VsBm25Stream stream : kOfParts) pages[stream] += parts[i]->pages[stream];
  }
  merger->writer.Finish(merger->Rows(), joined);
  for (VsBm25Stream stream : kOfParts) joined->pages[stream] = pages[stream];
}

void vs_bm25_move_skips(void* page, uint32_t postings_pages, uint32_t positions_pages) {
  uint8_t* at = static_cast<uint8_t*>(page);
  for (uint32_t i = 0; i < VS_BM25_SKIPS_PER_PAGE; ++i, at += sizeof(VsBm25Skip)) {
    VsBm25Skip skip;
    memcpy(&skip, at, sizeof(skip));
    skip.postings_page += postings_pages;
    skip.positions_page += positions_pages;
    memcpy(at, &skip, sizeof(skip));
  }
}
