/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Twins that go together, see removals.h. Filled by the vifs' actions. */
#include "netconf/daemon/removals.h"

#include <stdlib.h>
#include <string.h>

#include "netconf/ipc/datalink.h"

struct xn_removals {
	struct xn_nl *nl;
	struct xn_source *soon; /* timer */
	size_t count;
	struct xn_twin twin[XN_VIFS_MAX];
};

static void on_soon(void *arg)
{
	(void)xn_removals_now(arg);
}

struct xn_removals *xn_removals_create(struct xn_loop *loop, struct xn_nl *nl)
{
	struct xn_removals *removals = calloc(1, sizeof(*removals));

	if (!removals)
		return NULL;
	removals->nl = nl;
	removals->soon = xn_loop_add_timer(loop, on_soon, removals);
	if (!removals->soon) {
		free(removals);
		return NULL;
	}
	return removals;
}

void xn_removals_destroy(struct xn_removals *removals)
{
	if (!removals)
		return;
	(void)xn_removals_now(removals);
	xn_source_destroy(removals->soon);
	free(removals);
}

void xn_removals_add(struct xn_removals *removals, struct xn_twin *twin)
{
	if (twin->ifindex) {
		if (removals->count == XN_VIFS_MAX)
			(void)xn_removals_now(removals);
		removals->twin[removals->count++] = *twin;
		xn_timer_arm(removals->soon, 0, 0);
	}
	memset(twin, 0, sizeof(*twin));
}

bool xn_removals_now(struct xn_removals *removals)
{
	if (removals->count == 0)
		return false;
	xn_twins_destroy(removals->twin, removals->count, removals->nl);
	removals->count = 0;
	return true;
}
