/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The vif's device, see device.h. Everything is done by ifindex once it is
 * found: a name may be another's a moment later. */
#include "vif-hotplug/device.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/if_addr.h>

#include "netconf/base/loop.h"
#include "netconf/base/text.h"
#include "netconf/nl/addr.h"
#include "netconf/nl/monitor.h"

int xvh_device_find(struct xn_nl *nl, const struct xvh_request *request,
		    struct xn_link *ret_link, struct xn_err *err)
{
	struct xn_link renamed;
	int rc = xn_link_get(nl, request->dev, ret_link, err);

	if (rc != -ENODEV || !request->vifname[0])
		return rc;
	if (xn_link_get(nl, request->vifname, &renamed, NULL) == 0 &&
	    strcmp(renamed.alias, request->born) == 0) {
		err->set = false;
		*ret_link = renamed;
		return 0;
	}
	return rc;
}

static int wait_for_event(struct xn_nl_monitor *monitor, uint64_t deadline_ms)
{
	static const struct xn_nl_handlers nothing;
	struct pollfd event = {.fd = xn_nl_monitor_fd(monitor),
			       .events = POLLIN};
	uint64_t now_ms = xn_now_ms();

	if (now_ms >= deadline_ms)
		return -ETIMEDOUT;
	if (poll(&event, 1, (int)(deadline_ms - now_ms)) < 0 && errno != EINTR)
		return -errno;
	/* What happened is looked up, not read: lost words do not matter. */
	(void)xn_nl_monitor_read(monitor, &nothing);
	return 0;
}

int xvh_device_wait(struct xn_nl *nl, const struct xvh_request *request,
		    unsigned int limit_ms, struct xn_link *ret_link,
		    struct xn_err *err)
{
	uint64_t deadline_ms = xn_now_ms() + limit_ms;
	struct xn_nl_monitor *monitor;
	int rc = xvh_device_find(nl, request, ret_link, err);

	if (rc != -ENODEV)
		return rc;
	err->set = false;
	rc = xn_nl_monitor_open(XN_MONITOR_LINK, &monitor, err);
	if (rc < 0)
		return rc;
	for (;;) {
		rc = xvh_device_find(nl, request, ret_link, err);
		if (rc != -ENODEV)
			break;
		err->set = false;
		rc = wait_for_event(monitor, deadline_ms);
		if (rc < 0) {
			xn_fail(err, -rc,
				"there is no interface %s after %u ms",
				request->dev, limit_ms);
			break;
		}
	}
	xn_nl_monitor_close(monitor);
	return rc;
}

static int rename_to(struct xn_nl *nl, struct xn_link *link, const char *name,
		     struct xn_err *err)
{
	struct xn_err first = {.set = false};
	int rc = xn_link_rename(nl, link->ifindex, name, &first);

	/* Before Linux 6.2 not while it is up. */
	if (rc == -EBUSY && (link->flags & IFF_UP)) {
		first.set = false;
		rc = xn_link_set_up(nl, link->ifindex, false, &first);
		if (rc == 0)
			rc = xn_link_rename(nl, link->ifindex, name, &first);
		link->flags &= ~(uint32_t)IFF_UP;
	}
	if (rc == -EEXIST)
		return xn_fail(err, EEXIST,
			       "cannot rename interface %s: an interface with "
			       "name %s already exists",
			       link->name, name);
	if (rc < 0)
		return xn_fail(err, -rc, "cannot rename interface %s to %s: %s",
			       link->name, name, xn_err_text(&first));
	(void)xn_text_copy(link->name, sizeof(link->name), name);
	return 0;
}

int xvh_device_take_name(struct xn_nl *nl, const struct xvh_request *request,
			 struct xn_link *link, struct xn_err *err)
{
	int rc;

	if (!request->vifname[0])
		return 0;
	/* The alias first: a run that ends in between leaves nothing that the
	 * next one does not know. */
	if (strcmp(link->alias, request->born) != 0) {
		rc = xn_link_set_alias(nl, link->ifindex, request->born, err);
		if (rc < 0)
			return rc;
		(void)xn_text_copy(link->alias, sizeof(link->alias),
				   request->born);
	}
	if (strcmp(link->name, request->vifname) == 0)
		return 0;
	return rename_to(nl, link, request->vifname, err);
}

int xvh_device_drop_name(struct xn_nl *nl, const struct xvh_request *request,
			 struct xn_link *link, struct xn_err *err)
{
	int rc = 0;

	if (strcmp(link->alias, request->born) != 0)
		return 0;
	if (strcmp(link->name, request->born) != 0)
		rc = rename_to(nl, link, request->born, err);
	return rc < 0 ? rc : xn_link_set_alias(nl, link->ifindex, "", err);
}

static bool same_address(const struct xn_addr *a, const struct xn_addr *b)
{
	return b && a->family == b->family &&
	       a->prefix_length == b->prefix_length && !a->has_peer &&
	       memcmp(a->address, b->address, xn_ip_bytes(a->family)) == 0;
}

int xvh_device_flush(struct xn_nl *nl, int ifindex, uint8_t family,
		     const struct xn_addr *kept, bool *ret_has_kept,
		     struct xn_err *err)
{
	struct xn_addr_table table;
	bool has_kept = false;
	int rc = xn_addr_dump(nl, ifindex, &table, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < table.count && rc == 0; i++) {
		const struct xn_addr *addr = &table.addr[i];

		/* Kernels before 4.20 give all links' addresses. */
		if (addr->ifindex != ifindex ||
		    (family && addr->family != family))
			continue;
		if (same_address(addr, kept)) {
			has_kept = true;
			continue;
		}
		rc = xn_addr_delete(nl, addr, err);
		/* With the first of a network its others may have gone. */
		if (rc == -EADDRNOTAVAIL) {
			err->set = false;
			rc = 0;
		}
	}
	xn_addr_table_fini(&table);
	if (ret_has_kept)
		*ret_has_kept = has_kept;
	return rc;
}

int xvh_device_release(struct xn_nl *nl, const struct xvh_request *request,
		       struct xn_link *link, struct xn_err *err)
{
	int rc[] = {
		link->flags & IFF_UP
			? xn_link_set_up(nl, link->ifindex, false, err)
			: 0,
		link->master ? xn_link_set_master(nl, link->ifindex, 0, err)
			     : 0,
		xvh_device_flush(nl, link->ifindex, 0, NULL, NULL, err),
		xvh_device_drop_name(nl, request, link, err),
	};

	for (size_t i = 0; i < sizeof(rc) / sizeof(*rc); i++)
		if (rc[i] < 0)
			return rc[i];
	return 0;
}
