// SPDX-License-Identifier: PostgreSQL
//
// presets.h - from what searches missed to the beam of each preset.
//
// Owns: the meaning of the presets: recall@10 of .90, .95, .99, .999.
#ifndef VECSTORE_CORE_HNSW_PRESETS_H
#define VECSTORE_CORE_HNSW_PRESETS_H

#include <math.h>

#include <algorithm>

#include "bridge/hnsw.h"

namespace vecstore::hnsw {

constexpr size_t kNeighbors = 10;

// How many nodes a build of n nodes keeps back as queries for the calibration; 0: none.
uint32_t CalibrationQueries(uint32_t n, uint32_t code_bytes);

// Beams are doubled until the last preset's recall is reached; what lies between two is interpolated.
//
//     for (PresetWidths widths(space, expected); !widths.Done();) widths.Found(... of width ...);
class PresetWidths {
 public:
  // `expected` true neighbours are looked for.
  PresetWidths(const VsHnswSpace* space, uint64_t expected)
      : margin_(kMargin * (space->metric == VS_METRIC_IP ? kInnerProductMargin : 1) *
                (space->packed != nullptr ? kPackedMargin : 1)),
        expected_(double(expected)) {}

  bool Done() const { return preset_ == VS_HNSW_PRESETS; }
  size_t width() const { return width_; }

  // Searches of this width returned so many of them: on to the next width.
  void Found(uint64_t found, uint16_t ef[VS_HNSW_PRESETS]) {
    // What the sample cannot tell from nothing is half a neighbour.
    const double least = 0.5 / (expected_ + 1);
    const double missed = 1 - double(found) / expected_;
    const Measured wide = {width_, std::max(missed, least)};
    for (; !Done() && (missed <= kMissed[preset_] || width_ == kLastBeam); preset_++) {
      const size_t exact =
          missed <= kMissed[preset_] ? Interpolate(narrow_, wide, kMissed[preset_]) : width_;
      const size_t wanted = size_t(double(std::max(exact, kLeastBeam[preset_])) * margin_);
      ef[preset_] = uint16_t(std::min(wanted, kLastBeam));
    }
    narrow_ = wide;
    width_ = std::min(2 * width_, kLastBeam);
  }

 private:
  // A beam, and the share of the true neighbours that searches with it miss.
  struct Measured {
    size_t width;
    double missed;
  };

  static constexpr size_t kFirstBeam = 16;
  static constexpr size_t kLastBeam = 10000;
  // The sample cannot tell .999 from 1, and data drifts: no preset goes below this.
  static constexpr size_t kLeastBeam[VS_HNSW_PRESETS] = {16, 24, 48, 100};
  // Queries are harder to answer than rows like those of the index; a step of 2^1/5.
  static constexpr double kMargin = 1.15;
  // Vectors under inner product are not centred, and packed codes are coarse: both err more than
  // neighbours that were found by codes can show.
  static constexpr double kInnerProductMargin = 4;
  static constexpr double kPackedMargin = 1.5;
  static constexpr double kMissed[VS_HNSW_PRESETS] = {0.10, 0.05, 0.01, 0.001};

  // The beam between two measured ones at which so large a share is missed: misses fall with a power of
  // the width.
  static size_t Interpolate(const Measured& narrow, const Measured& wide, double missed) {
    if (narrow.missed <= wide.missed) return wide.width;
    const double t = log(narrow.missed / missed) / log(narrow.missed / wide.missed);
    return size_t(ceil(double(narrow.width) * pow(double(wide.width) / double(narrow.width), t)));
  }

  double margin_;
  double expected_;
  size_t width_ = kFirstBeam;
  Measured narrow_ = {1, 1};
  int preset_ = 0;
};

}  // namespace vecstore::hnsw

#endif
