/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_HOLDER_HOLDER_H
#define XN_HOLDER_HOLDER_H
/*
 * Who else looks after a link: DHCP clients and network managers, as processes
 * of this network namespace and by what they write below /run. Nothing is
 * started or asked; whoever hides is not found.
 */
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "netconf/base/err.h"

enum xn_holder_kind {
	/* Speaks by a packet socket on the link it was started on, and does
	 * what it gets to the link of that name. */
	XN_HOLDER_DHCLIENT,
	/* Does all of it by the name. */
	XN_HOLDER_UDHCPC,
	/* Follow each change of a link, and act on it. */
	XN_HOLDER_DHCPCD,
	XN_HOLDER_CONNMAN,
	XN_HOLDER_NETWORKD,
	XN_HOLDER_NETWORK_MANAGER,
	XN_HOLDER_KINDS,
};

struct xn_holder {
	enum xn_holder_kind kind;
	pid_t pid;
	/* Of a dhclient: the link that its packet socket is on; 0: none is. */
	int ifindex;
};

#define XN_HOLDERS_MAX 16

const char *xn_holder_name(enum xn_holder_kind kind);

/* Those who hold the link of that name and number. `root` is "" but in tests,
 * where proc and run are below it. More than fit are left out. */
size_t xn_holders_find(const char *root, const char *name, int ifindex,
		       struct xn_holder ret[XN_HOLDERS_MAX]);

/* A process of that command line (words with a zero behind each) holds the
 * link. For tests, too. */
bool xn_holder_words_name(enum xn_holder_kind kind, const char *words,
			  size_t bytes, const char *link_name);

#endif
