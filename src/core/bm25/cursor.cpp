// SPDX-License-Identifier: PostgreSQL
//
// cursor.cpp - decoding blocks of postings, and positions of single documents.
//
// Owns: how bytes become postings; writer.cpp wrote them.

#include "core/bm25/cursor.h"

#include <algorithm>

#include "bridge/kernels.h"
#include "core/bm25/patched.h"

namespace vecstore {
namespace bm25 {

// Of a tsvector.
constexpr unsigned kPositionBits = 14;
constexpr uint32_t kComparisonsBetweenChecks = 1 << 20;

void CopyBytes(const VsBm25Source* source, VsBm25Stream stream, uint32_t page, uint32_t offset,
               size_t n, uint8_t* out) {
  page += offset / VS_BM25_PAYLOAD;
  offset %= VS_BM25_PAYLOAD;
  while (n > 0) {
    const size_t part = std::min<size_t>(n, VS_BM25_PAYLOAD - offset);
    memcpy(out, source->read(source->context, stream, page) + offset, part);
    out += part;
    n -= part;
    offset = 0;
    ++page;
  }
}

// Where n bytes and kPackedSlack more can be read, until the next page is: in the page, or in `copy` if they go on in
// the next one, or if there are none, so that there may be no page.
static const uint8_t* BytesAt(const VsBm25Source* source, VsBm25Stream stream, uint32_t page, uint32_t offset, size_t n,
                              uint8_t* copy) {
  if (n > 0 && offset + n + kPackedSlack <= VS_BM25_PAYLOAD) return source->read(source->context, stream, page) + offset;
  CopyBytes(source, stream, page, offset, n, copy);
  return copy;
}

void PostingList::Init(const Memory& memory) {
  memory_ = memory;
  skips_.Init(memory);
  postings_.Init(memory);
  array_positions_.Init(memory);
  found_.Init(memory);
  part_ = nullptr;
  part_block_ = nullptr;
}

void PostingList::Clear(const VsBm25Segment* segment, const VsBm25Source* source, bool wanted) {
  source_ = source;
  stored_ = segment->has_positions;
  n_docs_ = segment->n_docs;
  wanted_ = wanted;
  df = n_blocks = 0;
  array_ = false;
  classes_ = 0;
  located_.block = kNoDoc;
  found_all_ = false;
  skips_.Clear();
  postings_.Clear();
  array_positions_.Clear();
  if (part_ != nullptr) part_->Clear(segment, source, wanted);
}

void PostingList::Restrict(uint8_t classes, const uint8_t weights[VS_BM25_CLASSES]) {
  classes_ = stored_ ? classes : 0;
  memcpy(weights_, weights, VS_BM25_CLASSES);
}

void PostingList::ReadSkips(uint32_t first, uint32_t n) {
  skips_.Clear();
  skips_.Extend(n);
  for (uint32_t i = 0; i < n;) {
    const uint32_t at = first + i, on_page = at % VS_BM25_SKIPS_PER_PAGE;
    const uint32_t part = std::min<uint32_t>(n - i, VS_BM25_SKIPS_PER_PAGE - on_page);
    const uint8_t* page =
        source_->read(source_->context, VS_BM25_SKIPS, at / VS_BM25_SKIPS_PER_PAGE);
    memcpy(skips_.data() + i, page + on_page * sizeof(VsBm25Skip), part * sizeof(VsBm25Skip));
    i += part;
  }
}

void PostingList::Open(const TermInfo& term) {
  if (term.inline_bytes > 0) {
    OpenUnion();
    AddInline(term);
    CloseUnion(nullptr);
    return;
  }
  df = std::min(term.df, n_docs_);
  n_blocks = (df + VS_BM25_BLOCK - 1) / VS_BM25_BLOCK;
  ReadSkips(term.first_skip, n_blocks);
}

void PostingList::OpenUnion() { array_ = true; }

void PostingList::AddToUnion(const TermInfo& term, const VsBm25Segment* segment) {
  if (term.inline_bytes > 0) {
    AddInline(term);
    return;
  }
  if (part_ == nullptr) {
    part_ = memory_.New<PostingList>(1);
    part_block_ = memory_.New<Block>(1);
    part_->Init(memory_);
  }
  part_->Clear(segment, source_, wanted_);
  part_->Open(term);
  AddList();
}

void PostingList::AddInline(const TermInfo& term) {
  const uint8_t* p = term.inlined;
  const uint8_t* const end = p + std::min<size_t>(term.inline_bytes, kInlineBytes);
  uint32_t doc = kNoDoc;
  for (uint32_t i = 0; i < term.df && p < end; ++i) {
    uint32_t delta, n = 0;
    ArrayPosting posting = {};
    p = GetVarint(p, &delta);
    p = GetVarint(p, &posting.tf);
    doc += delta + 1;
    if (doc >= n_docs_) break;
    posting.doc = doc;
    posting.positions = static_cast<uint32_t>(array_positions_.size());
    if (stored_) p = GetVarint(p, &n);
    for (uint32_t j = 0; j < n && p < end; ++j) {
      uint32_t position;
      p = GetVarint(p, &position);
      array_positions_.Push(static_cast<uint16_t>(position));
      ++posting.n_positions;
    }
    AddPosting(posting);
  }
}

// A posting whose positions are the last ones of array_positions_.
void PostingList::AddPosting(ArrayPosting posting) {
  posting.nowhere = posting.n_positions == 0;
  if (classes_ != 0 && posting.n_positions > 0) {
    uint16_t* first = array_positions_.data() + posting.positions;
    uint32_t n = 0;
    posting.tf = 0;
    for (uint32_t i = 0; i < posting.n_positions; ++i) {
      const unsigned position_class = first[i] >> 14;
      if ((classes_ >> position_class & 1) == 0) continue;
      posting.tf += weights_[position_class];
      first[n++] = first[i];
    }
    posting.n_positions = n;
    array_positions_.Truncate(posting.positions + n);
    if (n == 0) return;
  }
  postings_.Push(posting);
}

void PostingList::AddList() {
  for (uint32_t b = 0; b < part_->n_blocks; ++b) {
    part_->Decode(b, part_block_);
    part_->ReadTfs(part_block_);
    for (uint32_t i = 0; i < part_block_->n; ++i) {
      ArrayPosting posting = {part_block_->docs[i], part_block_->tfs[i],
                              static_cast<uint32_t>(array_positions_.size()), 0, false};
      if (wanted_) {
        const uint16_t* positions = part_->Positions(*part_block_, i, &posting.n_positions);
        for (uint32_t j = 0; j < posting.n_positions; ++j) array_positions_.Push(positions[j]);
      }
      AddPosting(posting);
    }
  }
}

// Positions of several lexemes of one document together; one that two lexemes share counts once.
void PostingList::SortPositions(ArrayPosting* posting) {
  uint16_t* first = array_positions_.data() + posting->positions;
  std::sort(first, first + posting->n_positions, [](uint16_t a, uint16_t b) {
    return (a & 0x3FFF) != (b & 0x3FFF) ? (a & 0x3FFF) < (b & 0x3FFF) : a > b;
  });
  uint32_t n = 0;
  for (uint32_t i = 0; i < posting->n_positions; ++i) {
    if (n == 0 || (first[i] & 0x3FFF) != (first[n - 1] & 0x3FFF)) first[n++] = first[i];
  }
  posting->n_positions = n;
}

// Postings of the same document become one.  Millions of them take seconds to sort.
void PostingList::MergePostings(void (*check_interrupts)(void)) {
  uint32_t countdown = kComparisonsBetweenChecks;
  std::sort(postings_.begin(), postings_.end(), [&](const ArrayPosting& a, const ArrayPosting& b) {
    if (--countdown == 0) {
      countdown = kComparisonsBetweenChecks;
      if (check_interrupts != nullptr) check_interrupts();
    }
    return a.doc != b.doc ? a.doc < b.doc : a.positions < b.positions;
  });
  size_t n = 0;
  for (size_t i = 0; i < postings_.size();) {
    ArrayPosting merged = postings_[i];
    size_t end = i + 1;
    while (end < postings_.size() && postings_[end].doc == merged.doc) ++end;
    if (end > i + 1) {
      merged.positions = static_cast<uint32_t>(array_positions_.size());
      merged.tf = merged.n_positions = 0;
      for (size_t j = i; j < end; ++j) {
        const ArrayPosting& part = postings_[j];
        merged.tf += part.tf;
        merged.nowhere |= part.nowhere;
        for (uint32_t k = 0; k < part.n_positions; ++k) {
          array_positions_.Push(array_positions_[part.positions + k]);
        }
        merged.n_positions += part.n_positions;
      }
      SortPositions(&merged);
    }
    postings_[n++] = merged;
    i = end;
  }
  postings_.Truncate(n);
}

// Bounds of an array do not know lengths: as if the documents were empty.
void PostingList::CloseUnion(void (*check_interrupts)(void)) {
  MergePostings(check_interrupts);
  df = static_cast<uint32_t>(postings_.size());
  n_blocks = (df + VS_BM25_BLOCK - 1) / VS_BM25_BLOCK;
  skips_.Clear();
  for (uint32_t b = 0; b < n_blocks; ++b) {
    VsBm25Skip skip = {};
    uint32_t tf = 0;
    for (uint32_t i = b * VS_BM25_BLOCK; i < b * VS_BM25_BLOCK + DocsInBlock(b); ++i) {
      tf = std::max(tf, postings_[i].tf);
      skip.last_doc = postings_[i].doc;
    }
    tf = std::min<uint32_t>(tf, kAnyTf);
    skip.impacts[0] = skip.impacts[1] = {static_cast<uint16_t>(tf), 0};
    skips_.Push(skip);
  }
}

uint32_t PostingList::DocsInBlock(uint32_t block) const {
  return std::min<uint32_t>(VS_BM25_BLOCK, df - block * VS_BM25_BLOCK);
}

// Near blocks are looked at first: callers go forward in small steps.
uint32_t PostingList::BlockOf(uint32_t doc, uint32_t from) const {
  uint32_t step = 1, low = from;  // blocks before low end before doc
  while (low < n_blocks && skips_[low].last_doc < doc) {
    uint32_t next = std::min(low + step, n_blocks);
    if (next == n_blocks || skips_[next].last_doc >= doc) {
      uint32_t high = next;  // ends at doc or later, or is n_blocks
      ++low;
      while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (skips_[middle].last_doc < doc) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      return low;
    }
    low = next;
    step *= 2;
  }
  return low;
}

void PostingList::UnpackNumbers(const uint8_t* packed, size_t n, unsigned bits,
                                uint32_t* out) const {
  if (n == VS_BM25_BLOCK) {
    vs_kernels()->unpack_block(packed, bits, out);
  } else {
    for (size_t i = 0; i < n; ++i) out[i] = static_cast<uint32_t>(GetPacked(packed, i, bits));
  }
}

// The patches of n numbers as the segment has them, however damaged.
static VsBm25Patches Checked(VsBm25Patches head, size_t n, unsigned bits, unsigned most_bits) {
  head.n = static_cast<uint16_t>(std::min<size_t>({head.n, n, kMaxPatches}));
  head.high_bits = static_cast<uint8_t>(std::min<unsigned>(head.high_bits, most_bits - bits));
  return head;
}

// The numbers that have a bit.
static void PatchByBitmap(const uint8_t* patches, VsBm25Patches head, size_t n, unsigned bits, uint32_t* numbers) {
  const uint8_t* const high = patches + BitmapBytes(n);
  uint32_t found = 0;
  for (size_t first = 0; first < n; first += 64) {
    uint64_t word = 0;
    memcpy(&word, patches + first / 8, BitmapBytes(std::min<size_t>(n - first, 64)));
    if (n - first < 64) word &= (uint64_t{1} << (n - first)) - 1;
    for (; word != 0 && found < head.n; word &= word - 1) {
      numbers[first + __builtin_ctzll(word)] |=
          static_cast<uint32_t>(GetPacked(high, found++, head.high_bits) << bits);
    }
  }
}

// Adds the high bits to a block of n <= VS_BM25_BLOCK numbers.
static void Patch(const uint8_t* patches, VsBm25Patches head, size_t n, unsigned bits,
                  uint32_t* numbers) {
  if (head.n == 0) return;
  if (IsBitmap(n, head.n)) {
    PatchByBitmap(patches, head, n, bits, numbers);
    return;
  }
  const uint8_t* high = patches + head.n;
  for (uint32_t i = 0; i < head.n; ++i) {
    if (patches[i] >= n) continue;
    numbers[patches[i]] |= static_cast<uint32_t>(GetPacked(high, i, head.high_bits) << bits);
  }
}

// Gaps of `bits` bits before each of n documents, from `next` on, become the documents.  However damaged, they do not
// fall, and do not pass the last one of the segment.
static void DocsOfGaps(uint64_t next, uint64_t last, uint32_t n, unsigned bits, uint32_t* docs) {
  if (next + (uint64_t{n} << bits) <= UINT32_MAX) {
    vs_kernels()->docs_of_gaps(docs, n, static_cast<uint32_t>(next), static_cast<uint32_t>(last));
    return;
  }
  for (uint32_t i = 0; i < n; ++i) {
    next = std::min(next + docs[i], last);
    docs[i] = static_cast<uint32_t>(next++);
  }
}

// Of a block's documents or frequencies: packed numbers, and patches of all of them.
constexpr size_t kMostPacked = 2 * VS_BLOCK_BYTES(32) + VS_BM25_BLOCK + kPackedSlack;

void PostingList::Decode(uint32_t block, Block* out) const {
  const uint32_t n = DocsInBlock(block);
  out->number = block;
  out->n = n;
  std::fill(out->docs + n, out->docs + VS_BM25_BLOCK, kNoDoc);
  if (array_) {
    for (uint32_t i = 0; i < n; ++i) {
      out->docs[i] = postings_[block * VS_BM25_BLOCK + i].doc;
      out->tfs[i] = postings_[block * VS_BM25_BLOCK + i].tf;
    }
    out->has_tfs = true;
    return;
  }
  const VsBm25Skip& skip = skips_[block];
  const unsigned doc_bits = std::min<unsigned>(skip.doc_bits, 32);
  VsBm25Patches heads[2] = {};
  const uint32_t head_bytes = (skip.flags & VS_BM25_POSTINGS_PATCHED) != 0 ? sizeof(heads) : 0;
  CopyBytes(source_, VS_BM25_POSTINGS, skip.postings_page, skip.postings_offset, head_bytes,
            reinterpret_cast<uint8_t*>(heads));
  heads[0] = Checked(heads[0], n, doc_bits, 32);
  const size_t doc_bytes = NumbersBytes(n, doc_bits);
  const size_t bytes = doc_bytes + PatchBytes(n, heads[0].n, heads[0].high_bits);
  uint8_t copy[kMostPacked];
  const uint8_t* const packed =
      BytesAt(source_, VS_BM25_POSTINGS, skip.postings_page, skip.postings_offset + head_bytes, bytes, copy);
  UnpackNumbers(packed, n, doc_bits, out->docs);
  Patch(packed + doc_bytes, heads[0], n, doc_bits, out->docs);
  DocsOfGaps(block == 0 ? 0 : uint64_t{skips_[block - 1].last_doc} + 1, n_docs_ - 1, n,
             doc_bits + heads[0].high_bits, out->docs);
  out->has_tfs = false;
  out->tfs_offset = skip.postings_offset + head_bytes + static_cast<uint32_t>(bytes);
  out->tf_patches = heads[1];
}

void PostingList::DecodeTfs(Block* block) const {
  const VsBm25Skip& skip = skips_[block->number];
  const uint32_t n = block->n;
  const unsigned bits = std::min<unsigned>(skip.tf_bits, 32);
  const VsBm25Patches patches = Checked(block->tf_patches, n, bits, 32);
  const size_t bytes = NumbersBytes(n, bits);
  uint8_t copy[kMostPacked];
  const uint8_t* const packed = BytesAt(source_, VS_BM25_POSTINGS, skip.postings_page, block->tfs_offset,
                                        bytes + PatchBytes(n, patches.n, patches.high_bits), copy);
  UnpackNumbers(packed, n, bits, block->tfs);
  Patch(packed + bytes, patches, n, bits, block->tfs);
  const uint32_t least = (skip.flags & VS_BM25_TF_FROM_ZERO) == 0;
  for (uint32_t i = 0; i < n; ++i) block->tfs[i] += least;
  block->has_tfs = true;
}

// The numbers [first, first + n) of those that begin at (page, offset).
static void CopyNumbers(const VsBm25Source* source, uint32_t page, uint32_t offset, size_t first,
                        size_t n, unsigned width, uint16_t* out) {
  uint8_t packed[kMaxPositions * 2 + 2 * kPackedSlack];
  while (n > 0) {
    const size_t part = std::min<size_t>(n, kMaxPositions);
    const size_t bit = first * width, skip = bit % 8, at = offset + bit / 8;
    CopyBytes(source, VS_BM25_POSITIONS, page + static_cast<uint32_t>(at / VS_BM25_PAYLOAD),
              static_cast<uint32_t>(at % VS_BM25_PAYLOAD), (skip + part * width + 7) / 8, packed);
    for (size_t i = 0; i < part; ++i) {
      uint64_t word;
      const size_t from = skip + i * width;
      memcpy(&word, packed + from / 8, sizeof(word));
      out[i] = static_cast<uint16_t>((word >> (from % 8)) & ((1u << width) - 1));
    }
    first += part;
    out += part;
    n -= part;
  }
}

// n numbers of one or two bytes each at (page, offset); the bytes that they take.
static uint32_t ReadShort(const VsBm25Source* source, uint32_t page, uint32_t offset, uint32_t n, bool wide,
                          uint16_t* numbers) {
  static_assert(kMaxPatches >= VS_BM25_BLOCK, "room for either use");
  const uint32_t bytes = wide ? 2 * n : n;
  uint8_t narrow[kMaxPatches];
  CopyBytes(source, VS_BM25_POSITIONS, page, offset, bytes, wide ? reinterpret_cast<uint8_t*>(numbers) : narrow);
  for (uint32_t i = 0; i < n && !wide; ++i) numbers[i] = narrow[i];
  return bytes;
}

// Finds where the positions of each posting of a block are: a walk asks for those of one after the other.
void PostingList::Locate(const Block& block) {
  const VsBm25Skip& skip = skips_[block.number];
  Located* at = &located_;
  at->block = block.number;
  found_all_ = false;
  at->page = skip.positions_page;
  at->width = std::min<unsigned>(skip.position_bits, kPositionBits);
  uint32_t offset = skip.positions_offset;
  uint16_t counts[VS_BM25_BLOCK];
  const bool stored = (skip.flags & VS_BM25_COUNTS_STORED) != 0;
  if (stored) {
    offset += ReadShort(source_, at->page, offset, block.n, (skip.flags & VS_BM25_COUNTS_WIDE) != 0, counts);
  }
  at->before[0] = 0;
  for (uint32_t i = 0; i < block.n; ++i) {
    const uint32_t count = stored ? counts[i] : block.tfs[i];
    at->before[i + 1] = at->before[i] + std::min(count, kMaxPositions);
  }
  const size_t total = at->before[block.n];
  at->patches = {};
  if ((skip.flags & VS_BM25_POSITIONS_PATCHED) != 0) {
    CopyBytes(source_, VS_BM25_POSITIONS, at->page, offset, sizeof(at->patches),
              reinterpret_cast<uint8_t*>(&at->patches));
    at->patches = Checked(at->patches, total, at->width, kPositionBits);
    offset += sizeof(at->patches);
  }
  at->numbers = offset;
  at->high = offset + static_cast<uint32_t>(PackedBytes(total, at->width));
  at->classes = at->high;
  if (at->patches.n > 0) {
    at->classes += static_cast<uint32_t>(PatchBytes(total, at->patches.n, at->patches.high_bits));
    at->bitmap = IsBitmap(total, at->patches.n);
    if (at->bitmap) {
      const uint32_t bytes = static_cast<uint32_t>(BitmapBytes(total));
      at->bits[bytes / 8] = 0;
      CopyBytes(source_, VS_BM25_POSITIONS, at->page, at->high, bytes, reinterpret_cast<uint8_t*>(at->bits));
      at->high += bytes;
    } else {
      at->high += ReadShort(source_, at->page, at->high, at->patches.n, IndexBytes(total) > 1, at->indexes);
    }
  }
}

// Which of the positions [first, first + n) have patches, counted from the first, and how many before them have; returns
// how many.
uint32_t PostingList::FindPatches(size_t first, size_t n, uint16_t* at, uint32_t* before) const {
  const Located& block = located_;
  uint32_t found = 0;
  *before = 0;
  if (!block.bitmap) {
    const uint16_t* const end = block.indexes + block.patches.n;
    const uint16_t* from = block.indexes;
    while (from < end && *from < first) ++from;
    *before = static_cast<uint32_t>(from - block.indexes);
    for (; from < end && *from < first + n; ++from) at[found++] = static_cast<uint16_t>(*from - first);
    return found;
  }
  size_t word = first / 64;
  for (size_t i = 0; i < word; ++i) *before += static_cast<uint32_t>(__builtin_popcountll(block.bits[i]));
  const uint64_t below = (uint64_t{1} << (first % 64)) - 1;
  *before += static_cast<uint32_t>(__builtin_popcountll(block.bits[word] & below));
  uint64_t bits = block.bits[word] & ~below;
  for (; word * 64 < first + n; bits = block.bits[++word]) {
    for (; bits != 0 && found + *before < block.patches.n; bits &= bits - 1) {
      const size_t index = word * 64 + static_cast<size_t>(__builtin_ctzll(bits));
      if (index >= first + n) return found;
      at[found++] = static_cast<uint16_t>(index - first);
    }
  }
  return found;
}

// Adds the high bits to positions [first, first + n) of a block.
void PostingList::PatchPositions(size_t first, size_t n, uint16_t* positions) const {
  if (located_.patches.n == 0 || n == 0) return;
  uint16_t at[kMaxPatches], high[kMaxPatches];
  uint32_t before;
  const uint32_t found = FindPatches(first, n, at, &before);
  if (found == 0) return;
  CopyNumbers(source_, located_.page, located_.high, before, found, located_.patches.high_bits, high);
  for (uint32_t i = 0; i < found; ++i) {
    if (at[i] < n) positions[at[i]] = static_cast<uint16_t>(positions[at[i]] | high[i] << located_.width);
  }
}

// Adds the classes to positions [first, first + n) of a block, if it has any.
void PostingList::ReadClasses(size_t first, size_t n, uint16_t* positions) const {
  if ((skips_[located_.block].flags & VS_BM25_CLASSES_STORED) == 0) return;
  uint16_t classes[kMaxPositions];
  while (n > 0) {
    const size_t part = std::min<size_t>(n, kMaxPositions);
    CopyNumbers(source_, located_.page, located_.classes, first, part, 2, classes);
    for (size_t i = 0; i < part; ++i) positions[i] = static_cast<uint16_t>(positions[i] | classes[i] << 14);
    first += part;
    positions += part;
    n -= part;
  }
}

// Differences become positions.
static void AddUp(uint16_t* positions, size_t n) {
  for (size_t i = 1; i < n; ++i) positions[i] = static_cast<uint16_t>(positions[i] + positions[i - 1]);
}

// Those of postings [begin, end) of the located block.
void PostingList::FindPositions(uint32_t begin, uint32_t end) {
  const uint32_t* const before = located_.before;
  const size_t first = before[begin], n = before[end] - first;
  found_.Clear();
  found_.Extend(n);
  CopyNumbers(source_, located_.page, located_.numbers, first, n, located_.width, found_.data());
  PatchPositions(first, n, found_.data());
  for (uint32_t i = begin; i < end; ++i) AddUp(found_.data() + (before[i] - first), before[i + 1] - before[i]);
  ReadClasses(first, n, found_.data());
}

void PostingList::ReadPositions(const Block& block) {
  if (array_ || !stored_) return;
  if (located_.block != block.number) Locate(block);
  FindPositions(0, block.n);
  found_all_ = true;
}

const uint16_t* PostingList::Positions(const Block& block, uint32_t index, uint32_t* n) {
  if (array_) {
    const ArrayPosting& posting = postings_[block.number * VS_BM25_BLOCK + index];
    *n = posting.nowhere ? 0 : posting.n_positions;
    return array_positions_.data() + posting.positions;
  }
  *n = 0;
  if (!stored_) return nullptr;
  if (located_.block != block.number) Locate(block);
  *n = located_.before[index + 1] - located_.before[index];
  if (found_all_) return found_.data() + located_.before[index];
  FindPositions(index, index + 1);
  return found_.data();
}

}  // namespace bm25
}  // namespace vecstore
