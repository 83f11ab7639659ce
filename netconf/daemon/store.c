/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The connection to the store and its watches, see store.h. Called by the
 * vif table (vifs.c) on the loop. Trusts that xenstored speaks the protocol;
 * trusts no path's tail and no value.
 */
#include "netconf/daemon/store_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "netconf/base/fd.h"
#include "netconf/base/log.h"
#include "netconf/base/text.h"
#include "netconf/daemon/store_limit.h"

#define BACKEND_PATH "backend/vif"
#define BACKEND_TOKEN "backend"
#define DOMID_MAX 0x7fefu
#define HANDLE_MAX 0xffffu
/* Events taken in one turn of the loop; they cost a comparison each. */
#define EVENTS_MAX 4096
#define PAUSE_MIN_MS 100u
#define PAUSE_MAX_MS 5000u

static void close_connection(struct xn_store *store)
{
	xn_source_destroy(store->hangup_source);
	store->hangup_source = NULL;
	xn_close(&store->hangup);
	xn_source_destroy(store->source);
	store->source = NULL;
	xn_store_limit_unwatch();
	if (store->watcher)
		xs_close(store->watcher);
	store->watcher = NULL;
	if (store->xs)
		xs_close(store->xs);
	store->xs = NULL;
}

static void store_lost(struct xn_store *store)
{
	if (!store->xs)
		return;
	xn_warning("the store's connection is gone; forwarding goes on");
	close_connection(store);
	xn_timer_arm(store->reconnect, store->pause_ms, 0);
	store->listener.down(store->listener.arg);
}

int xn_store_failure(struct xn_store *store, int error)
{
	/* The errors that xenstored itself answers with (io/xs_wire.h);
	 * everything else is the connection's. EINVAL, too: no path or
	 * argument of ours deserves it, and the library gives it for a
	 * connection that died under a request. */
	if (error == ENOENT || error == EAGAIN || error == EACCES ||
	    error == EEXIST || error == ENOSPC || error == E2BIG ||
	    error == EBUSY || error == ENOTEMPTY)
		return -error;
	store_lost(store);
	return -EAGAIN;
}

int xn_store_read_text(struct xn_store *store, xs_transaction_t transaction,
		       const char *path, char *ret_text, size_t text_bytes)
{
	unsigned int bytes = 0;
	char *value;

	ret_text[0] = '\0';
	if (!store->xs)
		return -EAGAIN;
	value = xn_store_call_read(store, transaction, path, &bytes);
	if (!value)
		return xn_store_failure(store, errno);
	if (bytes >= text_bytes || memchr(value, '\0', bytes)) {
		free(value);
		return bytes >= text_bytes ? -E2BIG : -EILSEQ;
	}
	memcpy(ret_text, value, bytes);
	ret_text[bytes] = '\0';
	free(value);
	return (int)bytes;
}

int xn_store_read(struct xn_store *store, xs_transaction_t transaction,
		  const char *path, char ret_text[XN_STORE_VALUE_MAX])
{
	return xn_store_read_text(store, transaction, path, ret_text,
				  XN_STORE_VALUE_MAX);
}

/* "17" or "17/0/state" up to the slash. false: not a number in bounds. */
static bool take_number(const char **at, uint32_t max, uint32_t *ret)
{
	char digits[12];
	size_t length = strcspn(*at, "/");

	if (length >= sizeof(digits))
		return false;
	memcpy(digits, *at, length);
	digits[length] = '\0';
	if (xn_parse_u32(digits, 0, max, ret))
		return false;
	*at += length;
	return true;
}

/* What is left of the path: the folder itself, or one of its keys. */
static bool is_value(const char *tail)
{
	static const char *const keys[] = {"",	  "/mac", "/bridge", "/rate",
					   "/ip", "/mtu", "/vifname"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcmp(tail, keys[i]))
			return true;
	return false;
}

static void backend_event(struct xn_store *store, const char *path)
{
	uint32_t domid, handle;
	const char *at = path;

	if (strncmp(at, BACKEND_PATH, strlen(BACKEND_PATH)) != 0)
		return;
	at += strlen(BACKEND_PATH);
	if (*at != '/') {
		store->listener.rescan(store->listener.arg);
		return;
	}
	at++;
	if (!take_number(&at, DOMID_MAX, &domid))
		return;
	if (*at != '/') {
		store->listener.rescan(store->listener.arg);
		return;
	}
	at++;
	if (take_number(&at, HANDLE_MAX, &handle))
		store->listener.backend(store->listener.arg, domid, handle,
					is_value(at));
}

