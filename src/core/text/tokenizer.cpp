// SPDX-License-Identifier: PostgreSQL
//
// tokenizer.cpp - text to tokens: words, numbers, bigrams of scripts without spaces, windows.
//
// A scan is a pair of places in the text.  Every token takes time proportional to its own length, so a
// text takes time proportional to its length times n.
#include "core/text/unicode.h"

namespace vecstore::text {
namespace {

bool Separates(VsTokenizer tokenizer, CharClass kind) {
  if (kind == CharClass::kSpace) return true;
  if (tokenizer == VS_TOKENIZER_WHITESPACE) return false;
  return kind == CharClass::kAsciiPunctuation ||
         (kind == CharClass::kPunctuation && tokenizer == VS_TOKENIZER_WORDS);
}

// Whether kind starts a run of bigrams.
bool IsCjk(VsTokenizer tokenizer, CharClass kind) {
  return kind == CharClass::kCjk && tokenizer != VS_TOKENIZER_WHITESPACE;
}

// Behind the character at `at` and the marks that belong to it.
const char* SkipUnit(VsTextEncoding encoding, const char* at, const char* end) {
  at = SkipCharacter(encoding, at, end);
  while (at < end) {
    const Character next = ReadCharacter(encoding, at, end);
    if (ClassOf(next) != CharClass::kMark) break;
    at += next.length;
  }
  return at;
}

bool CjkFollows(const VsTokenScan& scan) {
  return scan.at < scan.end &&
         IsCjk(scan.tokenizer, ClassOf(ReadCharacter(scan.encoding, scan.at, scan.end)));
}

VsTokenType TakeBlank(VsTokenScan* scan) {
  const char* begin = scan->at;
  while (scan->at < scan->end) {
    const Character next = ReadCharacter(scan->encoding, scan->at, scan->end);
    if (!Separates(scan->tokenizer, ClassOf(next))) break;
    if (scan->at + next.length - begin > VS_BLANK_MAX) break;
    scan->at += next.length;
  }
  return VS_TOKEN_BLANK;
}

// A word; a number if it has nothing but digits.
VsTokenType TakeWord(VsTokenScan* scan) {
  bool digits = scan->tokenizer != VS_TOKENIZER_WHITESPACE;
  while (scan->at < scan->end) {
    const Character next = ReadCharacter(scan->encoding, scan->at, scan->end);
    const CharClass kind = ClassOf(next);
    if (Separates(scan->tokenizer, kind) || IsCjk(scan->tokenizer, kind)) break;
    digits = digits && kind == CharClass::kDigit;
    scan->at += next.length;
  }
  return digits ? VS_TOKEN_NUMBER : VS_TOKEN_WORD;
}

// The first two units of a run, or its only one.
VsTokenType TakeCjk(VsTokenScan* scan) {
  scan->at = SkipUnit(scan->encoding, scan->at, scan->end);
  if (CjkFollows(*scan)) {
    scan->second = scan->at;
    scan->at = SkipUnit(scan->encoding, scan->at, scan->end);
  }
  return VS_TOKEN_CJK;
}

bool Give(VsToken* token, const char* begin, const char* end, VsTokenType type) {
  *token = VsToken{begin, static_cast<size_t>(end - begin), type};
  return true;
}

// The first window, or the whole of a shorter text; then the window one character further on.
bool NextWindow(VsTokenScan* scan, VsToken* token) {
  if (scan->at == scan->end) return false;
  const char* begin = scan->second == nullptr ? scan->at : scan->second;
  const int take = scan->second == nullptr ? scan->n : 1;
  for (int i = 0; i < take; ++i) scan->at = SkipCharacter(scan->encoding, scan->at, scan->end);
  scan->second = SkipCharacter(scan->encoding, begin, scan->end);
  return Give(token, begin, scan->at, VS_TOKEN_WORD);
}

bool NextWord(VsTokenScan* scan, VsToken* token) {
  const char* begin = scan->at;
  if (scan->second != nullptr && CjkFollows(*scan)) {
    begin = scan->second;
    scan->second = scan->at;
    scan->at = SkipUnit(scan->encoding, scan->at, scan->end);
    return Give(token, begin, scan->at, VS_TOKEN_CJK);
  }
  scan->second = nullptr;
  if (scan->at == scan->end) return false;
  const CharClass kind = ClassOf(ReadCharacter(scan->encoding, scan->at, scan->end));
  const VsTokenType type = Separates(scan->tokenizer, kind) ? TakeBlank(scan)
                           : IsCjk(scan->tokenizer, kind)   ? TakeCjk(scan)
                                                            : TakeWord(scan);
  return Give(token, begin, scan->at, type);
}

}  // namespace
}  // namespace vecstore::text

using namespace vecstore::text;

const char* vs_unicode_version(void) { return VS_UNICODE_VERSION; }

void vs_tokens_begin(VsTokenScan* scan, VsTokenizer tokenizer, int n, VsTextEncoding encoding,
                     const char* text, size_t length) {
  *scan = VsTokenScan{encoding, tokenizer, text, text + length, nullptr, n};
}

bool vs_tokens_next(VsTokenScan* scan, VsToken* token) {
  return scan->tokenizer == VS_TOKENIZER_NGRAM ? NextWindow(scan, token) : NextWord(scan, token);
}

size_t vs_token_step(VsTokenizer tokenizer, VsTextEncoding encoding, const char* token,
                     size_t length) {
  const char* end = token + length;
  const char* next = tokenizer == VS_TOKENIZER_NGRAM ? SkipCharacter(encoding, token, end)
                                                     : SkipUnit(encoding, token, end);
  return static_cast<size_t>(next - token);
}
