/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the doctor knows of a host, see facts.h. */
#include "netconf/doctor/facts.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/if_link.h>
#include <linux/netfilter.h>

#include "netconf/base/fd.h"
#include "netconf/base/text.h"
#include "netconf/nl/netfilter.h"
#include "netconf/nl/nft.h"
#include "netconf/nl/xtables.h"
#include "netconf/observe/observe.h"

#define DNSMASQ "/usr/sbin/dnsmasq" /* as xenplaned starts it */
#define DAEMON_SOCKET "/run/xenplane/control.sock"

static void trouble(struct xn_facts *facts, const struct xn_err *err)
{
	if (facts->trouble_count == XN_TROUBLES_MAX)
		return;
	(void)xn_text_format(facts->trouble[facts->trouble_count++],
			     XN_ERR_TEXT_MAX, "%s", xn_err_text(err));
}

/* Of a bridge alone, where the namespace is not told to. */
static bool bridge_calls(const struct xn_model *model, uint16_t attr)
{
	for (size_t i = 0; i < xn_model_count(model, XN_LINK); i++) {
		const struct xn_model_link *link =
			xn_model_at(model, XN_LINK, i);

		for (uint8_t k = 0; k < link->bridge.count; k++) {
			if (link->bridge.setting[k].attr == attr &&
			    link->bridge.setting[k].value)
				return true;
		}
	}
	return false;
}

static void read_bridge_nf(struct xn_facts *facts)
{
	struct xn_bridge_nf nf = {0};
	struct xn_err err = {0};

	if (xn_bridge_nf_read(&nf, &err) < 0)
		trouble(facts, &err);
	facts->call_ip = nf.call_iptables ||
			 bridge_calls(&facts->model, IFLA_BR_NF_CALL_IPTABLES);
	facts->call_ip6 =
		nf.call_ip6tables ||
		bridge_calls(&facts->model, IFLA_BR_NF_CALL_IP6TABLES);
}

static void note_forward(struct xn_forward *forward, bool drops,
			 const char *family, const struct xn_nft_hook *hook)
{
	forward->hooked = true;
	if (!drops || forward->drops)
		return;
	forward->drops = true;
	if (hook)
		(void)xn_text_format(forward->where, sizeof(forward->where),
				     "nftables: %s %s %s", family, hook->table,
				     hook->chain);
	else
		(void)xn_text_format(forward->where, sizeof(forward->where),
				     "%s: filter FORWARD", family);
	xn_text_make_printable(forward->where);
}

static void note_input(struct xn_facts *facts, const struct xn_nft_hook *hook)
{
	if (hook->family == NFPROTO_IPV4)
		note_forward(&facts->input, hook->drops, "ip", hook);
	else if (hook->family == NFPROTO_IPV6)
		note_forward(&facts->input, hook->drops, "ip6", hook);
	else if (hook->family == NFPROTO_INET)
		note_forward(&facts->input, hook->drops, "inet", hook);
}

static void note_hook(struct xn_facts *facts, const struct xn_nft_hook *hook)
{
	if (!hook->device[0] && hook->number == NF_INET_LOCAL_IN)
		note_input(facts, hook);
	if (hook->device[0] || hook->number != NF_INET_FORWARD)
		return;
	switch (hook->family) {
	case NFPROTO_IPV4:
		note_forward(&facts->ip, hook->drops, "ip", hook);
		break;
	case NFPROTO_IPV6:
		note_forward(&facts->ip6, hook->drops, "ip6", hook);
		break;
	case NFPROTO_INET:
		note_forward(&facts->ip, hook->drops, "inet", hook);
		note_forward(&facts->ip6, hook->drops, "inet", hook);
		break;
	case NFPROTO_BRIDGE:
		note_forward(&facts->bridge, hook->drops, "bridge", hook);
		break;
	default:
		break;
	}
}

static void read_nft(struct xn_facts *facts)
{
	struct xn_nft_hooks hooks = {0};
	struct xn_err err = {0};
	struct xn_nl *nl;
	int rc = xn_nl_open_netfilter(&nl, &err);

	if (rc == 0) {
		rc = xn_nft_hooks_dump(nl, &hooks, &err);
		xn_nl_close(nl);
	}
	for (size_t i = 0; rc == 0 && i < hooks.count; i++)
		note_hook(facts, &hooks.hook[i]);
	/* A kernel without nftables has nobody there. */
	if (rc < 0 && rc != -EOPNOTSUPP && rc != -EPROTONOSUPPORT)
		trouble(facts, &err);
	xn_nft_hooks_fini(&hooks);
}

static void read_old_tables(struct xn_facts *facts)
{
	struct xn_xtables tables = {0};
	struct xn_err err = {0};
	bool drops = false, drops6 = false;
	int rc = xn_xtables_read(&tables, &err);

	if (rc == 0 && tables.ip)
		rc = xn_xtables_forward_drops(AF_INET, &drops, &err);
	if (rc == 0 && tables.ip6)
		rc = xn_xtables_forward_drops(AF_INET6, &drops6, &err);
	if (rc < 0)
		trouble(facts, &err);
	if (tables.ip)
		note_forward(&facts->ip, drops, "old iptables", NULL);
	if (tables.ip6)
		note_forward(&facts->ip6, drops6, "old ip6tables", NULL);
}

