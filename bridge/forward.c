/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decides a burst: classify -> check the sender's policy -> learn the sources
 * -> gather frames by runs of a destination -> look each up -> spread
 * the floods. Called by the worker for every burst; each stage is a loop of its
 * own over at most 64 frames, and the table's cache lines are asked for one
 * stage before they are read. A policy that is off costs one test a burst. No
 * allocation, logging or system call; with several workers, a lock for a source
 * that is new.
 *
 * Sources are learned before destinations are looked up, for the whole burst:
 * a frame sees the stations that any frame of its burst showed.
 */
#include <assert.h>
#include <string.h>

#include "bridge/age.h"
#include "bridge/classify.h"
#include "bridge/share.h"

/* The sources of a burst that may be new. */
struct sources {
	uint32_t count;
	uint64_t key[XSW_BATCH_MAX];
	uint64_t hash[XSW_BATCH_MAX];
};

/* Individual destinations of a burst, by runs: more than one may be the same.
 */
struct destinations {
	uint32_t count;
	uint64_t key[XSW_BATCH_MAX];
	uint64_t frames[XSW_BATCH_MAX];
};

static void drop_frames(struct xsw_switch *sw, struct xsw_batch *batch,
			uint64_t frames, enum xsw_drop reason)
{
	if (!frames)
		return;
	xsw_count(&sw->stats.drop[reason], xsw_count_bits(frames));
	batch->dropped |= frames;
	for (; frames; frames &= frames - 1)
		batch->drop[__builtin_ctzll(frames)] = (uint8_t)reason;
}

/* A key that may be in the table: of an individual, and not a runt's. */
static bool is_individual(uint64_t key)
{
	return !(key & (XSW_KEY_GROUP | XSW_KEY_NONE));
}

/* A guest has few addresses, and sends much to the same: most of what follows
 * goes by runs. The all-zero address is never learned. */
static void gather_sources(const struct xsw_fdb *fdb,
			   const struct xsw_burst *burst, uint32_t count,
			   struct sources *ret)
{
	const uint64_t *key = burst->src, *end = key + count;

	ret->count = 0;
	while (key < end) {
		const uint64_t src = *key;
		uint32_t n = ret->count;

		do {
			key++;
		} while (key < end && *key == src);
		if (src == 0 || !is_individual(src))
			continue;
		ret->key[n] = src;
		ret->hash[n] = xsw_fdb_hash(fdb, src);
		xsw_fdb_prefetch(fdb, ret->hash[n]);
		ret->count++;
	}
}

/* Frames for one station often come in runs; each run of them is looked up
 * once. They also get frames that a set of `burst` excludes; who uses them
 * masks. */
static void gather_destinations(const struct xsw_burst *burst, uint32_t count,
				struct destinations *ret)
{
	const uint64_t *key = burst->dst, *end = key + count;
	uint64_t bit = 1;
	uint32_t n = 0;

	while (key < end) {
		const uint64_t dst = *key;
		uint64_t frames = 0;

		do {
			frames |= bit;
			bit <<= 1;
			key++;
		} while (key < end && *key == dst);
		if (!is_individual(dst))
			continue;
		ret->key[n] = dst;
		ret->frames[n++] = frames;
	}
	ret->count = n;
}

/* A source that is not known here: alone in the tables. */
static void learn_new(struct xsw_switch *sw, uint16_t bridge, uint16_t port,
		      uint64_t key, uint64_t hash, uint32_t now_s)
{
	struct xsw_fdb_change change;

	switch (xsw_fdb_learn(sw->bridge[bridge]->fdb, key, hash, port, now_s,
			      &change)) {
	case XSW_FDB_KNOWN:
	case XSW_FDB_HELD:
		break;
	case XSW_FDB_LEARNED:
		xsw_event_add(sw, XSW_STATION_LEARNED, bridge, port, key);
		break;
	case XSW_FDB_EVICTED:
		xsw_event_aged(sw, bridge, &change.evicted);
		xsw_event_add(sw, XSW_STATION_LEARNED, bridge, port, key);
		break;
	case XSW_FDB_MOVED:
		xsw_event_add(sw, XSW_STATION_MOVED, bridge, port, key);
		break;
	case XSW_FDB_FULL:
		xsw_count(&sw->stats.fdb_full, 1);
		xsw_event_aged(sw, bridge, &change.evicted);
		break;
	case XSW_FDB_PORT_FULL:
		xsw_count(&sw->stats.fdb_port_full, 1);
		if (change.old_port < XSW_PORTS_MAX)
			xsw_event_add(sw, XSW_STATION_AGED, bridge,
				      change.old_port, key);
		break;
	}
}

