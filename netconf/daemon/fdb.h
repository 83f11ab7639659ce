/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_FDB_H
#define XN_DAEMON_FDB_H
/*
 * The agreement between the switch's and the kernel's forwarding tables, one
 * record for each address on a bridge:
 *
 *   station  the switch learned it on a fast vif: the kernel is told, as an
 *	      extern_learn entry on the twin, and told again when it moves or
 *	      is forgotten. Never over an address that the kernel holds as its
 *	      own (local) or that an administrator set (static).
 *   kernel   the kernel has it; on a port that is not a fast twin the switch
 *	      is told that it is outside.
 *
 * Guests choose addresses: at most XN_FDB_RECORDS_MAX are known (an unknown
 * one is flooded, which is right if slow), and the kernel is told a bounded
 * number of them a second. Thread: the loop's.
 */
#include <stdbool.h>
#include <stdint.h>

#include "netconf/daemon/daemon.h"
#include "netconf/nl/fdb.h"

struct xn_bridge_node;
struct xn_vif;

#define XN_FDB_RECORDS_MAX 65536u

/* Caller owns; NULL: errno. */
struct xn_fdb *xn_fdb_create(struct xn_daemon *daemon);
void xn_fdb_destroy(struct xn_fdb *fdb); /* accepts NULL */

/* The twins of vifs that were taken over have entries of the daemon before:
 * they are ours, until the switch knows better. After the tables were read. */
void xn_fdb_adopt(struct xn_fdb *fdb);

/* From the kernel's monitor. */
void xn_fdb_kernel_new(struct xn_fdb *fdb, const struct xn_fdb_entry *entry);
void xn_fdb_kernel_del(struct xn_fdb *fdb, const struct xn_fdb_entry *entry);
/* Reads the kernel's tables whole: at the start, or when news were lost. */
void xn_fdb_read_all(struct xn_fdb *fdb);

/* From the data process. */
void xn_fdb_station(struct xn_fdb *fdb, const struct xn_dl_station *message);
void xn_fdb_stations_end(struct xn_fdb *fdb,
			 const struct xn_dl_stations_end *message);
void xn_fdb_data_died(struct xn_fdb *fdb);
void xn_fdb_data_ready(struct xn_fdb *fdb);

/* From the mirror of links: the bridge has its number; is about to lose it. */
void xn_fdb_bridge_added(struct xn_fdb *fdb, const struct xn_bridge_node *node);
void xn_fdb_bridge_removed(struct xn_fdb *fdb,
			   const struct xn_bridge_node *node);

/* The switch forgets the port's stations: so must the kernel. */
void xn_fdb_port_slow(struct xn_fdb *fdb, const struct xn_vif *vif);
/* The port became fast, or ceased to be. */
void xn_fdb_port_changed(struct xn_fdb *fdb, const struct xn_vif *vif);

/* For people: every address known on a bridge. */
struct xn_fdb_record {
	struct xn_mac mac;
	bool in_switch; /* a station, on this slot */
	uint32_t slot;
	bool in_kernel; /* with these */
	int ifindex;
	uint16_t state; /* NUD_* */
	uint8_t flags;	/* NTF_* */
};
void xn_fdb_walk(struct xn_fdb *fdb, int bridge_ifindex,
		 void (*fn)(void *arg, const struct xn_fdb_record *record),
		 void *arg);

#endif
