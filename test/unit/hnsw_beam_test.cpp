// SPDX-License-Identifier: PostgreSQL
//
// hnsw_beam_test.cpp - the containers of a graph search against the obvious ones.

#include <algorithm>
#include <cstdlib>
#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "core/hnsw/beam.h"

namespace {

using vecstore::GrowArray;
using vecstore::Memory;
using vecstore::hnsw::Beam;
using vecstore::hnsw::Candidate;
using vecstore::hnsw::VisitedSet;

// Memory that is given back when the test ends.
class Arena {
 public:
  ~Arena() {
    for (void* block : blocks_) free(block);
  }
  Memory memory() { return {this, Grow}; }

 private:
  static void* Grow(void* context, void* old, size_t, size_t bytes) {
    auto& blocks = static_cast<Arena*>(context)->blocks_;
    blocks.erase(old);
    void* block = realloc(old, bytes);
    blocks.insert(block);
    return block;
  }

  std::set<void*> blocks_;
};

TEST(HnswVisitedSet, KeepsWhatIsNewInOrder) {
  Arena arena;
  VisitedSet visited;
  visited.Init(arena.memory());
  std::mt19937 random(1);

  // Rounds of few and of many ids take either way of forgetting; the limit rises and falls.
  for (uint64_t limit : {1000, 100000, 500, 100000, 100000}) {
    for (int batches : {1, 300}) {
      visited.Reset(limit);
      std::set<VsNodeId> expected;
      for (int batch = 0; batch < batches; batch++) {
        std::vector<VsNodeId> ids, wanted;
        for (int i = 0; i < 32; i++) ids.push_back(VsNodeId(random() % (limit + limit / 10)));
        for (VsNodeId id : ids)
          if (id < limit && expected.insert(id).second) wanted.push_back(id);
        ids.resize(size_t(visited.KeepNew(ids.data(), int(ids.size()))));
        ASSERT_EQ(ids, wanted);
      }
      std::vector<VsNodeId> ids, absent;
      for (int i = 0; i < 200; i++) ids.push_back(VsNodeId(random() % (limit + limit / 10)));
      for (VsNodeId id : ids)
        if (id < limit && expected.count(id) == 0) absent.push_back(id);
      ids.resize(size_t(visited.KeepAbsent(ids.data(), int(ids.size()))));
      ASSERT_EQ(ids, absent);
      for (VsNodeId id : expected) ASSERT_FALSE(visited.Add(id));
    }
  }
}

TEST(HnswBeam, KeepsTheNearestAndTellsItsLimit) {
  Arena arena;
  Beam beam;
  beam.Init(arena.memory());
  std::mt19937 random(2);

  for (size_t capacity : {1, 2, 7, 64, 200}) {
    beam.Reset(capacity);
    std::vector<float> all;
    for (VsNodeId id = 1; id < 1000; id++) {
      const float estimate = float(random() % 500);
      std::sort(all.begin(), all.end());
      const bool fits = all.size() < capacity || estimate < all[capacity - 1];
      ASSERT_EQ(estimate < beam.Limit(), fits);
      bool was_full;
      Candidate evicted;
      ASSERT_EQ(beam.Offer({estimate, id, 0}, &was_full, &evicted), fits);
      ASSERT_EQ(was_full, all.size() >= capacity);
      if (fits && was_full) {
        ASSERT_EQ(evicted.estimate, all[capacity - 1]);
      }
      all.push_back(estimate);
    }
    std::sort(all.begin(), all.end());
    ASSERT_EQ(beam.size(), capacity);
    for (size_t i = 0; i < capacity; i++) ASSERT_EQ(beam[i].estimate, all[i]);
  }
}

// Candidates come and go, get other estimates and are expanded; a sorted list does the same.
TEST(HnswBeam, MovesAndWithdrawsCandidates) {
  Arena arena;
  Beam beam;
  beam.Init(arena.memory());
  std::mt19937 random(3);

  beam.Reset(40);
  std::vector<Candidate> expected;
  const auto sort = [&] {
    std::stable_sort(expected.begin(), expected.end(),
                     [](const Candidate& a, const Candidate& b) { return a.estimate < b.estimate; });
  };
  for (VsNodeId id = 1; id < 3000; id++) {
    Candidate evicted;
    bool was_full;
    // Distinct, so that the order is, too.
    const Candidate candidate = {float(random() % 1000) + float(id) / 4096, id, 0};
    if (beam.Offer(candidate, &was_full, &evicted)) {
      if (was_full) expected.pop_back();
      expected.push_back(candidate);
      sort();
    }
    if (random() % 3 == 0) {
      const size_t at = random() % expected.size();
      const Candidate gone = expected[at];
      ASSERT_FALSE(beam.Withdraw(gone.estimate, gone.id + 5000));
      ASSERT_EQ(beam.Withdraw(gone.estimate, gone.id), gone.info == 0);
      if (gone.info == 0) expected.erase(expected.begin() + ptrdiff_t(at));
    }
    if (Candidate* next = random() % 2 == 0 ? beam.Next() : nullptr) {
      auto same = std::find_if(expected.begin(), expected.end(), [](const Candidate& c) { return c.info == 0; });
      ASSERT_EQ(same->id, next->id);
      same->info = next->info = 1;
      same->estimate = next->estimate = float(random() % 1000) + float(id) / 4096;
      beam.Reorder(next);
      sort();
    }
    std::vector<VsNodeId> ahead, wanted;
    beam.ForNext(3, [&](VsNodeId next) { ahead.push_back(next); });
    for (const Candidate& c : expected)
      if (c.info == 0 && wanted.size() < 3) wanted.push_back(c.id);
    ASSERT_EQ(ahead, wanted);
    ASSERT_EQ(beam.size(), expected.size());
    for (size_t i = 0; i < expected.size(); i++) ASSERT_EQ(beam[i].id, expected[i].id);
  }
}

TEST(GrowArrayTest, PushIfPushesWhatIsWanted) {
  Arena arena;
  GrowArray<int> array;
  array.Init(arena.memory());
  std::vector<int> expected;

  for (int i = 0; i < 1000; i++) {
    array.PushIf(i, i % 3 == 0);
    if (i % 3 == 0) expected.push_back(i);
  }
  EXPECT_EQ(std::vector<int>(array.begin(), array.end()), expected);
}

}  // namespace
