/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings that are held, see hold.h; file.c has the file. */
#include "netconf/hold/hold.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/if_link.h>

#include "netconf/base/fd.h"
#include "netconf/base/lock_file.h"
#include "netconf/base/text.h"
#include "netconf/nl/bridge.h"

int xn_holds_open(struct xn_nl *nl, enum xn_hold_owner owner, bool wait,
		  struct xn_holds *ret_holds, struct xn_err *err)
{
	struct xn_holds holds = {.nl = nl, .owner = owner, .lock_fd = -1};
	unsigned long long cookie = xn_nl_namespace_cookie(nl);
	int rc;

	(void)xn_text_format(holds.path, sizeof(holds.path),
			     XN_HOLD_FOLDER "/holds-%llu", cookie);
	(void)xn_text_format(holds.lock, sizeof(holds.lock),
			     XN_HOLD_FOLDER "/holds-%llu.lock", cookie);
	if (mkdir(XN_HOLD_FOLDER, 0755) && errno != EEXIST)
		return xn_fail(err, errno, XN_HOLD_FOLDER ": %m");
	rc = wait ? xn_lock_file_take(holds.lock, NULL, &holds.lock_fd)
		  : xn_lock_file_try(holds.lock, &holds.lock_fd);
	if (rc == -EBUSY)
		return rc;
	if (rc < 0)
		return xn_fail(err, -rc, "%s: %s", holds.lock, strerror(-rc));
	rc = xn_holds_read(holds.path, &holds, err);
	if (rc < 0)
		xn_holds_close(&holds);
	else
		*ret_holds = holds;
	return rc;
}

void xn_holds_close(struct xn_holds *holds)
{
	xn_holds_fini(holds);
	xn_lock_file_release(holds->lock, &holds->lock_fd);
}

