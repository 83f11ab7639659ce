/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What frames the kernel's answers. When an object cannot be taken in, the
 * rest of its dump is read all the same: the kernel allows one dump at a time
 * on a socket, and the next call would find it busy.
 */
#include "netconf/nl/answer.h"

#include <errno.h>
#include <string.h>

#include "netconf/nl/attr.h"

#define EXTACK_TEXT_MAX 256
#define ERRNO_MAX 4095

int xn_nl_next(const uint8_t **at, size_t *left,
	       const struct nlmsghdr **ret_header, size_t *ret_bytes)
{
	const struct nlmsghdr *header = (const void *)*at;
	size_t step;

	if (*left == 0)
		return 0;
	if (*left < sizeof(*header) || header->nlmsg_len < sizeof(*header) ||
	    header->nlmsg_len > *left)
		return -EBADMSG;
	*ret_header = header;
	*ret_bytes = header->nlmsg_len;
	step = NLMSG_ALIGN((size_t)header->nlmsg_len);
	if (step > *left)
		step = *left;
	*at += step;
	*left -= step;
	return 1;
}

const void *xn_nl_payload(const struct nlmsghdr *header, size_t bytes,
			  size_t fixed, size_t *ret_bytes)
{
	size_t skip = NLMSG_HDRLEN + NLMSG_ALIGN(fixed);

	if (bytes < NLMSG_HDRLEN + fixed)
		return NULL;
	*ret_bytes = bytes > skip ? bytes - skip : 0;
	return (const uint8_t *)header + (bytes > skip ? skip : bytes);
}

/* Where the attributes of an acknowledgement start: behind the error, and
 * behind the whole request when the kernel repeated it. */
static size_t extack_offset(const struct nlmsghdr *header)
{
	const struct nlmsgerr *error;
	size_t repeated;

	if (header->nlmsg_type == NLMSG_DONE)
		return sizeof(int);
	error = (const void *)((const uint8_t *)header + NLMSG_HDRLEN);
	if (header->nlmsg_flags & NLM_F_CAPPED)
		return sizeof(*error);
	repeated = error->msg.nlmsg_len;
	if (repeated < sizeof(error->msg))
		return SIZE_MAX;
	return sizeof(*error) + repeated - sizeof(error->msg);
}

void xn_nl_extack(const struct nlmsghdr *header, size_t bytes, char *ret_text,
		  size_t text_bytes)
{
	const struct nlattr *table[NLMSGERR_ATTR_MAX + 1] = {0};
	bool done = header->nlmsg_type == NLMSG_DONE;
	size_t fixed = done ? sizeof(int) : sizeof(struct nlmsgerr);
	const void *payload;
	size_t left;

	ret_text[0] = '\0';
	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!xn_nl_payload(header, bytes, fixed, &left))
		return;
	fixed = extack_offset(header);
	if (fixed > bytes)
		return;
	payload = xn_nl_payload(header, bytes, fixed, &left);
	if (!payload ||
	    xn_nl_attrs(payload, left, table, NLMSGERR_ATTR_MAX + 1) < 0)
		return;
	/* A text that is too long or missing leaves the string empty. */
	(void)xn_nl_read_text(table[NLMSGERR_ATTR_MSG], ret_text, text_bytes);
}

/* An acknowledgement, or the end of a dump: both start with the error. */
static int judge_end(struct xn_nl_answers *answers,
		     const struct nlmsghdr *header, size_t bytes)
{
	char words[EXTACK_TEXT_MAX];
	size_t left;
	const void *payload = xn_nl_payload(header, bytes, sizeof(int), &left);
	int code;

	if (!payload)
		return xn_fail(answers->err, EBADMSG, "a cut acknowledgement");
	memcpy(&code, (const uint8_t *)header + NLMSG_HDRLEN, sizeof(code));
	if (code >= 0)
		return 0;
	if (code < -ERRNO_MAX)
		return xn_fail(answers->err, EBADMSG, "error code %d", code);
	xn_nl_extack(header, bytes, words, sizeof(words));
	if (words[0] != '\0')
		return xn_fail(answers->err, -code, "%s (%s)", words,
			       strerror(-code));
	return xn_fail(answers->err, -code, "%s", strerror(-code));
}

static void judge_message(struct xn_nl_answers *answers,
			  const struct nlmsghdr *header, size_t bytes)
{
	int rc;

	if (header->nlmsg_flags & NLM_F_DUMP_INTR)
		answers->interrupted = true;
	if (header->nlmsg_type == NLMSG_ERROR ||
	    header->nlmsg_type == NLMSG_DONE) {
		rc = judge_end(answers, header, bytes);
		answers->finished = true;
		if (answers->result == 0)
			answers->result = rc;
		return;
	}
	if (header->nlmsg_type < NLMSG_MIN_TYPE || !answers->answer ||
	    answers->result < 0)
		return;
	rc = answers->answer(answers->arg, header, bytes);
	if (rc < 0)
		answers->result =
			xn_fail(answers->err, -rc, "the kernel's answer: %s",
				strerror(-rc));
}

int xn_nl_judge(struct xn_nl_answers *answers, const uint8_t *datagram,
		size_t bytes)
{
	const struct nlmsghdr *header;
	size_t message_bytes;
	int rc;

	while ((rc = xn_nl_next(&datagram, &bytes, &header, &message_bytes)) >
	       0) {
		if (header->nlmsg_seq != answers->sequence)
			continue;
		judge_message(answers, header, message_bytes);
		if (answers->finished)
			return 0;
	}
	if (rc < 0)
		return xn_fail(answers->err, -rc,
			       "the kernel's answer does not add up");
	return 0;
}
