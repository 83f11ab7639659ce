/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the actions of a vif's machine do: to the store, to the kernel (twin,
 * event channels) and to the data process. Each either succeeds as a whole or
 * leaves nothing behind.
 */
#include "netconf/daemon/vif.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "netback/ring/redo.h"
#include "netconf/base/fd.h"
#include "netconf/base/text.h"
#include "netconf/daemon/carrier.h"
#include "netconf/daemon/daemon.h"
#include "netconf/daemon/links.h"
#include "netconf/daemon/policy.h"
#include "netconf/daemon/port.h"
#include "netconf/daemon/removals.h"

static int create_twin(struct xn_vif *vif, struct xn_err *err)
{
	struct xn_daemon *daemon = vif->daemon;
	struct xn_err mtu_err = {0};
	int error;

	if (vif->twin.ifindex)
		return 0; /* taken over, though its connection could not be */
	if (xn_handover_adopt_twin(vif)) {
		xn_handover_drop_connection(vif);
		xn_links_read_twin(daemon->links, vif);
		return 0;
	}
	do {
		err->set = false;
		error = xn_twin_create(&vif->twin, daemon->nl, vif->name,
				       daemon->queues_max, err);
		/* It may be the twin that this vif had before. */
	} while (error == -EEXIST && xn_removals_now(daemon->removals));
	if (error)
		return error;
	xn_debug("%s: twin made, ifindex %d", vif->name, vif->twin.ifindex);
	/* The toolstack's wish; the bridge's own matters follow in the
	 * script. A kernel that refuses it has the usual one. */
	if (vif->values.mtu && xn_link_set_mtu(daemon->nl, vif->twin.ifindex,
					       vif->values.mtu, &mtu_err))
		xn_warning("%s: mtu %u: %s", vif->name, vif->values.mtu,
			   xn_err_text(&mtu_err));
	xn_handover_keep_twin(vif);
	xn_placing_restore(vif);
	return 0;
}

static int write_offer(struct xn_vif *vif, struct xn_err *err)
{
	struct xnb_offer_key keys[XNB_OFFER_MAX + 1];
	size_t count = xnb_offer(vif->offload, vif->daemon->queues_max, keys);
	bool carrier = xn_carrier_of_guest(vif);
	int error;

	keys[count].key = "carrier";
	(void)xn_text_copy(keys[count].value, sizeof(keys[count].value),
			   carrier ? "1" : "0");
	error = xn_store_write_offer(vif->daemon->store, vif->domid,
				     vif->handle, keys, count + 1, err);
	if (!error)
		vif->carrier_told = carrier;
	return error;
}

static int write_state(struct xn_vif *vif, const struct xnb_todo *todo,
		       struct xn_err *err)
{
	int error = xn_store_write_state(vif->daemon->store, vif->domid,
					 vif->handle, todo->expected,
					 todo->state, err);

	if (!error && xn_log_allowed(&vif->log_limit))
		xn_info("%s: %s", vif->name, xnb_state_name(todo->state));
	return error;
}

static int make_redo(uint32_t queue_count, int *ret_fd, struct xn_err *err)
{
	size_t bytes = xnb_redo_bytes(queue_count);
	int fd = memfd_create("xenplane-redo", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	void *map;
	int error;

	if (fd < 0)
		return xn_fail(err, errno, "redo log: %s", strerror(errno));
	if (ftruncate(fd, (off_t)bytes) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)) {
		error = errno;
		xn_close(&fd);
		return xn_fail(err, error, "redo log: %s", strerror(error));
	}
	map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		error = errno;
		xn_close(&fd);
		return xn_fail(err, error, "redo log: %s", strerror(error));
	}
	xnb_redo_init(map, queue_count);
	(void)munmap(map, bytes);
	*ret_fd = fd;
	return 0;
}

/* So long after our start the one before may still be about to lose hold of
 * its event channels: its data process is dying, or the service manager is
 * about to close its copies. */
#define OTHERS_HOLD_MS 5000u

static int open_channels(struct xn_vif *vif, struct xn_err *err)
{
	int error =
		xn_channel_open(vif->domid, &vif->frontend, &vif->channel, err);

	if (error == -EINVAL &&
	    xn_now_ms() - vif->daemon->started_ms < OTHERS_HOLD_MS)
		return -EAGAIN;
	return error;
}

/* What a connection needs and keeps over restarts of the data process. */
static int prepare_connection(struct xn_vif *vif, struct xn_err *err)
{
	int error;

	error = xn_twin_connect(&vif->twin, &vif->frontend, err);
	if (error)
		return error;
	error = make_redo(vif->frontend.queue_count, &vif->redo_fd, err);
	if (error)
		return error;
	error = open_channels(vif, err);
	if (error)
		xn_close(&vif->redo_fd);
	return error;
}

