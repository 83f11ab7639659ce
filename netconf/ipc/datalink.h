/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_IPC_DATALINK_H
#define XN_IPC_DATALINK_H
/*
 * What xenplaned (control) and xenplane-netback (data) say to each other, over
 * one SOCK_SEQPACKET pair that the data process finds as descriptor 3. One
 * message is one datagram: a header, a fixed body for its type, and the
 * descriptors named there. A message of another length is a broken peer: the
 * link is closed.
 *
 * A vif is named by its slot (below XN_VIFS_MAX; also its switch port) and a
 * generation, which control raises each time it connects the slot to a
 * frontend. A message about another generation than the current one is stale
 * and ignored; control writes Closed to a frontend only after VIF_GONE of its
 * generation, or after the data process is dead.
 *
 * The data process never sees a store value: what comes from the store was
 * parsed and bounded by control. It checks every field again all the same.
 */
#include <stdint.h>

#include "netconf/base/mac.h"

#define XN_DATALINK_FD 3
#define XN_DATALINK_VERSION 4u
#define XN_VIFS_MAX 1024u
#define XN_BRIDGES_MAX 64u
#define XN_QUEUES_MAX 8u
#define XN_DATALINK_FDS_MAX (2u + XN_QUEUES_MAX)
#define XN_ADDRESSES_MAX 32u /* that a guarded vif may send from */

enum xn_dl_type {
	/* control to data */
	XN_DL_HELLO = 1, /* first message; descriptor: statistics memfd */
	XN_DL_VIF_ADD,	 /* descriptors: event channels, redo log, taps */
	XN_DL_VIF_DEL,	 /* answered by VIF_GONE */
	XN_DL_PORT,	 /* answered by PORT_DONE */
	XN_DL_BRIDGE,
	XN_DL_OUTSIDE,
	XN_DL_STATIONS_GET, /* answered by STATION..., STATIONS_END */
	XN_DL_POLICY,	    /* no answer: in force for all that follows it */
	XN_DL_WATCH,	    /* answered by ACTIVE when a guest sends */
	XN_DL_ACL,	    /* no answer; a part of an access list */
	/* data to control */
	XN_DL_READY = 64,
	XN_DL_VIF_UP,
	XN_DL_VIF_GONE,
	XN_DL_VIF_FAULT,
	XN_DL_PORT_DONE,
	XN_DL_STATION,
	XN_DL_STATIONS_END,
	XN_DL_VIF_STALL,
	XN_DL_ACTIVE,
};

struct xn_dl_header {
	uint32_t type; /* enum xn_dl_type */
	uint32_t version;
};

struct xn_dl_hello {
	struct xn_dl_header header;
	uint32_t fdb_entries_max; /* per bridge */
	uint8_t hash_key[16];	  /* for FDB and flow hashes */
};

/* What the frontend can receive (its feature keys), and how it signals. */
#define XN_DL_FE_SG (1u << 0)
#define XN_DL_FE_GSO_TCPV4 (1u << 1)
#define XN_DL_FE_GSO_TCPV6 (1u << 2)
#define XN_DL_FE_CSUM (1u << 3) /* no feature-no-csum-offload */
#define XN_DL_FE_IPV6_CSUM (1u << 4)
#define XN_DL_FE_RX_NOTIFY (1u << 5) /* tells us when it posts buffers */
#define XN_DL_FE_CTRL_RING (1u << 6) /* has one: ctrl_ring_ref, ctrl_port */

struct xn_dl_queue {
	uint32_t tx_ring_ref;
	uint32_t rx_ring_ref;
	uint32_t tx_port; /* local, on the vif's event-channel descriptor */
	uint32_t rx_port; /* the same as tx_port for a single channel */
};

/* Descriptors: [0] event channels (for xenevtchn_fdopen, restricted to the
 * guest's domain, ports bound), [1] redo log memfd (netback/ring/redo.h),
 * [2..] one tap queue for each queue. Control keeps its own copies. */
