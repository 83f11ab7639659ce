/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_CLI_PLAN_WORDS_H
#define XN_CLI_PLAN_WORDS_H
/*
 * A plan, for programs and for people. The one is made of the other, so that
 * a plan that another process made reads the same.
 */
#include <jansson.h>

#include "netconf/safe/want.h"

/* {"cost", "operations", "left": [{"bridge", "port"}], "cuts": [WORDS], "held":
 * [WORDS], "warnings": [WORDS]}. The operations of NAT, rates and shares come
 * last, with the step "nat" or "qos". A new reference. NULL: out of memory. */
json_t *xn_cli_describe_want(const struct xn_want *want);
/* [WORDS]. */
json_t *xn_cli_describe_warnings(const struct xn_force_ops *ops);
/* On stdout: a line for each operation, and what is to be known besides. */
void xn_cli_print_want(const json_t *want);
/* On stderr. */
void xn_cli_print_warnings(const json_t *warnings);

#endif
