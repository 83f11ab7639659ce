/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_PARSE_NAT_WRITE_H
#define XN_PARSE_NAT_WRITE_H
/*
 * The keys of nat_keys.h as text that reads back to the same; for
 * planeconf_write.c.
 */
#include <stdio.h>

#include "netconf/model/planeconf.h"

/* A line, or as many as the key was said times. Only for XN_CONF_MASQUERADE to
 * XN_CONF_ONE_TO_ONE. */
void xn_nat_write_key(FILE *to, const struct xn_conf_nat *nat,
		      enum xn_conf_key key);

#endif
