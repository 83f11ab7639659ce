/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_IFUP_ADDRESS_H
#define XN_IFUP_ADDRESS_H
/* A stanza's address. Pure. */
#include "netconf/nl/addr.h"

/* `address` with or without /LENGTH; else `netmask` is a length, or for IPv4
 * also a mask. *ret_addr has no link yet, and is untouched on failure.
 * -EINVAL. */
int xn_ifup_address_parse(const char *address, const char *netmask,
			  struct xn_addr *ret_addr);

#endif