struct xn_dl_vif_add {
	struct xn_dl_header header;
	uint32_t slot;
	uint32_t generation;
	uint16_t domid;
	uint16_t handle;
	uint32_t frontend;    /* XN_DL_FE_... */
	uint32_t offload_off; /* 1: we offered no offload to the guest */
	uint32_t queue_count;
	struct xn_dl_queue queue[XN_QUEUES_MAX];
	uint32_t ctrl_ring_ref;
	uint32_t ctrl_port; /* local, on the event-channel descriptor */
	/* 1: the rings were served before by a data process that is dead:
	 * replay the redo log and kick both sides. 0: start at the ring's
	 * indices. */
	uint32_t resume;
};

struct xn_dl_vif_del {
	struct xn_dl_header header;
	uint32_t slot;
	uint32_t generation;
};

/* The port's place in the switch and its twin's properties. Complete each
 * time; `sequence` comes back in PORT_DONE once no frame is in flight under
 * the earlier setting. */
struct xn_dl_port {
	struct xn_dl_header header;
	uint32_t slot;
	uint32_t generation;
	uint32_t sequence;
	uint32_t bridge;    /* below XN_BRIDGES_MAX, or XN_DL_NO_BRIDGE */
	uint32_t mtu;	    /* the twin's */
	uint8_t fast;	    /* isolation confirmed, every attribute known */
	uint8_t forwarding; /* the twin's STP state */
	uint8_t learning;
	uint8_t flood;
	uint8_t mcast_flood;
	uint8_t bcast_flood;
	uint8_t twin_up; /* the twin is up: frames may be written to it */
	/* 1: take no frames from the guest yet. After a restart control holds
	 * all vifs until each has its place again: a guest that was served
	 * first would send to others that the switch does not know yet. */
	uint8_t hold;
};
#define XN_DL_NO_BRIDGE UINT32_MAX

/* An address that a guarded vif may send from, or a network of such. */
struct xn_dl_address {
	uint8_t family; /* 4 or 6 */
	uint8_t prefix; /* 0..32 or 0..128; bits of octet[] behind it are 0 */
	uint8_t padding[2];
	uint8_t octet[16]; /* network order; IPv4 in the first four */
};

/* What a vif may do, as the administrator and the toolstack said, and what its
 * frontend asked for while running. Complete each time. It is sent before the
 * first PORT of a connection (so no frame passes unguarded), and again whenever
 * something of it changes; what is in force ends with the connection. */
struct xn_dl_policy {
	struct xn_dl_header header;
	uint32_t slot;
	uint32_t generation;

	/* What the guest sends: so many bytes of frames in each interval, one
	 * credit for the vif, whatever its queues. 0 bytes: unlimited. */
	uint64_t rate_bytes;
	uint32_t rate_interval_us;

	/* Frames a second to groups, to broadcast and to unknown stations
	 * together; more are dropped. 0: unlimited. */
	uint32_t storm_frames;

	/* What the guest receives, likewise. */
	uint64_t receive_bytes;
	uint32_t receive_interval_us;

	/* 1: the source must be `mac` and, in ARP, IPv4, IPv6 and neighbour
	 * discovery, one of the addresses (none of a family: no such packet
	 * but what is needed to get an address); no router's and no DHCP
	 * server's words. */
	uint8_t guard;
	uint8_t isolated;  /* 1: no frames to and from other isolated vifs */
	uint8_t bpdu_drop; /* 1: BPDUs from the guest are dropped */
	/* 1: the frontend registers the groups that it wants (multicast
	 * control); no others are sent to it. */
	uint8_t mcast_control;
	uint16_t xdp_headroom; /* bytes before each received frame, 0..2048 */
	struct xn_mac mac;
	uint32_t address_count; /* at most XN_ADDRESSES_MAX */
	struct xn_dl_address address[XN_ADDRESSES_MAX];
	/* The access list for what it sends and receives, 1..XN_ACLS_MAX; 0:
	 * none. Of one that was not sent nothing passes but ARP, ND and MLD. */
	uint32_t acl;
};
/* An access list (bridge/acl_program.h) in parts, in order and without others
 * between: `bytes` of data from `offset` on, of `total`. With the last part it
 * is in force, in place of the list of that number before. total 0: the list
 * is no more. XN_ACLS_MAX itself is never sent: for whoever finds no room. */
