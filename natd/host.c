/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sysctls and bridges' settings that NAT holds, see host.h. */
#include "natd/host.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/if_link.h>

#include "natd/plan.h"
#include "netconf/base/fd.h"
#include "netconf/base/text.h"
#include "netconf/nl/bridge.h"
#include "netconf/nl/link.h"

#define FORWARD4 "net/ipv4/ip_forward"
#define FORWARD6 "net/ipv6/conf/all/forwarding"
#define ICMP_TIME "net/netfilter/nf_conntrack_icmp_timeout"
#define ICMP6_TIME "net/netfilter/nf_conntrack_icmpv6_timeout"

/* What is being taken: the list, and where it is written. */
struct taking {
	struct xn_nl *nl;
	const char *path;
	struct xnat_holds holds;
	struct xnat_host_job *job;
	struct xn_err *err;
};

static void count(struct xnat_host_job *job, const struct xnat_hold *hold,
		  uint32_t before, uint32_t value)
{
	char words[XNAT_HOLD_NAME_MAX + 64];
	const char *what = hold->kind == XNAT_SYSCTL ? "sysctl"
			   : hold->attr == IFLA_BR_NF_CALL_IPTABLES
				   ? "bridge nf_call_iptables"
			   : hold->attr == IFLA_BR_NF_CALL_IP6TABLES
				   ? "bridge nf_call_ip6tables"
				   : "bridge nf_call_arptables";

	job->changes++;
	if (!job->say)
		return;
	(void)snprintf(words, sizeof(words), "change %s of %s: %u -> %u", what,
		       hold->name, before, value);
	job->say(job->arg, words);
}

static int sysctl_path(const char *name, char ret_path[PATH_MAX])
{
	return xn_text_format(ret_path, PATH_MAX, "/proc/sys/%s", name);
}

/* -ENOENT: the kernel has none of that name. */
static int read_sysctl(const char *name, uint32_t *ret_value)
{
	char path[PATH_MAX], text[32];
	ssize_t got;
	int fd;

	if (sysctl_path(name, path) < 0)
		return -ENAMETOOLONG;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	got = read(fd, text, sizeof(text) - 1);
	xn_close(&fd);
	if (got <= 0)
		return -EIO;
	text[got] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return xn_parse_u32(text, 0, UINT32_MAX, ret_value);
}

static int write_sysctl(const char *name, uint32_t value, struct xn_err *err)
{
	char path[PATH_MAX], text[32];
	int length = xn_text_format(text, sizeof(text), "%u\n", value);
	int error = 0, fd;

	if (sysctl_path(name, path) < 0)
		return -ENAMETOOLONG;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, (size_t)length) != length)
		error = errno ? errno : EIO;
	xn_close(&fd);
	return error ? xn_fail(err, error, "%s=%u: %s", name, value,
			       strerror(error))
		     : 0;
}

static bool bridge_value(const struct xn_link *link, uint16_t attr,
			 uint32_t *ret_value)
{
	switch (attr) {
	case IFLA_BR_NF_CALL_IPTABLES:
		*ret_value = link->bridge.nf_call_iptables;
		return true;
	case IFLA_BR_NF_CALL_IP6TABLES:
		*ret_value = link->bridge.nf_call_ip6tables;
		return true;
	case IFLA_BR_NF_CALL_ARPTABLES:
		*ret_value = link->bridge.nf_call_arptables;
		return true;
	default:
		return false;
	}
}

/* -ENODEV: it is not there, or no bridge. */
static int read_hold(struct xn_nl *nl, const struct xnat_hold *hold,
		     uint32_t *ret_value)
{
	struct xn_link link;

	if (hold->kind == XNAT_SYSCTL)
		return read_sysctl(hold->name, ret_value);
	if (xn_link_get(nl, hold->name, &link, NULL) < 0 || !link.is_bridge ||
	    !bridge_value(&link, hold->attr, ret_value))
		return -ENODEV;
	return 0;
}

static int write_hold(struct xn_nl *nl, const struct xnat_hold *hold,
		      uint32_t value, struct xn_err *err)
{
	struct xn_nl_setting setting = {hold->attr, value};
	struct xn_link link;
	int rc;

	if (hold->kind == XNAT_SYSCTL)
		return write_sysctl(hold->name, value, err);
	rc = xn_link_get(nl, hold->name, &link, err);
	return rc < 0 ? rc : xn_bridge_set(nl, link.ifindex, &setting, 1, err);
}

static struct xnat_hold *find_hold(const struct xnat_holds *holds,
				   const struct xnat_hold *like)
{
	for (uint32_t i = 0; i < holds->count; i++)
		if (holds->hold[i].kind == like->kind &&
		    holds->hold[i].attr == like->attr &&
		    !strcmp(holds->hold[i].name, like->name))
			return &holds->hold[i];
	return NULL;
}

