/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_APPLY_HANDS_H
#define XN_APPLY_HANDS_H
/* One operation, done to the kernel. For netconf/apply only. */
#include <stdbool.h>

#include "netconf/base/err.h"
#include "netconf/nl/socket.h"
#include "netconf/plan/op.h"

/* One request, also to a corked socket (socket.h); but IPv6 settings, names
 * and MACs must not be corked. IPv6 settings are sysctls of the THREAD's
 * network namespace, which must be the socket's. */
int xn_hands_do(struct xn_nl *nl, const struct xn_op *op, struct xn_err *err);

/* The error says that what the operation is for is so already: whether it is
 * just so, the look afterwards tells. */
bool xn_hands_is_so(const struct xn_op *op, int error);

#endif