static void send_add(struct xn_vif *vif, const struct xnb_todo *todo)
{
	const struct xnb_frontend *fe = &vif->frontend;
	struct xn_dl_vif_add add = {
		.slot = vif->slot,
		.generation = todo->generation,
		.domid = vif->domid,
		.handle = vif->handle,
		.frontend = fe->features,
		.offload_off = !vif->offload,
		.queue_count = fe->queue_count,
		.ctrl_ring_ref = fe->ctrl_ring_ref,
		.ctrl_port = xn_channel_ctrl_port(vif->channel),
		.resume = todo->resume,
	};
	int fds[XN_DATALINK_FDS_MAX] = {xn_channel_fd(vif->channel),
					vif->redo_fd};

	for (uint32_t i = 0; i < fe->queue_count; i++) {
		add.queue[i].tx_ring_ref = fe->queue[i].tx_ring_ref;
		add.queue[i].rx_ring_ref = fe->queue[i].rx_ring_ref;
		xn_channel_ports(vif->channel, i, &add.queue[i].tx_port,
				 &add.queue[i].rx_port);
		fds[2 + i] = vif->twin.fd[i];
	}
	xn_datapath_send(vif->daemon->datapath, XN_DL_VIF_ADD, &add, fds,
			 2 + fe->queue_count);
}

static int connect_rings(struct xn_vif *vif, const struct xnb_todo *todo,
			 struct xn_err *err)
{
	int error;

	if (!xn_datapath_is_ready(vif->daemon->datapath))
		return -EAGAIN;
	if (!todo->resume) {
		error = prepare_connection(vif, err);
		if (error)
			return error;
		xn_datapath_clear_stats(vif->daemon->datapath, vif->slot);
		xn_handover_keep_connection(vif, todo->generation);
	}
	xn_port_forget(vif);
	xn_policy_forget(vif);
	xn_carrier_stalled(vif, false); /* the next one will see for itself */
	send_add(vif, todo);
	return 0;
}

static void disconnect(struct xn_vif *vif)
{
	struct xn_dl_vif_del del = {
		.slot = vif->slot,
		.generation = vif->machine.generation,
	};

	xn_datapath_send(vif->daemon->datapath, XN_DL_VIF_DEL, &del, NULL, 0);
	xn_port_leave(vif);
}

static void release(struct xn_vif *vif)
{
	xn_handover_drop_connection(vif);
	xn_channel_close(vif->channel);
	vif->channel = NULL;
	xn_close(&vif->redo_fd);
	xn_policy_forget(vif);
	xn_carrier_stalled(vif, false);
	xn_port_release(vif);
}

static int reconfigure(struct xn_vif *vif, struct xn_err *err)
{
	uint16_t headroom;
	int error = xn_store_read_headroom(vif->daemon->store,
					   vif->frontend_path, &headroom, err);

	if (error)
		return error;
	vif->frontend.xdp_headroom = headroom;
	xn_handover_note_frontend(vif);
	xn_policy_update(vif);
	return 0;
}

int xn_vif_act(struct xn_vif *vif, const struct xnb_todo *todo,
	       struct xn_err *err)
{
	switch (todo->action) {
	case XNB_ACT_CREATE_TWIN:
		return create_twin(vif, err);
	case XNB_ACT_WRITE_OFFER:
		return write_offer(vif, err);
	case XNB_ACT_WRITE_STATE:
		return write_state(vif, todo, err);
	case XNB_ACT_READ_KEYS:
		vif->pace.connect_ms[vif->pace.connects++ %
				     XN_VIF_CONNECTS_MAX] = xn_now_ms();
		return xn_store_read_keys(
			vif->daemon->store, vif->frontend_path, vif->offload,
			vif->daemon->queues_max, &vif->frontend, err);
	case XNB_ACT_CONNECT:
		return connect_rings(vif, todo, err);
	case XNB_ACT_RECONFIGURE:
		return reconfigure(vif, err);
	case XNB_ACT_ENTER_SWITCH:
		xn_port_enter(vif);
		return 0;
	case XNB_ACT_DISCONNECT:
		disconnect(vif);
		return 0;
	case XNB_ACT_RELEASE:
		release(vif);
		return 0;
	case XNB_ACT_ARM_CLOSE:
		xn_timer_arm(vif->close_timer, XNB_CLOSE_WAIT_MS, 0);
		return 0;
	case XNB_ACT_DESTROY_TWIN:
		xn_handover_drop(vif);
		xn_removals_add(vif->daemon->removals, &vif->twin);
		return 0;
	case XNB_ACT_NONE:
	case XNB_ACT_FREE:
		return 0;
	}
	return 0;
}
