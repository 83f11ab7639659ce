/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/net/dev, see devcount.h. The sysfs files would be another namespace's
 * after setns(2) without a new mount. */
#include "netconf/daemon/devcount.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* bytes packets errs drop fifo frame compressed multicast, then the same for
 * sending, with carrier instead of frame. */
#define COLUMNS 16

int xn_devcount_parse(const char *line, const char *name,
		      struct xn_devcount *ret)
{
	size_t length = strlen(name);
	uint64_t column[COLUMNS];
	const char *at;

	line += strspn(line, " ");
	if (strncmp(line, name, length) != 0 || line[length] != ':')
		return -EINVAL;
	at = line + length + 1;
	for (int i = 0; i < COLUMNS; i++) {
		char *end;

		errno = 0;
		column[i] = strtoull(at, &end, 10);
		if (errno || end == at)
			return -EINVAL;
		at = end;
	}
	*ret = (struct xn_devcount){
		.rx_bytes = column[0],
		.rx_frames = column[1],
		.rx_drops = column[3],
		.tx_bytes = column[8],
		.tx_frames = column[9],
		.tx_drops = column[11],
	};
	return 0;
}

int xn_devcount_read(const char *name, struct xn_devcount *ret)
{
	FILE *file = fopen("/proc/thread-self/net/dev", "re");
	char line[512];
	int error = -ENOENT;

	if (!file)
		return -errno;
	while (error && fgets(line, sizeof(line), file))
		if (!xn_devcount_parse(line, name, ret))
			error = 0;
	(void)fclose(file);
	return error;
}
