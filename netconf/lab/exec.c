// SPDX-License-Identifier: GPL-2.0-or-later
/* Called by client.c, in the process of the user's shell. */
#include "netconf/lab/exec.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netconf/base/text.h"
#include "netconf/lab/namespace.h"

#define PATH_TEXT_MAX 4096

/* For what plays a frontend: who it is, and how it reaches the hypervisor,
 * the store and our programs. */
static void become_frontend(const struct xn_lab_paths *paths, uint32_t domid)
{
	const char *path = getenv("PATH");
	char text[PATH_TEXT_MAX];

	(void)snprintf(text, sizeof(text), "%u", domid);
	setenv("XENSIM_DOMID", text, 1);
	setenv("XENSTORED_PATH", paths->store, 1);
	setenv("XENSIM_BROKER", paths->broker, 1);
	setenv("LD_PRELOAD", paths->xensim, 1);
	if (xn_text_format(text, sizeof(text), "%s:%s", paths->programs,
			   path ? path : "/usr/bin:/bin") >= 0)
		setenv("PATH", text, 1);
}

int xn_lab_exec(const struct xn_lab_paths *paths, int take_netns_fd,
		const char *name, uint32_t domid, char **argv)
{
	int rc = xn_lab_namespace_enter(take_netns_fd);

	close(take_netns_fd);
	if (rc == 0)
		rc = xn_lab_namespace_mounts();
	if (rc < 0) {
		fprintf(stderr, "xenplane lab: cannot enter %s: %s\n", name,
			strerror(-rc));
		return 1;
	}
	setenv("XENPLANE_LAB", paths->name, 1);
	if (!strcmp(name, "dom0")) {
		setenv("XENSTORED_PATH", paths->store, 1);
		setenv("XENSIM_BROKER", paths->broker, 1);
	}
	if (domid)
		become_frontend(paths, domid);
	execvp(argv[0], argv);
	fprintf(stderr, "xenplane lab: %s: %s\n", argv[0], strerror(errno));
	return errno == ENOENT ? 127 : 126;
}
