// SPDX-License-Identifier: PostgreSQL
//
// dictionary.cpp - sorted keys on pages: leaves with terms, levels of page numbers above them.
//
// Owns: the layout of a page of the terms stream:
//
//     uint16 entries, uint16 restarts, entry..., (gap), uint16 offset of each restart
//     entry: varint bytes shared with the key before, varint further bytes, these, varint length of
//            the value, value
//
// Every kRestartInterval-th entry shares nothing: a restart, where a search may begin.  A page may be damaged: what
// cannot be an entry ends the page.

#include "core/bm25/dictionary.h"

#include <algorithm>

namespace vecstore {
namespace bm25 {
namespace {

constexpr uint32_t kPageHead = 4;
// Numbers before a key: the two lengths.
constexpr uint32_t kMaxEntryHead = 2 * kMaxVarint;

uint16_t ReadU16(const uint8_t* p) {
  uint16_t value;
  memcpy(&value, p, sizeof(value));
  return value;
}

uint32_t Restarts(const uint8_t* page) {
  return std::min<uint32_t>(ReadU16(page + 2), VS_BM25_PAYLOAD / kRestartInterval);
}

const uint8_t* Restart(const uint8_t* page, uint32_t i) {
  const uint32_t offset = ReadU16(page + VS_BM25_PAYLOAD - 2 * (Restarts(page) - i));
  return page + std::min<uint32_t>(offset, VS_BM25_PAYLOAD - kMaxEntryHead);
}

uint32_t SharedBytes(const uint8_t* a, uint32_t a_length, const uint8_t* b, uint32_t b_length) {
  const uint32_t most = std::min(a_length, b_length);
  uint32_t n = 0;
  while (n < most && a[n] == b[n]) ++n;
  return n;
}

}  // namespace

void KeyPage::Clear() {
  memset(bytes, 0, sizeof(bytes));
  used = kPageHead;
  entries = n_restarts = last_length = 0;
}

bool KeyPage::Add(const uint8_t* key, uint32_t length, const uint8_t* value,
                  uint32_t value_length) {
  const bool restart = entries % kRestartInterval == 0;
  const uint32_t shared = restart ? 0 : SharedBytes(key, length, last, last_length);
  const uint32_t needed = 3 * kMaxVarint + length - shared + value_length;
  if (used + needed + 2 * (n_restarts + restart) > VS_BM25_PAYLOAD) return false;
  if (restart) restarts[n_restarts++] = static_cast<uint16_t>(used);
  uint8_t* p = PutVarint(bytes + used, shared);
  p = PutVarint(p, length - shared);
  memcpy(p, key + shared, length - shared);
  p = PutVarint(p + length - shared, value_length);
  memcpy(p, value, value_length);
  used = static_cast<uint32_t>(p + value_length - bytes);
  memcpy(last, key, length);
  last_length = length;
  ++entries;
  return true;
}

void KeyPage::Finish() {
  const uint16_t head[2] = {static_cast<uint16_t>(entries), static_cast<uint16_t>(n_restarts)};
  memcpy(bytes, head, sizeof(head));
  memcpy(bytes + VS_BM25_PAYLOAD - 2 * n_restarts, restarts, 2 * n_restarts);
}

void SegmentWriter::EndLeaf() {
  leaf_->Finish();
  streams_[VS_BM25_TERMS].Put(leaf_->bytes, VS_BM25_PAYLOAD);
  leaf_->Clear();
}

void SegmentWriter::AddToDictionary(const uint8_t* value, uint32_t length) {
  bool first = leaf_->empty();
  if (!leaf_->Add(lexeme_, lexeme_length_, value, length)) {
    EndLeaf();
    first = true;
    leaf_->Add(lexeme_, lexeme_length_, value, length);
  }
  if (!first) return;
  page_keys_.Push({streams_[VS_BM25_TERMS].page, static_cast<uint32_t>(keys_.size()), lexeme_length_});
  keys_.Extend(lexeme_length_);
  memcpy(keys_.end() - lexeme_length_, lexeme_, lexeme_length_);
}

void SegmentWriter::EndLeaves(VsBm25Segment* segment) {
  if (!leaf_->empty()) EndLeaf();
  segment->leaf_pages = streams_[VS_BM25_TERMS].page;
}

// Level by level, until one page holds the keys of all pages below.
void SegmentWriter::WriteUpperLevels(VsBm25Segment* segment) {
  EndLeaves(segment);
  PageStream* out = &streams_[VS_BM25_TERMS];
  segment->tree_height = out->page > 0;
  size_t begin = 0;
  while (page_keys_.size() - begin > 1) {
    const size_t end = page_keys_.size();
    for (size_t i = begin; i < end;) {
      page_keys_.Push({out->page, page_keys_[i].key, page_keys_[i].length});
      for (; i < end; ++i) {
        const PageKey child = page_keys_[i];
        uint8_t value[kMaxVarint];
        const uint8_t* value_end = PutVarint(value, child.page);
        if (!leaf_->Add(keys_.data() + child.key, child.length, value,
                        static_cast<uint32_t>(value_end - value))) {
          break;
        }
      }
      EndLeaf();
    }
    begin = end;
    ++segment->tree_height;
  }
}

bool KeyCursor::Valid() const { return left_ > 0; }

// The two lengths of the entry at `at_`; false: there is none.
bool KeyCursor::PeekLengths(uint32_t* shared, uint32_t* further, const uint8_t** bytes) const {
  if (end_ - at_ < static_cast<ptrdiff_t>(kMaxEntryHead)) return false;
  *bytes = GetVarint(GetVarint(at_, shared), further);
  return *shared <= length && *shared + *further < kMaxLexeme &&
         *further <= static_cast<size_t>(end_ - *bytes);
}

// Reads the entry at `at_`; damage ends the page.
void KeyCursor::Read() {
  uint32_t shared, further;
  const uint8_t* bytes;
  if (!PeekLengths(&shared, &further, &bytes)) {
    left_ = 0;
    return;
  }
  memcpy(key + shared, bytes, further);
  length = shared + further;
  at_ = bytes + further;
  if (end_ - at_ < kMaxVarint) {
    left_ = 0;
    return;
  }
  at_ = GetVarint(at_, &value_length);
  value = at_;
  if (value_length > kMaxValue || value_length > static_cast<size_t>(end_ - at_)) {
    left_ = 0;
    return;
  }
  at_ += value_length;
}

void KeyCursor::Start(const uint8_t* page, const uint8_t* at, uint32_t entries) {
  left_ = entries;
  length = value_length = 0;
  at_ = at;
  end_ = page + VS_BM25_PAYLOAD;
  if (left_ > 0) Read();
}

void KeyCursor::First(const uint8_t* page) { Start(page, page + kPageHead, ReadU16(page)); }

void KeyCursor::Next() {
  if (--left_ > 0) Read();
}

// The last entry whose key is <= the one given; the first one if there is none.
void KeyCursor::Seek(const uint8_t* page, const uint8_t* wanted, uint32_t wanted_length) {
  const uint32_t entries = ReadU16(page);
  uint32_t low = 0, high = Restarts(page);  // the restart wanted is in [low, high)
  while (high - low > 1) {
    const uint32_t middle = (low + high) / 2;
    // either of these is next, and in no cache
    __builtin_prefetch(Restart(page, (low + middle) / 2));
    __builtin_prefetch(Restart(page, (middle + high) / 2));
    uint32_t shared, n;
    const uint8_t* at = Restart(page, middle);
    const uint8_t* p = GetVarint(GetVarint(at, &shared), &n);
    n = static_cast<uint32_t>(std::min<size_t>(n, page + VS_BM25_PAYLOAD - p));
    if (CompareLexemes(p, n, wanted, wanted_length) <= 0) {
      low = middle;
    } else {
      high = middle;
    }
  }
  if (high == 0 || entries <= low * kRestartInterval) {
    left_ = 0;
    return;
  }
  Start(page, Restart(page, low), entries - low * kRestartInterval);
  if (left_ > 0 && CompareLexemes(key, length, wanted, wanted_length) < 0) SeekOn(wanted, wanted_length);
}

// From a key before the wanted one to the last that is not after it.  Keys ascend, so what the next one shares with this
// one tells most: more than the wanted key does, then it is before that, too; less, then it is after it.
void KeyCursor::SeekOn(const uint8_t* wanted, uint32_t wanted_length) {
  uint32_t equal = SharedBytes(key, length, wanted, wanted_length);
  uint32_t shared, n;
  const uint8_t* p;
  while (left_ > 1 && PeekLengths(&shared, &n, &p)) {
    if (shared < equal) break;
    if (shared == equal) {
      const uint32_t more = SharedBytes(p, n, wanted + equal, wanted_length - equal);
      equal += more;
      if (more < n && (equal == wanted_length || p[more] > wanted[equal])) break;
    }
    --left_;
    Read();
  }
}

void Dictionary::Init(const VsBm25Segment* segment, const VsBm25Source* source) {
  segment_ = segment;
  source_ = source;
}

const uint8_t* Dictionary::Page(uint32_t page) const {
  return source_->read(source_->context, VS_BM25_TERMS, page);
}

// The leaf where `lexeme` is or would be.
uint32_t Dictionary::LeafOf(const uint8_t* lexeme, uint32_t length, KeyCursor* cursor) const {
  uint32_t page = segment_->pages[VS_BM25_TERMS] - 1;
  for (int level = segment_->tree_height; level > 1; --level) {
    cursor->Seek(Page(page), lexeme, length);
    if (!cursor->Valid()) return 0;
    ParseNumber(*cursor, &page);
  }
  return page;
}

// Values are copied, with room behind them: a damaged one may end within a number.
void Dictionary::ParseNumber(const KeyCursor& cursor, uint32_t* number) {
  uint8_t value[kMaxVarint] = {};
  memcpy(value, cursor.value, std::min<size_t>(cursor.value_length, sizeof(value)));
  GetVarint(value, number);
}

void Dictionary::Parse(const KeyCursor& cursor, TermInfo* term) {
  uint8_t value[kMaxValue + kPackedSlack] = {};
  uint32_t bytes;
  memcpy(value, cursor.value, std::min<size_t>(cursor.value_length, kMaxValue));
  const uint8_t* p = GetVarint(GetVarint(value, &term->df), &bytes);
  term->inline_bytes = bytes;
  term->first_skip = 0;
  if (bytes > 0) {
    memcpy(term->inlined, p, kInlineBytes);
    memset(term->inlined + kInlineBytes, 0, kPackedSlack);
  } else {
    GetVarint(p, &term->first_skip);
  }
}

bool Dictionary::Find(const uint8_t* lexeme, uint32_t length, KeyCursor* cursor,
                      TermInfo* term) const {
  if (segment_->tree_height == 0) return false;
  cursor->Seek(Page(LeafOf(lexeme, length, cursor)), lexeme, length);
  if (!cursor->Valid() || CompareLexemes(cursor->key, cursor->length, lexeme, length) != 0) return false;
  Parse(*cursor, term);
  return true;
}

void TermScan::ReadLeaf(uint32_t leaf) {
  leaf_ = leaf;
  memcpy(page_, dictionary_.Page(leaf), sizeof(page_));
}

void TermScan::Begin(const VsBm25Segment* segment, const VsBm25Source* source) {
  dictionary_.Init(segment, source);
  leaves_ = segment->leaf_pages;
  valid = leaves_ > 0;
  if (!valid) return;
  ReadLeaf(0);
  cursor_.First(page_);
  Load();
}

// A leaf without entries ends the scan: it is damaged.
void TermScan::Load() {
  valid = cursor_.Valid();
  if (valid) Dictionary::Parse(cursor_, &term);
}

void TermScan::BeginAt(const VsBm25Segment* segment, const VsBm25Source* source,
                       const uint8_t* lexeme, uint32_t length) {
  dictionary_.Init(segment, source);
  leaves_ = segment->leaf_pages;
  valid = leaves_ > 0;
  if (!valid) return;
  ReadLeaf(dictionary_.LeafOf(lexeme, length, &cursor_));
  cursor_.Seek(page_, lexeme, length);
  Load();
  if (valid && CompareLexemes(cursor_.key, cursor_.length, lexeme, length) < 0) Next();
}

void TermScan::Next() {
  cursor_.Next();
  if (!cursor_.Valid()) {
    if (leaf_ + 1 == leaves_) {
      valid = false;
      return;
    }
    ReadLeaf(leaf_ + 1);
    cursor_.First(page_);
  }
  Load();
}

}  // namespace bm25
}  // namespace vecstore
