/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts to findings. Pure. */
#include "netconf/doctor/judge.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <linux/if_link.h>

#include "netconf/base/text.h"

const char *xn_severity_word(enum xn_severity severity)
{
	static const char *const words[] = {[XN_SEVERITY_NOTE] = "note",
					    [XN_SEVERITY_WARNING] = "warning",
					    [XN_SEVERITY_ERROR] = "error"};

	return words[severity];
}

/* Its words follow by say() and advise(). When there is no room the last one
 * gives way; no host has that many. */
static struct xn_finding *find(struct xn_findings *findings, const char *id,
			       enum xn_severity severity, const char *subject)
{
	struct xn_finding *finding;

	if (findings->count == XN_FINDINGS_MAX)
		findings->count--;
	finding = &findings->item[findings->count++];
	*finding = (struct xn_finding){.id = id, .severity = severity};
	(void)xn_text_format(finding->subject, sizeof(finding->subject), "%s",
			     subject);
	return finding;
}

__attribute__((format(printf, 2, 3))) static void
say(struct xn_finding *finding, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(finding->what, sizeof(finding->what), format, args);
	va_end(args);
}

__attribute__((format(printf, 2, 3))) static void
advise(struct xn_finding *finding, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(finding->todo, sizeof(finding->todo), format, args);
	va_end(args);
}

static void judge_forward(const struct xn_forward *forward, bool called,
			  const char *program, struct xn_findings *findings)
{
	struct xn_finding *finding;

	if (!called || !forward->hooked)
		return;
	if (forward->drops) {
		finding = find(findings, "forward-drop", XN_SEVERITY_ERROR,
			       program);
		say(finding,
		    "frames between guests and network pass %s "
		    "(net.bridge.bridge-nf-call-%s = 1), and %s drops what no "
		    "rule takes: so Docker sets it up",
		    program, program, forward->where);
		advise(finding,
		       "sysctl net.bridge.bridge-nf-call-%s=0, or a rule that "
		       "accepts bridged frames (%s -I %s -m physdev "
		       "--physdev-is-bridged -j ACCEPT)",
		       program, program,
		       strcmp(program, "iptables") == 0 ? "DOCKER-USER"
							: "FORWARD");
		return;
	}
	finding = find(findings, "bridge-filter", XN_SEVERITY_WARNING, program);
	say(finding,
	    "frames between guests and network pass %s' rules "
	    "(net.bridge.bridge-nf-call-%s = 1), which also keeps guests off "
	    "the fast path",
	    program, program);
	advise(finding,
	       "sysctl net.bridge.bridge-nf-call-%s=0, unless the "
	       "rules are for them",
	       program);
}

static void judge_filters(const struct xn_facts *facts,
			  struct xn_findings *findings)
{
	struct xn_finding *finding;

	judge_forward(&facts->ip, facts->call_ip, "iptables", findings);
	judge_forward(&facts->ip6, facts->call_ip6, "ip6tables", findings);
	if (!facts->bridge.drops)
		return;
	finding = find(findings, "bridge-drop", XN_SEVERITY_ERROR, "nftables");
	say(finding, "%s drops what bridges forward and no rule takes",
	    facts->bridge.where);
	advise(finding, "rules that accept guests' frames, or policy accept");
}

static void judge_manager(const struct xn_nic *nic, enum xn_manager manager,
			  struct xn_findings *findings)
{
	static const struct {
		const char *name, *todo;
	} rows[XN_MANAGERS] = {
		[XN_MANAGER_NETWORKMANAGER] =
			{"NetworkManager",
			 "unmanaged-devices in [keyfile] of a file in "
			 "/etc/NetworkManager/conf.d"},
		[XN_MANAGER_NETWORKD] =
			{"systemd-networkd",
			 "Unmanaged=yes in [Link] of a .network "
			 "file that matches it"},
		[XN_MANAGER_IFUPDOWN] =
			{"ifupdown", "`iface NIC inet manual` in "
				     "/etc/network/interfaces, or no stanza "
				     "of it"},
	};
	struct xn_finding *finding;

