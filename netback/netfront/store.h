/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNF_STORE_H
#define XNF_STORE_H
/*
 * xenstore for a frontend: values bounded when they are read, watches with a
 * function for each, transactions that are repeated on conflict.
 *
 * Thread: the control thread only. The calls wait for the store's answer.
 * Errors: negative errno; -ENOENT is an absent node, -EPIPE a store that went
 * away (every call fails from then on).
 */
#include <stddef.h>
#include <stdint.h>
#include <xenstore.h>

#include "netconf/base/err.h"

#define XNF_STORE_PATH_MAX 256
#define XNF_STORE_VALUE_MAX 256

struct xnf_store;
struct xnf_watch;

/* `path` is the node that changed; valid during the call. */
typedef void xnf_watch_fn(void *arg, const char *path);
/* All reads and writes of one transaction; may run several times. */
typedef int xnf_transaction_fn(void *arg, xs_transaction_t transaction);

/* Caller owns the result. NULL: see `err`. */
struct xnf_store *xnf_store_open(struct xn_err *err);
/* Frees the watches that are left, too. Accepts NULL. */
void xnf_store_close(struct xnf_store *store);

/* Readable when xnf_store_dispatch() has something to do. */
int xnf_store_fd(const struct xnf_store *store);
/* Calls the watch functions of what is pending: 0, or -EPIPE. */
int xnf_store_dispatch(struct xnf_store *store);

/* The value as text: its length. -E2BIG: longer than the buffer or with a
 * zero byte inside. */
int xnf_store_read(struct xnf_store *store, xs_transaction_t transaction,
		   const char *path, char *ret_value, size_t value_bytes);
/* DIR/KEY as a decimal number of 0..max: 0, or -errno (-EINVAL, -ERANGE). */
int xnf_store_read_u32(struct xnf_store *store, const char *dir,
		       const char *key, uint32_t max, uint32_t *ret_value);
int xnf_store_write(struct xnf_store *store, xs_transaction_t transaction,
		    const char *path, const char *value);
/* Removes the node and all below it; an absent one is fine. */
int xnf_store_remove(struct xnf_store *store, xs_transaction_t transaction,
		     const char *path);
/* 1: there, 0: absent. */
int xnf_store_exists(struct xnf_store *store, const char *path);
/* Runs `fn` in a transaction, again while others' changes are in the way. */
int xnf_store_transact(struct xnf_store *store, xnf_transaction_fn *fn,
		       void *arg);

/* Names of the nodes below `path`; free() the result. NULL: errno is set. */
char **xnf_store_list(struct xnf_store *store, const char *path,
		      unsigned int *ret_count);

/* Fires once at once, then on each change at or below `path`. Caller owns
 * the result; NULL: errno is set. Unwatching inside any watch function is
 * allowed; the function is not called afterwards. */
struct xnf_watch *xnf_store_watch(struct xnf_store *store, const char *path,
				  xnf_watch_fn *fn, void *arg);
void xnf_watch_destroy(struct xnf_watch *watch); /* accepts NULL */

#endif
