/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_CREW_H
#define XNB_CREW_H
/*
 * The workers of the data process, and what they share: the table of ports,
 * the switch, the memory for waiting frames. A guest's vifs belong to one
 * worker, which alone sends for them, polls them and keeps their lists. What
 * others do to them:
 *
 *   lease   To put frames into a vif's receive rings, or its egress queues, a
 *           worker holds the vif's lease, for a burst. Who holds one never
 *           waits for another: it tries those of all receivers, delivers to
 *           whom it got, and comes back for the others one by one. What the
 *           vif's own worker does to that side of it, it does under the lease
 *           too.
 *   kick    Another worker left something that only the vif's own can do
 *           (frames that wait, a broken ring): it is woken if it sleeps.
 *   pause   Whatever changes the table of ports, the switch's settings or
 *           whose a guest is, is done between rounds, while no worker is in
 *           one. It waits for the longest round, or eight turns of it.
 *
 * With one worker nothing of this is there but tests of `count`.
 *
 * Thread: any worker's, as each function says. Memory: the first worker's,
 * made before any runs.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "bridge/switch.h"
#include "netback/pool.h"
#include "netback/port.h"
#include "netconf/ipc/stats.h"

struct xnb_worker;

struct xnb_lease {
	_Alignas(64) pthread_mutex_t mutex;
	/* Who has it; of use only to know whether it is oneself. */
	struct xnb_worker *_Atomic holder;
};

struct xnb_crew {
	uint32_t count;
	struct xnb_worker *worker[XN_WORKERS_MAX];

	xengnttab_handle *gnttab; /* by which rings and pages are mapped */
	struct xnb_pool *pool;
	uint32_t acls;	       /* ports with an access list */
	struct xsw_switch *sw; /* NULL until XNB_START; ours then */
	struct xn_stats *stats;
	uint8_t hash_key[16];
	uint32_t grants_left; /* static ones, to be mapped; see grants.h */

	pthread_mutex_t control; /* one control ring is served at a time */
	pthread_mutex_t pause;	 /* held by who pauses the others */
	_Atomic bool pausing;
	_Atomic bool stop;
	/* How often vifs came, went or moved: changed in pauses, read in
	 * rounds. */
	uint32_t changes;

	/* What control is told of stations (station.c). */
	pthread_mutex_t report;
	uint64_t stations_lost; /* as the switch last counted */
	uint64_t bridges_lost;	/* set of bridges with unreported losses */
	uint64_t bridges_used;	/* set; changed in pauses */
	_Atomic bool watched;	/* control waits for a guest to send */

	/* Whose guests are whose (balance.c). */
	uint64_t settle_us;	   /* all are the first worker's for so long */
	uint64_t born_us;	   /* 0: not yet */
	_Atomic uint64_t moved_us; /* a guest, last */

	struct xnb_lease lease[XN_VIFS_MAX];
	struct xnb_port port[XN_VIFS_MAX];
};

/* NULL: out of memory. */
struct xnb_crew *xnb_crew_create(uint32_t pool_chunks);
/* When no worker runs any more. Accepts NULL. */
void xnb_crew_destroy(struct xnb_crew *crew);

/* ---- rounds and pauses ---- */

void xnb_crew_enter_shared(struct xnb_worker *w);
void xnb_crew_leave_shared(struct xnb_worker *w);
void xnb_crew_pause_shared(struct xnb_worker *w);
void xnb_crew_resume_shared(struct xnb_worker *w, bool wake);

/* ---- leases: with several workers only ---- */

/* Waits: only for who holds no other. */
void xnb_lease_take_shared(struct xnb_worker *w, const struct xnb_port *port);
bool xnb_lease_try(struct xnb_worker *w, const struct xnb_port *port);
void xnb_lease_give(struct xnb_worker *w, const struct xnb_port *port);
bool xnb_lease_is_mine(const struct xnb_worker *w, const struct xnb_port *port);

/* ---- kicks ---- */

/* The port's worker is to look at it (xnb_kicks_take()). */
void xnb_kick(const struct xnb_port *port);

#endif
