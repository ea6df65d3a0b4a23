// SPDX-License-Identifier: PostgreSQL
//
// transform.cpp - the space in which an index keeps its vectors: unit length, rotated, centred.
//
// Owns: the rotation.  It is four rounds of random signs and a Walsh-Hadamard transform over the
// first or the last 2^k coordinates (the fast structured rotation of Ailon & Chazelle, for any
// dimension).  It is orthogonal, so L2 and inner products survive, and it spreads energy evenly, so
// that one scale a vector serves all coordinates.  L1 is not invariant under rotation and goes
// without.
//
// The bounds of packed codes need more: rounding errors that know nothing of where other vectors lie.
// When 2^k is little more than half of the dimensions, the first and the last 2^k hardly overlap, and
// four rounds leave half of a single large coordinate in its place.  So these codes take eight, each
// followed by butterflies across the two halves (as in Kac's walk).
#include <string.h>

#include "core/base/random.h"
#include "core/hnsw/quantizer.h"

using namespace vecstore::hnsw;

namespace {

int Rounds(VsCodeKind kind) { return kind == VS_CODE_SQ8 ? 4 : 8; }

uint32_t PowerOfTwoBelow(uint32_t n) {
  uint32_t p = 1;
  while (2 * p <= n) p *= 2;
  return p;
}

// Floats of scratch: whole blocks of any code.
size_t WorkSize(uint32_t dims) { return vs_packed_size(dims, 2); }

void FlipSigns(float* x, const uint32_t* masks, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) {
    uint32_t bits;
    memcpy(&bits, &x[i], sizeof(bits));
    bits ^= masks[i];
    memcpy(&x[i], &bits, sizeof(bits));
  }
}

// Each coordinate with its mirror image: pairs at a fixed distance could undo a stage of the transform.
void MixHalves(float* x, uint32_t n) {
  const float scale = 0.70710678f;
  for (uint32_t i = 0, j = n - 1; i < n / 2; i++, j--) {
    const float sum = (x[i] + x[j]) * scale;
    x[j] = (x[i] - x[j]) * scale;
    x[i] = sum;
  }
}

void Rotate(const VsHnswSpace* space, float* x) {
  const uint32_t n = space->dims;
  const uint32_t block = PowerOfTwoBelow(n);
  const float scale = 1.0f / sqrtf(float(block));
  const int rounds = Rounds(space->code_kind);

  for (int round = 0; round < rounds; round++) {
    float* part = x + (round % 2 == 0 ? 0 : n - block);
    FlipSigns(x, space->signs + size_t(round) * n, n);
    space->kernels->fwht(part, block);
    for (uint32_t i = 0; i < block; i++) part[i] *= scale;
    if (space->packed != nullptr && block < n) MixHalves(x, n);
  }
}

const VsPackedKernels* PackedKernels(const VsKernels* kernels, VsCodeKind kind) {
  if (kind == VS_CODE_SQ4) return &kernels->packed4;
  return kind == VS_CODE_SQ2 ? &kernels->packed2 : nullptr;
}

}  // namespace

size_t vs_hnsw_space_bytes(uint32_t dims, VsCodeKind code_kind) {
  return WorkSize(dims) * sizeof(float) + size_t(Rounds(code_kind)) * dims * sizeof(uint32_t) +
         dims * sizeof(int16_t);
}

void vs_hnsw_space_init(VsHnswSpace* space, void* memory, VsMetric metric, uint32_t dims,
                        VsCodeKind code_kind, uint64_t seed, const VsKernels* kernels) {
  const uint32_t signs = uint32_t(Rounds(code_kind)) * dims;

  space->metric = metric;
  space->dims = dims;
  space->code_kind = code_kind;
  space->code_bytes = vs_hnsw_code_bytes(code_kind, dims);
  space->kernels = kernels;
  space->packed = PackedKernels(kernels, code_kind);
  space->work = static_cast<float*>(memory);
  space->signs = static_cast<uint32_t*>(memory) + WorkSize(dims);
  space->numbers = reinterpret_cast<int16_t*>(space->signs + signs);
  space->centroid = nullptr;
  space->centroid_length = 0;
  memset(space->work, 0, WorkSize(dims) * sizeof(float));
  // 64 signs from each mixed number.
  uint64_t bits = 0;
  for (uint32_t i = 0; i < signs; i++, bits <<= 1) {
    if (i % 64 == 0) bits = vecstore::Mix64(seed + i / 64);
    space->signs[i] = uint32_t(bits >> 32) & 0x80000000u;
  }
}

void vs_hnsw_space_set_centroid(VsHnswSpace* space, const float* centroid) {
  space->centroid = centroid;
  space->centroid_length =
      centroid == nullptr ? 0 : float(Length(space->metric, centroid, space->dims));
}

bool vs_hnsw_transform(const VsHnswSpace* space, const float* vector, float* out) {
  if (space->metric == VS_METRIC_COSINE) {
    double length = L2Length(vector, space->dims);
    if (!(length > 0)) return false;
    for (uint32_t i = 0; i < space->dims; i++) out[i] = float(vector[i] / length);
  } else {
    memcpy(out, vector, space->dims * sizeof(float));
  }
  if (space->metric != VS_METRIC_L1) Rotate(space, out);
  return true;
}
