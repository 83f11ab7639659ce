/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The socket's server: lines in, lines out, see api.h. What a client sends is
 * bounded before it is parsed; commands are in api_commands.c.
 */
#include "netconf/daemon/api.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "netconf/base/fd.h"
#include "netconf/base/log.h"
#include "netconf/base/text.h"
#include "netconf/ipc/client.h"

#define CLIENTS_MAX 32

struct client {
	struct xn_api *api;
	int fd; /* -1: free */
	struct xn_source *source;
	size_t in_bytes;
	char in[XN_CLIENT_REQUEST_MAX];
	char *out; /* NULL: no answer is on its way */
	size_t out_bytes, out_sent;
};

struct xn_api {
	struct xn_daemon *daemon;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	int fd;
	struct xn_source *source;
	struct client client[CLIENTS_MAX];
};

static void client_close(struct client *client)
{
	xn_source_destroy(client->source);
	client->source = NULL;
	xn_close(&client->fd);
	free(client->out);
	client->out = NULL;
	client->in_bytes = 0;
}

static char *answer_line(struct xn_daemon *daemon, const char *line,
			 size_t bytes)
{
	json_error_t why;
	struct xn_err err = {0};
	json_t *request = json_loadb(line, bytes, JSON_REJECT_DUPLICATES, &why);
	json_t *answer = NULL, *result = NULL;
	char *text;

	if (request)
		result = xn_api_command(daemon, request, &err);
	else
		xn_fail(&err, EINVAL, "not JSON: %s", why.text);
	/* It may repeat the client's words, cut in the middle of a letter. */
	xn_text_make_printable(err.text);
	if (result)
		answer = json_pack("{s:b, s:o}", "ok", 1, "result", result);
	else
		answer = json_pack("{s:b, s:s}", "ok", 0, "error",
				   xn_err_text(&err));
	text = answer ? json_dumps(answer, JSON_COMPACT) : NULL;
	json_decref(answer);
	json_decref(request);
	return text;
}

/* false: the client is gone. */
static bool send_answer(struct client *client)
{
	while (client->out && client->out_sent < client->out_bytes) {
		ssize_t sent = send(client->fd, client->out + client->out_sent,
				    client->out_bytes - client->out_sent,
				    MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
			(void)xn_source_set_events(client->source, EPOLLOUT);
			return true;
		}
		if (sent <= 0) {
			client_close(client);
			return false;
		}
		client->out_sent += (size_t)sent;
	}
	free(client->out);
	client->out = NULL;
	(void)xn_source_set_events(client->source, EPOLLIN);
	return true;
}

/* Answers the first whole line, if there is one. false: the client is gone. */
static bool serve_line(struct client *client, bool *ret_served)
{
	char *end = memchr(client->in, '\n', client->in_bytes);
	size_t bytes;

	*ret_served = false;
	if (!end) {
		if (client->in_bytes < sizeof(client->in))
			return true;
		client_close(client); /* no request is that long */
		return false;
	}
	bytes = (size_t)(end - client->in);
	client->out = answer_line(client->api->daemon, client->in, bytes);
	if (!client->out) {
		client_close(client);
		return false;
	}
	client->out_bytes = strlen(client->out) + 1;
	client->out_sent = 0;
	client->out[client->out_bytes - 1] = '\n'; /* instead of the zero */
	client->in_bytes -= bytes + 1;
	memmove(client->in, end + 1, client->in_bytes);
	*ret_served = true;
	return send_answer(client);
}

static void on_client(void *arg, uint32_t epoll_events)
{
	struct client *client = arg;
	bool served = true;
	ssize_t bytes;

	(void)epoll_events;
	if (client->out && !send_answer(client))
		return;
	if (!client->out) {
		bytes = recv(client->fd, client->in + client->in_bytes,
			     sizeof(client->in) - client->in_bytes,
			     MSG_DONTWAIT);
		if (bytes == 0 ||
		    (bytes < 0 && errno != EAGAIN && errno != EINTR)) {
			client_close(client);
			return;
		}
		if (bytes > 0)
			client->in_bytes += (size_t)bytes;
	}
	while (!client->out && served)
		if (!serve_line(client, &served))
			return;
}

