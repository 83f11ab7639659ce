/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_PARSE_SUGGEST_H
#define XN_PARSE_SUGGEST_H
/* What somebody may have meant by a word that is not known. Pure. */
#include <stddef.h>

/* Longer words are nobody's typing error. */
#define XN_SUGGEST_WORD_MAX 32u
#define XN_SUGGEST_TEXT_MAX 64u

/* " (did you mean 'mtu'?)" for the nearest of `words`, "" when none is near:
 * one wrong, missing, doubled or swapped letter for each three, and no more
 * than three. Returns ret_text. */
const char *xn_suggest(const char *word, const char *const *words, size_t count,
		       char ret_text[XN_SUGGEST_TEXT_MAX]);

#endif
