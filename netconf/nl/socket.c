/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The synchronous rtnetlink socket: one request out, its answers in. Only
 * messages of the kernel (port 0) with the sequence number of the request in
 * hand count; whatever else arrives is left over from a call that gave up.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>
#include <linux/rtnetlink.h>

#include "netconf/base/fd.h"
#include "netconf/nl/netns.h"
#include "netconf/nl/request.h"
#include "netconf/nl/wire.h"

#define ANSWER_SECONDS_MAX 5
#define DUMP_ATTEMPTS_MAX 10
#define EXTACK_TEXT_MAX 256

struct xn_nl {
	int fd;
	uint32_t sequence;
	_Alignas(8) uint8_t buffer[XN_NL_RECEIVE_BYTES];
};

/* What the messages of one call came to. */
struct call_state {
	xn_nl_answer_fn *answer;
	void *arg;
	bool finished;
	bool interrupted; /* the table changed under the dump */
	struct xn_err *err;
};

int xn_nl_socket(int flags, uint32_t groups, struct xn_err *err)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK,
				      .nl_groups = groups};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | flags,
			NETLINK_ROUTE);
	int on = 1;

	if (fd < 0)
		return xn_fail(err, errno, "netlink socket: %m");
	/* Kernels without these answer in fewer words. */
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on,
			 sizeof(on));
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		int error = errno;

		xn_close(&fd);
		return xn_fail(err, error, "netlink socket: bind: %s",
			       strerror(error));
	}
	return fd;
}

ssize_t xn_nl_receive(int fd, void *buffer, size_t bytes_max)
{
	struct sockaddr_nl from = {0};
	struct iovec iov = {.iov_base = buffer, .iov_len = bytes_max};
	struct msghdr message = {.msg_name = &from,
				 .msg_namelen = sizeof(from),
				 .msg_iov = &iov,
				 .msg_iovlen = 1};
	ssize_t got;

	do {
		got = recvmsg(fd, &message, 0);
	} while ((got < 0 && errno == EINTR) || (got >= 0 && from.nl_pid != 0));
	if (got < 0)
		return -errno;
	if (message.msg_flags & MSG_TRUNC)
		return -EMSGSIZE;
	return got;
}

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

int xn_nl_open(struct xn_nl **ret_nl, struct xn_err *err)
{
	struct timeval timeout = {.tv_sec = ANSWER_SECONDS_MAX};
	struct xn_nl *nl = malloc(sizeof(*nl));

	if (!nl)
		return xn_fail(err, ENOMEM, "netlink socket: out of memory");
	nl->sequence = 0;
	nl->fd = xn_nl_socket(0, 0, err);
	if (nl->fd < 0) {
		int rc = nl->fd;

		free(nl);
		return rc;
	}
	if (setsockopt(nl->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout,
		       sizeof(timeout)) < 0) {
		int error = errno;

		xn_nl_close(nl);
		return xn_fail(err, error, "netlink socket: timeout: %s",
			       strerror(error));
	}
	*ret_nl = nl;
	return 0;
}

int xn_nl_open_in(int netns_fd, struct xn_nl **ret_nl, struct xn_err *err)
{
	int back;
	int rc = xn_netns_enter(netns_fd, &back, err);

	if (rc < 0)
		return rc;
	rc = xn_nl_open(ret_nl, err);
	xn_netns_leave(&back);
	return rc;
}

void xn_nl_close(struct xn_nl *nl)
{
	if (!nl)
		return;
	xn_close(&nl->fd);
	free(nl);
}

static int send_request(struct xn_nl *nl, struct xn_nl_request *request,
			struct xn_err *err)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	ssize_t sent;

	if (request->full)
		return xn_fail(err, EMSGSIZE, "the request is too long");
	request->header->nlmsg_seq = ++nl->sequence;
	do {
		sent = sendto(nl->fd, request->buffer,
			      request->header->nlmsg_len, 0,
			      (const struct sockaddr *)&kernel, sizeof(kernel));
	} while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return xn_fail(err, errno, "send to the kernel: %m");
	return 0;
}

