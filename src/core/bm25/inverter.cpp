// SPDX-License-Identifier: PostgreSQL
//
// inverter.cpp - documents to postings, in memory.
//
// Owns: the hash table of terms, and the arena with their lexemes and postings.
//
// The postings of a term are bytes in a chain of chunks that double in size: the difference of
// documents, the frequency, and the positions as they are in the tsvector.  All but the last are full.
//
// Slot, term and end of its chain lie anywhere in memory: those of several lexemes are fetched at once.
//
// Copies: where many documents have the same lexemes as another, they are numbered behind it when the segment is written.
// The differences between copies are 0 then, in every list they are in.  Two documents are taken for copies by a sum of hashes;
// if it is wrong, they are neighbours, no more.

#include "bridge/bm25_segment.h"

#include <algorithm>
#include <type_traits>

#include "core/base/grow_array.h"
#include "core/bm25/writer.h"

using namespace vecstore;
using namespace vecstore::bm25;

namespace {

constexpr size_t kArenaBlock = size_t{1} << 18;
constexpr uint32_t kFirstChunk = 16;
constexpr uint32_t kLargestChunk = 1024;
constexpr size_t kFirstSlots = 1024;
constexpr size_t kAtOnce = 32;
constexpr size_t kTermsBetweenChecks = 64;
// Of the documents, that have to be copies: rows that do not ascend take some more bits for all.
constexpr uint32_t kLeastShareOfCopies = 8;

// Followed by its bytes.
struct Chunk {
  Chunk* next;
  uint32_t size;
  uint8_t* bytes() { return reinterpret_cast<uint8_t*>(this + 1); }
};

struct Term {
  uint64_t prefix;  // first bytes of the lexeme, as a number that orders them
  const uint8_t* lexeme;
  uint32_t length;
  uint32_t hash;
  uint32_t last_doc;
  uint32_t left;  // free bytes in the last chunk
  uint8_t* end;   // of the postings
  Chunk* first;
  Chunk* last;
};

uint32_t HashOf(const uint8_t* p, uint32_t n) {
  uint64_t h = 0x9E3779B97F4A7C15u ^ n;
  for (; n >= 8; p += 8, n -= 8) {
    uint64_t word;
    memcpy(&word, p, 8);
    h = (h ^ word) * 0xBF58476D1CE4E5B9u;
    h ^= h >> 29;
  }
  uint64_t word = 0;
  memcpy(&word, p, n);
  h = (h ^ word) * 0x94D049BB133111EBu;
  return static_cast<uint32_t>(h ^ (h >> 32));
}

uint64_t PrefixOf(const uint8_t* p, uint32_t n) {
  uint64_t prefix = 0;
  for (uint32_t i = 0; i < 8; ++i) prefix = prefix << 8 | (i < n ? p[i] : 0);
  return prefix;
}

bool Before(const Term* a, const Term* b) {
  if (a->prefix != b->prefix) return a->prefix < b->prefix;
  return CompareLexemes(a->lexeme, a->length, b->lexeme, b->length) < 0;
}

struct Posting {
  uint32_t doc, tf, n;
  uint32_t positions;  // where they begin
};

uint64_t Mixed(uint32_t hash) {
  uint64_t h = (hash + 0x9E3779B97F4A7C15u) * 0xBF58476D1CE4E5B9u;
  h = (h ^ (h >> 27)) * 0x94D049BB133111EBu;
  return h ^ (h >> 31);
}

// Reads a chain from its beginning.
struct ChainReader {
  const uint8_t* last;  // where it ends
  Chunk* chunk;
  const uint8_t* at;
  const uint8_t* end;  // of the chunk

