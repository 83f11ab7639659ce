/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of the folder where applies are remembered, see files.h. */
#include "netconf/safe/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netconf/base/fd.h"
#include "netconf/base/text.h"

int xn_safe_paths(const char *folder, struct xn_safe_paths *ret_paths,
		  struct xn_err *err)
{
	static const char *const names[XN_SAFE_FILES] = {
		[XN_SAFE_LOCK] = "lock",
		[XN_SAFE_WATCHDOG] = "watchdog",
		[XN_SAFE_PENDING] = "pending.json",
		[XN_SAFE_JOURNAL] = "pending.journal",
		[XN_SAFE_CONFIRMED] = "confirmed.json",
		[XN_SAFE_LAST] = "last.json",
	};

	folder = folder ? folder : XN_SAFE_FOLDER;
	if (xn_text_copy(ret_paths->folder, sizeof(ret_paths->folder), folder) <
	    1)
		return xn_fail(err, ENAMETOOLONG, "state folder: bad path");
	for (int i = 0; i < XN_SAFE_FILES; i++) {
		if (xn_text_format(ret_paths->file[i],
				   sizeof(ret_paths->file[i]), "%s/%s", folder,
				   names[i]) < 0)
			return xn_fail(err, ENAMETOOLONG,
				       "state folder: too long a path");
	}
	return 0;
}

int xn_safe_make_folder(const struct xn_safe_paths *paths, struct xn_err *err)
{
	struct stat status;

	if (mkdir(paths->folder, 0700) < 0 && errno != EEXIST)
		return xn_fail(err, errno, "%s: %m", paths->folder);
	if (stat(paths->folder, &status) < 0)
		return xn_fail(err, errno, "%s: %m", paths->folder);
	if (!S_ISDIR(status.st_mode))
		return xn_fail(err, ENOTDIR, "%s: no folder", paths->folder);
	if (status.st_uid != geteuid() ||
	    (status.st_mode & (S_IWGRP | S_IWOTH)))
		return xn_fail(err, EPERM, "%s: others could write there",
			       paths->folder);
	return 0;
}

