/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_SAFE_DRIFTED_WORDS_H
#define XN_SAFE_DRIFTED_WORDS_H
/* For drifted.c: an operation that would put a bridge right, as what is wrong
 * with it. Pure. */
#include <stdint.h>

#include "netconf/plan/op.h"

/* "change bridge xenbr0: ageing 4400 -> 12050 (and 2 more)". Cut when it does
 * not fit. */
void xn_drifted_words(const struct xn_op *op, uint32_t more, char *ret_text,
		      size_t bytes);
/* It changes a bridge's ageing time and nothing else. */
bool xn_drifted_is_ageing(const struct xn_op *op);

#endif
