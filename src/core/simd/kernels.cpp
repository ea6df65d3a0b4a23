// SPDX-License-Identifier: PostgreSQL
//
// kernels.cpp - one table of kernels per SIMD target, and the choice among them.
//
// Owns: the table in use, one pointer per process.  foreach_target.h includes this file again for
// every target the compiler can generate; what follows HWY_ONCE is compiled once.

#include "bridge/kernels.h"

#include <stdint.h>
#include <strings.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/simd/kernels.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "core/simd/codes-inl.h"
#include "core/simd/distance-inl.h"
#include "core/simd/panel-inl.h"
#include "core/simd/packed-inl.h"
#include "core/simd/postings-inl.h"
#include "core/simd/transform-inl.h"

HWY_BEFORE_NAMESPACE();
namespace vecstore {
namespace simd {
namespace HWY_NAMESPACE {

// The target's name is its namespace without the "N_": unlike hwy::TargetName, a constant
// expression.
constexpr VsKernels kKernels = {
    /* target */ &HWY_STR(HWY_NAMESPACE)[2],
    /* l2sq_f32 */ &L2Squared<float>,
    /* ip_f32 */ &InnerProduct<float>,
    /* l1_f32 */ &L1<float>,
    /* cos_f32 */ &Cosine<float>,
    /* l2sq_f16 */ &L2Squared<uint16_t>,
    /* ip_f16 */ &InnerProduct<uint16_t>,
    /* l1_f16 */ &L1<uint16_t>,
    /* cos_f16 */ &Cosine<uint16_t>,
    /* f16_to_f32 */ &F16ToF32,
    /* f32_to_f16 */ &F32ToF16,
    /* dot_i16i8 */ &DotI16I8,
    /* l1_f32i8 */ &L1F32I8,
    /* max_abs */ &MaxAbs,
    /* quantize_i8 */ &QuantizeI8,
    /* quantize_i16 */ &QuantizeI16,
    /* widen_i8 */ &WidenI8,
    /* panel_row_bytes */ &PanelRowBytes,
    /* panel_set_row */ &PanelSetRow,
    /* panel_clear_row */ &PanelClearRow,
    /* panel_nearest */ &PanelNearest,
    /* packed4 */ {4, &PackedDot<4>, &PackedL1<4>, &Pack<4>, &Unpack<4>},
    /* packed2 */ {2, &PackedDot<2>, &PackedL1<2>, &Pack<2>, &Unpack<2>},
    /* fwht */ &Fwht,
    /* unpack_block */ &UnpackBlock,
    /* pack_block */ &PackBlock,
    /* docs_of_gaps */ &DocsOfGaps,
    /* docs_before */ &DocsBefore,
    /* posting_scores */ &PostingScores,
};

const VsKernels* Kernels() { return &kKernels; }

}  // namespace HWY_NAMESPACE
}  // namespace simd
}  // namespace vecstore
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace vecstore {
namespace simd {
namespace {

HWY_EXPORT(Kernels);

constexpr int kMaxTargets = 8;
const char* target_names[kMaxTargets + 1];
const VsKernels* current;

// The best table among `targets`.  Highway's choice is global to the process and other libraries
// may rely on it, so it is put back.
const VsKernels* BestKernels(int64_t targets) {
  hwy::GetChosenTarget().Update(targets);
  const VsKernels* kernels = HWY_DYNAMIC_DISPATCH(Kernels)();
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  return kernels;
}

int64_t UsableTargets() { return hwy::SupportedTargets() & HWY_TARGETS; }

bool IsAutomatic(const char* name) { return *name == '\0' || strcasecmp(name, "auto") == 0; }

}  // namespace
}  // namespace simd
}  // namespace vecstore

using namespace vecstore::simd;

const VsKernels* vs_kernels(void) {
  if (current == nullptr) current = BestKernels(UsableTargets());
  return current;
}

int vs_kernels_force(const char* target) {
  if (IsAutomatic(target)) {
    current = BestKernels(UsableTargets());
    return 0;
  }
  for (int64_t rest = UsableTargets(); rest != 0; rest &= rest - 1) {
    const VsKernels* kernels = BestKernels(rest & -rest);
    if (strcasecmp(kernels->target, target) == 0) {
      current = kernels;
      return 0;
    }
  }
  return -1;
}

// Highway gives better targets lower bits.
const char* const* vs_kernels_targets(void) {
  int count = 0;
  for (int64_t rest = UsableTargets(); rest != 0 && count < kMaxTargets; rest &= rest - 1) {
    target_names[count++] = BestKernels(rest & -rest)->target;
  }
  return target_names;
}

const char* vs_highway_version(void) {
  return HWY_STR(HWY_MAJOR) "." HWY_STR(HWY_MINOR) "." HWY_STR(HWY_PATCH);
}

#endif  // HWY_ONCE
