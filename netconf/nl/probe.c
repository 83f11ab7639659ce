/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel can do, see probe.h. */
#include "netconf/nl/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>
#include <linux/if_link.h>
#include <linux/netfilter.h>

#include "netconf/base/fd.h"
#include "netconf/nl/link.h"
#include "netconf/nl/netns.h"
#include "netconf/nl/tap.h"

#define BRIDGE "xnprobe0"
#define PORT "xnprobe1"
#define PEER "xnprobe2"
#define TAP "xnprobe3"
#define IFB "xnprobe4"

const char *xn_probe_name(enum xn_probe_feature feature)
{
	static const char *const names[XN_PROBE_FEATURES] = {
		[XN_PROBE_BRIDGE] = "bridges",
		[XN_PROBE_VLAN_FILTERING] = "VLAN filtering of bridges",
		[XN_PROBE_ISOLATION] = "port isolation of bridges",
		[XN_PROBE_VETH] = "veth pairs",
		[XN_PROBE_TAP] = "taps",
		[XN_PROBE_IFB] = "ifb",
		[XN_PROBE_NFT_INET] = "nftables' family inet",
		[XN_PROBE_NFT_BRIDGE] = "nftables' family bridge",
		[XN_PROBE_NFT_NETDEV] = "nftables' family netdev",
	};

	return (unsigned int)feature < XN_PROBE_FEATURES ? names[feature] : "";
}

static int probe_vlan_filtering(struct xn_nl *nl)
{
	struct xn_link bridge;
	int rc = xn_link_get(nl, BRIDGE, &bridge, NULL);

	if (rc < 0)
		return rc;
	/* Said of a new bridge, and not by a kernel that has no such thing. */
	return bridge.bridge.vlan_default_pvid ? 0 : -EOPNOTSUPP;
}

static int probe_isolation(struct xn_nl *nl)
{
	static const struct xn_nl_setting on = {IFLA_BRPORT_ISOLATED, 1};
	struct xn_link bridge = {0}, port = {0};
	int rc = xn_link_get(nl, BRIDGE, &bridge, NULL);

	if (rc == 0)
		rc = xn_link_get(nl, PORT, &port, NULL);
	if (rc == 0)
		rc = xn_link_set_master(nl, port.ifindex, bridge.ifindex, NULL);
	if (rc == 0)
		rc = xn_brport_set(nl, port.ifindex, &on, 1, NULL);
	if (rc == 0)
		rc = xn_link_get(nl, PORT, &port, NULL);
	if (rc < 0)
		return rc;
	return port.port.isolated ? 0 : -EOPNOTSUPP;
}

static int probe_tap(void)
{
	int fd;
	int rc = xn_tap_create(TAP, 1, &fd, NULL);

	if (rc == 0)
		xn_close(&fd);
	return rc;
}

static int probe(struct xn_nl *nl, enum xn_probe_feature feature)
{
	struct xn_link link;

	switch (feature) {
	case XN_PROBE_BRIDGE:
		return xn_link_get(nl, BRIDGE, &link, NULL);
	case XN_PROBE_VLAN_FILTERING:
		return probe_vlan_filtering(nl);
	case XN_PROBE_ISOLATION:
		return probe_isolation(nl);
	case XN_PROBE_VETH:
		return xn_link_get(nl, PORT, &link, NULL);
	case XN_PROBE_TAP:
		return probe_tap();
	case XN_PROBE_IFB:
		return xn_link_create(nl, IFB, 0, "ifb", NULL);
	case XN_PROBE_NFT_INET:
		return xn_probe_nft(NFPROTO_INET, NULL);
	case XN_PROBE_NFT_BRIDGE:
		return xn_probe_nft(NFPROTO_BRIDGE, NULL);
	case XN_PROBE_NFT_NETDEV:
		return xn_probe_nft(NFPROTO_NETDEV, "lo");
	case XN_PROBE_FEATURES:
		break;
	}
	return -EINVAL;
}

static int probe_all(uint32_t features, struct xn_probe *found,
		     struct xn_err *err)
{
	struct xn_nl *nl;
	int rc = xn_nl_open(&nl, err);

	if (rc < 0)
		return rc;
	/* What the others stand on; whether they are there is asked later. */
	(void)xn_bridge_create(nl, BRIDGE, NULL, 0, NULL);
	(void)xn_link_create_veth(nl, PORT, PEER, -1, NULL);
	for (unsigned int i = 0; i < XN_PROBE_FEATURES; i++) {
		if (!(features & XN_PROBE_BIT(i)))
			continue;
		found->error[i] = probe(nl, (enum xn_probe_feature)i);
		found->state[i] =
			found->error[i] < 0 ? XN_PROBE_ABSENT : XN_PROBE_THERE;
	}
	xn_nl_close(nl);
	return 0;
}

int xn_probe_kernel(uint32_t features, struct xn_probe *ret_probe,
		    struct xn_err *err)
{
	int back = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	struct xn_probe found = {0};
	int rc;

	if (back < 0)
		return xn_fail(err, errno, "own network namespace: %m");
	if (unshare(CLONE_NEWNET) < 0) {
		rc = xn_fail(err, errno, "a network namespace to try in: %m");
		xn_close(&back);
		return rc;
	}
	rc = probe_all(features, &found, err);
	xn_netns_leave(&back);
	if (rc == 0)
		*ret_probe = found;
	return rc;
}
