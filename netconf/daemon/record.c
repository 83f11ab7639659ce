/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a kept record may say: see adopt.h. Pure. */
#include <errno.h>
#include <string.h>

#include "netback/vif/features.h"
#include "netconf/base/text.h"
#include "netconf/daemon/adopt.h"

#define DOMID_MAX 0x7fefu
#define HANDLE_MAX 0xffffu

static int refuse(struct xn_err *err, const char *what)
{
	return xn_fail(err, EPROTO, "its record: %s", what);
}

static int check_connection(const struct xn_record *r, struct xn_err *err)
{
	char prefix[32];
	int length;

	if (r->queue_count > XN_QUEUES_MAX)
		return refuse(err, "too many queues");
	if (r->slot >= XN_VIFS_MAX || r->generation == 0)
		return refuse(err, "no slot, or no generation");
	if (r->offload > 1 || r->mcast_control > 1 ||
	    r->xdp_headroom > XN_DL_XDP_HEADROOM_MAX)
		return refuse(err, "a setting that there is not");
	for (uint32_t i = 0; i < r->queue_count; i++)
		if (!r->queue[i].tx_port || !r->queue[i].rx_port)
			return refuse(err, "a queue without a channel");
	if (!memchr(r->frontend_path, '\0', sizeof(r->frontend_path)))
		return refuse(err, "a path without an end");
	length = xn_text_format(prefix, sizeof(prefix), "/local/domain/%u/",
				r->domid);
	if (length < 0 ||
	    strncmp(r->frontend_path, prefix, (size_t)length) != 0)
		return refuse(err, "another domain's path");
	return 0;
}

int xn_record_check(const struct xn_record *r, struct xn_err *err)
{
	if (r->magic != XN_RECORD_MAGIC || r->version != XN_RECORD_VERSION ||
	    r->bytes != sizeof(*r))
		return refuse(err, "another version's");
	if (r->domid > DOMID_MAX || r->handle > HANDLE_MAX)
		return refuse(err, "no vif's");
	if (r->isolated_by_us > 1)
		return refuse(err, "isolated by neither");
	return r->queue_count ? check_connection(r, err) : 0;
}
