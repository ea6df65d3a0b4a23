// SPDX-License-Identifier: PostgreSQL
//
// sketch.cpp - what a node knows of its neighbours without reading them.
//
// Owns: sketches and the estimates from them, after RaBitQ (Gao and Long 2024) with the node as the
// centre, as in SymphonyQG (Gou et al. 2025).  Seen from the node, the neighbour is x and the query is y.
// The signs of x are the corner of a cube that points in x's direction; with s for that corner, <x, y> is
// about <s, y> * |x|^2 / <s, x>, since what x has beside s has no direction of its own after a random
// rotation.  |q - neighbour|^2 is |y|^2 + |x|^2 - 2 <x, y>, and |y|^2 is known from the node's own code.
//
// Plain loops: a search that needs sketches waits for the disk.
#include <math.h>
#include <string.h>

#include "bridge/hnsw.h"

namespace {

constexpr uint32_t kGroup = 4;  // bits that one table answers for
constexpr uint32_t kTable = 1 << kGroup;

// The upper half of a float, rounded to the nearest; not for infinities.
uint16_t ToHalf(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof(bits));
  return uint16_t((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

float FromHalf(uint16_t half) {
  const uint32_t bits = uint32_t(half) << 16;
  float x;
  memcpy(&x, &bits, sizeof(x));
  return x;
}

VsHnswSketch Header(const uint8_t* sketch) {
  VsHnswSketch header;
  memcpy(&header, sketch, sizeof(header));
  return header;
}

constexpr float kLeast = 1e-30f;  // of variances
constexpr float kMost = 1e38f;

float Finite(float x) { return x < kMost ? x : kMost; }

// Whatever the page says: a number, for IP of either sign.
float Usable(float estimate, float own, bool inner_product) {
  if (!(fabsf(estimate) <= kMost)) estimate = own > kMost ? kMost : own < -kMost ? -kMost : own;
  return inner_product || estimate > 0 ? estimate : 0;
}

// Coordinate i of the query; the last, partial block of its code lies apart (vs_query_blocks).
class QueryCoordinates {
 public:
  explicit QueryCoordinates(const VsHnswQuery* query) : query_(query) {
    const uint32_t rest = query->dims % VS_QUERY_BLOCK;
    full_ = query->dims - rest;
    shift_ = rest > 0 && full_ > 0 ? VS_QUERY_BLOCK - rest : 0;
  }
  float operator[](uint32_t i) const { return query_->scale * query_->code[i < full_ ? i : i + shift_]; }

 private:
  const VsHnswQuery* query_;
  uint32_t full_;
  uint32_t shift_;
};

uint32_t Groups(const VsHnswGeometry* g) { return 2 * (g->sketch_bytes - VS_SKETCH_HEADER_BYTES); }

// For each group of dimensions the sum of their coordinates with all combinations of signs.
void FillTables(const VsHnswGeometry* g, const float* y, float* tables) {
  for (uint32_t group = 0; group < Groups(g); group++, y += kGroup, tables += kTable) {
    tables[0] = -(y[0] + y[1] + y[2] + y[3]);
    for (uint32_t bit = 0; bit < kGroup; bit++)
      for (uint32_t i = 0; i < 1u << bit; i++) tables[i | 1u << bit] = tables[i] + 2 * y[bit];
  }
}

// <s, y>
float DotSigns(const VsHnswGeometry* g, const uint8_t* bits, const float* tables) {
  float low = 0, high = 0;
  for (uint32_t i = 0; i < Groups(g) / 2; i++, tables += 2 * kTable) {
    low += tables[bits[i] & 15];
    high += tables[kTable + (bits[i] >> 4)];
  }
  return low + high;
}

uint32_t DifferentBits(const VsHnswGeometry* g, const uint8_t* a, const uint8_t* b) {
  uint32_t n = 0;
  for (uint32_t i = VS_SKETCH_HEADER_BYTES; i < g->sketch_bytes; i++)
    n += uint32_t(__builtin_popcount(unsigned(a[i] ^ b[i])));
  return n;
}

bool Near(uint16_t a, uint16_t b) {
  const float x = FromHalf(a), y = FromHalf(b);
  return fabsf(x - y) <= 0.02f * fabsf(y);
}

}  // namespace

void vs_hnsw_sketch(const VsHnswGeometry* g, const VsHnswRecord* node, const VsHnswRecord* neighbor,
                    uint8_t* out) {
  const int8_t* from = vs_record_code(node);
  const int8_t* to = vs_record_code(neighbor);
  float square = 0, sum = 0;

  memset(out, 0, g->sketch_bytes);
  for (uint32_t i = 0; i < g->dims; i++) {
    const float x = neighbor->scale * float(to[i]) - node->scale * float(from[i]);
    square += x * x;
    if (i >= g->sketch_bits) continue;
    sum += fabsf(x);
    out[VS_SKETCH_HEADER_BYTES + i / 8] |= uint8_t((x > 0) << i % 8);
  }
  const VsHnswSketch header = {ToHalf(Finite(square)), ToHalf(sum > 0 ? Finite(Finite(square) / sum) : 0)};
  memcpy(out, &header, sizeof(header));
}

bool vs_hnsw_sketch_fits(const VsHnswGeometry* g, const VsHnswRecord* node, const VsHnswRecord* neighbor,
                         const uint8_t* sketch) {
  uint8_t expected[VS_PAGE_BYTES];

  vs_hnsw_sketch(g, node, neighbor, expected);
  const VsHnswSketch a = Header(sketch), b = Header(expected);
  return Near(a.square, b.square) && Near(a.factor, b.factor) &&
         DifferentBits(g, sketch, expected) <= 2 + g->sketch_bits / 32;
}

size_t vs_hnsw_sketch_scratch(const VsHnswGeometry* g) {
  return g->sketch_bits == 0 ? 0 : size_t{Groups(g)} * (kGroup + kTable);
}

void vs_hnsw_estimate_links(const VsHnswQuery* query, const VsHnswGeometry* g, VsHnswRecord* node, float own,
                            float* scratch, VsHnswLinkEstimate* estimates) {
  const QueryCoordinates coordinates(query);
  const int8_t* code = vs_record_code(node);
  const bool inner_product = query->metric == VS_METRIC_IP;
  float* y = scratch;
  float* tables = scratch + Groups(g) * kGroup;

  memset(y, 0, Groups(g) * kGroup * sizeof(float));
  for (uint32_t i = 0; i < g->sketch_bits; i++)
    y[i] = inner_product ? coordinates[i] : coordinates[i] - node->scale * float(code[i]);
  FillTables(g, y, tables);
  const uint32_t degree = vs_record_degree(g, node);
  for (uint32_t k = 0; k < degree; k++) {
    const uint8_t* sketch = vs_record_sketch(g, node, k);
    const VsHnswSketch header = Header(sketch);
    const float dot = FromHalf(header.factor) * DotSigns(g, sketch + VS_SKETCH_HEADER_BYTES, tables);
    const float square = FromHalf(header.square);
    const float estimate = inner_product ? own - dot : own + square - 2 * dot;
    // What is orthogonal to the corner errs in proportion to the lengths of x and y.
    const float variance = inner_product ? square : square * own;

    estimates[k].estimate = Usable(estimate, own, inner_product);
    estimates[k].weight = variance > kLeast ? 1 / Finite(variance) : 1 / kLeast;
  }
}
