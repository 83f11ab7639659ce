/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One run at a time for a vif, see lock.h. */
#include "vif-hotplug/lock.h"

#include <string.h>
#include <sys/stat.h>

#include "netconf/base/lock_file.h"
#include "netconf/base/text.h"
#include "vif-hotplug/limit.h"

int xvh_lock_take(struct xvh_lock *ret_lock, const struct xvh_request *request,
		  struct xn_err *err)
{
	struct stat netns = {0};
	int rc;

	/* The same vif in another namespace is another's. */
	(void)stat("/proc/thread-self/ns/net", &netns);
	(void)xn_text_format(ret_lock->path, sizeof(ret_lock->path),
			     "/run/xenplane-hotplug-%llu-vif%u.%u.lock",
			     (unsigned long long)netns.st_ino, request->domid,
			     request->devid);
	rc = xn_lock_file_take(ret_lock->path, xvh_limit_passed, &ret_lock->fd);
	if (rc < 0)
		return xn_fail(err, -rc, "%s: %s", ret_lock->path,
			       strerror(-rc));
	return 0;
}

void xvh_lock_release(struct xvh_lock *lock)
{
	xn_lock_file_release(lock->path, &lock->fd);
}
