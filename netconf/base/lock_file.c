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

static int lock(int fd, int operation, bool (*give_up)(void))
{
	while (flock(fd, operation) < 0) {
		if (errno == EWOULDBLOCK)
			return -EBUSY;
		if (errno != EINTR)
			return -errno;
		if (give_up && give_up())
			return -ETIMEDOUT;
	}
	return 0;
}

static int lock_once(const char *path, int operation, bool (*give_up)(void),
		     int *ret_fd)
{
	struct stat held, named;
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	int rc;

	if (fd < 0)
		return -errno;
	rc = lock(fd, operation, give_up);
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
		rc = lock_once(path, LOCK_EX, give_up, ret_fd);
	return rc;
}

int xn_lock_file_try(const char *path, int *ret_fd)
{
	int rc = -EAGAIN;

	while (rc == -EAGAIN)
		rc = lock_once(path, LOCK_EX | LOCK_NB, NULL, ret_fd);
	return rc;
}

void xn_lock_file_release(const char *path, int *fd)
{
	if (*fd < 0)
		return;
	(void)unlink(path);
	xn_close(fd);
}
