// SPDX-License-Identifier: PostgreSQL
//
// paged_index.h - an hnsw index on pages of plain memory, and the host that reads them.
//
// Owns: the counterpart of src/pg/hnsw/access.c, build.c and insert.c for tests: the same checks
// and the same order of steps, without buffers, locks and WAL.  Pages are single allocations, so
// that the address sanitizer sees every step outside.
//
// Row numbers stand for heap rows; a node's heap_tid holds one.

#ifndef VECSTORE_TEST_UNIT_PAGED_INDEX_H
#define VECSTORE_TEST_UNIT_PAGED_INDEX_H

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "bridge/hnsw.h"

namespace hnsw_test {

// Memory that is dropped as a whole, like a memory context.
class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena() { Drop(); }

  // Always moves, and what is new holds garbage: both are a host's right.
  void* Grow(void* old, size_t old_bytes, size_t new_bytes) {
    void* block = std::malloc(new_bytes);
    std::memset(block, 0xAA, new_bytes);
    if (old != nullptr) {
      std::memcpy(block, old, std::min(old_bytes, new_bytes));
      blocks_.erase(old);
      std::free(old);
    }
    blocks_[block] = new_bytes;
    return block;
  }
  void Drop() {
    for (auto& block : blocks_) std::free(block.first);
    blocks_.clear();
  }
  template <class T>
  T* New(size_t n) {
    return static_cast<T*>(Grow(nullptr, 0, n * sizeof(T)));
  }

 private:
  std::unordered_map<void*, size_t> blocks_;
};

struct Page {
  alignas(64) uint8_t bytes[VS_PAGE_BYTES];
};

class PagedIndex {
 public:
  PagedIndex(VsMetric metric, uint32_t dims, uint32_t m, int ef_construction,
             VsHnswStorage storage = VS_STORAGE_PLAIN)
      : ef_construction(ef_construction) {
    if (!vs_hnsw_geometry(dims, m, storage, &geometry)) std::abort();
    vs_hnsw_space_init(&space, arena.New<char>(vs_hnsw_space_bytes(dims, geometry.code_kind)), metric, dims,
                       geometry.code_kind, kSeed, vs_kernels());
    vs_hnsw_query_init(&query, &space, arena.New<char>(vs_hnsw_query_bytes(dims)));
    host = {this, Grow, ReadNode, Score, Prefetch, HoldsNodes, Load, ScoreLinks};
    sketch_scratch.resize(vs_hnsw_sketch_scratch(&geometry));
    AddPage(VS_PAGE_META);
  }
  PagedIndex(const PagedIndex&) = delete;
  PagedIndex& operator=(const PagedIndex&) = delete;

  // ---- pages --------------------------------------------------------------------------------

  uint32_t AddPage(VsPageKind kind) {
    pages.push_back(std::make_unique<Page>());
    std::memset(pages.back()->bytes, 0, VS_PAGE_BYTES);
    Tail(Blocks() - 1)->kind = kind;
    return Blocks() - 1;
  }
  // Become what an index of the same shape is.
  void Copy(const PagedIndex& other) {
    pages.clear();
    for (const auto& page : other.pages) pages.push_back(std::make_unique<Page>(*page));
    entry = other.entry;
    entry_level = other.entry_level;
    more_rows = other.more_rows;
  }
  uint32_t Blocks() const { return static_cast<uint32_t>(pages.size()); }
  VsHnswPageTail* Tail(uint32_t block) const {
    return reinterpret_cast<VsHnswPageTail*>(pages[block]->bytes + VS_PAGE_BYTES -
                                             VS_PAGE_SPECIAL_BYTES);
  }
  VsHnswRecord* Record(VsNodeId id) const {
    return reinterpret_cast<VsHnswRecord*>(pages[vs_node_block(&geometry, id)]->bytes +
                                           vs_slot_offset(&geometry, vs_node_slot(&geometry, id)));
  }
  VsNodeId* Links(VsNodeId id) const { return vs_record_links(&geometry, Record(id)); }
  // Make the sketch that belongs to a link, where there are sketches.
  void Sketch(VsNodeId id, int link) const {
    VsHnswRecord* record = Record(id);
    if (geometry.sketch_bits > 0 && record->level == 0)
      vs_hnsw_sketch(&geometry, record, Record(Links(id)[link]),
                     vs_record_sketch(&geometry, record, static_cast<uint32_t>(link)));
  }
  static uint32_t Row(const uint8_t* heap_tid) {
    uint32_t row;
    std::memcpy(&row, heap_tid, sizeof(row));
    return row;
  }

