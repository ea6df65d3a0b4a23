/* SPDX-License-Identifier: PostgreSQL
 *
 * fusion.h - combining ranked lists into one, and choosing diverse results.
 *
 * Owns: the interface of src/core/fusion.  Lists hold dense candidate numbers instead of ids; the host
 * numbers candidates in the order of their ids, so that a smaller number is the smaller id.  All memory
 * is the caller's.  Nothing here depends on the order in which rows were read, and sums are taken in
 * the order of their terms' values, so that they do not depend on the order of the lists either.
 */
#ifndef VECSTORE_BRIDGE_FUSION_H
#define VECSTORE_BRIDGE_FUSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bridge/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Strategies, in the order of vs_strategy_name. */
typedef enum VsStrategy {
  VS_WEIGHTED_SUM,
  VS_RRF,
  VS_DBSF,
  VS_RELATIVE_SCORE,
  VS_MAX,
  VS_MIN,
  VS_HARMONIC_MEAN,
  VS_GEOMETRIC_MEAN,
  VS_COMBSUM,
  VS_COMBMNZ,
  VS_COMBANZ,
  VS_COMBMED,
  VS_COMBGMNZ,
  VS_ISR,
  VS_LOG_ISR,
  VS_RBC,
  VS_BORDA,
  VS_CONDORCET,
  VS_RRF_QDRANT,
  VS_STRATEGIES
} VsStrategy;

/* Maps from the similarities of one list to comparable scores, in the order of vs_normalizer_name. */
typedef enum VsNormalizer {
  VS_NORM_NONE,
  VS_NORM_MINMAX,
  VS_NORM_MAX,
  VS_NORM_SUM,
  VS_NORM_ZSCORE,
  VS_NORM_ZSCORE_SIGMOID,
  VS_NORM_DBSF,
  VS_NORM_L2,
  VS_NORM_RANK,
  VS_NORM_BORDA,
  VS_NORM_ATAN_IP,
  VS_NORM_ATAN_BM25,
  VS_NORM_COSINE,
  VS_NORMALIZERS
} VsNormalizer;

/* What a list that lacks a candidate says about it, in the order of vs_missing_name. */
typedef enum VsMissing {
  VS_MISSING_ZERO, /* score 0 */
  VS_MISSING_MIN,  /* what its last entry gets */
  VS_MISSING_SKIP, /* nothing: averages are over the lists that have it */
  VS_MISSING_RANK, /* the rank after its last entry */
  VS_MISSINGS
} VsMissing;

/* Parameters that no call of fuse() sets. */
#define VS_RRF_K 60.0
#define VS_RBC_PHI 0.8
#define VS_GMNZ_GAMMA 0.5

/* Names as SQL spells them; NULL past the last.  The finders return the number, or -1. */
const char *vs_strategy_name(int strategy);
const char *vs_normalizer_name(int normalizer);
const char *vs_missing_name(int missing);
int vs_find_strategy(const char *name);
int vs_find_normalizer(const char *name);
int vs_find_missing(const char *name);

/* Whether a strategy looks at ranks alone, and which normaliser and weight the others start with. */
bool vs_strategy_by_rank(VsStrategy strategy);
VsNormalizer vs_strategy_normalizer(VsStrategy strategy);
double vs_strategy_weight(VsStrategy strategy, size_t lists);

/* One list, nearest first; distances are finite, no candidate comes twice. */
typedef struct VsRankedList {
  size_t n;
  const double *distance;
  const uint32_t *candidate;
} VsRankedList;

typedef struct VsFusion {
  VsStrategy strategy;
  VsNormalizer normalizer;
  VsMissing missing;
  bool ordinal; /* equal distances get ranks 1, 2, 3 in the order of ids, not 1, 1, 3 */
  double rrf_k;
  size_t lists;
  size_t candidates;
  const VsRankedList *list;
  const double *weight;      /* of each list; finite, not negative; 0: as if the list were not there */
  void (*poll)(void *host);  /* called now and then when it takes long; may not return */
  void *host;
} VsFusion;

/* Everything fuse() finds; arrays of cells have the cell of list i for candidate c at c * lists + i. */
typedef struct VsFused {
  int32_t *rank;      /* cells: 1 .. n, 0: not in the list */
  double *similarity; /* cells: minus the distance */
  double *normal;     /* cells: what the strategy sees; NaN: nothing */
  double *score;      /* of each candidate */
  uint32_t *order;    /* candidates, best first */
  size_t n;           /* of them: those that a list of weight above 0 has */
} VsFused;

/* Bytes vs_fuse needs. */
size_t vs_fusion_bytes(size_t lists, size_t candidates, size_t longest);

/*
 * Fuses into *fused, whose arrays lie in memory (vs_fusion_bytes, aligned to 8).
 * VS_OVERFLOW when a score is too large for a double.
 */
VsStatus vs_fuse(const VsFusion *fusion, void *memory, VsFused *fused);

/*
 * How many of n scores, best first, come before the jumps-th drop that is more than twice the median
 * drop and more than 0.01; before the last such drop if there are fewer.  drops has room for n.
 */
size_t vs_autocut(const double *score, size_t n, size_t jumps, double *drops);

/*
 * One row: strategies of scores (not of ranks) applied to n values that are normalised already; a value
 * that is NaN is missing and counts as 0.  weight may be NULL.  scratch has room for 2 n.
 */
double vs_combine_scores(VsStrategy strategy, const double *value, const double *weight, size_t n,
                      double *scratch);

/* Sum in the order of the values, which it sorts. */
double vs_ordered_sum(double *value, size_t n);

/*
 * Normalises x, similarities in descending order; candidates is what VS_NORM_BORDA counts with.
 * rank holds the ranks of x.  out may be x.
 */
void vs_normalize(VsNormalizer normalizer, const double *x, const int32_t *rank, size_t n,
                  size_t candidates, double *out);

/* Ranks of distances (or of similarities) that are sorted. */
void vs_ranks(const double *sorted, size_t n, bool ordinal, int32_t *rank);

/* --- mmr.cpp -------------------------------------------------------------------------------- */

typedef struct VsMmr {
  size_t n, dims;
  const double *relevance; /* best first; ties in the order of ids */
  const float *unit;       /* n rows of dims, each of length 1, or 0 where there is no vector */
  double lambda;           /* 1: relevance alone, 0: diversity alone */
  size_t k;                /* how many to choose, at most n */
  void (*poll)(void *host);
  void *host;
} VsMmr;

/* What was chosen: k of each. */
typedef struct VsMmrChoice {
  uint32_t *index;
  double *score;          /* lambda * relevance - (1 - lambda) * similarity */
  double *max_similarity; /* to what was chosen before; NaN for the first */
} VsMmrChoice;

/* nearest has room for n. */
void vs_mmr(const VsMmr *mmr, double *nearest, VsMmrChoice *choice);

#ifdef __cplusplus
}
#endif

#endif
