// SPDX-License-Identifier: PostgreSQL
//
// verify.cpp - is a segment what it says it is?
//
// Owns: the checks behind vecstore.check_index.  Terms ascend, and a search finds each; postings ascend and are in the
// segment, bounds bound, rows ascend where the segment says so, and what is counted twice is the same: postings, lengths,
// live documents.

#include <stdio.h>

#include <algorithm>

#include "bridge/bm25_segment.h"
#include "core/bm25/cursor.h"

using namespace vecstore;
using namespace vecstore::bm25;

namespace {

constexpr uint32_t kTermsBetweenChecks = 64;

struct Verifier {
  Memory memory;
  const VsBm25Segment* segment;
  const VsBm25Source* source;
  void* context;
  void (*report)(void* context, const char* problem);
  void (*check_interrupts)(void);
  uint32_t* found_len;  // of each document: sum of its frequencies
  uint16_t* lengths;
  TermScan terms;
  Dictionary dictionary;
  KeyCursor finder;
  PostingList list;
  Block block;
  uint8_t before[kMaxLexeme];
  uint32_t before_length;
  uint64_t n_terms, n_postings;

  template <class... Args>
  void Report(const char* format, Args... args) {
    char problem[256];
    snprintf(problem, sizeof(problem), format, args...);
    report(context, problem);
  }
  void ReadLengths();
  void CheckTerms();
  void CheckFound();
  void CheckList();
  void CheckBlock(uint32_t number, uint32_t* last);
  void CheckLengths();
  void CheckLive();
  void CheckRows();
};

void Verifier::ReadLengths() {
  lengths = memory.New<uint16_t>(segment->n_docs + 1);
  found_len = memory.New<uint32_t>(segment->n_docs + 1);
  memset(found_len, 0, segment->n_docs * sizeof(*found_len));
  for (uint32_t doc = 0; doc < segment->n_docs; doc += VS_BM25_LENGTHS_PER_PAGE) {
    const uint32_t n = std::min<uint32_t>(VS_BM25_LENGTHS_PER_PAGE, segment->n_docs - doc);
    memcpy(lengths + doc,
           source->read(source->context, VS_BM25_LENGTHS, doc / VS_BM25_LENGTHS_PER_PAGE),
           n * sizeof(*lengths));
  }
}

void Verifier::CheckBlock(uint32_t number, uint32_t* last) {
  const VsBm25Skip& skip = list.skip(number);
  const bool stored = terms.term.inline_bytes == 0;
  list.Decode(number, &block);
  list.ReadTfs(&block);
  for (uint32_t i = 0; i < block.n; ++i) {
    const uint32_t doc = block.docs[i], tf = block.tfs[i];
    if (doc >= segment->n_docs || (*last != kNoDoc && doc <= *last)) {
      Report("a posting names document %u after %u, of %u", doc, *last, segment->n_docs);
      return;
    }
    *last = doc;
    found_len[doc] += tf;
    bool bounded = !stored;
    for (const VsBm25Impact& impact : skip.impacts) {
      bounded |= impact.tf >= tf && impact.len <= lengths[doc];
    }
    if (!bounded) Report("document %u is better than the bound of its block", doc);
    if (!segment->has_positions) continue;
    if (tf > kMaxPositions && (skip.flags & VS_BM25_COUNTS_STORED) == 0 && stored) {
      Report("document %u has a word %u times, which no tsvector can", doc, tf);
      return;
    }
    uint32_t n;
    const uint16_t* positions = list.Positions(block, i, &n);
    for (uint32_t j = 1; j < n; ++j) {
      if ((positions[j] & 0x3FFF) < (positions[j - 1] & 0x3FFF)) {
        Report("positions in document %u do not ascend", doc);
        break;
      }
    }
  }
  if (skip.last_doc != *last) Report("a block ends with document %u, not %u", *last, skip.last_doc);
}

void Verifier::CheckList() {
  uint32_t last = kNoDoc;
  list.Clear(segment, source, true);
  list.Open(terms.term);
  if (list.df != terms.term.df) Report("a list has %u postings, not %u", list.df, terms.term.df);
  for (uint32_t b = 0; b < list.n_blocks; ++b) CheckBlock(b, &last);
  n_postings += list.df;
}

// Does the way of a search, through inner pages and restarts, lead to the term?
void Verifier::CheckFound() {
  TermInfo found;
  if (!dictionary.Find(terms.key(), terms.key_length(), &finder, &found)) {
    Report("searches do not find term %llu of the dictionary", static_cast<unsigned long long>(n_terms));
  } else if (found.df != terms.term.df || found.inline_bytes != terms.term.inline_bytes ||
             found.first_skip != terms.term.first_skip) {
    Report("searches find another term %llu of the dictionary", static_cast<unsigned long long>(n_terms));
  }
}

void Verifier::CheckTerms() {
  dictionary.Init(segment, source);
  for (terms.Begin(segment, source); terms.valid; terms.Next()) {
    if (n_terms > 0 &&
        CompareLexemes(before, before_length, terms.key(), terms.key_length()) >= 0) {
      Report("term %llu of the dictionary is out of order", static_cast<unsigned long long>(n_terms));
    }
    before_length = terms.key_length();
    memcpy(before, terms.key(), before_length);
    CheckFound();
    if (n_terms++ % kTermsBetweenChecks == 0) check_interrupts();
    CheckList();
  }
  if (n_terms != segment->n_terms) {
    Report("it has %llu terms, not %u", static_cast<unsigned long long>(n_terms), segment->n_terms);
  }
  if (n_postings != segment->n_postings) {
    Report("it has %llu postings, not %llu", static_cast<unsigned long long>(n_postings),
           static_cast<unsigned long long>(segment->n_postings));
  }
}

void Verifier::CheckLengths() {
  uint64_t sum = 0;
  for (uint32_t doc = 0; doc < segment->n_docs; ++doc) {
    sum += lengths[doc];
    if (std::min<uint32_t>(found_len[doc], VS_BM25_MAX_LEN) != lengths[doc]) {
      Report("document %u has length %u, its postings make %u", doc, lengths[doc], found_len[doc]);
    }
  }
  if (sum != segment->sum_len) {
    Report("its lengths sum up to %llu, not %llu", static_cast<unsigned long long>(sum),
           static_cast<unsigned long long>(segment->sum_len));
  }
}

void Verifier::CheckLive() {
  uint32_t live = 0;
  for (uint32_t doc = 0; doc < segment->n_docs; ++doc) {
    const uint32_t bit = doc % VS_BM25_LIVE_PER_PAGE;
    const uint8_t* page = source->read(source->context, VS_BM25_LIVE, doc / VS_BM25_LIVE_PER_PAGE);
    live += page[bit / 8] >> (bit % 8) & 1;
  }
  if (live != segment->n_live) Report("%u of its documents live, not %u", live, segment->n_live);
}

void Verifier::CheckRows() {
  uint64_t last = 0;
  for (uint32_t doc = 0; doc < segment->n_docs && segment->rows_ascend; ++doc) {
    const uint64_t row = vs_bm25_row_key(vs_bm25_row_of(segment, source, doc));
    if (doc > 0 && row <= last) {
      Report("the row of document %u is not after that of the one before", doc);
      return;
    }
    last = row;
  }
}

}  // namespace

void vs_bm25_verify(const VsBm25Memory* memory, const VsBm25Segment* segment,
                    const VsBm25Source* source, void* context,
                    void (*report)(void* context, const char* problem),
                    void (*check_interrupts)(void)) {
  const Memory host = HostMemory(memory);
  Verifier* verifier = host.New<Verifier>(1);
  memset(static_cast<void*>(verifier), 0, sizeof(*verifier));
  verifier->memory = host;
  verifier->segment = segment;
  verifier->source = source;
  verifier->context = context;
  verifier->report = report;
  verifier->check_interrupts = check_interrupts;
  verifier->list.Init(host);
  verifier->ReadLengths();
  verifier->CheckTerms();
  verifier->CheckLengths();
  verifier->CheckLive();
  verifier->CheckRows();
}
