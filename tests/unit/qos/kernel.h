/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_QOS_KERNEL_H
#define TESTS_UNIT_QOS_KERNEL_H
/*
 * A kernel for the planner: it has links and takes operations as a kernel
 * would, refusing what that would refuse: a class without its discipline, a
 * filter to a link that is not there, a class that a filter names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "qos/plan.h"

/* Its tables; freed with xq_observed_fini(). */
extern struct xq_observed kernel;
extern struct xn_err err;

/* cmocka's setup: links vif1.0 (10), vif2.0 (11), eth0 (12). And teardown. */
int boot(void **state);
int halt(void **state);

void add_link(int ifindex, const char *name, const char *kind);
void add_qdisc(int ifindex, uint32_t handle, uint32_t parent, const char *kind);
void add_filter(const struct xn_tc_filter *filter);

/* NULL: all is done; else why not. */
const char *do_plan(const struct xq_plan *plan);

/* Plans and does it; how many operations. */
size_t bring_about(const struct xq_wish *wish);

const struct xn_tc_class *class_at(int ifindex, uint32_t minor);
/* All that is not the links of boot(). */
size_t count_objects(void);

#endif
