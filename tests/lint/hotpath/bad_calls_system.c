/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compiled for the hot-path check alone, which must refuse it. */
#include <unistd.h>

ssize_t hotpath_bad_calls_system(int fd, const void *from, size_t bytes);

ssize_t hotpath_bad_calls_system(int fd, const void *from, size_t bytes)
{
	return write(fd, from, bytes);
}
