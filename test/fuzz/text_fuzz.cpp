// SPDX-License-Identifier: PostgreSQL
//
// text_fuzz.cpp - any bytes, given to the tokenizers, to folding and to the cutter of n-grams.
//
// Checks beyond memory safety: the tokens of a word tokenizer cover the text without gaps, bigrams and
// windows overlap as vs_token_step says, folding needs no more room than promised and changes nothing
// the second time, grams lie within the word and in order.
#include "bridge/text.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

void Expect(bool condition) {
  if (!condition) std::abort();
}

int OneByte(const char*, size_t) { return 1; }
int ByLead(const char* at, size_t) { return static_cast<uint8_t>(*at) >= 0xf0 ? 3 : 2; }

// Each token begins where the one before it ends, or a step into it.
void TryTokenizer(VsTokenizer tokenizer, int n, VsTextEncoding encoding,
                  const std::vector<char>& text) {
  VsTokenScan scan;
  VsToken token;
  const char* reached = text.data();
  const char* step = nullptr;
  vs_tokens_begin(&scan, tokenizer, n, encoding, text.data(), text.size());
  while (vs_tokens_next(&scan, &token)) {
    Expect(token.length > 0 && (token.begin == reached || token.begin == step));
    const bool overlaps = tokenizer == VS_TOKENIZER_NGRAM || token.type == VS_TOKEN_CJK;
    step = overlaps ? token.begin + vs_token_step(tokenizer, encoding, token.begin, token.length)
                    : nullptr;
    Expect(token.begin + token.length > reached);
    reached = token.begin + token.length;
    Expect(reached <= text.data() + text.size());
  }
  Expect(reached == text.data() + text.size());
}

void TryFold(VsTextEncoding encoding, const std::vector<char>& text) {
  std::vector<char> once(VS_FOLD_SIZE(text.size()));
  once.resize(vs_text_fold(encoding, text.data(), text.size(), once.data()));
  std::vector<char> twice(VS_FOLD_SIZE(once.size()));
  twice.resize(vs_text_fold(encoding, once.data(), once.size(), twice.data()));
  Expect(once == twice);
  vs_english_stop_word(once.data(), once.size());
}

void TryGrams(VsTextEncoding encoding, int min, int max, bool edge, const std::vector<char>& word) {
  VsGramScan scan;
  VsGram gram;
  const char* begin = word.data();
  size_t length = 0;
  vs_grams_begin(&scan, min, max, edge, encoding, word.data(), word.size());
  while (vs_grams_next(&scan, &gram)) {
    Expect(gram.moves ? gram.begin > begin : gram.begin == begin && gram.length > length);
    Expect(gram.length > 0 && gram.begin + gram.length <= word.data() + word.size());
    Expect(!(edge && gram.moves));
    begin = gram.begin;
    length = gram.length;
  }
  Expect((length > 0) == !word.empty());
}

}  // namespace

// The first byte chooses the lengths of grams.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const int min = 1 + data[0] % 4;
  const int max = min + data[0] / 4 % 4;
  const std::vector<char> text(data + 1, data + size);
  for (const VsTextEncoding encoding : {VsTextEncoding{nullptr}, OneByte, ByLead}) {
    for (const VsTokenizer tokenizer :
         {VS_TOKENIZER_SIMPLE, VS_TOKENIZER_WORDS, VS_TOKENIZER_WHITESPACE, VS_TOKENIZER_NGRAM})
      TryTokenizer(tokenizer, min, encoding, text);
    TryFold(encoding, text);
    TryGrams(encoding, min, max, data[0] >= 128, text);
  }
  return 0;
}
