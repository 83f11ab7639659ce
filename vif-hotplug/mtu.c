/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The device's MTU, see scripts.h. */
#include "vif-hotplug/report.h"
#include "vif-hotplug/scripts.h"

void xvh_set_mtu(struct xvh_run *run, unsigned int mtu)
{
	struct xn_err err = {.set = false};

	if (run->link.mtu != mtu &&
	    xn_link_set_mtu(run->nl, run->link.ifindex, mtu, &err) < 0) {
		xvh_report(XN_LOG_WARNING, "%s: mtu %u: %s: it stays %u",
			   run->link.name, mtu, xn_err_text(&err),
			   run->link.mtu);
		return;
	}
	run->link.mtu = mtu;
	run->mtu = mtu;
}
