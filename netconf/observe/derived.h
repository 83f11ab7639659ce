/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_OBSERVE_DERIVED_H
#define XN_OBSERVE_DERIVED_H
/* Which routes the kernel makes by itself. Pure. */
#include <stdbool.h>

#include "netconf/model/plane.h"

/* The route follows from the links and addresses of the model, comes and goes
 * with them, and so is no object of its own. The same route, made by a
 * manager for an address that asked for none, is one. */
bool xn_route_is_derived(const struct xn_model *model,
			 const struct xn_route *route);

#endif
