/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XSW_GUARD_H
#define XSW_GUARD_H
/*
 * Anti-spoofing: what the guest behind a guarded port may send. It speaks for
 * its own MAC and for the addresses of its policy, to guests and to the twin
 * alike, and is neither router nor DHCP server. The table of rules, and why
 * each is so, is in docs/datapath.md; in short:
 *
 *   Ethernet  the source is the MAC; up to two VLAN tags; IPv4, IPv6 and ARP
 *	       only, but to 01:80:c2:00:00:0x any protocol
 *   ARP       sender: the MAC and an own IPv4 address; 0.0.0.0 in a request
 *	       (a probe, RFC 5227)
 *   IPv4      source: own; 0.0.0.0 for a DHCP client (RFC 2131)
 *	       who asks a DHCP server asks for the MAC
 *   IPv6      source: own; :: and, without a listed address, the link-local
 *	       one: for what gets an address (RFC 4861, 4862, 3810, 8415)
 *   ND	       link-layer options name the MAC, the target of an advertisement
 *	       or of a duplicate check is own (RFC 4861)
 *   refused   router advertisements, redirects, DHCP and DHCPv6 servers' words
 *
 * Own IPv6 addresses are the listed ones (or of a listed network) and the
 * link-local one made from the MAC (RFC 4291 appendix A); other link-local
 * addresses must be listed.
 *
 * A frame is refused when what decides lies beyond the private head, or behind
 * more extension headers than XSW_EXTENSIONS_MAX: nothing is guessed.
 * Not looked at: what is inside tunnels and encrypted, and checksums.
 *
 * Thread: worker. Memory: the caller's. No state but the settings.
 */
#include <stdint.h>

#include "bridge/batch.h"
#include "bridge/classify.h"
#include "bridge/switch.h"
#include "netconf/base/mac.h"

/* Networks as they lie in a packet: an address is in it when its bits under
 * the mask are the value. */
struct xsw_guard_net4 {
	uint32_t value, mask;
};
struct xsw_guard_net6 {
	uint64_t value[2], mask[2];
};

struct xsw_guard {
	struct xn_mac mac;
	uint8_t link_local[16];
	uint32_t count4, count6;
	struct xsw_guard_net4 net4[XSW_ADDRESSES_MAX];
	struct xsw_guard_net6 net6[XSW_ADDRESSES_MAX];
};

/* `policy`: checked by xsw_port_set_policy(). */
void xsw_guard_set(struct xsw_guard *guard, const struct xsw_policy *policy);

/* The frames that the guest may not send, a bit each; `ret_drop` has the
 * reason (enum xsw_drop) for those. Runts are not looked at. */
uint64_t xsw_guard_check(const struct xsw_guard *guard,
			 const struct xsw_batch *batch,
			 const struct xsw_burst *burst,
			 uint8_t ret_drop[XSW_BATCH_MAX]);

#endif