static int add_hold(struct xnat_holds *holds, const struct xnat_hold *hold)
{
	uint32_t room = holds->room ? holds->room * 2 : 8;

	if (holds->count == XNAT_HOLDS_MAX)
		return -E2BIG;
	if (holds->count == holds->room) {
		void *more =
			reallocarray(holds->hold, room, sizeof(*holds->hold));

		if (!more)
			return -ENOMEM;
		holds->hold = more;
		holds->room = room;
	}
	holds->hold[holds->count++] = *hold;
	return 0;
}

/* Makes the value so, and remembers what it was. */
static int take(struct taking *taking, struct xnat_hold hold)
{
	struct xnat_hold *held = find_hold(&taking->holds, &hold);
	uint32_t value = 0;
	int rc = read_hold(taking->nl, &hold, &value);

	hold.wanted = true;
	if (held)
		held->wanted = true;
	/* A kernel without it, or a bridge that is not there yet. */
	if (rc == -ENOENT || rc == -ENODEV)
		return 0;
	if (rc < 0)
		return xn_fail(taking->err, -rc, "%s: %s", hold.name,
			       strerror(-rc));
	if (value == hold.set)
		return 0;
	if (taking->job->dry) {
		count(taking->job, &hold, value, hold.set);
		return 0;
	}
	if (!held) {
		hold.before = value;
		rc = add_hold(&taking->holds, &hold);
		if (rc < 0)
			return xn_fail(taking->err, -rc, "%s: %s", hold.name,
				       strerror(-rc));
		rc = xnat_holds_write(taking->path, &taking->holds,
				      taking->err);
	}
	if (rc == 0)
		rc = write_hold(taking->nl, &hold, hold.set, taking->err);
	if (rc == 0)
		count(taking->job, &hold, value, hold.set);
	return rc;
}

/* Those whose names begin so stay. */
static void keep_sysctls(struct taking *taking, const char *begin)
{
	for (uint32_t i = 0; i < taking->holds.count; i++) {
		struct xnat_hold *hold = &taking->holds.hold[i];

		if (hold->kind == XNAT_SYSCTL &&
		    !strncmp(hold->name, begin, strlen(begin)))
			hold->wanted = true;
	}
}

static int take_sysctl(struct taking *taking, const char *name, uint32_t value)
{
	struct xnat_hold hold = {.kind = XNAT_SYSCTL, .set = value};

	if (xn_text_copy(hold.name, sizeof(hold.name), name) < 0)
		return xn_fail(taking->err, ENAMETOOLONG, "%s: too long", name);
	return take(taking, hold);
}

/* A host that forwards does not listen to routers any more, unless told to:
 * who got addresses and routes from them keeps them. */
static int keep_listening(struct taking *taking, const char *link)
{
	char name[XNAT_HOLD_NAME_MAX];
	uint32_t value = 0;

	if (xn_text_format(name, sizeof(name), "net/ipv6/conf/%s/disable_ipv6",
			   link) < 0 ||
	    read_sysctl(name, &value) < 0 || value != 0)
		return 0;
	(void)xn_text_format(name, sizeof(name), "net/ipv6/conf/%s/accept_ra",
			     link);
	if (read_sysctl(name, &value) < 0 || value != 1)
		return 0;
	return take_sysctl(taking, name, 2);
}

/* nft(8) cannot read back times for ICMP, so they are the namespace's. */
static int take_least(struct taking *taking, const char *name, uint32_t least)
{
	uint32_t value = 0;

	keep_sysctls(taking, name);
	if (read_sysctl(name, &value) < 0 || value >= least)
		return 0;
	return take_sysctl(taking, name, least);
}

static bool is_nat_bridge(const struct xn_planeconf *conf, const char *name)
{
	for (uint32_t i = 0; i < conf->bridge_count; i++)
		if (xnat_is_nat(&conf->bridge[i]) &&
		    !strcmp(conf->bridge[i].name, name))
			return true;
	return false;
}

static int take_forwarding6(struct taking *taking,
			    const struct xn_planeconf *conf)
{
	uint32_t forwards = 0;
	struct xn_link_table links;
	int rc = read_sysctl(FORWARD6, &forwards);

	keep_sysctls(taking, "net/ipv6/conf/");
	if (rc == -ENOENT || forwards)
		return 0;
	rc = xn_link_dump(taking->nl, &links, taking->err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < links.count && rc == 0; i++)
		if (strcmp(links.link[i].name, "lo") != 0 &&
		    !links.link[i].is_bridge_port &&
		    !is_nat_bridge(conf, links.link[i].name))
			rc = keep_listening(taking, links.link[i].name);
	xn_link_table_fini(&links);
	return rc < 0 ? rc : take_sysctl(taking, FORWARD6, 1);
}

