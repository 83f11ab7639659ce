/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_BATCH_H
#define XN_NL_BATCH_H
/* The parts of xn_nl_send_batch() (socket.h) that know no socket. For
 * netconf/nl only. Pure. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netconf/base/err.h"

/* What a batch has come to so far. Zero-initialise but for the first two. */
struct xn_nl_batch {
	uint32_t first; /* sequence numbers of its begin and of the message */
	uint32_t last;	/* that is acknowledged */
	bool finished;
	int result; /* of the first refusal */
	uint32_t refused;
};

/* Numbers the messages from `sequence` on and asks for the acknowledgement;
 * fills ret_batch. -EMSGSIZE: they do not divide into messages, or there are
 * none. */
int xn_nl_batch_number(void *messages, size_t bytes, uint32_t sequence,
		       struct xn_nl_batch *ret_batch);
/* Takes in a datagram of answers. -EBADMSG: it makes no sense. */
int xn_nl_batch_judge(struct xn_nl_batch *batch, const uint8_t *datagram,
		      size_t bytes, struct xn_err *err);

#endif
