// SPDX-License-Identifier: PostgreSQL
//
// bm25_terms_test.cpp - what the cache of terms says is what the dictionary says.

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "bm25_memory.h"
#include "core/bm25/term_cache.h"

namespace {

using namespace bm25_memory;
using namespace vecstore::bm25;

// The document frequency of a term, 0 if it is not there.
uint32_t Frequency(Segment* segment, const VsBm25Source& source, const std::string& lexeme) {
  TermInfo term;
  const bool found = FindTerm(&segment->info, &source, reinterpret_cast<const uint8_t*>(lexeme.data()),
                              static_cast<uint32_t>(lexeme.size()), &term);
  return found ? term.df : 0;
}

std::vector<std::string> Lexemes() {
  std::vector<std::string> lexemes;
  for (int i = 0; i < 400; ++i) lexemes.push_back(std::string("w") + std::to_string(i));
  for (int length : {1, 43, 44, 45, 200}) lexemes.push_back(std::string(length, 'x'));
  return lexemes;
}

TEST(Bm25TermCache, AgreesWithDictionaries) {
  Arena arena;
  const VsBm25Memory memory = arena.memory();
  VsBm25TermCache* cache = vs_bm25_term_cache(&memory);
  const std::vector<std::string> lexemes = Lexemes();
  std::vector<Document> documents = RandomDocuments(600, 300, 11);
  for (const std::string& lexeme : lexemes) documents[lexeme.size() % 600][lexeme] = {1};

  struct Place {
    std::unique_ptr<Segment> segment;
    uint32_t id;
    uint64_t index;
  } places[] = {{Build(documents, 0, 200), 1, 7}, {Build(documents, 200, 400), 2, 7}, {Build(documents, 400, 600), 1, 8}};
  for (int round = 0; round < 3; ++round) {
    for (const std::string& lexeme : lexemes) {
      for (Place& place : places) {
        place.segment->info.id = place.id;
        const VsBm25Source plain = place.segment->source();
        VsBm25Source source = plain;
        source.terms = cache;
        source.index = place.index;
        const uint32_t truth = Frequency(place.segment.get(), plain, lexeme);
        ASSERT_EQ(Frequency(place.segment.get(), source, lexeme), truth) << lexeme;
        ASSERT_EQ(Frequency(place.segment.get(), source, lexeme), truth) << lexeme;
      }
    }
  }
}

// The second of two lookups reads no page, whether the term is there or not.
TEST(Bm25TermCache, Remembers) {
  Arena arena;
  const VsBm25Memory memory = arena.memory();
  const std::vector<Document> documents = {{{"cat", {1}}}};
  std::unique_ptr<Segment> segment = Build(documents, 0, 1);
  VsBm25Source source = segment->source();
  source.terms = vs_bm25_term_cache(&memory);
  EXPECT_EQ(Frequency(segment.get(), source, "cat"), 1u);
  EXPECT_EQ(Frequency(segment.get(), source, "dog"), 0u);
  source.read = nullptr;
  EXPECT_EQ(Frequency(segment.get(), source, "cat"), 1u);
  EXPECT_EQ(Frequency(segment.get(), source, "dog"), 0u);
}

// Terms of a statement in many segments are remembered together: few of them share a slot.
TEST(Bm25TermCache, RemembersManySegments) {
  constexpr int kSegments = 16;
  Arena arena;
  const VsBm25Memory memory = arena.memory();
  VsBm25TermCache* cache = vs_bm25_term_cache(&memory);
  const std::vector<Document> documents = {{{"cat", {1}}, {"dog", {2}}, {"mouse", {3}}}};
  std::unique_ptr<Segment> segment = Build(documents, 0, 1);
  uint32_t reads = 0;
  struct Counted {
    VsBm25Source from;
    uint32_t* reads;
    static const uint8_t* Read(void* context, VsBm25Stream stream, uint32_t page) {
      Counted* counted = static_cast<Counted*>(context);
      ++*counted->reads;
      return counted->from.read(counted->from.context, stream, page);
    }
  } counted = {segment->source(), &reads};
  const VsBm25Source source = {&counted, &Counted::Read, cache, 1};
  uint32_t first = 0;
  for (int round = 0; round < 2; ++round) {
    first = round == 0 ? 0 : reads;
    for (uint32_t id = 1; id <= kSegments; ++id) {
      segment->info.id = id;
      for (const char* lexeme : {"cat", "dog", "mouse"}) EXPECT_EQ(Frequency(segment.get(), source, lexeme), 1u);
    }
  }
  EXPECT_LT(reads - first, first / 2);
}

TEST(Bm25TermCache, Forgets) {
  Arena arena;
  const VsBm25Memory memory = arena.memory();
  const std::vector<Document> documents = {{{"cat", {1}}}, {{"dog", {1}}}};
  std::unique_ptr<Segment> before = Build(documents, 0, 1), after = Build(documents, 1, 2);
  VsBm25Source source = before->source();
  source.terms = vs_bm25_term_cache(&memory);
  EXPECT_EQ(Frequency(before.get(), source, "cat"), 1u);
  VsBm25Source other = after->source();
  other.terms = source.terms;
  vs_bm25_forget_terms(source.terms);
  EXPECT_EQ(Frequency(after.get(), other, "cat"), 0u);
  EXPECT_EQ(Frequency(after.get(), other, "dog"), 1u);
}

}  // namespace