  // Calls visit(id, record) for every slot in use.
  template <class Visit>
  void ForNodes(Visit visit) const {
    for (uint32_t block = 1; block < Blocks(); ++block) {
      if (Tail(block)->kind != VS_PAGE_NODES) continue;
      for (uint32_t slot = 0; slot < geometry.slots_per_page; ++slot) {
        const VsNodeId id = vs_make_node_id(&geometry, block, slot);
        if (Record(id)->flags & VS_NODE_USED) visit(id, Record(id));
      }
    }
  }

  // ---- build --------------------------------------------------------------------------------

  // A host of one participant, with room for `capacity` nodes.
  VsHnswBuildHost BuildHost(Arena* memory, uint32_t capacity) const {
    void* block = memory->New<char>(vs_hnsw_build_bytes(&geometry, capacity));
    vs_hnsw_build_format(block, capacity);
    return {memory,
            [](void* context, void* old, size_t old_bytes, size_t new_bytes) {
              return static_cast<Arena*>(context)->Grow(old, old_bytes, new_bytes);
            },
            [](void*, uint64_t) {},
            [](void*) {},
            block,
            true};
  }

  // Rows are numbered from 0.  Vectors is a container of containers of float.
  template <class Vectors>
  void Build(const Vectors& vectors) {
    Arena build;
    VsHnswBuildHost build_host = BuildHost(&build, static_cast<uint32_t>(vectors.size()));
    VsHnswBuilder* builder =
        vs_hnsw_builder_create(&build_host, &geometry, &space, ef_construction);
    uint32_t row = 0;
    for (const auto& vector : vectors) AddToBuild(builder, vector.data(), row++);
    vs_hnsw_builder_link(builder);
    calibrated = vs_hnsw_builder_calibration(builder, calibration);
    WritePages(builder);
  }

  // False when the build has no room left.
  bool AddToBuild(VsHnswBuilder* builder, const float* vector, uint32_t row) {
    VsHnswRecord* record = Encode(vector, row);
    if (record == nullptr) return true;
    return vs_hnsw_builder_add(builder, record, vs_record_code(record), vs_hnsw_level(kSeed, row));
  }

  void WritePages(VsHnswBuilder* builder) {
    const uint32_t first = Blocks();
    const uint32_t count = vs_hnsw_builder_layout(builder, first, &entry, &entry_level);
    for (uint32_t i = 0; i < count; ++i) {
      const uint32_t block = AddPage(VS_PAGE_NODES);
      uint8_t* slots = pages[block]->bytes + geometry.slots_offset;
      Tail(block)->used = static_cast<uint16_t>(vs_hnsw_builder_write_page(builder, i, slots));
    }
    uint64_t cursor = 0;
    VsNodeId id;
    uint8_t tid[6];
    while (vs_hnsw_builder_next_duplicate(builder, &cursor, &id, tid))
      more_rows.emplace(id, Row(tid));
  }

  // ---- scan ---------------------------------------------------------------------------------

  bool SetQuery(const float* vector) { return vs_hnsw_query_set(&query, vector); }

  // Up to `limit` hits of a new scan.
  template <class Vector>
  std::vector<VsHnswHit> Search(const Vector& vector, int ef, VsScanOrder order,
                                size_t limit = SIZE_MAX) {
    std::vector<VsHnswHit> hits;
    VsHnswHit hit;
    if (scan == nullptr) scan = vs_hnsw_scan_create(&host, &geometry);
    SetQuery(vector.data());
    vs_hnsw_scan_begin(scan, &query, entry, entry_level, Blocks(), ef, order);
    while (hits.size() < limit && vs_hnsw_scan_next(scan, &hit)) hits.push_back(hit);
    return hits;
  }

