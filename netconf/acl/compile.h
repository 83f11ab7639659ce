/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XACL_COMPILE_H
#define XACL_COMPILE_H
/*
 * An access list (netconf/model/acl.h) and who is known at the moment, to the
 * program that the data path runs (bridge/acl_program.h). The same of both
 * makes the same bytes.
 *
 * - The rules are as written, each port or range of a rule one.
 * - `replies` stands at the rule's place among those of the other way: the same
 *   with ports and ends exchanged; of TCP what has ACK or RST, of ICMP echo
 *   replies; and, once each way, the errors of ICMP (RFC 792: 3, 11, 12;
 *   RFC 4443: 1 to 4) from anybody.
 * - Behind all rules of a list that denies stands what the plane gives: DHCP
 *   (67, 68), DHCPv6 (546, 547) and DNS (53) with the host's own addresses.
 * - A guest is its addresses; with `by_mac` its MAC as well. What comes from a
 *   guarded one is denied by its MAC, too: its guard lets it ask for an address
 *   from none.
 *
 * Pure; any thread.
 */
#include "bridge/acl_program.h"
#include "netconf/base/err.h"
#include "netconf/model/acl.h"

#define XACL_NAMES 3 /* the vif's two, and its domain's */

struct xacl_guest {
	const char *name[XACL_NAMES]; /* by any; "": none */
	const char *acl;	      /* whose group it is in; "": none */
	bool has_mac;
	struct xn_mac mac;
	bool by_mac;  /* nobody has said its addresses */
	bool guarded; /* all that comes with its MAC is its own */
	uint32_t address_count;
	const struct xn_address *address; /* networks, too */
};

/* All of it stays the caller's. */
struct xacl_known {
	uint32_t guest_count;
	const struct xacl_guest *guest;
	uint32_t host_count;
	const struct xn_address *host; /* the plane's own addresses */
};

/* 0: *ret_program is the caller's, to free(). -ENOMEM; -E2BIG with err: more
 * rules or more of the others than a program holds. */
int xacl_compile(const struct xn_acl *acl, const struct xacl_known *known,
		 struct xsw_acl **ret_program, struct xn_err *err);

#endif
