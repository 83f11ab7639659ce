/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeping a vif for the next xenplaned, see handover.h. Called by the vif's
 * actions (vif_actions.c). What the next one does with it is in adopt.c. */
#include "netconf/daemon/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "netconf/base/exec_fds.h"
#include "netconf/base/fd.h"
#include "netconf/base/text.h"
#include "netconf/daemon/adopt.h"
#include "netconf/daemon/daemon.h"
#include "netconf/daemon/fdstore.h"
#include "netconf/daemon/vif.h"
#include "netconf/daemon/vifs.h"

void xn_handover_name(const struct xn_vif *vif, const char *what,
		      char ret_name[XN_FDSTORE_NAME_MAX])
{
	(void)xn_text_format(ret_name, XN_FDSTORE_NAME_MAX, "%u.%u.%s",
			     vif->domid, vif->handle, what);
}

void xn_handover_tap_name(const struct xn_vif *vif, uint32_t queue,
			  char ret_name[XN_FDSTORE_NAME_MAX])
{
	(void)xn_text_format(ret_name, XN_FDSTORE_NAME_MAX, "%u.%u.tap.%u",
			     vif->domid, vif->handle, queue);
}

static void keep(struct xn_vif *vif, const char *what, int fd)
{
	char name[XN_FDSTORE_NAME_MAX];

	xn_handover_name(vif, what, name);
	xn_fdstore_keep(vif->daemon->fdstore, name, fd);
}

static void drop(struct xn_vif *vif, const char *what)
{
	char name[XN_FDSTORE_NAME_MAX];

	xn_handover_name(vif, what, name);
	xn_fdstore_drop(vif->daemon->fdstore, name);
}

static int make_record(struct xn_vif *vif)
{
	struct xn_record *record;
	int fd = memfd_create("xenplane-record",
			      MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int error;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, sizeof(*record)) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		goto err_close;
	record = mmap(NULL, sizeof(*record), PROT_READ | PROT_WRITE, MAP_SHARED,
		      fd, 0);
	if (record == MAP_FAILED)
		goto err_close;
	record->magic = XN_RECORD_MAGIC;
	record->version = XN_RECORD_VERSION;
	record->bytes = sizeof(*record);
	record->domid = vif->domid;
	record->handle = vif->handle;
	vif->kept.record = record;
	vif->kept.record_fd = fd;
	return 0;

err_close:
	error = -errno;
	(void)close(fd);
	return error;
}

void xn_handover_keep_twin(struct xn_vif *vif)
{
	char name[XN_FDSTORE_NAME_MAX];
	int error;

	error = make_record(vif);
	if (error) {
		xn_warning("%s: is not kept over a restart: %s", vif->name,
			   strerror(-error));
		return;
	}
	for (uint32_t i = 0; i < vif->twin.queue_count; i++) {
		xn_handover_tap_name(vif, i, name);
		xn_fdstore_keep(vif->daemon->fdstore, name, vif->twin.fd[i]);
	}
	keep(vif, "record", vif->kept.record_fd);
}

/* Whoever reads it after our death sees all that was written before. */
static void commit(struct xn_record *record, uint32_t queue_count)
{
	atomic_signal_fence(memory_order_seq_cst);
	record->queue_count = queue_count;
	atomic_signal_fence(memory_order_seq_cst);
}

static void fill(const struct xn_vif *vif, uint32_t generation,
		 struct xn_record *record)
{
	const struct xnb_frontend *fe = &vif->frontend;

	record->slot = vif->slot;
	record->generation = generation;
	record->offload = vif->offload;
	record->features = fe->features;
	record->xdp_headroom = fe->xdp_headroom;
	record->mcast_control = fe->mcast_control;
	record->ctrl_ring_ref = fe->ctrl_ring_ref;
	record->ctrl_port = xn_channel_ctrl_port(vif->channel);
	for (uint32_t i = 0; i < fe->queue_count; i++) {
		struct xn_record_queue *queue = &record->queue[i];

		queue->tx_ring_ref = fe->queue[i].tx_ring_ref;
		queue->rx_ring_ref = fe->queue[i].rx_ring_ref;
		xn_channel_ports(vif->channel, i, &queue->tx_port,
				 &queue->rx_port);
	}
	(void)xn_text_copy(record->frontend_path, sizeof(record->frontend_path),
			   vif->frontend_path);
}

void xn_handover_keep_connection(struct xn_vif *vif, uint32_t generation)
{
	if (!vif->kept.record)
		return;
	fill(vif, generation, vif->kept.record);
	keep(vif, "event", xn_channel_fd(vif->channel));
	keep(vif, "redo", vif->redo_fd);
	commit(vif->kept.record, vif->frontend.queue_count);
}

void xn_handover_drop_connection(struct xn_vif *vif)
{
	if (!vif->kept.record || !vif->kept.record->queue_count)
		return;
	commit(vif->kept.record, 0);
	drop(vif, "event");
	drop(vif, "redo");
}

void xn_handover_leave(struct xn_vif *vif)
{
	if (!vif->kept.record)
		return;
	(void)munmap(vif->kept.record, sizeof(*vif->kept.record));
	vif->kept.record = NULL;
	xn_close(&vif->kept.record_fd);
}

void xn_handover_drop(struct xn_vif *vif)
{
	char name[XN_FDSTORE_NAME_MAX];

	if (!vif->kept.record)
		return;
	xn_handover_drop_connection(vif);
	drop(vif, "record");
	for (uint32_t i = 0; i < vif->twin.queue_count; i++) {
		xn_handover_tap_name(vif, i, name);
		xn_fdstore_drop(vif->daemon->fdstore, name);
	}
	xn_handover_leave(vif);
}

void xn_handover_note_frontend(struct xn_vif *vif)
{
	struct xn_record *record = vif->kept.record;

	if (!record || !record->queue_count)
		return;
	record->xdp_headroom = vif->frontend.xdp_headroom;
	record->mcast_control = vif->frontend.mcast_control;
}

void xn_handover_note_isolation(struct xn_vif *vif, bool by_us)
{
	if (vif->kept.record)
		vif->kept.record->isolated_by_us = by_us;
}

static void leave(const struct xn_vif *vif, const char *what, int fd,
		  struct xn_exec_fds *fds)
{
	char name[XN_FDSTORE_NAME_MAX];

	xn_handover_name(vif, what, name);
	xn_exec_fds_add(fds, name, fd);
}

static void leave_vif(const struct xn_vif *vif, struct xn_exec_fds *fds)
{
	char name[XN_FDSTORE_NAME_MAX];

	if (!vif->kept.record)
		return;
	for (uint32_t i = 0; i < vif->twin.queue_count; i++) {
		xn_handover_tap_name(vif, i, name);
		xn_exec_fds_add(fds, name, vif->twin.fd[i]);
	}
	leave(vif, "record", vif->kept.record_fd, fds);
	if (!vif->kept.record->queue_count)
		return;
	leave(vif, "event", xn_channel_fd(vif->channel), fds);
	leave(vif, "redo", vif->redo_fd, fds);
}

void xn_handover_leave_all(struct xn_daemon *daemon, struct xn_exec_fds *fds)
{
	for (struct xn_vif *vif = xn_vifs_from(daemon->vifs, 0); vif;
	     vif = xn_vifs_from(daemon->vifs, vif->slot + 1))
		leave_vif(vif, fds);
}