static int open_lock(const struct xn_safe_paths *paths, enum xn_safe_file file,
		     int *ret_fd, struct xn_err *err)
{
	*ret_fd = open(paths->file[file],
		       O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (*ret_fd < 0)
		return xn_fail(err, errno, "%s: %m", paths->file[file]);
	return 0;
}

int xn_safe_lock(const struct xn_safe_paths *paths, bool wait, int *ret_fd,
		 struct xn_err *err)
{
	int fd;
	int rc = open_lock(paths, XN_SAFE_LOCK, &fd, err);

	if (rc < 0)
		return rc;
	while (flock(fd, wait ? LOCK_EX : LOCK_EX | LOCK_NB) < 0) {
		int error = errno;

		if (error == EINTR)
			continue;
		xn_close(&fd);
		if (error == EWOULDBLOCK)
			return xn_fail(err, EBUSY,
				       "another xenplane is at work on the "
				       "network (%s)",
				       paths->file[XN_SAFE_LOCK]);
		return xn_fail(err, error, "%s: %s", paths->file[XN_SAFE_LOCK],
			       strerror(error));
	}
	*ret_fd = fd;
	return 0;
}

/* A byte of the file that nobody else's apply has. */
static struct flock byte_of(uint64_t id)
{
	struct flock lock = {.l_type = F_WRLCK,
			     .l_whence = SEEK_SET,
			     .l_start = (off_t)(id >> 2),
			     .l_len = 1};

	return lock;
}

int xn_safe_hold_watch(const struct xn_safe_paths *paths, uint64_t id,
		       int *ret_fd, struct xn_err *err)
{
	struct flock lock = byte_of(id);
	int fd;
	int rc = open_lock(paths, XN_SAFE_WATCHDOG, &fd, err);

	if (rc < 0)
		return rc;
	if (fcntl(fd, F_OFD_SETLK, &lock) < 0) {
		int error = errno;

		xn_close(&fd);
		return xn_fail(err, error, "%s: %s",
			       paths->file[XN_SAFE_WATCHDOG], strerror(error));
	}
	*ret_fd = fd;
	return 0;
}

bool xn_safe_is_watched(const struct xn_safe_paths *paths, uint64_t id)
{
	struct flock lock = byte_of(id);
	int fd = open(paths->file[XN_SAFE_WATCHDOG],
		      O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	bool held;

	if (fd < 0)
		return false;
	held = fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
	xn_close(&fd);
	return held;
}

static int sync_folder(const struct xn_safe_paths *paths)
{
	int fd = open(paths->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = 0;

	if (fd < 0)
		return -errno;
	if (fsync(fd) < 0)
		rc = -errno;
	xn_close(&fd);
	return rc;
}

static int write_text(const char *path, const char *text, size_t bytes)
{
	int fd = open(path,
		      O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
		      0600);
	int rc = 0;

	if (fd < 0)
		return -errno;
	while (bytes > 0 && rc == 0) {
		ssize_t done = write(fd, text, bytes);

		if (done > 0) {
			text += done;
			bytes -= (size_t)done;
		} else if (done == 0 || errno != EINTR) {
			rc = done == 0 ? -EIO : -errno;
		}
	}
	if (rc == 0 && fsync(fd) < 0)
		rc = -errno;
	xn_close(&fd);
	return rc;
}

int xn_safe_write_json(const struct xn_safe_paths *paths,
		       enum xn_safe_file file, json_t *take_json,
		       struct xn_err *err)
{
	char *text = take_json ? json_dumps(take_json, JSON_INDENT(1)) : NULL;
	char path[PATH_MAX];
	int rc = 0;

	json_decref(take_json);
	if (!text)
		return xn_fail(err, ENOMEM, "%s: out of memory",
			       paths->file[file]);
	if (xn_text_format(path, sizeof(path), "%s.new", paths->file[file]) < 0)
		rc = -ENAMETOOLONG;
	if (rc == 0)
		rc = write_text(path, text, strlen(text));
	if (rc == 0 && rename(path, paths->file[file]) < 0)
		rc = -errno;
	if (rc == 0)
		rc = sync_folder(paths);
	else
		(void)unlink(path);
	free(text);
	if (rc < 0)
		return xn_fail(err, -rc, "%s: %s", paths->file[file],
			       strerror(-rc));
	return 0;
}

static int read_text(const char *path, char **ret_text, size_t *ret_bytes)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;
	ssize_t got = 0;
	char *text;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) ||
	    status.st_uid != geteuid() ||
	    (status.st_mode & (S_IWGRP | S_IWOTH))) {
		xn_close(&fd);
		return -EPERM;
	}
	text = status.st_size <= XN_SAFE_BYTES_MAX
		       ? malloc((size_t)status.st_size + 1)
		       : NULL;
	if (text)
		got = read(fd, text, (size_t)status.st_size);
	xn_close(&fd);
	if (!text || got != status.st_size) {
		free(text);
		return text ? -EIO : -EFBIG;
	}
	*ret_text = text;
	*ret_bytes = (size_t)got;
	return 0;
}

int xn_safe_read_json(const struct xn_safe_paths *paths, enum xn_safe_file file,
		      json_t **ret_json, struct xn_err *err)
{
	size_t bytes = 0;
	char *text = NULL;
	json_t *json;
	int rc = read_text(paths->file[file], &text, &bytes);

	if (rc == -ENOENT)
		return rc;
	if (rc < 0)
		return xn_fail(err, -rc, "%s: %s", paths->file[file],
			       rc == -EPERM ? "others could have written it"
					    : strerror(-rc));
	json = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, NULL);
	free(text);
	if (!json)
		return xn_fail(err, EBADMSG, "%s: not what was written",
			       paths->file[file]);
	*ret_json = json;
	return 0;
}

int xn_safe_remove(const struct xn_safe_paths *paths, enum xn_safe_file file,
		   struct xn_err *err)
{
	int rc = 0;

	if (unlink(paths->file[file]) < 0 && errno != ENOENT)
		rc = -errno;
	if (rc == 0)
		rc = sync_folder(paths);
	if (rc < 0)
		return xn_fail(err, -rc, "%s: %s", paths->file[file],
			       strerror(-rc));
	return 0;
}

int xn_safe_rename(const struct xn_safe_paths *paths, enum xn_safe_file from,
		   enum xn_safe_file to, struct xn_err *err)
{
	int rc = 0;

	if (rename(paths->file[from], paths->file[to]) < 0)
		rc = -errno;
	if (rc == 0)
		rc = sync_folder(paths);
	if (rc < 0)
		return xn_fail(err, -rc, "%s: %s", paths->file[from],
			       strerror(-rc));
	return 0;
}
