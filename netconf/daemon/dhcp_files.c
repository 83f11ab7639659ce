/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of one dnsmasq, see dhcp_files.h. */
#include "netconf/daemon/dhcp_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "natd/dhcp/leases.h"
#include "netconf/base/fd.h"
#include "netconf/base/text.h"
#include "netconf/daemon/child_user.h"
#include "netconf/daemon/dnsmasq.h"

/* Others may pass, as dnsmasq's user has to. */
static int make_folder(const char *path, struct xn_err *err)
{
	struct stat status;

	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return xn_fail(err, errno, "%s: %s", path, strerror(errno));
	if (lstat(path, &status) < 0)
		return xn_fail(err, errno, "%s: %s", path, strerror(errno));
	if (!S_ISDIR(status.st_mode) || status.st_uid != geteuid())
		return xn_fail(err, EPERM, "%s: is no folder of ours", path);
	if (!(status.st_mode & S_IXOTH) &&
	    chmod(path, (status.st_mode & 07777) | S_IXGRP | S_IXOTH) < 0)
		return xn_fail(err, errno, "%s: %s", path, strerror(errno));
	return 0;
}

int xn_dhcp_files_make(const char *home, const char *bridge, char *ret_folder,
		       size_t folder_bytes, struct xn_err *err)
{
	char parent[PATH_MAX];
	char *slash;
	int rc = xn_text_copy(parent, sizeof(parent), home);

	slash = rc < 0 ? NULL : strrchr(parent, '/');
	if (!slash ||
	    xn_text_format(ret_folder, folder_bytes, "%s/%s", home, bridge) < 0)
		return xn_fail(err, ENAMETOOLONG, "%s: too long", home);
	*slash = '\0';
	rc = make_folder(parent, err);
	if (rc == 0)
		rc = make_folder(home, err);
	return rc < 0 ? rc : make_folder(ret_folder, err);
}

static int write_all(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left) {
		ssize_t put = write(fd, text, left);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		text += put;
		left -= (size_t)put;
	}
	return 0;
}

/* Whole or as before. `owner`: NULL: ours. */
static int write_file(const char *folder, const char *name, const char *text,
		      const struct xn_child_user *owner, struct xn_err *err)
{
	char path[PATH_MAX], fresh[PATH_MAX];
	int fd, rc;

	if (xn_text_format(path, sizeof(path), "%s/%s", folder, name) < 0 ||
	    xn_text_format(fresh, sizeof(fresh), "%s.new", path) < 0)
		return xn_fail(err, ENAMETOOLONG, "%s: too long", folder);
	(void)unlink(fresh);
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return xn_fail(err, errno, "%s: %s", fresh, strerror(errno));
	rc = write_all(fd, text);
	if (rc == 0 && fchmod(fd, 0644) < 0)
		rc = -errno;
	if (rc == 0 && owner && fchown(fd, owner->uid, owner->gid) < 0)
		rc = -errno;
	if (rc == 0 && rename(fresh, path) < 0)
		rc = -errno;
	xn_close(&fd);
	if (rc == 0)
		return 0;
	(void)unlink(fresh);
	return xn_fail(err, -rc, "%s: %s", path, strerror(-rc));
}

int xn_dhcp_files_write(const char *folder, const struct xdhcp_texts *texts,
			struct xn_err *err)
{
	int rc = write_file(folder, XDHCP_CONF_FILE, texts->conf, NULL, err);

	if (rc == 0)
		rc = write_file(folder, XDHCP_GUESTS_FILE, texts->guests, NULL,
				err);
	if (rc == 0)
		rc = write_file(folder, XDHCP_NAMES_FILE, texts->names, NULL,
				err);
	return rc;
}

/* *ret_old: as they are, NULL: there is no file; *ret_kept: without those that
 * stand in the way, NULL: none does. The caller frees both. */
static int read_leases(const char *folder, const struct xdhcp_site *site,
		       char **ret_old, char **ret_kept, struct xn_err *err)
{
	char path[PATH_MAX];
	uint32_t gone = 0;
	int rc = xn_text_format(path, sizeof(path), "%s/" XDHCP_LEASES_FILE,
				folder);

	*ret_old = *ret_kept = NULL;
	if (rc < 0)
		return xn_fail(err, -rc, "%s: too long", folder);
	rc = xdhcp_leases_load(path, ret_old, err);
	if (rc < 0 || !*ret_old)
		return rc;
	rc = xdhcp_leases_prune(*ret_old, site->bridge, site->guests, ret_kept,
				&gone);
	if (rc < 0) {
		free(*ret_old);
		*ret_old = NULL;
		return xn_fail(err, -rc, "%s: %s", path, strerror(-rc));
	}
	return 0;
}

int xn_dhcp_files_leases_ready(const char *folder,
			       const struct xdhcp_site *site,
			       struct xn_err *err)
{
	struct xn_child_user owner = {0};
	char *old, *kept;
	int rc = xn_child_user_find(XN_DNSMASQ_USER, &owner, err);

	if (rc < 0)
		return rc;
	rc = read_leases(folder, site, &old, &kept, err);
	if (rc == 0 && (kept || !old))
		rc = write_file(folder, XDHCP_LEASES_FILE, kept ? kept : "",
				&owner, err);
	free(old);
	free(kept);
	return rc;
}

void xn_dhcp_files_remove(const char *home, const char *folder)
{
	static const char *const names[] = {
		XDHCP_CONF_FILE,
		XDHCP_GUESTS_FILE,
		XDHCP_NAMES_FILE,
		XDHCP_LEASES_FILE,
	};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (xn_text_format(path, sizeof(path), "%s/%s", folder,
				   names[i]) > 0)
			(void)unlink(path);
	(void)rmdir(folder);
	(void)rmdir(home);
}

void xn_dhcp_files_sweep(const char *home,
			 bool (*wanted)(const void *arg, const char *bridge),
			 const void *arg)
{
	const struct dirent *entry;
	DIR *folder = opendir(home);
	char path[PATH_MAX];

	if (!folder)
		return;
	while ((entry = readdir(folder)))
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0 &&
		    !wanted(arg, entry->d_name) &&
		    xn_text_format(path, sizeof(path), "%s/%s", home,
				   entry->d_name) > 0)
			xn_dhcp_files_remove(home, path);
	(void)closedir(folder);
}
