/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * network-bridge's old style: a veth pair is between the host and the bridge.
 * The host's end has the NIC's name, MAC and all that was on it. Pure.
 */
#include <errno.h>
#include <string.h>
#include <linux/if_link.h>

#include "netconf/base/text.h"
#include "netconf/plan/takeover.h"
#include "netconf/plan/uplink.h"

/* No station has it, and bridges and switches take it for one that has the
 * highest value. */
static const struct xn_mac port_mac = {{0xfe, 0xff, 0xff, 0xff, 0xff, 0xff}};

#define LOCALLY_ADMINISTERED 0x02u
#define ANOTHER_BIT 0x40u

/* A bridge port with neither address nor ARP. */
static void quieten(struct xn_model_link *port)
{
	port->mac = port_mac;
	port->noarp = true;
	port->nomulticast = true;
}

/* fe:ff:ff:ff:ff:ff would make all hosts one bridge to STP, and the NIC's own
 * is the host's end's. So it is one made from this. */
static struct xn_mac bridge_mac(const struct xn_mac *nic)
{
	struct xn_mac mac = *nic;

	mac.octet[0] |= LOCALLY_ADMINISTERED;
	if (xn_mac_equal(&mac, nic))
		mac.octet[0] ^= ANOTHER_BIT;
	return mac;
}

void xn_old_quieten_bridge(struct xn_model_link *bridge,
			   const struct xn_model_link *nic)
{
	bridge->mac = bridge_mac(&nic->mac);
	bridge->noarp = true;
	bridge->nomulticast = true;
	bridge->addr_gen_mode = IN6_ADDR_GEN_MODE_NONE;
	bridge->accept_ra = 0;
	bridge->ipv4.count = 0;
	bridge->ipv6.count = 0;
}

static int add_bridge(struct xn_model *model, const struct xn_model_link *nic,
		      const struct xn_uplink *uplink, struct xn_err *err)
{
	struct xn_model_link bridge = xn_uplink_bridge(model, nic, uplink);

	return xn_uplink_add(model, &bridge, err);
}

/* The host's end has the lower number. */
static int add_pair(struct xn_model *model, const struct xn_model_link *nic,
		    const struct xn_uplink *uplink, int bridge,
		    struct xn_err *err)
{
	struct xn_model_link host =
		xn_uplink_heir(model, nic, "veth", uplink->netdev);
	struct xn_model_link port;
	int rc;

	host.peer = host.ifindex + 1;
	rc = xn_uplink_add(model, &host, err);
	if (rc < 0)
		return rc;
	port = host;
	port.ifindex = host.peer;
	port.peer = host.ifindex;
	(void)xn_text_format(port.name, sizeof(port.name), "vif0.%u",
			     uplink->vifnum);
	quieten(&port);
	port.master = bridge;
	port.addr_gen_mode = IN6_ADDR_GEN_MODE_NONE;
	port.accept_ra = 0;
	port.ipv4.count = 0;
	port.ipv6.count = 0;
	return xn_uplink_add(model, &port, err);
}

static const struct xn_model_link *end_of(const struct xn_model *model,
					  const char *netdev)
{
	const struct xn_model_link *host = xn_model_link_named(model, netdev);

	if (!host || strcmp(host->kind, "veth") != 0 || !host->peer)
		return NULL;
	return xn_model_link(model, host->peer);
}

static int fill_started(struct xn_model *model, struct xn_model_link *nic,
			const struct xn_uplink *uplink, struct xn_err *err)
{
	struct xn_model_link *bridge = xn_model_link(model, nic->master);
	const struct xn_model_link *port = end_of(model, uplink->netdev);

	if (!bridge || strcmp(bridge->name, uplink->bridge) != 0 || !port ||
	    port->master != nic->master)
		return xn_fail(err, EEXIST,
			       "link %s is there, and not on %s beside a pair "
			       "of veths",
			       nic->name, uplink->bridge);
	bridge->up = true;
	nic->up = true;
	xn_model_link(model, port->ifindex)->up = true;
	xn_model_link(model, port->peer)->up = true;
	return 0;
}

