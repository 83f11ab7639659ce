/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file of what is held, see hold.h: a line for each value,
 *
 *	sysctl net/ipv4/ip_forward 0 1 3
 *	bridge xennat 36 1 0 1
 *	vif vif1.0
 *
 * with what was before, what was set, and for whom; and for each vif that is
 * routed. It is root's; what is read
 * back is checked all the same, as it says what is written where.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/if_link.h>

#include "netconf/base/fd.h"
#include "netconf/base/text.h"
#include "netconf/hold/hold.h"

#define FILE_BYTES_MAX ((size_t)XN_HOLDS_MAX * 160)

void xn_holds_fini(struct xn_holds *holds)
{
	free(holds->hold);
	holds->hold = NULL;
	holds->count = holds->room = 0;
}

/* FAMILY/conf/LINK/KEY. */
static bool is_link_sysctl(const char *name, const char *begin, const char *end)
{
	size_t length = strlen(name), head = strlen(begin), tail = strlen(end);
	char link[IFNAMSIZ];

	if (length <= head + tail || length - head - tail >= sizeof(link) ||
	    strncmp(name, begin, head) != 0 ||
	    strcmp(name + length - tail, end) != 0)
		return false;
	memcpy(link, name + head, length - head - tail);
	link[length - head - tail] = '\0';
	return xn_link_name_valid(link);
}

/* Only what hold.c may have written. */
static bool is_sysctl(const char *name)
{
	static const char *const whole[] = {
		XN_HOLD_FORWARD4,
		XN_HOLD_FORWARD6,
		"net/netfilter/nf_conntrack_icmp_timeout",
		"net/netfilter/nf_conntrack_icmpv6_timeout",
	};

	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		if (!strcmp(name, whole[i]))
			return true;
	return is_link_sysctl(name, "net/ipv6/conf/", "/accept_ra") ||
	       is_link_sysctl(name, "net/ipv6/conf/", "/proxy_ndp") ||
	       is_link_sysctl(name, "net/ipv4/conf/", "/proxy_arp");
}

static bool is_bridge_attr(uint16_t attr)
{
	return attr == IFLA_BR_NF_CALL_IPTABLES ||
	       attr == IFLA_BR_NF_CALL_IP6TABLES ||
	       attr == IFLA_BR_NF_CALL_ARPTABLES;
}

static int read_vif(const char *rest, struct xn_hold *hold)
{
	if (rest || !xn_link_name_valid(hold->name))
		return -EBADMSG;
	hold->kind = XN_HOLD_VIF;
	hold->owners = XN_HOLD_VIFS;
	return 0;
}

static int read_line(char *line, struct xn_hold *ret_hold)
{
	const char *kind = strsep(&line, " "), *name = strsep(&line, " ");
	struct xn_hold hold = {0};
	uint32_t attr = 0;

	if (!name || xn_text_copy(hold.name, sizeof(hold.name), name) < 1)
		return -EBADMSG;
	*ret_hold = hold;
	if (!strcmp(kind, "vif"))
		return read_vif(line, ret_hold);
	if (!strcmp(kind, "bridge")) {
		hold.kind = XN_HOLD_BRIDGE;
		if (xn_parse_u32(strsep(&line, " "), 0, UINT16_MAX, &attr) ||
		    !is_bridge_attr((uint16_t)attr) || strlen(name) >= IFNAMSIZ)
			return -EBADMSG;
		hold.attr = (uint16_t)attr;
	} else if (strcmp(kind, "sysctl") != 0 || !is_sysctl(name)) {
		return -EBADMSG;
	}
	if (xn_parse_u32(strsep(&line, " "), 0, UINT32_MAX, &hold.before) ||
	    xn_parse_u32(strsep(&line, " "), 0, UINT32_MAX, &hold.set) ||
	    xn_parse_u32(strsep(&line, " "), 1, XN_HOLD_OWNERS, &hold.owners) ||
	    line)
		return -EBADMSG;
	*ret_hold = hold;
	return 0;
}

