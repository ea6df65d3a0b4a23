// SPDX-License-Identifier: PostgreSQL
//
// geometry.cpp - shape of the records, and the level of a node.
//
// Owns: the arithmetic that every reader of a page depends on.  Geometry is a pure function of dims
// and m, so nothing but these two is trusted from the meta page.
#include <string.h>

#include "bridge/hnsw.h"
#include "core/base/random.h"

namespace {

constexpr uint32_t kCacheLine = 64;
constexpr uint32_t kBodyBytes = VS_PAGE_BYTES - VS_PAGE_HEADER_BYTES - VS_PAGE_SPECIAL_BYTES;

uint32_t RoundUp(uint32_t n, uint32_t multiple) { return (n + multiple - 1) / multiple * multiple; }

// Kernels read codes in whole blocks of VS_QUERY_BLOCK bytes: a short code, too, must have that many
// bytes behind it within the page.
uint32_t SlotsPerPage(uint32_t dims, uint32_t slots_offset, uint32_t record_bytes) {
  uint32_t slots = (VS_PAGE_BYTES - VS_PAGE_SPECIAL_BYTES - slots_offset) / record_bytes;
  uint32_t read_bytes =
      VS_RECORD_HEADER_BYTES + (dims < VS_QUERY_BLOCK ? uint32_t{VS_QUERY_BLOCK} : dims);
  while (slots > 0 && slots_offset + (slots - 1) * record_bytes + read_bytes > VS_PAGE_BYTES) slots--;
  return slots;
}

void SetAlignment(VsHnswGeometry* g, uint32_t alignment) {
  g->slots_offset = RoundUp(VS_PAGE_HEADER_BYTES, alignment);
  g->record_bytes = RoundUp(g->links_offset + g->links0 * sizeof(VsNodeId), alignment);
  g->slots_per_page = SlotsPerPage(g->dims, g->slots_offset, g->record_bytes);
}

}  // namespace

bool vs_hnsw_geometry(uint32_t dims, uint32_t m, VsHnswGeometry* g) {
  memset(g, 0, sizeof(*g));
  if (dims < 1 || dims > kBodyBytes || m < 2 || m > VS_HNSW_MAX_M) return false;
  g->dims = dims;
  g->code_bytes = RoundUp(dims, 4);
  g->links0 = 2 * m;
  g->links = m;
  g->links_offset = VS_RECORD_HEADER_BYTES + g->code_bytes;
  SetAlignment(g, 8);
  // Records that start on a cache line are read with fewer misses; that is worth 3 % of space.
  uint32_t densest = g->slots_per_page;
  SetAlignment(g, kCacheLine);
  if (g->slots_per_page * 100 < densest * 97) SetAlignment(g, 8);
  while ((1u << g->slot_bits) < g->slots_per_page) g->slot_bits++;
  return g->slots_per_page > 0;
}

uint32_t vs_hnsw_max_dims(uint32_t m) {
  VsHnswGeometry g;
  uint32_t dims = kBodyBytes;
  while (dims > 0 && !vs_hnsw_geometry(dims, m, &g)) dims--;
  return dims;
}

int vs_hnsw_level(uint64_t seed, uint64_t key) {
  uint64_t bits = vecstore::Mix64(seed ^ vecstore::Mix64(key));
  int level = 0;
  while (level < VS_HNSW_MAX_LEVEL && (bits & 31) == 0) {
    level++;
    bits >>= 5;
  }
  return level;
}
