/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_BRIDGE_H
#define XN_NL_BRIDGE_H
/*
 * Bridges and their ports: every attribute that decides what is forwarded
 * where, as the kernel reports it, and setting them. Times are in the
 * kernel's clock ticks for users (hundredths of a second, _cs).
 *
 * What the kernel does not report (an older one) is 0 or false. A newer
 * kernel's attribute that this code does not know and that is in force is
 * named in `unknown_attr`, so that nobody relies on knowing everything.
 *
 * Attributes are named by the kernel's numbers (linux/if_link.h).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netconf/base/err.h"
#include "netconf/base/mac.h"
#include "netconf/nl/socket.h"

/* 802.1D: two bytes of priority, then the address; in the order of the wire. */
#define XN_BRIDGE_ID_BYTES 8
struct xn_bridge_id {
	uint8_t octet[XN_BRIDGE_ID_BYTES];
};

/* A number for one attribute: IFLA_BR_* or IFLA_BRPORT_*. */
struct xn_nl_setting {
	uint16_t attr;
	uint32_t value;
};

/* IFLA_BR_MULTI_BOOLOPT, by bit. */
#define XN_BRIDGE_NO_LL_LEARN (1U << 0)
#define XN_BRIDGE_MCAST_VLAN_SNOOPING (1U << 1)
#define XN_BRIDGE_MST (1U << 2)
#define XN_BRIDGE_MDB_OFFLOAD_FAIL_NOTIFICATION (1U << 3)
#define XN_BRIDGE_FDB_LOCAL_VLAN_0 (1U << 4)

struct xn_bridge {
	uint32_t forward_delay_cs;
	uint32_t hello_time_cs;
	uint32_t max_age_cs;
	uint32_t ageing_time_cs; /* 0: stations are never forgotten */
	uint32_t stp_state;	 /* 0: off, 1: the kernel's, 2: user space's */
	uint16_t priority;
	bool vlan_filtering;
	uint16_t vlan_protocol; /* ethertype, host order */
	uint16_t vlan_default_pvid;
	uint16_t group_fwd_mask;
	struct xn_mac group_addr;
	bool topology_change;
	bool topology_change_detected;
	struct xn_bridge_id root_id; /* of the tree's root, as known here */
	struct xn_bridge_id bridge_id;
	uint16_t root_port; /* number of a port, 0: this is the root */
	uint32_t root_path_cost;
	/* Time left; 0: not running. */
	uint64_t hello_timer_cs;
	uint64_t tcn_timer_cs;
	uint64_t topology_change_timer_cs;
	uint64_t gc_timer_cs;
	uint8_t mcast_router;
	bool mcast_snooping;
	bool mcast_querier;
	bool nf_call_iptables;
	bool nf_call_ip6tables;
	bool nf_call_arptables;
	uint32_t fdb_max_learned; /* 0: no limit */
	uint32_t boolopt;	  /* XN_BRIDGE_* above */
	uint16_t unknown_attr;
};

/* 802.1D port states, BR_STATE_* of linux/if_bridge.h. */
enum xn_brport_state {
	XN_BRPORT_DISABLED,
	XN_BRPORT_LISTENING,
	XN_BRPORT_LEARNING,
	XN_BRPORT_FORWARDING,
	XN_BRPORT_BLOCKING,
};

struct xn_brport {
	uint8_t state; /* enum xn_brport_state */
	uint16_t priority;
	uint32_t cost;
	uint16_t number;
	/* What the port's neighbours say, or it says to them (802.1D). */
	uint16_t id; /* priority and number */
	struct xn_bridge_id designated_root;
	struct xn_bridge_id designated_bridge;
	uint16_t designated_port;
	uint16_t designated_cost;
	bool topology_change_ack;
	bool config_pending;
	/* Time left; 0: not running. */
	uint64_t message_age_timer_cs;
	uint64_t forward_delay_timer_cs;
	uint64_t hold_timer_cs;
	bool isolated;
	bool hairpin;
	bool bpdu_guard;
	bool root_block;
	bool fast_leave;
	bool learning;
	bool unicast_flood;
	bool mcast_flood;
	bool bcast_flood;
	bool mcast_to_unicast;
	uint8_t mcast_router;
	bool proxyarp;
	bool proxyarp_wifi;
	bool neigh_suppress;
	bool neigh_vlan_suppress;
	bool vlan_tunnel;
	bool locked;
	bool mab;
	uint16_t group_fwd_mask;
	int backup_port; /* ifindex, 0: none */
	uint32_t backup_nhid;
	uint32_t mcast_max_groups;
	uint16_t unknown_attr;
};

/* -EEXIST when the name is taken. `settings` as for xn_bridge_set(). The
 * bridge is down. */
int xn_bridge_create(struct xn_nl *nl, const char *name,
		     const struct xn_nl_setting *settings, size_t count,
		     struct xn_err *err);

/* The same with a number of the caller's choice (-EEXIST, or -EBUSY from older
 * kernels: taken), a MAC and an MTU of its own. MAC zero: a random one until
 * it has ports, then always the lowest of theirs. */
struct xn_bridge_birth {
	int ifindex;
	const char *name;
	struct xn_mac mac;
	uint32_t mtu;
	const struct xn_nl_setting *settings;
	size_t count;
};
int xn_bridge_create_as(struct xn_nl *nl, const struct xn_bridge_birth *birth,
			struct xn_err *err);

/* What can be set and lasts, as it is: no more than XN_NL_SETTINGS_MAX, in
 * the order of a table. The port's state is left out: STP's, not a setting. */
#define XN_NL_SETTINGS_MAX 24
size_t xn_bridge_settings(const struct xn_bridge *bridge,
			  struct xn_nl_setting ret[XN_NL_SETTINGS_MAX]);
size_t xn_brport_settings(const struct xn_brport *port,
			  struct xn_nl_setting ret[XN_NL_SETTINGS_MAX]);

/* All in one request: IFLA_BR_FORWARD_DELAY, _HELLO_TIME, _MAX_AGE,
 * _AGEING_TIME, _STP_STATE, _PRIORITY, _VLAN_FILTERING, _VLAN_DEFAULT_PVID,
 * _GROUP_FWD_MASK, _MCAST_ROUTER, _MCAST_SNOOPING, _MCAST_QUERIER,
 * _NF_CALL_IPTABLES, _NF_CALL_IP6TABLES, _NF_CALL_ARPTABLES. -EINVAL: not one
 * of these; -ERANGE: the attribute cannot hold the value, or the kernel does
 * not like it. */
int xn_bridge_set(struct xn_nl *nl, int ifindex,
		  const struct xn_nl_setting *settings, size_t count,
		  struct xn_err *err);

/* All in one request, for a link that is enslaved to a bridge: every bool of
 * struct xn_brport but `mab` and `neigh_vlan_suppress`, IFLA_BRPORT_STATE,
 * _PRIORITY, _COST, _MULTICAST_ROUTER, _GROUP_FWD_MASK. Unless
 * user space runs STP, the kernel takes a port that is told to be DISABLED or
 * BLOCKING to FORWARDING at once; LISTENING and LEARNING stay. */
int xn_brport_set(struct xn_nl *nl, int ifindex,
		  const struct xn_nl_setting *settings, size_t count,
		  struct xn_err *err);

#endif
