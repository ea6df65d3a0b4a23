// SPDX-License-Identifier: PostgreSQL
//
// writer.cpp - blocks of postings, their skips, and the streams of a segment.
//
// Owns: how numbers of postings become bytes; cursor.cpp reads them.

#include "core/bm25/writer.h"

#include <algorithm>

#include "core/bm25/dictionary.h"
#include "core/bm25/rows.h"

namespace vecstore {
namespace bm25 {

void PageStream::Init(const Memory& memory, const VsBm25Sink* to, VsBm25Stream which) {
  sink = to;
  stream = which;
  page = used = 0;
  bytes = memory.New<uint8_t>(VS_BM25_PAYLOAD);
  memset(bytes, 0, VS_BM25_PAYLOAD);
}

void PageStream::Flush() {
  sink->write(sink->context, stream, bytes);
  memset(bytes, 0, VS_BM25_PAYLOAD);
  ++page;
  used = 0;
}

void PageStream::Put(const void* data, size_t n) {
  const uint8_t* from = static_cast<const uint8_t*>(data);
  while (n > 0) {
    size_t part = std::min<size_t>(n, VS_BM25_PAYLOAD - used);
    memcpy(bytes + used, from, part);
    used += static_cast<uint32_t>(part);
    from += part;
    n -= part;
    if (used == VS_BM25_PAYLOAD) Flush();
  }
}

void PageStream::Align(uint32_t n) {
  if (used + n > VS_BM25_PAYLOAD) Flush();
}

uint32_t PageStream::Finish() {
  if (used > 0) Flush();
  return page;
}

void SegmentWriter::Init(const Memory& memory, const VsBm25Sink* sink, bool positions,
                         const uint16_t* lengths, uint32_t n_docs, double avg_len) {
  memory_ = memory;
  for (int i = 0; i < VS_BM25_STREAMS; ++i) {
    streams_[i].Init(memory, sink, static_cast<VsBm25Stream>(i));
  }
  positions_ = positions;
  lengths_ = lengths;
  n_docs_ = n_docs;
  avg_len_ = avg_len > 0 ? avg_len : 1;
  n_skips_ = n_terms_ = n_ = df_ = 0;
  n_postings_ = 0;
  block_positions_.Init(memory);
  packed_.Init(memory);
  numbers_.Init(memory);
  page_keys_.Init(memory);
  keys_.Init(memory);
  leaf_ = memory.New<KeyPage>(1);
  leaf_->Clear();
}

void SegmentWriter::Term(const uint8_t* lexeme, uint32_t length) {
  memcpy(lexeme_, lexeme, length);
  lexeme_length_ = length;
  df_ = n_ = 0;
  block_before_ = ~uint32_t{0};
  first_skip_ = n_skips_;
  block_positions_.Clear();
}

void SegmentWriter::Posting(uint32_t doc, uint32_t tf, const uint16_t* positions,
                            uint32_t n_positions) {
  if (n_ == VS_BM25_BLOCK) FlushBlock();
  docs_[n_] = doc;
  tfs_[n_] = tf;
  counts_[n_] = n_positions;
  ++n_;
  ++df_;
  if (!positions_) return;
  size_t at = block_positions_.size();
  block_positions_.Extend(n_positions);
  if (n_positions > 0) {
    memcpy(block_positions_.data() + at, positions, n_positions * sizeof(*positions));
  }
}

// The postings of a short list, for the dictionary.
bool SegmentWriter::PutInline(uint8_t* out, size_t* bytes) const {
  uint8_t* const end = out + kInlineBytes;
  uint8_t* p = out;
  uint32_t before = ~uint32_t{0};
  const uint16_t* position = block_positions_.data();
  for (uint32_t i = 0; i < n_; ++i) {
    if (end - p < 3 * kMaxVarint) return false;
    p = PutVarint(p, docs_[i] - before - 1);
    p = PutVarint(p, tfs_[i]);
    before = docs_[i];
    if (!positions_) continue;
    p = PutVarint(p, counts_[i]);
    for (uint32_t j = 0; j < counts_[i]; ++j) {
      if (end - p < kMaxVarint) return false;
      p = PutVarint(p, *position++);
    }
  }
  *bytes = p - out;
  return true;
}

void SegmentWriter::EndTerm() {
  if (df_ == 0) return;
  uint8_t list[kInlineBytes];
  size_t inline_bytes = 0;
  if (df_ > kInlinePostings || !PutInline(list, &inline_bytes)) {
    inline_bytes = 0;
    FlushBlock();
  }
  AddTerm(df_, list, inline_bytes, first_skip_);
}

// The term's place in the dictionary: with its list, or where that is.
void SegmentWriter::AddTerm(uint32_t df, const uint8_t* list, size_t inline_bytes, uint32_t first_skip) {
  uint8_t value[kMaxValue];
  uint8_t* p = PutVarint(PutVarint(value, df), static_cast<uint32_t>(inline_bytes));
  if (inline_bytes > 0) {
    memcpy(p, list, inline_bytes);
    p += inline_bytes;
  } else {
    p = PutVarint(p, first_skip);
  }
  AddToDictionary(value, static_cast<uint32_t>(p - value));
  ++n_terms_;
  n_postings_ += df;
}

void SegmentWriter::CopyTerm(const TermScan& terms, uint32_t skips_before) {
  Term(terms.key(), terms.key_length());
  AddTerm(terms.term.df, terms.term.inlined, std::min<uint32_t>(terms.term.inline_bytes, kInlineBytes),
          terms.term.first_skip + skips_before);
}

// The low bits of n numbers, one after the other.
void SegmentWriter::PutRow(PageStream* out, const uint32_t* numbers, size_t n, unsigned bits) {
  const size_t bytes = PackedBytes(n, bits);
  packed_.Clear();
  packed_.Extend(bytes + kPackedSlack);
  PutAllPacked(packed_.data(), numbers, n, bits);
  out->Put(packed_.data(), bytes);
}

// The low bits of n numbers: a full block lies in lanes, a part of one in a row.
void SegmentWriter::PutNumbers(PageStream* out, const uint32_t* numbers, size_t n, unsigned bits) {
  if (n != VS_BM25_BLOCK) {
    PutRow(out, numbers, n, bits);
    return;
  }
  uint8_t block[VS_BLOCK_BYTES(32)];
  uint32_t low[VS_BM25_BLOCK];
  for (size_t i = 0; i < n; ++i) {
    low[i] = static_cast<uint32_t>(numbers[i] & ((uint64_t{1} << bits) - 1));
  }
  vs_kernels()->pack_block(low, bits, block);
  out->Put(block, VS_BLOCK_BYTES(bits));
}

// Which numbers have high bits, and these.
void SegmentWriter::PutPatches(PageStream* out, const uint32_t* numbers, size_t n,
                               const Widths& widths) {
  if (widths.patches == 0) return;
  uint32_t high[kMaxPatches];
  uint16_t wide[kMaxPatches];
  uint8_t narrow[kMaxPatches], bitmap[kMaxBitmap] = {};
  uint32_t found = 0;
  const bool is_bitmap = IsBitmap(n, widths.patches);
  for (size_t i = 0; i < n; ++i) {
    if (WidthOf(numbers[i]) <= widths.bits) continue;
    wide[found] = static_cast<uint16_t>(i);
    narrow[found] = static_cast<uint8_t>(i);
    if (is_bitmap) bitmap[i / 8] |= static_cast<uint8_t>(1 << (i % 8));
    high[found++] = numbers[i] >> widths.bits;
  }
  if (is_bitmap) {
    out->Put(bitmap, BitmapBytes(n));
  } else {
    out->Put(IndexBytes(n) > 1 ? static_cast<const void*>(wide) : narrow, ListBytes(n, found));
  }
  PutRow(out, high, found, widths.high_bits);
}

static VsBm25Patches HeadOf(const Widths& widths) {
  return {static_cast<uint16_t>(widths.patches), static_cast<uint8_t>(widths.high_bits), 0};
}

// Heads of both patches if there are any; documents and their patches, frequencies and theirs.
void SegmentWriter::WriteDocs(VsBm25Skip* skip) {
  uint32_t docs[VS_BM25_BLOCK], tfs[VS_BM25_BLOCK], before = block_before_;
  bool from_zero = false;
  for (uint32_t i = 0; i < n_; ++i) {
    docs[i] = docs_[i] - before - 1;
    before = docs_[i];
    from_zero |= tfs_[i] == 0;
  }
  for (uint32_t i = 0; i < n_; ++i) tfs[i] = tfs_[i] - !from_zero;
  const Widths doc_widths = ChooseWidths(docs, n_), tf_widths = ChooseWidths(tfs, n_);
  PageStream* out = &streams_[VS_BM25_POSTINGS];
  skip->postings_page = out->page;
  skip->postings_offset = static_cast<uint16_t>(out->used);
  skip->doc_bits = static_cast<uint8_t>(doc_widths.bits);
  skip->tf_bits = static_cast<uint8_t>(tf_widths.bits);
  skip->last_doc = before;
  if (from_zero) skip->flags |= VS_BM25_TF_FROM_ZERO;
  if (doc_widths.patches + tf_widths.patches > 0) {
    const VsBm25Patches heads[2] = {HeadOf(doc_widths), HeadOf(tf_widths)};
    skip->flags |= VS_BM25_POSTINGS_PATCHED;
    out->Put(heads, sizeof(heads));
  }
  PutNumbers(out, docs, n_, doc_widths.bits);
  PutPatches(out, docs, n_, doc_widths);
  PutNumbers(out, tfs, n_, tf_widths.bits);
  PutPatches(out, tfs, n_, tf_widths);
  block_before_ = before;
}

// Counts (one byte each, or two) if they are not the frequencies, differences of positions with their patches,
// classes if any.
void SegmentWriter::WritePositions(VsBm25Skip* skip) {
  PageStream* out = &streams_[VS_BM25_POSITIONS];
  skip->positions_page = out->page;
  skip->positions_offset = static_cast<uint16_t>(out->used);
  size_t total = block_positions_.size();
  numbers_.Clear();
  numbers_.Extend(total);
  uint32_t at = 0;
  bool counts_differ = false, wide = false, classes = false;
  uint8_t counts[VS_BM25_BLOCK];
  uint16_t wide_counts[VS_BM25_BLOCK];
  for (uint32_t i = 0; i < n_; ++i) {
    uint32_t before = 0;
    counts[i] = static_cast<uint8_t>(counts_[i]);
    wide_counts[i] = static_cast<uint16_t>(counts_[i]);
    counts_differ |= counts_[i] != tfs_[i];
    wide |= counts_[i] > UINT8_MAX;
    for (uint32_t j = 0; j < counts_[i]; ++j, ++at) {
      uint32_t position = block_positions_[at] & 0x3FFF;
      classes |= block_positions_[at] >> 14 != 0;
      numbers_[at] = position - before;
      before = position;
    }
  }
  if (counts_differ) {
    skip->flags |= VS_BM25_COUNTS_STORED;
    if (wide) {
      skip->flags |= VS_BM25_COUNTS_WIDE;
      out->Put(reinterpret_cast<const uint8_t*>(wide_counts), n_ * sizeof(uint16_t));
    } else {
      out->Put(counts, n_);
    }
  }
  const Widths widths = ChooseWidths(numbers_.data(), total);
  skip->position_bits = static_cast<uint8_t>(widths.bits);
  if (widths.patches > 0) {
    const VsBm25Patches head = HeadOf(widths);
    skip->flags |= VS_BM25_POSITIONS_PATCHED;
    out->Put(&head, sizeof(head));
  }
  PutRow(out, numbers_.data(), total, widths.bits);
  PutPatches(out, numbers_.data(), total, widths);
  if (!classes) return;
  skip->flags |= VS_BM25_CLASSES_STORED;
  for (size_t i = 0; i < total; ++i) numbers_[i] = block_positions_[i] >> 14;
  PutRow(out, numbers_.data(), total, 2);
}

// What (tf, len) is worth where k1 = 1.2 and b = 0.75, without the idf.
static double Worth(uint32_t tf, uint32_t len, double avg_len) {
  return tf / (tf + 1.2 * (0.25 + 0.75 * len / avg_len) + 1e-9);
}

// The block's documents that have no other with tf >= theirs and len <= theirs: tf falls, len falls.  Nearly all
// frequencies are small, which spares sorting.
uint32_t SegmentWriter::FindFront(VsBm25Impact* front) const {
  constexpr uint32_t kSmall = 32, kNone = ~uint32_t{0};
  uint32_t least[kSmall];  // length of documents with a small frequency
  uint32_t large = 0, largest_small = 0;
  std::fill(least, least + kSmall, kNone);
  for (uint32_t i = 0; i < n_; ++i) {
    const uint16_t tf = static_cast<uint16_t>(tfs_[i]), len = lengths_[docs_[i]];
    if (tf >= kSmall) {
      front[large++] = {tf, len};
    } else {
      least[tf] = std::min<uint32_t>(least[tf], len);
      largest_small = std::max<uint32_t>(largest_small, tf);
    }
  }
  std::sort(front, front + large, [](const VsBm25Impact& a, const VsBm25Impact& b) {
    return a.tf != b.tf ? a.tf > b.tf : a.len < b.len;
  });
  uint32_t n = 0;
  for (uint32_t i = 0; i < large; ++i) {
    if (n == 0 || front[i].len < front[n - 1].len) front[n++] = front[i];
  }
  for (uint32_t tf = largest_small + 1; tf-- > 0;) {
    if (least[tf] == kNone || (n > 0 && least[tf] >= front[n - 1].len)) continue;
    front[n++] = {static_cast<uint16_t>(tf), static_cast<uint16_t>(least[tf])};
  }
  return n;
}

/*
 * A score grows with the frequency and falls with the length, for every k1 and b.  So a document that
 * has no other with tf >= its tf and len <= its len is as good as any; these are few.  They are covered by two
 * pairs (highest tf, least len), cut where the better of the two is worth least.
 */
void SegmentWriter::FindImpacts(VsBm25Skip* skip) {
  VsBm25Impact all[VS_BM25_BLOCK];
  const uint32_t n = FindFront(all);
  uint32_t best_cut = 1;
  double least = 0;
  for (uint32_t cut = 1; cut < n; ++cut) {
    double worth = std::max(Worth(all[0].tf, all[cut - 1].len, avg_len_),
                            Worth(all[cut].tf, all[n - 1].len, avg_len_));
    if (cut == 1 || worth < least) {
      least = worth;
      best_cut = cut;
    }
  }
  skip->impacts[0] = {all[0].tf, all[best_cut - 1].len};
  skip->impacts[1] = n > 1 ? VsBm25Impact{all[best_cut].tf, all[n - 1].len} : skip->impacts[0];
}

void SegmentWriter::FlushBlock() {
  VsBm25Skip skip = {};
  WriteDocs(&skip);
  if (positions_) WritePositions(&skip);
  FindImpacts(&skip);
  PageStream* out = &streams_[VS_BM25_SKIPS];
  out->Align(sizeof(skip));
  out->Put(&skip, sizeof(skip));
  ++n_skips_;
  n_ = 0;
  block_positions_.Clear();
}

void SegmentWriter::Finish(const VsBm25Row* rows, VsBm25Segment* segment) {
  PageStream* lengths = &streams_[VS_BM25_LENGTHS];
  PageStream* row_stream = &streams_[VS_BM25_ROWS];
  PageStream* live = &streams_[VS_BM25_LIVE];
  memset(segment, 0, sizeof(*segment));
  segment->rows_ascend = 1;
  for (uint32_t i = 0; i < n_docs_; ++i) {
    segment->sum_len += lengths_[i];
    if (i > 0 && vs_bm25_row_key(rows[i]) <= vs_bm25_row_key(rows[i - 1])) segment->rows_ascend = 0;
  }
  FindRowWidths(rows, n_docs_, segment);
  for (uint32_t doc = 0; doc < n_docs_; row_stream->Flush()) {
    doc = FillRowPage(rows, doc, n_docs_, *segment, row_stream->bytes);
  }
  lengths->Put(lengths_, n_docs_ * sizeof(*lengths_));
  for (uint32_t i = 0; i < n_docs_; i += 8) {
    uint8_t bits = n_docs_ - i >= 8 ? 0xFF : static_cast<uint8_t>((1 << (n_docs_ - i)) - 1);
    live->Put(&bits, 1);
  }
  WriteUpperLevels(segment);
  Count(segment);
}

void SegmentWriter::FinishPart(VsBm25Segment* part) {
  memset(part, 0, sizeof(*part));
  EndLeaves(part);
  Count(part);
}

void SegmentWriter::Count(VsBm25Segment* segment) {
  for (int i = 0; i < VS_BM25_STREAMS; ++i) segment->pages[i] = streams_[i].Finish();
  segment->n_docs = segment->n_live = n_docs_;
  segment->n_terms = n_terms_;
  segment->n_postings = n_postings_;
  segment->has_positions = positions_;
}

}  // namespace bm25
}  // namespace vecstore