static void frontend_event(struct xn_store *store, const char *token)
{
	uint32_t slot, serial;

	if (*token++ != 'f' || !take_number(&token, UINT32_MAX, &slot) ||
	    *token++ != '/' || !take_number(&token, UINT32_MAX, &serial) ||
	    *token)
		return;
	store->listener.frontend(store->listener.arg, slot, serial);
}

static void on_events(void *arg, uint32_t epoll_events)
{
	struct xn_store *store = arg;
	int taken = 0;

	(void)epoll_events;
	while (store->xs && taken < EVENTS_MAX) {
		char **event = xs_check_watch(store->watcher);

		if (!event) {
			if (errno != EAGAIN)
				store_lost(store);
			break;
		}
		if (!strcmp(event[XS_WATCH_TOKEN], BACKEND_TOKEN))
			backend_event(store, event[XS_WATCH_PATH]);
		else
			frontend_event(store, event[XS_WATCH_TOKEN]);
		free(event);
		taken++;
	}
	store->listener.settled(store->listener.arg);
}

static void on_hangup(void *arg, uint32_t epoll_events)
{
	struct xn_store *store = arg;

	(void)epoll_events;
	store_lost(store);
}

/* The library's reading thread tells nobody when the connection ends. A second
 * one, on which nothing is ever said, ends at the same time. Where the store
 * is in another domain there is no socket, and it cannot go away. */
static int watch_hangup(struct xn_store *store)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int rc;

	if (access(xs_daemon_socket(), F_OK))
		return 0;
	if (xn_text_copy(address.sun_path, sizeof(address.sun_path),
			 xs_daemon_socket()) < 1)
		return -ENAMETOOLONG;
	store->hangup = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (store->hangup < 0)
		return -errno;
	xn_store_limit_begin(XN_STORE_LIMIT_NEW_MS);
	rc = connect(store->hangup, (struct sockaddr *)&address,
		     sizeof(address));
	xn_store_limit_end();
	if (rc)
		return -errno;
	store->hangup_source = xn_loop_add_fd(store->loop, store->hangup,
					      EPOLLIN, on_hangup, store);
	return store->hangup_source ? 0 : -errno;
}

static int store_connect(struct xn_store *store, struct xn_err *err)
{
	int error;

	store->watcher = xn_store_call_open();
	store->xs = store->watcher ? xn_store_call_open() : NULL;
	if (!store->xs) {
		error = xn_fail(err, errno, "no connection to xenstored: %s",
				strerror(errno));
		goto err_close;
	}
	xn_store_limit_watch(xs_daemon_socket());
	store->source = xn_loop_add_fd(store->loop, xs_fileno(store->watcher),
				       EPOLLIN, on_events, store);
	if (!store->source) {
		error = xn_fail(err, errno, "epoll: %s", strerror(errno));
		goto err_close;
	}
	if (!xn_store_call_watch(store, BACKEND_PATH, BACKEND_TOKEN,
				 XN_STORE_LIMIT_NEW_MS)) {
		error = xn_fail(err, errno, "watch on %s: %s", BACKEND_PATH,
				strerror(errno));
		goto err_close;
	}
	error = watch_hangup(store);
	if (error) {
		error = xn_fail(err, -error, "watching xenstored: %s",
				strerror(-error));
		goto err_close;
	}
	store->pause_ms = PAUSE_MIN_MS;
	return 0;

err_close:
	close_connection(store);
	return error;
}

static void on_reconnect(void *arg)
{
	struct xn_store *store = arg;

	if (store_connect(store, NULL)) {
		store->pause_ms = store->pause_ms >= PAUSE_MAX_MS / 2
					  ? PAUSE_MAX_MS
					  : store->pause_ms * 2;
		xn_timer_arm(store->reconnect, store->pause_ms, 0);
		return;
	}
	xn_info("the store is back");
	store->listener.up(store->listener.arg);
	if (store->xs)
		store->listener.settled(store->listener.arg);
}

int xn_store_open(struct xn_loop *loop,
		  const struct xn_store_listener *listener,
		  struct xn_store **ret_store, struct xn_err *err)
{
	struct xn_store *store = calloc(1, sizeof(*store));
	int error;

	if (!store)
		return xn_fail(err, ENOMEM, "out of memory");
	store->loop = loop;
	store->listener = *listener;
	store->pause_ms = PAUSE_MIN_MS;
	store->hangup = -1;
	store->reconnect = xn_loop_add_timer(loop, on_reconnect, store);
	if (!store->reconnect) {
		error = xn_fail(err, errno, "timer: %s", strerror(errno));
		goto err_free;
	}
	error = xn_store_limit_open(err);
	if (!error)
		error = store_connect(store, err);
	if (error)
		goto err_timer;
	*ret_store = store;
	return 0;

err_timer:
	xn_store_limit_close();
	xn_source_destroy(store->reconnect);
err_free:
	free(store);
	return error;
}

