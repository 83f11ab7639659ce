/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vif among those that a worker polls, and out of them again.
 * Thread: its worker, or whoever has paused the others.
 */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/queue.h>

#include "netback/worker_state.h"

void xnb_port_unlist(struct xnb_worker *w, struct xnb_port *port)
{
	(void)epoll_ctl(w->epoll_fd, EPOLL_CTL_DEL, xenevtchn_fd(port->event),
			NULL);
	for (uint32_t i = 0; i < port->queue_count; i++) {
		struct xnb_queue *queue = &port->queue[i];

		if (queue->tap_polled)
			(void)epoll_ctl(w->epoll_fd, EPOLL_CTL_DEL,
					queue->tap_fd, NULL);
		queue->tap_polled = false;
		xnb_linger_forget(w, queue);
		if (queue->silent)
			TAILQ_REMOVE(&w->silent, queue, silent_link);
		queue->silent = false;
		if (queue->held)
			xnb_held_end(w, queue);
	}
	xnb_port_unready(w, port);
}

void xnb_port_quiesce(struct xnb_worker *w, struct xnb_port *port)
{
	xnb_port_unlist(w, port);
	for (uint32_t i = 0; i < port->queue_count; i++)
		xnb_egress_purge(w, &port->queue[i], XN_DROP_PORT_CLOSED);
}

int xnb_port_enter(struct xnb_worker *w, struct xnb_port *port)
{
	struct epoll_event event = {
		.events = EPOLLIN,
		.data.u64 = xnb_source_id(XNB_SOURCE_EVENT, &port->queue[0]),
	};

	if (epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, xenevtchn_fd(port->event),
		      &event) < 0)
		return -errno;
	for (uint32_t i = 0; i < port->queue_count; i++) {
		xnb_twin_resume(w, &port->queue[i]);
		xnb_queue_ready(w, &port->queue[i]);
	}
	xnb_port_kick(port);
	return 0;
}
