/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A transaction of nfnetlink's and its answers, see batch.h. */
#include "netconf/nl/batch.h"

#include <errno.h>
#include <string.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include "netconf/nl/answer.h"

#define TEXT_MAX 256
#define ERRNO_MAX 4095

int xn_nl_batch_number(void *messages, size_t bytes, uint32_t sequence,
		       struct xn_nl_batch *ret_batch)
{
	uint8_t *at = messages;
	size_t left = bytes;
	struct nlmsghdr *last = NULL;

	*ret_batch = (struct xn_nl_batch){.first = sequence};
	while (left >= sizeof(struct nlmsghdr)) {
		struct nlmsghdr *header = (void *)at;
		size_t step = NLMSG_ALIGN((size_t)header->nlmsg_len);

		if (header->nlmsg_len < sizeof(*header) || step > left)
			return -EMSGSIZE;
		header->nlmsg_seq = sequence++;
		header->nlmsg_flags &= (uint16_t)~NLM_F_ACK;
		if (header->nlmsg_type != NFNL_MSG_BATCH_BEGIN &&
		    header->nlmsg_type != NFNL_MSG_BATCH_END)
			last = header;
		at += step;
		left -= step;
	}
	if (left > 0 || !last)
		return -EMSGSIZE;
	last->nlmsg_flags |= NLM_F_ACK;
	ret_batch->last = last->nlmsg_seq;
	return 0;
}

static int judge(struct xn_nl_batch *batch, const struct nlmsghdr *header,
		 size_t bytes, struct xn_err *err)
{
	char text[TEXT_MAX];
	int error;

	if (header->nlmsg_type != NLMSG_ERROR ||
	    header->nlmsg_seq - batch->first > batch->last - batch->first)
		return 0;
	if (bytes < NLMSG_HDRLEN + sizeof(struct nlmsgerr))
		return -EBADMSG;
	memcpy(&error, (const uint8_t *)header + NLMSG_HDRLEN, sizeof(error));
	if (error > 0 || error < -ERRNO_MAX)
		return -EBADMSG;
	/* Who refuses the begin looks at nothing else. */
	if (header->nlmsg_seq == batch->last ||
	    header->nlmsg_seq == batch->first)
		batch->finished = true;
	if (error == 0 || batch->result < 0)
		return 0;
	batch->result = error;
	batch->refused = header->nlmsg_seq - batch->first;
	xn_nl_extack(header, bytes, text, sizeof(text));
	if (text[0])
		(void)xn_fail(err, -error, "%s: %s", strerror(-error), text);
	else
		(void)xn_fail(err, -error, "%s", strerror(-error));
	return 0;
}

int xn_nl_batch_judge(struct xn_nl_batch *batch, const uint8_t *datagram,
		      size_t bytes, struct xn_err *err)
{
	const struct nlmsghdr *header;
	size_t length;
	int rc;

	while ((rc = xn_nl_next(&datagram, &bytes, &header, &length)) > 0) {
		rc = judge(batch, header, length, err);
		if (rc < 0)
			return rc;
	}
	return rc;
}
