/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_IFUP_PORTS_H
#define XN_IFUP_PORTS_H
/*
 * The words of bridge_ports to the names of interfaces: names, `none`, `all`,
 * and extended regular expressions between `regex` and `noregex`, which stand
 * for the interfaces that are there. Pure; any thread.
 */
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>

#include "netconf/ifupdown/notes.h"
#include "netconf/ifupdown/options.h"
#include "netconf/model/plane.h"

/* As many as a bridge of the kernel has. */
#define XN_IFUP_PORTS_MAX 1023

struct xn_ifup_port {
	char name[IFNAMSIZ];
	bool is_matched; /* by an expression: nobody named it */
};

struct xn_ifup_ports {
	size_t count;
	struct xn_ifup_port port[XN_IFUP_PORTS_MAX];
};

/* Each once. Of `observed` (NULL: none are there) those are matched that a
 * bridge other than `options->iface` leaves free and that can be ports. What
 * makes no sense is noted and left out. `text`: options->ports or ->waitports.
 */
void xn_ifup_ports_expand(const struct xn_ifup_options *options,
			  const char *text, const struct xn_model *observed,
			  struct xn_ifup_ports *ret_ports,
			  struct xn_ifup_notes *notes);

/* "bridge_ports", as the kind of ifupdown writes it. */
const char *xn_ifup_ports_key(const struct xn_ifup_options *options);

/* An interface that the kernel makes a port, whoever has it now. */
bool xn_ifup_can_be_port(const struct xn_model_link *link);

#endif
