// SPDX-License-Identifier: GPL-2.0-or-later
/* See guest_device.h. */
#include "netback/netfront/guest_device.h"

#include <errno.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "netback/netfront/guest_announce.h"
#include "netback/netfront/guest_ctrl.h"
#include "netback/netfront/guest_pump.h"
#include "netconf/base/fd.h"
#include "netconf/base/log.h"
#include "netconf/nl/link.h"
#include "netconf/nl/tap.h"

#define MTU_DEFAULT 1500u

struct xnf_device {
	struct xnf_guest *guest;
	struct xnf_front *front;
	char name[IFNAMSIZ];
	int ifindex;
	int tap_fds[XNF_QUEUES_MAX];
	uint32_t tap_count;
	uint32_t tap_attached;
	uint32_t mtu_set; /* by us; 0: the kernel's own */
	int fault_fd;
	struct xn_source *fault_source;
	struct xnf_guest_ctrl ctrl;
	struct xn_source *ctrl_source; /* NULL: no control ring now */
	struct xnf_groups *groups;     /* NULL: no multicast control */
	bool groups_fit;	       /* as the backend was told */
	uint32_t pump_count;
	struct xnf_pump pumps[XNF_QUEUES_MAX];
};

static void set_carrier(struct xnf_device *device, bool on)
{
	int rc = xn_tap_set_carrier(device->tap_fds[0], on);

	if (rc)
		xn_warning("%s: carrier: %s", device->name, strerror(-rc));
}

/* Frames above 1500 need more than one slot. Nothing is done when nothing
 * changed, so that a user's own choice stays. */
static void apply_mtu(struct xnf_device *device)
{
	uint32_t mtu = xnf_front_mtu(device->front);
	bool sg = device->guest->options.sg &&
		  (!xnf_front_is_up(device->front) ||
		   xnf_front_features(device->front)->sg);
	struct xn_err err = {0};

	if (!mtu || (!sg && mtu > MTU_DEFAULT))
		mtu = MTU_DEFAULT;
	if (mtu == device->mtu_set)
		return;
	if (xn_link_set_mtu(device->guest->nl, device->ifindex, mtu, &err))
		xn_warning("%s", xn_err_text(&err));
	else
		device->mtu_set = mtu;
}

/* TUN_F_CSUM speaks for IPv4 and IPv6 together. */
unsigned int xnf_device_offloads(const struct xnf_options *options,
				 const struct xnf_features *features)
{
	unsigned int flags;

	if (!options->csum || !features->csum || !features->ipv6_csum)
		return 0;
	flags = TUN_F_CSUM;
	if (options->sg && options->gso_tcpv4 && features->gso_tcpv4)
		flags |= TUN_F_TSO4 | TUN_F_TSO_ECN;
	if (options->sg && options->gso_tcpv6 && features->gso_tcpv6)
		flags |= TUN_F_TSO6 | TUN_F_TSO_ECN;
	return flags;
}

static void stop_pumps(struct xnf_device *device)
{
	for (uint32_t i = 0; i < device->pump_count; i++)
		xnf_pump_stop(&device->pumps[i]);
	device->pump_count = 0;
}

static void start_pumps(struct xnf_device *device)
{
	uint32_t count = xnf_front_queue_count(device->front);
	int rc;

	for (uint32_t i = 0; i < count; i++) {
		struct xnf_pump *pump = &device->pumps[i];

		memset(pump, 0, sizeof(*pump));
		pump->queue = xnf_front_queue(device->front, i);
		pump->index = i;
		if (device->ctrl_source && device->ctrl.want_hash)
			pump->hash = &device->ctrl.hash;
		if (i == 0)
			pump->groups = device->groups;
		pump->tap_fd = device->tap_fds[i];
		xn_spin_init(&pump->spin, device->guest->options.spin_us);
		pump->fault_fd = device->fault_fd;
		rc = xnf_pump_start(pump);
		if (rc) {
			xn_error("%s: thread: %s", device->name, strerror(-rc));
			return;
		}
		device->pump_count++;
	}
}

/* Tap queues without a ring get no frames. The first ones are attached, the
 * kernel refuses to do so twice. */
static void attach_tap_queues(struct xnf_device *device)
{
	uint32_t wanted = xnf_front_queue_count(device->front);
	int rc = 0;

	while (device->tap_attached < wanted && !rc) {
		rc = xn_tap_attach_queue(device->tap_fds[device->tap_attached],
					 true);
		device->tap_attached++;
	}
	while (device->tap_attached > wanted && !rc) {
		device->tap_attached--;
		rc = xn_tap_attach_queue(device->tap_fds[device->tap_attached],
					 false);
	}
	if (rc)
		xn_warning("%s: queues: %s", device->name, strerror(-rc));
}

static void announce(struct xnf_device *device)
{
	struct xnf_queue *queue = xnf_front_queue(device->front, 0);
	struct xn_link link;

	/* The address in force; a user may have changed it. */
	if (xn_link_get_index(device->guest->nl, device->ifindex, &link, NULL))
		return;
	(void)xnf_announce(&queue->tx, link.name, &link.mac);
	if (xnf_tx_publish(&queue->tx))
		xnf_queue_kick_tx(queue);
}

