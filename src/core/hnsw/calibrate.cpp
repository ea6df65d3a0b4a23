// SPDX-License-Identifier: PostgreSQL
//
// calibrate.cpp - how wide a beam each search preset needs on this very graph.
//
// Owns: what is measured, and how many queries that is worth.
//
// The queries are nodes that are not linked yet, so the graph treats them as it will treat any vector
// it has not seen; their true neighbours come from a scan of all codes.
#include "core/hnsw/build.h"
#include "core/hnsw/presets.h"

using namespace vecstore::hnsw;

namespace {

constexpr uint32_t kMaxQueries = 200;
constexpr uint32_t kMinQueries = 50;
constexpr uint32_t kMinNodes = 2000;       // below that the fixed beams are ample
constexpr double kScanBudget = 2e10;       // code bytes read to find the true neighbours

// n / floor(n / q) is at most 1.1 q when n >= 10 q; and 11 steps lead from the first beam to the last.
static_assert(kMinNodes >= 10 * kMaxQueries && kMaxQueries * 11 / 10 < kMaxCalibrationQueries);
static_assert(kMaxCalibrationWidths >= 12);

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
    if (List(i, 0)->count > 0 && !IsDuplicate(i)) arena.order()[count++] = i;
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
  uint64_t* found = state->found;

  if (host->leader) state->candidates = ListLinked();
  Synchronize();
  ForAll((queries + kTruthQueries - 1) / kTruthQueries, 1,
         [this](uint32_t i) { MeasureQueries(i * kTruthQueries); });
  for (PresetWidths widths(space, state->expected); !widths.Done(); found++) {
    ForAll(queries, 1, [this, found, &widths](uint32_t i) {
      __atomic_fetch_add(found, CountFound(i, widths.width()), __ATOMIC_RELAXED);
    });
    widths.Found(*found, calibrated_ef);
  }
}
