/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A lock file, see lock.h. Only who holds the lock may remove the file, and
 * who got it looks whether the file still has that name. */
#include "vif-hotplug/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netconf/base/fd.h"
#include "netconf/base/text.h"
#include "vif-hotplug/limit.h"

static int lock_once(const char *path, int *ret_fd)
{
	struct stat held, named;
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	int rc = 0;

	if (fd < 0)
		return -errno;
	while (flock(fd, LOCK_EX) < 0) {
		rc = -errno;
		if (rc != -EINTR)
			break;
		rc = 0;
		if (xvh_limit_passed()) {
			rc = -ETIMEDOUT;
			break;
		}
	}
	if (rc == 0 &&
	    (fstat(fd, &held) < 0 || stat(path, &named) < 0 ||
	     held.st_ino != named.st_ino || held.st_dev != named.st_dev))
		rc = -EAGAIN;
	if (rc < 0)
		xn_close(&fd);
	else
		*ret_fd = fd;
	return rc;
}

int xvh_lock_take(struct xvh_lock *ret_lock, const struct xvh_request *request,
		  struct xn_err *err)
{
	struct stat netns = {0};
	int rc = -EAGAIN;

	/* The same vif in another namespace is another's. */
	(void)stat("/proc/thread-self/ns/net", &netns);
	(void)xn_text_format(ret_lock->path, sizeof(ret_lock->path),
			     "/run/xenplane-hotplug-%llu-vif%u.%u.lock",
			     (unsigned long long)netns.st_ino, request->domid,
			     request->devid);
	/* Each time around somebody else had it and ended. */
	while (rc == -EAGAIN)
		rc = lock_once(ret_lock->path, &ret_lock->fd);
	if (rc < 0)
		return xn_fail(err, -rc, "%s: %s", ret_lock->path,
			       strerror(-rc));
	return 0;
}

void xvh_lock_release(struct xvh_lock *lock)
{
	(void)unlink(lock->path);
	xn_close(&lock->fd);
}
