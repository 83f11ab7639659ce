/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_LAB_STORE_H
#define XN_LAB_STORE_H
/*
 * The toolstack's hand on the store: small helpers over libxenstore, each
 * with a time limit where it waits. One thread.
 */
#include <stddef.h>
#include <stdint.h>
#include <xenstore.h>

#include "netconf/base/err.h"

#define XN_LAB_STORE_PATH_MAX 256
#define XN_LAB_STORE_VALUE_MAX 512

/* One key and value below a folder, written in a transaction. */
struct xn_lab_key {
	const char *key;
	const char *value;
};

/* Writes all keys of all folders, or none. `permissions` holds two entries:
 * owner and reader, as libxl sets them for a device's two folders. */
struct xn_lab_node {
	const char *folder;
	unsigned int owner; /* domid; the other end may read */
	unsigned int reader;
	const struct xn_lab_key *keys;
	size_t key_count;
};
int xn_lab_store_create(struct xs_handle *xs, const struct xn_lab_node *nodes,
			size_t node_count, struct xn_err *err);

int xn_lab_store_write(struct xs_handle *xs, const char *folder,
		       const char *key, const char *value, struct xn_err *err);

/* "" when the key is absent. Longer values are cut. */
void xn_lab_store_read(struct xs_handle *xs, const char *folder,
		       const char *key, char ret[XN_LAB_STORE_VALUE_MAX]);
void xn_lab_store_remove(struct xs_handle *xs, const char *folder);

/* Waits until folder/key has one of the two values (`other` may be NULL) or
 * vanishes after having been there when `or_gone`. 0, -ETIMEDOUT, or -EIO. */
int xn_lab_store_wait(struct xs_handle *xs, const char *folder, const char *key,
		      const char *value, const char *other,
		      unsigned int limit_ms, struct xn_err *err);

#endif
