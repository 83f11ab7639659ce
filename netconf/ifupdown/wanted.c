/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An observed model to the one that a stanza wants, see wanted.h. Pure. */
#include "netconf/ifupdown/wanted.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/if_link.h>

#include "netconf/base/text.h"

/* With STP a forward delay has limits (802.1D; net/bridge/br_private_stp.h). */
#define STP_DELAY_CS_MIN 200U
#define STP_DELAY_CS_MAX 3000U
#define NEW_DELAY_CS 1500U
#define NEW_MTU 1500U

struct start {
	struct xn_model *model;
	const struct xn_ifup_request *request;
	const struct xn_ifup_part *part;
	struct xn_ifup_notes *notes;
	struct xn_err *err;
};

static struct xn_nl_setting *find_setting(struct xn_link_settings *settings,
					  uint16_t attr)
{
	for (uint8_t i = 0; i < settings->count; i++)
		if (settings->setting[i].attr == attr)
			return &settings->setting[i];
	return NULL;
}

static uint32_t value_of(struct xn_link_settings *settings, uint16_t attr,
			 uint32_t otherwise)
{
	const struct xn_nl_setting *setting = find_setting(settings, attr);

	return setting ? setting->value : otherwise;
}

static void put_setting(struct xn_link_settings *settings, uint16_t attr,
			uint32_t value)
{
	struct xn_nl_setting *setting = find_setting(settings, attr);

	if (!setting && settings->count < XN_NL_SETTINGS_MAX) {
		setting = &settings->setting[settings->count++];
		setting->attr = attr;
	}
	if (setting)
		setting->value = value;
}

static bool route_uses(const struct xn_route *route, int ifindex)
{
	for (uint8_t i = 0; i < route->hop_count; i++)
		if (route->hop[i].ifindex == ifindex)
			return true;
	return route->ifindex == ifindex;
}

static bool uses_link(enum xn_noun noun, const void *object, int ifindex)
{
	switch (noun) {
	case XN_LINK:
		return ((const struct xn_model_link *)object)->ifindex ==
		       ifindex;
	case XN_ADDR:
		return ((const struct xn_addr *)object)->ifindex == ifindex;
	case XN_ROUTE:
		return route_uses(object, ifindex);
	case XN_NEIGH:
		return ((const struct xn_neigh *)object)->ifindex == ifindex;
	case XN_RULE: /* names links, and outlives them */
	case XN_NOUNS:
		break;
	}
	return false;
}

static void remove_from(struct xn_model *model, enum xn_noun noun, int ifindex)
{
	for (size_t i = xn_model_count(model, noun); i > 0; i--)
		if (uses_link(noun, xn_model_at(model, noun, i - 1), ifindex))
			xn_model_remove(model, noun, i - 1);
}

static void put_delay(const struct start *s, struct xn_link_settings *bridge,
		      uint32_t delay_cs)
{
	if (value_of(bridge, IFLA_BR_STP_STATE, 0) &&
	    (delay_cs < STP_DELAY_CS_MIN || delay_cs > STP_DELAY_CS_MAX)) {
		xn_ifup_note(s->notes,
			     "%s %u.%02u: with STP 2 to 30 s are wanted; it is "
			     "left out",
			     s->request->options->style == XN_IFUP_NG
				     ? "bridge-fd"
				     : "bridge_fd",
			     delay_cs / 100, delay_cs % 100);
		return;
	}
	put_setting(bridge, IFLA_BR_FORWARD_DELAY, delay_cs);
}

/* A delay that STP does not allow the kernel brings to the nearest one. */
static void put_stp(struct xn_link_settings *bridge, uint32_t on)
{
	uint32_t delay_cs =
		value_of(bridge, IFLA_BR_FORWARD_DELAY, NEW_DELAY_CS);

	if (on && delay_cs < STP_DELAY_CS_MIN)
		put_setting(bridge, IFLA_BR_FORWARD_DELAY, STP_DELAY_CS_MIN);
	if (on && delay_cs > STP_DELAY_CS_MAX)
		put_setting(bridge, IFLA_BR_FORWARD_DELAY, STP_DELAY_CS_MAX);
	/* User space's STP (2) is on, and the kernel leaves it so. */
	if (!on || !value_of(bridge, IFLA_BR_STP_STATE, 0))
		put_setting(bridge, IFLA_BR_STP_STATE, on);
}

