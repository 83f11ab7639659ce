/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNF_FRAME_H
#define XNF_FRAME_H
/*
 * A frame as the frontend's user sees it: bytes in an iovec, and what travels
 * beside them. Sizes are bytes. Source of the limits: xen/io/netif.h.
 */
#include <stdbool.h>
#include <stdint.h>

#define XNF_PAGE_BYTES 4096u
#define XNF_FRAME_MIN 14u
#define XNF_FRAME_MAX 65535u
/* Pages that the largest frame needs when it starts at a page's beginning. */
#define XNF_FRAME_PAGES ((XNF_FRAME_MAX + XNF_PAGE_BYTES - 1) / XNF_PAGE_BYTES)
/* Slots with data that a backend must accept, and that we take from one. */
#define XNF_SLOTS_MAX 18u
#define XNF_RING_SLOTS 256u

enum xnf_gso {
	XNF_GSO_NONE = 0, /* the ring's own numbers */
	XNF_GSO_TCPV4 = 1,
	XNF_GSO_TCPV6 = 2,
};

struct xnf_meta {
	bool csum_blank;     /* checksum field holds the pseudo-header's sum */
	bool data_validated; /* checksum known to be right (or blank) */
	uint8_t gso_type;    /* enum xnf_gso */
	uint16_t gso_size;   /* payload of a segment; 0 without GSO */
};

#endif