  explicit ChainReader(const Term& term) : last(term.end) { Enter(term.first); }
  void Enter(Chunk* next) {
    chunk = next;
    at = chunk->bytes();
    end = chunk->next == nullptr ? last : at + chunk->size;
  }
  uint8_t Byte() {
    if (at == end) Enter(chunk->next);
    return *at++;
  }
  bool AtEnd() const { return at == last; }
  uint32_t Varint() {
    uint32_t value = 0;
    for (int shift = 0;; shift += 7) {
      uint8_t byte = Byte();
      value |= static_cast<uint32_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
  }
};

}  // namespace

struct VsBm25Inverter {
  Memory memory;
  uint8_t weights[VS_BM25_CLASSES];
  bool positions, group_copies;
  size_t bytes;  // taken from the host
  uint8_t* arena;
  size_t arena_left;
  Term** slots;
  size_t n_slots, n_terms;
  GrowArray<uint16_t> lengths;
  GrowArray<VsBm25Row> rows;
  GrowArray<uint64_t> contents;  // of each document: a sum of its lexemes' hashes
  uint32_t* new_docs;            // numbers that differ from the order of documents; nullptr: none do
  GrowArray<Posting> moved;      // of a term, where they differ
  GrowArray<uint16_t> moved_positions;

  void* Take(size_t n) {
    n = (n + 7) & ~size_t{7};
    if (n > arena_left) {
      size_t block = std::max(n, kArenaBlock);
      arena = memory.New<uint8_t>(block);
      arena_left = block;
      bytes += block;
    }
    void* taken = arena;
    arena += n;
    arena_left -= n;
    return taken;
  }

  void Rehash(size_t n) {
    Term** old = slots;
    size_t n_old = n_slots;
    slots = memory.New<Term*>(n);
    memset(slots, 0, n * sizeof(*slots));
    n_slots = n;
    for (size_t i = 0; i < n_old; ++i) {
      if (old[i] != nullptr) *SlotOf(old[i]->hash) = old[i];
    }
    bytes += n * sizeof(*slots);
  }

  // The first free slot for a hash.
  Term** SlotOf(uint32_t hash) {
    size_t i = hash & (n_slots - 1);
    while (slots[i] != nullptr) i = (i + 1) & (n_slots - 1);
    return &slots[i];
  }

  Term* Find(const uint8_t* lexeme, uint32_t length, uint32_t hash) {
    for (size_t i = hash & (n_slots - 1);; i = (i + 1) & (n_slots - 1)) {
      Term* term = slots[i];
      if (term == nullptr) break;
      if (term->hash == hash && term->length == length && memcmp(term->lexeme, lexeme, length) == 0) {
        return term;
      }
    }
    if (2 * (n_terms + 1) > n_slots) Rehash(2 * n_slots);
    uint8_t* copy = static_cast<uint8_t*>(Take(length));
    memcpy(copy, lexeme, length);
    Term* term = static_cast<Term*>(Take(sizeof(Term)));
    *term = {PrefixOf(copy, length), copy, length, hash, ~uint32_t{0}, 0, nullptr, nullptr, nullptr};
    NewChunk(term, kFirstChunk);
    *SlotOf(hash) = term;
    ++n_terms;
    return term;
  }

  void NewChunk(Term* term, uint32_t size) {
    Chunk* chunk = static_cast<Chunk*>(Take(sizeof(Chunk) + size));
    *chunk = {nullptr, size};
    (term->last == nullptr ? term->first : term->last->next) = chunk;
    term->last = chunk;
    term->end = chunk->bytes();
    term->left = size;
  }

  void Append(Term* term, const uint8_t* data, size_t n) {
    while (n > 0) {
      if (term->left == 0) NewChunk(term, std::min(2 * term->last->size, kLargestChunk));
      const size_t part = std::min<size_t>(n, term->left);
      memcpy(term->end, data, part);
      term->end += part;
      term->left -= static_cast<uint32_t>(part);
      data += part;
      n -= part;
    }
  }

  // The term that most likely has this hash, or NULL.
  Term* Guess(uint32_t hash) const { return slots[hash & (n_slots - 1)]; }

  // n <= kAtOnce.
  void AddLexemes(const VsBm25Lexeme* lexemes, size_t n) {
    uint32_t hashes[kAtOnce];
    for (size_t i = 0; i < n; ++i) {
      hashes[i] = HashOf(reinterpret_cast<const uint8_t*>(lexemes[i].bytes), lexemes[i].length);
      __builtin_prefetch(&slots[hashes[i] & (n_slots - 1)]);
    }
    for (size_t i = 0; i < n; ++i) {
      if (const Term* term = Guess(hashes[i])) __builtin_prefetch(term, 1);
    }
    for (size_t i = 0; i < n; ++i) {
      const Term* term = Guess(hashes[i]);
      if (term == nullptr) continue;
      __builtin_prefetch(term->end, 1);
      __builtin_prefetch(term->lexeme);
    }
    if (group_copies) AddContent(hashes, n);
    for (size_t i = 0; i < n; ++i) AddLexeme(lexemes[i], hashes[i]);
  }

