// SPDX-License-Identifier: PostgreSQL
//
// host_longjmp_test.cpp - every callback of the host may leave by longjmp, as ereport does.
//
// Each operation is run again and again, leaving at a later call of one callback every time, until
// it gets through.  Dropping the host's memory must be all the cleaning up there is (the leak
// checker looks for more), and new objects must work as if nothing had happened.

#include <csetjmp>
#include <functional>
#include <vector>

#include <gtest/gtest.h>

#include "graph_check.h"
#include "hnsw_vectors.h"
#include "paged_index.h"

namespace {

using namespace hnsw_test;

enum Callback { kGrow, kReadNode, kScore, kPrefetch, kHoldsNodes, kLoad, kProgress, kSynchronize,
                kCallbacks };

const char* const kNames[] = {"grow",        "read_node", "score",   "prefetch",
                              "holds_nodes", "load",      "progress", "synchronize"};

// A host that passes calls on to that of an index, until one is the last.
struct Leaver {
  VsHnswHost host;
  VsHnswBuildHost build_host;
  PagedIndex* index;
  Arena arena;
  Callback callback;
  long calls_left;
  std::jmp_buf out;
};

Leaver* Of(void* context) { return static_cast<Leaver*>(context); }

void Call(void* context, Callback callback) {
  Leaver* leaver = Of(context);
  if (callback == leaver->callback && leaver->calls_left-- == 0) std::longjmp(leaver->out, 1);
}

void Attach(Leaver* leaver, PagedIndex* index) {
  leaver->index = index;
  leaver->host = {leaver,
                  [](void* c, void* old, size_t old_bytes, size_t new_bytes) {
                    Call(c, kGrow);
                    return Of(c)->arena.Grow(old, old_bytes, new_bytes);
                  },
                  [](void* c, VsNodeId id, int level, VsHnswNode* out) {
                    Call(c, kReadNode);
                    return Of(c)->index->host.read_node(Of(c)->index, id, level, out);
                  },
                  [](void* c, const VsNodeId* ids, int n, float* estimates) {
                    Call(c, kScore);
                    Of(c)->index->host.score(Of(c)->index, ids, n, estimates);
                  },
                  [](void* c, VsNodeId) { Call(c, kPrefetch); },
                  [](void* c, uint32_t block) {
                    Call(c, kHoldsNodes);
                    return Of(c)->index->host.holds_nodes(Of(c)->index, block);
                  },
                  [](void* c, const VsNodeId* ids, int n, uint8_t* out, size_t stride) {
                    Call(c, kLoad);
                    Of(c)->index->host.load(Of(c)->index, ids, n, out, stride);
                  }};
  leaver->build_host = {leaver,
                        leaver->host.grow,
                        [](void* c, uint64_t) { Call(c, kProgress); },
                        [](void* c) { Call(c, kSynchronize); },
                        nullptr,
                        true};
}

// What an operation found out: compared between runs, no destructor.
using Operation = uint64_t (*)(Leaver* leaver);

uint64_t Mix(uint64_t sum, uint64_t value) { return (sum ^ value) * 0x100000001B3u; }

uint64_t Scan(Leaver* leaver) {
  PagedIndex* index = leaver->index;
  VsHnswScan* scan = vs_hnsw_scan_create(&leaver->host, &index->geometry);
  VsHnswHit hit;
  uint64_t sum = 0;
  for (int ef : {5, 60}) {
    vs_hnsw_scan_begin(scan, &index->query, index->entry, index->entry_level, index->Blocks(), ef,
                       VS_SCAN_STRICT);
    while (vs_hnsw_scan_next(scan, &hit)) sum = Mix(sum, hit.id);
  }
  return sum;
}

uint64_t Insert(Leaver* leaver) {
  PagedIndex* index = leaver->index;
  VsHnswInserter* inserter =
      vs_hnsw_inserter_create(&leaver->host, &index->geometry, &index->space);
  const VsNodeId* links;
  VsNodeId chosen[VS_HNSW_MAX_LINKS];
  uint64_t sum = 0;
  const VsHnswInsertSearch search = {&index->query, index->Record(index->entry), index->entry,
                                     index->entry_level, 1, index->Blocks(), 40, false};
  vs_hnsw_inserter_search(inserter, &search);
  for (int level = 0; level <= 1; ++level) {
    const int count = vs_hnsw_inserter_links(inserter, level, &links);
    for (int i = 0; i < count; ++i) sum = Mix(sum, links[i]);
  }
  const VsNodeId nearest = vs_hnsw_inserter_nearest(inserter);
  const int count = vs_hnsw_choose_links(inserter, index->Record(nearest), index->Links(nearest),
                                         index->Record(nearest)->degree, 3, chosen);
  for (int i = 0; i < count; ++i) sum = Mix(sum, chosen[i]);
  return sum;
}

// Rebuilds the index from its own records, every code twice.
uint64_t Build(Leaver* leaver) {
  PagedIndex* index = leaver->index;
  const uint32_t capacity = 2 * index->geometry.slots_per_page;
  leaver->build_host.arena =
      leaver->arena.New<char>(vs_hnsw_build_bytes(&index->geometry, capacity));
  vs_hnsw_build_format(leaver->build_host.arena, capacity);
  VsHnswBuilder* builder =
      vs_hnsw_builder_create(&leaver->build_host, &index->geometry, &index->space, 16);
  VsNodeId entry;
  int entry_level;
  for (uint32_t copy = 0; copy < 2; ++copy)
    for (uint32_t slot = 0; slot < index->Tail(index->Blocks() - 2)->used; ++slot) {
      const VsHnswRecord* record =
          index->Record(vs_make_node_id(&index->geometry, index->Blocks() - 2, slot));
      vs_hnsw_builder_add(builder, record, vs_record_code(record), slot % 16 == 0);
    }
  vs_hnsw_builder_link(builder);
  uint64_t sum = vs_hnsw_builder_layout(builder, 1, &entry, &entry_level);
  return Mix(Mix(sum, entry), static_cast<uint64_t>(entry_level));
}

// False when the operation left through the callback.  Nothing here has a destructor.
bool GetsThrough(Operation operation, Leaver* leaver, uint64_t* result) {
  if (setjmp(leaver->out) != 0) return false;
  *result = operation(leaver);
  return true;
}

class HostLongjmp : public testing::Test {
 protected:
  HostLongjmp() : index_(VS_METRIC_L2, 8, 4, 16) {
    reference::Random random(1);
    index_.Build(MakeVectors(Kind::kGaussian, 150, 8, random));
    index_.SetQuery(MakeVector(Kind::kGaussian, 8, random).data());
    Attach(&leaver_, &index_);
  }

