/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Multicast control: which groups a guest wants, as it says with requests on
 * its tx rings (xen/io/netif.h). They are the switch's, and are kept in the
 * redo log: a guest says them once. Whether they count is control's word
 * (POLICY's mcast_control); a guest may register before it asks for that.
 *
 * Thread: the worker. The addresses are the guest's; the switch and the log
 * refuse what is no group, and more than 64 of them.
 */
#include "netback/worker_state.h"

_Static_assert(XSW_GROUPS_MAX == XNB_MCAST_MAX,
	       "what is kept fits the switch, and the other way round");

static int add(struct xnb_worker *w, struct xnb_port *port,
	       const struct xn_mac *group)
{
	int rc = xnb_kept_mcast_add(&port->redo->kept, group);

	return rc ? rc : xsw_group_add(w->sw, (uint16_t)port->slot, group);
}

static void del(struct xnb_worker *w, struct xnb_port *port,
		const struct xn_mac *group)
{
	(void)xnb_kept_mcast_del(&port->redo->kept, group);
	xsw_group_del(w->sw, (uint16_t)port->slot, group);
}

void xnb_groups_take(struct xnb_worker *w, struct xnb_port *port)
{
	struct xnb_tx_burst *burst = &w->burst;

	for (uint32_t i = 0; i < burst->requests; i++) {
		const struct xnb_tx_group *group = &burst->group[i];

		if (!group->add)
			del(w, port, &group->mac);
		else if (add(w, port, &group->mac) < 0)
			xnb_tx_refuse(burst, group->slot, 1);
	}
}

void xnb_groups_resume(struct xnb_worker *w, struct xnb_port *port)
{
	struct xn_mac group[XNB_MCAST_MAX];
	uint32_t count = xnb_kept_mcast_list(&port->redo->kept, group);

	for (uint32_t i = 0; i < count; i++)
		(void)xsw_group_add(w->sw, (uint16_t)port->slot, &group[i]);
}
