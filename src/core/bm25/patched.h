// SPDX-License-Identifier: PostgreSQL
//
// patched.h - how many bits a block's numbers get, and which of them get more.
//
// Owns: the choice.  Most numbers of a block are far smaller than its largest.  They are packed at a width that
// suits most; the high bits of the others are patches: which numbers they are of, then the bits, packed (PFOR: Zukowski,
// Heman, Nes, Boncz, "Super-Scalar RAM-CPU Cache Compression", 2006).  Which ones: a list of indexes, or a bit for each
// number where that is shorter, as it is where a block has numbers of two kinds: neighbours, and far ones.
#ifndef VECSTORE_CORE_BM25_PATCHED_H
#define VECSTORE_CORE_BM25_PATCHED_H

#include <algorithm>

#include "bridge/bm25_page.h"
#include "bridge/kernels.h"
#include "core/bm25/bytes.h"

namespace vecstore {
namespace bm25 {

// Patches of a block: readers have room for so many.
constexpr uint32_t kMaxPatches = 512;

// Of n numbers at one width: a full block lies in lanes, any other number of them in a row.
inline size_t NumbersBytes(size_t n, unsigned bits) {
  return n == VS_BM25_BLOCK ? VS_BLOCK_BYTES(bits) : PackedBytes(n, bits);
}

// Of an index in a list.
inline size_t IndexBytes(size_t n) { return n <= 256 ? 1 : 2; }

inline size_t ListBytes(size_t n, uint32_t patches) { return patches * IndexBytes(n); }
inline size_t BitmapBytes(size_t n) { return (n + 7) / 8; }
inline bool IsBitmap(size_t n, uint32_t patches) { return BitmapBytes(n) < ListBytes(n, patches); }

inline size_t PatchBytes(size_t n, uint32_t patches, unsigned high_bits) {
  return std::min(ListBytes(n, patches), BitmapBytes(n)) + PackedBytes(patches, high_bits);
}

constexpr size_t kMaxBitmap = 2 * kMaxPatches;

struct Widths {
  unsigned bits;       // of all numbers
  uint32_t patches;    // numbers with more
  unsigned high_bits;  // that these have besides
};

// The widths that need the least room.
inline Widths ChooseWidths(const uint32_t* numbers, size_t n) {
  uint32_t count[33] = {}, odd[33] = {};  // of numbers by their width; in turns, as equal ones wait for each other
  for (size_t i = 0; i + 1 < n; i += 2) {
    ++count[WidthOf(numbers[i])];
    ++odd[WidthOf(numbers[i + 1])];
  }
  if (n % 2 == 1) ++count[WidthOf(numbers[n - 1])];
  for (unsigned bits = 0; bits <= 32; ++bits) count[bits] += odd[bits];
  unsigned widest = 32;
  while (widest > 0 && count[widest] == 0) --widest;
  Widths best = {widest, 0, 0};
  size_t least = PackedBytes(n, widest);
  uint32_t patches = 0;
  for (unsigned bits = widest; bits-- > 0;) {
    patches += count[bits + 1];
    if (patches > kMaxPatches) break;
    const size_t bytes = sizeof(VsBm25Patches) + PackedBytes(n, bits) + PatchBytes(n, patches, widest - bits);
    if (bytes >= least) continue;
    least = bytes;
    best = {bits, patches, widest - bits};
  }
  return best;
}

}  // namespace bm25
}  // namespace vecstore

#endif
