// SPDX-License-Identifier: PostgreSQL
//
// tree.h - a filter as a tree of conditions, and the parser that makes it.
//
// Owns: nothing.  The tree is an array of nodes that lead to each other by index and to the text by
// offset, so that it may be moved by realloc and dropped by longjmp.
#ifndef VECSTORE_CORE_FILTER_TREE_H
#define VECSTORE_CORE_FILTER_TREE_H

#include <stdint.h>

#include "bridge/filter.h"
#include "core/base/grow_array.h"
#include "core/filter/scanner.h"

namespace vecstore::filter {

enum class Op : uint8_t {
  kAnd,  // of its children
  kOr,
  kEqual,  // from here on: conditions on a field
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kContains,
  kIn,
  kNotIn,
  kStartsWith
};

struct Node {
  Op op;
  bool negated;
  uint32_t count;  // children, or elements of a list
  uint32_t first;  // child
  uint32_t next;   // child of the same parent
  uint32_t field;  // offsets in the filter
  uint32_t value;  // of a list: of its first element
};

class Parser {
 public:
  Parser(const char* filter, size_t size, const Memory& memory)
      : begin_(filter), scanner_(filter, filter + size) {
    nodes_.Init(memory);
  }

  // The whole text, or what is wrong, at failure().
  VsFilterStatus Parse(uint32_t* root);
  GrowArray<Node>& nodes() { return nodes_; }
  Text failure() const { return scanner_.Token(); }

 private:
  VsFilterStatus ParseChain(Op op, int depth, uint32_t* index);
  VsFilterStatus ParseUnary(int depth, uint32_t* index);
  VsFilterStatus ParseCondition(uint32_t* index);
  VsFilterStatus ParseField();
  VsFilterStatus ParseOperator(Op* op);
  VsFilterStatus ParseOperand(Node* node);
  VsFilterStatus ParseList(Node* node);
  // Where the scanner stands.
  uint32_t Offset() const { return static_cast<uint32_t>(scanner_.at() - begin_); }

  const char* begin_;
  Scanner scanner_;
  GrowArray<Node> nodes_;
};

}  // namespace vecstore::filter

#endif
