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
  bool positions;
  size_t bytes;  // taken from the host
  uint8_t* arena;
  size_t arena_left;
  Term** slots;
  size_t n_slots, n_terms;
  GrowArray<uint16_t> lengths;
  GrowArray<VsBm25Row> rows;

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
    for (size_t i = 0; i < n; ++i) AddLexeme(lexemes[i], hashes[i]);
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

  void WriteTerm(SegmentWriter* writer, const Term* term) {
    ChainReader chain(*term);
    uint32_t doc = ~uint32_t{0};
    uint16_t at[kMaxPositions + 1];
    writer->Term(term->lexeme, term->length);
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
      writer->Posting(doc, tf, at, n);
    }
    writer->EndTerm();
  }
};

static_assert(std::is_trivially_destructible_v<VsBm25Inverter>, "the host may not return");

VsBm25Inverter* vs_bm25_inverter(const VsBm25Memory* memory, const uint8_t weights[VS_BM25_CLASSES],
                                 bool positions) {
  const Memory host = HostMemory(memory);
  VsBm25Inverter* inverter = host.New<VsBm25Inverter>(1);
  memset(static_cast<void*>(inverter), 0, sizeof(*inverter));
  inverter->memory = host;
  memcpy(inverter->weights, weights, VS_BM25_CLASSES);
  inverter->positions = positions;
  inverter->lengths.Init(host);
  inverter->rows.Init(host);
  inverter->Rehash(kFirstSlots);
  return inverter;
}

void vs_bm25_inverter_document(VsBm25Inverter* inverter, VsBm25Row row, uint32_t len) {
  inverter->rows.Push(row);
  inverter->lengths.Push(static_cast<uint16_t>(std::min<uint32_t>(len, VS_BM25_MAX_LEN)));
}

void vs_bm25_inverter_lexemes(VsBm25Inverter* inverter, const VsBm25Lexeme* lexemes, size_t n) {
  for (; n > kAtOnce; lexemes += kAtOnce, n -= kAtOnce) inverter->AddLexemes(lexemes, kAtOnce);
  inverter->AddLexemes(lexemes, n);
}

size_t vs_bm25_inverter_bytes(const VsBm25Inverter* inverter) {
  return inverter->bytes + inverter->rows.size() * (sizeof(VsBm25Row) + sizeof(uint16_t));
}

uint32_t vs_bm25_inverter_documents(const VsBm25Inverter* inverter) {
  return static_cast<uint32_t>(inverter->rows.size());
}

void vs_bm25_inverter_write(VsBm25Inverter* inverter, const VsBm25Sink* sink,
                            VsBm25Segment* segment) {
  const Memory memory = inverter->memory;
  const uint32_t n_docs = static_cast<uint32_t>(inverter->rows.size());
  Term** terms = memory.New<Term*>(inverter->n_terms + 1);
  size_t n = 0;
  for (size_t i = 0; i < inverter->n_slots; ++i) {
    if (inverter->slots[i] != nullptr) terms[n++] = inverter->slots[i];
  }
  std::sort(terms, terms + n, Before);
  double sum_len = 0;
  for (uint16_t len : inverter->lengths) sum_len += len;
  SegmentWriter* writer = memory.New<SegmentWriter>(1);
  writer->Init(memory, sink, inverter->positions, inverter->lengths.data(), n_docs,
               n_docs > 0 ? sum_len / n_docs : 1);
  for (size_t i = 0; i < n; ++i) inverter->WriteTerm(writer, terms[i]);
  writer->Finish(inverter->rows.data(), segment);
}
