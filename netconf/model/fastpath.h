/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_MODEL_FASTPATH_H
#define XN_MODEL_FASTPATH_H
/*
 * May a vif's frames to other guests take the switch, or must the Linux bridge
 * forward them? A pure rule over what netlink reported and what the
 * administrator set. The switch is only right while it does all that the
 * bridge would do, so every attribute in force must be one it implements:
 *
 *   port    state, learning, flood, mcast_flood, bcast_flood, mtu, up/down;
 *	     isolated and root_block are ours; guard (BPDUs go to the kernel,
 *	     but for those that a vif's own setting drops before); priority,
 *	     cost, fast_leave, mcast_router (STP's and snooping's own
 *	     matters)
 *   bridge  ageing_time, forward_delay while the topology changes, STP in all
 *	     its timers; mcast_snooping, mcast_querier and mcast_router: group
 *	     frames between guests are flooded, and pruned only by what a
 *	     frontend with multicast control registered
 *
 * And nobody else may look at what passes between two ports: struct
 * xn_frame_hooks says who does. What sees only frames of the host itself (a
 * hook or a queueing discipline on the bridge's own device) or of the outside
 * (on an uplink) sees no frame between guests, and does not count.
 *
 * Anything else that is not at its neutral value is a reason for the kernel's
 * path, and so is an attribute of a newer kernel that this code cannot read.
 *
 * The setting isolated=on holds on both paths. The switch keeps two such vifs
 * apart, and so does the kernel if the twins of both are `isolated on`. But the
 * twin of a fast vif always is, so a vif that is to be isolated and has to take
 * the kernel's path would reach no fast one. Then nobody on its bridge is fast,
 * and each twin's `isolated` is its own vif's setting.
 * Thread: any.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netconf/nl/link.h"

enum xn_slow_reason {
	XN_SLOW_NO_BRIDGE,    /* the twin has no master that is a bridge */
	XN_SLOW_NO_ROOM,      /* more bridges than the switch can have */
	XN_SLOW_OFF_VIF,      /* fastpath = off for the vif */
	XN_SLOW_OFF_BRIDGE,   /* fastpath = off for the bridge */
	XN_SLOW_CAPTURE_TWIN, /* somebody captures there */
	XN_SLOW_CAPTURE_BRIDGE,
	XN_SLOW_VLAN_FILTERING,
	XN_SLOW_NF_CALL, /* br_netfilter is told to look at this bridge */
	XN_SLOW_GROUP_FWD_MASK,
	XN_SLOW_GROUP_ADDR,
	XN_SLOW_FDB_MAX_LEARNED,
	XN_SLOW_BRIDGE_OPTION, /* a boolopt */
	XN_SLOW_BRIDGE_UNKNOWN,
	XN_SLOW_HAIRPIN,
	XN_SLOW_MCAST_TO_UNICAST,
	XN_SLOW_PROXYARP,
	XN_SLOW_PROXYARP_WIFI,
	XN_SLOW_NEIGH_SUPPRESS,
	XN_SLOW_VLAN_TUNNEL,
	XN_SLOW_LOCKED,
	XN_SLOW_MAB,
	XN_SLOW_PORT_GROUP_FWD_MASK,
	XN_SLOW_BACKUP_PORT,
	XN_SLOW_MCAST_MAX_GROUPS,
	XN_SLOW_PORT_UNKNOWN,
	XN_SLOW_ISOLATED,  /* by somebody else: guests are to be kept apart */
	XN_SLOW_ISOLATION, /* the kernel refuses `isolated on` */
	XN_SLOW_ISOLATED_NEIGHBOUR, /* see xn_fastpath_with_bridge() */
	XN_SLOW_NFT_BRIDGE,
	XN_SLOW_EBTABLES,
	XN_SLOW_BR_NETFILTER,
	XN_SLOW_NFT_TWIN,
	XN_SLOW_TC,
	XN_SLOW_XDP,
	XN_SLOW_UPPER,
	XN_SLOW_CAPTURE_ALL,
	XN_SLOW_UNREADABLE,
	XN_SLOW_COUNT,
};

/* Who else sees the frames between the twin and other ports. */
struct xn_frame_hooks {
	bool nft_bridge;   /* a base chain of family bridge: every bridge */
	bool ebtables;	   /* an old table in use: every bridge */
	bool br_netfilter; /* shows every bridge's frames to IP's hooks, and
			    * somebody is hooked there */
	bool nft_twin;	   /* a chain or a flow table on the twin */
	bool tc;	   /* a queueing discipline, ingress, clsact or tcx */
	bool xdp;
	bool upper;	  /* a device on top of the twin takes frames off */
	bool packet_twin; /* a packet socket, without promiscuity */
	bool packet_all;  /* a packet socket for all devices */
	bool unreadable;  /* one of these is not known */
};

struct xn_fastpath_facts {
	const struct xn_link *twin;
	const struct xn_link *bridge; /* NULL: none */
	bool bridge_has_room;	      /* the switch has an index for it */
	bool vif_on, bridge_on;	      /* the settings */
	bool isolated_by_other;
	bool isolation_refused;
	struct xn_frame_hooks hooks;
};

/* The vif's own reasons against the fast path, bit (1 << enum xn_slow_reason)
 * each; 0: none. */
uint64_t xn_fastpath_reasons(const struct xn_fastpath_facts *facts);

/* Does a vif with these reasons of its own keep all of its bridge off the fast
 * path? `isolated`: its setting. */
bool xn_isolation_slows_bridge(uint64_t own_reasons, bool isolated);
/* All reasons: its own, and that some vif does slow the bridge. 0: fast. */
uint64_t xn_fastpath_with_bridge(uint64_t own_reasons, bool isolated,
				 bool bridge_slowed);
/* Is the twin of a vif with these reasons, all of them, to be `isolated on`? */
bool xn_isolation_in_kernel(uint64_t all_reasons, bool isolated);

/* One reason's words: "vlan_filtering". */
const char *xn_slow_reason_name(enum xn_slow_reason reason);

/* All words with ", " between them, cut when there are too many; "" for 0. */
const char *xn_slow_reasons_format(uint64_t reasons, char *ret_text,
				   size_t text_bytes);

/* The time after which the bridge forgets a silent station: a changing
 * topology shortens it to the forward delay (802.1D 8.3.5). 0: never. */
uint64_t xn_bridge_ageing_ms(const struct xn_bridge *bridge);

#endif
