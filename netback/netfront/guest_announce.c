// SPDX-License-Identifier: GPL-2.0-or-later
/* See guest_announce.h. */
#include "netback/netfront/guest_announce.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/ethernet.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <string.h>

#define ADDRESSES_MAX 16u

void xnf_announce_frame(const struct xn_mac *mac, uint32_t address,
			uint8_t ret_frame[XNF_ANNOUNCE_BYTES])
{
	static const uint8_t fixed[] = {
		0x08, 0x06,	  /* Ethernet: ARP */
		0x00, 0x01,	  /* hardware: Ethernet */
		0x08, 0x00, 6, 4, /* protocol: IPv4 */
		0x00, 0x01,	  /* request */
	};
	uint8_t *at = ret_frame;

	memset(ret_frame, 0, XNF_ANNOUNCE_BYTES);
	memset(at, 0xff, XN_MAC_BYTES);
	memcpy(at + 6, mac->octet, XN_MAC_BYTES);
	memcpy(at + 12, fixed, sizeof(fixed));
	at += 12 + sizeof(fixed);
	memcpy(at, mac->octet, XN_MAC_BYTES);
	memcpy(at + 6, &address, sizeof(address));
	memcpy(at + 16, &address, sizeof(address)); /* the target's MAC: 0 */
}

static bool announce(struct xnf_tx *tx, const struct xn_mac *mac,
		     const struct sockaddr *address)
{
	const struct xnf_meta meta = {0};
	uint8_t frame[XNF_ANNOUNCE_BYTES];
	struct iovec iov = {frame, sizeof(frame)};
	struct sockaddr_in in;

	memcpy(&in, address, sizeof(in));
	xnf_announce_frame(mac, in.sin_addr.s_addr, frame);
	return !xnf_tx_put(tx, &iov, 1, &meta);
}

uint32_t xnf_announce(struct xnf_tx *tx, const char *name,
		      const struct xn_mac *mac)
{
	struct ifaddrs *all;
	uint32_t count = 0;

	if (getifaddrs(&all) < 0)
		return 0;
	for (struct ifaddrs *one = all; one && count < ADDRESSES_MAX;
	     one = one->ifa_next) {
		if (one->ifa_addr && one->ifa_addr->sa_family == AF_INET &&
		    !strcmp(one->ifa_name, name) &&
		    announce(tx, mac, one->ifa_addr))
			count++;
	}
	freeifaddrs(all);
	return count;
}
