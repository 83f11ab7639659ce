/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The library's calls that wait for an answer, each with a time limit
 * (store_limit.h). Used by store*.c. What they
 * return, and errno, is the library's. */
#include "netconf/daemon/store_private.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netconf/daemon/store_limit.h"

/* Where the store has a socket here, the other way to it, through the kernel,
 * has no limit: a store that died would hold us up there until it is back. The
 * library goes that way whenever the socket is not answered, whatever
 * XS_OPEN_SOCKETONLY says (4.17); with this word both ways are the socket. */
static void keep_to_socket(void)
{
	const char *socket = xs_daemon_socket();

	if (!getenv("XENSTORED_PATH") && !access(socket, F_OK))
		(void)setenv("XENSTORED_PATH", socket, 0);
}

struct xs_handle *xn_store_call_open(void)
{
	struct xs_handle *xs;

	keep_to_socket();
	xn_store_limit_begin(XN_STORE_LIMIT_NEW_MS);
	xs = xs_open(XS_UNWATCH_FILTER);
	xn_store_limit_end();
	return xs;
}

char *xn_store_call_read(struct xn_store *store, xs_transaction_t transaction,
			 const char *path, unsigned int *ret_bytes)
{
	char *value;

	xn_store_limit_begin(XN_STORE_LIMIT_MS);
	value = xs_read(store->xs, transaction, path, ret_bytes);
	xn_store_limit_end();
	return value;
}

bool xn_store_call_write(struct xn_store *store, xs_transaction_t transaction,
			 const char *path, const char *value)
{
	bool done;

	xn_store_limit_begin(XN_STORE_LIMIT_MS);
	done = xs_write(store->xs, transaction, path, value,
			(unsigned int)strlen(value));
	xn_store_limit_end();
	return done;
}

bool xn_store_call_rm(struct xn_store *store, xs_transaction_t transaction,
		      const char *path)
{
	bool done;

	xn_store_limit_begin(XN_STORE_LIMIT_MS);
	done = xs_rm(store->xs, transaction, path);
	xn_store_limit_end();
	return done;
}

char **xn_store_call_directory(struct xn_store *store, const char *path,
			       unsigned int *ret_count)
{
	char **names;

	xn_store_limit_begin(XN_STORE_LIMIT_MS);
	names = xs_directory(store->xs, XBT_NULL, path, ret_count);
	xn_store_limit_end();
	return names;
}

xs_transaction_t xn_store_call_start(struct xn_store *store)
{
	xs_transaction_t transaction;

	xn_store_limit_begin(XN_STORE_LIMIT_MS);
	transaction = xs_transaction_start(store->xs);
	xn_store_limit_end();
	return transaction;
}

bool xn_store_call_end(struct xn_store *store, xs_transaction_t transaction,
		       bool abort)
{
	bool done;

	xn_store_limit_begin(XN_STORE_LIMIT_MS);
	done = xs_transaction_end(store->xs, transaction, abort);
	xn_store_limit_end();
	return done;
}

bool xn_store_call_watch(struct xn_store *store, const char *path,
			 const char *token, int limit_ms)
{
	bool done;

	xn_store_limit_begin(limit_ms);
	done = xs_watch(store->watcher, path, token);
	xn_store_limit_end();
	return done;
}

bool xn_store_call_unwatch(struct xn_store *store, const char *path,
			   const char *token)
{
	bool done;

	xn_store_limit_begin(XN_STORE_LIMIT_MS);
	done = xs_unwatch(store->watcher, path, token);
	xn_store_limit_end();
	return done;
}
