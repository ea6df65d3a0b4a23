/* SPDX-License-Identifier: PostgreSQL
 *
 * kernels.h - the SIMD kernels, as one table of plain function pointers.
 *
 * Owns: the interface only.  src/core/simd compiles every kernel once per SIMD target (Highway) and
 * fills one table per target.  A caller fetches the table once per scan, build or SQL call; nothing
 * dispatches per distance.
 *
 * Floating-point contract: fp32 accumulation with several partial sums, no pre-scaling.  Overflow
 * gives Infinity and 0/0 gives NaN, as the SQL functions promise.  Results of two targets differ only
 * by the order of additions; the unit tests state the bound.
 */
#ifndef VECSTORE_BRIDGE_KERNELS_H
#define VECSTORE_BRIDGE_KERNELS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A quantised query is stored in whole blocks of this many elements (vs_query_blocks). */
#define VS_QUERY_BLOCK 32

/* Elements a query of n dimensions takes in that form. */
static inline size_t vs_query_size(size_t n) {
  return (n + VS_QUERY_BLOCK - 1) / VS_QUERY_BLOCK * VS_QUERY_BLOCK;
}

/* Where the codes that pair with the last, partial block begin. */
static inline size_t vs_query_tail(size_t n) { return n < VS_QUERY_BLOCK ? 0 : n - VS_QUERY_BLOCK; }

/*
 * Bring q, n elements with room for vs_query_size(n), into block form: when n is not a multiple of
 * VS_QUERY_BLOCK, the last block pairs with the codes from vs_query_tail(n) on, and its elements that
 * an earlier block has paired already (or that n < VS_QUERY_BLOCK leaves over) are zero.  That way no
 * code past n is touched, which often saves a cache line.
 */
static inline void vs_query_blocks(int16_t *q, size_t n) {
  size_t rest = n % VS_QUERY_BLOCK, full = n - rest, shift = full > 0 ? VS_QUERY_BLOCK - rest : 0;

  if (rest == 0) return;
  memmove(q + full + shift, q + full, rest * sizeof(int16_t));
  memset(q + full, 0, shift * sizeof(int16_t));
  memset(q + full + shift + rest, 0, (VS_QUERY_BLOCK - shift - rest) * sizeof(int16_t));
}

/* Rows of a panel are dealt with in groups of this many. */
#define VS_PANEL_GROUP 16

/*
 * Codes of many vectors, laid out so that sixteen of them are measured against one at a time.  Estimates
 * between two rows are base + base + factor * scale * scale * dot of the codes; for L1 the sum of the
 * absolute differences.  Memory is the caller's: vs_panel_bytes, aligned to 64 bytes.
 */
typedef struct VsPanel {
  size_t rows, dims;
  int l1;
  float factor;
  void *lanes; /* the kernel's own layout */
  float *base, *scale;
  int32_t *sum; /* of a row's code */
} VsPanel;

/* What panel_nearest finds for one row: the nearest row in each of sixteen classes. */
typedef struct VsPanelNearest {
  float estimate[VS_PANEL_GROUP]; /* infinite: the class is empty */
  uint32_t row[VS_PANEL_GROUP];
} VsPanelNearest;

/* Numbers of a packed block of postings, and the bytes it takes at a width. */
#define VS_BLOCK_NUMBERS 128
#define VS_BLOCK_BYTES(bits) ((size_t)(bits) * (VS_BLOCK_NUMBERS / 8))
/* The widest vector, in 32-bit lanes. */
#define VS_POSTING_LANES 16
/* Of a posting that counts nothing: its sum is not that of a document without any. */
#define VS_LEAST_SCORE 1e-30f

/*
 * Packed codes hold several dimensions in each uint16, in blocks of VS_PACKED_LANES of them.  Field k
 * of lane j of a block of n dimensions is dimension k*VS_PACKED_LANES + j of the block: a vector of
 * lanes, shifted and masked, gives consecutive dimensions.  A field u of `bits` bits stands for the
 * odd number 2u - (2^bits - 1), so there is a level on either side of zero.
 */
