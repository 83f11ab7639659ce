/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asking xenplaned over its socket, see client.h. The answer is bounded, but
 * trusted: the socket's owner is the daemon's user. */
#include "netconf/ipc/client.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "netconf/base/fd.h"
#include "netconf/base/loop.h"
#include "netconf/base/text.h"

struct answer {
	char *text;
	size_t bytes, room;
};

static int open_socket(const char *path, int *ret_fd, struct xn_err *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int error;
	int fd;

	if (xn_text_copy(address.sun_path, sizeof(address.sun_path), path) < 1)
		return xn_fail(err, EINVAL, "socket path \"%s\": too long",
			       path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return xn_fail(err, errno, "socket: %s", strerror(errno));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		error = errno;
		xn_close(&fd);
		return xn_fail(err, error, "%s: %s (%s)", path, strerror(error),
			       error == EACCES ? "are you root?"
					       : "is xenplaned running?");
	}
	*ret_fd = fd;
	return 0;
}

static int send_request(int fd, const json_t *request, struct xn_err *err)
{
	char *text = json_dumps(request, JSON_COMPACT);
	size_t bytes = text ? strlen(text) : 0;
	int error = 0;

	if (!text)
		return xn_fail(err, ENOMEM, "out of memory");
	if (bytes >= XN_CLIENT_REQUEST_MAX) {
		error = xn_fail(err, EMSGSIZE, "the request is too long");
	} else {
		text[bytes] = '\n'; /* instead of the zero */
		/* A request is smaller than any socket's buffer. */
		if (send(fd, text, bytes + 1, MSG_NOSIGNAL) !=
		    (ssize_t)bytes + 1)
			error = xn_fail(err, EPIPE, "xenplaned hung up");
	}
	free(text);
	return error;
}

static int make_room(struct answer *answer)
{
	size_t room = answer->room ? answer->room * 2 : 65536;
	char *text;

	if (answer->bytes < answer->room)
		return 0;
	if (room > XN_CLIENT_ANSWER_MAX)
		return -EMSGSIZE;
	text = realloc(answer->text, room);
	if (!text)
		return -ENOMEM;
	answer->text = text;
	answer->room = room;
	return 0;
}

/* Reads up to the newline. */
static int read_line(int fd, uint64_t until_ms, struct answer *answer)
{
	for (;;) {
		struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
		uint64_t now_ms = xn_now_ms();
		ssize_t bytes;
		int error = make_room(answer);

		if (error)
			return error;
		if (now_ms >= until_ms)
			return -ETIMEDOUT;
		if (poll(&poll_fd, 1, (int)(until_ms - now_ms)) <= 0)
			continue;
		bytes = recv(fd, answer->text + answer->bytes,
			     answer->room - answer->bytes, 0);
		if (bytes == 0)
			return -EPIPE;
		if (bytes < 0 && errno != EINTR)
			return -errno;
		if (bytes < 0)
			continue;
		answer->bytes += (size_t)bytes;
		if (answer->text[answer->bytes - 1] == '\n')
			return 0;
	}
}

static int judge(const struct answer *answer, json_t **ret_result,
		 struct xn_err *err)
{
	json_error_t why;
	json_t *object = json_loadb(answer->text, answer->bytes, 0, &why);
	const char *refusal =
		json_string_value(json_object_get(object, "error"));
	json_t *result = json_object_get(object, "result");
	int error = 0;

	if (json_is_true(json_object_get(object, "ok")) && result)
		*ret_result = json_incref(result);
	else if (refusal)
		error = xn_fail(err, EREMOTEIO, "%s", refusal);
	else
		error = xn_fail(err, EPROTO,
				"xenplaned's answer makes no "
				"sense");
	json_decref(object);
	return error;
}

int xn_client_call(const char *socket_path, const json_t *request,
		   int timeout_ms, json_t **ret_result, struct xn_err *err)
{
	uint64_t until_ms = xn_now_ms() + (uint64_t)timeout_ms;
	struct answer answer = {0};
	int fd = -1;
	int error;

	error = open_socket(socket_path, &fd, err);
	if (error)
		return error;
	error = send_request(fd, request, err);
	if (!error) {
		error = read_line(fd, until_ms, &answer);
		if (error)
			xn_fail(err, -error, "no answer from xenplaned: %s",
				strerror(-error));
	}
	if (!error)
		error = judge(&answer, ret_result, err);
	xn_close(&fd);
	free(answer.text);
	return error;
}
