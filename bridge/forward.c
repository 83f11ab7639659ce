/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decides a burst: classify -> learn the sources -> gather frames by
 * destination -> look each destination up once -> spread the floods. Called by
 * the worker for every burst; each stage is a loop of its own over at most 64
 * frames, and the table's cache lines are asked for one stage before they are
 * read. No allocation, lock, logging or system call.
 *
 * Sources are learned before destinations are looked up, for the whole burst:
 * a frame sees the stations that any frame of its burst showed.
 */
#include <assert.h>
#include <string.h>

#include "bridge/age.h"
#include "bridge/classify.h"
#include "bridge/switch_state.h"

#define INDEX_SHIFT 59 /* 64 - log2(INDEX_SLOTS) */
#define INDEX_SLOTS 32u
#define INDEX_MUL 0x9e3779b97f4a7c15u

/* Distinct addresses of a burst; more than one group may have the same. */
struct group {
	uint64_t key;
	uint64_t hash;
	uint64_t frames;
};

struct groups {
	uint32_t count; /* of group[]; group[0] is nobody's */
	struct group group[1 + XSW_BATCH_MAX];
};

static uint64_t count_bits(uint64_t frames)
{
	return (uint64_t)__builtin_popcountll(frames);
}

static void drop_frames(struct xsw_switch *sw, struct xsw_batch *batch,
			uint64_t frames, enum xsw_drop reason)
{
	if (!frames)
		return;
	sw->stats.drop[reason] += count_bits(frames);
	batch->dropped |= frames;
	for (; frames; frames &= frames - 1)
		batch->drop[__builtin_ctzll(frames)] = (uint8_t)reason;
}

static uint32_t groups_add(struct groups *groups, const struct xsw_fdb *fdb,
			   uint64_t key)
{
	struct group *group = &groups->group[groups->count];

	group->key = key;
	group->hash = xsw_fdb_hash(fdb, key);
	group->frames = 0;
	xsw_fdb_prefetch(fdb, group->hash);
	return groups->count++;
}

/* A key that may be in the table: of an individual, and not a runt's. */
static bool is_individual(uint64_t key)
{
	return !(key & (XSW_KEY_GROUP | XSW_KEY_NONE));
}

/* A guest has few addresses: comparing with the last one finds most. */
static void gather_sources(const struct xsw_fdb *fdb,
			   const struct xsw_burst *burst, uint32_t count,
			   struct groups *ret)
{
	uint64_t last = 0; /* the all-zero address is never learned */

	ret->count = 0;
	for (uint32_t i = 0; i < count; i++) {
		uint64_t src = burst->src[i];

		if (src == last)
			continue;
		last = src;
		if (src != 0 && is_individual(src))
			groups_add(ret, fdb, src);
	}
}

/* Which group is for `dst`; 0: not to be looked up. A small direct-mapped
 * index of the burst's own addresses stands before the table; who is thrown
 * out of it merely gets a second group. */
static uint32_t group_for(const struct xsw_fdb *fdb, uint64_t dst,
			  uint8_t index[INDEX_SLOTS], struct groups *groups)
{
	uint8_t *slot = &index[dst * INDEX_MUL >> INDEX_SHIFT];

	if (!is_individual(dst))
		return 0;
	if (groups->group[*slot].key != dst)
		*slot = (uint8_t)groups_add(groups, fdb, dst);
	return *slot;
}

/* Frames often come in runs for one destination: a run is gathered in a
 * register. The groups also get frames that a set of `burst` excludes; who
 * uses them masks. */
static void gather_destinations(const struct xsw_fdb *fdb,
				const struct xsw_burst *burst, uint32_t count,
				struct groups *ret)
{
	uint8_t index[INDEX_SLOTS] = {0};
	uint64_t last = XSW_KEY_NONE;
	uint64_t run = 0;
	uint32_t group = 0;

	ret->group[0].key = XSW_KEY_NONE;
	ret->group[0].frames = 0;
	ret->count = 1;
	for (uint32_t i = 0; i < count; i++) {
		uint64_t dst = burst->dst[i];

		if (dst != last) {
			ret->group[group].frames |= run;
			run = 0;
			last = dst;
			group = group_for(fdb, dst, index, ret);
		}
		run |= (uint64_t)1 << i;
	}
	ret->group[group].frames |= run;
}

static void learn_source(struct xsw_switch *sw, uint16_t bridge, uint16_t port,
			 const struct group *source, uint32_t now_s)
{
	uint16_t old_port;

	switch (xsw_fdb_learn(sw->bridge[bridge]->fdb, source->key,
			      source->hash, port, now_s, &old_port)) {
	case XSW_FDB_KNOWN:
	case XSW_FDB_HELD:
		break;
	case XSW_FDB_LEARNED:
		xsw_event_add(sw, XSW_STATION_LEARNED, bridge, port,
			      source->key);
		break;
	case XSW_FDB_MOVED:
		xsw_event_add(sw, XSW_STATION_MOVED, bridge, port, source->key);
		break;
	case XSW_FDB_FULL:
		sw->stats.fdb_full++;
		break;
	case XSW_FDB_PORT_FULL:
		sw->stats.fdb_port_full++;
		if (old_port < XSW_PORTS_MAX)
			xsw_event_add(sw, XSW_STATION_AGED, bridge, old_port,
				      source->key);
		break;
	}
}

