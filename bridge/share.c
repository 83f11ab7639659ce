/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See share.h. A lock that sleeps: its holder may lose the processor. */
#include "bridge/share.h"

void xsw_switch_share(struct xsw_switch *sw)
{
	sw->shared = true;
}

void xsw_change_begin_shared(struct xsw_switch *sw)
{
	(void)pthread_mutex_lock(&sw->change);
}

void xsw_change_end_shared(struct xsw_switch *sw)
{
	(void)pthread_mutex_unlock(&sw->change);
}
