// SPDX-License-Identifier: PostgreSQL
//
// packed-inl.h - codes of 4 and 2 bits a dimension: making them and measuring against them.
//
// Owns: everything that knows where a dimension lies in a packed block (kernels.h draws it).  The
// fields of a lane belong to dimensions a whole row of lanes apart, so a shift and a mask turn a
// vector of lanes into consecutive dimensions as int16, whatever the width of a vector, and the
// query stays in its own order.  Compiled once per SIMD target.

#if defined(VECSTORE_CORE_SIMD_PACKED_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef VECSTORE_CORE_SIMD_PACKED_INL_H_
#undef VECSTORE_CORE_SIMD_PACKED_INL_H_
#else
#define VECSTORE_CORE_SIMD_PACKED_INL_H_
#endif

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "bridge/kernels.h"
#include "core/simd/codes-inl.h"
#include "core/simd/lanes-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace vecstore {
namespace simd {
namespace HWY_NAMESPACE {

template <int kBits>
struct Packed {
  static constexpr size_t kFields = 16 / kBits;
  static constexpr size_t kBlock = VS_PACKED_LANES * kFields;
  static constexpr int kLargest = (1 << kBits) - 1;  // of a field, and of the number it stands for
};

using PackedTag = hn::CappedTag<uint16_t, VS_PACKED_LANES>;

HWY_INLINE hn::Vec<PackedTag> LoadLanes(const int8_t* block, size_t lane) {
  return hn::LoadU(PackedTag(), reinterpret_cast<const uint16_t*>(block) + lane);
}

// Field k of every lane as int16; k is a constant once the callers' loops are unrolled.
template <int kBits, size_t k>
HWY_INLINE auto Field(hn::Vec<PackedTag> lanes) {
  const hn::RebindToSigned<PackedTag> d16;
  const auto field = hn::And(hn::ShiftRight<static_cast<int>(k) * kBits>(lanes),
                             hn::Set(PackedTag(), Packed<kBits>::kLargest));
  return hn::BitCast(d16, field);
}

#if HWY_TARGET == HWY_AVX3_DL && HWY_COMPILER_GCC_ACTUAL
#pragma GCC push_options
#pragma GCC target("avx512vnni")
#endif

// Adds the fields from k on, each times the query's elements a row of lanes further.
template <int kBits, size_t k, class V32>
HWY_INLINE void AddFields(hn::Vec<PackedTag> lanes, const int16_t* HWY_RESTRICT q, V32& even,
                          V32& odd, V32& high) {
  if constexpr (k < Packed<kBits>::kFields) {
    const hn::RebindToSigned<PackedTag> d16;
    const hn::RepartitionToWide<decltype(d16)> d32;
    V32& sum = k % 2 == 0 ? even : odd;
    sum = MultiplyAddPairs(d32, hn::LoadU(d16, q + k * VS_PACKED_LANES), Field<kBits, k>(lanes), sum,
                           high);
    AddFields<kBits, k + 1>(lanes, q, even, odd, high);
  }
}

// With fields u instead of the numbers 2u - kLargest they stand for; the sum of the query, which
// follows it, makes up for that.  Sums may wrap on the way, the result does not.
template <int kBits>
inline int32_t PackedDot(const int16_t* HWY_RESTRICT q, const int8_t* HWY_RESTRICT c, size_t n) {
  const hn::RepartitionToWide<hn::RebindToSigned<PackedTag>> d32;
  const size_t lanes = hn::Lanes(PackedTag());
  auto sum0 = hn::Zero(d32), sum1 = sum0, sum2 = sum0, sum3 = sum0, high = sum0;
  const int16_t* const end = q + vs_packed_size(n, kBits);

  for (; q < end; q += Packed<kBits>::kBlock, c += VS_PACKED_BLOCK_BYTES) {
    size_t j = 0;
    for (; j + 2 * lanes <= VS_PACKED_LANES; j += 2 * lanes) {
      AddFields<kBits, 0>(LoadLanes(c, j), q + j, sum0, sum1, high);
      AddFields<kBits, 0>(LoadLanes(c, j + lanes), q + j + lanes, sum2, sum3, high);
    }
    if (j < VS_PACKED_LANES) AddFields<kBits, 0>(LoadLanes(c, j), q + j, sum0, sum1, high);
  }
  const auto sum = hn::Add(hn::Add(hn::Add(sum0, sum1), hn::Add(sum2, sum3)), high);
  const auto fields = static_cast<uint32_t>(hn::GetLane(hn::SumOfLanes(d32, sum)));
  uint32_t query_sum;
  memcpy(&query_sum, end, sizeof(query_sum));
  return static_cast<int32_t>(2 * fields - Packed<kBits>::kLargest * query_sum);
}

#if HWY_TARGET == HWY_AVX3_DL && HWY_COMPILER_GCC_ACTUAL
#pragma GCC pop_options
#endif

template <int kBits, size_t k>
HWY_INLINE void UnpackFields(hn::Vec<PackedTag> lanes, int16_t* HWY_RESTRICT out) {
  if constexpr (k < Packed<kBits>::kFields) {
    const hn::RebindToSigned<PackedTag> d16;
    const auto field = Field<kBits, k>(lanes);
    const auto number = hn::Sub(hn::Add(field, field), hn::Set(d16, Packed<kBits>::kLargest));
    hn::StoreU(number, d16, out + k * VS_PACKED_LANES);
    UnpackFields<kBits, k + 1>(lanes, out);
  }
}

template <int kBits>
HWY_INLINE void UnpackBlock(const int8_t* HWY_RESTRICT c, int16_t* HWY_RESTRICT out) {
  for (size_t j = 0; j < VS_PACKED_LANES; j += hn::Lanes(PackedTag()))
    UnpackFields<kBits, 0>(LoadLanes(c, j), out + j);
}

template <int kBits>
inline void Unpack(const int8_t* HWY_RESTRICT c, int16_t* HWY_RESTRICT out, size_t n) {
  constexpr size_t kBlock = Packed<kBits>::kBlock;
  for (; n >= kBlock; n -= kBlock, c += VS_PACKED_BLOCK_BYTES, out += kBlock)
    UnpackBlock<kBits>(c, out);
  if (n == 0) return;
  int16_t last[kBlock];
  UnpackBlock<kBits>(c, last);
  memcpy(out, last, n * sizeof(int16_t));
}

template <int kBits>
inline float PackedL1(const float* q, const int8_t* c, float scale, size_t n) {
  constexpr size_t kBlock = Packed<kBits>::kBlock;
  int16_t numbers[kBlock];
  float sum = 0;
  for (size_t i = 0; i < n; i += kBlock, c += VS_PACKED_BLOCK_BYTES) {
    UnpackBlock<kBits>(c, numbers);
    sum += L1Codes(q + i, numbers, scale, n - i < kBlock ? n - i : kBlock);
  }
  return sum;
}

// The field whose number is nearest to x * inv_scale; rounding as in Quantize.
template <int kBits>
inline void Pack(const float* HWY_RESTRICT x, float inv_scale, int8_t* HWY_RESTRICT c, size_t n) {
  using P = Packed<kBits>;
  const hn::CappedTag<float, VS_PACKED_LANES> d;
  const hn::RebindToSigned<decltype(d)> di;
  const hn::Rebind<uint16_t, decltype(d)> d16;
  const size_t lanes = hn::Lanes(d);
  const auto factor = hn::Set(d, inv_scale / 2), middle = hn::Set(d, P::kLargest * 0.5f);
  const auto shifter = hn::Set(d, 0x1.8p23f), largest = hn::Set(d, P::kLargest);

  for (size_t i = 0; i < n; i += P::kBlock, c += VS_PACKED_BLOCK_BYTES) {
    for (size_t j = 0; j < VS_PACKED_LANES; j += lanes) {
      auto word = hn::Zero(di);
      for (size_t k = P::kFields; k-- > 0;) {
        const auto scaled = hn::MulAdd(hn::LoadU(d, x + i + k * VS_PACKED_LANES + j), factor, middle);
        const auto clamped = hn::Min(hn::Max(scaled, hn::Zero(d)), largest);
        const auto rounded = hn::BitCast(di, hn::Add(clamped, shifter));
        word = hn::Or(hn::ShiftLeft<kBits>(word), hn::Sub(rounded, hn::BitCast(di, shifter)));
      }
      hn::StoreU(hn::DemoteTo(d16, word), d16, reinterpret_cast<uint16_t*>(c) + j);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace simd
}  // namespace vecstore
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