static void ctrl_ready(void *arg, uint32_t events)
{
	struct xnf_device *device = arg;
	struct xnf_guest_ctrl *ctrl = &device->ctrl;
	int rc;

	(void)events;
	xnf_ctrl_ack(ctrl->ctrl);
	rc = xnf_guest_ctrl_continue(ctrl);
	if (rc < 0) {
		xn_error("%s: %s: closing", device->name,
			 xnf_fault_name(ctrl->ctrl->fault));
		xnf_front_close(device->front);
	} else if (rc > 0 && ctrl->refused > 0) {
		xn_warning("%s: the backend refused %u control requests",
			   device->name, ctrl->refused);
	} else if (rc > 0) {
		xn_info("%s: %s, %u static grants", device->name,
			ctrl->want_hash ? "steered by hash" : "no hash",
			ctrl->granted);
	}
}

/* Before the pumps, which look at the hash. */
static void start_ctrl(struct xnf_device *device)
{
	const struct xnf_options *options = &device->guest->options;
	struct xnf_guest_ctrl *ctrl = &device->ctrl;

	if (!options->hash && !options->static_grants)
		return;
	ctrl->ctrl = xnf_front_ctrl(device->front);
	if (!ctrl->ctrl) {
		xn_warning("%s: the backend has no control ring", device->name);
		return;
	}
	device->ctrl_source =
		xn_loop_add_fd(device->guest->loop, xnf_ctrl_fd(ctrl->ctrl),
			       EPOLLIN, ctrl_ready, device);
	if (!device->ctrl_source) {
		xn_error("%s: epoll: %s", device->name, strerror(errno));
		return;
	}
	ctrl->want_hash = options->hash;
	ctrl->want_grants = options->static_grants;
	ctrl->queue_count = xnf_front_queue_count(device->front);
	for (uint32_t i = 0; i < ctrl->queue_count; i++)
		ctrl->queue[i] = xnf_front_queue(device->front, i);
	xnf_guest_ctrl_begin(ctrl);
}

static void stop_ctrl(struct xnf_device *device)
{
	xn_source_destroy(device->ctrl_source);
	device->ctrl_source = NULL;
	device->ctrl.ctrl = NULL;
}

/* The kernel's list is another one. Who wants more groups than a backend takes
 * gets all there are. */
static void groups_changed(void *arg)
{
	struct xnf_device *device = arg;
	bool fit = xnf_groups_fit(device->groups);

	if (!xnf_front_is_up(device->front))
		return;
	if (fit != device->groups_fit)
		xnf_front_request_mcast(device->front, fit);
	device->groups_fit = fit;
	if (device->pump_count)
		xnf_pump_wake(&device->pumps[0]);
}

/* Before the pumps, of which the first makes the requests. */
static void start_groups(struct xnf_device *device)
{
	if (!device->guest->options.mcast_control)
		return;
	if (!xnf_front_features(device->front)->mcast_control) {
		xn_warning("%s: the backend has no multicast control",
			   device->name);
		return;
	}
	device->groups_fit = true; /* what its keys say */
	device->groups = xnf_groups_create(device->guest->loop, device->ifindex,
					   groups_changed, device);
	if (!device->groups)
		xn_error("%s: groups: %s", device->name, strerror(errno));
}

static void stop_groups(struct xnf_device *device)
{
	xnf_groups_destroy(device->groups);
	device->groups = NULL;
}

static void device_up(void *arg)
{
	struct xnf_device *device = arg;
	int rc = xn_tap_set_offload(
		device->tap_fds[0],
		xnf_device_offloads(&device->guest->options,
				    xnf_front_features(device->front)));

	if (rc)
		xn_warning("%s: offloads: %s", device->name, strerror(-rc));
	apply_mtu(device);
	attach_tap_queues(device);
	announce(device);
	start_ctrl(device);
	start_groups(device);
	start_pumps(device);
	set_carrier(device, xnf_front_carrier(device->front));
	xn_info("%s: connected, %u queues", device->name,
		xnf_front_queue_count(device->front));
}

static void log_losses(const struct xnf_pump *pump, const char *name)
{
	const struct xnf_pump_stats *stats = &pump->stats;
	uint64_t headroom = pump->queue->rx.stats.headroom;

	if (pump->queue->tx.stats.groups)
		xn_info("%s: %llu requests for groups, %llu refused", name,
			(unsigned long long)pump->queue->tx.stats.groups,
			(unsigned long long)
				pump->queue->tx.stats.groups_refused);
	if (headroom)
		xn_info("%s: %llu frames came with headroom", name,
			(unsigned long long)headroom);
	if (stats->bad_offload_in || stats->bad_offload_out)
		xn_warning("%s: bad offload metadata: %llu received, %llu sent",
			   name, (unsigned long long)stats->bad_offload_in,
			   (unsigned long long)stats->bad_offload_out);
	if (stats->tap_refused)
		xn_info("%s: %llu frames while the interface was down", name,
			(unsigned long long)stats->tap_refused);
}

