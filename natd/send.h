/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNAT_SEND_H
#define XNAT_SEND_H
/* A batch to the kernel. Thread: the socket's. */
#include "natd/batch.h"
#include "netconf/base/err.h"
#include "netconf/nl/socket.h"

/* Does all of it, or nothing; `dry`: asks whether it would. An empty one is
 * done. -ERESTART: somebody has changed something since it was made. The
 * batch's messages are its own no more. */
int xnat_batch_send(struct xn_nl *netfilter, struct xnat_batch *batch, bool dry,
		    struct xn_err *err);

#endif
