/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_PLAN_OURS_H
#define XN_PLAN_OURS_H
/*
 * What an apply of xenplane.conf leaves that is ours: bridges, and what they
 * and their netdevs had before it set something else. It counts in the boot and
 * network namespace in which it was noted, so links go by their numbers.
 * Plain data; the functions are host_note.c's.
 */
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "netconf/base/mac.h"
#include "netconf/model/planeconf.h"
#include "netconf/nl/addr.h"
#include "netconf/nl/route.h"

#define XN_OURS_MAX 512u
/* All keys of all bridges. */
#define XN_NOTES_MAX 5120u
#define XN_ADDR_NOTES_MAX 1024u
#define XN_ROUTE_NOTES_MAX 128u

/* A bridge that an apply made, or gave a port to. */
struct xn_our {
	char bridge[IFNAMSIZ];
	/* The bridge's, and its MAC if it was made: with another number or MAC
	 * it is another's. */
	int ifindex;
	struct xn_mac mac;
	bool made;	       /* else it was there, and stays */
	char netdev[IFNAMSIZ]; /* "": none */
	enum xn_conf_style style;
};

enum xn_note_kind {
	XN_NOTE_BRIDGE, /* IFLA_BR_* in attr */
	XN_NOTE_PORT,	/* IFLA_BRPORT_* in attr */
	XN_NOTE_MTU,
	XN_NOTE_MAC, /* the number is its octets, the first one highest */
	XN_NOTE_ACCEPT_RA,
	XN_NOTE_KINDS,
};

/* A value that an apply gave a link, and the one that it had. */
struct xn_note {
	int bridge;  /* ifindex of the one whose section says it */
	int ifindex; /* the link's */
	enum xn_note_kind kind;
	uint16_t attr;	/* 0 where the kind needs none */
	bool was_known; /* else the kernel made it up when it was set */
	uint64_t was, set;
};

/* One that can be noted. */
bool xn_note_is_known(enum xn_note_kind kind, uint16_t attr);
/* Its key in the file. NULL: it cannot be noted. */
const char *xn_note_key(enum xn_note_kind kind, uint16_t attr);
uint64_t xn_note_mac(const struct xn_mac *mac);

/* What `address` and `gateway` put on the link that the host is on, or took
 * from it. The object's own ifindex says nothing: it goes where the host is. */
struct xn_addr_note {
	int bridge;
	bool added;
	struct xn_addr addr;
};
struct xn_route_note {
	int bridge;
	bool added;
	struct xn_route route;
};

struct xn_ours {
	uint32_t count;
	struct xn_our item[XN_OURS_MAX];
	uint32_t note_count;
	struct xn_note note[XN_NOTES_MAX];
	uint32_t addr_count;
	struct xn_addr_note addr[XN_ADDR_NOTES_MAX];
	uint32_t route_count;
	struct xn_route_note route[XN_ROUTE_NOTES_MAX];
};

/* What is noted of that bridge, all of it. */
void xn_ours_forget_notes(struct xn_ours *ours, int bridge);

#endif
