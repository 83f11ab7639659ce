/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNS_HOLDER_H
#define XNS_HOLDER_H
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

enum xns_holder_kind {
	/* Speaks by a packet socket on the link it was started on, and does
	 * what it gets to the link of that name. */
	XNS_DHCLIENT,
	/* Does all of it by the name. */
	XNS_UDHCPC,
	/* Follow each change of a link, and act on it. */
	XNS_DHCPCD,
	XNS_CONNMAN,
	XNS_NETWORKD,
	XNS_NETWORK_MANAGER,
	XNS_HOLDER_KINDS,
};

struct xns_holder {
	enum xns_holder_kind kind;
	pid_t pid;
	/* Of a dhclient: the link that its packet socket is on; 0: none is. */
	int ifindex;
};

#define XNS_HOLDERS_MAX 16

const char *xns_holder_name(enum xns_holder_kind kind);

/* Those who hold the link of that name and number. `root` is "" but in tests,
 * where proc and run are below it. More than fit are left out. */
size_t xns_holders_find(const char *root, const char *name, int ifindex,
			struct xns_holder ret[XNS_HOLDERS_MAX]);

/* A process of that command line (words with a zero behind each) holds the
 * link. For tests, too. */
bool xns_holder_words_name(enum xns_holder_kind kind, const char *words,
			   size_t bytes, const char *link_name);

#endif
