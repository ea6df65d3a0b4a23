// SPDX-License-Identifier: PostgreSQL
//
// participants.h - builds with several participants: a thread for each, and a barrier between them.
//
// Owns: the counterpart of src/pg/hnsw/build_parallel.c for tests.  The block is mapped once for each
// participant, so that a pointer in it leads nowhere; under the thread sanitizer, which takes addresses
// for identities, once for all.

#ifndef VECSTORE_TEST_UNIT_PARTICIPANTS_H
#define VECSTORE_TEST_UNIT_PARTICIPANTS_H

#include <sys/mman.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

#include "paged_index.h"

namespace hnsw_test {

#ifdef __SANITIZE_THREAD__
constexpr bool kOwnMappings = false;
#else
constexpr bool kOwnMappings = true;
#endif

// Threads wait until all have come.
class Barrier {
 public:
  explicit Barrier(int threads) : threads_(threads) {}

  void Wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    const long phase = phase_;
    if (++waiting_ == threads_) {
      waiting_ = 0;
      phase_++;
      all_here_.notify_all();
    } else {
      all_here_.wait(lock, [&] { return phase_ != phase; });
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable all_here_;
  const int threads_;
  int waiting_ = 0;
  long phase_ = 0;
};

// Memory that can be mapped any number of times.
class SharedBlock {
 public:
  explicit SharedBlock(size_t bytes) : bytes_(bytes), file_(memfd_create("build", 0)) {
    if (file_ < 0 || ftruncate(file_, static_cast<off_t>(bytes)) != 0) std::abort();
  }
  SharedBlock(const SharedBlock&) = delete;
  SharedBlock& operator=(const SharedBlock&) = delete;
  ~SharedBlock() {
    for (void* mapping : mappings_) munmap(mapping, bytes_);
    close(file_);
  }
  void* Map() {
    if (!kOwnMappings && !mappings_.empty()) return mappings_[0];
    void* mapping = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0);
    if (mapping == MAP_FAILED) std::abort();
    mappings_.push_back(mapping);
    return mapping;
  }

 private:
  const size_t bytes_;
  const int file_;
  std::vector<void*> mappings_;
};

// One participant: host, scratch memory, and an index of its own to encode with.
class Participant {
 public:
  Participant(const PagedIndex& index, SharedBlock* block, Barrier* barrier, bool leader)
      : index_(index.space.metric, index.geometry.dims, index.geometry.links,
               index.ef_construction),
        barrier_(barrier) {
    host_ = {this,
             [](void* c, void* old, size_t old_bytes, size_t new_bytes) {
               return static_cast<Participant*>(c)->memory_.Grow(old, old_bytes, new_bytes);
             },
             [](void*, uint64_t) {},
             [](void* c) { static_cast<Participant*>(c)->barrier_->Wait(); },
             block->Map(),
             leader};
    builder_ =
        vs_hnsw_builder_create(&host_, &index_.geometry, &index_.space, index_.ef_construction);
  }

  // Takes every step-th vector from `first` on in, and links all.
  template <class Vectors>
  void Build(const Vectors& vectors, size_t first, size_t step) {
    for (size_t row = first; row < vectors.size(); row += step)
      index_.AddToBuild(builder_, vectors[row].data(), static_cast<uint32_t>(row));
    vs_hnsw_builder_link(builder_);
    index_.calibrated = vs_hnsw_builder_calibration(builder_, index_.calibration);
    index_.WritePages(builder_);
  }
  const PagedIndex& index() const { return index_; }

 private:
  PagedIndex index_;
  Arena memory_;
  Barrier* barrier_;
  VsHnswBuildHost host_;
  VsHnswBuilder* builder_;
};

// Fills an index by so many participants.
template <class Vectors>
void BuildTogether(PagedIndex* index, const Vectors& vectors, int count) {
  const auto capacity = static_cast<uint32_t>(vectors.size());
  SharedBlock block(vs_hnsw_build_bytes(&index->geometry, capacity));
  Barrier barrier(count);
  std::vector<std::unique_ptr<Participant>> participants;
  std::vector<std::thread> threads;

  vs_hnsw_build_format(block.Map(), capacity);
  for (int i = 0; i < count; ++i)
    participants.push_back(std::make_unique<Participant>(*index, &block, &barrier, i == 0));
  for (int i = 0; i < count; ++i)
    threads.emplace_back([&, i] {
      participants[static_cast<size_t>(i)]->Build(vectors, static_cast<size_t>(i),
                                                  static_cast<size_t>(count));
    });
  for (std::thread& thread : threads) thread.join();
  // Everybody wrote the same pages, and came to the same widths.
  index->Copy(participants[0]->index());
  index->calibrated = participants.back()->index().calibrated;
}

}  // namespace hnsw_test

#endif