#define XN_ACLS_MAX 65u
#define XN_DL_ACL_PART 1024u
#define XN_DL_ACL_TOTAL_MAX 262144u
struct xn_dl_acl {
	struct xn_dl_header header;
	uint32_t acl; /* 1..XN_ACLS_MAX */
	uint32_t total;
	uint32_t offset; /* a multiple of XN_DL_ACL_PART */
	uint32_t bytes;	 /* all but the last part's: XN_DL_ACL_PART */
	uint8_t data[XN_DL_ACL_PART];
};

#define XN_DL_XDP_HEADROOM_MAX 2048u
#define XN_DL_RATE_INTERVAL_MAX_US 10000000u

struct xn_dl_bridge {
	struct xn_dl_header header;
	uint32_t bridge;
	uint32_t padding;
	uint64_t ageing_ms; /* 0: never */
};

struct xn_dl_outside {
	struct xn_dl_header header;
	uint32_t bridge;
	uint8_t present; /* 1 add, 0 delete */
	struct xn_mac mac;
	/* 1: an address of the host's own, which the kernel's bridge never
	 * moves to a port: no guest takes it over by sending from it. */
	uint8_t fixed;
};

struct xn_dl_stations_get {
	struct xn_dl_header header;
	uint32_t bridge;
};

/* Data process started, rings can be added. */
struct xn_dl_ready {
	struct xn_dl_header header;
	uint32_t workers;
};

struct xn_dl_vif_up {
	struct xn_dl_header header;
	uint32_t slot;
	uint32_t generation;
	int32_t error; /* 0, or the negative errno that VIF_ADD met */
};

struct xn_dl_vif_gone { /* unmapped, channels no longer used */
	struct xn_dl_header header;
	uint32_t slot;
	uint32_t generation;
};

/* Why a vif was disabled: its rings are touched no more; control closes it. */
enum xn_dl_fault {
	XN_DL_FAULT_TX_INDEX = 1, /* tx producer index beyond the ring */
	XN_DL_FAULT_RX_INDEX,
	XN_DL_FAULT_TX_SLOTS, /* beyond the fatal number of slots */
	XN_DL_FAULT_TX_EXTRA, /* invalid or unterminated extra info */
	XN_DL_FAULT_TX_FRAG,  /* a slot crosses its page, or sizes disagree */
	XN_DL_FAULT_CHANNEL,
	XN_DL_FAULT_CTRL, /* control ring: producer index beyond the ring */
};

struct xn_dl_vif_fault {
	struct xn_dl_header header;
	uint32_t slot;
	uint32_t generation;
	uint32_t queue;
	uint32_t fault; /* enum xn_dl_fault */
};

struct xn_dl_port_done {
	struct xn_dl_header header;
	uint32_t slot;
	uint32_t generation;
	uint32_t sequence;
};

struct xn_dl_station {
	struct xn_dl_header header;
	uint32_t bridge;
	uint32_t slot; /* of the station; UINT32_MAX: outside */
	uint32_t age_ms;
	uint8_t event; /* enum xsw_station_event; dumps say LEARNED */
	uint8_t dump;  /* 1: part of an answer to STATIONS_GET */
	struct xn_mac mac;
};

struct xn_dl_stations_end {
	struct xn_dl_header header;
	uint32_t bridge;
	uint32_t lost; /* 1: events were lost, ask for a dump */
};

/* The guest has taken nothing for 10 s although frames wait (its frontend does
 * tell when it posts buffers): what is for it is dropped at once, until it
 * takes frames again. */
struct xn_dl_vif_stall {
	struct xn_dl_header header;
	uint32_t slot;
	uint32_t generation;
	uint32_t stalled; /* 1 it began, 0 it ended */
};

/* Control rests while no guest sends (daemon/hooks.h): it is told once of the
 * first frames after this. */
struct xn_dl_watch {
	struct xn_dl_header header;
};

struct xn_dl_active {
	struct xn_dl_header header;
};

/* The exact length of a message of this type; 0 for an unknown type. */
uint32_t xn_dl_length(uint32_t type);
const char *xn_dl_fault_name(uint32_t fault);

#endif
