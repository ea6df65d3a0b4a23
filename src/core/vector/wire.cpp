// SPDX-License-Identifier: PostgreSQL
//
// wire.cpp - elements in network byte order, as binary COPY and the binary protocol carry them.
#include "core/vector/element.h"

namespace vecstore::vector {
namespace {

template <class Bits>
Bits ReadBigEndian(const uint8_t* bytes) {
  Bits bits = 0;
  for (size_t i = 0; i < sizeof(Bits); ++i) bits = static_cast<Bits>(bits << 8 | bytes[i]);
  return bits;
}

template <class Bits>
void WriteBigEndian(Bits bits, uint8_t* bytes) {
  for (size_t i = sizeof(Bits); i-- > 0; bits = static_cast<Bits>(bits >> 8))
    bytes[i] = static_cast<uint8_t>(bits & 0xff);
}

// The unsigned integer of an element's size.
template <class E>
struct BitsOf;
template <>
struct BitsOf<Float32> {
  using Type = uint32_t;
};
template <>
struct BitsOf<Float16> {
  using Type = uint16_t;
};

}  // namespace
}  // namespace vecstore::vector

using namespace vecstore::vector;

extern "C" VsStatus vs_elements_from_wire(VsElement element, const uint8_t* bytes, size_t n,
                                          void* out) {
  ForElement(element, [=](auto e) {
    using E = decltype(e);
    using Bits = typename BitsOf<E>::Type;
    auto* x = Elements(e, out);
    for (size_t i = 0; i < n; ++i)
      x[i] = BitCast<typename E::Storage>(ReadBigEndian<Bits>(bytes + i * sizeof(Bits)));
  });
  return vs_elements_check_finite(element, out, n);
}

extern "C" void vs_elements_to_wire(VsElement element, const void* x, size_t n, uint8_t* bytes) {
  ForElement(element, [=](auto e) {
    using Bits = typename BitsOf<decltype(e)>::Type;
    const auto* in = Elements(e, x);
    for (size_t i = 0; i < n; ++i)
      WriteBigEndian<Bits>(BitCast<Bits>(in[i]), bytes + i * sizeof(Bits));
  });
}
