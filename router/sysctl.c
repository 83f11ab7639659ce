/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One-digit settings of the kernel, see sysctl.h. */
#include "router/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "netconf/base/fd.h"
#include "netconf/base/text.h"
#include "netconf/nl/link.h"

#define SYSCTL_PATH_MAX 128

static int open_setting(const char *path, int flags)
{
	char whole[SYSCTL_PATH_MAX];
	int fd;

	if (xn_text_format(whole, sizeof(whole), "/proc/sys/net/%s", path) < 0)
		return -ENAMETOOLONG;
	fd = open(whole, flags | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return fd;
}

int xrt_sysctl_get(const char *path)
{
	int fd = open_setting(path, O_RDONLY);
	char digit = '\0';
	int rc = 0;

	if (fd < 0)
		return fd;
	if (read(fd, &digit, 1) != 1 || digit < '0' || digit > '9')
		rc = -EIO;
	xn_close(&fd);
	return rc < 0 ? rc : digit - '0';
}

int xrt_sysctl_set(const char *path, int digit, struct xn_err *err)
{
	char text = (char)('0' + digit);
	int now = xrt_sysctl_get(path);
	int rc = 0;
	int fd;

	if (now == digit)
		return 0;
	fd = now < 0 ? now : open_setting(path, O_WRONLY);
	if (fd < 0)
		return xn_fail(err, -fd, "net/%s: %s", path, strerror(-fd));
	if (write(fd, &text, 1) != 1)
		rc = xn_fail(err, errno, "net/%s: %s", path, strerror(errno));
	xn_close(&fd);
	return rc;
}

static int format_path(char ret[SYSCTL_PATH_MAX], const char *family,
		       const char *link, const char *key)
{
	if (!xn_link_name_valid(link))
		return -EINVAL;
	return xn_text_format(ret, SYSCTL_PATH_MAX, "%s/conf/%s/%s", family,
			      link, key);
}

int xrt_sysctl_set_link(const char *family, const char *link, const char *key,
			int digit, struct xn_err *err)
{
	char path[SYSCTL_PATH_MAX];
	int rc = format_path(path, family, link, key);

	if (rc < 0)
		return xn_fail(err, -rc, "%s of %s: %s", key, link,
			       strerror(-rc));
	return xrt_sysctl_set(path, digit, err);
}

int xrt_sysctl_get_link(const char *family, const char *link, const char *key)
{
	char path[SYSCTL_PATH_MAX];
	int rc = format_path(path, family, link, key);

	return rc < 0 ? rc : xrt_sysctl_get(path);
}