void xn_store_close(struct xn_store *store)
{
	if (!store)
		return;
	xn_source_destroy(store->reconnect);
	close_connection(store);
	xn_store_limit_close();
	free(store);
}

bool xn_store_is_up(const struct xn_store *store)
{
	return store->xs != NULL;
}

uint32_t xn_store_own_domid(struct xn_store *store)
{
	char text[XN_STORE_VALUE_MAX];
	uint32_t domid = 0;

	if (xn_store_read(store, XBT_NULL, "domid", text) > 0)
		(void)xn_parse_u32(text, 0, DOMID_MAX, &domid);
	return domid;
}

/* The numbers among a folder's names, at most *left of them. */
static int list_numbers(struct xn_store *store, const char *path, uint32_t max,
			uint32_t *left, int (*fn)(void *arg, uint32_t number),
			void *arg)
{
	unsigned int count = 0;
	char **names;
	int error = 0;

	if (!store->xs)
		return -EAGAIN;
	names = xn_store_call_directory(store, path, &count);
	if (!names)
		return errno == ENOENT ? 0 : xn_store_failure(store, errno);
	for (unsigned int i = 0; i < count && *left && !error; i++) {
		uint32_t number;

		if (xn_parse_u32(names[i], 0, max, &number))
			continue;
		error = fn(arg, number);
	}
	free(names);
	return error;
}

struct listing {
	struct xn_store *store;
	uint32_t left;
	uint32_t domid;
	void (*fn)(void *arg, uint32_t domid, uint32_t handle, bool values);
	void *arg;
};

static int list_handle(void *arg, uint32_t handle)
{
	struct listing *l = arg;

	l->left--;
	l->fn(l->arg, l->domid, handle, true);
	return 0;
}

static int list_domain(void *arg, uint32_t domid)
{
	struct listing *l = arg;
	char path[XN_STORE_PATH_MAX];

	l->domid = domid;
	(void)xn_text_format(path, sizeof(path), BACKEND_PATH "/%u", domid);
	return list_numbers(l->store, path, HANDLE_MAX, &l->left, list_handle,
			    l);
}

int xn_store_list_vifs(struct xn_store *store, uint32_t max,
		       void (*fn)(void *arg, uint32_t domid, uint32_t handle,
				  bool values),
		       void *arg)
{
	struct listing l = {.store = store, .left = max, .fn = fn, .arg = arg};

	return list_numbers(store, BACKEND_PATH, DOMID_MAX, &l.left,
			    list_domain, &l);
}

/* What is watched in a frontend's folder: the state and what may change with
 * it, and what a connected frontend may ask for at any time. */
static const char *const watched_keys[] = {
	"state",
	"request-multicast-control",
};
#define WATCHED_KEYS (sizeof(watched_keys) / sizeof(watched_keys[0]))

static int watch_path(const char *frontend, size_t key,
		      char path[XN_STORE_PATH_MAX])
{
	int length = xn_text_format(path, XN_STORE_PATH_MAX, "%s/%s", frontend,
				    watched_keys[key]);

	return length < 0 ? length : 0;
}

static void watch_token(uint32_t slot, uint32_t serial, char token[32])
{
	(void)xn_text_format(token, 32, "f%u/%u", slot, serial);
}

int xn_store_watch(struct xn_store *store, const char *frontend, uint32_t slot,
		   uint32_t serial, struct xn_err *err)
{
	char path[XN_STORE_PATH_MAX], token[32];

	watch_token(slot, serial, token);
	for (size_t i = 0; i < WATCHED_KEYS; i++) {
		int error = watch_path(frontend, i, path);

		if (error)
			return xn_fail(err, -error,
				       "frontend path is too long");
		if (!store->xs)
			return xn_fail(err, EAGAIN, "the store is away");
		/* One that is there from a try before is as good. */
		if (xn_store_call_watch(store, path, token,
					XN_STORE_LIMIT_MS) ||
		    errno == EEXIST)
			continue;
		error = errno;
		xn_fail(err, error, "watch on %s: %s", path, strerror(error));
		return xn_store_failure(store, error);
	}
	return 0;
}

void xn_store_unwatch(struct xn_store *store, const char *frontend,
		      uint32_t slot, uint32_t serial)
{
	char path[XN_STORE_PATH_MAX], token[32];

	watch_token(slot, serial, token);
	for (size_t i = 0; i < WATCHED_KEYS; i++) {
		if (!store->xs || watch_path(frontend, i, path))
			return;
		if (!xn_store_call_unwatch(store, path, token))
			(void)xn_store_failure(store, errno);
	}
}
