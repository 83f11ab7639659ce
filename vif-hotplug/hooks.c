/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The administrator's hooks, see hooks.h. Called by main.c, whose limit of
 * time ends them with it. */
#include "vif-hotplug/hooks.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netconf/base/proc.h"
#include "netconf/base/text.h"
#include "vif-hotplug/limit.h"
#include "vif-hotplug/report.h"

#define HOOK_PATH_MAX 320

static int is_hook(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > 5 && strcmp(entry->d_name + length - 5, ".hook") == 0;
}

/* Whoever may write it may do anything as root. */
static bool may_run(const char *path)
{
	struct stat file;

	if (stat(path, &file) < 0 || !S_ISREG(file.st_mode) ||
	    access(path, X_OK) < 0)
		return false;
	if ((file.st_uid != 0 && file.st_uid != geteuid()) ||
	    (file.st_mode & S_IWOTH)) {
		xvh_report(XN_LOG_WARNING,
			   "%s: others than root may write it: not run", path);
		return false;
	}
	return true;
}

static int run_one(const char *path, const char *const *argv,
		   struct xn_err *err)
{
	const char *hook_argv[XVH_ARGUMENTS_MAX + 1] = {path};
	struct xn_proc proc = {
		.argv = hook_argv, .death_signal = SIGKILL, .netns_fd = -1};
	int status = 0;
	pid_t pid;
	int rc;

	for (size_t i = 1; i < XVH_ARGUMENTS_MAX && argv[i]; i++)
		hook_argv[i] = argv[i];
	rc = xn_proc_spawn(&proc, &pid, err);
	if (rc < 0)
		return rc;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return xn_fail(err, errno, "%s: %s", path,
				       strerror(errno));
		if (xvh_limit_passed())
			(void)kill(pid, SIGKILL);
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return xn_fail(err, EIO, "hook %s failed: %s %d", path,
			       WIFEXITED(status) ? "exit status" : "signal",
			       WIFEXITED(status) ? WEXITSTATUS(status)
						 : WTERMSIG(status));
	return 0;
}

static int set_number(const char *key, unsigned int value)
{
	char number[16];

	(void)xn_text_format(number, sizeof(number), "%u", value);
	return setenv(key, number, 1);
}

/* What hooks find in the stock script's variables. */
static int set_environment(const struct xvh_run *run, struct xn_err *err)
{
	const struct xvh_request *r = run->request;
	const char *command = r->tap ? (r->up ? "add" : "remove")
				     : (r->up ? "online" : "offline");

	if (setenv("dev", run->link.ifindex ? run->link.name : r->dev, 1) < 0 ||
	    setenv("command", command, 1) < 0 ||
	    setenv("bridge", run->where[0] ? run->where : r->bridge, 1) < 0 ||
	    setenv("type_if", r->tap ? "tap" : "vif", 1) < 0 ||
	    setenv("XENBUS_PATH", r->path, 1) < 0 ||
	    set_number("domid", r->domid) < 0 ||
	    set_number("devid", r->devid) < 0)
		return xn_fail(err, errno, "environment of hooks: %s",
			       strerror(errno));
	return 0;
}

int xvh_hooks_run(const struct xvh_run *run, const char *const *argv,
		  struct xn_err *err)
{
	struct dirent **entries;
	int count = scandir(XVH_HOOKS_FOLDER, &entries, is_hook, alphasort);
	int rc = 0;

	if (count < 0)
		return errno == ENOENT
			       ? 0
			       : xn_fail(err, errno, "%s: %s", XVH_HOOKS_FOLDER,
					 strerror(errno));
	if (count > 0)
		rc = set_environment(run, err);
	for (int i = 0; i < count; i++) {
		char path[HOOK_PATH_MAX];

		if (rc == 0 &&
		    xn_text_format(path, sizeof(path), "%s/%s",
				   XVH_HOOKS_FOLDER, entries[i]->d_name) > 0 &&
		    may_run(path))
			rc = run_one(path, argv, err);
		free(entries[i]);
	}
	free(entries);
	return rc;
}