static int open_sysctl(const char *name, int flags)
{
	char path[PATH_MAX];
	int fd;

	if (xn_text_format(path, sizeof(path), "/proc/sys/%s", name) < 0)
		return -ENAMETOOLONG;
	fd = open(path, flags | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return fd;
}

int xn_hold_read_sysctl(const char *name, uint32_t *ret_value)
{
	int fd = open_sysctl(name, O_RDONLY);
	char text[32];
	ssize_t got;

	if (fd < 0)
		return fd;
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
	char text[32];
	int length = xn_text_format(text, sizeof(text), "%u\n", value);
	int fd = open_sysctl(name, O_WRONLY);
	int error = fd < 0 ? -fd : 0;

	if (fd >= 0 && write(fd, text, (size_t)length) != length)
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
static int read_hold(struct xn_nl *nl, const struct xn_hold *hold,
		     uint32_t *ret_value)
{
	struct xn_link link;

	if (hold->kind == XN_HOLD_SYSCTL)
		return xn_hold_read_sysctl(hold->name, ret_value);
	if (xn_link_get(nl, hold->name, &link, NULL) < 0 || !link.is_bridge ||
	    !bridge_value(&link, hold->attr, ret_value))
		return -ENODEV;
	return 0;
}

static int write_hold(struct xn_nl *nl, const struct xn_hold *hold,
		      uint32_t value, struct xn_err *err)
{
	struct xn_nl_setting setting = {hold->attr, value};
	struct xn_link link;
	int rc;

	if (hold->kind == XN_HOLD_SYSCTL)
		return write_sysctl(hold->name, value, err);
	rc = xn_link_get(nl, hold->name, &link, err);
	return rc < 0 ? rc : xn_bridge_set(nl, link.ifindex, &setting, 1, err);
}

static struct xn_hold *find_hold(const struct xn_holds *holds,
				 const struct xn_hold *like)
{
	for (uint32_t i = 0; i < holds->count; i++)
		if (holds->hold[i].kind == like->kind &&
		    holds->hold[i].attr == like->attr &&
		    !strcmp(holds->hold[i].name, like->name))
			return &holds->hold[i];
	return NULL;
}

static int add_hold(struct xn_holds *holds, const struct xn_hold *hold)
{
	uint32_t room = holds->room ? holds->room * 2 : 8;

	if (holds->count == XN_HOLDS_MAX)
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

static int write_file(const struct xn_holds *holds, struct xn_err *err)
{
	return holds->dry ? 0 : xn_holds_write(holds->path, holds, err);
}

static const char *what_of(const struct xn_hold *hold)
{
	if (hold->kind == XN_HOLD_SYSCTL)
		return "sysctl";
	if (hold->attr == IFLA_BR_NF_CALL_IPTABLES)
		return "bridge nf_call_iptables";
	if (hold->attr == IFLA_BR_NF_CALL_IP6TABLES)
		return "bridge nf_call_ip6tables";
	return "bridge nf_call_arptables";
}

/* Changes the host's setting, or only says so. */
static int change(struct xn_holds *holds, const struct xn_hold *hold,
		  uint32_t before, uint32_t value, struct xn_err *err)
{
	char words[XN_HOLD_NAME_MAX + 64];
	int rc = holds->dry ? 0 : write_hold(holds->nl, hold, value, err);

	if (rc < 0)
		return rc;
	holds->changes++;
	if (!holds->say)
		return 0;
	(void)xn_text_format(words, sizeof(words), "change %s of %s: %u -> %u",
			     what_of(hold), hold->name, before, value);
	holds->say(holds->arg, words);
	return 0;
}

static bool share(struct xn_holds *holds, struct xn_hold *held)
{
	bool fresh = !(held->owners & holds->owner);

	held->owners |= holds->owner;
	held->wanted = true;
	return fresh;
}

/* Into the file, as held by this owner, unless it is so already. `value` is
 * what it is now. */
static int note(struct xn_holds *holds, struct xn_hold *hold, uint32_t value,
		struct xn_err *err)
{
	struct xn_hold *held = find_hold(holds, hold);
	int rc;

	if (held && !share(holds, held))
		return 0;
	if (!held && value == hold->set)
		return 0;
	if (!held) {
		hold->before = value;
		hold->owners = holds->owner;
		hold->wanted = true;
		rc = add_hold(holds, hold);
		if (rc < 0)
			return xn_fail(err, -rc, "%s: %s", hold->name,
				       strerror(-rc));
	}
	return write_file(holds, err);
}

static int take(struct xn_holds *holds, struct xn_hold *hold,
		struct xn_err *err)
{
	struct xn_hold *held = find_hold(holds, hold);
	uint32_t value = 0;
	int rc = read_hold(holds->nl, hold, &value);

	if (held)
		held->wanted = held->owners & holds->owner;
	/* A kernel without it, or a bridge that is not there yet. */
	if (rc == -ENOENT || rc == -ENODEV)
		return 0;
	if (rc < 0)
		return xn_fail(err, -rc, "%s: %s", hold->name, strerror(-rc));
	rc = note(holds, hold, value, err);
	if (rc < 0 || value == hold->set)
		return rc;
	return change(holds, hold, value, hold->set, err);
}

int xn_hold_sysctl(struct xn_holds *holds, const char *name, uint32_t value,
		   struct xn_err *err)
{
	struct xn_hold hold = {.kind = XN_HOLD_SYSCTL, .set = value};

	if (xn_text_copy(hold.name, sizeof(hold.name), name) < 0)
		return xn_fail(err, ENAMETOOLONG, "%s: too long", name);
	return take(holds, &hold, err);
}

int xn_hold_bridge(struct xn_holds *holds, const char *bridge, uint16_t attr,
		   uint32_t value, struct xn_err *err)
{
	struct xn_hold hold = {
		.kind = XN_HOLD_BRIDGE, .attr = attr, .set = value};

	if (xn_text_copy(hold.name, sizeof(hold.name), bridge) < 0)
		return xn_fail(err, ENAMETOOLONG, "%s: too long", bridge);
	return take(holds, &hold, err);
}

int xn_hold_link(struct xn_holds *holds, const char *family, const char *link,
		 const char *key, uint32_t value, struct xn_err *err)
{
	char name[XN_HOLD_NAME_MAX];

	if (!xn_link_name_valid(link) ||
	    xn_text_format(name, sizeof(name), "net/%s/conf/%s/%s", family,
			   link, key) < 0)
		return xn_fail(err, EINVAL, "%s: no name of a link", link);
	return xn_hold_sysctl(holds, name, value, err);
}

int xn_hold_vif(struct xn_holds *holds, const char *name, struct xn_err *err)
{
	struct xn_hold hold = {.kind = XN_HOLD_VIF, .owners = XN_HOLD_VIFS};
	int rc;

	if (!xn_link_name_valid(name) ||
	    xn_text_copy(hold.name, sizeof(hold.name), name) < 0)
		return xn_fail(err, EINVAL, "%s: no name of a link", name);
	if (find_hold(holds, &hold))
		return 0;
	rc = add_hold(holds, &hold);
	return rc < 0 ? xn_fail(err, -rc, "%s: %s", name, strerror(-rc))
		      : write_file(holds, err);
}

int xn_hold_drop_vifs(struct xn_holds *holds, xn_hold_keep_fn *keep, void *arg,
		      uint32_t *ret_left, struct xn_err *err)
{
	uint32_t before = holds->count, kept = 0;

	*ret_left = 0;
	for (uint32_t i = 0; i < before; i++) {
		const struct xn_hold *hold = &holds->hold[i];
		bool is_vif = hold->kind == XN_HOLD_VIF;

		if (is_vif && !keep(arg, hold->name))
			continue;
		*ret_left += is_vif;
		holds->hold[kept++] = *hold;
	}
	holds->count = kept;
	return kept < before ? write_file(holds, err) : 0;
}

/* What somebody holds already, and this owner wants as well. */
static int join(struct xn_holds *holds, const char *begin, const char *end,
		struct xn_err *err)
{
	bool fresh = false;

	for (uint32_t i = 0; i < holds->count; i++) {
		struct xn_hold *hold = &holds->hold[i];
		size_t length = strlen(hold->name), tail = strlen(end);

		if (hold->kind == XN_HOLD_SYSCTL &&
		    !strncmp(hold->name, begin, strlen(begin)) &&
		    length >= tail && !strcmp(hold->name + length - tail, end))
			fresh |= share(holds, hold);
	}
	return fresh ? write_file(holds, err) : 0;
}

int xn_hold_sysctl_least(struct xn_holds *holds, const char *name,
			 uint32_t least, struct xn_err *err)
{
	uint32_t value = 0;
	int rc = join(holds, name, "", err);

	if (rc < 0 || xn_hold_read_sysctl(name, &value) < 0 || value >= least)
		return rc;
	return xn_hold_sysctl(holds, name, least, err);
}

static int keep_listening(struct xn_holds *holds, const char *link,
			  struct xn_err *err)
{
	char name[XN_HOLD_NAME_MAX];
	uint32_t value = 0;

	if (xn_text_format(name, sizeof(name), "net/ipv6/conf/%s/disable_ipv6",
			   link) < 0 ||
	    xn_hold_read_sysctl(name, &value) < 0 || value != 0)
		return 0;
	(void)xn_text_format(name, sizeof(name), "net/ipv6/conf/%s/accept_ra",
			     link);
	if (xn_hold_read_sysctl(name, &value) < 0 || value != 1)
		return 0;
	return xn_hold_sysctl(holds, name, 2, err);
}

int xn_hold_forwarding6(struct xn_holds *holds, xn_hold_inside_fn *is_inside,
			void *arg, struct xn_err *err)
{
	uint32_t forwards = 0;
	struct xn_link_table links;
	int rc = join(holds, "net/ipv6/conf/", "/accept_ra", err);

	if (rc == 0)
		rc = join(holds, XN_HOLD_FORWARD6, "", err);
	if (rc < 0 ||
	    xn_hold_read_sysctl(XN_HOLD_FORWARD6, &forwards) == -ENOENT ||
	    forwards)
		return rc;
	rc = xn_link_dump(holds->nl, &links, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < links.count && rc == 0; i++)
		if (strcmp(links.link[i].name, "lo") != 0 &&
		    !links.link[i].is_bridge_port &&
		    !(is_inside && is_inside(arg, &links.link[i])))
			rc = keep_listening(holds, links.link[i].name, err);
	xn_link_table_fini(&links);
	return rc < 0 ? rc : xn_hold_sysctl(holds, XN_HOLD_FORWARD6, 1, err);
}

/* Unless it is gone, or somebody else's by now. */
static int give(struct xn_holds *holds, const struct xn_hold *hold,
		struct xn_err *err)
{
	uint32_t value = 0;
	int rc = read_hold(holds->nl, hold, &value);

	if (rc < 0 || value != hold->set)
		return 0;
	return change(holds, hold, value, hold->before, err);
}

int xn_holds_give_rest(struct xn_holds *holds, struct xn_err *err)
{
	bool gave = false;
	int first = 0;

	/* Backwards: with forwarding, each link's own settings change. */
	for (uint32_t i = holds->count; i > 0; i--) {
		struct xn_hold *hold = &holds->hold[i - 1];
		int rc;

		if (hold->kind == XN_HOLD_VIF || hold->wanted ||
		    !(hold->owners & holds->owner))
			continue;
		gave = true;
		hold->owners &= ~(uint32_t)holds->owner;
		if (hold->owners)
			continue;
		rc = give(holds, hold, err);
		if (rc < 0) {
			hold->owners = holds->owner;
			first = first ? first : rc;
			continue;
		}
		memmove(hold, hold + 1,
			(holds->count - i) * sizeof(*holds->hold));
		holds->count--;
	}
	if (gave && write_file(holds, err) < 0 && first == 0)
		first = -EIO;
	return first;
}