static void learn_sources(struct xsw_switch *sw, const struct xsw_batch *batch,
			  const struct sources *from, uint32_t now_s)
{
	uint16_t number = sw->port[batch->in_port].bridge;
	struct xsw_bridge *bridge = sw->bridge[number];

	for (uint32_t i = 0; i < from->count; i++) {
		if (xsw_fdb_refresh(bridge->fdb, from->key[i], from->hash[i],
				    batch->in_port, now_s))
			continue;
		xsw_change_begin(sw);
		learn_new(sw, number, batch->in_port, from->key[i],
			  from->hash[i], now_s);
		xsw_change_end(sw);
	}
	if (from->count == 0 || bridge->ageing_ms == 0 ||
	    __atomic_load_n(&bridge->age.due_ms, __ATOMIC_RELAXED))
		return;
	xsw_change_begin(sw);
	if (bridge->age.due_ms == 0)
		xsw_age_first(sw, bridge, now_s);
	xsw_change_end(sw);
}

/* `wanted`: frames to send. Returns those whose destination is unknown. */
static uint64_t send_known(struct xsw_switch *sw, const struct xsw_fdb *fdb,
			   struct xsw_batch *batch, struct xsw_port_set *used,
			   const struct destinations *to, uint64_t wanted)
{
	uint16_t of[XSW_BATCH_MAX];
	uint64_t unknown = 0;

	xsw_fdb_look_up_many(fdb, to->key, to->count, of);
	for (uint32_t i = 0, next; i < to->count; i = next) {
		const uint16_t port = of[i];
		uint64_t frames = to->frames[i];

		for (next = i + 1; next < to->count && of[next] == port; next++)
			frames |= to->frames[next];
		frames &= wanted;
		if (!frames)
			continue;
		if (port == batch->in_port)
			drop_frames(sw, batch, frames, XSW_DROP_SAME_PORT);
		else if (port < XSW_PORTS_MAX)
			xsw_deliver(batch, used, port, frames);
		else if (port == XSW_FDB_NONE)
			unknown |= frames;
		else
			batch->to_twin |= frames;
	}
	return unknown;
}

/* Takes back what goes to stations of isolated neighbours. Who is taken from
 * dest[] here is not put there again: it gets none of the floods either. */
static void isolate(struct xsw_switch *sw, struct xsw_batch *batch)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < batch->dest_count; i++) {
		uint16_t port = batch->dest[i];

		if (sw->port[port].isolated)
			drop_frames(sw, batch, batch->dest_frames[port],
				    XSW_DROP_ISOLATED);
		else
			batch->dest[kept++] = port;
	}
	batch->dest_count = kept;
}

/* Drops those of `frames` (to groups or unknown stations) that exceed the
 * port's limit, and returns them. */
static uint64_t drop_storm(struct xsw_switch *sw, struct xsw_batch *batch,
			   uint64_t frames, uint64_t now_ms)
{
	struct xsw_storm *storm = &sw->port[batch->in_port].storm;
	uint64_t over = xsw_storm_over(storm, frames, now_ms);

	batch->to_twin &= ~over;
	drop_frames(sw, batch, over, XSW_DROP_STORM);
	return over;
}

static void forward_open(struct xsw_switch *sw, struct xsw_batch *batch,
			 const struct xsw_burst *burst, uint64_t now_ms)
{
	const struct xsw_port *port = &sw->port[batch->in_port];
	struct xsw_bridge *bridge = sw->bridge[port->bridge];
	uint64_t valid = ~burst->src_group;
	struct xsw_port_set used = {{0}};
	struct destinations to;
	struct sources from;
	struct xsw_floods floods;
	uint64_t all;

	drop_frames(sw, batch, burst->src_group, XSW_DROP_SRC_GROUP);
	batch->to_twin |= burst->reserved & valid;

	from.count = 0;
	if (port->learning)
		gather_sources(bridge->fdb, burst, batch->count, &from);
	gather_destinations(burst, batch->count, &to);
	learn_sources(sw, batch, &from, xsw_seconds(now_ms));

	floods.unicast = send_known(sw, bridge->fdb, batch, &used, &to,
				    burst->unicast & valid);
	if (port->isolated)
		isolate(sw, batch);
	floods.multicast = burst->multicast & valid;
	floods.broadcast = burst->broadcast & valid;
	all = floods.unicast | floods.multicast | floods.broadcast;
	if (port->storm.frames) {
		uint64_t over = drop_storm(
			sw, batch, all | (burst->reserved & valid), now_ms);

		floods.unicast &= ~over;
		floods.multicast &= ~over;
		floods.broadcast &= ~over;
	}
	if (all)
		xsw_flood(sw, &bridge->flood, burst, &floods, batch, &used);
}

/* Frames to stations that the port's bridge does not know. Of a port without
 * a bridge they all go to whoever is behind the twin. */
