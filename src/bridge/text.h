/* SPDX-License-Identifier: PostgreSQL
 *
 * text.h - cutting text into tokens, folding case, cutting tokens into n-grams.
 *
 * Owns: the interface of src/core/text.  Text is bytes and a length; nothing needs a terminator, nothing
 * is allocated, nothing fails.  Bytes that are no character are letters of their own: no text makes a
 * function read beyond its end or stand still.
 */
#ifndef VECSTORE_BRIDGE_TEXT_H
#define VECSTORE_BRIDGE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of the character at `at`, at least 1; what lies beyond `left` bytes is not to be read. */
typedef int (*VsCharLength)(const char *at, size_t left);

/*
 * How to find the characters of a text.  NULL means UTF-8, with classes and case of Unicode.  With a
 * function, ASCII has its classes and case, and every other character is a letter without case.
 */
typedef VsCharLength VsTextEncoding;

/* "14.0.0": the version of Unicode the tables were made from. */
const char *vs_unicode_version(void);

/* --- tokenizer.cpp -------------------------------------------------------------------------- */

typedef enum VsTokenizer {
  VS_TOKENIZER_SIMPLE,     /* space and ASCII punctuation separate */
  VS_TOKENIZER_WORDS,      /* all punctuation separates */
  VS_TOKENIZER_WHITESPACE, /* space separates, the rest is words */
  VS_TOKENIZER_NGRAM       /* every window of n characters */
} VsTokenizer;

/*
 * The server's own headline function gives these numbers a meaning, whatever the parser: 2 is a word,
 * 12 is what stands between words, 1 and 3 are further kinds of words.
 */
typedef enum VsTokenType {
  VS_TOKEN_END = 0,
  VS_TOKEN_CJK = 1,
  VS_TOKEN_WORD = 2, /* also n-grams */
  VS_TOKEN_NUMBER = 3,
  VS_TOKEN_BLANK = 12
} VsTokenType;

typedef struct VsToken {
  const char *begin;
  size_t length;
  VsTokenType type;
} VsToken;

/* The longest piece of blank: a longer one would be reported as a word that is too long. */
#define VS_BLANK_MAX 1024

/* The place in a text; the caller's, filled by vs_tokens_begin. */
typedef struct VsTokenScan {
  VsTextEncoding encoding;
  VsTokenizer tokenizer;
  const char *at;     /* first byte no token has reached */
  const char *end;    /* of the text */
  const char *second; /* where the next overlapping token begins, or NULL */
  int n;              /* of VS_TOKENIZER_NGRAM */
} VsTokenScan;

/* n counts for VS_TOKENIZER_NGRAM only.  text must outlive the scan. */
void vs_tokens_begin(VsTokenScan *scan, VsTokenizer tokenizer, int n, VsTextEncoding encoding,
                     const char *text, size_t length);

/* The next token, or false at the end.  Together the tokens cover the text; blanks are tokens, too. */
bool vs_tokens_next(VsTokenScan *scan, VsToken *token);

/* Bytes of a cjk token, or of an n-gram, before the place where the next overlapping one begins. */
size_t vs_token_step(VsTokenizer tokenizer, VsTextEncoding encoding, const char *token,
                     size_t length);

/* --- fold.cpp ------------------------------------------------------------------------------- */

/* Room that folding may need: a character of two bytes can become one of three. */
#define VS_FOLD_SIZE(length) ((length) + (length) / 2 + 1)

/* Simple case folding into out, of VS_FOLD_SIZE(length) bytes; returns the length. */
size_t vs_text_fold(VsTextEncoding encoding, const char *text, size_t length, char *out);

/* Whether a folded word is one of the 92 English stop words. */
bool vs_english_stop_word(const char *word, size_t length);

/* --- grams.cpp ------------------------------------------------------------------------------ */

#define VS_GRAM_MAX 32

typedef struct VsGram {
  const char *begin;
  size_t length;
  bool moves; /* begins later than the gram before it */
} VsGram;

typedef struct VsGramScan {
  VsTextEncoding encoding;
  int min;
  int max;
  bool edge;
  const char *begin; /* of the grams being given */
  const char *stop;  /* end of the last one, NULL before the first */
  const char *end;   /* of the word */
  int characters;    /* of the last one */
  bool moved;        /* since the last one */
} VsGramScan;

/*
 * Grams of min to max characters, 1 <= min <= max <= VS_GRAM_MAX, by where they begin and then by
 * length; with edge those at the beginning only.  A word shorter than min is its own gram.
 */
void vs_grams_begin(VsGramScan *scan, int min, int max, bool edge, VsTextEncoding encoding,
                    const char *word, size_t length);
bool vs_grams_next(VsGramScan *scan, VsGram *gram);

#ifdef __cplusplus
}
#endif

#endif
