// SPDX-License-Identifier: PostgreSQL
//
// scanner.cpp - words, strings and numbers of the filter language.
//
// Relies on ASCII being ASCII in every server encoding, and on nothing else about the encoding.
#include "core/filter/scanner.h"

namespace vecstore::filter {
namespace {

// What the type numeric can hold: digits before and after the decimal point.
constexpr long kMaxWholeDigits = 131072;
constexpr long kMaxFractionDigits = 16383;
// Greater than any exponent that can be in range, and far from overflow.
constexpr long kExponentCap = 1000000;

char Upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

bool Equal(Text text, const char* word) {
  for (const char* at = text.begin; at != text.end; ++at, ++word)
    if (Upper(*at) != *word) return false;
  return *word == '\0';
}

// Words that mean something and are neither names nor values, unless in quotes.
bool IsReserved(Text word) {
  static constexpr const char* kReserved[] = {"AND", "OR", "NOT", "IN", "CONTAINS", "STARTSWITH"};
  for (const char* reserved : kReserved)
    if (Equal(word, reserved)) return true;
  return false;
}

int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  c = Upper(c);
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// The four digits after \u, or -1.
int HexCode(const Scanner& at) {
  int code = 0;
  for (size_t i = 2; i < 6; ++i) {
    const int digit = HexDigit(at.Peek(i));
    if (digit < 0) return -1;
    code = code * 16 + digit;
  }
  return code;
}

bool IsHighSurrogate(int code) { return code >= 0xd800 && code < 0xdc00; }
bool IsLowSurrogate(int code) { return code >= 0xdc00 && code < 0xe000; }

}  // namespace

bool Scanner::Accept(char sign) {
  SkipSpace();
  if (done() || *at_ != sign) return false;
  ++at_;
  return true;
}

bool Scanner::AcceptWord(const char* word) {
  SkipSpace();
  const char* begin = at_;
  if (Equal(ReadWord(), word)) return true;
  at_ = begin;
  return false;
}

bool Scanner::AcceptStar() {
  if (Peek() != '[' || Peek(1) != '*' || Peek(2) != ']') return false;
  at_ += 3;
  return true;
}

Text Scanner::ReadSigns() {
  const char* begin = at_;
  while (Peek() == '=' || Peek() == '<' || Peek() == '>' || Peek() == '!') ++at_;
  return {begin, at_};
}

// Letters and digits, the first a letter; empty if there is none.
Text Scanner::ReadWord() {
  const char* begin = at_;
  if (IsLetter(Peek()))
    while (IsLetter(Peek()) || IsDigit(Peek())) ++at_;
  return {begin, at_};
}

VsFilterStatus Scanner::ReadName(Text* name) {
  const char* begin = at_;
  if (Peek() == '"' || Peek() == '\'') {
    if (const VsFilterStatus status = ReadString()) return status;
  } else {
    const Text word = ReadWord();
    if (word.size() == 0 || IsReserved(word)) {
      at_ = begin;
      return VS_FILTER_WANT_NAME;
    }
  }
  *name = {begin, at_};
  return VS_FILTER_OK;
}

VsFilterStatus Scanner::ReadValue(Value* value) {
  const char* begin = at_;
  const char first = Peek();
  VsFilterStatus status = VS_FILTER_OK;
  if (first == '"' || first == '\'') {
    value->kind = ValueKind::kString;
    status = ReadString();
  } else if (first == '-' || first == '.' || IsDigit(first)) {
    value->kind = ValueKind::kNumber;
    status = ReadNumber();
  } else {
    const Text word = ReadWord();
    value->kind = Equal(word, "TRUE")    ? ValueKind::kTrue
                  : Equal(word, "FALSE") ? ValueKind::kFalse
                  : Equal(word, "NULL")  ? ValueKind::kNull
                                         : ValueKind::kWord;
    if (word.size() == 0 || IsReserved(word)) {
      at_ = begin;
      status = VS_FILTER_WANT_VALUE;
    }
  }
  value->text = {begin, at_};
  return status;
}

// A string in quotes of either kind.  One that does not end is a mistake where it begins.
VsFilterStatus Scanner::ReadString() {
  const char* begin = at_;
  const char quote = *at_++;
  while (!done() && *at_ != quote) {
    if (*at_ != '\\') {
      ++at_;
    } else if (const VsFilterStatus status = ReadEscape()) {
      return status;
    }
  }
  if (done()) {
    at_ = begin;
    return VS_FILTER_OPEN_STRING;
  }
  ++at_;
  return VS_FILTER_OK;
}

VsFilterStatus Scanner::ReadEscape() {
  switch (Peek(1)) {
    case 'n': case 't': case 'r': case 'b': case 'f':
    case '\\': case '/': case '"': case '\'':
      at_ += 2;
      return VS_FILTER_OK;
    case 'u':
      return ReadUnicode();
    default:
      return VS_FILTER_BAD_ESCAPE;
  }
}

// \uXXXX, or two of them for a character beyond 16 bits.
VsFilterStatus Scanner::ReadUnicode() {
  const int code = HexCode(*this);
  if (code <= 0 || IsLowSurrogate(code)) return VS_FILTER_BAD_ESCAPE;
  if (IsHighSurrogate(code)) {
    Scanner second(at_, end_);
    second.at_ += 6;
    if (second.Peek() != '\\' || second.Peek(1) != 'u' || !IsLowSurrogate(HexCode(second)))
      return VS_FILTER_BAD_ESCAPE;
    at_ += 6;
  }
  at_ += 6;
  return VS_FILTER_OK;
}

VsFilterStatus Scanner::ReadNumber() {
  const char* begin = at_;
  long whole = 0;
  long fraction = 0;
  if (Peek() == '-') ++at_;
  for (; IsDigit(Peek()); ++at_) ++whole;
  if (Peek() == '.')
    for (++at_; IsDigit(Peek()); ++at_) ++fraction;

  VsFilterStatus status = whole + fraction == 0 ? VS_FILTER_BAD_NUMBER
                                                : ReadExponent(whole, fraction);
  if (!status && (IsLetter(Peek()) || IsDigit(Peek()) || Peek() == '.'))
    status = VS_FILTER_BAD_NUMBER;
  if (status) at_ = begin;
  return status;
}

VsFilterStatus Scanner::ReadExponent(long whole_digits, long fraction_digits) {
  long exponent = 0;
  if (Peek() == 'e' || Peek() == 'E') {
    ++at_;
    const bool negative = Peek() == '-';
    if (negative || Peek() == '+') ++at_;
    if (!IsDigit(Peek())) return VS_FILTER_BAD_NUMBER;
    for (; IsDigit(Peek()); ++at_)
      if (exponent < kExponentCap) exponent = exponent * 10 + (*at_ - '0');
    if (negative) exponent = -exponent;
  }
  whole_digits += exponent;
  fraction_digits -= exponent;
  return whole_digits > kMaxWholeDigits || fraction_digits > kMaxFractionDigits
             ? VS_FILTER_HUGE_NUMBER
             : VS_FILTER_OK;
}

Text Scanner::Token() const {
  Scanner token(at_, end_);
  if (Peek() == '"' || Peek() == '\'') {
    if (token.ReadString()) token.at_ = end_;
  } else if (Peek() == '\\') {
    token.at_ += Peek(1) == '\0' ? 1 : 2;
  } else if (IsLetter(Peek()) || IsDigit(Peek()) || Peek() == '-' || Peek() == '.') {
    do ++token.at_;
    while (IsLetter(token.Peek()) || IsDigit(token.Peek()) || token.Peek() == '.');
  } else if (token.ReadSigns().size() == 0 && !done()) {
    ++token.at_;
  }
  return {at_, token.at_};
}

}  // namespace vecstore::filter
