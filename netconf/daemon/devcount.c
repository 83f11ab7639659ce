/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/net/dev, see devcount.h. The sysfs files would be another namespace's
 * after setns(2) without a new mount. */
#include "netconf/daemon/devcount.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int xn_devcount_parse(const char *line, const char *name,
		      struct xn_devcount *ret)
{
	size_t length = strlen(name);
	struct xn_devcount c;

	line += strspn(line, " ");
	if (strncmp(line, name, length) || line[length] != ':')
		return -EINVAL;
	/* bytes packets errs drop fifo frame compressed multicast, then the
	 * same for sending without the last. */
	if (sscanf(line + length + 1,
		   "%" SCNu64 " %" SCNu64 " %*u %" SCNu64
		   " %*u %*u %*u %*u %" SCNu64 " %" SCNu64 " %*u %" SCNu64,
		   &c.rx_bytes, &c.rx_frames, &c.rx_drops, &c.tx_bytes,
		   &c.tx_frames, &c.tx_drops) != 6)
		return -EINVAL;
	*ret = c;
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
