/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNS_GUARD_H
#define XNS_GUARD_H
/* Whether a change that the plan can do would cut off something that the plan
 * does not know. */
#include "netconf/base/err.h"
#include "netconf/model/plane.h"
#include "network-script/choose.h"

/* 0: nothing is known against it. -EPERM: `err` has what is, and how to ask
 * again. `root`: as in holder.h. */
int xns_guard(const char *root, const struct xns_request *request,
	      const struct xns_choice *choice, const struct xn_model *observed,
	      struct xn_err *err);

#endif
