// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A hotplug script's process. Called by toolstack.c; the script is whatever
 * the administrator named, and is trusted as libxl trusts it.
 */
#include "netconf/lab/hotplug.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netconf/base/fd.h"
#include "netconf/base/loop.h"
#include "netconf/base/proc.h"
#include "netconf/base/text.h"
#include "netconf/lab/namespace.h"
#include "netconf/lab/wait.h"

#define SCRIPT_LIMIT_MS 40000u /* LIBXL_HOTPLUG_TIMEOUT */
#define ENV_COUNT 10
#define ENV_TEXT_MAX 320

static int format_env(const struct xn_lab_hotplug *h,
		      char text[ENV_COUNT][ENV_TEXT_MAX],
		      const char *env[ENV_COUNT + 1])
{
	int rc = 0, n = 0;

#define ENV(...) rc |= xn_text_format(text[n++], ENV_TEXT_MAX, __VA_ARGS__) < 0
	ENV("script=%s", h->script);
	ENV("XENBUS_TYPE=vif");
	ENV("XENBUS_PATH=backend/vif/%u/%u", h->domid, h->devid);
	ENV("XENBUS_BASE_PATH=backend");
	ENV("netdev=%s", h->gatewaydev);
	ENV("vif=vif%u.%u", h->domid, h->devid);
	ENV("XENSTORED_PATH=%s", h->store_socket);
	ENV("PATH=/usr/sbin:/usr/bin:/sbin:/bin");
	ENV("XENPLANE_CONFIG=%s", h->config);
	ENV("LANG=C");
#undef ENV
	for (int i = 0; i < ENV_COUNT; i++)
		env[i] = text[i];
	env[ENV_COUNT] = NULL;
	return rc ? -ENAMETOOLONG : 0;
}

static int prepare(void *arg)
{
	(void)arg;
	if (setsid() < 0) /* so that a late script ends with its children */
		return -errno;
	return xn_lab_namespace_mounts();
}

/* 0 with the exit status; else why the script had to be ended. */
static int wait_for(pid_t pid, int *ret_status)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	int rc = pidfd < 0 ? -errno
			   : xn_lab_wait(pidfd, xn_now_ms() + SCRIPT_LIMIT_MS);

	if (rc < 0)
		kill(-pid, SIGKILL); /* its session */
	xn_close(&pidfd);
	while (waitpid(pid, ret_status, 0) < 0 && errno == EINTR)
		;
	return rc;
}

int xn_lab_hotplug_run(const struct xn_lab_hotplug *hotplug, struct xn_err *err)
{
	char text[ENV_COUNT][ENV_TEXT_MAX];
	const char *env[ENV_COUNT + 1];
	const char *argv[] = {hotplug->script, hotplug->command, "type_if=vif",
			      NULL};
	struct xn_proc proc = {
		.argv = argv,
		.env = env,
		.death_signal = SIGKILL,
		.netns_fd = hotplug->netns_fd,
		.prepare = prepare,
	};
	pid_t pid;
	int status = 0;
	int rc = format_env(hotplug, text, env);

	if (rc < 0)
		return xn_fail(err, -rc, "%s: its path is too long",
			       hotplug->script);
	rc = xn_proc_spawn(&proc, &pid, err);
	if (rc < 0)
		return rc;
	rc = wait_for(pid, &status);
	if (rc == -ETIMEDOUT)
		return xn_fail(err, ETIMEDOUT, "%s %s: not done after %u s",
			       hotplug->script, hotplug->command,
			       SCRIPT_LIMIT_MS / 1000);
	if (rc < 0)
		return xn_fail(err, -rc, "%s %s: ended with the lab",
			       hotplug->script, hotplug->command);
	if (WIFSIGNALED(status))
		return xn_fail(err, EIO, "%s %s: ended by signal %d",
			       hotplug->script, hotplug->command,
			       WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		return xn_fail(err, EIO, "%s %s: exit status %d",
			       hotplug->script, hotplug->command,
			       WEXITSTATUS(status));
	return 0;
}
