/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_FDB_H
#define XN_NL_FDB_H
/*
 * Forwarding entries of Linux bridges. Threads and errors: socket.h.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netconf/base/err.h"
#include "netconf/base/mac.h"
#include "netconf/nl/socket.h"

struct xn_fdb_entry {
	struct xn_mac mac;
	int ifindex;   /* the port, or the bridge itself for its own address */
	int master;    /* the bridge */
	uint16_t vlan; /* 0: none */
	/* NUD_* of linux/neighbour.h: NUD_PERMANENT is the address of a port
	 * or the bridge (local), NUD_NOARP one set by an administrator
	 * (static), NUD_REACHABLE is learned, NUD_STALE too and older than
	 * the bridge's ageing time: it goes with the next sweep. */
	uint16_t state;
	uint8_t flags; /* NTF_EXT_LEARNED, NTF_STICKY, ... */
	/* Since the station was last heard or told of. */
	uint32_t age_cs;
};

struct xn_fdb_table {
	struct xn_fdb_entry *entry;
	size_t count;
};

/* Entries of bridge `bridge` (0: of all bridges). What a device filters for
 * itself, without a bridge, is not among them. The caller owns the table's
 * memory: xn_fdb_table_fini(). */
int xn_fdb_dump(struct xn_nl *nl, int bridge, struct xn_fdb_table *ret_table,
		struct xn_err *err);
void xn_fdb_table_fini(struct xn_fdb_table *table);

/* Tells the bridge that the station is behind `port`: an entry that the
 * kernel does not age (extern_learn). It replaces a learned one on any port;
 * a frame from the station on another port makes it an ordinary learned
 * entry there. `vlan` 0: none. */
int xn_fdb_add_extern(struct xn_nl *nl, int port, const struct xn_mac *mac,
		      uint16_t vlan, struct xn_err *err);
/* Whatever kind it is. -ENOENT: no such entry on that port. */
int xn_fdb_delete(struct xn_nl *nl, int port, const struct xn_mac *mac,
		  uint16_t vlan, struct xn_err *err);

#endif
