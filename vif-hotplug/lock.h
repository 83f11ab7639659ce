/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XVH_LOCK_H
#define XVH_LOCK_H
/* One run at a time for a vif of this network namespace: a locked file below
 * /run, removed with the lock. Waiting is bounded by the whole run's limit. */
#include "netconf/base/err.h"
#include "vif-hotplug/request.h"

#define XVH_LOCK_PATH_MAX 96

struct xvh_lock {
	int fd;
	char path[XVH_LOCK_PATH_MAX];
};

int xvh_lock_take(struct xvh_lock *ret_lock, const struct xvh_request *request,
		  struct xn_err *err);
void xvh_lock_release(struct xvh_lock *lock);

#endif
