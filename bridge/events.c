/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells control about stations: a bounded ring of what changed, and a dump of
 * what is for when the ring was too small. Filled by forward.c and age.c, read
 * by the worker, which passes it on. Guests decide how many events there are.
 */
#include "bridge/age.h"
#include "bridge/classify.h"
#include "bridge/share.h"

void xsw_event_add(struct xsw_switch *sw, enum xsw_station_event event,
		   uint16_t bridge, uint16_t port, uint64_t key)
{
	struct xsw_events *events = &sw->events;
	uint32_t slot;

	if (events->count == XSW_EVENTS_MAX) {
		xsw_count(&sw->stats.events_lost, 1);
		return;
	}
	slot = (events->first + events->count) % XSW_EVENTS_MAX;
	events->station[slot] = (struct xsw_station){
		.event = event,
		.bridge = bridge,
		.port = port,
		.mac = xsw_key_mac(key),
	};
	__atomic_store_n(&events->count, events->count + 1, __ATOMIC_RELAXED);
}

void xsw_event_aged(struct xsw_switch *sw, uint16_t bridge,
		    const struct xsw_fdb_entry *entry)
{
	if (entry->key)
		xsw_event_add(sw, XSW_STATION_AGED, bridge, entry->port,
			      entry->key);
}

uint32_t xsw_station_events(struct xsw_switch *sw, struct xsw_station *ret,
			    uint32_t max)
{
	struct xsw_events *events = &sw->events;
	uint32_t taken;

	if (__atomic_load_n(&events->count, __ATOMIC_RELAXED) == 0)
		return 0;
	xsw_change_begin(sw);
	taken = events->count < max ? events->count : max;
	for (uint32_t i = 0; i < taken; i++) {
		uint32_t slot = (events->first + i) % XSW_EVENTS_MAX;

		ret[i] = events->station[slot];
	}
	events->first = (events->first + taken) % XSW_EVENTS_MAX;
	__atomic_store_n(&events->count, events->count - taken,
			 __ATOMIC_RELAXED);
	xsw_change_end(sw);
	return taken;
}

bool xsw_has_events(const struct xsw_switch *sw)
{
	return __atomic_load_n(&sw->events.count, __ATOMIC_RELAXED) > 0;
}

uint64_t xsw_events_lost(const struct xsw_switch *sw)
{
	return __atomic_load_n(&sw->stats.events_lost, __ATOMIC_RELAXED);
}

/* Outside entries have no age: control keeps them. */
static uint32_t age_ms(const struct xsw_fdb_entry *entry, uint32_t now_s)
{
	uint64_t age;

	if (entry->port >= XSW_PORTS_MAX)
		return 0;
	age = (uint64_t)xsw_age_s(entry->seen_s, now_s) * 1000;
	return age > UINT32_MAX ? UINT32_MAX : (uint32_t)age;
}

uint32_t xsw_station_dump(struct xsw_switch *sw, uint16_t bridge,
			  struct xsw_station *ret, uint32_t *ret_age_ms,
			  uint32_t max, uint64_t now_ms)
{
	const struct xsw_fdb *fdb;
	uint32_t found = 0;

	if (bridge >= XSW_BRIDGES_MAX || !sw->bridge[bridge])
		return 0;
	fdb = sw->bridge[bridge]->fdb;
	for (uint32_t slot = 0; slot < xsw_fdb_slots(fdb); slot++) {
		struct xsw_fdb_entry entry;

		if (!xsw_fdb_slot_get(fdb, slot, &entry))
			continue;
		if (found < max) {
			ret[found] = (struct xsw_station){
				.event = XSW_STATION_LEARNED,
				.bridge = bridge,
				.port = entry.port < XSW_PORTS_MAX
						? entry.port
						: XSW_PORT_OUTSIDE,
				.mac = xsw_key_mac(entry.key),
			};
			if (ret_age_ms)
				ret_age_ms[found] =
					age_ms(&entry, xsw_seconds(now_ms));
		}
		found++;
	}
	return found;
}
