/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reference switch; see reference.h. Obvious before fast. */
#include <errno.h>
#include <string.h>

#include "bridge/fdb.h"
#include "tests/unit/bridge/reference.h"

static const struct xn_mac zero;
static const struct xn_mac bpdu = {{0x01, 0x80, 0xc2, 0, 0, 0}};
static const struct xn_mac broadcast = {{255, 255, 255, 255, 255, 255}};

void ref_init(struct ref_switch *ref, uint32_t entries_max)
{
	memset(ref, 0, sizeof(*ref));
	ref->entries_max = entries_max;
	for (uint32_t i = 0; i < REF_BRIDGES; i++)
		ref->ageing_ms[i] = 300000;
	for (uint32_t i = 0; i < REF_PORTS; i++)
		ref->port[i].bridge = XSW_NO_BRIDGE;
}

struct ref_station *ref_find(struct ref_switch *ref, uint16_t bridge,
			     const struct xn_mac *mac)
{
	for (uint32_t i = 0; i < REF_STATIONS; i++) {
		struct ref_station *station = &ref->station[i];

		if (station->used && station->bridge == bridge &&
		    xn_mac_equal(&station->mac, mac))
			return station;
	}
	return NULL;
}

/* Fast, forwarding, in a bridge: sends and receives here. */
static bool is_open(const struct ref_switch *ref, uint16_t port)
{
	const struct xsw_port_config *config = &ref->port[port];

	return ref->port_set[port] && config->fast && config->forwarding &&
	       config->bridge != XSW_NO_BRIDGE;
}

static void forget(struct ref_switch *ref, uint16_t port)
{
	for (uint32_t i = 0; i < REF_STATIONS; i++) {
		struct ref_station *station = &ref->station[i];

		if (station->used && station->kind == REF_LEARNED &&
		    station->port == port)
			station->used = false;
	}
}

void ref_port_set(struct ref_switch *ref, uint16_t port,
		  const struct xsw_port_config *config)
{
	uint16_t old_bridge = ref->port[port].bridge;

	ref->port[port] = *config;
	ref->port_set[port] = true;
	if (!is_open(ref, port) || config->bridge != old_bridge)
		forget(ref, port);
}

void ref_port_clear(struct ref_switch *ref, uint16_t port)
{
	forget(ref, port);
	ref->port_set[port] = false;
	ref->port[port].bridge = XSW_NO_BRIDGE;
	memset(&ref->policy[port], 0, sizeof(ref->policy[port]));
	memset(ref->group[port], 0, sizeof(ref->group[port]));
	ref->storm_ms[port] = 0;
}

static uint64_t storm_credit_max(const struct xsw_policy *policy)
{
	uint64_t frames = policy->storm_frames / 10;

	return (frames < 16 ? 16 : frames) * 1000;
}

void ref_policy_set(struct ref_switch *ref, uint16_t port,
		    const struct xsw_policy *policy)
{
	uint32_t before = ref->policy[port].storm_frames;

	ref->policy[port] = *policy;
	if (policy->storm_frames != before)
		ref->storm_credit[port] = storm_credit_max(policy);
}

static struct ref_group *find_group(struct ref_switch *ref, uint16_t port,
				    const struct xn_mac *mac)
{
	for (uint32_t i = 0; i < REF_GROUPS; i++) {
		struct ref_group *group = &ref->group[port][i];

		if (group->used && xn_mac_equal(&group->mac, mac))
			return group;
	}
	return NULL;
}

void ref_group_add(struct ref_switch *ref, uint16_t port,
		   const struct xn_mac *mac)
{
	if (find_group(ref, port, mac))
		return;
	for (uint32_t i = 0; i < REF_GROUPS; i++) {
		struct ref_group *group = &ref->group[port][i];

		if (!group->used) {
			*group = (struct ref_group){.used = true, .mac = *mac};
			return;
		}
	}
}

void ref_group_del(struct ref_switch *ref, uint16_t port,
		   const struct xn_mac *mac)
{
	struct ref_group *group = find_group(ref, port, mac);

	if (group)
		group->used = false;
}