  void AddContent(const uint32_t* hashes, size_t n) {
    uint64_t* content = contents.end() - 1;
    for (size_t i = 0; i < n; ++i) *content += Mixed(hashes[i]);
  }

  // Copies behind what they are copies of, if there are many.
  void FindNewDocs() {
    const uint32_t n = static_cast<uint32_t>(rows.size());
    uint32_t* by_content = memory.New<uint32_t>(n + 1);
    uint32_t* next_copy = memory.New<uint32_t>(n + 1);  // ~0: none; a document that is a copy itself is not looked at
    bool* is_copy = memory.New<bool>(n + 1);
    for (uint32_t i = 0; i < n; ++i) by_content[i] = i;
    const uint64_t* const content = contents.data();
    std::sort(by_content, by_content + n, [content](uint32_t a, uint32_t b) {
      return content[a] != content[b] ? content[a] < content[b] : a < b;
    });
    uint32_t copies = 0;
    for (uint32_t i = 0; i < n; ++i) {
      const uint32_t doc = by_content[i];
      is_copy[doc] = i > 0 && content[doc] != 0 && content[doc] == content[by_content[i - 1]];
      next_copy[doc] = ~uint32_t{0};
      if (is_copy[doc]) next_copy[by_content[i - 1]] = doc;
      copies += is_copy[doc];
    }
    if (copies < n / kLeastShareOfCopies + 1) return;
    new_docs = memory.New<uint32_t>(n);
    uint32_t number = 0;
    for (uint32_t doc = 0; doc < n; ++doc) {
      if (is_copy[doc]) continue;
      for (uint32_t copy = doc; copy != ~uint32_t{0}; copy = next_copy[copy]) new_docs[copy] = number++;
    }
    MoveTo(new_docs, &rows);
    MoveTo(new_docs, &lengths);
  }

  template <class T>
  void MoveTo(const uint32_t* numbers, GrowArray<T>* array) const {
    GrowArray<T> old = *array;
    array->Init(memory);
    array->Extend(old.size());
    for (size_t i = 0; i < old.size(); ++i) (*array)[numbers[i]] = old[i];
  }

  void AddLexeme(const VsBm25Lexeme& lexeme, uint32_t hash) {
    Term* term = Find(reinterpret_cast<const uint8_t*>(lexeme.bytes), lexeme.length, hash);
    const uint32_t doc = static_cast<uint32_t>(rows.size()) - 1;
    const uint32_t n = std::min<uint32_t>(lexeme.n_positions, kMaxPositions);
    uint8_t posting[3 * kMaxVarint + 2 * kMaxPositions];
    uint32_t tf = n == 0;
    for (uint32_t i = 0; i < n; ++i) tf += weights[lexeme.positions[i] >> 14];
    uint8_t* p = PutVarint(posting, doc - term->last_doc - 1);
    p = PutVarint(p, tf);
    if (positions) {
      p = PutVarint(p, n);
      for (uint32_t i = 0; i < n; ++i) {
        *p++ = static_cast<uint8_t>(lexeme.positions[i]);
        *p++ = static_cast<uint8_t>(lexeme.positions[i] >> 8);
      }
    }
    Append(term, posting, p - posting);
    term->last_doc = doc;
  }

  // Calls `with` for each posting of a term, in the order of documents.
  template <class With>
  void ForPostings(const Term* term, With with) {
    ChainReader chain(*term);
    uint32_t doc = ~uint32_t{0};
    uint16_t at[kMaxPositions + 1];
    while (!chain.AtEnd()) {
      doc += chain.Varint() + 1;
      uint32_t tf = chain.Varint(), n = 0;
      if (positions) {
        n = chain.Varint();
        for (uint32_t i = 0; i < n; ++i) {
          uint8_t low = chain.Byte();
          at[i] = static_cast<uint16_t>(low | chain.Byte() << 8);
        }
      }
      with(doc, tf, at, n);
    }
  }

