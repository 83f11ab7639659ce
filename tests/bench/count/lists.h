/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BENCH_COUNT_LISTS_H
#define BENCH_COUNT_LISTS_H
/*
 * Access lists for the bench's guests: for each way so many rules, of which the
 * last speaks of load.c's UDP and allows it, to one of 64 networks.
 */
#include <stdint.h>

#include "tests/unit/netback/worker/bed.h"

#define LIST_RULES_MAX 256u

/* Every `step`-th lane, a vif's first, of `lanes` gets the list. */
void lists_give(struct bed *bed, uint32_t lanes, uint32_t step, uint32_t rules);

#endif
