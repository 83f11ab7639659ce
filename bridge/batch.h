/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XSW_BATCH_H
#define XSW_BATCH_H
/*
 * A batch: up to 64 frames that one port sent, and what the switch decided
 * about each. The caller (netback) fills the first part, xsw_forward() the
 * second. Decisions rest on the private copy in `head` alone; a frame is
 * never looked at in a guest's memory.
 *
 * With at most 64 frames, "which frames go to port P" is one 64-bit set, and
 * a flood is an OR for each port.
 *
 * Thread: one worker. Memory: the caller's; nothing is allocated.
 */
#include <stdint.h>

#define XSW_BATCH_MAX 64u
#define XSW_PORTS_MAX 1024u
#define XSW_BRIDGES_MAX 64u
#define XSW_HEAD_MIN 14u /* an Ethernet header */

/* Why the switch dropped a frame. Names: xsw_drop_name(). */
enum xsw_drop {
	XSW_DROP_NONE,
	XSW_DROP_RUNT,	      /* fewer than 14 bytes */
	XSW_DROP_SRC_GROUP,   /* source is a group address (802.1D 7.8) */
	XSW_DROP_SAME_PORT,   /* the destination lives on the sender's port */
	XSW_DROP_PORT_CLOSED, /* the sender's port is not forwarding */
	XSW_DROP_SPOOFED_MAC, /* from here what guard.h refuses */
	XSW_DROP_SPOOFED_ARP,
	XSW_DROP_SPOOFED_IPV4,
	XSW_DROP_SPOOFED_IPV6,
	XSW_DROP_SPOOFED_ND,
	XSW_DROP_ROGUE_ROUTER,
	XSW_DROP_ROGUE_DHCP,
	XSW_DROP_SPOOFED_DHCP,
	XSW_DROP_OTHER_PROTOCOL, /* guarded, and the guard knows it not */
	XSW_DROP_BPDU,		 /* the port's BPDUs are not wanted */
	XSW_DROP_STORM,		 /* storm.h */
	XSW_DROP_ISOLATED,	 /* both ports are isolated */
	XSW_DROP_ACL,		 /* acl.h, of what the port sends */
	XSW_DROP_COUNT,
};

struct xsw_frame {
	const uint8_t *head;  /* private copy of the frame's first bytes */
	uint32_t frame_bytes; /* whole frame */
	uint16_t head_bytes;  /* in `head`; min(frame_bytes, peek length) */
};

struct xsw_batch {
	/* Filled by the caller. */
	uint32_t count;
	uint16_t in_port;
	struct xsw_frame frame[XSW_BATCH_MAX];

	/* Filled by xsw_forward(). Bit i stands for frame[i]. */
	uint64_t tagged;  /* has a VLAN tag: 802.1Q or 802.1ad */
	uint64_t to_twin; /* goes to the sender's own twin (the kernel) */
	uint64_t dropped; /* goes nowhere; see drop[] */
	uint8_t drop[XSW_BATCH_MAX]; /* enum xsw_drop */
	uint32_t dest_count;	     /* ports in dest[], each once */
	uint16_t dest[XSW_PORTS_MAX];
	uint64_t dest_frames[XSW_PORTS_MAX]; /* by port; only dest[]'s valid */
};

#endif
