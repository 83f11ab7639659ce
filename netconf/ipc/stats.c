/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of the data path's drop reasons, as users see them. Thread: any. */
#include "netconf/ipc/stats.h"

const char *xn_drop_name(enum xn_drop drop)
{
	static const char *const names[XN_DROP_COUNT] = {
		[XN_DROP_MALFORMED] = "malformed",
		[XN_DROP_BAD_OFFLOAD] = "bad_offload",
		[XN_DROP_TOO_BIG] = "too_big",
		[XN_DROP_RX_FULL] = "rx_full",
		[XN_DROP_SOURCE_GRANT] = "source_grant",
		[XN_DROP_DEST_GRANT] = "dest_grant",
		[XN_DROP_TWIN_FULL] = "twin_full",
		[XN_DROP_TWIN_DOWN] = "twin_down",
		[XN_DROP_RUNT] = "runt",
		[XN_DROP_SRC_GROUP] = "src_group",
		[XN_DROP_SAME_PORT] = "same_port",
		[XN_DROP_PORT_CLOSED] = "port_closed",
		[XN_DROP_SPOOFED_MAC] = "spoofed_mac",
		[XN_DROP_SPOOFED_ARP] = "spoofed_arp",
		[XN_DROP_SPOOFED_IPV4] = "spoofed_ipv4",
		[XN_DROP_SPOOFED_IPV6] = "spoofed_ipv6",
		[XN_DROP_SPOOFED_ND] = "spoofed_nd",
		[XN_DROP_ROGUE_ROUTER] = "rogue_router",
		[XN_DROP_ROGUE_DHCP] = "rogue_dhcp",
		[XN_DROP_SPOOFED_DHCP] = "spoofed_dhcp",
		[XN_DROP_OTHER_PROTOCOL] = "other_protocol",
		[XN_DROP_BPDU] = "bpdu",
		[XN_DROP_STORM] = "storm",
		[XN_DROP_ISOLATED] = "isolated",
		[XN_DROP_MCAST] = "mcast",
		[XN_DROP_STALLED] = "stalled",
		[XN_DROP_ACL] = "acl",
		[XN_DROP_ACL_IN] = "acl_in",
	};

	if ((unsigned int)drop >= XN_DROP_COUNT)
		return "unknown";
	return names[drop];
}
