/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_STORE_PRIVATE_H
#define XN_DAEMON_STORE_PRIVATE_H
/* Shared by store.c (connection, watches) and store_vif.c (a vif's values). */
#include <xenstore.h>

#include "netconf/daemon/store.h"

/* A transaction that others keep disturbing is given up after that many. */
#define XN_STORE_TRIES 16

struct xn_store {
	struct xn_loop *loop;
	struct xn_store_listener listener;
	struct xs_handle *xs; /* NULL: away */
	/* For the watches alone: a connection that has any gets a thread of
	 * the library's, through whose hands every answer goes. There is one
	 * whenever there is xs. */
	struct xs_handle *watcher;
	struct xn_source *source;
	int hangup; /* ends with the connection; -1: none */
	struct xn_source *hangup_source;
	struct xn_source *reconnect;
	uint64_t pause_ms;
};

/* The library's calls, with a time limit (store_call.c): only these wait for
 * the store. store->xs is not NULL, but for the first. */
/* NULL, with errno: no connection. */
struct xs_handle *xn_store_call_open(void);
char *xn_store_call_read(struct xn_store *store, xs_transaction_t transaction,
			 const char *path, unsigned int *ret_bytes);
bool xn_store_call_write(struct xn_store *store, xs_transaction_t transaction,
			 const char *path, const char *value);
bool xn_store_call_rm(struct xn_store *store, xs_transaction_t transaction,
		      const char *path);
char **xn_store_call_directory(struct xn_store *store, const char *path,
			       unsigned int *ret_count);
xs_transaction_t xn_store_call_start(struct xn_store *store);
bool xn_store_call_end(struct xn_store *store, xs_transaction_t transaction,
		       bool abort);
bool xn_store_call_watch(struct xn_store *store, const char *path,
			 const char *token, int limit_ms);
bool xn_store_call_unwatch(struct xn_store *store, const char *path,
			   const char *token);

/* One value: its length, or -ENOENT, -EAGAIN (store away), -E2BIG, -EILSEQ
 * (a zero byte inside). ret_text[0] is 0 on failure. */
int xn_store_read(struct xn_store *store, xs_transaction_t transaction,
		  const char *path, char ret_text[XN_STORE_VALUE_MAX]);
/* The same for longer values: text_bytes of memory. */
int xn_store_read_text(struct xn_store *store, xs_transaction_t transaction,
		       const char *path, char *ret_text, size_t text_bytes);
/* "backend/vif/DOMID/HANDLE/KEY": 0 or -ENAMETOOLONG. */
int xn_store_backend_path(uint32_t domid, uint32_t handle, const char *key,
			  char ret_path[XN_STORE_PATH_MAX]);
/* After a failed call: -EAGAIN when the connection is gone, else -errno. */
int xn_store_failure(struct xn_store *store, int error);

#endif
