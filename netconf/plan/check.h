/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_PLAN_CHECK_H
#define XN_PLAN_CHECK_H
/* Whether a wanted model makes sense by itself. For netconf/plan only. Pure. */
#include "netconf/base/err.h"
#include "netconf/model/plane.h"

/* -EINVAL: a name or number twice, an object on no link. */
int xn_plan_check(const struct xn_model *wanted, struct xn_err *err);

/* The link that the object is on, or the first one of several; 0: none. */
int xn_object_ifindex(enum xn_noun noun, const union xn_object *object);

#endif
