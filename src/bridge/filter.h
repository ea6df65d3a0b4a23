/* SPDX-License-Identifier: PostgreSQL
 *
 * filter.h - the filter language: "price < 10 AND tags CONTAINS 'x'", and its translation.
 *
 * Owns: the interface of src/core/filter.  docs/filters.md has the grammar and what each operator
 * means.  Memory comes from the host; nothing here keeps any, and every call into the host may
 * raise an error.
 */
#ifndef VECSTORE_BRIDGE_FILTER_H
#define VECSTORE_BRIDGE_FILTER_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of a filter; levels of parentheses in it; names and [*] of a field's path; bytes of a text
   after CONTAINS, which the server compiles to an automaton.  It recurses on levels and paths. */
#define VS_FILTER_MAX_SIZE (1 << 20)
#define VS_FILTER_MAX_DEPTH 200
#define VS_FILTER_MAX_STEPS 100
#define VS_FILTER_MAX_SEARCHED 1000

/* Why a text is no filter.  From VS_FILTER_WANT_CONDITION on: what was expected and is not there. */
typedef enum VsFilterStatus {
  VS_FILTER_OK = 0,
  VS_FILTER_TOO_LONG,        /* more than VS_FILTER_MAX_SIZE bytes */
  VS_FILTER_TOO_DEEP,        /* more than VS_FILTER_MAX_DEPTH open parentheses */
  VS_FILTER_PATH_TOO_LONG,   /* more than VS_FILTER_MAX_STEPS names and [*] */
  VS_FILTER_SEARCH_TOO_LONG, /* more than VS_FILTER_MAX_SEARCHED bytes after CONTAINS */
  VS_FILTER_EMPTY,           /* nothing but space */
  VS_FILTER_OPEN_STRING,     /* a string does not end */
  VS_FILTER_BAD_ESCAPE,      /* a backslash that begins no escape */
  VS_FILTER_BAD_NUMBER,      /* what begins like a number is none */
  VS_FILTER_HUGE_NUMBER,     /* a number no numeric can hold */
  VS_FILTER_WANT_CONDITION,  /* field, NOT or ( */
  VS_FILTER_WANT_NAME,       /* a field name, after a dot */
  VS_FILTER_WANT_STAR,       /* [*], the only thing that may be in brackets after a name */
  VS_FILTER_WANT_OPERATOR,
  VS_FILTER_WANT_IN, /* after a field and NOT */
  VS_FILTER_WANT_VALUE,
  VS_FILTER_WANT_ORDERED, /* a number or a string, after < <= > >= */
  VS_FILTER_WANT_STRING,  /* after STARTSWITH */
  VS_FILTER_WANT_LIST,    /* [ */
  VS_FILTER_WANT_COMMA,   /* , or ] */
  VS_FILTER_WANT_CLOSE,   /* AND, OR or ) */
  VS_FILTER_WANT_END      /* AND, OR or the end */
} VsFilterStatus;

typedef struct VsFilterHost {
  void *context;
  /* The host's realloc: keeps the contents, never returns null, may not return at all. */
  void *(*grow)(void *context, void *old, size_t old_bytes, size_t new_bytes);
} VsFilterHost;

typedef struct VsFilterResult {
  const char *jsonpath; /* VS_FILTER_OK: text of a jsonpath, terminated; memory of the host */
  size_t length;        /* its length */
  size_t at;            /* otherwise: where in the filter reading stopped, in bytes from 0 */
  size_t token;         /* bytes of the word or sign there; 0 at the end */
} VsFilterResult;

/*
 * Translates a filter in a server encoding, where bytes below 128 are ASCII, to a jsonpath that is
 * true or false for every document, never null, and whose text depends on nothing else.  Takes time
 * and memory in proportion to size.
 */
VsFilterStatus vs_filter_to_jsonpath(const char *filter, size_t size, const VsFilterHost *host,
                                     VsFilterResult *result);

#ifdef __cplusplus
}
#endif

#endif
