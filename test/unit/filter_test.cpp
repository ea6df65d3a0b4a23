// SPDX-License-Identifier: PostgreSQL
//
// filter_test.cpp - filters to jsonpath without a server: the text that is written, where mistakes
// are, sizes, and a host that leaves in the middle.  What the text means is for the server's tests.

#include <csetjmp>
#include <string>

#include <gtest/gtest.h>

#include "bridge/filter.h"
#include "paged_index.h"

namespace {

struct Host {
  hnsw_test::Arena arena;
  long calls_left = -1;  // then it leaves; negative: never
  std::jmp_buf out;
  VsFilterHost host = {this, [](void* context, void* old, size_t old_bytes, size_t new_bytes) {
                         Host* self = static_cast<Host*>(context);
                         if (self->calls_left-- == 0) std::longjmp(self->out, 1);
                         return self->arena.Grow(old, old_bytes, new_bytes);
                       }};
};

std::string Translate(const std::string& filter) {
  Host host;
  VsFilterResult result;
  const VsFilterStatus status =
      vs_filter_to_jsonpath(filter.data(), filter.size(), &host.host, &result);
  if (status == VS_FILTER_OK) return std::string(result.jsonpath, result.length);
  return std::to_string(status) + " at " + std::to_string(result.at) + ": " +
         filter.substr(result.at, result.token);
}

std::string Whole(const std::string& condition) { return "strict exists($ ? (" + condition + "))"; }

std::string Mistake(VsFilterStatus status, size_t at, const std::string& token) {
  return std::to_string(status) + " at " + std::to_string(at) + ": " + token;
}

TEST(Filter, WritesComparisonsThatIndexesUnderstand) {
  EXPECT_EQ(Translate("a=1"), Whole("@.\"a\" == 1"));
  EXPECT_EQ(Translate("a.\"b c\" >= -0012.500e+3"), Whole("@.\"a\".\"b c\" >= -12.500e+3"));
  EXPECT_EQ(Translate("a[*] = x"), Whole("exists(@.\"a\"[*] ? (@ == \"x\"))"));
  EXPECT_EQ(Translate("a IN [1,null]"), Whole("exists(@.\"a\" ? (@ == 1 || @ == null))"));
  EXPECT_EQ(Translate("not a<1 Or b>2"), Whole("!exists(@ ? (@.\"a\" < 1)) || @.\"b\" > 2"));
}

TEST(Filter, KeepsStringsClosed) {
  EXPECT_EQ(Translate("a = 'x\"y\\'z\\\\'"), Whole("@.\"a\" == \"x\\u0022y'z\\\\\""));
  EXPECT_EQ(Translate("'\"' = \"\x01\x1f\""), Whole("@.\"\\u0022\" == \"\\u0001\\u001f\""));
  EXPECT_EQ(Translate("a = '\\\"'"), Whole("@.\"a\" == \"\\\"\""));
}

TEST(Filter, BalancesLongChains) {
  std::string list = "1", filter = "a = 1";
  for (int i = 0; i < 99999; ++i) {
    list += ",1";
    filter += " OR a=1";
  }
  for (const std::string& text : {"a IN [" + list + "]", filter}) {
    int depth = 0, deepest = 0;
    for (char c : Translate(text)) {
      depth += (c == '(') - (c == ')');
      deepest = std::max(deepest, depth);
    }
    EXPECT_EQ(depth, 0);
    EXPECT_LE(deepest, 4 + 17);
  }
}

TEST(Filter, FindsMistakes) {
  EXPECT_EQ(Translate(""), Mistake(VS_FILTER_EMPTY, 0, ""));
  EXPECT_EQ(Translate("a = 1 garbage"), Mistake(VS_FILTER_WANT_END, 6, "garbage"));
  EXPECT_EQ(Translate("a = 1) OR b = 2"), Mistake(VS_FILTER_WANT_END, 5, ")"));
  EXPECT_EQ(Translate("a = 1 AND (b"), Mistake(VS_FILTER_WANT_OPERATOR, 12, ""));
  EXPECT_EQ(Translate("a == 1"), Mistake(VS_FILTER_WANT_OPERATOR, 2, "=="));
  EXPECT_EQ(Translate("a = \"x"), Mistake(VS_FILTER_OPEN_STRING, 4, "\"x"));
  EXPECT_EQ(Translate("a = \"\\"), Mistake(VS_FILTER_BAD_ESCAPE, 5, "\\"));
  EXPECT_EQ(Translate("a = 1e5x"), Mistake(VS_FILTER_BAD_NUMBER, 4, "1e5x"));
  EXPECT_EQ(Translate(std::string("a = 1\0", 6)), Mistake(VS_FILTER_WANT_END, 5, std::string(1, 0)));
}

TEST(Filter, HasLimits) {
  const std::string longest(VS_FILTER_MAX_SIZE - 6, 'x');
  EXPECT_EQ(Translate("a = '" + longest + "'"), Whole("@.\"a\" == \"" + longest + "\""));
  EXPECT_EQ(Translate("a = 'x" + longest + "'"), Mistake(VS_FILTER_TOO_LONG, 0, ""));
  const std::string open(VS_FILTER_MAX_DEPTH, '('), close(VS_FILTER_MAX_DEPTH, ')');
  EXPECT_EQ(Translate(open + "a=1" + close), Whole("@.\"a\" == 1"));
  EXPECT_EQ(Translate("(" + open), Mistake(VS_FILTER_TOO_DEEP, VS_FILTER_MAX_DEPTH, "("));
}

TEST(Filter, HostMayLeave) {
  std::string filter = "a = 1";
  for (int i = 0; i < 500; ++i) filter += " AND \"\x01\x01\x01\x01\" IN [1, 2]";
  bool done = false;
  long call = 0;
  for (; !done; ++call) {
    Host host;
    host.calls_left = call;
    if (setjmp(host.out) == 0) {
      VsFilterResult result;
      done = vs_filter_to_jsonpath(filter.data(), filter.size(), &host.host, &result) == VS_FILTER_OK;
    }
  }
  EXPECT_GT(call, 3);
}

}  // namespace
