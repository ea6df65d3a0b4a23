// SPDX-License-Identifier: PostgreSQL
//
// panel-inl.h - many codes against many codes: the nearest rows of a panel.
//
// Owns: the layout of VsPanel.lanes, which only this file reads.  Rows go in groups of sixteen whose
// elements are interleaved, so that one vector register holds the same element of sixteen rows and
// sums need no folding; an element of the other side is broadcast.
//
// Two layouts.  Where the processor multiplies bytes (VNNI) four elements of a row lie together, and a
// group is kept twice: as it is, and with 128 added, because that instruction takes one unsigned
// side.  Elsewhere, and for L1, the elements are floats.

#if defined(VECSTORE_CORE_SIMD_PANEL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef VECSTORE_CORE_SIMD_PANEL_INL_H_
#undef VECSTORE_CORE_SIMD_PANEL_INL_H_
#else
#define VECSTORE_CORE_SIMD_PANEL_INL_H_
#endif

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "bridge/kernels.h"
#include "core/simd/lanes-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace vecstore {
namespace simd {
namespace HWY_NAMESPACE {

#if HWY_TARGET == HWY_AVX3_DL && HWY_COMPILER_GCC_ACTUAL
#define VECSTORE_PANEL_BYTES 1
#else
#define VECSTORE_PANEL_BYTES 0
#endif

using PanelFloats = hn::CappedTag<float, VS_PANEL_GROUP>;
using PanelInts = hn::RebindToSigned<PanelFloats>;

HWY_INLINE bool HoldsBytes(int l1) { return VECSTORE_PANEL_BYTES && !l1; }

// Elements a row takes in the byte layout.
HWY_INLINE size_t PaddedDims(size_t dims) { return (dims + 3) / 4 * 4; }

inline size_t PanelRowBytes(size_t dims, int l1) {
  return HoldsBytes(l1) ? 2 * PaddedDims(dims) : dims * sizeof(float);
}

HWY_INLINE float* FloatGroup(const VsPanel* panel, size_t group) {
  return static_cast<float*>(panel->lanes) + group * VS_PANEL_GROUP * panel->dims;
}

// The group as signed bytes; as bytes with 128 added it follows.
HWY_INLINE int8_t* ByteGroup(const VsPanel* panel, size_t group) {
  return static_cast<int8_t*>(panel->lanes) + group * VS_PANEL_GROUP * 2 * PaddedDims(panel->dims);
}

// Sum of n signed bytes.
inline int32_t SumBytes(const int8_t* HWY_RESTRICT code, size_t n) {
  const hn::CappedTag<int16_t, 32> d16;
  const hn::Rebind<int8_t, decltype(d16)> d8;
  const hn::CappedTag<int32_t, 16> d32;
  const size_t lanes = hn::Lanes(d8);
  const auto ones = hn::Set(d16, int16_t{1});
  auto sum0 = hn::Zero(d32), sum1 = sum0;
  size_t i = 0;
  for (; i + lanes <= n; i += lanes)
    sum0 = hn::ReorderWidenMulAccumulate(d32, hn::PromoteTo(d16, hn::LoadU(d8, code + i)), ones, sum0, sum1);
  int32_t sum = hn::GetLane(hn::SumOfLanes(d32, hn::Add(sum0, sum1)));
  for (; i < n; i++) sum += code[i];
  return sum;
}

// Four elements go at once to either copy.
inline void SetBytes(int8_t* to, size_t biased, const int8_t* HWY_RESTRICT code, size_t dims) {
  uint32_t four;
  size_t i = 0;
  for (; i + 4 <= dims; i += 4, to += 4 * VS_PANEL_GROUP) {
    memcpy(&four, code + i, 4);
    memcpy(to, &four, 4);
    four ^= 0x80808080u;
    memcpy(to + biased, &four, 4);
  }
  if (i == dims) return;
  four = 0;
  memcpy(&four, code + i, dims - i);
  memcpy(to, &four, 4);
  four ^= 0x80808080u;
  memcpy(to + biased, &four, 4);
}

inline void PanelSetRow(VsPanel* panel, size_t row, const int8_t* code, float base, float scale) {
  const size_t group = row / VS_PANEL_GROUP, lane = row % VS_PANEL_GROUP, dims = panel->dims;

  if (HoldsBytes(panel->l1)) {
    SetBytes(ByteGroup(panel, group) + lane * 4, VS_PANEL_GROUP * PaddedDims(dims), code, dims);
    panel->sum[row] = SumBytes(code, dims);
  } else {
    const float unit = panel->l1 ? scale : 1.0f;
    float* to = FloatGroup(panel, group) + lane;
    for (size_t i = 0; i < dims; i++) to[i * VS_PANEL_GROUP] = unit * code[i];
  }
  panel->base[row] = base;
  panel->scale[row] = scale;
}

// A row that is never near.
inline void PanelClearRow(VsPanel* panel, size_t row) {
  const size_t group = row / VS_PANEL_GROUP, lane = row % VS_PANEL_GROUP;

  if (HoldsBytes(panel->l1)) {
    for (size_t i = 0; i < 2 * PaddedDims(panel->dims); i += 4)
      memset(ByteGroup(panel, group) + i * VS_PANEL_GROUP + lane * 4, 0, 4);
  } else {
    for (size_t i = 0; i < panel->dims; i++) FloatGroup(panel, group)[i * VS_PANEL_GROUP + lane] = 0;
  }
  panel->base[row] = __builtin_inff();
  panel->scale[row] = 0;
  panel->sum[row] = 0;
}

// Keep the smaller estimates and where they are from.  `self` is the row itself, or none.
template <class D, class V>
HWY_INLINE void KeepNearer(D d, V estimates, size_t first_row, uint32_t self, VsPanelNearest* nearest) {
  const hn::RebindToUnsigned<D> du;
  const size_t lane = first_row % VS_PANEL_GROUP;
  const auto rows = hn::Iota(du, static_cast<uint32_t>(first_row));
  const auto others = hn::RebindMask(d, hn::Ne(rows, hn::Set(du, self)));
  const auto best = hn::LoadU(d, nearest->estimate + lane);
  const auto best_rows = hn::LoadU(du, nearest->row + lane);
  const auto nearer = hn::And(hn::Lt(estimates, best), others);
  hn::StoreU(hn::IfThenElse(nearer, estimates, best), d, nearest->estimate + lane);
  hn::StoreU(hn::IfThenElse(hn::RebindMask(du, nearer), rows, best_rows), du, nearest->row + lane);
}

constexpr size_t kPanelRows = 8;  // broadcast at a time: as many sums stay in registers

// One side of a comparison: kPanelRows rows of a, from `row` on.
struct PanelSide {
  const VsPanel* a;
  size_t row;
  const VsPanel* b;
  VsPanelNearest* nearest;
};

// From products to estimates, for row `r` of the side and b's rows from `first_row` on.
template <class V>
HWY_INLINE void KeepProducts(const PanelSide& side, size_t r, size_t first_row, V dot) {
  const PanelFloats d;
  const size_t row = side.row + r;
  const auto factor = hn::Mul(hn::LoadU(d, side.b->scale + first_row),
                              hn::Set(d, side.a->factor * side.a->scale[row]));
  const auto base = hn::Add(hn::LoadU(d, side.b->base + first_row), hn::Set(d, side.a->base[row]));
  KeepNearer(d, hn::MulAdd(factor, dot, base), first_row,
             side.a == side.b ? static_cast<uint32_t>(row) : UINT32_MAX, side.nearest + r);
}

template <class V>
HWY_INLINE void KeepDistances(const PanelSide& side, size_t r, size_t first_row, V distance) {
  const PanelFloats d;
  const size_t row = side.row + r;
  const auto base = hn::Add(hn::LoadU(d, side.b->base + first_row), hn::Set(d, side.a->base[row]));
  KeepNearer(d, hn::Add(distance, base), first_row,
             side.a == side.b ? static_cast<uint32_t>(row) : UINT32_MAX, side.nearest + r);
}

// Sums over all elements of kPanelRows rows against one register of b's rows, in eight variables: arrays of
// vectors do not exist on every target.
#define VECSTORE_PANEL_EIGHT(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7)

template <bool kL1>
HWY_INLINE void MeasureFloats(const PanelSide& side, size_t group) {
  const PanelFloats d;
  const size_t dims = side.a->dims;
  const float* HWY_RESTRICT a =
      FloatGroup(side.a, side.row / VS_PANEL_GROUP) + side.row % VS_PANEL_GROUP;

  for (size_t lane = 0; lane < VS_PANEL_GROUP; lane += hn::Lanes(d)) {
    const float* HWY_RESTRICT b = FloatGroup(side.b, group) + lane;
    auto sum0 = hn::Zero(d), sum1 = sum0, sum2 = sum0, sum3 = sum0;
    auto sum4 = sum0, sum5 = sum0, sum6 = sum0, sum7 = sum0;
    for (size_t i = 0; i < dims; i++) {
      const auto y = hn::Load(d, b + i * VS_PANEL_GROUP);
      const float* x = a + i * VS_PANEL_GROUP;
#define VECSTORE_ADD(R)                                                                  \
  if constexpr (kL1) sum##R = hn::Add(sum##R, hn::Abs(hn::Sub(hn::Set(d, x[R]), y)));    \
  else sum##R = hn::MulAdd(hn::Set(d, x[R]), y, sum##R);
      VECSTORE_PANEL_EIGHT(VECSTORE_ADD)
#undef VECSTORE_ADD
    }
    const size_t first_row = group * VS_PANEL_GROUP + lane;
#define VECSTORE_KEEP(R)                                        \
  if constexpr (kL1) KeepDistances(side, R, first_row, sum##R); \
  else KeepProducts(side, R, first_row, sum##R);
    VECSTORE_PANEL_EIGHT(VECSTORE_KEEP)
#undef VECSTORE_KEEP
  }
}

#if VECSTORE_PANEL_BYTES
#pragma GCC push_options
#pragma GCC target("avx512vnni")
// 64 products an instruction; the excess of a's 128 is b's sum, known beforehand.
static HWY_NOINLINE void MeasureBytes(const PanelSide& side, size_t group) {
  const PanelFloats d;
  const PanelInts di;
  const size_t dims = PaddedDims(side.a->dims);
  const int8_t* HWY_RESTRICT a = ByteGroup(side.a, side.row / VS_PANEL_GROUP) +
                                 VS_PANEL_GROUP * dims + side.row % VS_PANEL_GROUP * 4;
  const int8_t* HWY_RESTRICT b = ByteGroup(side.b, group);
  const size_t first_row = group * VS_PANEL_GROUP;
  const auto excess = hn::ShiftLeft<7>(hn::LoadU(di, side.b->sum + first_row));
  __m512i sum0 = hn::Neg(excess).raw, sum1 = sum0, sum2 = sum0, sum3 = sum0;
  __m512i sum4 = sum0, sum5 = sum0, sum6 = sum0, sum7 = sum0;

  for (size_t i = 0; i < dims; i += 4) {
    const auto y = hn::Load(di, reinterpret_cast<const int32_t*>(b + i * VS_PANEL_GROUP));
    const int8_t* x = a + i * VS_PANEL_GROUP;
#define VECSTORE_ADD(R)                                                                    \
  {                                                                                        \
    int32_t four;                                                                          \
    memcpy(&four, x + 4 * R, 4);                                                           \
    sum##R = _mm512_dpbusd_epi32(sum##R, _mm512_set1_epi32(four), y.raw);                  \
  }
    VECSTORE_PANEL_EIGHT(VECSTORE_ADD)
#undef VECSTORE_ADD
  }
#define VECSTORE_KEEP(R) KeepProducts(side, R, first_row, hn::ConvertTo(d, hn::Vec<PanelInts>{sum##R}));
  VECSTORE_PANEL_EIGHT(VECSTORE_KEEP)
#undef VECSTORE_KEEP
}
#pragma GCC pop_options
#endif

inline void PanelNearest(const VsPanel* a, size_t group, const VsPanel* b,
                         VsPanelNearest nearest[VS_PANEL_GROUP]) {
  const size_t groups = (b->rows + VS_PANEL_GROUP - 1) / VS_PANEL_GROUP;

  for (size_t r = 0; r < VS_PANEL_GROUP; r++)
    for (size_t lane = 0; lane < VS_PANEL_GROUP; lane++)
      nearest[r].estimate[lane] = __builtin_inff();
  for (size_t r = 0; r < VS_PANEL_GROUP; r += kPanelRows) {
    const PanelSide side = {a, group * VS_PANEL_GROUP + r, b, nearest + r};
    for (size_t g = 0; g < groups; g++) {
#if VECSTORE_PANEL_BYTES
      if (!a->l1) {
        MeasureBytes(side, g);
        continue;
      }
#endif
      if (a->l1)
        MeasureFloats<true>(side, g);
      else
        MeasureFloats<false>(side, g);
    }
  }
}

#undef VECSTORE_PANEL_EIGHT
#undef VECSTORE_PANEL_BYTES

}  // namespace HWY_NAMESPACE
}  // namespace simd
}  // namespace vecstore
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
