/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_OBSERVE_H
#define XN_OBSERVE_H
/*
 * The observed model: what the kernel says now, in a few dumps. They are not
 * one moment: whoever acts on a difference has it checked by the kernel, and
 * looks again afterwards.
 *
 * Thread: the socket's. Caller owns *ret_model (xn_model_fini()), which is
 * set on success only. -E2BIG: more of something than a model holds.
 */
#include "netconf/base/err.h"
#include "netconf/model/plane.h"
#include "netconf/nl/socket.h"

int xn_observe(struct xn_nl *nl, struct xn_model *ret_model,
	       struct xn_err *err);

#endif
