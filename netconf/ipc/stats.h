/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_IPC_STATS_H
#define XN_IPC_STATS_H
/*
 * Counters of the data path, in a shared memfd that xenplaned makes and the
 * data process alone writes; readers map it read-only and may see counters
 * of one frame apart. Counters never go back; they survive a restart of the
 * data process. A slot's counters are zeroed by xenplaned before VIF_ADD
 * without `resume`.
 */
#include <stdint.h>

#include "netconf/ipc/datalink.h"

/* Every frame that is not delivered counts under one of these. */
enum xn_drop {
	XN_DROP_MALFORMED,    /* a request that breaks the protocol's rules */
	XN_DROP_BAD_OFFLOAD,  /* checksum or GSO metadata does not fit */
	XN_DROP_TOO_BIG,      /* exceeds the receiver's MTU */
	XN_DROP_RX_FULL,      /* receiver's ring short and its queue full */
	XN_DROP_SOURCE_GRANT, /* the sender's grant failed */
	XN_DROP_DEST_GRANT,   /* the receiver's grant failed */
	XN_DROP_TWIN_FULL,    /* the tap took no more */
	XN_DROP_TWIN_DOWN,    /* the twin is down, or has no bridge */
	XN_DROP_RUNT,	      /* from here as the switch decided */
	XN_DROP_SRC_GROUP,
	XN_DROP_SAME_PORT,
	XN_DROP_PORT_CLOSED,
	XN_DROP_SPOOFED_MAC, /* what a guarded vif may not send (guard.h) */
	XN_DROP_SPOOFED_ARP,
	XN_DROP_SPOOFED_IPV4,
	XN_DROP_SPOOFED_IPV6,
	XN_DROP_SPOOFED_ND,
	XN_DROP_ROGUE_ROUTER, /* router advertisement or redirect of a guest */
	XN_DROP_ROGUE_DHCP,   /* DHCP server's words of a guest */
	XN_DROP_SPOOFED_DHCP, /* a request for somebody else */
	XN_DROP_OTHER_PROTOCOL, /* that the guard does not know */
	XN_DROP_BPDU,		/* bpdu = drop */
	XN_DROP_STORM,		/* above the vif's storm limit */
	XN_DROP_ISOLATED,	/* for a vif that is isolated too */
	XN_DROP_MCAST,		/* a group that the guest did not register */
	XN_DROP_STALLED,	/* the guest takes nothing any more */
	XN_DROP_ACL,		/* its access list lets it not be sent */
	XN_DROP_ACL_IN,		/* its access list lets it not be received */
	XN_DROP_COUNT,
};

/* tx: from the guest; rx: to the guest. Bytes are frames without FCS. */
struct xn_vif_counters {
	uint64_t tx_frames, tx_bytes;
	uint64_t rx_frames, rx_bytes;
	uint64_t fast_tx_frames, fast_tx_bytes; /* of tx: went to a guest */
	uint64_t fast_rx_frames, fast_rx_bytes; /* of rx: came from a guest */
	uint64_t twin_tx_frames, twin_tx_bytes; /* written to the twin */
	uint64_t twin_rx_frames, twin_rx_bytes; /* read from the twin */
	uint64_t drop[XN_DROP_COUNT];
	uint64_t queued_bytes; /* now in the egress queue */
	uint64_t notify_sent;
	uint64_t events_taken;
	uint64_t tx_vlan_frames; /* of tx: with a VLAN tag */
	uint64_t rate_waits;	 /* times that the guest had used up its rate */
	uint64_t stalls;	 /* times that it stopped taking frames */
	uint64_t ctrl_requests;	 /* answered on the control ring */
	uint64_t grants_mapped;	 /* now, by its control ring's orders */
} __attribute__((aligned(64)));

/* Counts by which the data path's cost is judged. */
struct xn_worker_counters {
	uint64_t rounds, wakeups;
	uint64_t bursts, burst_frames;
	uint64_t copy_calls, copy_segments; /* xengnttab_grant_copy */
	uint64_t tap_reads, tap_writes;
	uint64_t guests_moved; /* to another worker */
} __attribute__((aligned(64)));

#define XN_STATS_MAGIC 0x786e7374u
#define XN_WORKERS_MAX 16u

struct xn_stats {
	uint32_t magic, version;
	uint32_t vifs_max, workers_max;
	struct xn_worker_counters worker[XN_WORKERS_MAX];
	struct xn_vif_counters vif[XN_VIFS_MAX];
};

const char *xn_drop_name(enum xn_drop drop); /* "rx_full" */

#endif
