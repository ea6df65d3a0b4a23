// SPDX-License-Identifier: PostgreSQL
//
// text.cpp - the text form of vectors: "[1,2.5,-3e-05]".
//
// Relies on LC_NUMERIC being "C", which PostgreSQL guarantees.  A number is rounded correctly to
// float; a half is rounded once more from there.
#include <cerrno>
#include <cmath>
#include <cstdlib>

#include "core/vector/decimal.h"
#include "core/vector/element.h"

namespace vecstore::vector {
namespace {

const char* SkipSpace(const char* at) {
  while (*at == ' ' || (*at >= '\t' && *at <= '\r')) ++at;
  return at;
}

// Reads one number at `at`, which is not space, and moves past it.
template <class E>
VsStatus ParseNumber(const char*& at, typename E::Storage* out, VsTextSpan* bad) {
  float value;
  bool overflow = false;
  const char* end = ReadDecimal(at, &value);
  if (end == nullptr) {
    char* number_end;
    errno = 0;
    value = std::strtof(at, &number_end);
    if (number_end == at) return VS_TEXT_SYNTAX;
    overflow = std::isinf(value) && errno == ERANGE;
    end = number_end;
  }

  *out = E::Store(value);
  if (overflow || (std::isinf(E::Load(*out)) && !std::isinf(value))) {
    *bad = VsTextSpan{at, end};
    return VS_ELEMENT_TOO_LARGE;
  }
  if (std::isnan(value)) return VS_NAN_ELEMENT;
  if (std::isinf(value)) return VS_INFINITE_ELEMENT;
  at = end;
  return VS_OK;
}

// Reads numbers and commas up to and including the closing bracket.
template <class E>
VsStatus ParseList(const char*& at, typename E::Storage* out, size_t* n, VsTextSpan* bad) {
  for (*n = 0; *n < VS_MAX_DIM;) {
    at = SkipSpace(at);
    if (const VsStatus status = ParseNumber<E>(at, &out[*n], bad)) return status;
    ++*n;
    at = SkipSpace(at);
    const char separator = *at;
    if (separator != ',' && separator != ']') return VS_TEXT_SYNTAX;
    ++at;
    if (separator == ']') return VS_OK;
  }
  return VS_TOO_MANY_DIMENSIONS;
}

template <class E>
VsStatus Parse(const char* text, typename E::Storage* out, size_t* n, VsTextSpan* bad) {
  const char* at = SkipSpace(text);
  if (*at != '[') return VS_TEXT_NO_BRACKET;
  at = SkipSpace(at + 1);
  if (*at == ']') return VS_NO_DIMENSIONS;
  if (const VsStatus status = ParseList<E>(at, out, n, bad)) return status;
  return *SkipSpace(at) == '\0' ? VS_OK : VS_TEXT_JUNK;
}

template <class E>
size_t Print(const typename E::Storage* x, size_t n, VsPrintFloat print, char* out) {
  char* at = out;
  *at++ = '[';
  for (size_t i = 0; i < n; ++i) {
    if (i > 0) *at++ = ',';
    at += print(E::Load(x[i]), at);
  }
  *at++ = ']';
  *at = '\0';
  return static_cast<size_t>(at - out);
}

}  // namespace
}  // namespace vecstore::vector

using namespace vecstore::vector;

extern "C" VsStatus vs_elements_parse(VsElement element, const char* text, void* out, size_t* n,
                                      VsTextSpan* bad) {
  return ForElement(element,
                    [=](auto e) { return Parse<decltype(e)>(text, Elements(e, out), n, bad); });
}

extern "C" size_t vs_elements_print(VsElement element, const void* x, size_t n, VsPrintFloat print,
                                    char* out) {
  return ForElement(element,
                    [=](auto e) { return Print<decltype(e)>(Elements(e, x), n, print, out); });
}
