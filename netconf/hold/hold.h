/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_HOLD_HOLD_H
#define XN_HOLD_HOLD_H
/*
 * Settings of the host that several may need at a time: forwarding, whom a
 * host that forwards listens to, bridges' nf_call_*. Whoever needs one holds
 * it. What was before is remembered in a file and comes back with the last who
 * lets go, unless somebody else has changed it since.
 *
 * One holder at a time has the file, under a lock. Thread: in the network
 * namespace of the socket. Memory: the list owns its array.
 */
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netconf/base/err.h"
#include "netconf/nl/link.h"
#include "netconf/nl/socket.h"

#define XN_HOLD_FOLDER "/run/xenplane"
#define XN_HOLD_NAME_MAX 96u
#define XN_HOLDS_MAX 4096u

#define XN_HOLD_FORWARD4 "net/ipv4/ip_forward"
#define XN_HOLD_FORWARD6 "net/ipv6/conf/all/forwarding"

/* Bits: each stands for all its kind. */
enum xn_hold_owner {
	XN_HOLD_NAT = 1,	/* bridges with mode=nat */
	XN_HOLD_VIFS = 2,	/* vifs that are routed now */
	XN_HOLD_ROUTE = 4,	/* network-route */
	XN_HOLD_MASQUERADE = 8, /* network-nat */
};
#define XN_HOLD_OWNERS 15u

enum xn_hold_kind {
	XN_HOLD_SYSCTL, /* name: its path below /proc/sys */
	XN_HOLD_BRIDGE, /* name: the bridge's; attr: IFLA_BR_* */
	XN_HOLD_VIF,	/* name: of a routed vif, for whom the rest is held */
};

struct xn_hold {
	enum xn_hold_kind kind;
	char name[XN_HOLD_NAME_MAX];
	uint16_t attr;
	uint32_t before, set;
	uint32_t owners; /* bits of enum xn_hold_owner */
	bool wanted;	 /* said by the owner at hand; not in the file */
};

struct xn_holds {
	struct xn_nl *nl;
	enum xn_hold_owner owner;
	int lock_fd;
	char lock[64], path[64];
	/* Set by the caller after opening. */
	bool dry; /* neither settings nor the file are changed */
	void (*say)(void *arg, const char *words); /* each change; or NULL */
	void *arg;
	uint32_t changes; /* of the host's settings, since opening */
	uint32_t count, room;
	struct xn_hold *hold;
};

/* Waits for others' to be closed, or without `wait` fails with -EBUSY, and
 * without err. -EPERM: others could have written the file; -EBADMSG: it is not
 * what was written. Failing, *ret_holds need not be closed. */
int xn_holds_open(struct xn_nl *nl, enum xn_hold_owner owner, bool wait,
		  struct xn_holds *ret_holds, struct xn_err *err);
void xn_holds_close(struct xn_holds *holds);

/* Makes it so, for this owner. The file is written before the value is. What
 * the kernel does not have, or a bridge that is not there, is passed over. */
int xn_hold_sysctl(struct xn_holds *holds, const char *name, uint32_t value,
		   struct xn_err *err);
/* At least that much. */
int xn_hold_sysctl_least(struct xn_holds *holds, const char *name,
			 uint32_t least, struct xn_err *err);
int xn_hold_bridge(struct xn_holds *holds, const char *bridge, uint16_t attr,
		   uint32_t value, struct xn_err *err);
/* FAMILY/conf/LINK/KEY, with the link's name checked. */
int xn_hold_link(struct xn_holds *holds, const char *family, const char *link,
		 const char *key, uint32_t value, struct xn_err *err);
/* IPv6 forwarding. A host that forwards does not listen to routers any more,
 * unless it is told to: links that did go on, but for ports of bridges and
 * those that `is_inside` (may be NULL) names. */
typedef bool xn_hold_inside_fn(void *arg, const struct xn_link *link);
int xn_hold_forwarding6(struct xn_holds *holds, xn_hold_inside_fn *is_inside,
			void *arg, struct xn_err *err);

/* Who XN_HOLD_VIFS is: with the last of them it lets go. The file knows them
 * when nftables' tables do not (any more). */
int xn_hold_vif(struct xn_holds *holds, const char *name, struct xn_err *err);
/* Forgets those whom `keep` does not keep. */
typedef bool xn_hold_keep_fn(void *arg, const char *name);
int xn_hold_drop_vifs(struct xn_holds *holds, xn_hold_keep_fn *keep, void *arg,
		      uint32_t *ret_left, struct xn_err *err);

/* Lets go of what this owner has not said since opening. Goes on after an
 * error, and returns the first; what was not given back stays held. */
int xn_holds_give_rest(struct xn_holds *holds, struct xn_err *err);

/* The sysctl's value. -ENOENT: the kernel has none of that name. */
int xn_hold_read_sysctl(const char *name, uint32_t *ret_value);

/* The file alone, for hold.c and tests: nothing when there is none. */
int xn_holds_read(const char *path, struct xn_holds *holds, struct xn_err *err);
/* Whole or not at all; an empty list removes the file. */
int xn_holds_write(const char *path, const struct xn_holds *holds,
		   struct xn_err *err);
void xn_holds_fini(struct xn_holds *holds);

#endif
