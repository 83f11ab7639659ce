/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XDHCP_LEASES_H
#define XDHCP_LEASES_H
/*
 * Who has which address: dnsmasq's lease file. It is written by a process that
 * guests talk to, so it is read bounded, and each word is checked. A line that
 * cannot be read is left out, and counted.
 *
 *	EXPIRES MAC ADDRESS NAME CLIENT		IPv4
 *	duid DUID				the server's own
 *	EXPIRES IAID ADDRESS NAME DUID		IPv6
 *
 * Source: dnsmasq's lease.c, and dnsmasq(8), --dhcp-leasefile.
 *
 * Pure but for the two that read files; any thread. Memory: the list owns its
 * array.
 */
#include <stddef.h>

#include "natd/guests.h"
#include "netconf/base/err.h"

#define XDHCP_LEASES_MAX (XN_DHCP_POOL_MAX + XN_PLANECONF_VIFS_MAX)
#define XDHCP_FILE_BYTES_MAX (16u << 20)
#define XDHCP_CLIENT_MAX 112u

struct xdhcp_lease {
	uint64_t expires_s; /* since 1970; 0: never */
	struct xn_address address;
	bool has_mac; /* IPv4; IPv6 has the client's identifier only */
	struct xn_mac mac;
	char name[XN_DHCP_LABEL_MAX];  /* "": none */
	char client[XDHCP_CLIENT_MAX]; /* hex digits and ':'; "": none */
	/* Since when it is not in the file (known.h); 0: it was just read. */
	uint64_t missing_ms;
};

/* Zero-initialise: nobody. */
struct xdhcp_leases {
	uint32_t count, room;
	uint32_t left_out; /* lines that are none */
	struct xdhcp_lease *lease;
};

/* Caller owns *ret_leases, set on success only. -ENOMEM, -E2BIG. */
int xdhcp_leases_parse(const char *text, struct xdhcp_leases *ret_leases,
		       struct xn_err *err);
/* Of the file; one that is not there has none. -EFBIG, or open(2)'s. */
int xdhcp_leases_read(const char *path, struct xdhcp_leases *ret_leases,
		      struct xn_err *err);
/* The text of the file; the caller's. NULL: there is none. */
int xdhcp_leases_load(const char *path, char **ret_text, struct xn_err *err);
void xdhcp_leases_fini(struct xdhcp_leases *leases);

static inline bool xdhcp_lease_holds(const struct xdhcp_lease *lease,
				     uint64_t now_s)
{
	return lease->expires_s == 0 || lease->expires_s > now_s;
}

/* It is an IPv4 lease of an address that is another guest's by now. */
bool xdhcp_lease_in_the_way(const struct xdhcp_lease *lease,
			    const struct xn_planeconf_bridge *bridge,
			    const struct xnat_guests *guests);
/* Without those, before the server starts: the text without them, the caller's;
 * *ret_gone: how many they are, and *ret_text NULL when there are none.
 * -ENOMEM. */
int xdhcp_leases_prune(const char *text,
		       const struct xn_planeconf_bridge *bridge,
		       const struct xnat_guests *guests, char **ret_text,
		       uint32_t *ret_gone);

/* Adds the leases of one bridge, for forwards that name a guest; to a complete
 * list, those of guests who are in it. -ENOMEM, -E2BIG. */
int xdhcp_leases_add_guests(const struct xdhcp_leases *leases,
			    const char *bridge, uint64_t now_s,
			    struct xnat_guests *guests);

#endif
