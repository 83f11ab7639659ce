/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_LINK_H
#define XNB_LINK_H
/*
 * The data process's end of the datalink: control's datagrams, checked, become
 * commands for the worker; the worker's events become datagrams. It never
 * makes the worker wait: while control does not read, events pile up in their
 * mailbox, and from some point on no further command is taken.
 *
 * Thread: the loop's (main). The loop ends with XNB_LINK_CLOSED when control
 * is gone, and with XNB_LINK_BROKEN when it breaks the datalink's rules (the
 * reason is logged).
 */
#include "netback/mailbox.h"
#include "netconf/base/err.h"
#include "netconf/base/loop.h"

#define XNB_LINK_CLOSED 0
#define XNB_LINK_BROKEN 1

struct xnb_link;

/* `fd`: a SOCK_SEQPACKET socket, made non-blocking here; it and the mailboxes
 * stay the caller's. Caller owns the result; NULL: `err` says why. */
struct xnb_link *xnb_link_create(struct xn_loop *loop, int fd,
				 struct xnb_mailbox *commands,
				 struct xnb_mailbox *events,
				 struct xn_err *err);
/* Sends READY: from now on control may send commands. 0 or negative errno. */
int xnb_link_say_ready(const struct xnb_link *link, uint32_t workers,
		       struct xn_err *err);
/* The worker must have returned: it uses the statistics and the memory for
 * dumps, which are the link's. Accepts NULL. */
void xnb_link_destroy(struct xnb_link *link);

#endif