static void put_settings(const struct start *s, struct xn_model_link *bridge)
{
	const struct xn_ifup_options *options = s->request->options;

	for (size_t i = 0; i < options->setting_count; i++) {
		const struct xn_nl_setting *setting = &options->setting[i];

		if (!(s->part->settings & (1U << i)))
			continue;
		if (setting->attr == IFLA_BR_STP_STATE)
			put_stp(&bridge->bridge, setting->value);
		else if (setting->attr == IFLA_BR_FORWARD_DELAY)
			put_delay(s, &bridge->bridge, setting->value);
		else
			put_setting(&bridge->bridge, setting->attr,
				    setting->value);
	}
}

static bool is_group_or_zero(const struct xn_mac *mac)
{
	return xn_mac_is_group(mac) || xn_mac_is_zero(mac);
}

/* bridge_hw; false: nothing is said that can be had. */
static bool said_mac(const struct start *s, struct xn_mac *ret_mac)
{
	const struct xn_ifup_options *options = s->request->options;
	const struct xn_model_link *link;

	if (options->has_hw) {
		*ret_mac = options->hw;
		return true;
	}
	if (!options->hw_link[0])
		return false;
	link = xn_model_link_named(s->model, options->hw_link);
	if (link && link->ethernet && !is_group_or_zero(&link->mac)) {
		*ret_mac = link->mac;
		return true;
	}
	xn_ifup_note(s->notes,
		     "%s %s: there is no such Ethernet interface; it is left "
		     "out",
		     options->style == XN_IFUP_NG ? "bridge-hw" : "bridge_hw",
		     options->hw_link);
	return false;
}

/* Said, or the lowest one of the ports, as the kernel chooses. Given to the
 * bridge it stays, whatever ports come later: it is what a DHCP server and the
 * neighbours know the host by. Without ports it is left to the kernel (zero),
 * for whom a bridge with a MAC and without ports has no carrier. */
static struct xn_mac choose_mac(const struct start *s)
{
	const struct xn_ifup_ports *ports = s->request->ports;
	struct xn_mac lowest = {{0}};

	if (said_mac(s, &lowest))
		return lowest;
	for (size_t i = 0; i < ports->count; i++) {
		const struct xn_model_link *port =
			xn_model_link_named(s->model, ports->port[i].name);

		if (!port || port->master || !xn_ifup_can_be_port(port) ||
		    is_group_or_zero(&port->mac))
			continue;
		if (xn_mac_is_zero(&lowest) ||
		    memcmp(port->mac.octet, lowest.octet, XN_MAC_BYTES) < 0)
			lowest = port->mac;
	}
	return lowest;
}

/* The kernel's first settings but for what is said; of IPv6, too. */
static int add_bridge(const struct start *s)
{
	const struct xn_ifup_options *options = s->request->options;
	struct xn_model_link bridge;
	int rc;

	memset(&bridge, 0, sizeof(bridge));
	bridge.ifindex = xn_model_free_ifindex(s->model);
	(void)xn_text_copy(bridge.kind, sizeof(bridge.kind), "bridge");
	(void)xn_text_copy(bridge.name, sizeof(bridge.name), options->iface);
	bridge.mac = choose_mac(s);
	bridge.mtu = NEW_MTU;
	bridge.ethernet = true;
	rc = xn_model_add(s->model, XN_LINK, &bridge);
	if (rc < 0)
		return xn_fail(s->err, -rc, "plan: %s", strerror(-rc));
	return 0;
}

/* *ret_bridge NULL: there is none. */
static int find_bridge(const struct xn_model *model, const char *name,
		       struct xn_model_link **ret_bridge, struct xn_err *err)
{
	*ret_bridge = xn_model_link_named(model, name);
	if (*ret_bridge && strcmp((*ret_bridge)->kind, "bridge") != 0)
		return xn_fail(err, EEXIST,
			       "there is an interface %s, and it is no bridge",
			       name);
	return 0;
}

/* NULL: it can be a port of the bridge. */
static const char *why_no_port(const struct xn_model_link *link, int bridge)
{
	if (!link)
		return "there is no such interface";
	if (!xn_ifup_can_be_port(link))
		return "it cannot be a port of a bridge";
	if (link->master && link->master != bridge)
		return "it belongs to another bridge or bond";
	return NULL;
}

