/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sysctls and bridges' settings that NAT holds, see host.h. */
#include "natd/host.h"

#include <string.h>
#include <linux/if_link.h>

#include "natd/plan.h"
#include "netconf/hold/hold.h"

#define ICMP_TIME "net/netfilter/nf_conntrack_icmp_timeout"
#define ICMP6_TIME "net/netfilter/nf_conntrack_icmpv6_timeout"

static bool is_inside(void *arg, const struct xn_link *link)
{
	const struct xn_planeconf *conf = arg;

	for (uint32_t i = 0; i < conf->bridge_count; i++)
		if (xnat_is_nat(&conf->bridge[i]) &&
		    !strcmp(conf->bridge[i].name, link->name))
			return true;
	return false;
}

/* A frame that comes back to the bridge it came from would be looked at as
 * bridged, too, and its rewritten addresses would not be taken. */
static int take_bridge(struct xn_holds *holds,
		       const struct xn_planeconf_bridge *bridge,
		       struct xn_err *err)
{
	static const uint16_t attrs[] = {IFLA_BR_NF_CALL_IPTABLES,
					 IFLA_BR_NF_CALL_IP6TABLES,
					 IFLA_BR_NF_CALL_ARPTABLES};
	int rc = 0;

	if (!bridge->nat.forward_count && !bridge->nat.pair_count)
		return 0;
	for (unsigned int i = 0; i < 3 && rc == 0; i++)
		rc = xn_hold_bridge(holds, bridge->name, attrs[i], 0, err);
	return rc;
}

/* nft(8) cannot read back times for ICMP, so they are the namespace's. */
static int take_times(struct xn_holds *holds, struct xn_err *err)
{
	int rc = xn_hold_sysctl_least(holds, ICMP_TIME, XNAT_ICMP_S, err);

	return rc < 0 ? rc
		      : xn_hold_sysctl_least(holds, ICMP6_TIME, XNAT_ICMP_S,
					     err);
}

static int take_all(struct xn_holds *holds, struct xn_planeconf *conf,
		    struct xn_err *err)
{
	bool ipv4 = false, ipv6 = false;
	int rc = 0;

	for (uint32_t i = 0; i < conf->bridge_count && rc == 0; i++) {
		const struct xn_planeconf_bridge *bridge = &conf->bridge[i];

		if (!xnat_is_nat(bridge))
			continue;
		ipv4 |= xnat_has_family(bridge, 4);
		ipv6 |= xnat_has_family(bridge, 6);
		rc = take_bridge(holds, bridge, err);
	}
	if (rc == 0)
		rc = take_times(holds, err);
	if (rc == 0 && ipv4)
		rc = xn_hold_sysctl(holds, XN_HOLD_FORWARD4, 1, err);
	if (rc == 0 && ipv6)
		rc = xn_hold_forwarding6(holds, is_inside, conf, err);
	return rc;
}

int xnat_host_set(struct xn_nl *nl, const struct xn_planeconf *conf,
		  struct xnat_host_job *job, struct xn_err *err)
{
	struct xn_holds holds;
	int rc = xn_holds_open(nl, XN_HOLD_NAT, job->wait, &holds, err);

	job->changes = 0;
	if (rc < 0)
		return rc;
	holds.dry = job->dry;
	holds.say = job->say;
	holds.arg = job->arg;
	if (conf) {
		struct xn_planeconf shallow = *conf; /* a callback's argument */

		rc = take_all(&holds, &shallow, err);
	}
	if (rc == 0)
		rc = xn_holds_give_rest(&holds, err);
	job->changes = holds.changes;
	xn_holds_close(&holds);
	return rc;
}
