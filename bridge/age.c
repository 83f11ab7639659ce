/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Forgets stations that have been silent for the ageing time (802.1D 7.9.2).
 * Called by the worker about once a second; a slice of each table at a time,
 * so that no burst waits for a long walk.
 */
#include "bridge/age.h"
#include "bridge/switch_state.h"

static void age_slot(struct xsw_switch *sw, uint16_t number, uint32_t slot,
		     uint32_t now_s)
{
	struct xsw_bridge *bridge = sw->bridge[number];
	struct xsw_fdb_entry entry;
	uint64_t age_ms;

	if (!xsw_fdb_slot_get(bridge->fdb, slot, &entry))
		return;
	if (entry.port >= XSW_PORTS_MAX)
		return;
	age_ms = (uint64_t)xsw_age_s(entry.seen_s, now_s) * 1000;
	if (age_ms <= bridge->ageing_ms)
		return;
	xsw_fdb_slot_clear(bridge->fdb, slot);
	xsw_event_add(sw, XSW_STATION_AGED, number, entry.port, entry.key);
}

static void age_bridge(struct xsw_switch *sw, uint16_t number, uint32_t now_s)
{
	struct xsw_bridge *bridge = sw->bridge[number];
	uint32_t slots = xsw_fdb_slots(bridge->fdb);
	uint32_t slice = slots / XSW_AGE_PASS_TICKS;

	for (uint32_t i = 0; i < slice; i++) {
		age_slot(sw, number, bridge->age_slot, now_s);
		bridge->age_slot = (bridge->age_slot + 1) % slots;
	}
}

void xsw_tick(struct xsw_switch *sw, uint64_t now_ms)
{
	for (uint16_t i = 0; i < XSW_BRIDGES_MAX; i++) {
		if (sw->bridge[i] && sw->bridge[i]->ageing_ms)
			age_bridge(sw, i, xsw_seconds(now_ms));
	}
}

uint32_t xsw_station_count(const struct xsw_switch *sw)
{
	uint32_t count = 0;

	for (uint16_t i = 0; i < XSW_BRIDGES_MAX; i++) {
		if (sw->bridge[i] && sw->bridge[i]->ageing_ms)
			count += xsw_fdb_learned(sw->bridge[i]->fdb);
	}
	return count;
}
