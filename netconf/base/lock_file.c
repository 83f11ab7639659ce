/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A lock file, see lock_file.h. Only who holds the lock may remove the file,
 * and who got it looks whether the file still has that name. */
#include "netconf/base/lock_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netconf/base/fd.h"

static int lock_once(const char *path, bool (*give_up)(void), int *ret_fd)
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
		if (give_up && give_up()) {
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

int xn_lock_file_take(const char *path, bool (*give_up)(void), int *ret_fd)
{
	int rc = -EAGAIN;

	/* Each time around somebody else had it and ended. */
	while (rc == -EAGAIN)
		rc = lock_once(path, give_up, ret_fd);
	return rc;
}

void xn_lock_file_release(const char *path, int *fd)
{
	if (*fd < 0)
		return;
	(void)unlink(path);
	xn_close(fd);
}
