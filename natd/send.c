/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A batch to the kernel, see send.h. */
#include "natd/send.h"

#include <libmnl/libmnl.h>
#include <libnftnl/common.h>

int xnat_batch_send(struct xn_nl *netfilter, struct xnat_batch *batch, bool dry,
		    struct xn_err *err)
{
	uint32_t refused = 0;
	struct xn_err why = {0};
	int rc;

	if (batch->changes == 0)
		return 0;
	/* The end of a batch makes the kernel do it. */
	if (!dry) {
		/* There is room: each message had more than it needed. */
		const struct nlmsghdr *end = nftnl_batch_end(
			(char *)batch->message + batch->bytes, 0);

		batch->bytes += NLMSG_ALIGN(end->nlmsg_len);
	}
	rc = xn_nl_send_batch(netfilter, batch->message, batch->bytes, &refused,
			      &why);
	if (rc < 0)
		return xn_fail(err, -rc, "table %s: %s: %s", batch->table,
			       xnat_batch_label(batch, refused),
			       xn_err_text(&why));
	return 0;
}
