// SPDX-License-Identifier: PostgreSQL
//
// unicode.h - one character: its bytes, its class, its folding.
//
// Relies on unicode_tables.h.  Reading never goes beyond the end it is given; bytes that are no
// character are letters of one byte.
#ifndef VECSTORE_CORE_TEXT_UNICODE_H
#define VECSTORE_CORE_TEXT_UNICODE_H

#include <cstddef>
#include <cstdint>

#include "bridge/text.h"
#include "core/text/unicode_tables.h"

namespace vecstore::text {

// The numbers are those of tools/unicode-tables.py.
enum class CharClass : uint8_t {
  kLetter = 0,  // whatever is none of the others
  kSpace = 1,
  kAsciiPunctuation = 2,  // and ASCII symbols
  kPunctuation = 3,
  kDigit = 4,
  kMark = 5,
  kCjk = 6,  // letters of scripts without spaces between words
};

struct Character {
  uint32_t code;
  uint32_t length;  // in bytes
  bool known;       // code is a code point, and not a byte of something else
};

inline const UnicodeProperty& PropertyOf(uint32_t code) {
  if (code >= kUnicodeLimit) return kUnicodeProperties[0];
  const uint32_t block = kUnicodeBlocks[code >> kUnicodeShift];
  const uint32_t within = code & ((1u << kUnicodeShift) - 1);
  return kUnicodeProperties[kUnicodeIndex[(block << kUnicodeShift) + within]];
}

// Length of the sequence a byte of UTF-8 starts, 0 if none, and the bits of the code in that byte.
inline uint32_t SequenceLength(uint8_t lead, uint32_t* bits) {
  if (lead >= 0xf0) return *bits = lead & 0x07, lead <= 0xf4 ? 4 : 0;
  if (lead >= 0xe0) return *bits = lead & 0x0f, 3;
  return *bits = lead & 0x1f, lead >= 0xc2 ? 2 : 0;
}

inline Character DecodeUtf8(const char* at, const char* end) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(at);
  uint32_t code;
  const uint32_t length = SequenceLength(bytes[0], &code);
  const Character invalid = {bytes[0], 1, false};
  if (length == 0 || static_cast<size_t>(end - at) < length) return invalid;
  for (uint32_t i = 1; i < length; ++i) {
    if ((bytes[i] & 0xc0) != 0x80) return invalid;
    code = code << 6 | (bytes[i] & 0x3f);
  }
  constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kLeast[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return invalid;
  return {code, length, true};
}

// The character at `at`, which is before `end`.
inline Character ReadCharacter(VsTextEncoding encoding, const char* at, const char* end) {
  const auto byte = static_cast<uint8_t>(*at);
  if (byte < 0x80) return {byte, 1, true};
  if (encoding == nullptr) return DecodeUtf8(at, end);
  const auto left = static_cast<size_t>(end - at);
  const int length = encoding(at, left);
  if (length < 1) return {byte, 1, false};
  const bool fits = static_cast<size_t>(length) <= left;
  return {byte, static_cast<uint32_t>(fits ? length : left), false};
}

inline CharClass ClassOf(const Character& character) {
  if (!character.known) return CharClass::kLetter;
  return static_cast<CharClass>(PropertyOf(character.code).char_class);
}

// Behind the character at `at`; `end` stays `end`.
inline const char* SkipCharacter(VsTextEncoding encoding, const char* at, const char* end) {
  return at < end ? at + ReadCharacter(encoding, at, end).length : end;
}

}  // namespace vecstore::text

#endif
