/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_MESSAGE_H
#define XNB_MESSAGE_H
/*
 * What the link thread and a worker hand to each other through mailboxes:
 * the datalink's own messages (netconf/ipc/datalink.h), checked by the link,
 * and a few of the house's own. An item owns the descriptors it carries.
 */
#include <stdint.h>

#include "bridge/switch.h"
#include "netconf/ipc/datalink.h"
#include "netconf/ipc/stats.h"

/* The link waits for room; the worker always takes what is there. */
#define XNB_COMMANDS_MAX 256u
/* A worker never waits for the link. Events that must not be lost (at most
 * one for a command, and a fault for a vif) have room because the link
 * reads no further command while more than XNB_EVENTS_BUSY events wait.
 * Station events leave XNB_EVENTS_RESERVED free, and say when they could
 * not. */
#define XNB_EVENTS_MAX 4096u
#define XNB_EVENTS_BUSY 1024u
#define XNB_EVENTS_RESERVED 2048u

/* Beside enum xn_dl_type. */
enum xnb_message {
	XNB_START = 0x1000, /* to the worker: HELLO's outcome */
	XNB_DUMP,	    /* to the worker, and back filled */
	XNB_STOP,	    /* to the worker: detach everything and end */
	XNB_ACL,	    /* to the worker: an access list, complete */
};

/* Owned by the link, lent to the worker from XNB_DUMP until it comes back. */
struct xnb_dump {
	uint32_t bridge;
	uint32_t count;
	uint32_t entries_max;
	struct xsw_station *station;
	uint32_t *age_ms;
};

/* The worker owns the switch from here on; the statistics stay the link's
 * and outlive the worker. */
struct xnb_start {
	struct xn_dl_header header;
	struct xsw_switch *sw;
	struct xn_stats *stats;
	uint8_t hash_key[16];
};

struct xnb_dump_order {
	struct xn_dl_header header;
	struct xnb_dump *dump;
};

/* The worker, and then the switch, owns the list; NULL: no more. */
struct xnb_acl_order {
	struct xn_dl_header header;
	uint32_t number;
	struct xsw_acl *acl;
};

struct xnb_command {
	union {
		struct xn_dl_header header;
		/* What the datalink brings. */
		struct xn_dl_hello hello;		/* ends at the link */
		struct xn_dl_stations_get stations_get; /* the same */
		struct xn_dl_acl acl;			/* the same */
		struct xn_dl_vif_add add;
		struct xn_dl_vif_del del;
		struct xn_dl_port port;
		struct xn_dl_bridge bridge;
		struct xn_dl_outside outside;
		struct xn_dl_policy policy;
		struct xn_dl_watch watch;
		/* What the link makes. */
		struct xnb_start start;
		struct xnb_dump_order dump;
		struct xnb_acl_order acl_order;
	};
	int event_fd; /* behind the union; VIF_ADD only: the descriptors, all
			 valid */
	int redo_fd;
	int tap_fd[XN_QUEUES_MAX]; /* queue_count of them */
};

struct xnb_event {
	union {
		struct xn_dl_header header;
		struct xn_dl_vif_up up;
		struct xn_dl_vif_gone gone;
		struct xn_dl_vif_fault fault;
		struct xn_dl_port_done done;
		struct xn_dl_station station;
		struct xn_dl_stations_end end;
		struct xn_dl_vif_stall stall;
		struct xn_dl_active active;
		struct xnb_dump_order dump;
	};
};

#endif