#define VS_PACKED_LANES 32
#define VS_PACKED_BLOCK_BYTES (2 * VS_PACKED_LANES)

/* Dimensions of a block. */
static inline size_t vs_packed_block(int bits) { return (size_t)(VS_PACKED_LANES * 16 / bits); }

/* n dimensions in whole blocks. */
static inline size_t vs_packed_size(size_t n, int bits) {
  return (n + vs_packed_block(bits) - 1) / vs_packed_block(bits) * vs_packed_block(bits);
}

static inline size_t vs_packed_bytes(size_t n, int bits) {
  return vs_packed_size(n, bits) / vs_packed_block(bits) * VS_PACKED_BLOCK_BYTES;
}

/* Elements of the sum that follows a query for packed codes. */
#define VS_PACKED_SUM 2

/*
 * Bring q, n elements with room for vs_packed_size(n, bits) + VS_PACKED_SUM, into the form that
 * packed codes are measured with: zeros up to a whole block, then the sum of all as an int32.
 */
static inline void vs_packed_query(int16_t *q, size_t n, int bits) {
  size_t whole = vs_packed_size(n, bits);
  int32_t sum = 0;

  for (size_t i = 0; i < n; i++) sum += q[i];
  memset(q + n, 0, (whole - n) * sizeof(int16_t));
  memcpy(q + whole, &sum, sizeof(sum));
}

/* Kernels of packed codes of one width; codes are aligned to 2 bytes and read in whole blocks. */
typedef struct VsPackedKernels {
  int bits;
  /* Sum of q[i]*c[i] over n > 0 dimensions, q as vs_packed_query makes it; as dot_i16i8 below. */
  int32_t (*dot)(const int16_t *q, const int8_t *c, size_t n);
  /* Sum of |q[i] - scale*c[i]| over exactly n dimensions. */
  float (*l1)(const float *q, const int8_t *c, float scale, size_t n);
  /* The levels nearest to x[i]*inv_scale; x has zeros up to a whole block. */
  void (*pack)(const float *x, float inv_scale, int8_t *c, size_t n);
  /* out[i] = c[i] of exactly n dimensions. */
  void (*unpack)(const int8_t *c, int16_t *out, size_t n);
} VsPackedKernels;

