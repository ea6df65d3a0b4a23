/* SPDX-License-Identifier: PostgreSQL
 *
 * status.h - what went wrong, as a value.
 *
 * The core cannot raise errors; it returns one of these.  VS_OK is 0, so a status reads as a
 * question: "if (status) report it".  src/pg turns it into a message and an SQLSTATE.
 */
#ifndef VECSTORE_BRIDGE_STATUS_H
#define VECSTORE_BRIDGE_STATUS_H

typedef enum VsStatus {
  VS_OK = 0,
  VS_OVERFLOW,            /* a result is too large for its type */
  VS_UNDERFLOW,           /* the product of two non-zero numbers became zero */
  VS_NAN_ELEMENT,         /* an element is NaN */
  VS_INFINITE_ELEMENT,    /* an element is infinite */
  VS_ELEMENT_TOO_LARGE,   /* a finite number does not fit the element type */
  VS_NO_DIMENSIONS,       /* a vector without elements */
  VS_TOO_MANY_DIMENSIONS, /* more than VS_MAX_DIM elements */
  VS_TEXT_NO_BRACKET,     /* text does not start with '[' */
  VS_TEXT_SYNTAX,         /* text is not a list of numbers */
  VS_TEXT_JUNK            /* text goes on after ']' */
} VsStatus;

#endif