/* False also when it is not there. Of the thread's namespace. */
static bool read_switch(const char *path)
{
	FILE *file = fopen(path, "re");
	bool on = false;
	char text[16];

	if (file && fgets(text, sizeof(text), file))
		on = text[0] != '0';
	if (file)
		(void)fclose(file);
	return on;
}

static void read_forwarding(struct xn_facts *facts)
{
	facts->has_ipv6 = access("/proc/sys/net/ipv6", F_OK) == 0;
	facts->ip_forwards = read_switch("/proc/sys/net/ipv4/ip_forward");
	facts->ip6_forwards =
		read_switch("/proc/sys/net/ipv6/conf/all/forwarding");
}

static bool is_there(const char *root, const char *path)
{
	char full[PATH_MAX];

	return xn_text_format(full, sizeof(full), "%s%s", root, path) > 0 &&
	       access(full, F_OK) == 0;
}

static void read_netback(struct xn_facts *facts, const char *root)
{
	facts->netback_driver =
		is_there(root, "/sys/bus/xen-backend/drivers/vif");
	facts->netback_module = is_there(root, "/sys/module/xen_netback");
	facts->daemon = is_there(root, DAEMON_SOCKET);
	xn_backends_read(facts, root);
}

static bool is_wireless(const char *root, const char *name)
{
	char path[PATH_MAX];

	(void)xn_text_format(path, sizeof(path), "/sys/class/net/%s/wireless",
			     name);
	if (is_there(root, path))
		return true;
	(void)xn_text_format(path, sizeof(path), "/sys/class/net/%s/phy80211",
			     name);
	return is_there(root, path);
}

static bool is_known(const struct xn_facts *facts, const char *name,
		     const struct xn_model_link *link)
{
	for (uint32_t i = 0; i < facts->nic_count; i++) {
		if (strcmp(facts->nic[i].name, name) == 0 ||
		    (link && facts->nic[i].ifindex == link->ifindex))
			return true;
	}
	return false;
}

/* `name`: what the file and other managers call it. */
static void add_nic(struct xn_facts *facts, const char *root, const char *name,
		    const struct xn_model_link *link, bool in_file)
{
	struct xn_nic *nic;

	if (is_known(facts, name, link) || facts->nic_count == XN_NICS_MAX)
		return;
	nic = &facts->nic[facts->nic_count++];
	(void)xn_text_copy(nic->name, sizeof(nic->name), name);
	nic->ifindex = link ? link->ifindex : 0;
	nic->in_file = in_file;
	nic->wireless = is_wireless(root, link ? link->name : name);
	nic->managers = xn_managers_of(root, name, nic->ifindex);
}

/* With style = old or new the NIC is pNETDEV once that is in force. */
static const struct xn_model_link *
netdev_of(const struct xn_model *model, const struct xn_planeconf_bridge *conf)
{
	const struct xn_model_link *link = NULL;
	char name[IFNAMSIZ];

	if (conf->style != XN_CONF_PLAIN &&
	    xn_text_format(name, sizeof(name), "p%s", conf->netdev) > 0)
		link = xn_model_link_named(model, name);
	return link && link->master ? link
				    : xn_model_link_named(model, conf->netdev);
}

/* A guest's, by its kind or name. */
static bool is_guests(const struct xn_model_link *link)
{
	return strcmp(link->kind, "tun") == 0 ||
	       strncmp(link->name, "vif", 3) == 0;
}

static void read_nics(struct xn_facts *facts, const char *root,
		      const struct xn_planeconf *conf)
{
	for (uint32_t i = 0; conf && i < conf->bridge_count; i++) {
		const struct xn_planeconf_bridge *bridge = &conf->bridge[i];

		if (bridge->netdev[0])
			add_nic(facts, root, bridge->netdev,
				netdev_of(&facts->model, bridge), true);
	}
	for (size_t i = 0; i < xn_model_count(&facts->model, XN_LINK); i++) {
		const struct xn_model_link *link =
			xn_model_at(&facts->model, XN_LINK, i);
		const struct xn_model_link *master =
			xn_model_link(&facts->model, link->master);

		if (master && strcmp(master->kind, "bridge") == 0 &&
		    !is_guests(link))
			add_nic(facts, root, link->name, link, false);
	}
}

int xn_facts_read(struct xn_nl *nl, const char *root,
		  const struct xn_planeconf *conf, struct xn_facts *ret_facts,
		  struct xn_err *err)
{
	struct xn_facts *facts = ret_facts;
	struct xn_err none = {0};
	int rc;

	*facts = (struct xn_facts){0};
	rc = xn_observe(nl, &facts->model, err);
	if (rc < 0)
		return rc;
	read_bridge_nf(facts);
	read_nft(facts);
	read_old_tables(facts);
	read_forwarding(facts);
	facts->dnsmasq = access(DNSMASQ, X_OK) == 0;
	read_netback(facts, root);
	read_nics(facts, root, conf);
	if (xn_probe_kernel(XN_PROBE_ALL, &facts->probe, &none) < 0)
		trouble(facts, &none);
	return 0;
}

void xn_facts_fini(struct xn_facts *facts)
{
	xn_model_fini(&facts->model);
}
