/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The old filter tables' policies, by getsockopt(2). What the kernel hands
 * over is judged like anybody's. */
#include "netconf/nl/xtables.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>

#include "netconf/base/fd.h"

#define TABLE "filter"
#define ENTRIES_BYTES_MAX (64U << 20)
#define ATTEMPTS_MAX 5

/* Both families' structs are alike but for the entries; the numbers are. */
_Static_assert(sizeof(struct ipt_getinfo) == sizeof(struct ip6t_getinfo),
	       "one struct for both");
_Static_assert(sizeof(struct ipt_get_entries) ==
		       sizeof(struct ip6t_get_entries),
	       "one struct for both");
_Static_assert(IPT_SO_GET_INFO == (int)IP6T_SO_GET_INFO, "one number");
_Static_assert(IPT_SO_GET_ENTRIES == (int)IP6T_SO_GET_ENTRIES, "one number");

int xn_xtables_judge(const void *entries, size_t bytes, size_t at,
		     size_t target_at, bool *ret_drops)
{
	const uint8_t *base = entries;
	struct xt_standard_target target;
	uint16_t offset;

	if (at > bytes || bytes - at < target_at + sizeof(offset))
		return -EBADMSG;
	memcpy(&offset, base + at + target_at, sizeof(offset));
	if (bytes - at < offset || bytes - at - offset < sizeof(target))
		return -EBADMSG;
	memcpy(&target, base + at + offset, sizeof(target));
	/* A standard target has no name; a verdict is -1 less its number. */
	if (target.target.u.user.name[0] != '\0' || target.verdict >= 0)
		return -EBADMSG;
	*ret_drops = target.verdict == -NF_DROP - 1;
	return 0;
}

/* 1: the table is there. */
static int has_table(uint8_t family)
{
	FILE *file = fopen(family == AF_INET
				   ? "/proc/thread-self/net/ip_tables_names"
				   : "/proc/thread-self/net/ip6_tables_names",
			   "re");
	char line[64];
	int found = 0;

	if (!file)
		return errno == ENOENT ? 0 : -errno;
	while (fgets(line, sizeof(line), file))
		found |= strcmp(line, TABLE "\n") == 0;
	(void)fclose(file);
	return found;
}

/* Caller frees it. NULL: *ret_error says why. */
static struct ipt_get_entries *get_entries(int fd, int level, uint32_t size,
					   int *ret_error)
{
	socklen_t bytes = (socklen_t)(sizeof(struct ipt_get_entries) + size);
	struct ipt_get_entries *entries =
		size <= ENTRIES_BYTES_MAX ? calloc(1, bytes) : NULL;

	if (!entries) {
		*ret_error = size <= ENTRIES_BYTES_MAX ? -ENOMEM : -EBADMSG;
		return NULL;
	}
	(void)strcpy(entries->name, TABLE);
	entries->size = size;
	if (getsockopt(fd, level, IPT_SO_GET_ENTRIES, entries, &bytes) < 0) {
		*ret_error = -errno;
		free(entries);
		return NULL;
	}
	return entries;
}

static int read_policy(int fd, uint8_t family, bool *ret_drops)
{
	int level = family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
	size_t target_at = family == AF_INET
				   ? offsetof(struct ipt_entry, target_offset)
				   : offsetof(struct ip6t_entry, target_offset);
	struct ipt_getinfo info = {.name = TABLE};
	socklen_t bytes = sizeof(info);
	struct ipt_get_entries *entries;
	int rc = 0;

	if (getsockopt(fd, level, IPT_SO_GET_INFO, &info, &bytes) < 0)
		return -errno;
	if (!(info.valid_hooks & (1U << NF_INET_FORWARD)))
		return -EBADMSG;
	entries = get_entries(fd, level, info.size, &rc);
	if (!entries)
		return rc;
	rc = xn_xtables_judge(entries->entrytable, info.size,
			      info.underflow[NF_INET_FORWARD], target_at,
			      ret_drops);
	free(entries);
	return rc;
}

int xn_xtables_forward_drops(uint8_t family, bool *ret_drops,
			     struct xn_err *err)
{
	int rc = has_table(family);
	int fd;

	*ret_drops = false;
	if (rc == 0)
		return 0;
	if (rc < 0)
		return xn_fail(err, -rc, "old iptables' tables: %s",
			       strerror(-rc));
	fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (fd < 0)
		return xn_fail(err, errno, "old iptables: %m");
	rc = -EAGAIN;
	/* It is another size by now: somebody changed it in between. */
	for (int i = 0; i < ATTEMPTS_MAX && rc == -EAGAIN; i++)
		rc = read_policy(fd, family, ret_drops);
	xn_close(&fd);
	if (rc < 0)
		return xn_fail(err, -rc, "old iptables' filter table: %s",
			       strerror(-rc));
	return 0;
}
