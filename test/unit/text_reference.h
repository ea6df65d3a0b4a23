// SPDX-License-Identifier: PostgreSQL
//
// text_reference.h - tokens and n-grams the slow and plain way, for unit tests.
//
// Characters come with the kind the test says they have, so nothing here relies on the tables.
#ifndef VECSTORE_TEST_UNIT_TEXT_REFERENCE_H
#define VECSTORE_TEST_UNIT_TEXT_REFERENCE_H

#include <string>
#include <utility>
#include <vector>

#include "bridge/text.h"

namespace text_reference {

enum Kind { kLetter, kSpace, kAsciiPunctuation, kPunctuation, kDigit, kMark, kCjk };

struct Char {
  std::string bytes;
  Kind kind;
};

using Tokens = std::vector<std::pair<int, std::string>>;

inline std::string Join(const std::vector<Char>& text, size_t from, size_t to) {
  std::string joined;
  for (size_t i = from; i < to; ++i) joined += text[i].bytes;
  return joined;
}

inline Tokens Windows(const std::vector<Char>& text, size_t n) {
  Tokens tokens;
  if (text.empty()) return tokens;
  if (text.size() <= n) return {{VS_TOKEN_WORD, Join(text, 0, text.size())}};
  for (size_t i = 0; i + n <= text.size(); ++i)
    tokens.emplace_back(VS_TOKEN_WORD, Join(text, i, i + n));
  return tokens;
}

// What each character is part of; a mark is part of whatever its base is.
inline std::vector<int> Parts(VsTokenizer tokenizer, const std::vector<Char>& text) {
  const bool whitespace = tokenizer == VS_TOKENIZER_WHITESPACE;
  std::vector<int> parts;
  for (const Char& c : text) {
    const bool separates = c.kind == kSpace || (c.kind == kAsciiPunctuation && !whitespace) ||
                           (c.kind == kPunctuation && tokenizer == VS_TOKENIZER_WORDS);
    const bool follows_cjk = !parts.empty() && parts.back() == VS_TOKEN_CJK;
    const bool cjk = c.kind == kCjk || (c.kind == kMark && follows_cjk);
    parts.push_back(separates ? VS_TOKEN_BLANK : cjk && !whitespace ? VS_TOKEN_CJK : VS_TOKEN_WORD);
  }
  return parts;
}

inline void AddBigrams(const std::vector<Char>& text, size_t from, size_t to, Tokens* tokens) {
  std::vector<std::string> units;
  for (size_t i = from; i < to; ++i) {
    if (i > from && text[i].kind == kMark)
      units.back() += text[i].bytes;
    else
      units.push_back(text[i].bytes);
  }
  if (units.size() == 1) tokens->emplace_back(VS_TOKEN_CJK, units[0]);
  for (size_t i = 0; i + 1 < units.size(); ++i)
    tokens->emplace_back(VS_TOKEN_CJK, units[i] + units[i + 1]);
}

inline bool OnlyDigits(const std::vector<Char>& text, size_t from, size_t to) {
  for (size_t i = from; i < to; ++i)
    if (text[i].kind != kDigit) return false;
  return true;
}

// Blanks in one piece, however long.
inline Tokens Tokenize(VsTokenizer tokenizer, const std::vector<Char>& text) {
  const std::vector<int> parts = Parts(tokenizer, text);
  Tokens tokens;
  for (size_t from = 0, to; from < text.size(); from = to) {
    for (to = from + 1; to < text.size() && parts[to] == parts[from];) ++to;
    const bool number = tokenizer != VS_TOKENIZER_WHITESPACE && OnlyDigits(text, from, to);
    if (parts[from] == VS_TOKEN_CJK)
      AddBigrams(text, from, to, &tokens);
    else
      tokens.emplace_back(parts[from] == VS_TOKEN_WORD && number ? VS_TOKEN_NUMBER : parts[from],
                          Join(text, from, to));
  }
  return tokens;
}

struct Gram {
  std::string bytes;
  bool moves;
  bool operator==(const Gram& other) const { return bytes == other.bytes && moves == other.moves; }
};

inline std::vector<Gram> Grams(const std::vector<Char>& word, size_t min, size_t max, bool edge) {
  std::vector<Gram> grams;
  if (word.empty()) return grams;
  if (word.size() < min) return {{Join(word, 0, word.size()), false}};
  for (size_t from = 0; from + min <= word.size() && (from == 0 || !edge); ++from)
    for (size_t n = min; n <= max && from + n <= word.size(); ++n)
      grams.push_back({Join(word, from, from + n), from > 0 && n == min});
  return grams;
}

}  // namespace text_reference

#endif
