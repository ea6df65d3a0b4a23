/* SPDX-License-Identifier: PostgreSQL
 *
 * fold.h - what the dictionaries share.
 */
#ifndef VECSTORE_PG_TEXT_FOLD_H
#define VECSTORE_PG_TEXT_FOLD_H

/* Folds case into a palloc'd, terminated string. */
extern char *vs_fold_word(const char *word, size_t length, size_t *folded_length);

#endif
