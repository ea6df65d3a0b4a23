// SPDX-License-Identifier: PostgreSQL
//
// kernels_dispatch_test.cpp - choosing a SIMD target.

#include <cctype>
#include <string>

#include <gtest/gtest.h>

#include "bridge/kernels.h"

namespace {

// The least capable target: its name depends on the compiler.
const char* LastTarget() {
  const char* const* name = vs_kernels_targets();
  while (name[1] != nullptr) ++name;
  return *name;
}

// Puts back the target of the iteration.
class KernelsDispatch : public testing::Test {
 protected:
  ~KernelsDispatch() override { vs_kernels_force(original_.c_str()); }
  const std::string original_ = vs_kernels()->target;
};

TEST_F(KernelsDispatch, EveryListedTargetCanBeForced) {
  ASSERT_NE(*vs_kernels_targets(), nullptr);
  for (const char* const* name = vs_kernels_targets(); *name != nullptr; ++name) {
    ASSERT_EQ(vs_kernels_force(*name), 0) << *name;
    EXPECT_STREQ(vs_kernels()->target, *name);
    std::string lower = *name;
    for (char& c : lower) c = static_cast<char>(std::tolower(c));
    EXPECT_EQ(vs_kernels_force(lower.c_str()), 0) << lower;
  }
}

TEST_F(KernelsDispatch, AutomaticIsTheFirstListed) {
  for (const char* name : {"auto", ""}) {
    ASSERT_EQ(vs_kernels_force(LastTarget()), 0);
    ASSERT_EQ(vs_kernels_force(name), 0);
    EXPECT_STREQ(vs_kernels()->target, vs_kernels_targets()[0]);
  }
}

TEST_F(KernelsDispatch, UnknownTargetChangesNothing) {
  for (const char* name : {"sparc", "AVX", "AVX33", "SSE4 "}) {
    EXPECT_EQ(vs_kernels_force(name), -1) << name;
    EXPECT_EQ(vs_kernels()->target, original_);
  }
}

TEST_F(KernelsDispatch, ForcingDoesNotChangeTheList) {
  const std::string first = vs_kernels_targets()[0];
  ASSERT_EQ(vs_kernels_force(LastTarget()), 0);
  EXPECT_EQ(vs_kernels_targets()[0], first);
}

TEST_F(KernelsDispatch, TablesAreComplete) {
  const VsKernels* kernels = vs_kernels();
  using Entry = void (*)();
  const auto* entries = reinterpret_cast<const Entry*>(&kernels->l2sq_f32);
  const size_t count = (sizeof(VsKernels) - sizeof(kernels->target)) / sizeof(Entry);
  for (size_t i = 0; i < count; ++i) EXPECT_NE(entries[i], nullptr) << i;
}

TEST_F(KernelsDispatch, HighwayVersionHasThreeParts) {
  int major, minor, patch;
  EXPECT_EQ(std::sscanf(vs_highway_version(), "%d.%d.%d", &major, &minor, &patch), 3);
}

}  // namespace
