// SPDX-License-Identifier: PostgreSQL
//
// jsonpath.cpp - a filter as PostgreSQL's jsonpath.
//
//   a.b = 1 OR NOT c > 2    strict exists($ ? (@."a"."b" == 1 || !exists(@ ? (@."c" > 2))))
//
// In jsonpath a comparison is true, false or unknown; unknown if the field is missing or of another
// type (strict, so that arrays are not opened on the way).  A filter "? (...)" keeps what is true,
// so exists(@ ? (...)) is unknown no more: this is what the whole and whatever is negated stands
// in.  The server finds == in such expressions, below && || and exists, and looks it up in GIN
// indexes.
//
// Relies on the tree being right: values are read again from the filter's text, without a check.
#include "core/filter/tree.h"

#include <string.h>

namespace vecstore::filter {
namespace {

// Longer chains are written as balanced trees, since the server recurses on their depth.
constexpr uint32_t kFlatChain = 8;

constexpr char kDigitZero = '0';
constexpr Text kZero = {&kDigitZero, &kDigitZero + 1};

// A place in a field's path; only the first name has no dot before it.
struct Path {
  Scanner at;
  bool first;
};

class Writer {
 public:
  Writer(const char* filter, size_t size, GrowArray<Node>& nodes, const Memory& memory)
      : begin_(filter), end_(filter + size), nodes_(nodes) {
    out_.Init(memory);
  }

  void Write(uint32_t root) {
    out_.Reserve(64 + 2 * static_cast<size_t>(end_ - begin_));
    Put("strict exists($ ? (");
    WriteNode(root);
    Put("))");
    out_.Push('\0');
  }
  const char* text() const { return out_.data(); }
  size_t length() const { return out_.size() - 1; }

 private:
  void Put(Text text) {
    if (text.size() == 0) return;
    const size_t at = out_.size();
    out_.Extend(text.size());
    memcpy(out_.data() + at, text.begin, text.size());
  }
  void Put(const char* text) { Put({text, text + strlen(text)}); }
  Scanner At(uint32_t offset) const { return Scanner(begin_ + offset, end_); }

  void WriteNode(uint32_t index);
  void WriteCondition(const Node& node);
  int OpenArrays(Path* path);
  void PassNames(Path* path, bool write);
  void WriteComparison(Path path, const char* sign, const Node& node);
  void WriteContains(Path path, const Node& node);
  void WriteOneOf(Path path, const Node& node);
  Value ReadValue(const Node& node) const;
  void WriteValue(const Value& value);
  void WriteNumber(Text number);
  void WriteString(Text text);
  void WriteCharacters(Text text);

  // n things with `sign` between them; write_one writes the next one.
  template <class WriteOne>
  void WriteChain(uint32_t n, const char* sign, const WriteOne& write_one) {
    if (n <= kFlatChain) {
      for (uint32_t i = 0; i < n; ++i) {
        if (i > 0) Put(sign);
        write_one();
      }
      return;
    }
    Put("(");
    WriteChain(n / 2, sign, write_one);
    Put(")");
    Put(sign);
    Put("(");
    WriteChain(n - n / 2, sign, write_one);
    Put(")");
  }

