// SPDX-License-Identifier: PostgreSQL
//
// merge.cpp - segments to a segment.
//
// Owns: the new numbers of documents.  Live documents keep their order; dead ones are left out, with
// their postings.

#include "bridge/bm25_segment.h"

#include <algorithm>
#include <type_traits>

#include "core/bm25/cursor.h"

using namespace vecstore;
using namespace vecstore::bm25;

namespace {

constexpr uint32_t kTermsBetweenChecks = 256;

struct Input {
  const VsBm25Segment* segment;
  const VsBm25Source* source;
  TermScan terms;
  uint32_t* new_doc;  // of each document; kNoDoc: dead
};

struct Merger {
  Memory memory;
  int n;
  Input* inputs;
  GrowArray<VsBm25Row> rows;
  GrowArray<uint16_t> lengths;
  SegmentWriter writer;
  PostingList list;
  Block block;

  void ReadDocuments(Input* input);
  void WriteTerm(const uint8_t* lexeme, uint32_t length);
  void CopyPostings(Input* input);
  Input* Least();
};

static_assert(std::is_trivially_destructible_v<Merger>, "the host may not return");

void Merger::ReadDocuments(Input* input) {
  const uint32_t n_docs = input->segment->n_docs;
  const VsBm25Source* source = input->source;
  input->new_doc = memory.New<uint32_t>(n_docs + 1);
  for (uint32_t doc = 0; doc < n_docs; ++doc) {
    const uint8_t* page =
        source->read(source->context, VS_BM25_LIVE, doc / VS_BM25_LIVE_PER_PAGE);
    const uint32_t end = std::min<uint32_t>(
        n_docs, (doc / VS_BM25_LIVE_PER_PAGE + 1) * VS_BM25_LIVE_PER_PAGE);
    for (; doc < end; ++doc) {
      const uint32_t bit = doc % VS_BM25_LIVE_PER_PAGE;
      input->new_doc[doc] = (page[bit / 8] >> (bit % 8) & 1) != 0 ? 0 : kNoDoc;
    }
    --doc;
  }
  for (uint32_t doc = 0; doc < n_docs; ++doc) {
    if (input->new_doc[doc] == kNoDoc) continue;
    input->new_doc[doc] = static_cast<uint32_t>(rows.size());
    uint16_t length;
    const uint32_t length_at = doc % VS_BM25_LENGTHS_PER_PAGE;
    memcpy(&length,
           source->read(source->context, VS_BM25_LENGTHS, doc / VS_BM25_LENGTHS_PER_PAGE) +
               length_at * sizeof(length),
           sizeof(length));
    lengths.Push(length);
    rows.Push(vs_bm25_row_of(input->segment, source, doc));
  }
}

Input* Merger::Least() {
  Input* least = nullptr;
  for (int i = 0; i < n; ++i) {
    Input* input = &inputs[i];
    if (!input->terms.valid) continue;
    if (least == nullptr || CompareLexemes(input->terms.key(), input->terms.key_length(),
                                           least->terms.key(), least->terms.key_length()) < 0) {
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
    for (uint32_t i = 0; i < block.n; ++i) {
      if (block.docs[i] >= input->segment->n_docs) continue;
      const uint32_t doc = input->new_doc[block.docs[i]];
      if (doc == kNoDoc) continue;
      uint32_t n_positions = 0;
      const uint16_t* at = positions ? list.Positions(block, i, &n_positions) : nullptr;
      writer.Posting(doc, block.tfs[i], at, n_positions);
    }
  }
}

// The postings of one term, from every segment that has it, in their order.
void Merger::WriteTerm(const uint8_t* lexeme, uint32_t length) {
  writer.Term(lexeme, length);
  for (int i = 0; i < n; ++i) {
    TermScan* terms = &inputs[i].terms;
    if (!terms->valid || CompareLexemes(terms->key(), terms->key_length(), lexeme, length) != 0) {
      continue;
    }
    CopyPostings(&inputs[i]);
    terms->Next();
  }
  writer.EndTerm();
}

}  // namespace

void vs_bm25_merge(const VsBm25Memory* memory, int n, const VsBm25Segment* const* segments,
                   const VsBm25Source* sources, const VsBm25Sink* sink, VsBm25Segment* merged,
                   void (*check_interrupts)(void)) {
  const Memory host = HostMemory(memory);
  Merger* merger = host.New<Merger>(1);
  merger->memory = host;
  merger->n = n;
  merger->inputs = host.New<Input>(n);
  merger->rows.Init(host);
  merger->lengths.Init(host);
  merger->list.Init(host);
  bool positions = true;
  for (int i = 0; i < n; ++i) {
    Input* input = &merger->inputs[i];
    input->segment = segments[i];
    input->source = &sources[i];
    merger->ReadDocuments(input);
    input->terms.Begin(segments[i], &sources[i]);
    positions &= segments[i]->has_positions != 0;
  }
  double sum_len = 0;
  const uint32_t n_docs = static_cast<uint32_t>(merger->rows.size());
  for (uint16_t length : merger->lengths) sum_len += length;
  merger->writer.Init(host, sink, positions, merger->lengths.data(), n_docs,
                      n_docs > 0 ? sum_len / n_docs : 1);
  uint8_t lexeme[kMaxLexeme];
  for (uint32_t terms = 0;; ++terms) {
    const Input* least = merger->Least();
    if (least == nullptr) break;
    const uint32_t length = least->terms.key_length();
    memcpy(lexeme, least->terms.key(), length);
    merger->WriteTerm(lexeme, length);
    if (terms % kTermsBetweenChecks == 0) check_interrupts();
  }
  merger->writer.Finish(merger->rows.data(), merged);
}