/* fe80::/10 */
static bool is_link_local(const struct xn_addr *addr)
{
	return addr->family == AF_INET6 && addr->address[0] == 0xfe &&
	       (addr->address[1] & 0xc0) == 0x80;
}

/* ifupdown-ng has brought the ports up before, with such an address each. */
static void remove_link_local(struct xn_model *model, int ifindex)
{
	for (size_t i = xn_model_count(model, XN_ADDR); i > 0; i--) {
		const struct xn_addr *addr = xn_model_at(model, XN_ADDR, i - 1);

		if (addr->ifindex == ifindex && is_link_local(addr))
			xn_model_remove(model, XN_ADDR, i - 1);
	}
}

/* Ports are numbered in the order in which they join, and the planner goes by
 * the order of the table: the link goes to its end. */
static int put_port(const struct start *s, const struct xn_ifup_port *port,
		    int bridge)
{
	const struct xn_ifup_options *options = s->request->options;
	const struct xn_model_link *there =
		xn_model_link_named(s->model, port->name);
	const char *why = why_no_port(there, bridge);
	struct xn_model_link link;
	int rc;

	if (why) {
		if (!port->is_matched)
			xn_ifup_note(s->notes, "%s %s: %s; it is left out",
				     xn_ifup_ports_key(options), port->name,
				     why);
		return 0;
	}
	link = *there;
	link.master = bridge;
	link.up = true;
	if (link.has_ipv6)
		link.addr_gen_mode = IN6_ADDR_GEN_MODE_NONE;
	if (options->port_mtu && s->part->port_mtu)
		link.mtu = options->port_mtu;
	if (options->style == XN_IFUP_NG)
		remove_link_local(s->model, link.ifindex);
	remove_from(s->model, XN_LINK, link.ifindex);
	rc = xn_model_add(s->model, XN_LINK, &link);
	return rc < 0 ? xn_fail(s->err, -rc, "plan: %s", strerror(-rc)) : 0;
}

static int put_ports(const struct start *s, int bridge)
{
	int rc = 0;

	for (size_t i = s->part->port_first; i < s->part->port_end && rc == 0;
	     i++)
		rc = put_port(s, &s->request->ports->port[i], bridge);
	return rc;
}

static void put_port_settings(const struct start *s,
			      const struct xn_model_link *bridge)
{
	const struct xn_ifup_options *options = s->request->options;

	for (size_t i = 0; i < options->port_setting_count; i++) {
		const struct xn_ifup_port_setting *said =
			&options->port_setting[i];
		struct xn_model_link *port =
			xn_model_link_named(s->model, said->port);
		bool is_cost = said->setting.attr == IFLA_BRPORT_COST;

		if (port && port->master == bridge->ifindex)
			put_setting(&port->port, said->setting.attr,
				    said->setting.value);
		else
			xn_ifup_note(s->notes,
				     "bridge%c%s %s: it is no port of %s; it "
				     "is left out",
				     options->style == XN_IFUP_NG ? '-' : '_',
				     is_cost ? "pathcost" : "portprio",
				     said->port, bridge->name);
	}
}

/* A new bridge has the least MTU of its ports, as the kernel chooses it. */
static void put_mtu(const struct start *s, struct xn_model_link *bridge)
{
	uint32_t least = 0;

	for (size_t i = 0; i < xn_model_count(s->model, XN_LINK); i++) {
		const struct xn_model_link *port =
			xn_model_at(s->model, XN_LINK, i);

		if (port->master == bridge->ifindex &&
		    (!least || port->mtu < least))
			least = port->mtu;
	}
	if (least)
		bridge->mtu = least;
}

static int fill_start(const struct start *s)
{
	const struct xn_ifup_options *options = s->request->options;
	struct xn_model_link *bridge;
	struct xn_mac mac;
	bool is_new;
	int rc = find_bridge(s->model, options->iface, &bridge, s->err);

	if (rc < 0)
		return rc;
	is_new = !bridge;
	if (is_new) {
		rc = add_bridge(s);
		if (rc < 0)
			return rc;
		bridge = xn_model_link_named(s->model, options->iface);
	} else if ((options->has_hw || options->hw_link[0]) &&
		   said_mac(s, &mac)) {
		bridge->mac = mac;
	}
	put_settings(s, bridge);
	if (options->vlan_aware && s->part->vlan_aware)
		put_setting(&bridge->bridge, IFLA_BR_VLAN_FILTERING, 1);
	if (options->task == XN_IFUP_CREATE)
		return 0;
	bridge->up = true;
	rc = put_ports(s, bridge->ifindex);
	if (rc < 0)
		return rc;
	bridge = xn_model_link_named(s->model, options->iface);
	if (s->part->port_settings)
		put_port_settings(s, bridge);
	if (is_new)
		put_mtu(s, bridge);
	return 0;
}

