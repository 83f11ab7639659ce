/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making and removing a vif's twin, see twin.h. Called by the vif's actions
 * (vif_actions.c). */
#include "netconf/daemon/twin.h"

#include <errno.h>
#include <linux/if_tun.h>
#include <string.h>

#include "netconf/base/fd.h"
#include "netconf/base/log.h"
#include "netconf/nl/link.h"
#include "netconf/nl/qdisc.h"
#include "netconf/nl/tap.h"

#define TOGETHER_MAX 1024u /* ports of a bridge, and more */

/* The address of every vif: high, so that the bridge does not take it. */
static const struct xn_mac vif_mac = {{0xfe, 0xff, 0xff, 0xff, 0xff, 0xff}};

/* With several queues a tap that comes up would get the kernel's mq, which has
 * a discipline for each queue that a tap could ever have: 256 of them, 7 MB and
 * several ms. None of them ever holds a frame: what the tap's own queue has no
 * room for is dropped. */
static void set_no_queueing(struct xn_nl *nl, int ifindex)
{
	static bool said;
	struct xn_err err = {.set = false};

	if (xn_qdisc_set_none(nl, ifindex, &err) == 0 || said)
		return;
	said = true;
	xn_warning("%s: twins take more memory than they need",
		   xn_err_text(&err));
}

/* Once: it is the same for every vif. */
static void limit_gso(struct xn_nl *nl, int ifindex)
{
	static bool said;
	struct xn_err err = {.set = false};

	if (xn_link_set_gso_max(nl, ifindex, XN_TAP_GSO_MAX, &err) == 0 || said)
		return;
	said = true;
	xn_warning("%s: GSO packets above 65535 bytes from the kernel will be "
		   "dropped",
		   xn_err_text(&err));
}

/* Whoever sees the device must not see it half made: it stays down, and gets
 * no address of its own that would answer on the guest's network. */
static int set_up(struct xn_twin *twin, struct xn_nl *nl, const char *name,
		  struct xn_err *err)
{
	struct xn_link link;
	int error;

	error = xn_link_get(nl, name, &link, err);
	if (error)
		return error;
	twin->ifindex = link.ifindex;
	error = xn_link_set_no_link_local(nl, link.ifindex, err);
	if (error)
		return error;
	error = xn_link_disable_ipv6(name, err);
	/* A read-only /proc/sys: no link-local address is the best to have. */
	if (error && error != -EROFS && error != -EACCES)
		return error;
	err->set = false;
	limit_gso(nl, link.ifindex);
	set_no_queueing(nl, link.ifindex);
	return xn_link_set_mac(nl, link.ifindex, &vif_mac, err);
}

int xn_twin_create(struct xn_twin *twin, struct xn_nl *nl, const char *name,
		   uint32_t queues, struct xn_err *err)
{
	struct xn_twin made = {.queue_count = queues};
	int error;

	error = xn_tap_create(name, queues, made.fd, err);
	if (error)
		return error;
	error = set_up(&made, nl, name, err);
	if (error) {
		xn_twins_destroy(&made, 1, nl);
		return error;
	}
	*twin = made;
	return 0;
}

static unsigned int offloads(uint32_t features)
{
	unsigned int flags = 0;

	if (features & XN_DL_FE_CSUM)
		flags |= TUN_F_CSUM;
	/* The kernel gives GSO only together with checksum offload. */
	if (flags && (features & XN_DL_FE_GSO_TCPV4))
		flags |= TUN_F_TSO4;
	if (flags && (features & XN_DL_FE_GSO_TCPV6) &&
	    (features & XN_DL_FE_IPV6_CSUM))
		flags |= TUN_F_TSO6;
	return flags;
}

int xn_twin_connect(const struct xn_twin *twin, const struct xnb_frontend *fe,
		    struct xn_err *err)
{
	for (uint32_t i = 0; i < twin->queue_count; i++) {
		bool used = i < fe->queue_count;
		int error = xn_tap_attach_queue(twin->fd[i], used);

		/* -EINVAL: it is so already. */
		if (error && error != -EINVAL)
			return xn_fail(err, -error, "twin queue %u %s: %s", i,
				       used ? "attach" : "detach",
				       strerror(-error));
	}
	int error = xn_tap_set_offload(twin->fd[0], offloads(fe->features));

	if (error)
		return xn_fail(err, -error, "twin offloads: %s",
			       strerror(-error));
	return 0;
}

void xn_twin_leave(struct xn_twin *twin)
{
	for (uint32_t i = 0; i < twin->queue_count; i++)
		xn_close(&twin->fd[i]);
	memset(twin, 0, sizeof(*twin));
}

void xn_twins_destroy(struct xn_twin *twins, size_t count, struct xn_nl *nl)
{
	int ifindex[TOGETHER_MAX];

	while (count > 0) {
		size_t now = count < TOGETHER_MAX ? count : TOGETHER_MAX;

		for (size_t i = 0; i < now; i++)
			ifindex[i] = twins[i].ifindex;
		/* Closing the queues is not enough: the data process may be
		 * slow to close its own. Failing means that somebody else
		 * removed it. */
		(void)xn_link_delete_all(nl, ifindex, now, NULL);
		for (size_t i = 0; i < now; i++)
			for (uint32_t j = 0; j < twins[i].queue_count; j++)
				xn_close(&twins[i].fd[j]);
		memset(twins, 0, now * sizeof(*twins));
		twins += now;
		count -= now;
	}
}
