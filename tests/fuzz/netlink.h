/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_FUZZ_NETLINK_H
#define TEST_FUZZ_NETLINK_H
/*
 * An input as what came out of a netlink socket. Input: a datagram; the number
 * of its first message is the request's.
 */
#include "fuzz.h"
#include "netconf/nl/answer.h"

/* Takes the datagram as the kernel's answer: `answer` gets its messages. It is
 * in memory of its exact size. */
static inline void fuzz_answer(const uint8_t *data, size_t size,
			       int (*answer)(void *arg,
					     const struct nlmsghdr *header,
					     size_t bytes))
{
	struct xn_err err = {.set = false};
	struct xn_nl_answers answers = {.answer = answer, .err = &err};
	uint8_t *datagram = malloc(size ? size : 1);
	int rc;

	FUZZ_CHECK(datagram);
	if (size)
		memcpy(datagram, data, size);
	if (size >= sizeof(struct nlmsghdr))
		memcpy(&answers.sequence,
		       data + offsetof(struct nlmsghdr, nlmsg_seq),
		       sizeof(answers.sequence));
	rc = xn_nl_judge(&answers, datagram, size);
	FUZZ_CHECK((rc < 0 || answers.result < 0) == err.set);
	FUZZ_CHECK(strnlen(err.text, sizeof(err.text)) < sizeof(err.text));
	free(datagram);
}

/* The text ends within its bytes. */
static inline bool fuzz_ends(const char *text, size_t bytes)
{
	return strnlen(text, bytes) < bytes;
}

#endif
