/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XSW_SWITCH_H
#define XSW_SWITCH_H
/*
 * The software switch: forwards between the fast ports of a bridge, and says
 * which frames the Linux bridge (the sender's twin) must see as well. It
 * knows no Xen and no netlink: a port is a number and a set of properties.
 *
 * Division of labour (docs/datapath.md): the kernel's bridge carries
 * guests <-> everything else, this switch carries guests <-> guests. A port
 * that is not fast sends to its twin only and receives nothing here.
 *
 *   reserved 01:80:c2:00:00:0x	-> twin only
 *   known on a fast port	-> that port only
 *   known to be outside	-> twin only
 *   unknown or group		-> every other fast port of the bridge + twin
 *
 * A burst's sources are learned before its destinations are looked up. The
 * all-zero source is never learned; a group source drops the frame.
 *
 * Thread: the worker; setters and xsw_tick() between batches. Of several
 * workers (xsw_switch_share()) each may call xsw_forward() and
 * xsw_station_events() at any time, of which a port's batches, and the groups
 * of a port, always by one of them at a time; the others while nobody is in
 * any.
 */
#include <stdbool.h>
#include <stdint.h>

#include "bridge/batch.h"
#include "netconf/base/mac.h"

struct xsw_switch;
struct xsw_acl;

#define XSW_NO_BRIDGE UINT16_MAX

struct xsw_port_config {
	uint16_t bridge; /* below XSW_BRIDGES_MAX, or XSW_NO_BRIDGE */
	bool fast;	 /* netlink confirmed: isolated, all attributes known */

	/* The twin's port state; true for a twin without a bridge. False:
	 * nothing in or out, but frames for reserved addresses still reach
	 * the twin, for STP needs its BPDUs in every state. */
	bool forwarding;

	bool learning;	  /* learn the sources of this port */
	bool flood;	  /* receives unknown unicast */
	bool mcast_flood; /* receives group frames other than broadcast */
	bool bcast_flood; /* receives broadcast */
};

/* What a port's sender may do beyond the bridge's rules (guard.h, storm.h), and
 * which groups it wants (groups.h). All of it holds for frames to the twin as
 * well, and for a port that is not fast. */
#define XSW_ADDRESSES_MAX 32u
#define XSW_NO_ACL 0u
struct xsw_address {
	uint8_t family; /* 4 or 6 */
	uint8_t prefix;
	uint8_t octet[16]; /* network order; bits behind the prefix are 0 */
};
struct xsw_policy {
	bool guard;	    /* sources: `mac` and `address` only */
	bool isolated;	    /* no frames to and from other isolated ports */
	bool bpdu_drop;	    /* 01:80:c2:00:00:00 from this port */
	bool mcast_control; /* receives the groups it registered only */
	uint16_t acl; /* of xsw_acl_set(), or XSW_NO_ACL (guard.h, acl.h) */
	uint32_t storm_frames; /* group and unknown a second; 0: any number */
	struct xn_mac mac;
	uint32_t address_count;
	struct xsw_address address[XSW_ADDRESSES_MAX];
};

/* A station event for the control process, which mirrors stations to the
 * kernel as extern_learn entries of the port's twin. */
enum xsw_station_event {
	XSW_STATION_LEARNED,
	XSW_STATION_MOVED, /* `port` is the new one */
	XSW_STATION_AGED,  /* `port` knows it no more */
};
struct xsw_station {
	enum xsw_station_event event;
	uint16_t bridge;
	uint16_t port;
	struct xn_mac mac;
};

struct xsw_stats {
	uint64_t drop[XSW_DROP_COUNT];
	uint64_t fdb_full;	/* sources not learned: no room */
	uint64_t fdb_port_full; /* sources not learned: port has its share */
	uint64_t events_lost;	/* station events that found the ring full */
	uint64_t vlan_tagged;	/* frames with an 802.1Q or 802.1ad tag */
};

/* `hash_key`: 16 random bytes; guests choose MACs, so the hash is keyed.
 * `fdb_entries_max` per bridge. Caller owns; NULL: out of memory. */
struct xsw_switch *xsw_switch_create(uint32_t fdb_entries_max,
				     const uint8_t hash_key[16]);
void xsw_switch_destroy(struct xsw_switch *sw); /* accepts NULL */
/* From now on several workers forward. Before they do. */
void xsw_switch_share(struct xsw_switch *sw);

/* 0, -EINVAL (port or bridge out of range), -ENOMEM (first use of a bridge).
 * Changing the bridge, or closing or slowing a port, forgets its stations
 * (without events: the caller asked). A port starts closed, and then drops all;
 * so it does after xsw_port_clear(). */
int xsw_port_set(struct xsw_switch *sw, uint16_t port,
		 const struct xsw_port_config *config);
/* In force from the next batch on, until the next call or xsw_port_clear(); a
 * port starts with a zeroed one. 0, or -EINVAL (port or address out of range).
 */
int xsw_port_set_policy(struct xsw_switch *sw, uint16_t port,
			const struct xsw_policy *policy);
