/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From one program to the next in the same process, see exec_fds.h. */
#include "netconf/base/exec_fds.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/close_range.h>

#include "netconf/base/text.h"

#define FIRST_FD 3

struct xn_exec_fds {
	FILE *list; /* the memfd */
};

typedef void entry_fn(void *arg, const char *name, int fd);

struct xn_exec_fds *xn_exec_fds_create(struct xn_err *err)
{
	struct xn_exec_fds *fds = calloc(1, sizeof(*fds));
	int fd = memfd_create("xenplane-descriptors", MFD_CLOEXEC);

	if (fds && fd >= 0)
		fds->list = fdopen(fd, "w+");
	if (fds && fds->list)
		return fds;
	(void)xn_fail(err, errno, "list of descriptors: %s", strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	free(fds);
	return NULL;
}

void xn_exec_fds_destroy(struct xn_exec_fds *fds)
{
	if (!fds)
		return;
	(void)fclose(fds->list);
	free(fds);
}

void xn_exec_fds_add(struct xn_exec_fds *fds, const char *name, int fd)
{
	(void)fprintf(fds->list, "%d %s\n", fd, name);
}

/* Of each line that is one, while its descriptor is open. */
static int for_each(FILE *list, entry_fn *fn, void *arg)
{
	char line[16 + XN_EXEC_FDS_NAME_MAX + 2];
	int count = 0;

	rewind(list);
	while (fgets(line, sizeof(line), list)) {
		char *name = strchr(line, ' '), *end = strchr(line, '\n');
		uint32_t fd;

		if (!name || !end || end == name + 1)
			continue;
		*name++ = '\0';
		*end = '\0';
		if (xn_parse_u32(line, FIRST_FD, INT_MAX, &fd) ||
		    fd == (uint32_t)fileno(list) || fcntl((int)fd, F_GETFD) < 0)
			continue;
		fn(arg, name, (int)fd);
		count++;
	}
	return count;
}

static void leave_open(void *arg, const char *name, int fd)
{
	(void)arg;
	(void)name;
	(void)fcntl(fd, F_SETFD, 0);
}

static void close_on_exec(void *arg, const char *name, int fd)
{
	(void)arg;
	(void)name;
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

int xn_exec_fds_exec(struct xn_exec_fds *fds, const char *path,
		     char *const *argv, struct xn_err *err)
{
	char number[16];
	int error;

	if (fflush(fds->list) || ferror(fds->list))
		return xn_fail(err, EIO, "list of descriptors: not written");
	(void)xn_text_format(number, sizeof(number), "%d", fileno(fds->list));
	if (close_range(FIRST_FD, ~0U, CLOSE_RANGE_CLOEXEC) ||
	    setenv(XN_EXEC_FDS_ENV, number, 1))
		return xn_fail(err, errno, "leaving descriptors: %s",
			       strerror(errno));
	(void)for_each(fds->list, leave_open, NULL);
	leave_open(NULL, NULL, fileno(fds->list));
	(void)execv(path, argv);
	error = errno;
	close_on_exec(NULL, NULL, fileno(fds->list));
	(void)for_each(fds->list, close_on_exec, NULL);
	(void)unsetenv(XN_EXEC_FDS_ENV);
	return xn_fail(err, error, "%s: %s", path, strerror(error));
}

struct taking {
	entry_fn *fn;
	void *arg;
};

static void take(void *arg, const char *name, int fd)
{
	struct taking *taking = arg;

	close_on_exec(NULL, NULL, fd);
	taking->fn(taking->arg, name, fd);
}

int xn_exec_fds_take(void (*fn)(void *arg, const char *name, int fd), void *arg)
{
	struct taking taking = {.fn = fn, .arg = arg};
	const char *number = getenv(XN_EXEC_FDS_ENV);
	uint32_t fd;
	FILE *list;
	int count;

	if (!number || xn_parse_u32(number, FIRST_FD, INT_MAX, &fd))
		return 0;
	(void)unsetenv(XN_EXEC_FDS_ENV);
	list = fdopen((int)fd, "r");
	if (!list)
		return 0;
	count = for_each(list, take, &taking);
	(void)fclose(list);
	return count;
}