int xn_ifup_want_start(const struct xn_model *observed,
		       const struct xn_ifup_request *request,
		       const struct xn_ifup_part *part,
		       struct xn_model *ret_wanted, struct xn_ifup_notes *notes,
		       struct xn_err *err)
{
	struct xn_model wanted = {0};
	struct start start = {.model = &wanted,
			      .request = request,
			      .part = part,
			      .notes = notes,
			      .err = err};
	int rc;

	if (xn_model_copy(observed, &wanted) < 0)
		return xn_fail(err, ENOMEM, "plan: out of memory");
	rc = fill_start(&start);
	if (rc < 0) {
		xn_model_fini(&wanted);
		return rc;
	}
	*ret_wanted = wanted;
	return 0;
}

int xn_ifup_want_hold(const struct xn_model *observed,
		      const struct xn_ifup_request *request,
		      struct xn_model *ret_wanted, struct xn_err *err)
{
	static const struct xn_ifup_part nothing;
	struct xn_ifup_options options = *request->options;
	struct xn_ifup_request bare = *request;
	struct xn_ifup_notes notes = {0};
	struct xn_addr addr = options.address;
	int rc;

	if (xn_model_link_named(observed, options.iface)) {
		if (xn_model_copy(observed, ret_wanted) < 0)
			return xn_fail(err, ENOMEM, "plan: out of memory");
		return 0;
	}
	options.task = XN_IFUP_CREATE;
	bare.options = &options;
	rc = xn_ifup_want_start(observed, &bare, &nothing, ret_wanted, &notes,
				err);
	if (rc < 0 || !addr.family)
		return rc;
	addr.ifindex = xn_model_link_named(ret_wanted, options.iface)->ifindex;
	rc = xn_model_add(ret_wanted, XN_ADDR, &addr);
	if (rc < 0) {
		xn_model_fini(ret_wanted);
		return xn_fail(err, -rc, "plan: %s", strerror(-rc));
	}
	return 0;
}

static void free_port(struct xn_model_link *port, bool goes_down)
{
	port->master = 0;
	port->port.count = 0;
	if (goes_down)
		port->up = false;
}

static bool is_listed(const struct xn_ifup_ports *ports, const char *name)
{
	for (size_t i = 0; i < ports->count; i++)
		if (strcmp(ports->port[i].name, name) == 0)
			return true;
	return false;
}

static void fill_stop(struct xn_model *model, struct xn_model_link *bridge,
		      const struct xn_ifup_request *request)
{
	bool goes = request->options->task == XN_IFUP_STOP;
	int ifindex = bridge->ifindex;

	bridge->up = false;
	for (size_t i = 0; i < xn_model_count(model, XN_LINK); i++) {
		struct xn_model_link *link = xn_model_edit(model, XN_LINK, i);
		bool listed;

		if (link->master != ifindex)
			continue;
		/* A port that somebody else put there leaves as it is. */
		listed = is_listed(request->ports, link->name);
		if (listed || goes)
			free_port(link, listed);
	}
	for (int noun = XN_LINK; goes && noun < XN_NOUNS; noun++)
		remove_from(model, (enum xn_noun)noun, ifindex);
}

int xn_ifup_want_stop(const struct xn_model *observed,
		      const struct xn_ifup_request *request,
		      struct xn_model *ret_wanted, struct xn_err *err)
{
	struct xn_model_link *bridge;
	struct xn_model wanted = {0};
	int rc = find_bridge(observed, request->options->iface, &bridge, err);

	if (rc < 0)
		return rc;
	if (xn_model_copy(observed, &wanted) < 0)
		return xn_fail(err, ENOMEM, "plan: out of memory");
	bridge = xn_model_link_named(&wanted, request->options->iface);
	if (bridge)
		fill_stop(&wanted, bridge, request);
	*ret_wanted = wanted;
	return 0;
}
