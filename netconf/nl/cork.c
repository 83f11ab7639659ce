/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests that wait to be sent together, and their acknowledgements. Pure. */
#include "netconf/nl/cork.h"

#include <errno.h>
#include <string.h>

int xn_nl_cork_put(struct xn_nl_cork *cork, struct xn_nl_request *request,
		   uint32_t sequence, struct xn_err *err)
{
	size_t bytes = NLMSG_ALIGN((size_t)request->header->nlmsg_len);

	if (request->full)
		return xn_fail(err, EMSGSIZE, "the request is too long");
	if (cork->count == XN_NL_CORK_MAX ||
	    bytes > sizeof(cork->buffer) - cork->bytes)
		return xn_fail(err, ENOBUFS, "too many requests together");
	request->header->nlmsg_flags |= NLM_F_ACK;
	request->header->nlmsg_seq = sequence;
	memcpy(cork->buffer + cork->bytes, request->buffer,
	       request->header->nlmsg_len);
	cork->bytes += bytes;
	cork->count++;
	return 0;
}

static void judge_one(struct xn_nl_cork *cork, const struct nlmsghdr *header,
		      size_t bytes, struct xn_err *err)
{
	uint32_t place = header->nlmsg_seq - cork->sequence_first;
	struct xn_nl_answers answers = {.sequence = header->nlmsg_seq,
					.err = err};

	if (place >= cork->count || cork->has_result[place] ||
	    header->nlmsg_type != NLMSG_ERROR)
		return;
	(void)xn_nl_judge(&answers, (const uint8_t *)header, bytes);
	cork->has_result[place] = true;
	cork->result[place] = answers.result;
	cork->answered++;
}

int xn_nl_cork_judge(struct xn_nl_cork *cork, const uint8_t *datagram,
		     size_t bytes, struct xn_err *err)
{
	const struct nlmsghdr *header;
	size_t message_bytes;
	int rc;

	while ((rc = xn_nl_next(&datagram, &bytes, &header, &message_bytes)) >
	       0)
		judge_one(cork, header, message_bytes, err);
	if (rc < 0)
		return xn_fail(err, -rc, "the kernel's answer does not add up");
	return 0;
}
