/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A routed vif, see vif.h. The guard comes before the device is up, and goes
 * after it is down, or when it is said to be no routed one any more. */
#include "router/vif.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "netconf/base/text.h"
#include "netconf/hold/hold.h"
#include "netconf/nl/neigh.h"
#include "router/device.h"

static bool is_missing(int rc)
{
	return rc == -EOPNOTSUPP || rc == -EPROTONOSUPPORT || rc == -ENOENT;
}

/* A kernel that cannot keep guests to their addresses does the rest. */
static int guard(const struct xrt_vif *vif, char warning[XRT_WARNING_MAX],
		 struct xn_err *err)
{
	struct xrt_port port = {.count = 0};
	struct xn_err why = {.set = false};
	int rc;

	(void)xn_text_copy(port.name, sizeof(port.name), vif->link.name);
	port.count = vif->wish.guest_count;
	memcpy(port.address, vif->wish.guest, sizeof(port.address));
	port.open = vif->wish.spoofs;
	rc = xrt_guard_set(&port, &why);
	if (is_missing(rc)) {
		(void)xn_text_format(warning, XRT_WARNING_MAX,
				     "%.15s may send what it likes: %.180s",
				     port.name, xn_err_text(&why));
		return 0;
	}
	return rc < 0 ? xn_fail(err, -rc, "%s", xn_err_text(&why)) : 0;
}

struct ports {
	const struct xnat_table *table;
};

static bool is_routed(void *arg, const struct xn_link *link)
{
	const struct ports *ports = arg;
	struct xrt_port port;

	return ports->table && xrt_guard_find(ports->table, link->name, &port);
}

static int hold_ipv6(const struct xrt_vif *vif, struct xn_holds *holds,
		     struct xn_err *err)
{
	struct xnat_seen seen = {.exists = false};
	struct ports ports = {.table = &seen.table};
	int rc;

	if (xrt_guard_see(&seen, NULL) < 0)
		ports.table = NULL;
	rc = xn_hold_forwarding6(holds, is_routed, &ports, err);
	xnat_seen_fini(&seen);
	return rc < 0 ? rc
		      : xn_hold_link(holds, "ipv6", vif->uplink->link.name,
				     "proxy_ndp", 1, err);
}

static int hold(const struct xrt_vif *vif, struct xn_holds *holds,
		struct xn_err *err)
{
	const struct xrt_wish *wish = &vif->wish;
	int rc = 0;

	if (!vif->uplink)
		return 0;
	if (wish->guest_count == 0 ||
	    xrt_has_family(wish->guest, wish->guest_count, 4))
		rc = xn_hold_sysctl(holds, XN_HOLD_FORWARD4, 1, err);
	if (rc == 0 && xrt_has_family(wish->guest, wish->guest_count, 6))
		rc = hold_ipv6(vif, holds, err);
	return rc;
}

/* Who asks for the guest on the way out is answered by us. Address for
 * address: proxy_arp there would answer for everything that we have a route
 * to. A network is routed to us by the router. */
static int answer_for(const struct xrt_vif *vif, struct xn_err *err)
{
	const struct xrt_wish *wish = &vif->wish;
	int rc = 0;

	for (uint32_t i = 0; i < wish->guest_count && rc == 0; i++)
		if (xrt_is_whole(&wish->guest[i]))
			rc = xn_neigh_add_proxy(vif->nl,
						vif->uplink->link.ifindex,
						xrt_family(&wish->guest[i]),
						wish->guest[i].octet, err);
	return rc;
}

static bool stands_in(const struct xn_address *list, uint32_t count,
		      const struct xn_address *address)
{
	for (uint32_t i = 0; i < count; i++)
		if (xrt_same_address(&list[i], address))
			return true;
	return false;
}

/* On whichever link it was: proxies of these addresses but those that are
 * kept. */
static int stop_answering(struct xn_nl *nl, const struct xrt_port *port,
			  const struct xrt_wish *kept, int kept_ifindex,
			  struct xn_err *err)
{
	struct xn_neigh_table table;
	int first = 0;
	int rc = port->count ? xn_neigh_dump(nl, &table, err) : -ENODATA;

	if (rc < 0)
		return rc == -ENODATA ? 0 : rc;
	for (size_t i = 0; i < table.count; i++) {
		const struct xn_neigh *neigh = &table.neigh[i];
		struct xn_address address =
			xrt_address_of(neigh->family, neigh->address);

		if (!neigh->proxy ||
		    !stands_in(port->address, port->count, &address) ||
		    (kept && neigh->ifindex == kept_ifindex &&
		     stands_in(kept->guest, kept->guest_count, &address)))
			continue;
		rc = xn_neigh_delete_proxy(nl, neigh->ifindex, neigh->family,
					   neigh->address, err);
		if (rc < 0 && rc != -ENOENT && first == 0)
			first = rc;
	}
	xn_neigh_table_fini(&table);
	return first;
}

