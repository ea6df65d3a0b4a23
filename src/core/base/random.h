// SPDX-License-Identifier: PostgreSQL
//
// random.h - a stateless 64-bit mixer, so that "random" choices are pure functions of a seed.
#ifndef VECSTORE_CORE_BASE_RANDOM_H
#define VECSTORE_CORE_BASE_RANDOM_H

#include <stdint.h>

namespace vecstore {

// The finaliser of splitmix64 (Steele, Lea, Flood, OOPSLA 2014).
inline uint64_t Mix64(uint64_t x) {
  x += 0x9E3779B97F4A7C15ull;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
  return x ^ (x >> 31);
}

}  // namespace vecstore

#endif
