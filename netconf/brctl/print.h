/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_BRCTL_PRINT_H
#define XN_BRCTL_PRINT_H
/*
 * What brctl's show verbs print, column for column as bridge-utils 1.7.1
 * does: scripts cut these lines. To a stream of the caller's; whether it took
 * all is for the caller to ask (ferror). Pure otherwise.
 */
#include <stddef.h>
#include <stdio.h>

#include "netconf/nl/fdb.h"
#include "netconf/nl/link.h"

/* The line above the first bridge. */
void xn_brctl_print_heads(FILE *out);
/* One bridge, with its ports below each other. */
void xn_brctl_print_bridge(FILE *out, const struct xn_link *bridge,
			   const struct xn_link *const *ports, size_t count);

/* showstp: the bridge, under the name it was asked by; each port. */
void xn_brctl_print_stp(FILE *out, const char *name,
			const struct xn_bridge *bridge);
void xn_brctl_print_stp_port(FILE *out, const struct xn_link *port);

void xn_brctl_print_mac_heads(FILE *out);
/* `number` is the port's. */
void xn_brctl_print_mac(FILE *out, const struct xn_fdb_entry *entry,
			uint16_t number);

#endif