	if (!(nic->managers & (1U << manager)))
		return;
	finding = find(findings, "nic-manager",
		       nic->in_file ? XN_SEVERITY_ERROR : XN_SEVERITY_WARNING,
		       nic->name);
	say(finding,
	    "%s sets %s up, too: what it puts there comes in the way "
	    "of the bridge",
	    rows[manager].name, nic->name);
	advise(finding, "%s", rows[manager].todo);
}

static void judge_nics(const struct xn_facts *facts,
		       struct xn_findings *findings)
{
	for (uint32_t i = 0; i < facts->nic_count; i++) {
		const struct xn_nic *nic = &facts->nic[i];
		struct xn_finding *finding;

		for (int k = 0; k < XN_MANAGERS; k++)
			judge_manager(nic, (enum xn_manager)k, findings);
		if (nic->wireless) {
			finding = find(findings, "wireless", XN_SEVERITY_ERROR,
				       nic->name);
			say(finding,
			    "%s is wireless: an access point takes no frames "
			    "with a guest's address, so it cannot be bridged",
			    nic->name);
			advise(finding, "mode = nat or routed");
		}
		if (!nic->ifindex) {
			finding = find(findings, "nic-missing",
				       XN_SEVERITY_ERROR, nic->name);
			say(finding, "the file names %s, which is not there",
			    nic->name);
			advise(finding,
			       "netdev = the NIC's name now (ip link), "
			       "or a stable one by a .link file");
		}
	}
}

/* Of the model's bridge settings; UINT32_MAX: not said. */
static uint32_t setting(const struct xn_model_link *link, uint16_t attr)
{
	for (uint8_t i = 0; i < link->bridge.count; i++) {
		if (link->bridge.setting[i].attr == attr)
			return link->bridge.setting[i].value;
	}
	return UINT32_MAX;
}

static void judge_delay(const struct xn_model_link *bridge,
			struct xn_findings *findings)
{
	uint32_t delay_cs = setting(bridge, IFLA_BR_FORWARD_DELAY);
	struct xn_finding *finding;

	if (setting(bridge, IFLA_BR_STP_STATE) != 1 || delay_cs == UINT32_MAX)
		return;
	finding = find(findings, "stp-delay", XN_SEVERITY_NOTE, bridge->name);
	say(finding,
	    "spanning tree is on: a guest that starts waits %u s until its "
	    "port forwards, longer than most DHCP clients ask",
	    2 * delay_cs / 100);
	advise(finding, "forward-delay = 2, or stp = off where no loop can be");
}

static void judge_mtus(const struct xn_facts *facts,
		       struct xn_findings *findings)
{
	for (size_t i = 0; i < xn_model_count(&facts->model, XN_LINK); i++) {
		const struct xn_model_link *link =
			xn_model_at(&facts->model, XN_LINK, i);
		const struct xn_model_link *bridge =
			xn_model_link(&facts->model, link->master);
		struct xn_finding *finding;

		if (strcmp(link->kind, "bridge") == 0)
			judge_delay(link, findings);
		if (!bridge || strcmp(bridge->kind, "bridge") != 0 ||
		    link->mtu >= bridge->mtu)
			continue;
		finding =
			find(findings, "mtu", XN_SEVERITY_WARNING, link->name);
		say(finding,
		    "%s takes frames of %u bytes, %s of %u: longer ones are "
		    "dropped without a word",
		    link->name, link->mtu, bridge->name, bridge->mtu);
		advise(finding, "the same MTU for both");
	}
}

static bool wants(const struct xn_planeconf *conf, enum xn_conf_mode mode)
{
	for (uint32_t i = 0; conf && i < conf->bridge_count; i++) {
		if (conf->bridge[i].mode == mode)
			return true;
	}
	return false;
}

