/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XSW_ACL_H
#define XSW_ACL_H
/*
 * Access lists: which packets a port's guest may send and receive, by the rules
 * of a program (acl_program.h). Stateless: each packet is judged alone.
 *
 * Allowed always: ARP, and in one piece ICMPv6's router and neighbour discovery
 * (types 133 to 136) and multicast listeners (130 to 132, 143). What of it is a
 * guest's to send the guard says (guard.h).
 *
 * IPv4 and IPv6 are what the rules say, behind up to two VLAN tags as without;
 * all else is the list's default.
 *
 * Refused whatever the rules say: a packet that is not what it says it is, and
 * one whose ports, flags or type are not in its first fragment (RFC 1858) and
 * within the private head, or lie behind more than XSW_EXTENSIONS_MAX extension
 * headers. Of a later fragment nobody knows the ports: no rule that asks for
 * them allows it, and each that asks for them and denies counts.
 *
 * Thread: worker. No allocation, no call out of this room.
 */
#include "bridge/acl_program.h"
#include "bridge/batch.h"

/* Of `frames` those that may not pass, a bit each. */
uint64_t xsw_acl_refused(const struct xsw_acl *acl, enum xsw_acl_way way,
			 const struct xsw_batch *batch, uint64_t frames);
bool xsw_acl_allows(const struct xsw_acl *acl, enum xsw_acl_way way,
		    const struct xsw_frame *frame);

/* Is it a program that can be used? Whatever the bytes are, nothing beyond
 * `bytes` is read, by this or by the functions above. `memory`: aligned as for
 * malloc(). 0, -EINVAL, -E2BIG. */
int xsw_acl_check(const void *memory, size_t bytes);

#endif