  void WriteTerm(SegmentWriter* writer, const Term* term) {
    writer->Term(term->lexeme, term->length);
    if (new_docs != nullptr) {
      WriteMoved(writer, term);
    } else {
      ForPostings(term, [writer](uint32_t doc, uint32_t tf, const uint16_t* at, uint32_t n) {
        writer->Posting(doc, tf, at, n);
      });
    }
    writer->EndTerm();
  }

  // In the order of the new numbers.
  void WriteMoved(SegmentWriter* writer, const Term* term) {
    moved.Clear();
    moved_positions.Clear();
    ForPostings(term, [this](uint32_t doc, uint32_t tf, const uint16_t* at, uint32_t n) {
      moved.Push({new_docs[doc], tf, n, static_cast<uint32_t>(moved_positions.size())});
      for (uint32_t i = 0; i < n; ++i) moved_positions.Push(at[i]);
    });
    std::sort(moved.begin(), moved.end(), [](const Posting& a, const Posting& b) { return a.doc < b.doc; });
    for (const Posting& posting : moved) {
      writer->Posting(posting.doc, posting.tf, moved_positions.data() + posting.positions, posting.n);
    }
  }
};

static_assert(std::is_trivially_destructible_v<VsBm25Inverter>, "the host may not return");

VsBm25Inverter* vs_bm25_inverter(const VsBm25Memory* memory, const uint8_t weights[VS_BM25_CLASSES],
                                 bool positions, bool group_copies) {
  const Memory host = HostMemory(memory);
  VsBm25Inverter* inverter = host.New<VsBm25Inverter>(1);
  memset(static_cast<void*>(inverter), 0, sizeof(*inverter));
  inverter->memory = host;
  memcpy(inverter->weights, weights, VS_BM25_CLASSES);
  inverter->positions = positions;
  inverter->group_copies = group_copies;
  inverter->lengths.Init(host);
  inverter->rows.Init(host);
  inverter->contents.Init(host);
  inverter->moved.Init(host);
  inverter->moved_positions.Init(host);
  inverter->Rehash(kFirstSlots);
  return inverter;
}

void vs_bm25_inverter_document(VsBm25Inverter* inverter, VsBm25Row row, uint32_t len) {
  inverter->rows.Push(row);
  inverter->contents.Push(0);
  inverter->lengths.Push(static_cast<uint16_t>(std::min<uint32_t>(len, VS_BM25_MAX_LEN)));
}

void vs_bm25_inverter_lexemes(VsBm25Inverter* inverter, const VsBm25Lexeme* lexemes, size_t n) {
  for (; n > kAtOnce; lexemes += kAtOnce, n -= kAtOnce) inverter->AddLexemes(lexemes, kAtOnce);
  inverter->AddLexemes(lexemes, n);
}

size_t vs_bm25_inverter_bytes(const VsBm25Inverter* inverter) {
  return inverter->bytes + inverter->rows.size() * (sizeof(VsBm25Row) + sizeof(uint16_t) + sizeof(uint64_t));
}

uint32_t vs_bm25_inverter_documents(const VsBm25Inverter* inverter) {
  return static_cast<uint32_t>(inverter->rows.size());
}

void vs_bm25_inverter_write(VsBm25Inverter* inverter, const VsBm25Sink* sink,
                            VsBm25Segment* segment, void (*check_interrupts)(void)) {
  const Memory memory = inverter->memory;
  const uint32_t n_docs = static_cast<uint32_t>(inverter->rows.size());
  Term** terms = memory.New<Term*>(inverter->n_terms + 1);
  size_t n = 0;
  for (size_t i = 0; i < inverter->n_slots; ++i) {
    if (inverter->slots[i] != nullptr) terms[n++] = inverter->slots[i];
  }
  std::sort(terms, terms + n, Before);
  if (inverter->group_copies) inverter->FindNewDocs();
  double sum_len = 0;
  for (uint16_t len : inverter->lengths) sum_len += len;
  SegmentWriter* writer = memory.New<SegmentWriter>(1);
  writer->Init(memory, sink, inverter->positions, inverter->lengths.data(), n_docs,
               n_docs > 0 ? sum_len / n_docs : 1);
  for (size_t i = 0; i < n; ++i) {
    if (i % kTermsBetweenChecks == 0) check_interrupts();
    inverter->WriteTerm(writer, terms[i]);
  }
  writer->Finish(inverter->rows.data(), segment);
}