typedef struct VsKernels {
  const char *target; /* Highway's name: "SSE4", "AVX2", "AVX3", ... */

  /* Exact distances of n >= 0 elements; any alignment. */
  float (*l2sq_f32)(const float *a, const float *b, size_t n);
  float (*ip_f32)(const float *a, const float *b, size_t n);
  float (*l1_f32)(const float *a, const float *b, size_t n);
  /* out = { a.b, a.a, b.b } */
  void (*cos_f32)(const float *a, const float *b, size_t n, float out[3]);

  /* The same for IEEE half precision, given as bits; converted to fp32 before any arithmetic. */
  float (*l2sq_f16)(const uint16_t *a, const uint16_t *b, size_t n);
  float (*ip_f16)(const uint16_t *a, const uint16_t *b, size_t n);
  float (*l1_f16)(const uint16_t *a, const uint16_t *b, size_t n);
  void (*cos_f16)(const uint16_t *a, const uint16_t *b, size_t n, float out[3]);

  /* Conversions.  f32_to_f16 rounds to nearest even; overflow becomes a half infinity. */
  void (*f16_to_f32)(const uint16_t *in, float *out, size_t n);
  void (*f32_to_f16)(const float *in, uint16_t *out, size_t n);

  /*
   * Sum of q[i]*c[i] over n > 0 elements, q in block form (vs_query_blocks).  Reads c[0..n), for
   * n < VS_QUERY_BLOCK c[0..VS_QUERY_BLOCK), whose bytes past n do not matter.  The caller keeps |q|
   * small enough that the exact sum fits an int32.
   */
  int32_t (*dot_i16i8)(const int16_t *q, const int8_t *c, size_t n);
  /* Sum of |q[i] - scale*c[i]| over exactly n elements. */
  float (*l1_f32i8)(const float *q, const int8_t *c, float scale, size_t n);

  /* Largest |x[i]|, 0 for n = 0.  Inputs are finite. */
  float (*max_abs)(const float *x, size_t n);
  /* out[i] = round-to-nearest(x[i]*inv_scale), clamped to [-limit, limit]. */
  void (*quantize_i8)(const float *x, float inv_scale, int8_t *out, size_t n);
  void (*quantize_i16)(const float *x, float inv_scale, int32_t limit, int16_t *out, size_t n);
  /* out[i] = c[i] */
  void (*widen_i8)(const int8_t *c, int16_t *out, size_t n);

  /* Bytes of panel.lanes a row takes. */
  size_t (*panel_row_bytes)(size_t dims, int l1);
  /* Put a vector in a row; rows past the last one set, up to a whole group, need panel_clear_row. */
  void (*panel_set_row)(VsPanel *panel, size_t row, const int8_t *code, float base, float scale);
  void (*panel_clear_row)(VsPanel *panel, size_t row);
  /*
   * For each of the sixteen rows of a's group: the nearest of b's rows with number 0, 1, ..., 15 modulo
   * 16.  A row is not its own neighbour when a and b are the same.  Sums of more than 2^24 may be
   * rounded: relative error at most dims * 2^-23.
   */
  void (*panel_nearest)(const VsPanel *a, size_t group, const VsPanel *b,
                        VsPanelNearest nearest[VS_PANEL_GROUP]);

  /* Codes of 4 and of 2 bits a dimension. */
  VsPackedKernels packed4;
  VsPackedKernels packed2;
  /* In-place Walsh-Hadamard transform, not normalised; n is a power of two >= 1. */
  void (*fwht)(float *x, size_t n);

  /* VS_BLOCK_NUMBERS numbers of `bits` bits (0..32) from and to VS_BLOCK_BYTES(bits) bytes. */
  void (*unpack_block)(const uint8_t *packed, unsigned bits, uint32_t *out);
  void (*pack_block)(const uint32_t *in, unsigned bits, uint8_t *packed);
  /*
   * Gaps before each of n <= VS_BLOCK_NUMBERS documents become the documents, in place: the first is next + its gap,
   * each other one the one before + 1 + its gap, none above last.  next, gaps and n together stay below 2^32.
   */
  void (*docs_of_gaps)(uint32_t *gaps, size_t n, uint32_t next, uint32_t last);
  /* How many of VS_BLOCK_NUMBERS documents come before one. */
  uint32_t (*docs_before)(const uint32_t *docs, uint32_t doc);
  /*
   * out[i] = weight * tf[i] / (tf[i] + norm + slope * len[i]), in single precision, VS_LEAST_SCORE at least.
   * The arrays have room for, and readable values up to, the next multiple of VS_POSTING_LANES.
   */
  void (*posting_scores)(const uint32_t *tf, const uint16_t *len, size_t n, float weight, float norm,
                         float slope, float *out);
} VsKernels;

/* The table of the best target this processor has, or of the forced one.  Never NULL. */
const VsKernels *vs_kernels(void);

/*
 * Force a target by name for this process; "auto" or "" returns to the best one.
 * Returns 0, or -1 when the name is unknown or the processor lacks the target (nothing changes).
 */
int vs_kernels_force(const char *target);

/* Names of the targets this build and this processor share, best first; NULL-terminated. */
const char *const *vs_kernels_targets(void);

/* Highway's version as "major.minor.patch". */
const char *vs_highway_version(void);

#ifdef __cplusplus
}
#endif

#endif
