/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QOS_WORDS_H
#define QOS_WORDS_H
/* Rates for people. Pure. */
#include <stdint.h>

#define XQ_RATE_TEXT_MAX 32

/* "10Mb/s", exact. */
const char *xq_rate_words(uint64_t bytes_per_s,
			  char ret_text[XQ_RATE_TEXT_MAX]);

#endif
