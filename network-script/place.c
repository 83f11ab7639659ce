/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "network-script/place.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "netconf/base/fd.h"
#include "netconf/base/text.h"

#define FOLDER "/run/xenplane"

static int lock(int fd)
{
	int rc;

	do {
		rc = flock(fd, LOCK_EX) < 0 ? -errno : 0;
	} while (rc == -EINTR);
	return rc;
}

static bool is_ours(int fd)
{
	struct stat folder;

	return fstat(fd, &folder) == 0 && folder.st_uid == 0 &&
	       !(folder.st_mode & (S_IWGRP | S_IWOTH));
}

int xns_place_open(struct xns_place *ret_place, struct xn_err *err)
{
	struct stat netns = {0};
	int rc;
	int fd;

	if (mkdir(FOLDER, 0755) < 0 && errno != EEXIST)
		return xn_fail(err, errno, "%s: %s", FOLDER, strerror(errno));
	fd = open(FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return xn_fail(err, errno, "%s: %s", FOLDER, strerror(errno));
	if (!is_ours(fd))
		rc = xn_fail(err, EPERM, "%s: others can write there", FOLDER);
	else
		rc = lock(fd);
	if (rc < 0) {
		xn_close(&fd);
		return xn_fail(err, -rc, "%s: %s", FOLDER, strerror(-rc));
	}
	(void)stat("/proc/thread-self/ns/net", &netns);
	(void)xn_text_format(ret_place->journal, sizeof(ret_place->journal),
			     FOLDER "/network-%llu.journal",
			     (unsigned long long)netns.st_ino);
	ret_place->fd = fd;
	return 0;
}

void xns_place_close(struct xns_place *place)
{
	xn_close(&place->fd);
}
