/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_LAB_HOTPLUG_H
#define XN_LAB_HOTPLUG_H
/*
 * Runs a hotplug script exactly as libxl does (argv, environment, stdin,
 * time limit), inside the lab's dom0. What scripts write to the host's
 * /var/log/xen goes to a tmpfs that ends with them.
 */
#include <stdint.h>

#include "netconf/base/err.h"

struct xn_lab_hotplug {
	const char *script;  /* absolute path */
	const char *command; /* "online" or "offline" */
	const char *gatewaydev;
	uint32_t domid, devid;
	int netns_fd;
	const char *store_socket;
	const char *config; /* xenplane.conf */
};

/* Blocks up to libxl's 40 s. -ETIMEDOUT: the script was ended. -EIO: it
 * failed, with its exit status in err. */
int xn_lab_hotplug_run(const struct xn_lab_hotplug *hotplug,
		       struct xn_err *err);

#endif
