/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who holds how much of the forwarding table: each port's entries in a list,
 * in the order of learning, and the ports in a heap by how many they have. So
 * the table can take from whoever holds most, in a bounded number of steps.
 * Called by fdb.c and fdb_room.c whenever an entry comes, goes or moves; known
 * stations cost nothing here. Thread: the writer.
 */
#include "bridge/fdb_table.h"

static bool holds_more(const struct xsw_fdb *fdb, uint16_t a, uint16_t b)
{
	if (fdb->of_port[a].count != fdb->of_port[b].count)
		return fdb->of_port[a].count > fdb->of_port[b].count;
	return a < b;
}

static void rank_set(struct xsw_fdb *fdb, uint32_t rank, uint16_t port)
{
	fdb->ranked[rank] = port;
	fdb->of_port[port].rank = rank;
}

/* The port has one more: towards the heap's top. */
static void rank_up(struct xsw_fdb *fdb, uint16_t port)
{
	uint32_t rank = fdb->of_port[port].rank;

	while (rank > 0) {
		uint32_t above = (rank - 1) / 2;

		if (!holds_more(fdb, port, fdb->ranked[above]))
			break;
		rank_set(fdb, rank, fdb->ranked[above]);
		rank = above;
	}
	rank_set(fdb, rank, port);
}

static void rank_down(struct xsw_fdb *fdb, uint16_t port)
{
	uint32_t rank = fdb->of_port[port].rank;

	for (;;) {
		uint32_t below = 2 * rank + 1;

		if (below >= XSW_PORTS_MAX)
			break;
		if (below + 1 < XSW_PORTS_MAX &&
		    holds_more(fdb, fdb->ranked[below + 1], fdb->ranked[below]))
			below++;
		if (!holds_more(fdb, fdb->ranked[below], port))
			break;
		rank_set(fdb, rank, fdb->ranked[below]);
		rank = below;
	}
	rank_set(fdb, rank, port);
}

void fdb_owner_init(struct xsw_fdb *fdb)
{
	for (uint16_t port = 0; port < XSW_PORTS_MAX; port++) {
		fdb->of_port[port].oldest = FDB_SLOT_NONE;
		fdb->of_port[port].newest = FDB_SLOT_NONE;
		rank_set(fdb, port, port);
	}
}

/* Makes the neighbours of a link point to `older_to` and `newer_to`. */
static void join(struct xsw_fdb *fdb, struct fdb_holding *holding,
		 struct fdb_link link, uint32_t older_to, uint32_t newer_to)
{
	if (link.older == FDB_SLOT_NONE)
		holding->oldest = older_to;
	else
		fdb->link[link.older].newer = older_to;
	if (link.newer == FDB_SLOT_NONE)
		holding->newest = newer_to;
	else
		fdb->link[link.newer].older = newer_to;
}

void fdb_owner_add(struct xsw_fdb *fdb, uint16_t port, uint32_t slot)
{
	struct fdb_holding *holding;

	fdb->entries++;
	if (port >= XSW_PORTS_MAX) {
		fdb->outside++;
		return;
	}
	holding = &fdb->of_port[port];
	fdb->link[slot] = (struct fdb_link){.older = holding->newest,
					    .newer = FDB_SLOT_NONE};
	join(fdb, holding, fdb->link[slot], slot, slot);
	holding->count++;
	rank_up(fdb, port);
}

void fdb_owner_remove(struct xsw_fdb *fdb, uint16_t port, uint32_t slot)
{
	struct fdb_holding *holding;
	struct fdb_link link;

	fdb->entries--;
	if (port >= XSW_PORTS_MAX) {
		fdb->outside--;
		return;
	}
	holding = &fdb->of_port[port];
	link = fdb->link[slot];
	join(fdb, holding, link, link.newer, link.older);
	holding->count--;
	rank_down(fdb, port);
}

void fdb_owner_moved(struct xsw_fdb *fdb, uint16_t port, uint32_t from,
		     uint32_t to)
{
	if (port >= XSW_PORTS_MAX)
		return;
	fdb->link[to] = fdb->link[from];
	join(fdb, &fdb->of_port[port], fdb->link[to], to, to);
}

uint32_t fdb_owner_count(const struct xsw_fdb *fdb, uint16_t port)
{
	return port < XSW_PORTS_MAX ? fdb->of_port[port].count : fdb->outside;
}

uint32_t fdb_owner_max(const struct xsw_fdb *fdb, uint16_t port)
{
	if (port < XSW_PORTS_MAX)
		return fdb->port_max;
	return port == XSW_FDB_OUTSIDE_FIXED ? fdb->fixed_max
					     : fdb->outside_max;
}

uint32_t fdb_owner_richest(const struct xsw_fdb *fdb, uint32_t least)
{
	const struct fdb_holding *most = &fdb->of_port[fdb->ranked[0]];

	return most->count >= least ? most->oldest : FDB_SLOT_NONE;
}
