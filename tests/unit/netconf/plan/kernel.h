/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_NETCONF_PLAN_KERNEL_H
#define TESTS_UNIT_NETCONF_PLAN_KERNEL_H
/* A model that behaves as the kernel does: it refuses what the kernel would,
 * and takes along what the kernel takes along. */
#include "netconf/plan/plan.h"

/* Does the operation. The test fails with its words when the kernel would
 * refuse it. */
void kernel_do(struct xn_model *model, const struct xn_op *op);
/* The same for the first `count` operations. */
void kernel_do_all(struct xn_model *model, const struct xn_plan *plan,
		   size_t count);

#endif