  // The vector as a record with its code, in memory reused by the next call; null when it has none.
  VsHnswRecord* Encode(const float* vector, uint32_t row) {
    const size_t bytes = vs_hnsw_load_stride(&geometry);
    if (scratch == nullptr) scratch = arena.New<VsHnswRecord>(bytes / sizeof(VsHnswRecord) + 1);
    std::memset(scratch, 0, bytes);
    auto* code = reinterpret_cast<int8_t*>(scratch) + VS_RECORD_HEADER_BYTES;
    if (!vs_hnsw_encode(&space, vector, scratch, code)) return nullptr;
    std::memcpy(scratch->heap_tid, &row, sizeof(row));
    return scratch;
  }

  static constexpr uint64_t kSeed = 20240229;

  Arena arena;
  VsHnswGeometry geometry;
  VsHnswSpace space;
  VsHnswQuery query;
  VsHnswHost host;
  std::vector<std::unique_ptr<Page>> pages;
  VsNodeId entry = VS_NO_NODE;
  int entry_level = 0;
  int ef_construction;
  std::multimap<VsNodeId, uint32_t> more_rows;  // of nodes that have several
  bool calibrated = false;
  uint16_t calibration[VS_HNSW_PRESETS];
  VsHnswScan* scan = nullptr;
  VsHnswRecord* scratch = nullptr;
  VsHnswRecord* last_read = nullptr;
  float last_estimate;
  std::vector<float> sketch_scratch;

 private:
  static PagedIndex* Of(void* context) { return static_cast<PagedIndex*>(context); }

  static void* Grow(void* context, void* old, size_t old_bytes, size_t new_bytes) {
    return Of(context)->arena.Grow(old, old_bytes, new_bytes);
  }

  static bool ReadNode(void* context, VsNodeId id, int level, VsHnswNode* out) {
    PagedIndex* index = Of(context);
    const VsHnswGeometry& geometry = index->geometry;
    if (vs_node_slot(&geometry, id) >= geometry.slots_per_page) return false;
    // PostgreSQL raises an error for a block that does not exist.
    if (vs_node_block(&geometry, id) >= index->Blocks()) return false;
    const VsHnswRecord* record = index->Record(id);
    if (!(record->flags & VS_NODE_USED) || record->level != level) return false;
    const uint32_t limit = vs_links_at(&geometry, level);
    out->flags = record->flags;
    out->level = record->level;
    out->degree = static_cast<uint8_t>(std::min<uint32_t>(record->degree, limit));
    out->norm = record->norm;
    out->error = record->error;
    out->estimate = vs_hnsw_estimate(&index->query, record);
    std::memcpy(out->heap_tid, record->heap_tid, sizeof(out->heap_tid));
    out->edge_version = record->edge_version;
    out->link = record->link;
    std::memcpy(out->links, index->Links(id), out->degree * sizeof(VsNodeId));
    index->last_read = index->Record(id);
    index->last_estimate = out->estimate;
    return true;
  }

  static void ScoreLinks(void* context, VsHnswLinkEstimate* estimates) {
    PagedIndex* index = Of(context);
    vs_hnsw_estimate_links(&index->query, &index->geometry, index->last_read, index->last_estimate,
                           index->sketch_scratch.data(), estimates);
  }

  static void Score(void* context, const VsNodeId* ids, int n, float* estimates) {
    const PagedIndex* index = Of(context);
    for (int i = 0; i < n; ++i)
      estimates[i] = vs_hnsw_estimate(&index->query, index->Readable(ids[i]));
  }

  static void Load(void* context, const VsNodeId* ids, int n, uint8_t* out, size_t stride) {
    const PagedIndex* index = Of(context);
    for (int i = 0; i < n; ++i)
      std::memcpy(out + static_cast<size_t>(i) * stride, index->Readable(ids[i]),
                  VS_RECORD_HEADER_BYTES + index->geometry.code_bytes);
  }

  static void Prefetch(void*, VsNodeId) {}

  static bool HoldsNodes(void* context, uint32_t block) {
    return Of(context)->Tail(block)->kind == VS_PAGE_NODES;
  }

  // The server reads these without a lock or a check, so the core must name slots of node pages
  // only.
  const VsHnswRecord* Readable(VsNodeId id) const {
    const uint32_t block = vs_node_block(&geometry, id);
    if (block == VS_HNSW_META_BLOCK || block >= Blocks() ||
        vs_node_slot(&geometry, id) >= geometry.slots_per_page)
      std::abort();
    return Record(id);
  }
};

}  // namespace hnsw_test

#endif