/* Ports that are in batch->dest[] already. */
struct port_set {
	uint64_t bits[XSW_PORTS_MAX / 64];
};

static void deliver(struct xsw_batch *batch, struct port_set *used,
		    uint16_t port, uint64_t frames)
{
	uint64_t *word = &used->bits[port / 64];
	uint64_t bit = (uint64_t)1 << port % 64;

	if (*word & bit) {
		batch->dest_frames[port] |= frames;
		return;
	}
	*word |= bit;
	batch->dest[batch->dest_count++] = port;
	batch->dest_frames[port] = frames;
}

/* `wanted`: frames to send. Returns those whose destination is unknown. */
static uint64_t send_known(struct xsw_switch *sw, const struct xsw_fdb *fdb,
			   struct xsw_batch *batch, struct port_set *used,
			   const struct groups *groups, uint64_t wanted)
{
	uint64_t unknown = 0;

	for (uint32_t i = 1; i < groups->count; i++) {
		const struct group *group = &groups->group[i];
		uint64_t frames = group->frames & wanted;
		uint16_t port = xsw_fdb_look_up(fdb, group->key, group->hash);

		if (!frames)
			continue;
		if (port == batch->in_port)
			drop_frames(sw, batch, frames, XSW_DROP_SAME_PORT);
		else if (port < XSW_PORTS_MAX)
			deliver(batch, used, port, frames);
		else if (port == XSW_FDB_NONE)
			unknown |= frames;
		else
			batch->to_twin |= frames;
	}
	return unknown;
}

static void flood(const struct xsw_flood_set *set, struct xsw_batch *batch,
		  struct port_set *used, const uint64_t frames[3])
{
	uint64_t of_kinds[XSW_FLOOD_KINDS];

	batch->to_twin |= frames[0] | frames[1] | frames[2];
	for (uint32_t kinds = 0; kinds < XSW_FLOOD_KINDS; kinds++)
		of_kinds[kinds] =
			(kinds & XSW_FLOOD_UNICAST ? frames[0] : 0) |
			(kinds & XSW_FLOOD_MULTICAST ? frames[1] : 0) |
			(kinds & XSW_FLOOD_BROADCAST ? frames[2] : 0);
	for (uint32_t i = 0; i < set->count; i++) {
		const struct xsw_flood_port *member = &set->member[i];
		uint64_t wanted = of_kinds[member->kinds];

		if (wanted && member->port != batch->in_port)
			deliver(batch, used, member->port, wanted);
	}
}

static void forward_open(struct xsw_switch *sw, struct xsw_batch *batch,
			 const struct xsw_burst *burst, uint32_t now_s)
{
	const struct xsw_port *port = &sw->port[batch->in_port];
	struct xsw_bridge *bridge = sw->bridge[port->bridge];
	uint64_t valid = ~burst->src_group;
	struct port_set used = {{0}};
	struct groups from, to;
	uint64_t floods[3];

	drop_frames(sw, batch, burst->src_group, XSW_DROP_SRC_GROUP);
	batch->to_twin |= burst->reserved & valid;

	from.count = 0;
	if (port->learning)
		gather_sources(bridge->fdb, burst, batch->count, &from);
	gather_destinations(bridge->fdb, burst, batch->count, &to);
	for (uint32_t i = 0; i < from.count; i++)
		learn_source(sw, port->bridge, batch->in_port, &from.group[i],
			     now_s);

	floods[0] = send_known(sw, bridge->fdb, batch, &used, &to,
			       burst->unicast & valid);
	floods[1] = burst->multicast & valid;
	floods[2] = burst->broadcast & valid;
	if (floods[0] | floods[1] | floods[2])
		flood(&bridge->flood, batch, &used, floods);
}

void xsw_forward(struct xsw_switch *sw, struct xsw_batch *batch,
		 uint64_t now_ms)
{
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
	if (burst.tagged)
		sw->stats.vlan_tagged += count_bits(burst.tagged);
	whole = burst.unicast | burst.multicast | burst.broadcast |
		burst.reserved;
	link_local = burst.reserved & ~burst.src_group;

	switch (sw->port[batch->in_port].mode) {
	case XSW_PORT_ABSENT:
		drop_frames(sw, batch, whole, XSW_DROP_PORT_CLOSED);
		break;
	case XSW_PORT_CLOSED:
		batch->to_twin = link_local;
		drop_frames(sw, batch, whole & ~link_local,
			    XSW_DROP_PORT_CLOSED);
		break;
	case XSW_PORT_SLOW:
		batch->to_twin = whole;
		break;
	case XSW_PORT_OPEN:
		forward_open(sw, batch, &burst, xsw_seconds(now_ms));
		break;
	}
}
