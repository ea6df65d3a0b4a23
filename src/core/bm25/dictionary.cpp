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
// Every kRestartInterval-th entry shares nothing: a restart, where a search may begin.

#include "core/bm25/dictionary.h"

#include <algorithm>

namespace vecstore {
namespace bm25 {
namespace {

constexpr uint32_t kPageHead = 4;

uint16_t ReadU16(const uint8_t* p) {
  uint16_t value;
  memcpy(&value, p, sizeof(value));
  return value;
}

const uint8_t* Restart(const uint8_t* page, uint32_t i) {
  uint32_t restarts = ReadU16(page + 2);
  return page + ReadU16(page + VS_BM25_PAYLOAD - 2 * (restarts - i));
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
  uint32_t shared = 0;
  if (!restart) {
    uint32_t most = std::min(length, last_length);
    while (shared < most && key[shared] == last[shared]) ++shared;
  }
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

// Level by level, until one page holds the keys of all pages below.
void SegmentWriter::WriteUpperLevels(VsBm25Segment* segment) {
  if (!leaf_->empty()) EndLeaf();
  PageStream* out = &streams_[VS_BM25_TERMS];
  segment->leaf_pages = out->page;
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

// Reads the entry at `at_`.
void KeyCursor::Read() {
  uint32_t shared, further;
  at_ = GetVarint(at_, &shared);
  at_ = GetVarint(at_, &further);
  memcpy(key + shared, at_, further);
  length = shared + further;
  at_ = GetVarint(at_ + further, &value_length);
  value = at_;
  at_ += value_length;
}

void KeyCursor::First(const uint8_t* page) {
  left_ = ReadU16(page);
  at_ = page + kPageHead;
  if (left_ > 0) Read();
}

void KeyCursor::Next() {
  if (--left_ > 0) Read();
}

// The last entry whose key is <= the one given; the first one if there is none.
void KeyCursor::Seek(const uint8_t* page, const uint8_t* wanted, uint32_t wanted_length) {
  const uint32_t entries = ReadU16(page), restarts = ReadU16(page + 2);
  uint32_t low = 0, high = restarts;  // the restart wanted is in [low, high)
  while (high - low > 1) {
    const uint32_t middle = (low + high) / 2;
    uint32_t shared, n;
    const uint8_t* p = GetVarint(GetVarint(Restart(page, middle), &shared), &n);
    if (CompareLexemes(p, n, wanted, wanted_length) <= 0) {
      low = middle;
    } else {
      high = middle;
    }
  }
  left_ = entries;
  if (entries == 0) return;
  left_ -= low * kRestartInterval;
  at_ = Restart(page, low);
  Read();
  // The entry after is compared before it is read: key[0, shared) is the beginning of its key.
  while (left_ > 1) {
    uint32_t shared, n;
    const uint8_t* p = GetVarint(GetVarint(at_, &shared), &n);
    int order = memcmp(key, wanted, std::min(shared, wanted_length));
    if (order == 0) {
      order = shared > wanted_length ? 1 : CompareLexemes(p, n, wanted + shared, wanted_length - shared);
    }
    if (order > 0) break;
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
    GetVarint(cursor->value, &page);
  }
  return page;
}

void Dictionary::Parse(const KeyCursor& cursor, TermInfo* term) {
  uint32_t bytes;
  const uint8_t* p = GetVarint(GetVarint(cursor.value, &term->df), &bytes);
  term->inline_bytes = bytes;
  if (bytes > 0) {
    memcpy(term->inlined, p, std::min<size_t>(bytes, sizeof(term->inlined)));
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
  Dictionary::Parse(cursor_, &term);
}

void TermScan::BeginAt(const VsBm25Segment* segment, const VsBm25Source* source,
                       const uint8_t* lexeme, uint32_t length) {
  dictionary_.Init(segment, source);
  leaves_ = segment->leaf_pages;
  valid = leaves_ > 0;
  if (!valid) return;
  ReadLeaf(dictionary_.LeafOf(lexeme, length, &cursor_));
  cursor_.Seek(page_, lexeme, length);
  Dictionary::Parse(cursor_, &term);
  if (CompareLexemes(cursor_.key, cursor_.length, lexeme, length) < 0) Next();
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
  Dictionary::Parse(cursor_, &term);
}

}  // namespace bm25
}  // namespace vecstore
