/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_DHCP_FILES_H
#define XN_DAEMON_DHCP_FILES_H
/*
 * The files of one dnsmasq: a folder of root's below /run/xenplane that its
 * user can read, and in it the lease file, which is that user's. Thread: the
 * loop's.
 */
#include "natd/dhcp/plan.h"
#include "netconf/base/err.h"

/* `home`/`bridge`, made unless it is there. -ENAMETOOLONG. */
int xn_dhcp_files_make(const char *home, const char *bridge, char *ret_folder,
		       size_t folder_bytes, struct xn_err *err);
/* All that xdhcp_plan() says. */
int xn_dhcp_files_write(const char *folder, const struct xdhcp_texts *texts,
			struct xn_err *err);

/* Before it starts: the lease file is there, without those that stand in the
 * way of somebody's fixed address. */
int xn_dhcp_files_leases_ready(const char *folder,
			       const struct xdhcp_site *site,
			       struct xn_err *err);

/* The folder and what is in it; also `home` when it is empty. */
void xn_dhcp_files_remove(const char *home, const char *folder);
/* The same for each bridge that nobody wants any more: what one left that was
 * killed. */
void xn_dhcp_files_sweep(const char *home,
			 bool (*wanted)(const void *arg, const char *bridge),
			 const void *arg);

#endif