static uint64_t unknown_unicast(const struct xsw_switch *sw,
				const struct xsw_port *port,
				const struct xsw_burst *burst)
{
	const struct xsw_fdb *fdb;
	uint64_t unknown = 0;

	if (port->bridge == XSW_NO_BRIDGE)
		return 0;
	fdb = sw->bridge[port->bridge]->fdb;
	for (uint64_t left = burst->unicast; left; left &= left - 1) {
		uint64_t dst = burst->dst[__builtin_ctzll(left)];

		if (xsw_fdb_look_up(fdb, dst, xsw_fdb_hash(fdb, dst)) ==
		    XSW_FDB_NONE)
			unknown |= left & -left;
	}
	return unknown;
}

/* The kernel's bridge decides; here is only kept what the policy allows. */
static void forward_slow(struct xsw_switch *sw, struct xsw_batch *batch,
			 const struct xsw_burst *burst, uint64_t frames,
			 uint64_t now_ms)
{
	const struct xsw_port *port = &sw->port[batch->in_port];

	batch->to_twin = frames;
	if (port->storm.frames)
		drop_storm(sw, batch,
			   (frames & ~burst->unicast) |
				   unknown_unicast(sw, port, burst),
			   now_ms);
}

static void forward_closed(struct xsw_switch *sw, struct xsw_batch *batch,
			   uint64_t link_local, uint64_t others,
			   uint64_t now_ms)
{
	batch->to_twin = link_local;
	drop_storm(sw, batch, link_local, now_ms);
	drop_frames(sw, batch, others, XSW_DROP_PORT_CLOSED);
}

static uint64_t whole_frames(const struct xsw_burst *burst)
{
	return burst->unicast | burst->multicast | burst->broadcast |
	       burst->reserved;
}

static uint64_t bpdus(const struct xsw_burst *burst)
{
	uint64_t found = 0;

	for (uint64_t left = burst->reserved; left; left &= left - 1) {
		if (burst->dst[__builtin_ctzll(left)] == XSW_KEY_BPDU)
			found |= left & -left;
	}
	return found;
}

/* What the port's guest may not send is out of the burst after this, before it
 * is learned from or sent anywhere. */
static void check_sender(struct xsw_switch *sw, struct xsw_batch *batch,
			 struct xsw_burst *burst)
{
	const struct xsw_port *port = &sw->port[batch->in_port];

	if (port->guarded) {
		uint8_t reason[XSW_BATCH_MAX];
		uint64_t refused =
			xsw_guard_check(&port->guard, batch, burst, reason);

		xsw_burst_remove(burst, refused);
		for (; refused; refused &= refused - 1)
			drop_frames(sw, batch, refused & -refused,
				    reason[__builtin_ctzll(refused)]);
	}
	if (port->acl) {
		uint64_t refused = xsw_acl_refused(port->acl, XSW_ACL_OUT,
						   batch, whole_frames(burst));

		xsw_burst_remove(burst, refused);
		drop_frames(sw, batch, refused, XSW_DROP_ACL);
	}
	if (port->bpdu_drop) {
		uint64_t refused = bpdus(burst);

		xsw_burst_remove(burst, refused);
		drop_frames(sw, batch, refused, XSW_DROP_BPDU);
	}
}

void xsw_forward(struct xsw_switch *sw, struct xsw_batch *batch,
		 uint64_t now_ms)
{
	const struct xsw_port *port = &sw->port[batch->in_port];
	struct xsw_burst burst;
	uint64_t whole, link_local;

	assert(batch->count <= XSW_BATCH_MAX);
	assert(batch->in_port < XSW_PORTS_MAX);
	batch->to_twin = 0;
	batch->dropped = 0;
	batch->dest_count = 0;
	memset(batch->drop, XSW_DROP_NONE, sizeof(batch->drop));

	xsw_classify(batch, &burst);
	drop_frames(sw, batch, burst.runt, XSW_DROP_RUNT);
	batch->tagged = burst.tagged;
	if (burst.tagged)
		xsw_count(&sw->stats.vlan_tagged, xsw_count_bits(burst.tagged));
	if (port->checked)
		check_sender(sw, batch, &burst);
	whole = whole_frames(&burst);
	link_local = burst.reserved & ~burst.src_group;

	switch (port->mode) {
	case XSW_PORT_ABSENT:
		drop_frames(sw, batch, whole, XSW_DROP_PORT_CLOSED);
		break;
	case XSW_PORT_CLOSED:
		forward_closed(sw, batch, link_local, whole & ~link_local,
			       now_ms);
		break;
	case XSW_PORT_SLOW:
		forward_slow(sw, batch, &burst, whole, now_ms);
		break;
	case XSW_PORT_OPEN:
		forward_open(sw, batch, &burst, now_ms);
		break;
	}
}
