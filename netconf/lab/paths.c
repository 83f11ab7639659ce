// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A lab's folder. Called by the command line (to find the socket) and by the
 * supervisor (to make and remove the folder). Trusts nothing in XENPLANE_LAB.
 */
#include "netconf/lab/paths.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netconf/base/fd.h"
#include "netconf/base/text.h"

/* How often labs may end while one starts. */
#define LOCK_TRIES_MAX 1000
/* Leads to the number of the lab's network namespace. */
#define NETWORK_LINK "network"
#define WALK_FDS 8
#define RUN_FOLDER "/run/xenplane"

static bool name_is_valid(const char *name)
{
	size_t length = strlen(name);

	if (length == 0 || length >= XN_LAB_NAME_MAX)
		return false;
	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_')
			return false;
	return true;
}

/* The folder of this program, and the library beside it. */
static int find_programs(struct xn_lab_paths *paths)
{
	ssize_t length = readlink("/proc/self/exe", paths->programs,
				  sizeof(paths->programs) - 1);

	if (length < 0)
		return -errno;
	paths->programs[length] = '\0';
	char *slash = strrchr(paths->programs, '/');

	if (!slash)
		return -ENOENT;
	*slash = '\0';
	int rc = xn_text_format(paths->xensim, sizeof(paths->xensim),
				"%s/../lib/libxensim.so", paths->programs);

	return rc < 0 ? rc : 0;
}

static int join(char ret[XN_LAB_PATH_MAX], const char *folder, const char *file)
{
	int rc = xn_text_format(ret, XN_LAB_PATH_MAX, "%s/%s", folder, file);

	return rc < 0 ? rc : 0;
}

int xn_lab_paths_find(const char *name, struct xn_lab_paths *ret_paths,
		      struct xn_err *err)
{
	struct xn_lab_paths p = {0};
	int rc = 0;

	if (!name)
		name = getenv("XENPLANE_LAB");
	if (!name)
		name = "default";
	if (!name_is_valid(name))
		return xn_fail(err, EINVAL,
			       "'%.40s' is no lab name: up to %d letters, "
			       "digits, '-' and '_' are wanted",
			       name, XN_LAB_NAME_MAX - 1);
	(void)xn_text_copy(p.name, sizeof(p.name), name);

	rc |= join(p.folder, XN_LAB_ROOT, p.name);
	rc |= xn_text_format(p.lock, sizeof(p.lock), "%s/%s.lock", XN_LAB_ROOT,
			     p.name) < 0;
	rc |= join(p.log, p.folder, "lab.log");
	rc |= join(p.socket, p.folder, "lab.sock");
	rc |= join(p.control, p.folder, "control.sock");
	rc |= join(p.config, p.folder, "xenplane.conf");
	rc |= join(p.broker, p.folder, "broker.sock");
	rc |= join(p.store_folder, p.folder, "xenstored");
	rc |= join(p.store, p.store_folder, "socket");
	if (rc == 0)
		rc = find_programs(&p);
	if (rc < 0)
		return xn_fail(err, -rc, "cannot find this program's folder");
	*ret_paths = p;
	return 0;
}

