// SPDX-License-Identifier: PostgreSQL
//
// text_test.cpp - src/core/text: tokens, folding and n-grams, against a plain reference.
#include "bridge/text.h"

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "text_reference.h"

namespace {

using namespace text_reference;

constexpr VsTokenizer kWordTokenizers[] = {VS_TOKENIZER_SIMPLE, VS_TOKENIZER_WORDS,
                                           VS_TOKENIZER_WHITESPACE};

// Characters of every kind and length, as the Unicode standard has them.
const std::vector<Char>& Alphabet() {
  static const std::vector<Char> alphabet = {
      {"a", kLetter},       {"Z", kLetter},       {u8"é", kLetter},         {u8"Я", kLetter},
      {u8"ℵ", kLetter},     {u8"€", kLetter},     {u8"\U0001F600", kLetter}, {u8"\u200b", kLetter},
      {u8"\U00010400", kLetter}, {"\x1f", kLetter}, {" ", kSpace},          {"\n", kSpace},
      {u8"\u00a0", kSpace}, {u8"\u3000", kSpace}, {u8"\u2028", kSpace},     {u8"\u0085", kSpace},
      {"_", kAsciiPunctuation}, {"'", kAsciiPunctuation}, {"$", kAsciiPunctuation},
      {"~", kAsciiPunctuation}, {u8"“", kPunctuation}, {u8"—", kPunctuation},
      {u8"。", kPunctuation}, {u8"¿", kPunctuation}, {"0", kDigit},         {"7", kDigit},
      {u8"٣", kDigit},      {u8"３", kDigit},     {u8"\u0301", kMark},      {u8"\u3099", kMark},
      {u8"\u0e34", kMark},  {u8"\u1161", kMark},  {u8"東", kCjk},           {u8"々", kCjk},
      {u8"か", kCjk},       {u8"カ", kCjk},       {u8"ー", kCjk},           {u8"한", kCjk},
      {u8"ก", kCjk},        {u8"\U00020000", kCjk}, {u8"〇", kCjk}};
  return alphabet;
}

// Texts that stay with a kind for a while, so that runs and their ends both occur.
std::vector<Char> RandomText(std::mt19937* random, size_t length) {
  const std::vector<Char>& alphabet = Alphabet();
  std::vector<Char> text;
  while (text.size() < length) {
    if (text.empty() || (*random)() % 3 == 0) {
      text.push_back(alphabet[(*random)() % alphabet.size()]);
      continue;
    }
    const Char next = alphabet[(*random)() % alphabet.size()];
    if (next.kind == text.back().kind || next.kind == kMark) text.push_back(next);
  }
  return text;
}

// In a buffer of its own size, so that the address sanitiser sees a byte read beyond it.
std::vector<char> Exact(const std::string& text) { return {text.begin(), text.end()}; }

Tokens Scan(VsTokenizer tokenizer, int n, VsTextEncoding encoding, const std::vector<char>& text) {
  VsTokenScan scan;
  VsToken token;
  Tokens tokens;
  const char* blank_end = nullptr;
  vs_tokens_begin(&scan, tokenizer, n, encoding, text.data(), text.size());
  while (vs_tokens_next(&scan, &token)) {
    const std::string bytes(token.begin, token.length);
    EXPECT_GT(token.length, 0u);
    EXPECT_TRUE(token.type != VS_TOKEN_BLANK || token.length <= VS_BLANK_MAX);
    if (token.type == VS_TOKEN_BLANK && token.begin == blank_end)
      tokens.back().second += bytes;
    else
      tokens.emplace_back(token.type, bytes);
    blank_end = token.type == VS_TOKEN_BLANK ? token.begin + token.length : nullptr;
  }
  EXPECT_FALSE(vs_tokens_next(&scan, &token));
  return tokens;
}

std::string Fold(const std::string& text, VsTextEncoding encoding = nullptr) {
  const std::vector<char> exact = Exact(text);
  std::vector<char> out(VS_FOLD_SIZE(exact.size()));
  return {out.data(), vs_text_fold(encoding, exact.data(), exact.size(), out.data())};
}

std::string Encode(uint32_t code) {
  if (code < 0x80) return {static_cast<char>(code)};
  std::string tail;
  uint32_t limit = 0x40;
  for (; code >= limit || tail.empty(); code >>= 6, limit = tail.size() == 1 ? 0x20 : limit >> 1)
    tail.insert(tail.begin(), static_cast<char>(0x80 | (code & 0x3f)));
  const int lead = tail.size() == 1 ? 0xc0 : tail.size() == 2 ? 0xe0 : 0xf0;
  return static_cast<char>(lead | code) + tail;
}

int OneByte(const char*, size_t) { return 1; }
int TwoBytes(const char*, size_t) { return 2; }
int Nonsense(const char* at, size_t) { return static_cast<signed char>(*at); }

size_t characters_read;
int CountingByte(const char*, size_t) {
  ++characters_read;
  return 1;
}

TEST(TextTokens, AgreeWithReference) {
  std::mt19937 random(1);
  for (int round = 0; round < 3000; ++round) {
    const std::vector<Char> text = RandomText(&random, random() % 40);
    const std::vector<char> bytes = Exact(Join(text, 0, text.size()));
    for (const VsTokenizer tokenizer : kWordTokenizers)
      ASSERT_EQ(Scan(tokenizer, 0, nullptr, bytes), Tokenize(tokenizer, text));
    for (int n = 1; n <= 5; ++n)
      ASSERT_EQ(Scan(VS_TOKENIZER_NGRAM, n, nullptr, bytes), Windows(text, n));
  }
}

TEST(TextTokens, OfAMegabyte) {
  std::mt19937 random(2);
  const std::vector<Char> text = RandomText(&random, 500000);
  const std::vector<char> bytes = Exact(Join(text, 0, text.size()));
  ASSERT_GT(bytes.size(), 1000000u);
  for (const VsTokenizer tokenizer : kWordTokenizers)
    EXPECT_TRUE(Scan(tokenizer, 0, nullptr, bytes) == Tokenize(tokenizer, text));
  EXPECT_TRUE(Scan(VS_TOKENIZER_NGRAM, 3, nullptr, bytes) == Windows(text, 3));
}

// Every character is read a few times at most, in a text that is one token and in one of many.
TEST(TextTokens, TakeLinearTime) {
  for (const char* piece : {"\xe9", "\xe9 ", " \xe9\xe9"}) {
    std::string text;
    while (text.size() < 1000000) text += piece;
    for (const VsTokenizer tokenizer :
         {VS_TOKENIZER_SIMPLE, VS_TOKENIZER_WORDS, VS_TOKENIZER_WHITESPACE, VS_TOKENIZER_NGRAM}) {
      characters_read = 0;
      EXPECT_FALSE(Scan(tokenizer, 4, CountingByte, Exact(text)).empty());
      EXPECT_GE(characters_read, text.size() / 3);
      EXPECT_LE(characters_read, 3 * text.size());
    }
  }
}

TEST(TextTokens, OneBaseWithManyMarks) {
  std::string text = u8"か";
  for (int i = 0; i < 300000; ++i) text += u8"\u3099";
  EXPECT_EQ(Scan(VS_TOKENIZER_SIMPLE, 0, nullptr, Exact(text)), (Tokens{{VS_TOKEN_CJK, text}}));
  EXPECT_EQ(vs_token_step(VS_TOKENIZER_SIMPLE, nullptr, text.data(), text.size()), text.size());
  EXPECT_EQ(vs_token_step(VS_TOKENIZER_NGRAM, nullptr, text.data(), text.size()), 3u);
}

// Bytes that are no characters: every token lies in the text, and words cover it.
TEST(TextTokens, SurviveAnyBytes) {
  std::mt19937 random(3);
  for (int round = 0; round < 20000; ++round) {
    std::string text(random() % 12, ' ');
    for (char& byte : text) byte = static_cast<char>(random() % 4 ? 0x80 + random() % 128 : random());
    const std::vector<char> bytes = Exact(text);
    for (const VsTextEncoding encoding : {VsTextEncoding{nullptr}, OneByte, TwoBytes, Nonsense}) {
      std::string covered;
      for (const auto& token : Scan(VS_TOKENIZER_WHITESPACE, 0, encoding, bytes))
        covered += token.second;
      ASSERT_EQ(covered, text);
      for (const VsTokenizer tokenizer : {VS_TOKENIZER_SIMPLE, VS_TOKENIZER_NGRAM})
        Scan(tokenizer, 2, encoding, bytes);
      Fold(text, encoding);
    }
  }
}

TEST(TextTokens, IllFormedUtf8IsLettersOfOneByte) {
  for (const char* text : {"\x80\xbf", "\xc0\xaf", "\xe0\x80", "\xf5\x90", "\xff\xfe", "\xe6\x9d"})
    EXPECT_EQ(Scan(VS_TOKENIZER_NGRAM, 1, nullptr, Exact(text)).size(), std::strlen(text));
  for (const char* text : {"\xed\xa0\x80", "\xe0\x80\xaf", "\xf4\x90\x80\x80", "\xf0\x80\x80\xaf"})
    EXPECT_EQ(Scan(VS_TOKENIZER_NGRAM, 1, nullptr, Exact(text)).size(), std::strlen(text));
}

TEST(TextTokens, OtherEncodings) {
  const auto latin1 = Exact("caf\xe9 na\xefve\xa0x");
  EXPECT_EQ(Scan(VS_TOKENIZER_SIMPLE, 0, OneByte, latin1),
            (Tokens{{VS_TOKEN_WORD, "caf\xe9"}, {VS_TOKEN_BLANK, " "}, {VS_TOKEN_WORD, "na\xefve\xa0x"}}));
  EXPECT_EQ(Scan(VS_TOKENIZER_NGRAM, 2, TwoBytes, Exact("\xa4\xa2x\xa4\xa4")),
            (Tokens{{VS_TOKEN_WORD, "\xa4\xa2x"}, {VS_TOKEN_WORD, "x\xa4\xa4"}}));
}

TEST(TextFold, KnownCharacters) {
  EXPECT_EQ(Fold("AbZ@[`{ 09"), "abz@[`{ 09");
  EXPECT_EQ(Fold(u8"ÀÖ×ØÞß÷ÿŸẞ"), u8"àö×øþß÷ÿÿß");
  EXPECT_EQ(Fold(u8"ΣΊσς ЖЁ ԱՖ"), u8"σίσσ жё աֆ");
  EXPECT_EQ(Fold(u8"İIıſKÅ"), u8"iiıskå");
  EXPECT_EQ(Fold(u8"Ⱥ\U00010400ＡǅⅣⒶ"), u8"ⱥ\U00010428ａǆⅳⓐ");
  EXPECT_EQ(Fold(u8"\u13a0\uab70\u13f0\u13f8"), u8"\uab70\uab70\u13f8\u13f8");
  EXPECT_EQ(Fold(""), "");
  EXPECT_EQ(Fold("\xc9T\xc9", OneByte), "\xc9t\xc9");
}

// One character for one, within the room that is promised, and folded once for all.
TEST(TextFold, EveryCodePoint) {
  for (uint32_t code = 1; code < 0x110000; ++code) {
    if (code >= 0xd800 && code < 0xe000) continue;
    const std::string text = Encode(code);
    const std::string folded = Fold(text);
    ASSERT_LE(folded.size(), VS_FOLD_SIZE(text.size()) - 1) << code;
    ASSERT_EQ(Scan(VS_TOKENIZER_NGRAM, 1, nullptr, Exact(folded)).size(), 1u) << code;
    ASSERT_EQ(Fold(folded), folded) << code;
  }
}

TEST(TextStopWords, Known) {
  for (const std::string word : {"a", "an", "the", "there", "they", "you", "your", "yes"})
    EXPECT_TRUE(vs_english_stop_word(word.data(), word.size())) << word;
  for (const std::string word : {"", "th", "ther", "thee", "theirs", "The", "zebra", "into", u8"é"})
    EXPECT_FALSE(vs_english_stop_word(word.data(), word.size())) << word;
}

TEST(TextGrams, AgreeWithReference) {
  std::mt19937 random(4);
  for (int round = 0; round < 5000; ++round) {
    const std::vector<Char> word = RandomText(&random, random() % 12);
    const std::vector<char> bytes = Exact(Join(word, 0, word.size()));
    const int min = 1 + static_cast<int>(random() % 5);
    const int max = min + static_cast<int>(random() % 4);
    const bool edge = random() % 2;
    VsGramScan scan;
    VsGram gram;
    std::vector<Gram> grams;
    vs_grams_begin(&scan, min, max, edge, nullptr, bytes.data(), bytes.size());
    while (vs_grams_next(&scan, &gram))
      grams.push_back({std::string(gram.begin, gram.length), gram.moves});
    ASSERT_TRUE(grams == Grams(word, min, max, edge)) << round;
    ASSERT_FALSE(vs_grams_next(&scan, &gram));
  }
}

}  // namespace