static struct client *free_client(struct xn_api *api)
{
	for (int i = 0; i < CLIENTS_MAX; i++)
		if (api->client[i].fd < 0)
			return &api->client[i];
	return NULL;
}

static void on_accept(void *arg, uint32_t epoll_events)
{
	struct xn_api *api = arg;
	struct client *client = free_client(api);
	struct sockaddr_un peer;
	socklen_t peer_bytes = sizeof(peer);
	int fd = accept4(api->fd, (struct sockaddr *)&peer, &peer_bytes,
			 SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)epoll_events;
	if (fd < 0)
		return;
	if (!client) {
		xn_close(&fd); /* it reads the end of the stream */
		return;
	}
	client->source = xn_loop_add_fd(api->daemon->loop, fd, EPOLLIN,
					on_client, client);
	if (!client->source) {
		xn_close(&fd);
		return;
	}
	client->fd = fd;
}

/* A socket that nobody serves is what a killed daemon left. */
static int remove_leftover(const struct sockaddr_un *address,
			   struct xn_err *err)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int error = 0;

	if (fd < 0)
		return xn_fail(err, errno, "socket: %s", strerror(errno));
	if (!connect(fd, (const struct sockaddr *)address, sizeof(*address)))
		error = xn_fail(err, EADDRINUSE,
				"%s: another xenplaned serves it",
				address->sun_path);
	else if (errno == ECONNREFUSED && unlink(address->sun_path))
		error = xn_fail(err, errno, "%s: %s", address->sun_path,
				strerror(errno));
	xn_close(&fd);
	return error;
}

static void make_folder(const char *path)
{
	char folder[sizeof(((struct sockaddr_un *)0)->sun_path)];
	char *slash;

	(void)xn_text_copy(folder, sizeof(folder), path);
	slash = strrchr(folder, '/');
	if (!slash || slash == folder)
		return;
	*slash = '\0';
	(void)mkdir(folder, 0755); /* binding tells if it is missing */
}

static int open_socket(struct xn_api *api, struct xn_err *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	mode_t mask;
	int error;

	memcpy(address.sun_path, api->path, sizeof(address.sun_path));
	make_folder(api->path);
	error = remove_leftover(&address, err);
	if (error)
		return error;
	api->fd =
		socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (api->fd < 0)
		return xn_fail(err, errno, "socket: %s", strerror(errno));
	mask = umask(0177);
	error = bind(api->fd, (const struct sockaddr *)&address,
		     sizeof(address))
			? errno
			: 0;
	(void)umask(mask);
	if (!error && listen(api->fd, CLIENTS_MAX))
		error = errno;
	if (!error)
		return 0;
	xn_close(&api->fd);
	return xn_fail(err, error, "%s: %s", api->path, strerror(error));
}

int xn_api_create(struct xn_daemon *daemon, const char *path,
		  struct xn_api **ret_api, struct xn_err *err)
{
	struct xn_api *api = calloc(1, sizeof(*api));
	int error;

	if (!api)
		return xn_fail(err, ENOMEM, "out of memory");
	api->daemon = daemon;
	api->fd = -1;
	for (int i = 0; i < CLIENTS_MAX; i++) {
		api->client[i].api = api;
		api->client[i].fd = -1;
	}
	if (xn_text_copy(api->path, sizeof(api->path), path) < 1) {
		error = xn_fail(err, EINVAL, "socket path \"%s\": too long",
				path);
		goto err_destroy;
	}
	error = open_socket(api, err);
	if (error)
		goto err_destroy;
	api->source =
		xn_loop_add_fd(daemon->loop, api->fd, EPOLLIN, on_accept, api);
	if (!api->source) {
		error = xn_fail(err, errno, "event loop: %s", strerror(errno));
		goto err_destroy;
	}
	*ret_api = api;
	return 0;

err_destroy:
	xn_api_destroy(api);
	return error;
}

void xn_api_destroy(struct xn_api *api)
{
	if (!api)
		return;
	for (int i = 0; i < CLIENTS_MAX; i++)
		client_close(&api->client[i]);
	xn_source_destroy(api->source);
	if (api->fd >= 0)
		(void)unlink(api->path);
	xn_close(&api->fd);
	free(api);
}