static bool wants_vlans(const struct xn_planeconf *conf)
{
	for (uint32_t i = 0; conf && i < conf->bridge_count; i++) {
		if (conf->bridge[i].vlan_filtering)
			return true;
	}
	return false;
}

static enum xn_severity feature_severity(enum xn_probe_feature feature,
					 const struct xn_planeconf *conf)
{
	switch (feature) {
	case XN_PROBE_BRIDGE:
	case XN_PROBE_TAP:
		return XN_SEVERITY_ERROR;
	case XN_PROBE_VLAN_FILTERING:
		return wants_vlans(conf) ? XN_SEVERITY_ERROR : XN_SEVERITY_NOTE;
	case XN_PROBE_NFT_INET:
		return wants(conf, XN_CONF_NAT) ? XN_SEVERITY_ERROR
						: XN_SEVERITY_NOTE;
	case XN_PROBE_ISOLATION:
		return XN_SEVERITY_WARNING;
	case XN_PROBE_VETH:
	case XN_PROBE_IFB:
	case XN_PROBE_NFT_BRIDGE:
	case XN_PROBE_NFT_NETDEV:
	case XN_PROBE_FEATURES:
		break;
	}
	return XN_SEVERITY_NOTE;
}

/* What a guest, or an administrator, misses with it. */
static const char *feature_use(enum xn_probe_feature feature)
{
	static const char *const uses[XN_PROBE_FEATURES] = {
		[XN_PROBE_BRIDGE] = "no guest gets on a network",
		[XN_PROBE_VLAN_FILTERING] = "vlan-filtering = on is refused",
		[XN_PROBE_ISOLATION] =
			"no fast path for guests, and isolated=on does nothing",
		[XN_PROBE_VETH] = "no style = old, no lab",
		[XN_PROBE_TAP] = "no vif can be made",
		[XN_PROBE_IFB] = "what guests send can be policed, not shaped",
		[XN_PROBE_NFT_INET] = "no mode = nat",
		[XN_PROBE_NFT_BRIDGE] = "no filter on bridges by nftables",
		[XN_PROBE_NFT_NETDEV] = "no filter on vifs by nftables",
	};

	return uses[feature];
}

static void judge_features(const struct xn_facts *facts,
			   const struct xn_planeconf *conf,
			   struct xn_findings *findings)
{
	for (int i = 0; i < XN_PROBE_FEATURES; i++) {
		enum xn_probe_feature feature = (enum xn_probe_feature)i;
		struct xn_finding *finding;

		if (facts->probe.state[i] != XN_PROBE_ABSENT)
			continue;
		finding = find(findings, "kernel-feature",
			       feature_severity(feature, conf),
			       xn_probe_name(feature));
		say(finding, "the kernel has no %s (%s): %s",
		    xn_probe_name(feature), strerror(-facts->probe.error[i]),
		    feature_use(feature));
		advise(finding, "a kernel, or a module, that has it");
	}
}

/* "vif1.0, vif2.0 and 3 more", or "no vif" */
static void list_served(const struct xn_served *served, char *ret_text,
			size_t room)
{
	if (!served->count)
		(void)xn_text_format(ret_text, room, "no vif");
	else if (served->named == served->count)
		(void)xn_text_format(ret_text, room, "%s", served->names);
	else
		(void)xn_text_format(ret_text, room, "%s and %u more",
				     served->names,
				     served->count - served->named);
}

static void judge_netback(const struct xn_facts *facts,
			  struct xn_findings *findings)
{
	char netbacks[XN_WHERE_MAX + 32], ours[XN_WHERE_MAX + 32];
	struct xn_finding *finding;