/* A frame that comes back to the bridge it came from would be looked at as
 * bridged, too, and its rewritten addresses would not be taken. */
static int take_bridge(struct taking *taking,
		       const struct xn_planeconf_bridge *bridge)
{
	static const uint16_t attrs[] = {IFLA_BR_NF_CALL_IPTABLES,
					 IFLA_BR_NF_CALL_IP6TABLES,
					 IFLA_BR_NF_CALL_ARPTABLES};
	int rc = 0;

	if (!bridge->nat.forward_count && !bridge->nat.pair_count)
		return 0;
	for (unsigned int i = 0; i < 3 && rc == 0; i++) {
		struct xnat_hold hold = {.kind = XNAT_BRIDGE, .attr = attrs[i]};

		(void)xn_text_copy(hold.name, sizeof(hold.name), bridge->name);
		rc = take(taking, hold);
	}
	return rc;
}

static int take_all(struct taking *taking, const struct xn_planeconf *conf)
{
	bool ipv4 = false, ipv6 = false;
	int rc = 0;

	for (uint32_t i = 0; i < conf->bridge_count && rc == 0; i++) {
		const struct xn_planeconf_bridge *bridge = &conf->bridge[i];

		if (!xnat_is_nat(bridge))
			continue;
		ipv4 |= xnat_has_family(bridge, 4);
		ipv6 |= xnat_has_family(bridge, 6);
		rc = take_bridge(taking, bridge);
	}
	if (rc == 0)
		rc = take_least(taking, ICMP_TIME, XNAT_ICMP_S);
	if (rc == 0)
		rc = take_least(taking, ICMP6_TIME, XNAT_ICMP_S);
	if (rc == 0 && ipv4)
		rc = take_sysctl(taking, FORWARD4, 1);
	if (rc == 0 && ipv6)
		rc = take_forwarding6(taking, conf);
	return rc;
}

/* Unless it is gone, or somebody else's by now. */
static int give(struct xn_nl *nl, const struct xnat_hold *hold,
		struct xnat_host_job *job, struct xn_err *err)
{
	uint32_t value = 0;
	int rc = read_hold(nl, hold, &value);

	if (rc < 0 || value != hold->set)
		return 0;
	rc = job->dry ? 0 : write_hold(nl, hold, hold->before, err);
	if (rc == 0)
		count(job, hold, value, hold->before);
	return rc;
}

/* Backwards, as they were taken forwards. */
static int give_unwanted(struct taking *taking)
{
	struct xnat_holds *holds = &taking->holds;
	bool gave = false;

	for (uint32_t i = holds->count; i > 0; i--) {
		struct xnat_hold *hold = &holds->hold[i - 1];
		int rc;

		if (hold->wanted)
			continue;
		rc = give(taking->nl, hold, taking->job, taking->err);
		if (rc < 0)
			return rc;
		if (taking->job->dry)
			continue;
		memmove(hold, hold + 1,
			(holds->count - i) * sizeof(*holds->hold));
		holds->count--;
		gave = true;
	}
	return gave ? xnat_holds_write(taking->path, holds, taking->err) : 0;
}

int xnat_host_take(struct xn_nl *nl, const char *path,
		   const struct xn_planeconf *conf, struct xnat_host_job *job,
		   struct xn_err *err)
{
	struct taking taking = {.nl = nl, .path = path, .job = job, .err = err};
	int rc = xnat_holds_read(path, &taking.holds, err);

	job->changes = 0;
	if (rc == 0)
		rc = take_all(&taking, conf);
	if (rc == 0)
		rc = give_unwanted(&taking);
	xnat_holds_fini(&taking.holds);
	return rc;
}

int xnat_host_give(struct xn_nl *nl, const char *path,
		   struct xnat_host_job *job, struct xn_err *err)
{
	struct xnat_holds holds = {0};
	const struct xnat_holds none = {0};
	int rc = xnat_holds_read(path, &holds, err);
	int first = rc;

	job->changes = 0;
	/* Forwarding goes first: with it, each link's own settings change. */
	for (uint32_t i = holds.count; i > 0; i--) {
		rc = give(nl, &holds.hold[i - 1], job, err);
		if (first == 0)
			first = rc;
	}
	xnat_holds_fini(&holds);
	if (first == 0 && !job->dry)
		first = xnat_holds_write(path, &none, err);
	return first;
}
