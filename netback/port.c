/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See port.h: attaching and detaching a vif's rings, and its event channels.
 * Control has bound the channels and holds descriptors of its own for them
 * and for the taps, so closing ours here unbinds nothing.
 */
#include "netback/port.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netback/count.h"
#include "netconf/base/fd.h"

static int map_redo(struct xnb_port *port, int fd)
{
	size_t bytes = xnb_redo_bytes(port->queue_count);
	struct stat st;
	void *log;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size < 0 || (uint64_t)st.st_size < bytes)
		return -EINVAL;
	log = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (log == MAP_FAILED)
		return -errno;
	port->redo = log;
	port->redo_bytes = bytes;
	return xnb_redo_check(log, bytes, port->queue_count);
}

static void *map_ring(xengnttab_handle *gnttab, uint16_t domid, uint32_t ref)
{
	return xengnttab_map_grant_ref(gnttab, domid, ref,
				       PROT_READ | PROT_WRITE);
}

static int attach_queue(struct xnb_queue *queue, xengnttab_handle *gnttab,
			const struct xn_dl_queue *refs, bool resume)
{
	struct xnb_port *port = queue->port;
	struct xnb_redo_queue *log = &port->redo->queue[queue->index];
	int rc;

	queue->tx_port = refs->tx_port;
	queue->rx_port = refs->rx_port;
	queue->tx_page = map_ring(gnttab, port->owner.domid, refs->tx_ring_ref);
	if (!queue->tx_page)
		return -errno;
	queue->rx_page = map_ring(gnttab, port->owner.domid, refs->rx_ring_ref);
	if (!queue->rx_page)
		return -errno;
	rc = xnb_tx_attach(&queue->tx, queue->tx_page, &log->tx, &port->owner,
			   resume);
	if (rc < 0)
		return rc;
	return xnb_rx_attach(&queue->rx, queue->rx_page, &log->rx, &port->owner,
			     port->frontend, resume);
}

/* `offload = off`: the guest was offered nothing, so it is handed nothing
 * either: no blank checksum, no GSO frame. */
static uint32_t features_in_force(const struct xn_dl_vif_add *add)
{
	if (add->offload_off)
		return add->frontend & (XN_DL_FE_SG | XN_DL_FE_RX_NOTIFY);
	return add->frontend;
}

static void init_queues(struct xnb_port *port, const struct xnb_command *take)
{
	for (uint32_t i = 0; i < port->queue_count; i++) {
		struct xnb_queue *queue = &port->queue[i];

		queue->port = port;
		queue->index = i;
		queue->tap_fd = take->tap_fd[i];
		queue->egress.last = &queue->egress.first;
		xnb_owner_add(&port->owner, take->add.queue[i].tx_ring_ref);
		xnb_owner_add(&port->owner, take->add.queue[i].rx_ring_ref);
	}
	if (take->add.frontend & XN_DL_FE_CTRL_RING)
		xnb_owner_add(&port->owner, take->add.ctrl_ring_ref);
}

int xnb_port_attach(struct xnb_port *port, struct xnb_command *take_command,
		    xengnttab_handle *gnttab, struct xn_vif_counters *counters)
{
	const struct xn_dl_vif_add *add = &take_command->add;
	int rc;

	memset(port, 0, sizeof(*port));
	port->slot = add->slot;
	port->generation = add->generation;
	port->owner.domid = add->domid;
	port->frontend = features_in_force(add);
	port->counters = counters;
	port->queue_count = add->queue_count;
	port->bridge = XN_DL_NO_BRIDGE;
	init_queues(port, take_command);
	port->event = xenevtchn_fdopen(NULL, take_command->event_fd, 0);
	if (!port->event) {
		rc = -errno;
		close(take_command->event_fd);
	} else {
		rc = map_redo(port, take_command->redo_fd);
	}
	xn_close(&take_command->redo_fd);
	for (uint32_t i = 0; rc == 0 && i < port->queue_count; i++)
		rc = attach_queue(&port->queue[i], gnttab, &add->queue[i],
				  add->resume != 0);
	if (rc < 0) {
		xnb_port_detach(port, gnttab);
		return rc;
	}
	port->state = XNB_PORT_LIVE;
	return 0;
}

void xnb_port_detach(struct xnb_port *port, xengnttab_handle *gnttab)
{
	for (uint32_t i = 0; i < port->queue_count; i++) {
		struct xnb_queue *queue = &port->queue[i];

		if (queue->tx_page)
			xengnttab_unmap(gnttab, queue->tx_page, 1);
		if (queue->rx_page)
			xengnttab_unmap(gnttab, queue->rx_page, 1);
		xn_close(&queue->tap_fd);
	}
	xnb_grants_fini(&port->grants);
	xnb_owner_leave(&port->owner);
	if (port->ctrl_page)
		xengnttab_unmap(gnttab, port->ctrl_page, 1);
	port->ctrl_page = NULL;
	xnb_set_level(&port->counters->grants_mapped, 0);
	if (port->redo)
		munmap(port->redo, port->redo_bytes);
	if (port->event)
		xenevtchn_close(port->event);
	port->redo = NULL;
	port->event = NULL;
	port->state = XNB_PORT_FREE;
}

void xnb_port_notify(struct xnb_port *port, uint32_t channel)
{
	/* A guest that has closed its end is not our trouble: its close
	 * comes through the store. */
	(void)xenevtchn_notify(port->event, channel);
	xnb_count_shared(&port->counters->notify_sent, 1);
}

void xnb_queue_unmask(struct xnb_queue *queue)
{
	struct xnb_port *port = queue->port;

	if (queue->tx_masked)
		(void)xenevtchn_unmask(port->event, queue->tx_port);
	if (queue->rx_masked && queue->rx_port != queue->tx_port)
		(void)xenevtchn_unmask(port->event, queue->rx_port);
	queue->tx_masked = false;
	queue->rx_masked = false;
}

void xnb_queue_unmask_rx(struct xnb_queue *queue)
{
	if (queue->rx_port == queue->tx_port) {
		xnb_queue_unmask(queue);
		return;
	}
	if (queue->rx_masked)
		(void)xenevtchn_unmask(queue->port->event, queue->rx_port);
	queue->rx_masked = false;
}

void xnb_port_kick(struct xnb_port *port)
{
	if (port->ctrl_page) {
		port->ctrl_masked = false;
		(void)xenevtchn_unmask(port->event, port->ctrl_port);
		xnb_port_notify(port, port->ctrl_port);
	}
	for (uint32_t i = 0; i < port->queue_count; i++) {
		struct xnb_queue *queue = &port->queue[i];

		queue->tx_masked = true;
		queue->rx_masked = true;
		xnb_queue_unmask(queue);
		xnb_port_notify(port, queue->tx_port);
		if (queue->rx_port != queue->tx_port)
			xnb_port_notify(port, queue->rx_port);
	}
}
