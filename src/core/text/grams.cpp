// SPDX-License-Identifier: PostgreSQL
//
// grams.cpp - the n-grams of one word, in the order in which they begin.
//
// Grams that begin at one place are given one position by the dictionary, so that a phrase of a shorter
// word's grams is found in the grams of a longer one.
#include "core/text/unicode.h"

using namespace vecstore::text;

void vs_grams_begin(VsGramScan* scan, int min, int max, bool edge, VsTextEncoding encoding,
                    const char* word, size_t length) {
  *scan = VsGramScan{encoding, min, max, edge, word, nullptr, word + length, 0, false};
}

// Behind `count` characters, or NULL where the word has fewer.
static const char* Skip(const VsGramScan& scan, const char* at, int count) {
  for (; count > 0; --count) {
    if (at == scan.end) return nullptr;
    at = SkipCharacter(scan.encoding, at, scan.end);
  }
  return at;
}

// The shortest gram at scan->begin; the word itself where not even the first gram fits.
static bool FirstGram(VsGramScan* scan) {
  scan->stop = Skip(*scan, scan->begin, scan->min);
  scan->characters = scan->min;
  if (scan->stop == nullptr && !scan->moved && scan->begin < scan->end) {
    scan->stop = scan->end;
    scan->characters = scan->max;
    scan->edge = true;
  }
  return scan->stop != nullptr;
}

bool vs_grams_next(VsGramScan* scan, VsGram* gram) {
  bool given = false;
  if (scan->stop == nullptr) {
    given = FirstGram(scan);
  } else if (scan->characters < scan->max && scan->stop < scan->end) {
    scan->stop = SkipCharacter(scan->encoding, scan->stop, scan->end);
    ++scan->characters;
    scan->moved = false;
    given = true;
  } else if (!scan->edge) {
    scan->begin = SkipCharacter(scan->encoding, scan->begin, scan->end);
    scan->moved = true;
    given = FirstGram(scan);
  }
  if (!given) {
    scan->begin = scan->end;
    scan->moved = true;
    scan->stop = nullptr;
    return false;
  }
  *gram = VsGram{scan->begin, static_cast<size_t>(scan->stop - scan->begin), scan->moved};
  return true;
}
