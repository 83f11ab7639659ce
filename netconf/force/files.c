/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of what is in force, see files.h. */
#include "netconf/force/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netconf/base/fd.h"
#include "netconf/base/text.h"

#define LOCK_FILE XN_FORCE_FOLDER "/force.lock"

void xn_force_path(const struct xn_nl *nl, enum xn_force_file file,
		   char ret_path[XN_FORCE_PATH_MAX])
{
	static const char *const names[] = {
		[XN_FORCE_TEXTS] = "in-force",
		[XN_FORCE_KNOWN] = "known",
	};

	(void)xn_text_format(ret_path, XN_FORCE_PATH_MAX,
			     XN_FORCE_FOLDER "/%s-%llu.json", names[file],
			     (unsigned long long)xn_nl_namespace_cookie(nl));
}

static bool is_roots(int fd, off_t *ret_bytes)
{
	struct stat status;

	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) ||
	    status.st_uid != geteuid() ||
	    (status.st_mode & (S_IWGRP | S_IWOTH)))
		return false;
	*ret_bytes = status.st_size;
	return true;
}

/* Its writer holds it alone. */
static bool is_held(int fd)
{
	if (flock(fd, LOCK_SH | LOCK_NB) < 0)
		return errno == EWOULDBLOCK;
	(void)flock(fd, LOCK_UN);
	return false;
}

static int read_open(int fd, bool held_only, json_t **ret_json)
{
	off_t bytes = 0;
	char *text;
	ssize_t got = -1;

	if (!is_roots(fd, &bytes))
		return -EPERM;
	if (held_only && !is_held(fd))
		return -ENOENT;
	if (bytes > XN_FORCE_BYTES_MAX)
		return -EFBIG;
	text = malloc((size_t)bytes + 1);
	if (!text)
		return -ENOMEM;
	got = read(fd, text, (size_t)bytes);
	*ret_json = got == bytes ? json_loadb(text, (size_t)bytes,
					      JSON_REJECT_DUPLICATES, NULL)
				 : NULL;
	free(text);
	return *ret_json ? 0 : -EBADMSG;
}

int xn_force_read(const char *path, bool held_only, json_t **ret_json,
		  struct xn_err *err)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int rc = fd < 0 ? -errno : read_open(fd, held_only, ret_json);

	xn_close(&fd);
	if (rc == 0 || rc == -ENOENT)
		return rc;
	return xn_fail(err, -rc, "%s: %s", path,
		       rc == -EPERM	? "others could have written it"
		       : rc == -EBADMSG ? "not what was written"
					: strerror(-rc));
}

static int write_all(int fd, const char *text, size_t bytes)
{
	while (bytes > 0) {
		ssize_t done = write(fd, text, bytes);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done < 0 ? -errno : -EIO;
		text += done;
		bytes -= (size_t)done;
	}
	return 0;
}

/* The name is another one until all is there, and is held from its first
 * moment on. */
static int write_fresh(const char *path, const char *text, bool hold,
		       int *ret_fd)
{
	char fresh[XN_FORCE_PATH_MAX + 8];
	int rc = 0;

	(void)xn_text_format(fresh, sizeof(fresh), "%s.new", path);
	(void)unlink(fresh);
	*ret_fd = open(fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (*ret_fd < 0)
		return -errno;
	if (hold && flock(*ret_fd, LOCK_EX | LOCK_NB) < 0)
		rc = -errno;
	if (rc == 0)
		rc = write_all(*ret_fd, text, strlen(text));
	if (rc == 0 && rename(fresh, path) < 0)
		rc = -errno;
	if (rc < 0) {
		(void)unlink(fresh);
		xn_close(ret_fd);
	}
	return rc;
}

int xn_force_write(const char *path, json_t *take_json, int *ret_fd,
		   struct xn_err *err)
{
	char *text = take_json ? json_dumps(take_json, JSON_COMPACT) : NULL;
	int fd = -1;
	int rc;

	json_decref(take_json);
	if (!text)
		return xn_fail(err, ENOMEM, "%s: out of memory", path);
	if (mkdir(XN_FORCE_FOLDER, 0755) < 0 && errno != EEXIST)
		rc = -errno;
	else
		rc = write_fresh(path, text, ret_fd != NULL, &fd);
	free(text);
	if (rc < 0)
		return xn_fail(err, -rc, "%s: %s", path, strerror(-rc));
	if (ret_fd)
		*ret_fd = fd;
	else
		xn_close(&fd);
	return 0;
}

int xn_force_remove(const char *path, struct xn_err *err)
{
	if (unlink(path) < 0 && errno != ENOENT)
		return xn_fail(err, errno, "%s: %m", path);
	return 0;
}

/* It is the file that the name leads to, and not one that its last holder
 * took away. */
static bool is_the_lock(int fd)
{
	struct stat mine, named;

	return fstat(fd, &mine) == 0 && lstat(LOCK_FILE, &named) == 0 &&
	       mine.st_dev == named.st_dev && mine.st_ino == named.st_ino;
}

static int try_lock(bool wait, int *ret_fd)
{
	int rc = 0;
	int fd = open(LOCK_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
		      0600);

	if (fd < 0)
		return -errno;
	while (rc == 0 && flock(fd, wait ? LOCK_EX : LOCK_EX | LOCK_NB) < 0) {
		if (errno == EWOULDBLOCK)
			rc = -EBUSY;
		else if (errno != EINTR)
			rc = -errno;
	}
	if (rc == 0 && !is_the_lock(fd))
		rc = -EAGAIN;
	if (rc < 0)
		xn_close(&fd);
	*ret_fd = fd;
	return rc;
}

int xn_force_lock(bool wait, int *ret_fd, struct xn_err *err)
{
	int rc;

	if (mkdir(XN_FORCE_FOLDER, 0755) < 0 && errno != EEXIST)
		return xn_fail(err, errno, XN_FORCE_FOLDER ": %m");
	do
		rc = try_lock(wait, ret_fd);
	while (rc == -EAGAIN);
	if (rc == 0 || rc == -EBUSY)
		return rc;
	return xn_fail(err, -rc, LOCK_FILE ": %s", strerror(-rc));
}

void xn_force_unlock(int *fd)
{
	if (*fd >= 0)
		(void)unlink(LOCK_FILE);
	xn_close(fd);
}
