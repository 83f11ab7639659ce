/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Both carriers of a vif, see carrier.h. */
#include "netconf/daemon/carrier.h"

#include <errno.h>
#include <linux/if.h>
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/daemon/daemon.h"
#include "netconf/nl/tap.h"

bool xn_carrier_of_guest(const struct xn_vif *vif)
{
	return vif->policy.sum.now.carrier &&
	       (vif->port.link.flags & IFF_UP) != 0;
}

static void update_twin(struct xn_vif *vif)
{
	int error;

	if (!vif->twin.queue_count || vif->twin_carrier_off == vif->stalled)
		return;
	error = xn_tap_set_carrier(vif->twin.fd[0], !vif->stalled);
	if (!error)
		vif->twin_carrier_off = vif->stalled;
	else if (xn_log_allowed(&vif->log_limit))
		xn_warning("%s: carrier of its twin: %s", vif->name,
			   strerror(-error));
}

static void update_guest(struct xn_vif *vif)
{
	bool on = xn_carrier_of_guest(vif);
	struct xnb_offer_key key = {.key = "carrier"};

	/* It is written first with what we offer. */
	if (!vif->machine.offered || !vif->machine.seen.backend_present ||
	    vif->carrier_told == on)
		return;
	(void)xn_text_copy(key.value, sizeof(key.value), on ? "1" : "0");
	if (!xn_store_write_offer(vif->daemon->store, vif->domid, vif->handle,
				  &key, 1, NULL))
		vif->carrier_told = on;
}

void xn_carrier_update(struct xn_vif *vif)
{
	update_twin(vif);
	update_guest(vif);
}

void xn_carrier_stalled(struct xn_vif *vif, bool stalled)
{
	vif->stalled = stalled;
	update_twin(vif);
}
