// SPDX-License-Identifier: PostgreSQL
//
// bytes.h - numbers of variable length, and numbers packed at any width.
//
// Owns: nothing.  Packed numbers lie one after the other from the lowest bit of the first byte on.
// Readers and writers touch up to kPackedSlack bytes past the last number: buffers have that much room.
#ifndef VECSTORE_CORE_BM25_BYTES_H
#define VECSTORE_CORE_BM25_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

namespace vecstore {
namespace bm25 {

constexpr size_t kPackedSlack = 8;
constexpr int kMaxVarint = 5;

inline uint8_t* PutVarint(uint8_t* out, uint32_t value) {
  while (value >= 0x80) {
    *out++ = static_cast<uint8_t>(value | 0x80);
    value >>= 7;
  }
  *out++ = static_cast<uint8_t>(value);
  return out;
}

inline const uint8_t* GetVarint(const uint8_t* in, uint32_t* value) {
  uint32_t result = 0;
  for (int shift = 0; shift < 7 * kMaxVarint; shift += 7) {
    uint8_t byte = *in++;
    result |= static_cast<uint32_t>(byte & 0x7F) << shift;
    if (byte < 0x80) break;
  }
  *value = result;
  return in;
}

// Bits that `value` needs, 0 for 0.
inline unsigned WidthOf(uint32_t value) { return value == 0 ? 0 : 32 - __builtin_clz(value); }

inline size_t PackedBytes(size_t n, unsigned bits) { return (n * bits + 7) / 8; }

// The number at index i of those packed at `in`, of 0 to 57 bits.
inline uint64_t GetPacked(const uint8_t* in, size_t i, unsigned bits) {
  size_t at = i * bits;
  uint64_t word;
  memcpy(&word, in + at / 8, sizeof(word));
  return (word >> (at % 8)) & ((uint64_t{1} << bits) - 1);
}

// One number of up to 57 bits; `out` was zeroed, PackedBytes + kPackedSlack of it.
inline void PutPacked(uint8_t* out, size_t i, unsigned bits, uint64_t value) {
  size_t at = i * bits;
  uint64_t word;
  memcpy(&word, out + at / 8, sizeof(word));
  word |= value << (at % 8);
  memcpy(out + at / 8, &word, sizeof(word));
}

// The low bits, 0 to 32, of n numbers to PackedBytes + kPackedSlack of `out`.
inline void PutAllPacked(uint8_t* out, const uint32_t* numbers, size_t n, unsigned bits) {
  const uint64_t low = (uint64_t{1} << bits) - 1;
  uint64_t word = 0;
  unsigned used = 0;  // bits of the word
  for (size_t i = 0; i < n; ++i) {
    const uint64_t value = numbers[i] & low;
    word |= value << used;
    used += bits;
    if (used < 64) continue;
    memcpy(out, &word, sizeof(word));
    out += sizeof(word);
    used -= 64;
    word = value >> (bits - used);
  }
  memcpy(out, &word, sizeof(word));
}

// Lexemes are ordered as PostgreSQL orders those of a tsvector: by bytes, then by length.
inline int CompareLexemes(const uint8_t* a, size_t a_length, const uint8_t* b, size_t b_length) {
  int order = memcmp(a, b, a_length < b_length ? a_length : b_length);
  if (order != 0) return order;
  return a_length < b_length ? -1 : a_length > b_length;
}

}  // namespace bm25
}  // namespace vecstore

#endif
