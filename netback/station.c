/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the switch learned, towards control, which mirrors it to the kernel's
 * bridges. Guests choose how many stations there are, so the events are
 * bounded: those that find no room are lost, control is told of which bridge,
 * and asks for a dump.
 * Thread: the worker.
 */
#include "netback/worker_state.h"

static void set_lost(struct xnb_crew *crew, uint64_t bridges)
{
	__atomic_store_n(&crew->bridges_lost, bridges, __ATOMIC_RELAXED);
}

bool xnb_stations_wait(const struct xnb_worker *w)
{
	return __atomic_load_n(&w->crew->bridges_lost, __ATOMIC_RELAXED) != 0;
}

static void report(struct xnb_worker *w, const struct xsw_station *station)
{
	struct xnb_event event = {
		.station = {
			.header = {XN_DL_STATION, XN_DATALINK_VERSION},
			.bridge = station->bridge,
			.slot = station->port == XSW_PORT_OUTSIDE
					? UINT32_MAX
					: station->port,
			.event = (uint8_t)station->event,
			.mac = station->mac,
		}};

	if (!xnb_mailbox_put(w->events, &event, XNB_EVENTS_RESERVED))
		set_lost(w->crew, w->crew->bridges_lost |
					  UINT64_C(1) << station->bridge);
}

static void report_losses(struct xnb_worker *w)
{
	struct xnb_event event = {
		.end = {
			.header = {XN_DL_STATIONS_END, XN_DATALINK_VERSION},
			.lost = 1,
		}};

	for (uint64_t set = w->crew->bridges_lost; set; set &= set - 1) {
		event.end.bridge = (uint32_t)__builtin_ctzll(set);
		if (!xnb_mailbox_put(w->events, &event, XNB_EVENTS_RESERVED))
			return;
		set_lost(w->crew, w->crew->bridges_lost &
					  ~(UINT64_C(1) << event.end.bridge));
	}
}

static bool is_silent(const struct xnb_worker *w)
{
	return !xsw_has_events(w->sw) && !xnb_stations_wait(w);
}

/* One worker at a time, so that events keep their order. */
static void report_all(struct xnb_worker *w)
{
	struct xsw_station station[XNB_STATIONS_ROUND];
	struct xnb_crew *crew = w->crew;
	uint64_t lost;
	uint32_t count;

	do {
		count = xsw_station_events(w->sw, station, XNB_STATIONS_ROUND);
		for (uint32_t i = 0; i < count; i++)
			report(w, &station[i]);
	} while (count == XNB_STATIONS_ROUND);
	/* The switch does not say whose events it lost. */
	lost = xsw_events_lost(w->sw);
	if (lost != crew->stations_lost)
		set_lost(crew, crew->bridges_lost | crew->bridges_used);
	crew->stations_lost = lost;
	if (crew->bridges_lost)
		report_losses(w);
}

void xnb_stations_report(struct xnb_worker *w)
{
	if (is_silent(w))
		return;
	if (!w->several) {
		report_all(w);
		return;
	}
	(void)pthread_mutex_lock(&w->crew->report);
	report_all(w);
	(void)pthread_mutex_unlock(&w->crew->report);
}

void xnb_stations_dump(struct xnb_worker *w, struct xnb_dump *dump)
{
	struct xnb_event event = {
		.dump = {
			.header = {XNB_DUMP, XN_DATALINK_VERSION},
			.dump = dump,
		}};
	uint32_t count;

	count = xsw_station_dump(w->sw, (uint16_t)dump->bridge, dump->station,
				 dump->age_ms, dump->entries_max, w->now_ms);
	dump->count = count < dump->entries_max ? count : dump->entries_max;
	(void)xnb_mailbox_put(w->events, &event, 0);
}
