/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_DAEMON_H
#define XN_DAEMON_DAEMON_H
/*
 * xenplaned's parts, and how they know each other: each module gets the
 * daemon and reaches its neighbours through it. One thread, one loop.
 *
 *   store -> vifs -> vif (machine, actions) -> datapath
 *   links -> port (place in the switch)	-> datapath
 *   hooks (who else sees frames) -> port
 *   vifs, policy -> keeper (NAT and traffic control follow the guests)
 *   datapath -> vifs, port, fdb; links -> fdb; api reads all of them
 */
#include <stdbool.h>
#include <stdint.h>

#include "netconf/base/err.h"
#include "netconf/base/loop.h"
#include "netconf/daemon/datapath.h"
#include "netconf/daemon/store.h"
#include "netconf/nl/socket.h"

struct xn_vifs;
struct xn_links;
struct xn_fdb;
struct xn_hooks;
struct xn_acls;
struct xn_host_addr;
struct xn_keeper;
struct xn_bridge_drift;
struct xn_api;
struct xn_config;
struct xn_removals;
struct xn_notify;
struct xn_dhcp;
struct xn_fdstore;
struct xn_upgrade;

#define XN_READY_TOLD UINT32_MAX /* nobody waits (any more) */

struct xn_daemon {
	struct xn_loop *loop;
	struct xn_nl *nl;
	struct xn_store *store;
	struct xn_datapath *datapath;
	struct xn_vifs *vifs;
	struct xn_links *links;
	struct xn_fdb *fdb;
	struct xn_hooks *hooks;
	struct xn_acls *acls; /* never NULL while there are vifs */
	struct xn_host_addr *host_addr;
	struct xn_removals *removals;
	struct xn_dhcp *dhcp;	  /* may be NULL: at the start and the end */
	struct xn_keeper *keeper; /* NULL: not yet, or not any more */
	struct xn_bridge_drift *bridge_drift; /* the same */
	struct xn_api *api;
	struct xn_notify *notify;
	struct xn_fdstore *fdstore; /* NULL: nothing is kept */
	struct xn_upgrade *upgrade;
	bool leaving;	     /* another one will go on with the vifs */
	uint64_t started_ms; /* xn_now_ms() */
	uint32_t own_domid;
	uint32_t queues_max;	  /* offered to each guest */
	uint32_t vifs_max;	  /* at most XN_VIFS_MAX */
	struct xn_config *config; /* never NULL while there are vifs */
	const char *config_file;  /* NULL: the usual one, if it is there */
	uint64_t reloads;	  /* how often it was read again, and used */
	struct xn_err reload_err; /* set: the last time it could not be */
	/* A new data process is getting its vifs back: none sends until all
	 * have their places in the switch. */
	bool resuming;
	uint32_t ready_fd; /* who waits for us to serve guests */
};

#endif
