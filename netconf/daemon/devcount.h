/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_DEVCOUNT_H
#define XN_DAEMON_DEVCOUNT_H
/* The kernel's counters of a network device, from /proc/net/dev: they count
 * what passes its twin, not what takes the switch. */
#include <stdint.h>

struct xn_devcount {
	/* The kernel's view: rx is what the guest sent. */
	uint64_t rx_bytes, rx_frames, rx_drops;
	uint64_t tx_bytes, tx_frames, tx_drops;
};

/* Of the thread's network namespace. 0, -ENOENT, or -errno. */
int xn_devcount_read(const char *name, struct xn_devcount *ret);

/* One line of that file: 0, or -EINVAL when it is not `name`'s. */
int xn_devcount_parse(const char *line, const char *name,
		      struct xn_devcount *ret);

#endif
