/* SPDX-License-Identifier: PostgreSQL
 *
 * vector.h - what can be done with the elements of a vector.
 *
 * Owns: the interface of src/core/vector.  Every function takes the element type and plain arrays;
 * a half is its IEEE 754 binary16 bit pattern in a uint16_t.  Arrays need the alignment of their
 * element type only.  Nothing here allocates, or fails other than by its status.
 */
#ifndef VECSTORE_BRIDGE_VECTOR_H
#define VECSTORE_BRIDGE_VECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bridge/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Dimensions of every vector type: 1 .. VS_MAX_DIM. */
#define VS_MAX_DIM 16000

typedef enum VsElement { VS_FLOAT32, VS_FLOAT16 } VsElement;

/* One half in and out of single precision; rounds to nearest even, overflow becomes infinity. */
float vs_half_to_float(uint16_t half);
uint16_t vs_float_to_half(float value);

/* --- text.cpp ------------------------------------------------------------------------------- */

/* Characters [begin, end) of the text a status is about. */
typedef struct VsTextSpan {
  const char *begin;
  const char *end;
} VsTextSpan;

/*
 * Reads "[1,2,3]" into out, which has room for VS_MAX_DIM elements, and sets *n.  After
 * VS_ELEMENT_TOO_LARGE *bad is the number that does not fit.  Expects LC_NUMERIC "C".
 */
VsStatus vs_elements_parse(VsElement element, const char *text, void *out, size_t *n,
                           VsTextSpan *bad);

/* Writes the shortest decimal that reads back as value, unterminated; returns its length. */
typedef int (*VsPrintFloat)(float value, char *out);

/* What one number may take, and so the buffer vs_elements_print needs. */
#define VS_FLOAT_TEXT_MAX 16
#define VS_TEXT_SIZE(n) ((size_t)(n) * (VS_FLOAT_TEXT_MAX + 1) + 3)

/* Writes "[1,2,3]" and a terminator; returns the length without it. */
size_t vs_elements_print(VsElement element, const void *x, size_t n, VsPrintFloat print, char *out);

/* --- wire.cpp ------------------------------------------------------------------------------- */

/* Elements in network byte order, from and to bytes of any alignment. */
VsStatus vs_elements_from_wire(VsElement element, const uint8_t *bytes, size_t n, void *out);
void vs_elements_to_wire(VsElement element, const void *x, size_t n, uint8_t *bytes);

/* --- arithmetic.cpp ------------------------------------------------------------------------- */

/* VS_NAN_ELEMENT or VS_INFINITE_ELEMENT, whichever comes first, or VS_OK. */
VsStatus vs_elements_check_finite(VsElement element, const void *x, size_t n);

/* Conversions; after VS_ELEMENT_TOO_LARGE *bad is the index of the first that does not fit. */
void vs_elements_to_float(VsElement element, const void *x, size_t n, float *out);
VsStatus vs_elements_from_float(VsElement element, const float *in, size_t n, void *out,
                                size_t *bad);

/* Element-wise; the exact result rounded to the element type.  out may be a or b. */
VsStatus vs_elements_add(VsElement element, const void *a, const void *b, size_t n, void *out);
VsStatus vs_elements_sub(VsElement element, const void *a, const void *b, size_t n, void *out);
VsStatus vs_elements_mul(VsElement element, const void *a, const void *b, size_t n, void *out);

/* sum[i] += x[i]; VS_OVERFLOW when a sum becomes infinite. */
VsStatus vs_elements_accumulate(VsElement element, const void *x, size_t n, double *sum);

/* Euclidean norm, accumulated in double precision. */
double vs_elements_norm(VsElement element, const void *x, size_t n);

/* out = x / norm(x); the zero vector stays zero. */
VsStatus vs_elements_normalize(VsElement element, const void *x, size_t n, void *out);

/* Bit i (most significant first) is x[i] > 0; bits has (n + 7) / 8 bytes, padded with zeros. */
void vs_elements_binary_quantize(VsElement element, const void *x, size_t n, uint8_t *bits);

/* -1, 0 or 1: lexicographic, then by length, as SQL arrays compare; -0 equals 0. */
int vs_elements_compare(VsElement element, const void *a, size_t na, const void *b, size_t nb);

/* Uniform in [-1, 1), the same for a seed on every machine. */
void vs_elements_random(uint64_t seed, size_t n, float *out);

/* --- distance.cpp --------------------------------------------------------------------------- */

/*
 * Distances.  The first four run on the kernels of bridge/kernels.h and accumulate in single
 * precision: overflow gives Infinity, and cosine of a zero vector NaN.
 */
typedef double (*VsDistance)(VsElement element, const void *a, const void *b, size_t n);

double vs_distance_l2_squared(VsElement element, const void *a, const void *b, size_t n);
double vs_distance_l1(VsElement element, const void *a, const void *b, size_t n);
double vs_inner_product(VsElement element, const void *a, const void *b, size_t n);
double vs_cosine_similarity(VsElement element, const void *a, const void *b, size_t n);

/* Double precision; a denominator of at most 1e-10 counts as agreement and adds 0. */
double vs_distance_chebyshev(VsElement element, const void *a, const void *b, size_t n);
double vs_distance_canberra(VsElement element, const void *a, const void *b, size_t n);
double vs_distance_bray_curtis(VsElement element, const void *a, const void *b, size_t n);

#ifdef __cplusplus
}
#endif

#endif
