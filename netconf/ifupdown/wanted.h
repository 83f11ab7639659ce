/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_IFUP_WANTED_H
#define XN_IFUP_WANTED_H
/*
 * What a stanza wants, as a model: the observed one with the bridge, its ports
 * and its settings, or without them. What the kernel is known to refuse is left
 * out and noted. Pure; any thread.
 *
 * The caller owns *ret_wanted (xn_model_fini()), which is set on success only.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netconf/base/err.h"
#include "netconf/ifupdown/notes.h"
#include "netconf/ifupdown/options.h"
#include "netconf/ifupdown/ports.h"
#include "netconf/model/plane.h"

struct xn_ifup_request {
	const struct xn_ifup_options *options;
	const struct xn_ifup_ports *ports;
};

/* Which of it: all at once, or little by little where the kernel refuses. */
struct xn_ifup_part {
	uint32_t settings; /* bits: places in options->setting */
	bool vlan_aware;
	size_t port_first, port_end; /* places in ports->port */
	bool port_mtu;
	bool port_settings;
};

/* -EEXIST: the name is a link's that is no bridge. The bridge is made where it
 * is not there, and up but for XN_IFUP_CREATE. */
int xn_ifup_want_start(const struct xn_model *observed,
		       const struct xn_ifup_request *request,
		       const struct xn_ifup_part *part,
		       struct xn_model *ret_wanted, struct xn_ifup_notes *notes,
		       struct xn_err *err);

/* XN_IFUP_HOLD: a bridge with the stanza's address, where there is none. */
int xn_ifup_want_hold(const struct xn_model *observed,
		      const struct xn_ifup_request *request,
		      struct xn_model *ret_wanted, struct xn_err *err);

/* XN_IFUP_RELEASE and _STOP. -EEXIST as above. A bridge that is not there is
 * none to stop. */
int xn_ifup_want_stop(const struct xn_model *observed,
		      const struct xn_ifup_request *request,
		      struct xn_model *ret_wanted, struct xn_err *err);

#endif
