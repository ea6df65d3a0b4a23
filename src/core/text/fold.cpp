// SPDX-License-Identifier: PostgreSQL
//
// fold.cpp - simple case folding, and the English words that say nothing.
//
// Folding maps one character to one character, so that n-grams of the folded text are the folded
// n-grams of the text.  It knows no locale: I becomes i in Turkish, too.
#include <algorithm>
#include <cstring>
#include <iterator>

#include "core/text/unicode.h"

namespace vecstore::text {
namespace {

size_t EncodeUtf8(uint32_t code, char* out) {
  if (code < 0x80) {
    out[0] = static_cast<char>(code);
    return 1;
  }
  const size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  for (size_t i = length - 1; i > 0; --i, code >>= 6) out[i] = static_cast<char>(0x80 | (code & 0x3f));
  constexpr uint8_t kLead[] = {0, 0, 0xc0, 0xe0, 0xf0};
  out[0] = static_cast<char>(kLead[length] | code);
  return length;
}

// Sorted by bytes; searched by halves.
constexpr const char* kEnglishStopWords[] = {
    "a", "about", "all", "am", "an", "and", "any", "are", "as", "at", "be", "been", "being",
    "but", "by", "can", "could", "did", "do", "does", "doing", "for", "from", "had", "has",
    "have", "having", "he", "her", "here", "him", "his", "how", "i", "if", "in", "is", "it",
    "its", "just", "may", "me", "might", "more", "most", "must", "my", "no", "nor", "not",
    "of", "on", "only", "or", "other", "our", "shall", "she", "should", "so", "some",
    "such", "than", "that", "the", "their", "them", "then", "there", "these", "they",
    "this", "those", "to", "too", "us", "very", "was", "we", "were", "what", "when",
    "where", "which", "who", "why", "will", "with", "would", "yes", "you", "your",
};
static_assert(std::size(kEnglishStopWords) == 92, "the list that is documented");

}  // namespace
}  // namespace vecstore::text

using namespace vecstore::text;

size_t vs_text_fold(VsTextEncoding encoding, const char* text, size_t length, char* out) {
  const char* const end = text + length;
  char* to = out;
  while (text < end) {
    const Character next = ReadCharacter(encoding, text, end);
    const int32_t change = next.known ? PropertyOf(next.code).fold : 0;
    if (change != 0) {
      to += EncodeUtf8(next.code + static_cast<uint32_t>(change), to);
    } else {
      std::memcpy(to, text, next.length);
      to += next.length;
    }
    text += next.length;
  }
  return static_cast<size_t>(to - out);
}

bool vs_english_stop_word(const char* word, size_t length) {
  const auto less = [length](const char* entry, const char* given) {
    const int order = std::strncmp(entry, given, length);
    return order < 0;
  };
  const auto* end = std::end(kEnglishStopWords);
  const auto* found = std::lower_bound(std::begin(kEnglishStopWords), end, word, less);
  return found != end && std::strlen(*found) == length && std::memcmp(*found, word, length) == 0;
}
