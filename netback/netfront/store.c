// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See store.h. Watches are found by a token that counts up and is never used
 * twice, so that an event queued for a watch that is gone finds nothing.
 */
#include "netback/netfront/store.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/base/text.h"

#define TOKEN_MAX 24
/* Events handled in one call, so that a watched key that is rewritten without
 * end cannot hold the thread. */
#define DISPATCH_MAX 64
#define TRANSACTION_TRIES 64

struct xnf_watch {
	struct xnf_store *store;
	struct xnf_watch *next;
	xnf_watch_fn *fn;
	void *arg;
	char path[XNF_STORE_PATH_MAX];
	char token[TOKEN_MAX];
};

struct xnf_store {
	struct xs_handle *xs;
	struct xnf_watch *watches;
	uint64_t tokens_used;
	bool gone;
};

struct xnf_store *xnf_store_open(struct xn_err *err)
{
	struct xnf_store *store = calloc(1, sizeof(*store));

	if (!store) {
		xn_fail(err, ENOMEM, "out of memory");
		return NULL;
	}
	store->xs = xs_open(0);
	if (!store->xs) {
		xn_fail(err, errno, "xenstore: %s", strerror(errno));
		free(store);
		return NULL;
	}
	return store;
}

void xnf_store_close(struct xnf_store *store)
{
	if (!store)
		return;
	/* The store forgets the watches of a closed connection. */
	for (struct xnf_watch *watch = store->watches, *next; watch;
	     watch = next) {
		next = watch->next;
		free(watch);
	}
	xs_close(store->xs);
	free(store);
}

int xnf_store_fd(const struct xnf_store *store)
{
	return xs_fileno(store->xs);
}

/* libxenstore names a lost connection in several ways. */
static int store_error(struct xnf_store *store)
{
	int error = errno;

	if (error == EPIPE || error == EIO || error == EBADF ||
	    error == ECONNRESET)
		store->gone = true;
	return store->gone ? -EPIPE : -(error ? error : EIO);
}

static void call_watch(struct xnf_store *store, const char *path,
		       const char *token)
{
	struct xnf_watch *watch = store->watches;

	while (watch && strcmp(watch->token, token) != 0)
		watch = watch->next;
	if (watch)
		watch->fn(watch->arg, path);
}

int xnf_store_dispatch(struct xnf_store *store)
{
	for (int i = 0; i < DISPATCH_MAX; i++) {
		char **event = xs_check_watch(store->xs);

		if (!event) {
			/* Without a connection it says EINVAL. */
			if (errno != EAGAIN)
				store->gone = true;
			return store->gone ? -EPIPE : 0;
		}
		call_watch(store, event[XS_WATCH_PATH], event[XS_WATCH_TOKEN]);
		free(event);
	}
	return 0;
}

int xnf_store_read(struct xnf_store *store, xs_transaction_t transaction,
		   const char *path, char *ret_value, size_t value_bytes)
{
	unsigned int length = 0;
	char *value = xs_read(store->xs, transaction, path, &length);
	int rc = -E2BIG;

	if (!value)
		return store_error(store);
	if (length < value_bytes && !memchr(value, 0, length)) {
		memcpy(ret_value, value, length);
		ret_value[length] = 0;
		rc = (int)length;
	}
	free(value);
	return rc;
}

int xnf_store_read_u32(struct xnf_store *store, const char *dir,
		       const char *key, uint32_t max, uint32_t *ret_value)
{
	char path[XNF_STORE_PATH_MAX];
	char value[XNF_STORE_VALUE_MAX];
	int rc;

	rc = xn_text_format(path, sizeof(path), "%s/%s", dir, key);
	if (rc < 0)
		return rc;
	rc = xnf_store_read(store, XBT_NULL, path, value, sizeof(value));
	if (rc < 0)
		return rc;
	return xn_parse_u32(value, 0, max, ret_value);
}

int xnf_store_write(struct xnf_store *store, xs_transaction_t transaction,
		    const char *path, const char *value)
{
	if (!xs_write(store->xs, transaction, path, value,
		      (unsigned int)strlen(value)))
		return store_error(store);
	return 0;
}

int xnf_store_remove(struct xnf_store *store, xs_transaction_t transaction,
		     const char *path)
{
	if (!xs_rm(store->xs, transaction, path) && errno != ENOENT)
		return store_error(store);
	return 0;
}

int xnf_store_exists(struct xnf_store *store, const char *path)
{
	unsigned int length = 0;
	void *value = xs_read(store->xs, XBT_NULL, path, &length);

	if (!value)
		return errno == ENOENT ? 0 : store_error(store);
	free(value);
	return 1;
}

int xnf_store_transact(struct xnf_store *store, xnf_transaction_fn *fn,
		       void *arg)
{
	for (int i = 0; i < TRANSACTION_TRIES; i++) {
		xs_transaction_t transaction = xs_transaction_start(store->xs);
		int rc;

		if (transaction == XBT_NULL)
			return store_error(store);
		rc = fn(arg, transaction);
		if (rc) {
			(void)xs_transaction_end(store->xs, transaction, true);
			return rc;
		}
		if (xs_transaction_end(store->xs, transaction, false))
			return 0;
		if (errno != EAGAIN)
			return store_error(store);
	}
	return -EAGAIN;
}

char **xnf_store_list(struct xnf_store *store, const char *path,
		      unsigned int *ret_count)
{
	return xs_directory(store->xs, XBT_NULL, path, ret_count);
}

struct xnf_watch *xnf_store_watch(struct xnf_store *store, const char *path,
				  xnf_watch_fn *fn, void *arg)
{
	struct xnf_watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return NULL;
	watch->store = store;
	watch->fn = fn;
	watch->arg = arg;
	if (xn_text_copy(watch->path, sizeof(watch->path), path) < 0) {
		errno = ENAMETOOLONG;
		goto err_free;
	}
	(void)snprintf(watch->token, sizeof(watch->token), "%llu",
		       (unsigned long long)++store->tokens_used);
	if (!xs_watch(store->xs, watch->path, watch->token))
		goto err_free;
	watch->next = store->watches;
	store->watches = watch;
	return watch;
err_free:
	free(watch);
	return NULL;
}

void xnf_watch_destroy(struct xnf_watch *watch)
{
	if (!watch)
		return;

	struct xnf_watch **link = &watch->store->watches;

	while (*link != watch)
		link = &(*link)->next;
	*link = watch->next;
	(void)xs_unwatch(watch->store->xs, watch->path, watch->token);
	free(watch);
}
