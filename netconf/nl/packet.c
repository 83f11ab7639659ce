/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/net/packet: a line of column heads, then a line for each socket. */
#include "netconf/nl/packet.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/if_ether.h>

#include "netconf/nl/array.h"

#define PATH "/proc/thread-self/net/packet"
#define LINE_BYTES 256
#define SOCKETS_MAX 65536

/* A number in the given base, ended by a blank. */
static int read_number(const char **at, int base, unsigned long max,
		       unsigned long *ret_value)
{
	unsigned long value;
	char *end;

	*at += strspn(*at, " ");
	if (**at == '-' || **at == '+')
		return -EINVAL;
	errno = 0;
	value = strtoul(*at, &end, base);
	if (errno || end == *at || (*end != ' ' && *end != '\n') || value > max)
		return -EINVAL;
	*at = end;
	*ret_value = value;
	return 0;
}

int xn_packet_parse(const char *line, int *ret_ifindex)
{
	static const int bases[] = {16, 10, 10, 16, 10, 10};
	static const unsigned long max[] = {ULONG_MAX,	INT_MAX, INT_MAX,
					    UINT16_MAX, INT_MAX, 1};
	enum {
		SOCKET,
		REFERENCES,
		TYPE,
		PROTOCOL,
		LINK,
		RUNNING,
		COLUMNS
	};
	unsigned long column[COLUMNS];

	for (int i = 0; i < COLUMNS; i++) {
		int rc = read_number(&line, bases[i], max[i], &column[i]);

		if (rc < 0)
			return rc;
	}
	if (column[PROTOCOL] != ETH_P_ALL || !column[RUNNING])
		return 0;
	*ret_ifindex = (int)column[LINK];
	return 1;
}

static int read_lines(FILE *file, struct xn_array *links)
{
	char line[LINE_BYTES];

	if (!fgets(line, sizeof(line), file))
		return -EBADMSG;
	while (fgets(line, sizeof(line), file)) {
		int ifindex;
		int rc = xn_packet_parse(line, &ifindex);
		int *place;

		if (rc < 0)
			return -EBADMSG;
		if (rc == 0)
			continue;
		place = xn_array_add(links);
		if (!place)
			return -ENOMEM;
		*place = ifindex;
	}
	return 0;
}

int xn_packet_read(struct xn_ifindexes *ret_links, struct xn_err *err)
{
	struct xn_array links = {.item_bytes = sizeof(int),
				 .count_max = SOCKETS_MAX};
	FILE *file = fopen(PATH, "re");
	int rc = 0;

	if (file) {
		rc = read_lines(file, &links);
		(void)fclose(file);
	} else if (errno != ENOENT) {
		rc = -errno;
	}
	if (rc < 0) {
		xn_array_fini(&links);
		return xn_fail(err, -rc, PATH ": %s", strerror(-rc));
	}
	ret_links->ifindex = links.items;
	ret_links->count = links.count;
	return 0;
}