/* How many stations are charged to the port, to what is outside, to all. */
static uint32_t count(const struct ref_switch *ref, uint16_t bridge,
		      bool learned_on_port, uint16_t port, bool outside)
{
	uint32_t found = 0;

	for (uint32_t i = 0; i < REF_STATIONS; i++) {
		const struct ref_station *station = &ref->station[i];
		bool learned = station->kind == REF_LEARNED;

		if (!station->used || station->bridge != bridge)
			continue;
		if (learned && learned_on_port && station->port == port)
			found++;
		if (!learned && outside)
			found++;
	}
	return found;
}

static uint32_t count_all(const struct ref_switch *ref, uint16_t bridge)
{
	uint32_t found = 0;

	for (uint32_t i = 0; i < REF_STATIONS; i++) {
		if (ref->station[i].used && ref->station[i].bridge == bridge)
			found++;
	}
	return found;
}

/* The oldest station of the port that has most, the lowest of equals; NULL:
 * nobody has `least`. */
static struct ref_station *richest(struct ref_switch *ref, uint16_t bridge,
				   uint32_t least)
{
	struct ref_station *oldest = NULL;
	uint32_t most = least - 1;
	uint16_t of = REF_PORTS;

	for (uint16_t port = 0; port < REF_PORTS; port++) {
		uint32_t has = count(ref, bridge, true, port, false);

		if (has > most) {
			most = has;
			of = port;
		}
	}
	for (uint32_t i = 0; of < REF_PORTS && i < REF_STATIONS; i++) {
		struct ref_station *station = &ref->station[i];

		if (station->used && station->kind == REF_LEARNED &&
		    station->bridge == bridge && station->port == of &&
		    (!oldest || station->order < oldest->order))
			oldest = station;
	}
	return oldest;
}

static bool make_room(struct ref_switch *ref, const struct ref_station *wanted)
{
	struct ref_station *victim = NULL;
	uint32_t has;

	switch (wanted->kind) {
	case REF_LEARNED:
		has = count(ref, wanted->bridge, true, wanted->port, false);
		victim = richest(ref, wanted->bridge, has + 2);
		break;
	case REF_OUTSIDE:
		victim = richest(ref, wanted->bridge, XSW_FDB_PORT_FLOOR + 1);
		break;
	case REF_FIXED:
		victim = richest(ref, wanted->bridge, 1);
		break;
	}
	if (!victim)
		return false;
	victim->used = false;
	ref->evicted++;
	return true;
}

static bool add(struct ref_switch *ref, const struct ref_station *wanted)
{
	if (count_all(ref, wanted->bridge) == ref->entries_max &&
	    !make_room(ref, wanted))
		return false;
	for (uint32_t i = 0; i < REF_STATIONS; i++) {
		if (!ref->station[i].used) {
			ref->station[i] = *wanted;
			ref->station[i].used = true;
			ref->station[i].order = ref->order++;
			return true;
		}
	}
	return false;
}

int ref_outside_add(struct ref_switch *ref, uint16_t bridge,
		    const struct xn_mac *mac, enum ref_kind kind)
{
	struct ref_station *known = ref_find(ref, bridge, mac);
	struct ref_station wanted = {
		.kind = kind, .bridge = bridge, .mac = *mac};
	uint32_t limit;

	if (xn_mac_is_group(mac) || xn_mac_equal(mac, &zero))
		return -EINVAL;
	if (known && known->kind != REF_LEARNED) {
		known->kind = kind;
		return 0;
	}
	if (known)
		known->used = false;
	limit = ref->entries_max / 2;
	if (kind == REF_FIXED)
		limit += ref->entries_max / 8;
	if (count(ref, bridge, false, 0, true) >= limit)
		return -ENOSPC;
	return add(ref, &wanted) ? 0 : -ENOSPC;
}