static void log_hashes(const struct xnf_device *device, uint32_t count)
{
	uint64_t right = 0, missing = 0, wrong = 0;

	for (uint32_t i = 0; i < count; i++) {
		right += device->pumps[i].stats.hash_right;
		missing += device->pumps[i].stats.hash_missing;
		wrong += device->pumps[i].stats.hash_wrong;
	}
	xn_info("%s: hashes: %llu right, %llu missing, %llu wrong",
		device->name, (unsigned long long)right,
		(unsigned long long)missing, (unsigned long long)wrong);
}

static void device_down(void *arg)
{
	struct xnf_device *device = arg;
	uint32_t count = device->pump_count;

	set_carrier(device, false);
	stop_pumps(device);
	if (device->ctrl_source && device->ctrl.want_hash)
		log_hashes(device, count);
	stop_ctrl(device);
	stop_groups(device);
	for (uint32_t i = 0; i < count; i++)
		log_losses(&device->pumps[i], device->name);
	xn_info("%s: disconnected", device->name);
}

static void device_mtu(void *arg)
{
	apply_mtu(arg);
}

static void device_carrier(void *arg)
{
	struct xnf_device *device = arg;
	bool on = xnf_front_carrier(device->front);

	if (!xnf_front_is_up(device->front))
		return; /* it has none as it is */
	set_carrier(device, on);
	xn_info("%s: the link is %s", device->name, on ? "up" : "down");
}

static void device_closed(void *arg)
{
	struct xnf_device *device = arg;

	device->guest->closed(device->guest);
}

static const struct xnf_front_ops device_ops = {
	.up = device_up,
	.down = device_down,
	.mtu = device_mtu,
	.carrier = device_carrier,
	.closed = device_closed,
};

static void pump_failed(void *arg, uint32_t events)
{
	struct xnf_device *device = arg;
	enum xnf_fault fault = XNF_FAULT_NONE;
	eventfd_t value;

	(void)events;
	(void)eventfd_read(device->fault_fd, &value);
	for (uint32_t i = 0; i < device->pump_count && !fault; i++)
		fault = xnf_queue_fault(device->pumps[i].queue);
	xn_error("%s: %s: closing", device->name,
		 fault ? xnf_fault_name(fault) : "event channels are gone");
	xnf_front_close(device->front);
}

static int make_tap(struct xnf_device *device, struct xn_err *err)
{
	uint32_t count = device->guest->options.queues_max;
	struct xn_mac mac;
	int rc = xn_tap_create(device->name, count, device->tap_fds, err);

	if (rc)
		return rc;
	device->tap_count = count;
	device->tap_attached = count;
	set_carrier(device, false);
	device->ifindex = (int)if_nametoindex(device->name);
	if (!device->ifindex)
		return xn_fail(err, errno, "%s: %s", device->name,
			       strerror(errno));
	if (xnf_front_mac(device->front, &mac)) {
		rc = xn_link_set_mac(device->guest->nl, device->ifindex, &mac,
				     err);
		if (rc)
			return rc;
	}
	rc = xn_link_set_gso_max(device->guest->nl, device->ifindex,
				 XN_TAP_GSO_MAX, err);
	if (rc) {
		xn_info("%s", xn_err_text(err));
		*err = (struct xn_err){0};
	}
	apply_mtu(device);
	return 0;
}

static int watch_faults(struct xnf_device *device, struct xn_err *err)
{
	device->fault_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (device->fault_fd < 0)
		return xn_fail(err, errno, "eventfd: %s", strerror(errno));
	device->fault_source =
		xn_loop_add_fd(device->guest->loop, device->fault_fd, EPOLLIN,
			       pump_failed, device);
	if (!device->fault_source)
		return xn_fail(err, errno, "epoll: %s", strerror(errno));
	return 0;
}

struct xnf_device *xnf_device_create(struct xnf_guest *guest, uint32_t handle,
				     bool *ret_later, struct xn_err *err)
{
	struct xnf_device *device = calloc(1, sizeof(*device));

	*ret_later = false;
	if (!device) {
		xn_fail(err, ENOMEM, "out of memory");
		return NULL;
	}
	device->guest = guest;
	device->fault_fd = -1;
	(void)snprintf(device->name, sizeof(device->name), "eth%u", handle);
	device->front =
		xnf_front_create(guest->store, guest->domid, handle,
				 &guest->options, &device_ops, device, err);
	*ret_later = !device->front;
	if (!device->front || make_tap(device, err) ||
	    watch_faults(device, err)) {
		xnf_device_destroy(device);
		return NULL;
	}
	xn_info("%s: found", device->name);
	return device;
}

void xnf_device_destroy(struct xnf_device *device)
{
	if (!device)
		return;
	xnf_front_destroy(device->front);
	xn_source_destroy(device->fault_source);
	xn_close(&device->fault_fd);
	for (uint32_t i = 0; i < device->tap_count; i++)
		xn_close(&device->tap_fds[i]);
	free(device);
}

void xnf_device_close(struct xnf_device *device)
{
	xnf_front_close(device->front);
}

bool xnf_device_is_closed(const struct xnf_device *device)
{
	return xnf_front_is_closed(device->front);
}
