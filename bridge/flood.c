/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Spreads a burst's floods (flood.h). Called by forward.c for every burst that
 * has some; switch.c keeps the sets.
 */
#include "bridge/flood.h"

#include "bridge/switch_state.h"

void xsw_flood_set_remove(struct xsw_flood_set *set, uint16_t port)
{
	for (uint32_t i = 0; i < set->count; i++) {
		if (set->member[i].port != port)
			continue;
		set->limited -= set->member[i].limits != 0;
		set->member[i] = set->member[--set->count];
		return;
	}
}

void xsw_flood_set_add(struct xsw_flood_set *set, uint16_t port, uint8_t kinds,
		       uint8_t limits)
{
	if (kinds == 0)
		return;
	set->limited += limits != 0;
	set->member[set->count++] = (struct xsw_flood_port){
		.port = port, .kinds = kinds, .limits = limits};
}

/* Those of `frames` that are for a group which the port registered. Frames
 * often come in runs for one group. */
static uint64_t registered(const struct xsw_port *port,
			   const struct xsw_burst *burst, uint64_t frames)
{
	uint64_t ret = 0;
	uint64_t last = XSW_KEY_NONE;
	bool has_last = false;

	for (; frames; frames &= frames - 1) {
		uint64_t key = burst->dst[__builtin_ctzll(frames)];

		if (key != last) {
			last = key;
			has_last = xsw_groups_have(&port->groups, key);
		}
		if (has_last)
			ret |= frames & -frames;
	}
	return ret;
}

/* What the member gets of the frames that its kinds let through. */
static uint64_t limit(const struct xsw_switch *sw,
		      const struct xsw_flood_port *member,
		      const struct xsw_burst *burst, uint16_t from,
		      uint64_t frames)
{
	uint64_t groups = frames & burst->multicast;

	if ((member->limits & XSW_LIMIT_ISOLATED) && sw->port[from].isolated)
		return 0;
	if ((member->limits & XSW_LIMIT_REGISTERED) && groups)
		frames ^= groups ^
			  registered(&sw->port[member->port], burst, groups);
	return frames;
}

void xsw_flood(const struct xsw_switch *sw, const struct xsw_flood_set *set,
	       const struct xsw_burst *burst, const struct xsw_floods *floods,
	       struct xsw_batch *batch, struct xsw_port_set *used)
{
	uint64_t of_kinds[XSW_FLOOD_KINDS];
	bool limited = set->limited > 0;

	batch->to_twin |=
		floods->unicast | floods->multicast | floods->broadcast;
	for (uint32_t kinds = 0; kinds < XSW_FLOOD_KINDS; kinds++)
		of_kinds[kinds] =
			(kinds & XSW_FLOOD_UNICAST ? floods->unicast : 0) |
			(kinds & XSW_FLOOD_MULTICAST ? floods->multicast : 0) |
			(kinds & XSW_FLOOD_BROADCAST ? floods->broadcast : 0);
	for (uint32_t i = 0; i < set->count; i++) {
		const struct xsw_flood_port *member = &set->member[i];
		uint64_t wanted = of_kinds[member->kinds];

		if (limited && member->limits)
			wanted = limit(sw, member, burst, batch->in_port,
				       wanted);
		if (wanted && member->port != batch->in_port)
			xsw_deliver(batch, used, member->port, wanted);
	}
}