void ref_outside_del(struct ref_switch *ref, uint16_t bridge,
		     const struct xn_mac *mac)
{
	struct ref_station *known = ref_find(ref, bridge, mac);

	if (known && known->kind != REF_LEARNED)
		known->used = false;
}

static void learn(struct ref_switch *ref, uint16_t port,
		  const struct xn_mac *mac, uint32_t now_s)
{
	uint16_t bridge = ref->port[port].bridge;
	struct ref_station *known = ref_find(ref, bridge, mac);
	struct ref_station wanted = {.kind = REF_LEARNED,
				     .bridge = bridge,
				     .port = port,
				     .seen_s = now_s,
				     .mac = *mac};

	if (xn_mac_is_group(mac) || xn_mac_equal(mac, &zero))
		return;
	if (known && known->kind == REF_FIXED)
		return;
	if (known && known->kind == REF_LEARNED && known->port == port) {
		known->seen_s = now_s;
		return;
	}
	if (count(ref, bridge, true, port, false) == ref->entries_max / 4) {
		if (known && known->kind == REF_LEARNED)
			known->used = false;
		return;
	}
	if (known)
		known->used = false;
	add(ref, &wanted);
}

static bool is_reserved(const struct xn_mac *mac)
{
	static const uint8_t prefix[5] = {0x01, 0x80, 0xc2, 0x00, 0x00};

	return memcmp(mac->octet, prefix, 5) == 0 && mac->octet[5] <= 0x0f;
}

static bool is_runt(const struct xsw_frame *frame)
{
	return frame->frame_bytes < 14 || frame->head_bytes < 14;
}

static struct xn_mac mac_at(const struct xsw_frame *frame, uint32_t offset)
{
	struct xn_mac mac;

	memcpy(mac.octet, frame->head + offset, XN_MAC_BYTES);
	return mac;
}

/* Does an open port get a flooded frame? */
static bool wants(struct ref_switch *ref, uint16_t port, uint16_t from,
		  const struct xn_mac *dst)
{
	const struct xsw_port_config *config = &ref->port[port];
	const struct xsw_policy *policy = &ref->policy[port];

	if (policy->isolated && ref->policy[from].isolated)
		return false;
	if (xn_mac_equal(dst, &broadcast))
		return config->bcast_flood;
	if (!xn_mac_is_group(dst))
		return config->flood;
	return config->mcast_flood &&
	       (!policy->mcast_control || find_group(ref, port, dst));
}

static void flood(struct ref_switch *ref, uint16_t in_port,
		  const struct xn_mac *dst, struct ref_decision *ret)
{
	ret->to_twin = true;
	for (uint16_t port = 0; port < REF_PORTS; port++) {
		if (port != in_port && is_open(ref, port) &&
		    ref->port[port].bridge == ref->port[in_port].bridge &&
		    wants(ref, port, in_port, dst))
			ret->to_port[port] = true;
	}
}

/* Takes credit for a frame that many get; false: there is none. */
static bool storm_allows(struct ref_switch *ref, uint16_t in_port,
			 uint64_t now_ms)
{
	const struct xsw_policy *policy = &ref->policy[in_port];
	uint64_t *credit = &ref->storm_credit[in_port];
	uint64_t max = storm_credit_max(policy);

	if (policy->storm_frames == 0)
		return true;
	*credit += (now_ms - ref->storm_ms[in_port]) * policy->storm_frames;
	ref->storm_ms[in_port] = now_ms;
	if (*credit > max)
		*credit = max;
	if (*credit < 1000)
		return false;
	*credit -= 1000;
	return true;
}

/* Goes to a group, or to somebody whom the bridge does not know. */
static bool is_for_many(struct ref_switch *ref, uint16_t in_port,
			const struct xn_mac *dst)
{
	uint16_t bridge = ref->port[in_port].bridge;

	if (xn_mac_is_group(dst))
		return true;
	return bridge != XSW_NO_BRIDGE && !ref_find(ref, bridge, dst);
}

