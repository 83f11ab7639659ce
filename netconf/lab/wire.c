// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages of lab.sock. Called on both sides; trusts neither. */
#include "netconf/lab/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "netconf/base/fd.h"
#include "netconf/base/text.h"

int xn_lab_wire_send(int socket, json_t *message, int fd)
{
	char *text = json_dumps(message, JSON_COMPACT);
	int rc;

	if (!text)
		return -ENOMEM;
	rc = strlen(text) > XN_LAB_MESSAGE_MAX
		     ? -EMSGSIZE
		     : xn_fd_send(socket, text, strlen(text), &fd, fd >= 0);
	free(text);
	return rc;
}

int xn_lab_wire_receive(int socket, json_t **ret_message, int *ret_fd)
{
	char *text = malloc(XN_LAB_MESSAGE_MAX);
	int fd = -1;
	size_t fd_count = 0;
	json_t *message = NULL;

	if (!text)
		return -ENOMEM;
	ssize_t length = xn_fd_recv(socket, text, XN_LAB_MESSAGE_MAX, &fd,
				    ret_fd ? 1 : 0, &fd_count);

	if (length > 0)
		message = json_loadb(text, (size_t)length,
				     JSON_REJECT_DUPLICATES, NULL);
	free(text);
	if (fd_count == 0)
		fd = -1;
	if (!json_is_object(message)) {
		json_decref(message);
		xn_close(&fd);
		return length < 0 ? (int)length : -EPROTO;
	}
	*ret_message = message;
	if (ret_fd)
		*ret_fd = fd;
	return 0;
}

static int open_socket(const char *path, struct sockaddr_un *ret_address,
		       struct xn_err *err)
{
	memset(ret_address, 0, sizeof(*ret_address));
	ret_address->sun_family = AF_UNIX;
	if (xn_text_copy(ret_address->sun_path, sizeof(ret_address->sun_path),
			 path) < 0)
		return xn_fail(err, ENAMETOOLONG, "%s: too long for a socket",
			       path);

	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return xn_fail(err, errno, "socket: %s", strerror(errno));
	return fd;
}

int xn_lab_wire_listen(const char *path, struct xn_err *err)
{
	struct sockaddr_un address;
	int fd = open_socket(path, &address, err);

	if (fd < 0)
		return fd;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, 16) < 0) {
		int rc = xn_fail(err, errno, "%s: %s", path, strerror(errno));

		close(fd);
		return rc;
	}
	return fd;
}

int xn_lab_wire_connect(const char *path, struct xn_err *err)
{
	struct sockaddr_un address;
	int fd = open_socket(path, &address, err);

	if (fd < 0)
		return fd;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		int rc = errno == ENOENT || errno == ECONNREFUSED
				 ? xn_fail(err, errno,
					   "it is not running (xenplane lab "
					   "start starts it)")
				 : xn_fail(err, errno, "%s: %s", path,
					   strerror(errno));

		close(fd);
		return rc;
	}
	return fd;
}
