/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two files of /proc/xen that xenstored opens to serve domain 0's own
 * kernel: the port of that kernel's end, and its ring's page. Here the kernel
 * end is a channel that this process holds and never reads, and the ring is a
 * page that nobody else maps.
 *
 * Only the preloadable library holds this file: it stands in front of the
 * C library's open(). Every other path goes straight to the kernel. Thread:
 * any.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <xenevtchn.h>

#include "netback/xensim/proc.h"

/* <fcntl.h> may make open() an inline function: give ours their names here. */
int xsim_open(const char *path, int flags, ...) __asm__("open");
int xsim_open64(const char *path, int flags, ...) __asm__("open64");
int xsim_openat(int dir, const char *path, int flags, ...) __asm__("openat");

static int memory_file(const void *bytes, size_t length)
{
	int fd = memfd_create("xensim-xenfs", MFD_CLOEXEC);
	int saved;

	if (fd < 0)
		return -1;
	if (pwrite(fd, bytes, length, 0) == (ssize_t)length)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

static int open_port(void)
{
	/* lives as long as the process: the kernel's end of the channel */
	xenevtchn_handle *kernel = xenevtchn_open(NULL, 0);
	xenevtchn_port_or_error_t port;
	char text[16];

	if (!kernel)
		return -1;
	port = xenevtchn_bind_unbound_port(kernel, 0);
	if (port < 0) {
		xenevtchn_close(kernel);
		return -1;
	}
	snprintf(text, sizeof(text), "%d", port);
	return memory_file(text, strlen(text));
}

static int open_ring(void)
{
	static const char page[XSIM_PAGE_BYTES];

	return memory_file(page, sizeof(page));
}

static int open_path(int dir, const char *path, int flags, unsigned int mode)
{
	if (path && strcmp(path, "/proc/xen/xsd_port") == 0 && xsim_proc())
		return open_port();
	if (path && strcmp(path, "/proc/xen/xsd_kva") == 0 && xsim_proc())
		return open_ring();
	return (int)syscall(SYS_openat, dir, path, flags, mode);
}

/* The mode follows only where a file may be made. */
static unsigned int mode_of(int flags, va_list list)
{
	if (flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE)
		return va_arg(list, unsigned int);
	return 0;
}

XSIM_EXPORT int xsim_open(const char *path, int flags, ...)
{
	unsigned int mode;
	va_list list;

	va_start(list, flags);
	mode = mode_of(flags, list);
	va_end(list);
	return open_path(AT_FDCWD, path, flags, mode);
}

XSIM_EXPORT int xsim_open64(const char *path, int flags, ...)
{
	unsigned int mode;
	va_list list;

	va_start(list, flags);
	mode = mode_of(flags, list);
	va_end(list);
	return open_path(AT_FDCWD, path, flags, mode);
}

XSIM_EXPORT int xsim_openat(int dir, const char *path, int flags, ...)
{
	unsigned int mode;
	va_list list;

	va_start(list, flags);
	mode = mode_of(flags, list);
	va_end(list);
	return open_path(dir, path, flags, mode);
}