/* The access list of that number (1 to XSW_ACLS_MAX) for the ports whose
 * policy names it, in force from the next batch on. `take_acl`: checked
 * (xsw_acl_check()), from malloc(), the switch's from here on; NULL: none, and
 * such ports send and receive only what acl.h lets pass always. A port that
 * names a list that was never set does the same. 0, -EINVAL (number). */
int xsw_acl_set(struct xsw_switch *sw, uint32_t number,
		struct xsw_acl *take_acl);
/* Of `frames` of the batch, decided by xsw_forward(), those that the port's
 * guest may not receive. `port` below XSW_PORTS_MAX. */
uint64_t xsw_acl_refused_to(const struct xsw_switch *sw, uint16_t port,
			    const struct xsw_batch *batch, uint64_t frames);
/* The same for one frame from the port's twin. */
bool xsw_acl_allows_to(const struct xsw_switch *sw, uint16_t port,
		       const struct xsw_frame *frame);
/* Groups that the port's guest registered (multicast control). They last until
 * xsw_port_clear(), whatever the policy says meanwhile. Bounded as Linux does
 * (XEN_NETBK_MCAST_MAX): 0, -EINVAL (port out of range, not a group), -ENOSPC.
 * Both accept what is there, or is not, already. */
#define XSW_GROUPS_MAX 64u
int xsw_group_add(struct xsw_switch *sw, uint16_t port,
		  const struct xn_mac *group);
void xsw_group_del(struct xsw_switch *sw, uint16_t port,
		   const struct xn_mac *group);
/* Does the port want this frame? For what comes from its twin; xsw_forward()
 * asks itself. `port` below XSW_PORTS_MAX; `head`: 14 bytes at least. False
 * only for a group that a guest with multicast control did not register;
 * broadcast is always wanted. */
bool xsw_group_wanted(const struct xsw_switch *sw, uint16_t port,
		      const uint8_t *head);
/* The port leaves its bridge; its stations are forgotten. */
void xsw_port_clear(struct xsw_switch *sw, uint16_t port);
/* 0 never ages. Default 300 s (802.1D). */
int xsw_bridge_set_ageing(struct xsw_switch *sw, uint16_t bridge,
			  uint64_t ageing_ms);
/* A station that the kernel's bridge has on a port that is not a fast twin:
 * frames for it go to the sender's twin only. Replaces a learned entry; seen
 * as a source on a fast port, it moves there. 0, -EINVAL (bridge out of range,
 * group or all-zero address), -ENOMEM (first use of a bridge), -ENOSPC (no
 * room: the station counts as unknown). */
int xsw_outside_add(struct xsw_switch *sw, uint16_t bridge,
		    const struct xn_mac *mac);
/* The same for an address that the kernel's bridge never moves to a port (its
 * own and its ports' local entries): no guest can take it over by sending from
 * it. */
int xsw_outside_add_fixed(struct xsw_switch *sw, uint16_t bridge,
			  const struct xn_mac *mac);
void xsw_outside_del(struct xsw_switch *sw, uint16_t bridge,
		     const struct xn_mac *mac);

/* Decides every frame of the batch and learns its sources.
 * A port that is not fast: every frame but runts to_twin (or dropped when
 * closed). batch->count and batch->in_port within their limits.
 * `now_ms`: CLOCK_MONOTONIC. No allocation or system call; with several
 * workers, a lock for a source that is new. */
void xsw_forward(struct xsw_switch *sw, struct xsw_batch *batch,
		 uint64_t now_ms);

/* Ages a bounded slice of the tables (a sixteenth). A station goes at the
 * earliest after the ageing time, and at most one walk (16 slices) later. */
void xsw_tick(struct xsw_switch *sw, uint64_t now_ms);
/* When xsw_tick() is next needed, in its clock: a tenth of a second after the
 * last slice of a walk, else when the oldest station may go. 0: nobody is to be
 * forgotten. May change with every call of this header. */
uint64_t xsw_tick_due(const struct xsw_switch *sw);
/* Stations that ageing may still forget. */
uint32_t xsw_station_count(const struct xsw_switch *sw);

/* Takes up to `max` station events, oldest first. Take them before calling a
 * setter too: an event from before a port's change means nothing after it. If
 * events_lost grew, ask for all of them with xsw_station_dump(). */
uint32_t xsw_station_events(struct xsw_switch *sw, struct xsw_station *ret,
			    uint32_t max);
uint64_t xsw_events_lost(const struct xsw_switch *sw);
/* Some wait; else none was lost since the last were taken, either. */
bool xsw_has_events(const struct xsw_switch *sw);
/* Learned stations of a bridge (event = LEARNED); returns how many there
 * are, writes at most `max`. `ret_age_ms` may be NULL. Outside entries are
 * reported with port XSW_PORT_OUTSIDE. */
#define XSW_PORT_OUTSIDE UINT16_MAX
uint32_t xsw_station_dump(struct xsw_switch *sw, uint16_t bridge,
			  struct xsw_station *ret, uint32_t *ret_age_ms,
			  uint32_t max, uint64_t now_ms);

const struct xsw_stats *xsw_switch_stats(const struct xsw_switch *sw);
const char *xsw_drop_name(enum xsw_drop drop);

#endif
