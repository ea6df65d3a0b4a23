// SPDX-License-Identifier: PostgreSQL
//
// postings-inl.h - blocks of 128 packed numbers, and what their postings score.
//
// Owns: the kernels of bm25 indexes.  Compiled once per SIMD target.
//
// A block lies in four lanes of 32-bit words: number i is the (i / 4)th of lane i % 4, and word j of
// lane l is the (4j + l)th of the block.  One vector instruction thus takes four consecutive numbers
// apart (Lemire & Boytsov, "Decoding billions of integers per second through vectorization", 2015).

#if defined(VECSTORE_CORE_SIMD_POSTINGS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef VECSTORE_CORE_SIMD_POSTINGS_INL_H_
#undef VECSTORE_CORE_SIMD_POSTINGS_INL_H_
#else
#define VECSTORE_CORE_SIMD_POSTINGS_INL_H_
#endif

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "bridge/kernels.h"
#include "hwy/highway.h"

#include "core/simd/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace vecstore {
namespace simd {
namespace HWY_NAMESPACE {

constexpr size_t kBlockLanes = 4;
constexpr unsigned kBlockRows = VS_BLOCK_NUMBERS / kBlockLanes;

// Rows of one group of lanes, with the width known: the compiler unrolls it, shifts are constants.
template <unsigned kBits>
HWY_INLINE void UnpackLanes(const uint32_t* HWY_RESTRICT in, uint32_t* HWY_RESTRICT out) {
  const hn::CappedTag<uint32_t, kBlockLanes> d;
  using V = hn::Vec<decltype(d)>;
  const V mask = hn::Set(d, kBits == 32 ? ~uint32_t{0} : (uint32_t{1} << (kBits % 32)) - 1);
  V word = hn::LoadU(d, in);
  unsigned shift = 0;
  for (unsigned row = 0; row < kBlockRows; ++row) {
    V value = hn::ShiftRightSame(word, static_cast<int>(shift));
    shift += kBits;
    if (shift >= 32) {
      shift -= 32;
      if (row + 1 < kBlockRows) {
        in += kBlockLanes;
        word = hn::LoadU(d, in);
        if (shift > 0) {
          value = hn::Or(value, hn::ShiftLeftSame(word, static_cast<int>(kBits - shift)));
        }
      }
    }
    hn::StoreU(hn::And(value, mask), d, out + row * kBlockLanes);
  }
}

template <unsigned kBits>
HWY_NOINLINE void UnpackWidth(const uint8_t* packed, uint32_t* out) {
  const size_t lanes = hn::Lanes(hn::CappedTag<uint32_t, kBlockLanes>());
  const uint32_t* in = reinterpret_cast<const uint32_t*>(packed);
  for (size_t lane = 0; lane < kBlockLanes; lane += lanes) UnpackLanes<kBits>(in + lane, out + lane);
}

template <>
HWY_NOINLINE void UnpackWidth<0>(const uint8_t*, uint32_t* out) {
  memset(out, 0, VS_BLOCK_NUMBERS * sizeof(*out));
}

template <unsigned... kBits>
struct UnpackTable {
  static constexpr void (*kOf[])(const uint8_t*, uint32_t*) = {&UnpackWidth<kBits>...};
};
using UnpackWidths = UnpackTable<0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
                                 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32>;

void UnpackBlock(const uint8_t* packed, unsigned bits, uint32_t* out) {
  UnpackWidths::kOf[bits](packed, out);
}

// Not in the way of a query: plain.
void PackBlock(const uint32_t* in, unsigned bits, uint8_t* packed) {
  uint32_t words[VS_BLOCK_NUMBERS] = {};
  for (size_t i = 0; i < VS_BLOCK_NUMBERS; ++i) {
    const size_t at = i / kBlockLanes * bits, lane = i % kBlockLanes;
    const uint64_t value = static_cast<uint64_t>(in[i]) << (at % 32);
    words[at / 32 * kBlockLanes + lane] |= static_cast<uint32_t>(value);
    if (at % 32 + bits > 32) words[(at / 32 + 1) * kBlockLanes + lane] |= static_cast<uint32_t>(value >> 32);
  }
  memcpy(packed, words, VS_BLOCK_BYTES(bits));
}

// Four at a time: sums within the vector, and the last one of the vector before.
void DocsOfGaps(uint32_t* HWY_RESTRICT gaps, size_t n, uint32_t next, uint32_t last) {
  size_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::FixedTag<uint32_t, kBlockLanes> d;
  const auto most = hn::Set(d, last), one = hn::Set(d, 1);
  auto before = hn::Set(d, next - 1);
  for (; i + kBlockLanes <= n; i += kBlockLanes) {
    auto sum = hn::Add(hn::LoadU(d, gaps + i), one);
    sum = hn::Add(sum, hn::ShiftLeftLanes<1>(d, sum));
    sum = hn::Add(sum, hn::ShiftLeftLanes<2>(d, sum));
    sum = hn::Add(sum, before);
    hn::StoreU(hn::Min(sum, most), d, gaps + i);
    before = hn::Broadcast<kBlockLanes - 1>(sum);
  }
  next = hn::GetLane(before) + 1;
#endif
  for (; i < n; ++i) {
    next += gaps[i];
    gaps[i] = next < last ? next : last;
    ++next;
  }
}

// All are compared: halving would be mispredicted more often than not.
uint32_t DocsBefore(const uint32_t* HWY_RESTRICT docs, uint32_t doc) {
  const hn::CappedTag<uint32_t, VS_POSTING_LANES> d;
  const size_t lanes = hn::Lanes(d);
  const auto bound = hn::Set(d, doc);
  size_t n = 0;
  for (size_t i = 0; i < VS_BLOCK_NUMBERS; i += lanes) {
    n += hn::CountTrue(d, hn::Lt(hn::LoadU(d, docs + i), bound));
  }
  return static_cast<uint32_t>(n);
}

// Scores of postings in single precision: weight * tf / (tf + norm + slope * len).
void PostingScores(const uint32_t* HWY_RESTRICT tf, const uint16_t* HWY_RESTRICT len, size_t n,
                   float weight, float norm, float slope, float* HWY_RESTRICT out) {
  const hn::ScalableTag<float> d;
  const hn::Rebind<int32_t, decltype(d)> d32;
  const hn::Rebind<uint16_t, decltype(d)> d16;
  const size_t lanes = hn::Lanes(d);
  const auto least = hn::Set(d, VS_LEAST_SCORE);
  for (size_t i = 0; i < n; i += lanes) {
    const auto f = hn::ConvertTo(d, hn::LoadU(d32, reinterpret_cast<const int32_t*>(tf + i)));
    const auto l = hn::ConvertTo(d, hn::PromoteTo(d32, hn::LoadU(d16, len + i)));
    const auto below = hn::Add(hn::Add(f, hn::Set(d, norm)), hn::Mul(hn::Set(d, slope), l));
    const auto score = hn::Div(hn::Mul(hn::Set(d, weight), f), hn::Max(below, least));
    hn::StoreU(hn::Max(score, least), d, out + i);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace simd
}  // namespace vecstore
HWY_AFTER_NAMESPACE();

#endif