static int read_lines(char *text, struct xn_holds *holds)
{
	char *line;

	while ((line = strsep(&text, "\n"))) {
		struct xn_hold *more;

		/* The last line ends, too. */
		if (!text)
			return *line ? -EBADMSG : 0;
		if (holds->count == XN_HOLDS_MAX)
			return -EBADMSG;
		more = reallocarray(holds->hold, holds->count + 1u,
				    sizeof(*more));
		if (!more)
			return -ENOMEM;
		holds->hold = more;
		holds->room = holds->count + 1u;
		if (read_line(line, &holds->hold[holds->count]))
			return -EBADMSG;
		holds->count++;
	}
	return 0;
}

static int read_file(int fd, char *text)
{
	size_t bytes = 0;
	ssize_t got;

	while ((got = read(fd, text + bytes, FILE_BYTES_MAX - bytes)) > 0)
		bytes += (size_t)got;
	if (got < 0)
		return -errno;
	if (bytes == FILE_BYTES_MAX || memchr(text, '\0', bytes))
		return -EBADMSG;
	text[bytes] = '\0';
	return 0;
}

static bool is_roots(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
	       status.st_uid == geteuid() &&
	       !(status.st_mode & (S_IWGRP | S_IWOTH));
}

int xn_holds_read(const char *path, struct xn_holds *holds, struct xn_err *err)
{
	char *text;
	int rc, fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	holds->hold = NULL;
	holds->count = holds->room = 0;
	if (fd < 0)
		return errno == ENOENT ? 0
				       : xn_fail(err, errno, "%s: %m", path);
	if (!is_roots(fd)) {
		xn_close(&fd);
		return xn_fail(err, EPERM, "%s: others could have written it",
			       path);
	}
	text = malloc(FILE_BYTES_MAX + 1);
	rc = text ? read_file(fd, text) : -ENOMEM;
	if (rc == 0)
		rc = read_lines(text, holds);
	free(text);
	xn_close(&fd);
	if (rc < 0) {
		xn_holds_fini(holds);
		return xn_fail(err, -rc, "%s: %s", path,
			       rc == -EBADMSG ? "not what was written"
					      : strerror(-rc));
	}
	return 0;
}

static int print_holds(FILE *to, const struct xn_holds *holds)
{
	for (uint32_t i = 0; i < holds->count; i++) {
		const struct xn_hold *hold = &holds->hold[i];

		if (hold->kind == XN_HOLD_SYSCTL)
			(void)fprintf(to, "sysctl %s %u %u %u\n", hold->name,
				      hold->before, hold->set, hold->owners);
		else if (hold->kind == XN_HOLD_VIF)
			(void)fprintf(to, "vif %s\n", hold->name);
		else
			(void)fprintf(to, "bridge %s %u %u %u %u\n", hold->name,
				      hold->attr, hold->before, hold->set,
				      hold->owners);
	}
	return ferror(to) || fflush(to) || fsync(fileno(to)) ? -EIO : 0;
}

int xn_holds_write(const char *path, const struct xn_holds *holds,
		   struct xn_err *err)
{
	char fresh[PATH_MAX];
	FILE *to = NULL;
	int rc, fd;

	if (holds->count == 0)
		return unlink(path) && errno != ENOENT
			       ? xn_fail(err, errno, "%s: %m", path)
			       : 0;
	if (xn_text_format(fresh, sizeof(fresh), "%s.new", path) < 0)
		return xn_fail(err, ENAMETOOLONG, "%s: too long", path);
	(void)unlink(fresh);
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0)
		to = fdopen(fd, "w");
	if (!to) {
		rc = errno;
		xn_close(&fd);
		return xn_fail(err, rc, "%s: %s", fresh, strerror(rc));
	}
	rc = print_holds(to, holds);
	if (fclose(to) || rc < 0 || rename(fresh, path)) {
		(void)unlink(fresh);
		return xn_fail(err, EIO, "%s: cannot be written", path);
	}
	return 0;
}
