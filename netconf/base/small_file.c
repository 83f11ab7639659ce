/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconf/base/small_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "netconf/base/fd.h"

int xn_small_file_read(const char *path, char *ret_text, size_t bytes)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	size_t length = 0;
	ssize_t got = -1;

	if (fd < 0)
		return -errno;
	while (length < bytes) {
		got = read(fd, ret_text + length, bytes - length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		length += (size_t)got;
	}
	got = got < 0 ? -errno : 0;
	xn_close(&fd);
	if (got < 0)
		return (int)got;
	if (length == bytes)
		return -EFBIG;
	ret_text[length] = '\0';
	return (int)length;
}

int xn_small_file_link(const char *path, char *ret_text, size_t bytes)
{
	ssize_t length = readlink(path, ret_text, bytes);

	if (length < 0)
		return -errno;
	if ((size_t)length >= bytes)
		return -ENAMETOOLONG;
	ret_text[length] = '\0';
	return (int)length;
}

bool xn_small_file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}
