/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_IFUP_TASK_H
#define XN_IFUP_TASK_H
/* What a call is for, by MODE and PHASE. Pure. */
#include "netconf/base/err.h"
#include "netconf/ifupdown/options.h"

/* -EINVAL: a mode or phase that this kind of ifupdown does not have. */
int xn_ifup_task_choose(enum xn_ifup_style style, const char *mode,
			const char *phase, enum xn_ifup_task *ret_task,
			struct xn_err *err);

#endif
