/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_NL_ANSWER_H
#define XN_NL_ANSWER_H
/*
 * What frames the kernel's answers: messages in a datagram, the family header
 * before the attributes, acknowledgements with their words, and what the
 * messages of one call come to. For netconf/nl only. Pure; bytes are judged
 * before they are read.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/netlink.h>

#include "netconf/base/err.h"

/* Steps through the messages of a datagram: 1 with the next one, 0 at the
 * end, -EBADMSG when the lengths do not add up. */
int xn_nl_next(const uint8_t **at, size_t *left,
	       const struct nlmsghdr **ret_header, size_t *ret_bytes);

/* The payload behind a family header of `fixed` bytes; NULL when the message
 * is shorter. */
const void *xn_nl_payload(const struct nlmsghdr *header, size_t bytes,
			  size_t fixed, size_t *ret_bytes);

/* The text of an extended acknowledgement in an error or done message, or an
 * empty string. */
void xn_nl_extack(const struct nlmsghdr *header, size_t bytes, char *ret_text,
		  size_t text_bytes);

/* Judges one answer; `bytes` counts from its header on. Negative errno fails
 * the call; the rest of the answers is then passed over. */
typedef int xn_nl_answer_fn(void *arg, const struct nlmsghdr *header,
			    size_t bytes);

/* One call's answers, as far as they have come. The caller sets the first
 * four. */
struct xn_nl_answers {
	uint32_t sequence;	 /* of the request; others' are passed over */
	xn_nl_answer_fn *answer; /* NULL: only the acknowledgement counts */
	void *arg;
	struct xn_err *err;
	bool finished;	  /* the acknowledgement, or the end of a dump */
	bool interrupted; /* the table changed under the dump */
	int result;	  /* when finished: 0 or negative errno */
};

/* Takes in a datagram. -EBADMSG when it does not divide into messages: no
 * further answer can be trusted. */
int xn_nl_judge(struct xn_nl_answers *answers, const uint8_t *datagram,
		size_t bytes);

#endif