/* What an earlier run answered for, and this one does not. */
static int forget_earlier(const struct xrt_vif *vif, struct xn_err *err)
{
	struct xnat_seen seen = {.exists = false};
	struct xrt_port port;
	int rc = 0;

	if (xrt_guard_see(&seen, NULL) < 0)
		return 0;
	if (vif->answers && xrt_guard_find(&seen.table, vif->link.name, &port))
		rc = stop_answering(
			vif->nl, &port, vif->uplink ? &vif->wish : NULL,
			vif->uplink ? vif->uplink->link.ifindex : 0, err);
	xnat_seen_fini(&seen);
	return rc;
}

static int open_holds(struct xn_nl *nl, bool at_once,
		      struct xn_holds *ret_holds, struct xn_err *err)
{
	int rc = xn_holds_open(nl, XN_HOLD_VIFS, !at_once, ret_holds, err);

	if (rc == -EBUSY)
		xn_fail(err, EBUSY,
			"another process is changing what the host forwards");
	return rc;
}

static int make(const struct xrt_vif *vif, const struct xrt_plan *plan,
		struct xn_holds *holds, char warning[XRT_WARNING_MAX],
		struct xn_err *err)
{
	int rc = xn_hold_vif(holds, vif->link.name, err);

	if (rc == 0)
		rc = forget_earlier(vif, err);
	if (rc == 0)
		rc = guard(vif, warning, err);
	if (rc == 0)
		rc = xrt_device_up(vif->nl, &vif->link, plan, err);
	if (rc == 0)
		rc = hold(vif, holds, err);
	if (rc == 0 && vif->uplink && vif->answers)
		rc = answer_for(vif, err);
	return rc;
}

int xrt_vif_up(const struct xrt_vif *vif, char ret_warning[XRT_WARNING_MAX],
	       struct xn_err *err)
{
	struct xrt_plan plan;
	struct xn_holds holds;
	int rc = xrt_plan_make(&vif->wish, vif->link.ifindex, &plan, err);

	ret_warning[0] = '\0';
	if (rc == 0)
		rc = open_holds(vif->nl, vif->at_once, &holds, err);
	if (rc < 0)
		return rc;
	rc = make(vif, &plan, &holds, ret_warning, err);
	xn_holds_close(&holds);
	return rc;
}

static bool is_name_of(const struct xrt_gone *gone, const char *name)
{
	return (gone->name[0] && strcmp(gone->name[0], name) == 0) ||
	       (gone->name[1] && strcmp(gone->name[1], name) == 0);
}

/* Somebody who is there: the guest may have come back as another domain before
 * this end of it was heard of. */
static bool is_anothers(const struct xrt_gone *gone,
			const struct xnat_table *seen,
			const struct xn_address *address)
{
	const struct xnat_set *routed = xnat_set_named(seen, "routed");
	struct xn_link link;
	struct xrt_port port;

	for (uint32_t i = 0; routed && i < routed->count; i++) {
		char name[IFNAMSIZ];

		memcpy(name, routed->element[i].key, IFNAMSIZ);
		name[IFNAMSIZ - 1] = '\0';
		if (!is_name_of(gone, name) &&
		    xrt_guard_find(seen, name, &port) &&
		    stands_in(port.address, port.count, address) &&
		    xn_link_get(gone->nl, name, &link, NULL) == 0)
			return true;
	}
	return false;
}

static void add_known(struct xrt_port *to, const struct xn_address *list,
		      uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (to->count < XRT_GUEST_MAX &&
		    !stands_in(to->address, to->count, &list[i]))
			to->address[to->count++] = list[i];
}

/* The addresses that it may have had, and nobody else has now. */
static void remember(const struct xrt_gone *gone, struct xrt_port *ret_port)
{
	struct xnat_seen seen = {.exists = false};
	struct xrt_port all = {.count = 0}, known;

	ret_port->count = 0;
	add_known(&all, gone->address, gone->count);
	if (xrt_guard_see(&seen, NULL) < 0) {
		*ret_port = all;
		return;
	}
	for (unsigned int n = 0; n < 2; n++)
		if (gone->name[n] &&
		    xrt_guard_find(&seen.table, gone->name[n], &known))
			add_known(&all, known.address, known.count);
	for (uint32_t i = 0; i < all.count; i++)
		if (!is_anothers(gone, &seen.table, &all.address[i]))
			ret_port->address[ret_port->count++] = all.address[i];
	xnat_seen_fini(&seen);
}

