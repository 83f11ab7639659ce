/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_LAB_LAYOUT_H
#define XN_LAB_LAYOUT_H
/*
 * Which bridges a lab begins with: one xenbr0 with the cable to the outside,
 * or what a file says (`lab start -f FILE`, docs/lab.md). Plain values.
 */
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "netconf/base/err.h"
#include "netconf/parse/settings.h"
#include "netconf/parse/vifspec.h"

#define XN_LAB_BRIDGES_MAX 8u
#define XN_LAB_ADDRESSES_MAX 8u

struct xn_lab_addresses {
	uint32_t count;
	char text[XN_LAB_ADDRESSES_MAX][XN_VIFSPEC_IP_MAX];
};

struct xn_lab_bridge {
	char name[IFNAMSIZ];
	bool uplink; /* eth0, the cable, is its port; one bridge at most */
	bool stp;
	uint32_t mtu;
	struct xn_lab_addresses addresses;
	struct xn_settings settings; /* for the vifs on it */
};

struct xn_lab_layout {
	struct xn_settings defaults; /* for every vif */
	/* The hotplug script of vifs that name none; "": the host's. */
	char script[XN_VIFSPEC_PATH_MAX];
	uint32_t bridge_count;
	struct xn_lab_bridge bridge[XN_LAB_BRIDGES_MAX];
	struct xn_lab_addresses outside; /* of the host beyond the cable */
};

/* Below IPv6's smallest MTU without IPv6 addresses: there it does not run. */
void xn_lab_layout_default(uint32_t mtu, struct xn_lab_layout *ret_layout);

/* 0, or negative errno with file:line:column in err; *ret_layout is untouched
 * then. */
int xn_lab_layout_read(const char *file, struct xn_lab_layout *ret_layout,
		       struct xn_err *err);

/* Writes what the layout says of vifs into a file for xenplaned. 0 or
 * negative errno. */
int xn_lab_layout_write_settings(const struct xn_lab_layout *layout,
				 const char *file, struct xn_err *err);

#endif