/* An acknowledgement, or the end of a dump: both start with the error. */
static int judge_end(const struct nlmsghdr *header, size_t bytes,
		     struct call_state *state)
{
	char words[EXTACK_TEXT_MAX];
	size_t left;
	const void *payload = xn_nl_payload(header, bytes, sizeof(int), &left);
	int code;

	if (!payload)
		return xn_fail(state->err, EBADMSG, "a cut acknowledgement");
	memcpy(&code, (const uint8_t *)header + NLMSG_HDRLEN, sizeof(code));
	state->finished = true;
	if (code >= 0)
		return 0;
	if (code < -4095)
		return xn_fail(state->err, EBADMSG, "error code %d", code);
	xn_nl_extack(header, bytes, words, sizeof(words));
	if (words[0] != '\0')
		return xn_fail(state->err, -code, "%s (%s)", words,
			       strerror(-code));
	return xn_fail(state->err, -code, "%s", strerror(-code));
}

static int judge_message(const struct nlmsghdr *header, size_t bytes,
			 struct call_state *state)
{
	int rc;

	if (header->nlmsg_flags & NLM_F_DUMP_INTR)
		state->interrupted = true;
	if (header->nlmsg_type == NLMSG_ERROR ||
	    header->nlmsg_type == NLMSG_DONE)
		return judge_end(header, bytes, state);
	if (header->nlmsg_type < NLMSG_MIN_TYPE || !state->answer)
		return 0;
	rc = state->answer(state->arg, header, bytes);
	if (rc < 0)
		return xn_fail(state->err, -rc, "the kernel's answer: %s",
			       strerror(-rc));
	return 0;
}

static int judge_datagram(struct xn_nl *nl, size_t left,
			  struct call_state *state)
{
	const struct nlmsghdr *header;
	const uint8_t *at = nl->buffer;
	size_t bytes;
	int rc;

	while ((rc = xn_nl_next(&at, &left, &header, &bytes)) > 0) {
		if (header->nlmsg_seq != nl->sequence)
			continue;
		rc = judge_message(header, bytes, state);
		if (rc < 0 || state->finished)
			return rc;
	}
	if (rc < 0)
		return xn_fail(state->err, -rc,
			       "the kernel's answer does not add up");
	return 0;
}

static int run_call(struct xn_nl *nl, struct xn_nl_request *request,
		    struct call_state *state)
{
	int rc = send_request(nl, request, state->err);

	while (rc == 0 && !state->finished) {
		ssize_t got =
			xn_nl_receive(nl->fd, nl->buffer, sizeof(nl->buffer));

		if (got == -EAGAIN)
			got = -ETIMEDOUT;
		if (got < 0)
			return xn_fail(state->err, (int)-got,
				       "receive from the kernel: %s",
				       strerror((int)-got));
		rc = judge_datagram(nl, (size_t)got, state);
	}
	return rc;
}

int xn_nl_get(struct xn_nl *nl, struct xn_nl_request *request,
	      xn_nl_answer_fn *answer, void *arg, struct xn_err *err)
{
	struct call_state state = {.answer = answer, .arg = arg, .err = err};

	/* The acknowledgement follows the object: nothing is left over. */
	request->header->nlmsg_flags |= NLM_F_ACK;
	return run_call(nl, request, &state);
}

int xn_nl_call(struct xn_nl *nl, struct xn_nl_request *request,
	       struct xn_err *err)
{
	return xn_nl_get(nl, request, NULL, NULL, err);
}

int xn_nl_dump(struct xn_nl *nl, struct xn_nl_request *request,
	       const struct xn_nl_dump *dump, struct xn_err *err)
{
	request->header->nlmsg_flags |= NLM_F_DUMP;
	for (int i = 0; i < DUMP_ATTEMPTS_MAX; i++) {
		struct call_state state = {
			.answer = dump->answer, .arg = dump->arg, .err = err};
		int rc;

		dump->restart(dump->arg);
		rc = run_call(nl, request, &state);
		if (rc < 0 || !state.interrupted)
			return rc;
	}
	return xn_fail(err, EAGAIN, "the table changed %d times under a dump",
		       DUMP_ATTEMPTS_MAX);
}
