// SPDX-License-Identifier: PostgreSQL
//
// calibrate.cpp - how wide a beam each search preset needs on this very graph.
//
// Owns: the meaning of the presets: recall@10 of .90, .95, .99, .999.
//
// The queries are nodes that are not linked yet, so the graph treats them as it will treat any vector
// it has not seen; their true neighbours come from a scan of all codes.  Beams are doubled until the
// last preset's recall is reached, and what lies between two is interpolated.
#include <math.h>

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
// Packed codes err more than neighbours found by codes can show: every beam is wider by this.
constexpr double kPackedMargin = 1.5;
constexpr double kMissed[VS_HNSW_PRESETS] = {0.10, 0.05, 0.01, 0.001};

// n / floor(n / q) is at most 1.1 q when n >= 10 q; and 11 steps lead from the first beam to the last.
static_assert(kMinNodes >= 10 * kMaxQueries && kMaxQueries * 11 / 10 < kMaxCalibrationQueries);
static_assert(kMaxCalibrationWidths >= 12);

// A beam, and the share of the true neighbours that searches with it miss.
struct Measured {
  size_t width;
  double missed;
};

// The beam between two measured ones at which so large a share is missed: misses fall with a power of
// the width.
size_t Interpolate(const Measured& narrow, const Measured& wide, double missed) {
  if (narrow.missed <= wide.missed) return wide.width;
  const double t = log(narrow.missed / missed) / log(narrow.missed / wide.missed);
  return size_t(ceil(double(narrow.width) * pow(double(wide.width) / double(narrow.width), t)));
}

}  // namespace


namespace vecstore::hnsw {

uint32_t CalibrationQueries(uint32_t n, uint32_t code_bytes) {
  if (n < kMinNodes) return 0;
  double affordable = kScanBudget / (double(n) * code_bytes);
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

// The distance of the true neighbours of a few queries, by a scan of the candidates' codes: each code is
// fetched once for all of the queries.
void VsHnswBuilder::MeasureQueries(uint32_t first) {
  constexpr uint32_t kAhead = 8;
  const uint32_t* candidates = arena.order();
  uint32_t n = 0, which[kTruthQueries];

  for (uint32_t i = first; i < queries && i < first + kTruthQueries; i++) {
    if (!IsQuery(i * stride)) continue;
    vs_hnsw_query_from_record(&truth[n].query, Record(i * stride));
    truth[n].nearest.Reset(kNeighbors);
    which[n++] = i;
  }
  for (uint32_t c = 0; c < state->candidates; c++) {
    if (c + kAhead < state->candidates) graph.PrefetchRecord(candidates[c + kAhead]);
    for (uint32_t k = 0; k < n; k++) {
      bool was_full;
      Candidate evicted;
      truth[k].nearest.Offer(
          {vs_hnsw_estimate(&truth[k].query, Record(candidates[c])), candidates[c], 0}, &was_full, &evicted);
    }
  }
  for (uint32_t k = 0; k < n; k++) {
    const Beam& found = truth[k].nearest;
    state->limits[which[k]] = found.size() > 0 ? found[found.size() - 1].estimate : 0;
    __atomic_fetch_add(&state->expected, found.size(), __ATOMIC_RELAXED);
  }
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
  const double packed_margin = space->packed != nullptr ? kPackedMargin : 1;
  uint64_t* found = state->found;
  int preset = 0;

  if (host->leader) state->candidates = ListLinked();
  Synchronize();
  ForAll((queries + kTruthQueries - 1) / kTruthQueries, 1,
         [this](uint32_t i) { MeasureQueries(i * kTruthQueries); });
  // What the sample cannot tell from nothing is half a neighbour.
  const double least = 0.5 / double(state->expected + 1);
  Measured narrow = {1, 1};
  for (size_t width = kFirstBeam; preset < VS_HNSW_PRESETS; width = std::min(2 * width, kLastBeam)) {
    ForAll(queries, 1, [this, found, width](uint32_t i) {
      __atomic_fetch_add(found, CountFound(i, width), __ATOMIC_RELAXED);
    });
    const double missed = 1 - double(*found++) / double(state->expected);
    const Measured wide = {width, std::max(missed, least)};
    for (; preset < VS_HNSW_PRESETS && (missed <= kMissed[preset] || width == kLastBeam); preset++) {
      const size_t ef = missed <= kMissed[preset] ? Interpolate(narrow, wide, kMissed[preset]) : width;
      const size_t beam_width = size_t(double(std::max(ef * margin, kLeastBeam[preset])) * packed_margin);
      calibrated_ef[preset] = uint16_t(std::min(beam_width, kLastBeam));
    }
    narrow = wide;
  }
}