	if (!facts->netback_driver && !facts->netback_module)
		return;
	list_served(&facts->netbacks, netbacks, sizeof(netbacks));
	list_served(&facts->ours, ours, sizeof(ours));
	finding = find(findings, "xen-netback",
		       facts->daemon ? XN_SEVERITY_ERROR : XN_SEVERITY_NOTE,
		       "xen-netback");
	if (facts->daemon)
		say(finding,
		    "the kernel's xen-netback serves vifs as well as "
		    "xenplaned: both answer the same guests; the kernel's now "
		    "has %s, xenplane-netback %s",
		    netbacks, ours);
	else
		say(finding,
		    "the kernel's xen-netback serves vifs; xenplaned is not "
		    "there; the kernel's now has %s",
		    netbacks);
	advise(finding, "to use xenplaned: modprobe -r xen-netback, and "
			"`blacklist xen-netback` in /etc/modprobe.d");
}

/* Guests behind these are on networks that the host routes for. */
static bool routes(const struct xn_planeconf *conf, uint8_t family)
{
	for (uint32_t i = 0; conf && i < conf->bridge_count; i++) {
		const struct xn_planeconf_bridge *bridge = &conf->bridge[i];

		if (bridge->mode == XN_CONF_BRIDGED)
			continue;
		for (uint32_t k = 0; k < bridge->address_count; k++) {
			if (bridge->address[k].family == family)
				return true;
		}
	}
	return false;
}

static void judge_forwarding(const struct xn_facts *facts,
			     const struct xn_planeconf *conf,
			     struct xn_findings *findings)
{
	const struct {
		bool on;
		uint8_t family;
		const char *name;
	} rows[] = {
		{facts->ip_forwards, 4, "net.ipv4.ip_forward"},
		{facts->ip6_forwards, 6, "net.ipv6.conf.all.forwarding"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct xn_finding *finding;

		if (rows[i].on || !routes(conf, rows[i].family))
			continue;
		finding = find(findings, "forwarding", XN_SEVERITY_ERROR,
			       rows[i].name);
		say(finding,
		    "the file has guests behind mode = nat or routed, and "
		    "%s = 0: their packets go nowhere",
		    rows[i].name);
		advise(finding, "%s = 1 in a file in /etc/sysctl.d",
		       rows[i].name);
	}
}

/* The first bridge whose guests get addresses or names; NULL: none. */
static const char *server_of(const struct xn_planeconf *conf)
{
	for (uint32_t i = 0; conf && i < conf->bridge_count; i++)
		if (xn_dhcp_wanted(&conf->bridge[i]))
			return conf->bridge[i].name;
	return NULL;
}

static void judge_server(const struct xn_facts *facts,
			 const struct xn_planeconf *conf,
			 struct xn_findings *findings)
{
	const char *bridge = server_of(conf);
	struct xn_finding *finding;

	if (!bridge)
		return;
	if (!facts->dnsmasq) {
		finding =
			find(findings, "no-dnsmasq", XN_SEVERITY_ERROR, bridge);
		say(finding, "its guests are to get addresses or names, and "
			     "there is no /usr/sbin/dnsmasq");
		advise(finding, "apt install dnsmasq-base");
	}
	if (!facts->input.drops)
		return;
	finding = find(findings, "input-drop", XN_SEVERITY_WARNING, bridge);
	say(finding,
	    "%s drops what comes to the host and no rule takes: guests ask "
	    "the host for addresses and names",
	    facts->input.where);
	advise(finding,
	       "rules there that accept, from each such bridge: nft ... "
	       "iifname %s udp dport { 53, 67, 547 } accept; tcp dport 53; "
	       "icmpv6",
	       bridge);
}

static void judge_part(const struct xn_part *part, const char *what,
		       const char *lacks_id, const char *differs_id,
		       struct xn_findings *findings)
{
	struct xn_finding *finding;

