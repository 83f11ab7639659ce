/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests that broke the protocol. Their rings are left alone at once; the
 * switch forgets them, and control is told, while no worker is in a round.
 * Thread: the worker.
 */
#include "netback/worker_state.h"

/* In a pause: the switch forgets it, and control is told. */
static void report_fault(struct xnb_worker *w, struct xnb_port *port)
{
	struct xnb_event event = {
		.fault = {
			.header = {XN_DL_VIF_FAULT, XN_DATALINK_VERSION},
			.slot = port->slot,
			.generation = port->generation,
			.queue = port->broken_queue,
			.fault = port->broken,
		}};

	xnb_stations_report(w); /* what it learned was before its end */
	xsw_port_clear(w->sw, (uint16_t)port->slot);
	(void)xnb_mailbox_put(w->events, &event, 0);
}

void xnb_faults_report(struct xnb_worker *w)
{
	w->faulted = false;
	for (uint32_t i = 0; i < XN_VIFS_MAX / 64; i++) {
		for (; w->broken[i]; w->broken[i] &= w->broken[i] - 1) {
			uint32_t bit = (uint32_t)__builtin_ctzll(w->broken[i]);

			report_fault(w, &w->port[i * 64 + bit]);
		}
	}
}

void xnb_port_fault(struct xnb_worker *w, struct xnb_queue *queue,
		    uint32_t fault)
{
	struct xnb_port *port = queue->port;
	bool taken;

	if (port->worker != w) {
		port->broken = fault;
		port->broken_queue = queue->index;
		xnb_kick(port);
		return;
	}
	if (port->state != XNB_PORT_LIVE)
		return;
	taken = xnb_lease_enter(w, port);
	port->state = XNB_PORT_FAULTED;
	if (!port->broken)
		port->broken_queue = queue->index;
	port->broken = fault;
	xnb_port_quiesce(w, port);
	xnb_lease_leave(w, port, taken);
	w->broken[port->slot / 64] |= UINT64_C(1) << port->slot % 64;
	w->faulted = true;
	if (!w->several)
		xnb_faults_report(w);
}
