/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XVH_STORE_H
#define XVH_STORE_H
/*
 * The vif's folder of the store, over libxenstore: reading bounded values, and
 * saying how it went. A folder that is gone is not made again: that would be
 * the ghost of a device. One thread. Calls may block as long as xenstored
 * does; main.c bounds the whole run.
 */
#include <stdbool.h>
#include <stddef.h>

#include "netconf/base/err.h"
#include "vif-hotplug/request.h"

struct xs_handle;

struct xvh_store {
	struct xs_handle *xs;
	const char *path; /* of the vif's folder; the caller's */
};

/* -errno with a reason: nobody serves the store. */
int xvh_store_open(struct xvh_store *ret_store, const char *path,
		   struct xn_err *err);
void xvh_store_close(struct xvh_store *store); /* accepts one not opened */

/* An xvh_read_fn; `arg` is the struct xvh_store. */
int xvh_store_read(void *arg, const char *key, char *ret_text,
		   size_t text_bytes);
/* Whether the toolstack told old kernels' events to keep away. */
bool xvh_store_udev_disabled(struct xvh_store *store);

/* In one transaction: hotplug-status is "connected", no hotplug-error is left
 * of an earlier run, and the frontend's mtu is the device's (0: not said).
 * -ENOENT: the folder is gone. */
int xvh_store_connected(struct xvh_store *store,
			const struct xvh_request *request, unsigned int mtu,
			struct xn_err *err);
/* hotplug-error and hotplug-status = error. */
int xvh_store_failed(struct xvh_store *store, const char *reason,
		     struct xn_err *err);

#endif
