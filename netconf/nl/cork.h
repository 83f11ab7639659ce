/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_CORK_H
#define XN_NL_CORK_H
/* Requests that wait to be sent together (socket.h). For netconf/nl only.
 * Zero-initialise but for sequence_first. */
#include <stddef.h>
#include <stdint.h>

#include "netconf/nl/request.h"
#include "netconf/nl/socket.h"

#define XN_NL_CORK_BYTES 131072

struct xn_nl_cork {
	uint32_t sequence_first;
	size_t count, answered, bytes;
	int result[XN_NL_CORK_MAX];
	bool has_result[XN_NL_CORK_MAX];
	_Alignas(8) uint8_t buffer[XN_NL_CORK_BYTES];
};

int xn_nl_cork_put(struct xn_nl_cork *cork, struct xn_nl_request *request,
		   uint32_t sequence, struct xn_err *err);
/* Takes in a datagram of answers. -EBADMSG: it does not add up. */
int xn_nl_cork_judge(struct xn_nl_cork *cork, const uint8_t *datagram,
		     size_t bytes, struct xn_err *err);

#endif
