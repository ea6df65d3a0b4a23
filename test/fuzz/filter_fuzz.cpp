// SPDX-License-Identifier: PostgreSQL
//
// filter_fuzz.cpp - any text, given to the translator of filters.
//
// Checks beyond memory safety: a mistake lies in the text; a translation is a sequence of what the
// language may write and nothing else, with strings that hold no quote, control character or unknown
// escape, and brackets that match; it grows with the text, and is the same after spaces around it.
#include "bridge/filter.h"

#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

void Expect(bool condition) {
  if (!condition) std::abort();
}

// Memory that is given back when the input is done with.
struct Blocks {
  std::vector<void*> blocks;
  ~Blocks() {
    for (void* block : blocks) std::free(block);
  }
  static void* Grow(void* context, void* old, size_t old_bytes, size_t new_bytes) {
    auto& blocks = static_cast<Blocks*>(context)->blocks;
    Expect(new_bytes > old_bytes && (old != nullptr) == (old_bytes > 0));
    void* block = std::malloc(new_bytes);  // always elsewhere
    if (old != nullptr) {
      std::memcpy(block, old, old_bytes);
      std::memset(old, 0xee, old_bytes);
    }
    blocks.push_back(block);
    return block;
  }
};

struct Translation {
  VsFilterStatus status;
  std::string jsonpath;
};

Translation Translate(const std::string& text) {
  Blocks blocks;
  const VsFilterHost host = {&blocks, Blocks::Grow};
  VsFilterResult result;
  const VsFilterStatus status = vs_filter_to_jsonpath(text.data(), text.size(), &host, &result);
  if (status != VS_FILTER_OK) {
    Expect(result.at <= text.size() && result.token <= text.size() - result.at);
    return {status, ""};
  }
  Expect(std::strlen(result.jsonpath) == result.length);
  return {status, std::string(result.jsonpath, result.length)};
}

// From an opening quote to behind the closing one.
size_t PassString(const std::string& path, size_t at) {
  for (++at; path.at(at) != '"'; ++at) {
    Expect(static_cast<unsigned char>(path[at]) >= ' ');
    if (path[at] == '\\') Expect(std::strchr("ntrbf\\/\"u", path.at(++at)) != nullptr);
  }
  return at + 1;
}

size_t PassNumber(const std::string& path, size_t at) {
  char* end;
  std::strtod(path.c_str() + at, &end);
  const size_t next = static_cast<size_t>(end - path.c_str());
  Expect(next > at);
  Expect(path[at] != '0' || path.find_first_of("123456789", at) != at + 1);
  return next;
}

void CheckTranslation(const std::string& path) {
  static const char* const kWritten[] = {
      "exists(", "!", "$ ? (", "@", ".", "[*]", " ? (", " && ", " || ", " == ", " < ", " <= ",
      " > ", " >= ", " starts with ", " like_regex ", " flag ", "true", "false", "null", "(", ")"};
  int open = 0;
  size_t at = std::strlen("strict exists($ ? (");
  Expect(path.compare(0, at, "strict exists($ ? (") == 0);
  for (open = 2; at < path.size();) {
    size_t next = at;
    if (path[at] == '"') {
      next = PassString(path, at);
    } else if (path[at] == '-' || (path[at] >= '0' && path[at] <= '9')) {
      next = PassNumber(path, at);
    } else {
      for (const char* written : kWritten)
        if (next == at && path.compare(at, std::strlen(written), written) == 0)
          next += std::strlen(written);
    }
    Expect(next > at);
    if (path[next - 1] == '(') ++open;
    if (path[at] == ')') Expect(--open > 0 || next == path.size());
    at = next;
  }
  Expect(open == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // A text of the server has no NUL.
  const size_t length = strnlen(reinterpret_cast<const char*>(data), size);
  const std::string text(reinterpret_cast<const char*>(data), length);
  const Translation translation = Translate(text);
  if (translation.status == VS_FILTER_OK) {
    CheckTranslation(translation.jsonpath);
    Expect(translation.jsonpath.size() <= 64 + 24 * text.size());
    Expect(Translate(" " + text + "\n").jsonpath == translation.jsonpath);
    Expect(Translate("NOT (NOT(" + text + "))").jsonpath == translation.jsonpath ||
           text.size() > 100);
  }
  return 0;
}
