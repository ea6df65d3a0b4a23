// SPDX-License-Identifier: PostgreSQL
//
// arena.cpp - how the memory of a build is divided up.
//
// Relies on levels being geometric with ratio 1/32: there is room for twice the upper records to be
// expected.  A node for which that is not enough becomes one of level 0.
#include "core/hnsw/arena.h"

#include <string.h>

#include <algorithm>

namespace vecstore::hnsw {

namespace {

constexpr uint32_t kNodesPerUpper = 16;
constexpr uint32_t kSpareUppers = 64;
constexpr uint32_t kMaxCapacity = UINT32_MAX / 2;

size_t RoundUp(size_t n) { return (n + kCacheLine - 1) / kCacheLine * kCacheLine; }

// Room for n items at the end of what is laid out so far; returns where.
size_t Reserve(size_t* total, size_t n, size_t item_bytes) {
  const size_t at = *total;
  *total = RoundUp(at + n * item_bytes);
  return at;
}

// The block begins on a cache line wherever the host's memory does.
uint8_t* Aligned(void* memory) {
  return reinterpret_cast<uint8_t*>(RoundUp(reinterpret_cast<uintptr_t>(memory)));
}

}  // namespace

ArenaShape::ArenaShape(const VsHnswGeometry* geometry, uint32_t capacity)
    : upper_capacity(capacity / kNodesPerUpper + kSpareUppers),
      record_bytes(vs_hnsw_load_stride(geometry)),
      list_bytes(ListBytes(geometry->links0)),
      upper_list_bytes(ListBytes(geometry->links)),
      total(RoundUp(sizeof(BuildState))) {
  records = Reserve(&total, capacity, record_bytes);
  lists = Reserve(&total, capacity, list_bytes);
  upper_lists = Reserve(&total, upper_capacity, upper_list_bytes);
  upper_nodes = Reserve(&total, upper_capacity, sizeof(UpperNode));
  order = Reserve(&total, capacity, sizeof(uint32_t));
  ids = Reserve(&total, capacity, sizeof(VsNodeId));
  choices = Reserve(&total, size_t(capacity) * kMaxFanout, sizeof(uint16_t));
  clustered = Reserve(&total, size_t(capacity) * kMaxFanout, sizeof(uint32_t));
}

Arena::Arena(void* memory, const VsHnswGeometry* geometry)
    : base_(Aligned(memory)),
      shape_(geometry, reinterpret_cast<const BuildState*>(Aligned(memory))->capacity) {}

uint32_t Arena::nodes() const {
  return std::min(__atomic_load_n(&state()->nodes, __ATOMIC_RELAXED), state()->capacity);
}

uint32_t Arena::Claim(int* level, uint32_t* position) {
  BuildState* s = state();
  // Not beyond the capacity again and again, or the counter would come round.
  if (__atomic_load_n(&s->nodes, __ATOMIC_RELAXED) >= s->capacity) return kNoIndex;
  const uint32_t index = __atomic_fetch_add(&s->nodes, 1, __ATOMIC_RELAXED);
  if (index >= s->capacity) return kNoIndex;

  *position = upper_nodes();
  do {
    if (*position + uint32_t(*level) > shape_.upper_capacity) *level = 0;
  } while (*level > 0 && !__atomic_compare_exchange_n(&s->upper_nodes, position,
                                                      *position + uint32_t(*level), true,
                                                      __ATOMIC_RELAXED, __ATOMIC_RELAXED));
  return index;
}

}  // namespace vecstore::hnsw

using namespace vecstore::hnsw;

size_t vs_hnsw_build_bytes(const VsHnswGeometry* geometry, uint32_t capacity) {
  return ArenaShape(geometry, std::min(capacity, kMaxCapacity)).total + kCacheLine;
}

uint32_t vs_hnsw_build_capacity(const VsHnswGeometry* geometry, size_t bytes) {
  uint32_t fits = 0, too_many = kMaxCapacity;
  while (too_many - fits > 1) {
    const uint32_t middle = fits + (too_many - fits) / 2;
    (vs_hnsw_build_bytes(geometry, middle) <= bytes ? fits : too_many) = middle;
  }
  return fits;
}

void vs_hnsw_build_format(void* memory, uint32_t capacity) {
  auto* state = reinterpret_cast<BuildState*>(Aligned(memory));
  memset(state, 0, sizeof(*state));
  state->capacity = std::min(capacity, kMaxCapacity);
}
