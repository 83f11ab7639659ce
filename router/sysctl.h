/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XRT_SYSCTL_H
#define XRT_SYSCTL_H
/* The kernel's settings below /proc/sys/net that netlink has not. Those of
 * the thread's network namespace. */
#include "netconf/base/err.h"

/* `path` is relative to /proc/sys/net ("ipv4/ip_forward"). The first character
 * of its value as a number, or negative errno. */
int xrt_sysctl_get(const char *path);
/* Writes the digit unless the setting has it: a write may reset others. */
int xrt_sysctl_set(const char *path, int digit, struct xn_err *err);
/* FAMILY/conf/LINK/KEY, with the link's name checked. */
int xrt_sysctl_set_link(const char *family, const char *link, const char *key,
			int digit, struct xn_err *err);
int xrt_sysctl_get_link(const char *family, const char *link, const char *key);

#endif