/* What is to be made is not there yet, and what is there is what it is. */
static int check_start(const struct xn_model *model,
		       const struct xn_uplink *uplink, struct xn_err *err)
{
	const struct xn_model_link *nic =
		xn_model_link_named(model, uplink->netdev);
	const struct xn_model_link *bridge =
		xn_model_link_named(model, uplink->bridge);
	char port[IFNAMSIZ];
	int rc;

	if (strcmp(uplink->bridge, uplink->netdev) == 0)
		return xn_fail(err, EINVAL,
			       "%s cannot be the bridge and its port",
			       uplink->bridge);
	if (uplink->vifnum > XN_VIFNUM_MAX)
		return xn_fail(err, EINVAL, "vifnum %u: at most %u",
			       uplink->vifnum, XN_VIFNUM_MAX);
	rc = xn_uplink_check(nic, uplink->netdev, bridge, err);
	if (rc < 0)
		return rc;
	if (strcmp(nic->kind, "bond") == 0)
		return xn_fail(err, EOPNOTSUPP,
			       "link %s is a bond, which cannot do without its "
			       "MAC address: take another style",
			       nic->name);
	(void)xn_text_format(port, sizeof(port), "vif0.%u", uplink->vifnum);
	if (xn_model_link_named(model, port))
		return xn_fail(err, EEXIST, "link %s is there already", port);
	return 0;
}

static int fill_new(struct xn_model *model, const struct xn_uplink *uplink,
		    const char *pdev, struct xn_err *err)
{
	struct xn_model_link nic = *xn_model_link_named(model, uplink->netdev);
	struct xn_takeover takeover = {.model = model,
				       .from = nic.ifindex,
				       .from_name = uplink->netdev,
				       .to_name = uplink->netdev,
				       .err = err};
	struct xn_model_link *port;
	int bridge;
	int rc = 0;

	memcpy(xn_model_link(model, nic.ifindex)->name, pdev, IFNAMSIZ);
	if (!xn_model_link_named(model, uplink->bridge))
		rc = add_bridge(model, &nic, uplink, err);
	if (rc < 0)
		return rc;
	xn_model_link_named(model, uplink->bridge)->up = true;
	bridge = xn_model_link_named(model, uplink->bridge)->ifindex;
	rc = add_pair(model, &nic, uplink, bridge, err);
	if (rc < 0)
		return rc;
	port = xn_model_link(model, nic.ifindex);
	xn_uplink_enslave(port, xn_model_link(model, bridge));
	quieten(port);
	takeover.to = xn_model_link_named(model, uplink->netdev)->ifindex;
	return xn_takeover(&takeover);
}

int xn_old_fill_start(struct xn_model *model, const struct xn_uplink *uplink,
		      struct xn_err *err)
{
	struct xn_model_link *nic;
	char pdev[IFNAMSIZ];
	int rc = xn_uplink_pdev(uplink->netdev, pdev, err);

	if (rc < 0)
		return rc;
	nic = xn_model_link_named(model, pdev);
	if (nic)
		return fill_started(model, nic, uplink, err);
	rc = check_start(model, uplink, err);
	return rc < 0 ? rc : fill_new(model, uplink, pdev, err);
}

static void give_back(struct xn_model_link *nic,
		      const struct xn_model_link *host)
{
	xn_uplink_release(nic, host);
	memcpy(nic->name, host->name, sizeof(nic->name));
	nic->mac = host->mac;
	nic->noarp = host->noarp;
	nic->nomulticast = host->nomulticast;
}

int xn_old_fill_stop(struct xn_model *model, const struct xn_uplink *uplink,
		     struct xn_err *err)
{
	struct xn_takeover takeover = {.model = model,
				       .from_name = uplink->netdev,
				       .to_name = uplink->netdev,
				       .err = err};
	const struct xn_model_link *port = end_of(model, uplink->netdev);
	struct xn_model_link *nic;
	char pdev[IFNAMSIZ];
	int bridge;
	int peer;
	int rc = xn_uplink_pdev(uplink->netdev, pdev, err);

	if (rc < 0)
		return rc;
	nic = xn_model_link_named(model, pdev);
	if (!nic || !port || !nic->master || port->master != nic->master)
		return 0;
	bridge = nic->master;
	peer = port->ifindex;
	takeover.from = port->peer;
	takeover.to = nic->ifindex;
	give_back(nic, xn_model_link(model, port->peer));
	rc = xn_takeover(&takeover);
	if (rc < 0)
		return rc;
	xn_uplink_remove(model, peer);
	xn_uplink_remove(model, takeover.from);
	if (!xn_uplink_has_ports(model, bridge))
		xn_uplink_remove(model, bridge);
	return 0;
}