  // Returns how often the operation left.
  int LeaveEverywhere(Operation operation, Callback callback) {
    uint64_t expected, result;
    int left = 0;
    leaver_.callback = kCallbacks;
    EXPECT_TRUE(GetsThrough(operation, &leaver_, &expected));
    leaver_.arena.Drop();
    for (long calls = 0;; calls += 1 + calls / 8) {
      leaver_.callback = callback;
      leaver_.calls_left = calls;
      const bool through = GetsThrough(operation, &leaver_, &result);
      leaver_.arena.Drop();
      if (through) {
        EXPECT_EQ(result, expected);
        return left;
      }
      left++;
      leaver_.callback = kCallbacks;
      EXPECT_TRUE(GetsThrough(operation, &leaver_, &result));
      EXPECT_EQ(result, expected) << "after leaving at call " << calls;
      leaver_.arena.Drop();
    }
  }

  PagedIndex index_;
  Leaver leaver_;
};

TEST_F(HostLongjmp, OutOfAScan) {
  for (Callback callback : {kGrow, kReadNode, kScore, kPrefetch, kHoldsNodes})
    EXPECT_GT(LeaveEverywhere(Scan, callback), 0) << kNames[callback];
}

TEST_F(HostLongjmp, OutOfAnInsert) {
  for (Callback callback : {kGrow, kReadNode, kPrefetch, kLoad})
    EXPECT_GT(LeaveEverywhere(Insert, callback), 0) << kNames[callback];
}

TEST_F(HostLongjmp, OutOfABuild) {
  for (Callback callback : {kGrow, kProgress, kSynchronize})
    EXPECT_GT(LeaveEverywhere(Build, callback), 0) << kNames[callback];
}

}  // namespace
