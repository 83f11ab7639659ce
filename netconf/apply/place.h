/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_APPLY_PLACE_H
#define XN_APPLY_PLACE_H
/* Where and when something was planned: it is void after a reboot or in
 * another network namespace. */
#include <stdint.h>

#include "netconf/base/err.h"

#define XN_BOOT_ID_MAX 64

struct xn_journal_place {
	char boot_id[XN_BOOT_ID_MAX];
	uint64_t namespace_cookie;
	uint64_t boottime_s; /* CLOCK_BOOTTIME, when the plan was begun */
};

/* Now, and in this namespace. */
int xn_journal_here(uint64_t namespace_cookie,
		    struct xn_journal_place *ret_place, struct xn_err *err);

#endif