/* Names that are kept: of links that are there, but this one. */
struct keeping {
	const struct xrt_gone *gone;
	const struct xn_link_table *links;
};

static bool is_kept(void *arg, const char *name)
{
	const struct keeping *keeping = arg;

	if (is_name_of(keeping->gone, name))
		return false;
	for (size_t i = 0; i < keeping->links->count; i++)
		if (strcmp(keeping->links->link[i].name, name) == 0)
			return true;
	return false;
}

static int let_go(const struct xrt_gone *gone, struct xn_holds *holds,
		  struct xn_err *err)
{
	struct xn_link_table links;
	struct keeping keeping = {.gone = gone, .links = &links};
	uint32_t guarded = 0, left = 0;
	int rc = xn_link_dump(gone->nl, &links, err);

	if (rc < 0)
		return rc;
	rc = xn_hold_drop_vifs(holds, is_kept, &keeping, &left, err);
	if (rc == 0)
		rc = xrt_guard_clear(is_kept, &keeping, &guarded, err);
	xn_link_table_fini(&links);
	if (rc == 0 && left == 0 && guarded == 0)
		rc = xn_holds_give_rest(holds, err);
	return rc;
}

static int take_away(const struct xrt_gone *gone, struct xn_holds *holds,
		     struct xn_err *err)
{
	struct xrt_port had = {.count = 0};
	int first;
	int rc;

	remember(gone, &had);
	first = gone->answers ? stop_answering(gone->nl, &had, NULL, 0, err)
			      : 0;
	rc = gone->link ? xrt_device_clear(gone->nl, gone->link, err) : 0;
	first = first ? first : rc;
	rc = let_go(gone, holds, err);
	if (is_missing(rc)) {
		err->set = false;
		rc = 0;
	}
	return first ? first : rc;
}

int xrt_vif_down(const struct xrt_gone *gone, struct xn_err *err)
{
	struct xn_holds holds;
	int rc = open_holds(gone->nl, gone->at_once, &holds, err);

	if (rc < 0)
		return rc;
	rc = take_away(gone, &holds, err);
	xn_holds_close(&holds);
	return rc;
}

static bool is_remade(const struct xrt_vif *vif, const struct xrt_wish *was,
		      struct xn_holds *holds)
{
	char warning[XRT_WARNING_MAX];
	struct xrt_vif old = *vif;
	struct xrt_plan plan;

	if (!was || vif->link.master || !(vif->link.flags & IFF_UP))
		return false;
	old.wish = *was;
	return xrt_plan_make(&old.wish, old.link.ifindex, &plan, NULL) == 0 &&
	       make(&old, &plan, holds, warning, NULL) == 0;
}

/* Back to what it was before a change that failed. True: it is lost. */
static bool go_back(const struct xrt_vif *vif, const struct xrt_wish *was,
		    struct xn_holds *holds)
{
	const struct xn_link *link = &vif->link;
	const struct xrt_gone gone = {.nl = vif->nl,
				      .link = link,
				      .name = {link->name, NULL},
				      .count = vif->wish.guest_count,
				      .address = vif->wish.guest,
				      .answers = vif->answers};
	struct xn_err ignored = {.set = false};

	if (is_remade(vif, was, holds))
		return false;
	/* Nothing of it gets out while nobody guards it. */
	(void)xn_link_set_up(vif->nl, link->ifindex, false, NULL);
	(void)take_away(&gone, holds, &ignored);
	if (!link->master ||
	    xn_link_set_master(vif->nl, link->ifindex, link->master, NULL) < 0)
		return true;
	return (link->flags & IFF_UP) &&
	       xn_link_set_up(vif->nl, link->ifindex, true, NULL) < 0;
}

int xrt_vif_change(const struct xrt_vif *vif, const struct xrt_wish *was,
		   char ret_warning[XRT_WARNING_MAX], bool *ret_lost,
		   struct xn_err *err)
{
	struct xrt_plan plan;
	struct xn_holds holds;
	int rc = xrt_plan_make(&vif->wish, vif->link.ifindex, &plan, err);

	ret_warning[0] = '\0';
	*ret_lost = false;
	if (rc == 0)
		rc = xrt_device_check(vif->nl, &vif->link, &plan, err);
	if (rc == 0)
		rc = open_holds(vif->nl, vif->at_once, &holds, err);
	if (rc < 0)
		return rc;
	rc = make(vif, &plan, &holds, ret_warning, err);
	if (rc < 0)
		*ret_lost = go_back(vif, was, &holds);
	xn_holds_close(&holds);
	return rc;
}
