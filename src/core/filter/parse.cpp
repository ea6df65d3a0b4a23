// SPDX-License-Identifier: PostgreSQL
//
// parse.cpp - the grammar of filters, by recursive descent.
//
// A function returns a status as soon as there is one, and leaves the scanner at the mistake.  Only
// parentheses nest; a sequence of NOT, AND or OR of any length takes no stack.
#include "core/filter/tree.h"

namespace vecstore::filter {
namespace {

struct Sign {
  const char* text;
  Op op;
};

constexpr Sign kSigns[] = {
    {"=", Op::kEqual},      {"!=", Op::kNotEqual}, {"<", Op::kLess},
    {"<=", Op::kLessEqual}, {">", Op::kGreater},   {">=", Op::kGreaterEqual},
};

bool Equal(Text text, const char* sign) {
  for (const char* at = text.begin; at != text.end; ++at, ++sign)
    if (*at != *sign) return false;
  return *sign == '\0';
}

bool IsOrder(Op op) { return op >= Op::kLess && op <= Op::kGreaterEqual; }

// Whether a value makes sense after the operator.
VsFilterStatus CheckValue(Op op, const Value& value) {
  const bool is_string = value.kind == ValueKind::kString || value.kind == ValueKind::kWord;
  if (IsOrder(op) && !is_string && value.kind != ValueKind::kNumber) return VS_FILTER_WANT_ORDERED;
  if (op == Op::kStartsWith && !is_string) return VS_FILTER_WANT_STRING;
  const size_t quotes = value.kind == ValueKind::kString ? 2 : 0;
  if (op == Op::kContains && is_string && value.text.size() - quotes > VS_FILTER_MAX_SEARCHED)
    return VS_FILTER_SEARCH_TOO_LONG;
  return VS_FILTER_OK;
}

}  // namespace

VsFilterStatus Parser::Parse(uint32_t* root) {
  scanner_.SkipSpace();
  if (scanner_.done()) return VS_FILTER_EMPTY;
  if (const VsFilterStatus status = ParseChain(Op::kOr, 0, root)) return status;
  scanner_.SkipSpace();
  return scanner_.done() ? VS_FILTER_OK : VS_FILTER_WANT_END;
}

// Conditions joined by OR, each of them conditions joined by AND.  One alone needs no node.
VsFilterStatus Parser::ParseChain(Op op, int depth, uint32_t* index) {
  uint32_t last;
  const auto parse_next = [&](uint32_t* next) {
    return op == Op::kOr ? ParseChain(Op::kAnd, depth, next) : ParseUnary(depth, next);
  };
  if (const VsFilterStatus status = parse_next(index)) return status;

  last = *index;
  for (bool alone = true; scanner_.AcceptWord(op == Op::kOr ? "OR" : "AND"); alone = false) {
    uint32_t next;
    if (const VsFilterStatus status = parse_next(&next)) return status;
    nodes_[last].next = next;
    last = next;
    if (alone) {
      nodes_.Push({op, false, 1, *index, 0, 0, 0});
      *index = static_cast<uint32_t>(nodes_.size() - 1);
    }
    ++nodes_[*index].count;
  }
  return VS_FILTER_OK;
}

VsFilterStatus Parser::ParseUnary(int depth, uint32_t* index) {
  bool negated = false;
  while (scanner_.AcceptWord("NOT")) negated = !negated;

  VsFilterStatus status;
  scanner_.SkipSpace();
  if (scanner_.Peek() == '(' && depth == VS_FILTER_MAX_DEPTH) return VS_FILTER_TOO_DEEP;
  if (scanner_.Accept('(')) {
    status = ParseChain(Op::kOr, depth + 1, index);
    if (!status && !scanner_.Accept(')')) status = VS_FILTER_WANT_CLOSE;
  } else {
    status = ParseCondition(index);
  }
  if (!status) nodes_[*index].negated ^= negated;
  return status;
}

VsFilterStatus Parser::ParseCondition(uint32_t* index) {
  Node node = {};
  node.field = Offset();
  if (const VsFilterStatus status = ParseField()) return status;
  if (const VsFilterStatus status = ParseOperator(&node.op)) return status;
  if (const VsFilterStatus status = ParseOperand(&node)) return status;
  nodes_.Push(node);
  *index = static_cast<uint32_t>(nodes_.size() - 1);
  return VS_FILTER_OK;
}

// name.name[*].name
VsFilterStatus Parser::ParseField() {
  Text name;
  VsFilterStatus status = scanner_.ReadName(&name);
  if (status == VS_FILTER_WANT_NAME) return VS_FILTER_WANT_CONDITION;
  for (int steps = 1; !status && (scanner_.Peek() == '.' || scanner_.Peek() == '['); ++steps) {
    if (steps == VS_FILTER_MAX_STEPS) return VS_FILTER_PATH_TOO_LONG;
    if (scanner_.Peek() == '[') {
      if (!scanner_.AcceptStar()) return VS_FILTER_WANT_STAR;
    } else {
      scanner_.Accept('.');
      status = scanner_.ReadName(&name);
    }
  }
  return status;
}

VsFilterStatus Parser::ParseOperator(Op* op) {
  if (scanner_.AcceptWord("NOT")) {
    *op = Op::kNotIn;
    return scanner_.AcceptWord("IN") ? VS_FILTER_OK : VS_FILTER_WANT_IN;
  }
  *op = scanner_.AcceptWord("IN")           ? Op::kIn
        : scanner_.AcceptWord("CONTAINS")   ? Op::kContains
        : scanner_.AcceptWord("STARTSWITH") ? Op::kStartsWith
                                            : Op::kAnd;
  if (*op != Op::kAnd) return VS_FILTER_OK;

  Scanner ahead = scanner_;
  const Text signs = ahead.ReadSigns();
  for (const Sign& sign : kSigns) {
    if (Equal(signs, sign.text)) {
      scanner_ = ahead;
      *op = sign.op;
      return VS_FILTER_OK;
    }
  }
  return VS_FILTER_WANT_OPERATOR;
}

VsFilterStatus Parser::ParseOperand(Node* node) {
  if (node->op == Op::kIn || node->op == Op::kNotIn) return ParseList(node);

  scanner_.SkipSpace();
  const Scanner before = scanner_;
  node->value = Offset();
  Value value;
  VsFilterStatus status = scanner_.ReadValue(&value);
  if (!status && (status = CheckValue(node->op, value))) scanner_ = before;
  return status;
}

// [1, 'two', null], with a comma at the end or without; may be empty.
VsFilterStatus Parser::ParseList(Node* node) {
  if (!scanner_.Accept('[')) return VS_FILTER_WANT_LIST;
  scanner_.SkipSpace();
  node->value = Offset();
  while (!scanner_.Accept(']')) {
    Value value;
    if (const VsFilterStatus status = scanner_.ReadValue(&value)) return status;
    ++node->count;
    if (!scanner_.Accept(',') && scanner_.Peek() != ']') return VS_FILTER_WANT_COMMA;
  }
  return VS_FILTER_OK;
}

}  // namespace vecstore::filter
