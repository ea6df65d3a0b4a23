// SPDX-License-Identifier: PostgreSQL
//
// calibrate.cpp - how wide a beam each search preset needs on this very graph.
//
// Owns: the meaning of the presets: recall@10 of .90, .95, .99, .999.
//
// The queries are nodes that are not linked yet, so the graph treats them as it will treat any vector
// it has not seen; their true neighbours come from a scan of all codes.  Beams grow by steps of 2^1/4
// until the last preset's recall is reached.
#include <algorithm>

#include "core/hnsw/build.h"

using namespace vecstore::hnsw;

namespace {

constexpr size_t kNeighbors = 10;
constexpr uint32_t kMaxQueries = 200;
constexpr uint32_t kMinQueries = 50;
constexpr uint32_t kMinNodes = 2000;       // below that the fixed beams are ample
constexpr double kScanBudget = 2e10;       // code bytes read to find the true neighbours
constexpr size_t kFirstBeam = 16;
// The sample cannot tell .999 from 1, and data drifts: no preset goes below this.
constexpr size_t kLeastBeam[VS_HNSW_PRESETS] = {16, 24, 48, 100};
constexpr size_t kLastBeam = 10000;
constexpr double kBeamStep = 1.189207115;  // 2^1/4
constexpr double kRecall[VS_HNSW_PRESETS] = {0.90, 0.95, 0.99, 0.999};

}  // namespace

namespace vecstore::hnsw {

uint32_t CalibrationQueries(uint32_t n, uint32_t dims) {
  if (n < kMinNodes) return 0;
  double affordable = kScanBudget / (double(n) * dims);
  if (affordable < kMinQueries) return kMinQueries;
  return affordable > kMaxQueries ? kMaxQueries : uint32_t(affordable);
}

}  // namespace vecstore::hnsw

// Gather the linked nodes in `order`, which the layout fills anew, and return their number.
uint32_t VsHnswBuilder::ListLinked() {
  const uint32_t n = uint32_t(records.count());
  uint32_t count = 0;
  order = memory.New<uint32_t>(n);
  for (uint32_t i = 0; i < n; i++)
    if (List(i, 0)->count > 0 && List(i, 0)->duplicate_of == 0) order[count++] = i;
  return count;
}

// The nearest of the first `count` nodes in `order`, by a scan of their codes.
void VsHnswBuilder::FindNearest(uint32_t index, uint32_t count, Beam* nearest) {
  constexpr uint32_t kBatch = 64;
  float estimates[kBatch];

  nearest->Reset(kNeighbors);
  vs_hnsw_query_from_record(&query, Record(index));
  for (uint32_t i = 0; i < count; i += kBatch) {
    const uint32_t n = std::min(kBatch, count - i);
    graph.Score(order + i, int(n), estimates);
    for (uint32_t k = 0; k < n; k++) {
      bool was_full;
      Candidate evicted;
      nearest->Offer({estimates[k], order[i + k], 0}, &was_full, &evicted);
    }
  }
  host->progress(host->context, linked);
}

// How many of the nearest nodes, those within `limit`, a search with this beam returns.
int VsHnswBuilder::CountFound(uint32_t index, float limit, size_t ef) {
  SearchFrom(Descend(index, 0), 0, ef);
  int found = 0;
  for (size_t i = 0; i < beam.size() && i < kNeighbors; i++) found += beam[i].estimate <= limit;
  host->progress(host->context, linked);
  return found;
}

// Every stride-th node is a query.
void VsHnswBuilder::Calibrate(uint32_t stride) {
  const uint32_t queries = (uint32_t(records.count()) + stride - 1) / stride;
  float* limits = memory.New<float>(queries);
  size_t expected = 0;
  Beam nearest;

  const uint32_t count = ListLinked();
  nearest.Init(memory);
  for (uint32_t q = 0; q < queries; q++) {
    FindNearest(q * stride, count, &nearest);
    limits[q] = nearest.size() > 0 ? nearest[nearest.size() - 1].estimate : 0;
    expected += nearest.size();
  }
  // Vectors under inner product are not centred, so their codes err more; the true neighbours found by
  // codes do not show that.
  const size_t margin = query.metric == VS_METRIC_IP ? 4 : 1;
  int preset = 0;
  for (double width = kFirstBeam; preset < VS_HNSW_PRESETS; width *= kBeamStep) {
    size_t ef = width < kLastBeam ? size_t(width) : kLastBeam;
    size_t found = 0;
    for (uint32_t q = 0; q < queries; q++) found += size_t(CountFound(q * stride, limits[q], ef));
    while (preset < VS_HNSW_PRESETS &&
           (double(found) >= kRecall[preset] * double(expected) || ef == kLastBeam)) {
      size_t beam_width = std::min(std::max(ef * margin, kLeastBeam[preset]), kLastBeam);
      calibrated_ef[preset] = uint16_t(beam_width);
      preset++;
    }
  }
}
