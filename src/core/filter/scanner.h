// SPDX-License-Identifier: PostgreSQL
//
// scanner.h - words, strings and numbers of the filter language.
//
// Owns: nothing.  A scanner is a position in a text that somebody else keeps.  Each Read function
// stands before what it reads; it moves past it, or to the mistake, and says what that is.
#ifndef VECSTORE_CORE_FILTER_SCANNER_H
#define VECSTORE_CORE_FILTER_SCANNER_H

#include <stddef.h>

#include "bridge/filter.h"

namespace vecstore::filter {

// A part of the filter, or of what is written.
struct Text {
  const char* begin;
  const char* end;
  size_t size() const { return static_cast<size_t>(end - begin); }
};

enum class ValueKind { kString, kNumber, kWord, kTrue, kFalse, kNull };

struct Value {
  ValueKind kind;
  Text text;  // as in the filter: a string with its quotes
};

inline bool IsDigit(char c) { return c >= '0' && c <= '9'; }
// Of a name.  All bytes of characters beyond ASCII count as letters: no encoding is decoded here.
inline bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

class Scanner {
 public:
  Scanner(const char* begin, const char* end) : at_(begin), end_(end) {}

  const char* at() const { return at_; }
  bool done() const { return at_ == end_; }
  // The character here, or a NUL, which no filter has, at the end.
  char Peek(size_t ahead = 0) const {
    return static_cast<size_t>(end_ - at_) > ahead ? at_[ahead] : '\0';
  }
  void SkipSpace() {
    while (Peek() == ' ' || (Peek() >= '\t' && Peek() <= '\r')) ++at_;
  }
  // Moves past space and then `sign`, if it is there.
  bool Accept(char sign);
  // The same for a word in any case; `word` is in capitals.
  bool AcceptWord(const char* word);

  // Moves past [*], if it is right here.
  bool AcceptStar();

  // The run of = < > ! here; may be empty.
  Text ReadSigns();
  // A name, bare or in quotes, of a field.
  VsFilterStatus ReadName(Text* name);
  VsFilterStatus ReadValue(Value* value);
  // The word, number, string or sign here, for a message.
  Text Token() const;

 private:
  Text ReadWord();
  VsFilterStatus ReadString();
  VsFilterStatus ReadEscape();
  VsFilterStatus ReadUnicode();
  VsFilterStatus ReadNumber();
  VsFilterStatus ReadExponent(long whole_digits, long fraction_digits);

  const char* at_;
  const char* end_;
};

}  // namespace vecstore::filter

#endif
