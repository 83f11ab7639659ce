/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BENCH_COUNT_COPY_H
#define BENCH_COUNT_COPY_H
/*
 * Grant copies between the unit tests' guests, as cheap as they can be: the
 * linker gives the worker these in the place of the double's, whose checks
 * and counters would cost more than what is measured.
 */
#include <stdint.h>

struct copy_count {
	uint64_t calls, segments, bytes;
	uint64_t ns; /* only while copy_timed is set */
};

extern struct copy_count copy_count;
extern int copy_timed;

uint64_t bench_now_ns(void);

#endif
