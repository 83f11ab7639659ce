/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Forgets stations that have been silent for the ageing time (802.1D 7.9.2).
 * A table is walked a slice at a time, so that no burst waits for a long walk,
 * and not before its oldest station can have come of age: tables in which
 * nothing changes cost a walk in each ageing time.
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
	if (age_ms <= bridge->ageing_ms) {
		if (xsw_age_s(entry.seen_s, bridge->age.oldest_s) > 0)
			bridge->age.oldest_s = entry.seen_s;
		return;
	}
	xsw_fdb_slot_clear(bridge->fdb, slot);
	xsw_event_add(sw, XSW_STATION_AGED, number, entry.port, entry.key);
}

/* `seen_s` is cut to whole seconds, and a station goes when it is older than
 * the ageing time. */
static uint64_t expiry_ms(const struct xsw_bridge *bridge, uint32_t seen_s,
			  uint64_t now_ms)
{
	uint32_t age_s = xsw_age_s(seen_s, xsw_seconds(now_ms));

	return (now_ms / 1000 - age_s + 1) * 1000 + bridge->ageing_ms;
}

static void set_due(struct xsw_switch *sw, struct xsw_bridge *bridge,
		    uint64_t due_ms)
{
	uint64_t first_ms = 0;

	__atomic_store_n(&bridge->age.due_ms, due_ms, __ATOMIC_RELAXED);
	for (uint16_t i = 0; i < XSW_BRIDGES_MAX; i++) {
		if (!sw->bridge[i] || !sw->bridge[i]->age.due_ms)
			continue;
		due_ms = sw->bridge[i]->age.due_ms;
		if (!first_ms || due_ms < first_ms)
			first_ms = due_ms;
	}
	__atomic_store_n(&sw->age_due_ms, first_ms, __ATOMIC_RELAXED);
}

static void end_walk(struct xsw_switch *sw, struct xsw_bridge *bridge,
		     uint64_t now_ms)
{
	if (xsw_fdb_learned(bridge->fdb) == 0)
		set_due(sw, bridge, 0);
	else if (xsw_fdb_moves(bridge->fdb) != bridge->age.moves)
		set_due(sw, bridge, now_ms + XSW_AGE_SLICE_MS);
	else
		set_due(sw, bridge,
			expiry_ms(bridge, bridge->age.oldest_s, now_ms));
}

static void age_bridge(struct xsw_switch *sw, uint16_t number, uint64_t now_ms)
{
	struct xsw_bridge *bridge = sw->bridge[number];
	struct xsw_age *age = &bridge->age;
	uint32_t slots = xsw_fdb_slots(bridge->fdb);
	uint32_t slice = slots / XSW_AGE_PASS_TICKS;

	if (age->slot == 0) {
		if (xsw_fdb_learned(bridge->fdb) == 0) {
			set_due(sw, bridge, 0);
			return;
		}
		age->oldest_s = xsw_seconds(now_ms);
		age->moves = xsw_fdb_moves(bridge->fdb);
	}
	for (uint32_t i = 0; i < slice; i++) {
		age_slot(sw, number, age->slot, xsw_seconds(now_ms));
		age->slot = (age->slot + 1) % slots;
	}
	if (age->slot == 0)
		end_walk(sw, bridge, now_ms);
	else
		set_due(sw, bridge, now_ms + XSW_AGE_SLICE_MS);
}

void xsw_tick(struct xsw_switch *sw, uint64_t now_ms)
{
	for (uint16_t i = 0; i < XSW_BRIDGES_MAX; i++) {
		if (sw->bridge[i] && sw->bridge[i]->ageing_ms)
			age_bridge(sw, i, now_ms);
	}
}

uint64_t xsw_tick_due(const struct xsw_switch *sw)
{
	return __atomic_load_n(&sw->age_due_ms, __ATOMIC_RELAXED);
}

void xsw_age_first(struct xsw_switch *sw, struct xsw_bridge *bridge,
		   uint32_t now_s)
{
	if (bridge->ageing_ms > 0 && xsw_fdb_learned(bridge->fdb) > 0)
		set_due(sw, bridge,
			expiry_ms(bridge, now_s, (uint64_t)now_s * 1000));
}

void xsw_age_changed(struct xsw_switch *sw, struct xsw_bridge *bridge)
{
	if (bridge->ageing_ms == 0 || xsw_fdb_learned(bridge->fdb) == 0)
		set_due(sw, bridge, 0);
	else
		set_due(sw, bridge, 1);
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
