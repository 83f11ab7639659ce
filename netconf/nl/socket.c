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
#include "netconf/nl/batch.h"
#include "netconf/nl/cork.h"
#include "netconf/nl/netns.h"
#include "netconf/nl/request.h"
#include "netconf/nl/wire.h"

#define ANSWER_SECONDS_MAX 5

struct xn_nl {
	int fd;
	uint32_t sequence;
	struct xn_nl_cork *cork; /* NULL: requests are sent at once */
	_Alignas(8) uint8_t buffer[XN_NL_RECEIVE_BYTES];
};

int xn_nl_socket(int protocol, int flags, uint32_t groups, struct xn_err *err)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK,
				      .nl_groups = groups};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | flags, protocol);
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

static int open_protocol(int protocol, struct xn_nl **ret_nl,
			 struct xn_err *err)
{
	struct timeval timeout = {.tv_sec = ANSWER_SECONDS_MAX};
	struct xn_nl *nl = malloc(sizeof(*nl));

	if (!nl)
		return xn_fail(err, ENOMEM, "netlink socket: out of memory");
	nl->sequence = 0;
	nl->cork = NULL;
	nl->fd = xn_nl_socket(protocol, 0, 0, err);
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

int xn_nl_open(struct xn_nl **ret_nl, struct xn_err *err)
{
	return open_protocol(NETLINK_ROUTE, ret_nl, err);
}

int xn_nl_open_netfilter(struct xn_nl **ret_nl, struct xn_err *err)
{
	return open_protocol(NETLINK_NETFILTER, ret_nl, err);
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
	free(nl->cork);
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

static int run_call(struct xn_nl *nl, struct xn_nl_request *request,
		    struct xn_nl_answers *answers)
{
	int rc = send_request(nl, request, answers->err);

	answers->sequence = nl->sequence;
	while (rc == 0 && !answers->finished) {
		ssize_t got =
			xn_nl_receive(nl->fd, nl->buffer, sizeof(nl->buffer));

		if (got == -EAGAIN)
			got = -ETIMEDOUT;
		if (got < 0)
			return xn_fail(answers->err, (int)-got,
				       "receive from the kernel: %s",
				       strerror((int)-got));
		rc = xn_nl_judge(answers, nl->buffer, (size_t)got);
	}
	return rc < 0 ? rc : answers->result;
}

int xn_nl_get(struct xn_nl *nl, struct xn_nl_request *request,
	      xn_nl_answer_fn *answer, void *arg, struct xn_err *err)
{
	struct xn_nl_answers answers = {
		.answer = answer, .arg = arg, .err = err};

	/* The acknowledgement follows the object: nothing is left over. */
	request->header->nlmsg_flags |= NLM_F_ACK;
	return run_call(nl, request, &answers);
}

int xn_nl_call(struct xn_nl *nl, struct xn_nl_request *request,
	       struct xn_err *err)
{
	if (nl->cork)
		return xn_nl_cork_put(nl->cork, request, ++nl->sequence, err);
	return xn_nl_get(nl, request, NULL, NULL, err);
}

int xn_nl_dump(struct xn_nl *nl, struct xn_nl_request *request,
	       const struct xn_nl_dump *dump, struct xn_err *err)
{
	request->header->nlmsg_flags |= NLM_F_DUMP;
	for (int i = 0; i < XN_NL_DUMP_ATTEMPTS_MAX; i++) {
		struct xn_nl_answers answers = {
			.answer = dump->answer, .arg = dump->arg, .err = err};
		int rc;

		dump->restart(dump->arg);
		rc = run_call(nl, request, &answers);
		if (rc < 0 || !answers.interrupted)
			return rc;
	}
	return xn_fail(err, EAGAIN, "the table changed %d times under a dump",
		       XN_NL_DUMP_ATTEMPTS_MAX);
}

int xn_nl_dump_array(struct xn_nl *nl, struct xn_nl_request *request,
		     xn_nl_answer_fn *answer, struct xn_array *array,
		     struct xn_err *err)
{
	struct xn_nl_dump dump = {
		.restart = xn_array_restart, .answer = answer, .arg = array};
	int rc = xn_nl_dump(nl, request, &dump, err);

	if (rc < 0)
		xn_array_fini(array);
	return rc;
}

int xn_nl_cork(struct xn_nl *nl, struct xn_err *err)
{
	/* One answer to each request has to fit before the first is read. A
	 * kernel that grants less says so when it cannot. */
	int bytes = XN_NL_CORK_MAX * 4096;

	if (nl->cork)
		return xn_fail(err, EBUSY, "netlink socket: corked already");
	(void)setsockopt(nl->fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes,
			 sizeof(bytes));
	nl->cork = calloc(1, sizeof(*nl->cork));
	if (!nl->cork)
		return xn_fail(err, ENOMEM, "netlink socket: out of memory");
	nl->cork->sequence_first = nl->sequence + 1;
	return 0;
}

static int send_messages(struct xn_nl *nl, const void *messages, size_t bytes,
			 struct xn_err *err)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	ssize_t sent;

	do {
		sent = sendto(nl->fd, messages, bytes, 0,
			      (const struct sockaddr *)&kernel, sizeof(kernel));
	} while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return xn_fail(err, errno, "send to the kernel: %m");
	return 0;
}

int xn_nl_uncork(struct xn_nl *nl, int ret_results[XN_NL_CORK_MAX],
		 size_t *ret_count, struct xn_err *err)
{
	struct xn_nl_cork *cork = nl->cork;
	int rc = 0;

	nl->cork = NULL;
	if (!cork)
		return xn_fail(err, EINVAL, "netlink socket: not corked");
	if (cork->count > 0)
		rc = send_messages(nl, cork->buffer, cork->bytes, err);
	while (rc == 0 && cork->answered < cork->count) {
		ssize_t got =
			xn_nl_receive(nl->fd, nl->buffer, sizeof(nl->buffer));

		if (got == -EAGAIN)
			got = -ETIMEDOUT;
		if (got < 0)
			rc = xn_fail(err, (int)-got,
				     "receive from the kernel: %s",
				     strerror((int)-got));
		else
			rc = xn_nl_cork_judge(cork, nl->buffer, (size_t)got,
					      err);
	}
	memcpy(ret_results, cork->result, sizeof(cork->result));
	*ret_count = cork->count;
	free(cork);
	return rc;
}

int xn_nl_send_batch(struct xn_nl *netfilter, void *messages, size_t bytes,
		     uint32_t *ret_refused, struct xn_err *err)
{
	/* The whole batch is one datagram, which the kernel may hold twice. */
	int room = bytes < INT32_MAX / 4 ? (int)bytes * 2 + 65536 : INT32_MAX;
	struct xn_nl_batch batch;
	int rc = xn_nl_batch_number(messages, bytes, netfilter->sequence + 1,
				    &batch);

	*ret_refused = 0;
	if (rc < 0)
		return xn_fail(err, -rc, "a batch without messages");
	netfilter->sequence = batch.last + 1;
	(void)setsockopt(netfilter->fd, SOL_SOCKET, SO_SNDBUFFORCE, &room,
			 sizeof(room));
	rc = send_messages(netfilter, messages, bytes, err);
	while (rc == 0 && !batch.finished) {
		ssize_t got = xn_nl_receive(netfilter->fd, netfilter->buffer,
					    sizeof(netfilter->buffer));

		if (got == -EAGAIN)
			got = -ETIMEDOUT;
		if (got < 0)
			return xn_fail(err, (int)-got,
				       "receive from the kernel: %s",
				       strerror((int)-got));
		rc = xn_nl_batch_judge(&batch, netfilter->buffer, (size_t)got,
				       err);
	}
	*ret_refused = batch.refused;
	return rc < 0 ? rc : batch.result;
}

uint64_t xn_nl_namespace_cookie(const struct xn_nl *nl)
{
	uint64_t cookie = 0;
	socklen_t bytes = sizeof(cookie);

	if (getsockopt(nl->fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &bytes) <
	    0)
		return 0;
	return cookie;
}
