// SPDX-License-Identifier: PostgreSQL
//
// geometry.cpp - shape of the records, and the level of a node.
//
// Owns: the arithmetic that every reader of a page depends on, and which code an index has.  All of it
// is a pure function of dims, m and storage, so nothing but these is trusted from the meta page.
#include <string.h>

#include "bridge/hnsw.h"
#include "bridge/vector.h"
#include "core/base/random.h"

namespace {

constexpr uint32_t kCacheLine = 64;

// A coarser code is taken when fewer records than this fit a page: one of SQ8 would leave up to half
// of the page empty, and three of SQ4 take less space and cost less to read than two of SQ8.
constexpr struct {
  VsCodeKind kind;
  uint32_t slots;
} kPreferred[] = {{VS_CODE_SQ8, 3}, {VS_CODE_SQ4, 2}, {VS_CODE_SQ2, 1}};

uint32_t RoundUp(uint32_t n, uint32_t multiple) { return (n + multiple - 1) / multiple * multiple; }

// Kernels read codes in whole blocks of VS_QUERY_BLOCK bytes: a short code, too, must have that many
// bytes behind it.
uint32_t ReadBytes(uint32_t code_bytes) {
  return VS_RECORD_HEADER_BYTES + (code_bytes < VS_QUERY_BLOCK ? uint32_t{VS_QUERY_BLOCK} : code_bytes);
}

// What is read beyond a short code must lie within the page.
uint32_t SlotsPerPage(uint32_t read_bytes, uint32_t slots_offset, uint32_t record_bytes) {
  uint32_t slots = (VS_PAGE_BYTES - VS_PAGE_SPECIAL_BYTES - slots_offset) / record_bytes;
  while (slots > 0 && slots_offset + (slots - 1) * record_bytes + read_bytes > VS_PAGE_BYTES) slots--;
  return slots;
}

void SetAlignment(VsHnswGeometry* g, uint32_t alignment) {
  g->slots_offset = RoundUp(VS_PAGE_HEADER_BYTES, alignment);
  g->record_bytes = RoundUp(g->sketches_offset + g->links0 * g->sketch_bytes, alignment);
  g->slots_per_page = SlotsPerPage(ReadBytes(g->code_bytes), g->slots_offset, g->record_bytes);
}

void SetCode(VsHnswGeometry* g, VsCodeKind kind) {
  g->code_kind = kind;
  g->code_bytes = vs_hnsw_code_bytes(kind, g->dims);
  g->links_offset = VS_RECORD_HEADER_BYTES + RoundUp(g->code_bytes, 4);
  g->sketches_offset = g->links_offset + g->links0 * sizeof(VsNodeId);
  SetAlignment(g, 8);
  // Records that start on a cache line are read with fewer misses; that is worth 3 % of space.
  uint32_t densest = g->slots_per_page;
  SetAlignment(g, kCacheLine);
  if (g->slots_per_page * 100 < densest * 97) SetAlignment(g, 8);
}

void SetSketchBits(VsHnswGeometry* g, uint32_t bits) {
  g->sketch_bits = bits;
  g->sketch_bytes = VS_SKETCH_HEADER_BYTES + RoundUp(bits, 8) / 8;
  SetCode(g, VS_CODE_SQ8);
}

// A bit for each dimension, or for all but a sixteenth of them when that saves a page in so many.
void SetSketches(VsHnswGeometry* g) {
  SetSketchBits(g, g->dims);
  const uint32_t slots = g->slots_per_page;
  for (uint32_t bits = g->dims / 8 * 8; bits > 0 && bits * 16 >= g->dims * 15; bits -= 8) {
    SetSketchBits(g, bits);
    if (g->slots_per_page > slots) return;
  }
  SetSketchBits(g, g->dims);
}

}  // namespace

bool vs_hnsw_geometry(uint32_t dims, uint32_t m, VsHnswStorage storage, VsHnswGeometry* g) {
  memset(g, 0, sizeof(*g));
  if (dims < 1 || dims > VS_MAX_DIM || m < 2 || m > VS_HNSW_MAX_M) return false;
  g->dims = dims;
  g->links0 = 2 * m;
  g->links = m;
  if (storage == VS_STORAGE_SKETCH) {
    SetSketches(g);
    if (g->slots_per_page == 0) return false;
  } else {
    for (const auto& preferred : kPreferred) {
      SetCode(g, preferred.kind);
      if (g->slots_per_page >= preferred.slots) break;
    }
  }
  while ((1u << g->slot_bits) < g->slots_per_page) g->slot_bits++;
  return true;
}

size_t vs_hnsw_load_stride(const VsHnswGeometry* geometry) {
  return RoundUp(ReadBytes(geometry->code_bytes), kCacheLine);
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
