// SPDX-License-Identifier: PostgreSQL
//
// main.cpp - runs every test once per SIMD target this processor has; with --ends only for the best and
// the least of them, which is what tests of whole graphs need, and with --best only for the best.

#include <cstdio>
#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#include "bridge/kernels.h"

namespace {

class OneTargetPerIteration : public testing::EmptyTestEventListener {
 public:
  explicit OneTargetPerIteration(const char* choice) {
    for (const char* const* name = vs_kernels_targets(); *name != nullptr; ++name) {
      names_.push_back(*name);
    }
    const bool ends = std::strcmp(choice, "--ends") == 0, best = std::strcmp(choice, "--best") == 0;
    if (best) names_.resize(1);
    if (ends && names_.size() > 2) names_.erase(names_.begin() + 1, names_.end() - 1);
  }
  int iterations() const { return static_cast<int>(names_.size()); }

  void OnTestIterationStart(const testing::UnitTest&, int iteration) override {
    std::printf("SIMD target %s\n", names_[iteration]);
    std::fflush(stdout);
    if (vs_kernels_force(names_[iteration]) != 0) std::abort();
  }

 private:
  std::vector<const char*> names_;
};

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  auto* targets = new OneTargetPerIteration(argc > 1 ? argv[1] : "");  // owned by the listeners
  testing::UnitTest::GetInstance()->listeners().Append(targets);
  GTEST_FLAG_SET(repeat, targets->iterations());
  return RUN_ALL_TESTS();
}
