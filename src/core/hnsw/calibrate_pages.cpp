// SPDX-License-Identifier: PostgreSQL
//
// calibrate_pages.cpp - how wide a beam each search preset needs, measured on an index on pages.
//
// Owns: what calibrate.cpp does in memory: queries the graph has not seen, their true neighbours by a
// scan of all codes, which the host offers one by one, and searches with wider and wider beams.
#include <new>

#include "core/hnsw/paged_graph.h"
#include "core/hnsw/presets.h"
#include "core/hnsw/search.h"

using vecstore::Memory;
using namespace vecstore::hnsw;

struct VsHnswCalibration {
  struct Query {
    VsHnswQuery query;
    Beam nearest;
  };

  const VsHnswHost* host;
  const VsHnswSpace* space;
  uint32_t count;
  uint32_t capacity;
  Query* queries;
  const VsHnswRecord** records;
  PagedGraph graph;
  Beam beam;
  VisitedSet visited;

  uint32_t CountFound(const Query& query, const VsHnswSearchStart& start, size_t ef);
};
static_assert(std::is_trivially_destructible_v<VsHnswCalibration>, "host calls may not return");

uint32_t vs_hnsw_calibration_queries(const VsHnswGeometry* geometry, uint32_t nodes) {
  return CalibrationQueries(nodes, geometry->code_bytes);
}

VsHnswCalibration* vs_hnsw_calibration_create(const VsHnswHost* host, const VsHnswGeometry* geometry,
                                              const VsHnswSpace* space, uint32_t capacity) {
  Memory memory = {host->context, host->grow};
  auto* calibration = new (memory.New<VsHnswCalibration>(1)) VsHnswCalibration;

  calibration->host = host;
  calibration->space = space;
  calibration->count = 0;
  calibration->capacity = capacity;
  calibration->queries = memory.New<VsHnswCalibration::Query>(capacity);
  calibration->records = memory.New<const VsHnswRecord*>(capacity);
  for (uint32_t i = 0; i < capacity; i++) {
    auto* query = new (&calibration->queries[i]) VsHnswCalibration::Query;
    query->nearest.Init(memory);
    query->nearest.Reset(kNeighbors);
    vs_hnsw_query_init(&query->query, space, memory.New<uint8_t>(vs_hnsw_query_bytes(space->dims)));
  }
  calibration->graph.Init(host, geometry);
  calibration->beam.Init(memory);
  calibration->visited.Init(memory);
  return calibration;
}

void vs_hnsw_calibration_add(VsHnswCalibration* calibration, const VsHnswRecord* record) {
  if (calibration->count == calibration->capacity) return;
  calibration->records[calibration->count] = record;
  vs_hnsw_query_from_record(&calibration->queries[calibration->count++].query, record);
}

void vs_hnsw_calibration_offer(VsHnswCalibration* calibration, const VsHnswRecord* node) {
  for (uint32_t i = 0; i < calibration->count; i++) {
    auto& query = calibration->queries[i];
    Candidate evicted;
    bool was_full;
    query.nearest.Offer({vs_hnsw_estimate(&query.query, node), 0, 0}, &was_full, &evicted);
  }
}

// How many of the true neighbours a search with this beam returns; it is the host's current query.
uint32_t VsHnswCalibration::CountFound(const Query& query, const VsHnswSearchStart& from, size_t ef) {
  NoOverflow none;
  Candidate start = {0, from.entry, 0};
  uint32_t found = 0;

  graph.Reset();
  visited.Reset(from.ids);
  visited.Add(from.entry);
  graph.Score(&from.entry, 1, &start.estimate);
  if (!DescendGreedily(&graph, from.entry_level, 0, &start, &visited)) return 0;
  SearchLevelFrom(start, ef, &graph, 0, &beam, &visited, &none);
  const float limit = query.nearest[query.nearest.size() - 1].estimate;
  for (size_t k = 0; k < beam.size() && k < query.nearest.size(); k++)
    found += beam[k].estimate <= limit;
  return found;
}

bool vs_hnsw_calibration_measure(VsHnswCalibration* calibration, VsHnswQuery* current,
                                 const VsHnswSearchStart* start, uint16_t ef[VS_HNSW_PRESETS]) {
  uint64_t expected = 0;

  for (uint32_t i = 0; i < calibration->count; i++) expected += calibration->queries[i].nearest.size();
  if (expected == 0) return false;
  for (PresetWidths widths(calibration->space, expected); !widths.Done();) {
    uint64_t found = 0;
    for (uint32_t i = 0; i < calibration->count; i++) {
      vs_hnsw_query_from_record(current, calibration->records[i]);
      found += calibration->CountFound(calibration->queries[i], *start, widths.width());
    }
    widths.Found(found, ef);
  }
  return true;
}
