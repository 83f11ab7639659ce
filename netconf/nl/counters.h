/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_COUNTERS_H
#define XN_NL_COUNTERS_H
/* The kernel's counters of a link: of a twin they count what passes it, not
 * what takes the switch. Threads and errors: socket.h. */
#include <stdint.h>

#include "netconf/base/err.h"
#include "netconf/nl/socket.h"

struct xn_counters {
	/* The kernel's view: of a twin, rx is what the guest sent. */
	uint64_t rx_bytes, rx_frames, rx_drops;
	uint64_t tx_bytes, tx_frames, tx_drops;
};

/* One link's, however many there are. */
int xn_counters_get(struct xn_nl *nl, int ifindex,
		    struct xn_counters *ret_counters, struct xn_err *err);

#endif
