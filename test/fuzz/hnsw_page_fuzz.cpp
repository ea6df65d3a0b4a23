// SPDX-License-Identifier: PostgreSQL
//
// hnsw_page_fuzz.cpp - any bytes on the pages of an hnsw index, before and during scans and
// inserts.
//
// The input damages a sound index: its first bytes choose the index and the way it is searched, the
// rest are patches (offset within the pages, byte).  Some are applied before the search, some
// between two calls.  Beyond memory safety: every search ends, hits name slots and no slot twice,
// bounds are numbers and fall only in late hits, chosen links are distinct.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <set>
#include <vector>

#include "../unit/paged_index.h"

namespace {

using hnsw_test::PagedIndex;

constexpr VsMetric kMetrics[] = {VS_METRIC_L2, VS_METRIC_IP, VS_METRIC_COSINE, VS_METRIC_L1};
constexpr int kRows = 120;

void Expect(bool condition) {
  if (!condition) std::abort();
}

// Few slots a page, not a power of two, so that most ids are wrong ones.
struct Shape {
  uint32_t dims, m;
  VsHnswStorage storage = VS_STORAGE_PLAIN;
};
constexpr Shape kShapes[] = {{5, 3},     {40, 8},    {700, 16},
                             {2600, 100}, {9000, 16}, {40, 8, VS_STORAGE_SKETCH}};

class Input {
 public:
  Input(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  bool empty() const { return size_ == 0; }
  uint32_t Byte() {
    if (size_ == 0) return 0;
    size_--;
    return *data_++;
  }
  uint32_t Word() {
    const uint32_t high = Byte();
    return high << 8 | Byte();
  }

 private:
  const uint8_t* data_;
  size_t size_;
};

std::vector<float> MakeRow(uint32_t dims, uint32_t row) {
  std::vector<float> vector(dims);
  for (uint32_t i = 0; i < dims; ++i) {
    row = row * 1664525 + 1013904223;
    vector[i] = static_cast<float>(row >> 8) / 0x1p23f - 1;
  }
  return vector;
}

// One sound index per shape and metric, made once.
const PagedIndex& Sound(const Shape& shape, VsMetric metric) {
  static std::unique_ptr<PagedIndex> made[std::size(kShapes)][VS_METRIC_L1 + 1];
  auto& index = made[&shape - kShapes][metric];
  if (index == nullptr) {
    std::vector<std::vector<float>> rows;
    for (uint32_t row = 0; row < kRows; ++row) rows.push_back(MakeRow(shape.dims, row));
    index = std::make_unique<PagedIndex>(metric, shape.dims, shape.m, 32, shape.storage);
    index->Build(rows);
  }
  return *index;
}

// Three in four patches go where headers, links and the page's tail are.
void Patch(PagedIndex* index, Input* input) {
  const VsHnswGeometry& g = index->geometry;
  const uint32_t where = input->Word(), value = input->Byte();
  const uint32_t block = 1 + where % (index->Blocks() - 1);
  const uint32_t slot = input->Byte() % g.slots_per_page;
  uint32_t at = input->Word() % VS_PAGE_BYTES;
  switch (where % 4) {
    case 0:
      at = vs_slot_offset(&g, slot) + at % VS_RECORD_HEADER_BYTES;
      break;
    case 1:
      at = vs_slot_offset(&g, slot) + g.links_offset + at % (g.links0 * sizeof(VsNodeId));
      break;
    case 2:
      at = vs_slot_offset(&g, slot) + at % 4;  // flags, level, degree
      break;
    default:
      break;
  }
  index->pages[block]->bytes[at] = static_cast<uint8_t>(value);
}

void PatchSome(PagedIndex* index, Input* input, uint32_t count) {
  for (uint32_t i = 0; i < count && !input->empty(); ++i) Patch(index, input);
}

void Scan(PagedIndex* index, Input* input) {
  const uint32_t how = input->Byte();
  const auto order = static_cast<VsScanOrder>(how % 3);
  const int ef = 1 + static_cast<int>(how / 3);
  VsHnswScan* scan = vs_hnsw_scan_create(&index->host, &index->geometry);
  VsHnswHit hit;
  std::set<VsNodeId> seen;
  vs_hnsw_scan_begin(scan, &index->query, index->entry, index->entry_level, index->Blocks(), ef,
                     order);
  while (vs_hnsw_scan_next(scan, &hit)) {
    Expect(vs_node_block(&index->geometry, hit.id) < index->Blocks());
    Expect(vs_node_slot(&index->geometry, hit.id) < index->geometry.slots_per_page);
    Expect(seen.insert(hit.id).second);
    Expect(hit.bound == hit.bound);
    Expect(!(hit.flags & VS_NODE_TOMBSTONE));
    PatchSome(index, input, 1);
  }
}

void ExpectDistinct(const VsNodeId* ids, int n) {
  Expect(n >= 0 && std::set<VsNodeId>(ids, ids + n).size() == static_cast<size_t>(n));
}

void Insert(PagedIndex* index, Input* input) {
  VsHnswInserter* inserter = vs_hnsw_inserter_create(&index->host, &index->geometry, &index->space);
  VsNodeId chosen[VS_HNSW_MAX_LINKS];
  for (int round = 0; round < 3; ++round) {
    const int level = static_cast<int>(input->Byte() % (VS_HNSW_MAX_LEVEL + 1));
    const VsHnswInsertSearch search = {&index->query, nullptr, index->entry, index->entry_level,
                                       level,         index->Blocks(), 40,   false};
    vs_hnsw_inserter_search(inserter, &search);
    for (int l = 0; l <= level; ++l) {
      const VsNodeId* links;
      const int count = vs_hnsw_inserter_links(inserter, l, &links);
      Expect(count <= static_cast<int>(vs_links_at(&index->geometry, l)));
      ExpectDistinct(links, count);
      if (count < 2) continue;
      const std::vector<VsNodeId> candidates(links + 1, links + count);
      const int n = vs_hnsw_choose_links(inserter, index->Record(links[0]), candidates.data(),
                                         count - 1, count / 2, chosen);
      Expect(n == std::min(count - 1, count / 2));
      ExpectDistinct(chosen, n);
    }
    PatchSome(index, input, 4);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  const Shape& shape = kShapes[input.Byte() % std::size(kShapes)];
  const VsMetric metric = kMetrics[input.Byte() % std::size(kMetrics)];
  const PagedIndex& sound = Sound(shape, metric);
  PagedIndex index(metric, shape.dims, shape.m, 32, shape.storage);
  index.Copy(sound);
  const uint32_t entry = input.Byte();
  if (entry > 240) index.entry ^= input.Word();
  if (entry % 16 == 1) index.entry_level = static_cast<int>(input.Byte()) - 8;
  index.SetQuery(MakeRow(shape.dims, 1000 + input.Byte()).data());
  PatchSome(&index, &input, input.Byte());
  if (entry % 2 == 0)
    Scan(&index, &input);
  else
    Insert(&index, &input);
  return 0;
}