static void decide_open(struct ref_switch *ref, uint16_t in_port,
			const struct xn_mac *dst, struct ref_decision *ret)
{
	struct ref_station *known;

	if (is_reserved(dst)) {
		ret->to_twin = true;
		return;
	}
	known = ref_find(ref, ref->port[in_port].bridge, dst);
	if (!known)
		flood(ref, in_port, dst, ret);
	else if (known->kind != REF_LEARNED)
		ret->to_twin = true;
	else if (known->port == in_port)
		ret->drop = XSW_DROP_SAME_PORT;
	else if (ref->policy[in_port].isolated &&
		 ref->policy[known->port].isolated)
		ret->drop = XSW_DROP_ISOLATED;
	else
		ret->to_port[known->port] = true;
}

static bool is_refused_bpdu(const struct ref_switch *ref, uint16_t in_port,
			    const struct xsw_frame *frame)
{
	struct xn_mac dst = mac_at(frame, 0);

	return ref->policy[in_port].bpdu_drop && xn_mac_equal(&dst, &bpdu);
}

/* A whole frame that the policy does not refuse outright. */
static void decide_whole(struct ref_switch *ref, uint16_t in_port,
			 const struct xn_mac *dst, const struct xn_mac *src,
			 uint64_t now_ms, struct ref_decision *ret)
{
	bool link_local = is_reserved(dst) && !xn_mac_is_group(src);

	if (!ref->port_set[in_port])
		ret->drop = XSW_DROP_PORT_CLOSED;
	else if (!ref->port[in_port].forwarding && !link_local)
		ret->drop = XSW_DROP_PORT_CLOSED;
	else if (is_open(ref, in_port) && xn_mac_is_group(src))
		ret->drop = XSW_DROP_SRC_GROUP;
	else if (is_for_many(ref, in_port, dst) &&
		 !storm_allows(ref, in_port, now_ms))
		ret->drop = XSW_DROP_STORM;
	else if (!is_open(ref, in_port))
		ret->to_twin = true;
	else
		decide_open(ref, in_port, dst, ret);
}

static void decide(struct ref_switch *ref, uint16_t in_port,
		   const struct xsw_frame *frame, uint64_t now_ms,
		   struct ref_decision *ret)
{
	struct xn_mac dst, src;

	memset(ret, 0, sizeof(*ret));
	ret->drop = XSW_DROP_NONE;
	if (is_runt(frame)) {
		ret->drop = XSW_DROP_RUNT;
		return;
	}
	if (is_refused_bpdu(ref, in_port, frame)) {
		ret->drop = XSW_DROP_BPDU;
		return;
	}
	dst = mac_at(frame, 0);
	src = mac_at(frame, XN_MAC_BYTES);
	decide_whole(ref, in_port, &dst, &src, now_ms, ret);
}

void ref_forward(struct ref_switch *ref, const struct xsw_batch *batch,
		 uint64_t now_ms, struct ref_decision *ret)
{
	uint16_t in_port = batch->in_port;

	for (uint32_t i = 0; i < batch->count; i++) {
		const struct xsw_frame *frame = &batch->frame[i];
		struct xn_mac src;

		if (!is_open(ref, in_port) || !ref->port[in_port].learning ||
		    is_runt(frame) || is_refused_bpdu(ref, in_port, frame))
			continue;
		src = mac_at(frame, XN_MAC_BYTES);
		learn(ref, in_port, &src, (uint32_t)(now_ms / 1000));
	}
	for (uint32_t i = 0; i < batch->count; i++)
		decide(ref, in_port, &batch->frame[i], now_ms, &ret[i]);
}

void ref_age(struct ref_switch *ref, uint64_t now_ms)
{
	for (uint32_t i = 0; i < REF_STATIONS; i++) {
		struct ref_station *station = &ref->station[i];
		uint64_t ageing_ms = ref->ageing_ms[station->bridge];
		uint64_t age_ms = (now_ms / 1000 - station->seen_s) * 1000;

		if (station->used && station->kind == REF_LEARNED &&
		    ageing_ms && age_ms > ageing_ms)
			station->used = false;
	}
}
