// SPDX-License-Identifier: PostgreSQL
//
// calibrate.cpp - how wide a beam each search preset needs on this very graph.
//
// Owns: the meaning of the presets: recall@10 of .90, .95, .99, .999.
//
// The queries are nodes that are not linked yet, so the graph treats them as it will treat any vector
// it has not seen; their true neighbours come from a scan of all codes.  Beams grow by steps of 2^1/4
// until the last preset's recall is reached.
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

// n / floor(n / q) is at most 1.1 q when n >= 10 q; and 39 steps lead from the first beam to the last.
static_assert(kMinNodes >= 10 * kMaxQueries && kMaxQueries * 11 / 10 < kMaxCalibrationQueries);
static_assert(kMaxCalibrationWidths >= 40);

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
  uint32_t count = 0;
  for (uint32_t i = 0; i < nodes; i++)
    if (List(i, 0)->count > 0 && List(i, 0)->duplicate_of == 0) arena.order()[count++] = i;
  return count;
}

// The nearest of the candidates in `order`, by a scan of their codes.
void VsHnswBuilder::FindNearest(uint32_t index) {
  constexpr uint32_t kBatch = 64;
  const uint32_t* candidates = arena.order();
  float estimates[kBatch];

  nearest.Reset(kNeighbors);
  vs_hnsw_query_from_record(&query, Record(index));
  for (uint32_t i = 0; i < state->candidates; i += kBatch) {
    const uint32_t n = std::min(kBatch, state->candidates - i);
    graph.Score(candidates + i, int(n), estimates);
    for (uint32_t k = 0; k < n; k++) {
      bool was_full;
      Candidate evicted;
      nearest.Offer({estimates[k], candidates[i + k], 0}, &was_full, &evicted);
    }
  }
}

// Note how far a query's true neighbours reach, and how many there are.
void VsHnswBuilder::MeasureQuery(uint32_t i) {
  if (!IsQuery(i * stride)) return;
  FindNearest(i * stride);
  state->limits[i] = nearest.size() > 0 ? nearest[nearest.size() - 1].estimate : 0;
  __atomic_fetch_add(&state->expected, nearest.size(), __ATOMIC_RELAXED);
}

// How many of the true neighbours a search with this beam returns.
uint32_t VsHnswBuilder::CountFound(uint32_t i, size_t ef) {
  uint32_t found = 0;
  if (!IsQuery(i * stride)) return 0;
  SearchFrom(Descend(i * stride, 0), 0, ef);
  for (size_t k = 0; k < beam.size() && k < kNeighbors; k++) found += beam[k].estimate <= state->limits[i];
  return found;
}

// Participants come to the same widths, each for itself: they share what was found with each beam.
void VsHnswBuilder::Calibrate() {
  // Vectors under inner product are not centred, so their codes err more; the true neighbours found by
  // codes do not show that.
  const size_t margin = query.metric == VS_METRIC_IP ? 4 : 1;
  int preset = 0;
  uint64_t* found = state->found;

  if (host->leader) state->candidates = ListLinked();
  Synchronize();
  ForAll(queries, 1, [this](uint32_t i) { MeasureQuery(i); });
  for (double width = kFirstBeam; preset < VS_HNSW_PRESETS; width *= kBeamStep, found++) {
    const size_t ef = width < kLastBeam ? size_t(width) : kLastBeam;
    ForAll(queries, 1, [this, found, ef](uint32_t i) {
      __atomic_fetch_add(found, CountFound(i, ef), __ATOMIC_RELAXED);
    });
    while (preset < VS_HNSW_PRESETS &&
           (double(*found) >= kRecall[preset] * double(state->expected) || ef == kLastBeam)) {
      size_t beam_width = std::min(std::max(ef * margin, kLeastBeam[preset]), kLastBeam);
      calibrated_ef[preset] = uint16_t(beam_width);
      preset++;
    }
  }
}
