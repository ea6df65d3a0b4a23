// SPDX-License-Identifier: PostgreSQL
//
// parse_vector_fuzz.cpp - any text and any bytes, given to the parser and to the binary decoder.
//
// Checks beyond memory safety: a number out of range is named inside the text; numbers are read as
// strtof reads them; a vector that was accepted is finite and survives printing and parsing, encoding
// and decoding, bit by bit.
#include "bridge/vector.h"

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

void Expect(bool condition) {
  if (!condition) std::abort();
}

int PrintShortest(float value, char* out) {
  return static_cast<int>(std::to_chars(out, out + VS_FLOAT_TEXT_MAX, value).ptr - out);
}

size_t ElementSize(VsElement element) { return element == VS_FLOAT16 ? 2 : 4; }

// x is finite: text and bytes made of it must lead back to it.
void CheckRoundTrips(VsElement element, const float* x, size_t n) {
  static float back[VS_MAX_DIM];
  static char text[VS_TEXT_SIZE(VS_MAX_DIM)];
  static uint8_t bytes[VS_MAX_DIM * sizeof(float)];
  const size_t size = n * ElementSize(element);
  size_t count = 0;
  VsTextSpan bad;

  Expect(vs_elements_check_finite(element, x, n) == VS_OK);
  Expect(vs_elements_print(element, x, n, PrintShortest, text) < VS_TEXT_SIZE(n));
  Expect(vs_elements_parse(element, text, back, &count, &bad) == VS_OK);
  Expect(count == n && std::memcmp(x, back, size) == 0);
  vs_elements_to_wire(element, x, n, bytes);
  Expect(vs_elements_from_wire(element, bytes, n, back) == VS_OK);
  Expect(std::memcmp(x, back, size) == 0);
}

// The numbers of an accepted text, one after the other.
void CheckAgainstStrtof(const char* text, const float* x, size_t n) {
  const char* at = std::strchr(text, '[') + 1;
  for (size_t i = 0; i < n; ++i) {
    char* end;
    const float expected = std::strtof(at, &end);
    Expect(end != at && std::memcmp(&x[i], &expected, sizeof(expected)) == 0);
    at = end + std::strcspn(end, ",]") + 1;
  }
}

void TryText(VsElement element, const std::string& text) {
  static float x[VS_MAX_DIM];
  size_t n = 0;
  VsTextSpan bad = {};
  const VsStatus status = vs_elements_parse(element, text.c_str(), x, &n, &bad);
  if (status == VS_ELEMENT_TOO_LARGE)
    Expect(text.c_str() <= bad.begin && bad.begin < bad.end &&
           bad.end <= text.c_str() + text.size());
  if (status == VS_OK) {
    Expect(n >= 1 && n <= VS_MAX_DIM);
    if (element == VS_FLOAT32) CheckAgainstStrtof(text.c_str(), x, n);
    CheckRoundTrips(element, x, n);
  }
}

void TryBytes(VsElement element, const uint8_t* bytes, size_t size) {
  static float x[VS_MAX_DIM];
  const size_t n = size / ElementSize(element);
  if (n < 1 || n > VS_MAX_DIM) return;
  if (vs_elements_from_wire(element, bytes, n, x) == VS_OK) CheckRoundTrips(element, x, n);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  for (const VsElement element : {VS_FLOAT32, VS_FLOAT16}) {
    TryText(element, text);
    TryBytes(element, data, size);
  }
  return 0;
}