static int open_folder(int at, const char *name)
{
	return openat(at, name,
		      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* What cannot be removed stays. */
static int remove_one(const char *path, const struct stat *status, int type,
		      struct FTW *walk)
{
	(void)status;
	(void)type;
	if (walk->level > 0)
		(void)remove(path);
	return 0;
}

/* What is noted of the lab's network namespace, of which the folder says the
 * number. */
static void forget_network(int folder)
{
	static const struct {
		const char *begin, *end;
	} names[] = {{"holds-", ""},
		     {"holds-", ".lock"},
		     {"in-force-", ".json"},
		     {"known-", ".json"}};
	int notes = open_folder(AT_FDCWD, RUN_FOLDER);
	char number[24] = "", name[64];
	uint64_t cookie;

	if (notes >= 0 &&
	    readlinkat(folder, NETWORK_LINK, number, sizeof(number) - 1) > 0 &&
	    xn_parse_u64(number, 0, UINT64_MAX, &cookie) == 0) {
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			(void)snprintf(
				name, sizeof(name), "%s%llu%s", names[i].begin,
				(unsigned long long)cookie, names[i].end);
			(void)unlinkat(notes, name, 0);
		}
	}
	xn_close(&notes);
}

/* A lab's folder holds files, the store's folder, and what its users keep
 * there, such as a --state. */
static void empty_folder(const struct xn_lab_paths *paths)
{
	int folder = open_folder(AT_FDCWD, paths->folder);

	if (folder >= 0) {
		forget_network(folder);
		(void)nftw(paths->folder, remove_one, WALK_FDS,
			   FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	}
	xn_close(&folder);
}

static int make_folder(const char *path, struct xn_err *err)
{
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return xn_fail(err, errno, "cannot make %s: %s", path,
			       strerror(errno));
	return 0;
}

int xn_lab_folder_make(const struct xn_lab_paths *paths, struct xn_err *err)
{
	int rc = make_folder(paths->folder, err);

	if (rc < 0)
		return rc;
	empty_folder(paths);
	return make_folder(paths->store_folder, err);
}

int xn_lab_folder_note(const struct xn_lab_paths *paths, uint64_t cookie,
		       struct xn_err *err)
{
	char number[24];
	int folder = open_folder(AT_FDCWD, paths->folder);
	int rc = folder < 0 ? -errno : 0;

	(void)snprintf(number, sizeof(number), "%llu",
		       (unsigned long long)cookie);
	if (rc == 0 && symlinkat(number, folder, NETWORK_LINK) < 0)
		rc = -errno;
	xn_close(&folder);
	return rc < 0 ? xn_fail(err, -rc, "cannot note in %s: %s",
				paths->folder, strerror(-rc))
		      : 0;
}

void xn_lab_folder_remove(const struct xn_lab_paths *paths)
{
	empty_folder(paths);
	rmdir(paths->folder);
	unlink(paths->lock);
	rmdir(XN_LAB_ROOT); /* these two stay while another lab runs */
	rmdir(RUN_FOLDER);
}

/* -EAGAIN, with no reason said: an ending lab removed a folder just now. */
static int open_lock(const struct xn_lab_paths *paths, struct xn_err *err)
{
	int rc = make_folder(RUN_FOLDER, err);
	int lock;

	if (rc < 0)
		return rc;
	if (mkdir(XN_LAB_ROOT, 0700) < 0 && errno != EEXIST)
		return errno == ENOENT
			       ? -EAGAIN
			       : xn_fail(err, errno, "cannot make %s: %s",
					 XN_LAB_ROOT, strerror(errno));
	lock = open(paths->lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
		    0600);
	if (lock >= 0)
		return lock;
	if (errno == ENOENT)
		return -EAGAIN;
	return xn_fail(err, errno, "cannot open %s: %s", paths->lock,
		       strerror(errno));
}

int xn_lab_lock(const struct xn_lab_paths *paths, struct xn_err *err)
{
	struct stat held, named;

	for (int tries = 0; tries < LOCK_TRIES_MAX; tries++) {
		int lock = open_lock(paths, err);

		if (lock == -EAGAIN)
			continue;
		if (lock < 0)
			return lock;
		if (flock(lock, LOCK_EX | LOCK_NB) < 0) {
			close(lock);
			return xn_fail(err, EBUSY, "the lab '%s' is running",
				       paths->name);
		}
		/* An ending lab may have removed the file we locked. */
		if (fstat(lock, &held) == 0 && stat(paths->lock, &named) == 0 &&
		    held.st_ino == named.st_ino && held.st_dev == named.st_dev)
			return lock;
		close(lock);
	}
	return xn_fail(err, EAGAIN, "%s does not stay", paths->lock);
}