  const char* begin_;
  const char* end_;
  GrowArray<Node>& nodes_;
  GrowArray<char> out_;
};

void Writer::WriteNode(uint32_t index) {
  const Node& node = nodes_[index];
  if (node.negated) Put("!exists(@ ? (");
  if (node.op == Op::kAnd || node.op == Op::kOr) {
    uint32_t child = node.first;
    WriteChain(node.count, node.op == Op::kAnd ? " && " : " || ", [&] {
      const bool grouped = nodes_[child].op <= Op::kOr && !nodes_[child].negated;
      if (grouped) Put("(");
      WriteNode(child);
      if (grouped) Put(")");
      child = nodes_[child].next;
    });
  } else {
    WriteCondition(node);
  }
  if (node.negated) Put("))");
}

void Writer::WriteCondition(const Node& node) {
  Path path = {At(node.field), true};
  const int opened = OpenArrays(&path);
  switch (node.op) {
    case Op::kEqual: WriteComparison(path, " == ", node); break;
    case Op::kLess: WriteComparison(path, " < ", node); break;
    case Op::kLessEqual: WriteComparison(path, " <= ", node); break;
    case Op::kGreater: WriteComparison(path, " > ", node); break;
    case Op::kGreaterEqual: WriteComparison(path, " >= ", node); break;
    case Op::kStartsWith: WriteComparison(path, " starts with ", node); break;
    case Op::kContains: WriteContains(path, node); break;
    case Op::kIn:
    case Op::kNotEqual:
    case Op::kNotIn: WriteOneOf(path, node); break;
    case Op::kAnd:
    case Op::kOr: break;
  }
  for (int i = 0; i < opened; ++i) Put("))");
}

// Begins a filter on each element for every [*] of the path, moves behind the last and returns how
// many they were.
int Writer::OpenArrays(Path* path) {
  for (int opened = 0;; ++opened) {
    Path ahead = *path;
    PassNames(&ahead, false);
    if (!ahead.at.AcceptStar()) return opened;
    Put("exists(");
    PassNames(path, true);
    path->at.AcceptStar();
    Put("[*] ? (");
  }
}

// Moves to the next [*] or the end of the path; writes the names as @."a"."b" if they are wanted.
void Writer::PassNames(Path* path, bool write) {
  Text name = {};
  if (write) Put("@");
  for (; path->first || path->at.Peek() == '.'; path->first = false) {
    if (!path->first) path->at.Accept('.');
    path->at.ReadName(&name);
    if (write) {
      Put(".");
      WriteString(name);
    }
  }
}

void Writer::WriteComparison(Path path, const char* sign, const Node& node) {
  PassNames(&path, true);
  Put(sign);
  WriteValue(ReadValue(node));
}

// A text that has the value in it, or an array that has it as an element.
void Writer::WriteContains(Path path, const Node& node) {
  const Value value = ReadValue(node);
  const bool in_text = value.kind == ValueKind::kString || value.kind == ValueKind::kWord;
  if (in_text) {
    Path same = path;
    Put("(");
    PassNames(&same, true);
    Put(" like_regex ");
    WriteValue(value);
    Put(" flag \"q\" || ");
  }
  Put("exists(");
  PassNames(&path, true);
  Put("[*] ? (@ == ");
  WriteValue(value);
  Put(in_text ? ")))" : "))");
}

// IN, and what is false of a missing field although it says "not".
void Writer::WriteOneOf(Path path, const Node& node) {
  const bool negated = node.op != Op::kIn;
  Put("exists(");
  PassNames(&path, true);
  Put(negated ? " ? (!exists(@ ? (" : " ? (");
  if (node.op == Op::kNotEqual) {
    Put("@ == ");
    WriteValue(ReadValue(node));
  } else if (node.count == 0) {
    Put("!exists(@)");  // false
  } else {
    Scanner list = At(node.value);
    WriteChain(node.count, " || ", [&] {
      Value value = {};
      list.SkipSpace();
      list.ReadValue(&value);
      list.Accept(',');
      Put("@ == ");
      WriteValue(value);
    });
  }
  Put(negated ? "))))" : "))");
}

Value Writer::ReadValue(const Node& node) const {
  Value value = {};
  At(node.value).ReadValue(&value);
  return value;
}

void Writer::WriteValue(const Value& value) {
  switch (value.kind) {
    case ValueKind::kTrue: Put("true"); break;
    case ValueKind::kFalse: Put("false"); break;
    case ValueKind::kNull: Put("null"); break;
    case ValueKind::kNumber: WriteNumber(value.text); break;
    case ValueKind::kString:
    case ValueKind::kWord: WriteString(value.text); break;
  }
}

// Without what JSON does not have: 007 .5 5.
void Writer::WriteNumber(Text number) {
  const char* at = number.begin;
  if (*at == '-') Put({at, at + 1});
  if (*at == '-') ++at;
  while (at != number.end && *at == '0') ++at;
  const char* whole = at;
  while (at != number.end && IsDigit(*at)) ++at;
  Put(at == whole ? kZero : Text{whole, at});

  if (at == number.end) return;
  if (*at == '.') {
    const char* point = at++;
    while (at != number.end && IsDigit(*at)) ++at;
    if (at > point + 1) Put({point, at});
  }
  Put({at, number.end});
}

// A name, word or string, in double quotes.
void Writer::WriteString(Text text) {
  const bool quoted = *text.begin == '"' || *text.begin == '\'';
  Put("\"");
  WriteCharacters(quoted ? Text{text.begin + 1, text.end - 1} : text);
  Put("\"");
}

// The inside of a string.  What could end it, or is not allowed in it, leaves here as an escape.
void Writer::WriteCharacters(Text text) {
  static const char hex[] = "0123456789abcdef";
  const char* kept = text.begin;
  for (const char* at = text.begin; at != text.end; ++at) {
    const unsigned char c = static_cast<unsigned char>(*at);
    if (c == '\\') {
      ++at;
      if (*at != '\'') continue;
      Put({kept, at - 1});  // \' is known to the filter language only
      kept = at;
    } else if (c == '"' || c < ' ') {
      const char escape[] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
      Put({kept, at});
      Put({escape, escape + sizeof(escape)});
      kept = at + 1;
    }
  }
  Put({kept, text.end});
}

}  // namespace
}  // namespace vecstore::filter

using namespace vecstore::filter;

extern "C" VsFilterStatus vs_filter_to_jsonpath(const char* filter, size_t size,
                                                const VsFilterHost* host, VsFilterResult* result) {
  *result = {};
  if (size > VS_FILTER_MAX_SIZE) return VS_FILTER_TOO_LONG;

  const vecstore::Memory memory = {host->context, host->grow};
  Parser parser(filter, size, memory);
  uint32_t root = 0;
  if (const VsFilterStatus status = parser.Parse(&root)) {
    const Text failure = parser.failure();
    result->at = static_cast<size_t>(failure.begin - filter);
    result->token = failure.size();
    return status;
  }
  Writer writer(filter, size, parser.nodes(), memory);
  writer.Write(root);
  result->jsonpath = writer.text();
  result->length = writer.length();
  return VS_FILTER_OK;
}

static_assert(std::is_trivially_destructible_v<Parser> && std::is_trivially_destructible_v<Writer>,
              "both are alive when the host's grow does not return");