	if (part->lacks[0]) {
		finding = find(findings, lacks_id, XN_SEVERITY_ERROR, what);
		say(finding, "the file wants it, and it cannot be had: %s",
		    part->lacks);
		advise(finding, "a kernel with what is missing");
	}
	if (!part->differences)
		return;
	finding = find(findings, differs_id, XN_SEVERITY_WARNING, what);
	say(finding, "is not as the file wants it: %u changes, the first: %s",
	    part->differences, part->first);
	advise(finding, "xenplane diff; xenplane apply");
}

static void judge_force(const struct xn_facts *facts,
			struct xn_findings *findings)
{
	judge_part(&facts->nat, "NAT", "no-nat", "nat-differs", findings);
	judge_part(&facts->rates, "rates", "no-rates", "rates-differ",
		   findings);
	for (uint32_t i = 0; i < facts->remark_count; i++) {
		struct xn_finding *finding = find(findings, "nat-limits",
						  XN_SEVERITY_WARNING, "NAT");

		say(finding, "%s", facts->remark[i]);
		advise(finding, "docs/modes.md says what goes without it");
	}
}

static void judge_drifts(const struct xn_facts *facts,
			 struct xn_findings *findings)
{
	for (uint32_t i = 0; i < facts->drift_count; i++) {
		const struct xn_fact_drift *drift = &facts->drift[i];
		struct xn_finding *finding =
			find(findings, "bridge-drift", XN_SEVERITY_WARNING,
			     drift->bridge);

		say(finding, "changed by somebody else: it takes \"%s\"",
		    drift->words);
		advise(finding, "xenplane rollback has it again as it was "
				"applied; repair = on has xenplaned do so");
	}
}

/* Else nobody sees that half of the questions were not asked. */
static void judge_file(const struct xn_planeconf *conf,
		       struct xn_findings *findings)
{
	struct xn_finding *finding;

	if (conf)
		return;
	finding = find(findings, "no-file", XN_SEVERITY_NOTE, "host");
	say(finding, "there is no /etc/xenplane/xenplane.conf: only the host "
		     "as it is was looked at, and no netdev by name");
	advise(finding, "xenplane import makes one of what is there; "
			"doctor -f FILE looks at another");
}

static void judge_troubles(const struct xn_facts *facts,
			   struct xn_findings *findings)
{
	for (uint32_t i = 0; i < facts->trouble_count; i++) {
		struct xn_finding *finding =
			find(findings, "unknown", XN_SEVERITY_WARNING, "host");

		say(finding, "could not be looked at: %s", facts->trouble[i]);
		advise(finding, "as root");
	}
}

/* Those of one severity stay in their order. */
static void put_worst_first(struct xn_findings *findings)
{
	for (uint32_t i = 1; i < findings->count; i++) {
		struct xn_finding moved = findings->item[i];
		uint32_t to = i;

		for (;
		     to > 0 && findings->item[to - 1].severity < moved.severity;
		     to--)
			findings->item[to] = findings->item[to - 1];
		findings->item[to] = moved;
	}
}

void xn_judge(const struct xn_facts *facts, const struct xn_planeconf *conf,
	      struct xn_findings *ret_findings)
{
	ret_findings->count = 0;
	judge_filters(facts, ret_findings);
	judge_nics(facts, ret_findings);
	judge_forwarding(facts, conf, ret_findings);
	judge_server(facts, conf, ret_findings);
	judge_force(facts, ret_findings);
	judge_netback(facts, ret_findings);
	judge_features(facts, conf, ret_findings);
	judge_mtus(facts, ret_findings);
	judge_drifts(facts, ret_findings);
	judge_file(conf, ret_findings);
	judge_troubles(facts, ret_findings);
	put_worst_first(ret_findings);
}

bool xn_findings_break(const struct xn_findings *findings)
{
	for (uint32_t i = 0; i < findings->count; i++) {
		if (findings->item[i].severity == XN_SEVERITY_ERROR)
			return true;
	}
	return false;
}

bool xn_findings_lack(const struct xn_findings *findings)
{
	for (uint32_t i = 0; i < findings->count; i++) {
		if (strcmp(findings->item[i].id, "unknown") == 0)
			return true;
	}
	return false;
}
