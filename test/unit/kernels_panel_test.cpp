// SPDX-License-Identifier: PostgreSQL
//
// kernels_panel_test.cpp - panels of codes: the nearest row of every class.

#include <cmath>
#include <cstdlib>
#include <limits>
#include <memory>

#include <gtest/gtest.h>

#include "bridge/kernels.h"
#include "reference.h"

namespace {

// A panel of random codes, and the codes themselves.
class RandomPanel {
 public:
  RandomPanel(size_t rows, size_t dims, bool l1, uint64_t seed) : codes(rows) {
    reference::Random random(seed);
    const size_t padded = (rows + VS_PANEL_GROUP - 1) / VS_PANEL_GROUP * VS_PANEL_GROUP;
    lanes_.reset(static_cast<char*>(
        std::aligned_alloc(64, (padded * vs_kernels()->panel_row_bytes(dims, l1) + 63) / 64 * 64)));
    base_.resize(padded);
    scale_.resize(padded);
    sum_.resize(padded);
    panel = {rows, dims, l1, l1 ? 0.0f : -2.0f, lanes_.get(), base_.data(), scale_.data(), sum_.data()};
    for (size_t row = 0; row < rows; row++) {
      for (size_t i = 0; i < dims; i++) codes[row].push_back(int8_t(random.Integer(-127, 127)));
      vs_kernels()->panel_set_row(&panel, row, codes[row].data(), float(random.Integer(0, 1000)),
                                  float(random.Integer(1, 99)) / 64);
    }
    for (size_t row = rows; row < padded; row++) vs_kernels()->panel_clear_row(&panel, row);
  }

  VsPanel panel;
  std::vector<std::vector<int8_t>> codes;

 private:
  struct Free {
    void operator()(char* p) const { std::free(p); }
  };
  std::unique_ptr<char, Free> lanes_;
  std::vector<float> base_, scale_;
  std::vector<int32_t> sum_;
};

struct Estimate {
  double value;
  double bound;
};

Estimate Between(const RandomPanel& a, size_t i, const RandomPanel& b, size_t j) {
  const size_t dims = a.panel.dims;
  const double scale_a = a.panel.scale[i], scale_b = b.panel.scale[j];
  double sum = 0, magnitude = 0;
  for (size_t k = 0; k < dims; k++) {
    const double x = a.codes[i][k], y = b.codes[j][k];
    const double term = a.panel.l1 ? std::fabs(scale_a * x - scale_b * y) : scale_a * scale_b * x * y;
    sum += term;
    magnitude += std::fabs(term) + (a.panel.l1 ? std::fabs(scale_a * x) + std::fabs(scale_b * y) : 0);
  }
  const double base = double(a.panel.base[i]) + b.panel.base[j];
  const double factor = a.panel.l1 ? 1 : a.panel.factor;
  return {base + factor * sum, (dims + 8) * 2 * reference::kUnit * (2 * magnitude + std::fabs(base))};
}

void CheckNearest(const RandomPanel& a, const RandomPanel& b) {
  VsPanelNearest nearest[VS_PANEL_GROUP];
  for (size_t group = 0; group * VS_PANEL_GROUP < a.panel.rows; group++) {
    vs_kernels()->panel_nearest(&a.panel, group, &b.panel, nearest);
    for (size_t r = 0; r < VS_PANEL_GROUP && group * VS_PANEL_GROUP + r < a.panel.rows; r++) {
      const size_t row = group * VS_PANEL_GROUP + r;
      for (size_t lane = 0; lane < VS_PANEL_GROUP; lane++) {
        double least = std::numeric_limits<double>::infinity();
        for (size_t j = lane; j < b.panel.rows; j += VS_PANEL_GROUP) {
          if (&a == &b && j == row) continue;
          const Estimate e = Between(a, row, b, j);
          least = std::min(least, e.value + e.bound);
        }
        const float found = nearest[r].estimate[lane];
        if (std::isinf(least)) {
          ASSERT_TRUE(std::isinf(found)) << row << " " << lane;
          continue;
        }
        ASSERT_LE(found, least) << row << " " << lane;
        ASSERT_EQ(nearest[r].row[lane] % VS_PANEL_GROUP, lane);
        const Estimate e = Between(a, row, b, nearest[r].row[lane]);
        ASSERT_NEAR(found, e.value, e.bound) << row << " " << lane;
        ASSERT_TRUE(&a != &b || nearest[r].row[lane] != row);
      }
    }
  }
}

TEST(KernelsPanel, FindsTheNearest) {
  for (bool l1 : {false, true})
    for (size_t dims : {1, 2, 3, 4, 5, 31, 100, 784})
      for (size_t rows : {1, 15, 16, 17, 70}) {
        const RandomPanel a(rows, dims, l1, rows * 1000 + dims), b(33, dims, l1, dims);
        CheckNearest(a, b);
        CheckNearest(a, a);
      }
}

TEST(KernelsPanel, ManyDimensions) {
  for (bool l1 : {false, true}) {
    const RandomPanel a(20, 16000, l1, 7);
    CheckNearest(a, a);
  }
}

}  // namespace
