// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Starting and ending the programs of a lab. Called by the supervisor. A
 * program says that it serves by a byte on a pipe, the store by answering.
 */
#include "netconf/lab/plane.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xenstore.h>

#include "netconf/base/log.h"
#include "netconf/base/proc.h"
#include "netconf/base/text.h"
#include "netconf/lab/wait.h"

#define START_LIMIT_MS 20000u
#define END_LIMIT_MS 5000u
#define XENSTORED "/usr/lib/xen-4.17/bin/xenstored"
#define ENV_MAX 8

enum program {
	BROKER,
	STORE,
	CONTROL,
	PROGRAM_COUNT,
};

static const char *const names[PROGRAM_COUNT] = {"xensim-broker", "xenstored",
						 "xenplaned"};

struct child {
	struct xn_lab_plane *plane;
	enum program program;
	pid_t pid; /* 0: not running */
	struct xn_source *source;
};

struct xn_lab_plane {
	struct xn_loop *loop;
	const struct xn_lab_paths *paths;
	xn_lab_plane_fn *fn;
	void *arg;
	struct child child[PROGRAM_COUNT];
};

static void child_ended(void *arg, pid_t pid, int status)
{
	struct child *child = arg;

	xn_error("%s (process %d) ended by itself, status 0x%x",
		 names[child->program], (int)pid, (unsigned int)status);
	child->pid = 0;
	child->plane->fn(child->plane->arg, names[child->program]);
}

struct description {
	const char *const *argv;
	int netns_fd;
	bool preload;
	bool says_ready; /* takes --ready-fd 3 in argv */
};

static int make_env(const struct xn_lab_plane *plane, bool preload,
		    char text[ENV_MAX][XN_LAB_PATH_MAX + 32],
		    const char *env[ENV_MAX + 1], struct xn_err *err)
{
	const struct xn_lab_paths *p = plane->paths;
	int n = 0, bad = 0;

#define ENV(...) \
	bad |= xn_text_format(text[n++], sizeof(text[0]), __VA_ARGS__) < 0
	ENV("PATH=/usr/sbin:/usr/bin:/sbin:/bin");
	ENV("XENSIM_BROKER=%s", p->broker);
	ENV("XENSIM_DOMID=0");
	ENV("XENSTORED_PATH=%s", p->store);
	ENV("XENSTORED_RUNDIR=%s", p->store_folder);
	ENV("XENSTORED_ROOTDIR=%s", p->store_folder);
	ENV("XENPLANE_LAB=%s", p->name);
	if (preload)
		ENV("LD_PRELOAD=%s", p->xensim);
#undef ENV
	for (int i = 0; i < n; i++)
		env[i] = text[i];
	env[n] = NULL;
	if (bad)
		return xn_fail(err, ENAMETOOLONG, "a path is too long");
	return 0;
}

static int start(struct xn_lab_plane *plane, enum program program,
		 const struct description *what, struct xn_err *err)
{
	struct child *child = &plane->child[program];
	char text[ENV_MAX][XN_LAB_PATH_MAX + 32];
	const char *env[ENV_MAX + 1];
	int ready[2];
	int rc = make_env(plane, what->preload, text, env, err);

	if (rc < 0)
		return rc;
	if (pipe2(ready, O_CLOEXEC) < 0)
		return xn_fail(err, errno, "pipe: %s", strerror(errno));

	struct xn_proc_fd map = {.from = ready[1], .to = 3};
	struct xn_proc proc = {
		.argv = what->argv,
		.env = env,
		.fds = &map,
		.fd_count = what->says_ready ? 1 : 0,
		.death_signal = SIGKILL,
		.netns_fd = what->netns_fd,
	};

	rc = xn_proc_spawn(&proc, &child->pid, err);
	close(ready[1]);
	if (rc == 0 && what->says_ready)
		rc = xn_lab_wait_ready(ready[0], names[program], START_LIMIT_MS,
				       err);
	close(ready[0]);
	if (rc < 0)
		return rc;
	child->source =
		xn_loop_add_child(plane->loop, child->pid, child_ended, child);
	if (!child->source)
		return xn_fail(err, errno, "watching a process: %s",
			       strerror(errno));
	return 0;
}

static int start_broker(struct xn_lab_plane *plane, struct xn_err *err)
{
	char program[XN_LAB_PATH_MAX + 32];
	const char *argv[] = {program, "--die-with-parent",  "--ready-fd",
			      "3",     plane->paths->broker, NULL};
	struct description what = {
		.argv = argv, .netns_fd = -1, .says_ready = true};

	if (xn_text_format(program, sizeof(program), "%s/xensim-broker",
			   plane->paths->programs) < 0)
		return xn_fail(err, ENAMETOOLONG, "a path is too long");
	return start(plane, BROKER, &what, err);
}

/* It stays to be reaped by its source. */
static bool has_ended(pid_t pid)
{
	siginfo_t info = {0};

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) <
		       0 ||
	       info.si_pid == pid;
}

/* xenstored says nothing when it serves: ask until it answers. */
static int wait_store(struct xn_lab_plane *plane, struct xn_err *err)
{
	uint64_t deadline_ms = xn_now_ms() + START_LIMIT_MS;
	struct pollfd none = {.fd = -1};

	while (xn_now_ms() < deadline_ms) {
		struct xs_handle *xs = xs_open(0);

		if (xs) {
			bool written = xs_write(
				xs, XBT_NULL, "/local/domain/0/domid", "0", 1);

			xs_close(xs);
			if (written)
				return 0;
		}
		if (has_ended(plane->child[STORE].pid))
			return xn_fail(err, EIO,
				       "xenstored ended; the lab's log says "
				       "why");
		poll(&none, 1, 5);
	}
	return xn_fail(err, ETIMEDOUT,
		       "xenstored did not start; the lab's log says why");
}

static int start_store(struct xn_lab_plane *plane, struct xn_err *err)
{
	char pid_file[XN_LAB_PATH_MAX + 32];
	const char *argv[] = {XENSTORED,       "-N", "--pid-file", pid_file,
			      "--no-recovery", NULL};
	struct description what = {
		.argv = argv, .netns_fd = -1, .preload = true};
	int rc;

	if (xn_text_format(pid_file, sizeof(pid_file), "%s/pid",
			   plane->paths->store_folder) < 0)
		return xn_fail(err, ENAMETOOLONG, "a path is too long");
	rc = start(plane, STORE, &what, err);
	return rc < 0 ? rc : wait_store(plane, err);
}

static int start_control(struct xn_lab_plane *plane, int dom0_netns,
			 struct xn_err *err)
{
	char program[XN_LAB_PATH_MAX + 32];
	const char *argv[] = {program,
			      "--socket",
			      plane->paths->control,
			      "--config",
			      plane->paths->config,
			      "--ready-fd",
			      "3",
			      NULL};
	struct description what = {.argv = argv,
				   .netns_fd = dom0_netns,
				   .preload = true,
				   .says_ready = true};

	if (xn_text_format(program, sizeof(program), "%s/xenplaned",
			   plane->paths->programs) < 0)
		return xn_fail(err, ENAMETOOLONG, "a path is too long");
	return start(plane, CONTROL, &what, err);
}

struct xn_lab_plane *xn_lab_plane_start(struct xn_loop *loop,
					const struct xn_lab_paths *paths,
					int dom0_netns, xn_lab_plane_fn *fn,
					void *arg, struct xn_err *err)
{
	struct xn_lab_plane *plane = calloc(1, sizeof(*plane));
	int rc;

	if (!plane) {
		xn_fail(err, ENOMEM, "out of memory");
		return NULL;
	}
	plane->loop = loop;
	plane->paths = paths;
	plane->fn = fn;
	plane->arg = arg;
	for (int i = 0; i < PROGRAM_COUNT; i++) {
		plane->child[i].plane = plane;
		plane->child[i].program = (enum program)i;
	}
	rc = start_broker(plane, err);
	if (rc == 0)
		rc = start_store(plane, err);
	if (rc == 0)
		rc = start_control(plane, dom0_netns, err);
	if (rc < 0) {
		xn_lab_plane_stop(plane);
		return NULL;
	}
	return plane;
}

/* Ends a child with SIGTERM, with SIGKILL when it does not listen. */
static void end(struct child *child)
{
	uint64_t deadline_ms = xn_now_ms() + END_LIMIT_MS;
	struct pollfd none = {.fd = -1};
	int status;

	xn_source_destroy(child->source);
	child->source = NULL;
	if (child->pid <= 0)
		return;
	kill(child->pid, SIGTERM);
	while (waitpid(child->pid, &status, WNOHANG) == 0) {
		if (xn_now_ms() >= deadline_ms) {
			kill(child->pid, SIGKILL);
			waitpid(child->pid, &status, 0);
			break;
		}
		poll(&none, 1, 2);
	}
	child->pid = 0;
}

void xn_lab_plane_stop(struct xn_lab_plane *plane)
{
	if (!plane)
		return;
	for (int i = PROGRAM_COUNT - 1; i >= 0; i--)
		end(&plane->child[i]);
	free(plane);
}

json_t *xn_lab_plane_processes(const struct xn_lab_plane *plane)
{
	json_t *processes = json_object();

	for (int i = 0; i < PROGRAM_COUNT; i++)
		json_object_set_new(processes, names[i],
				    json_integer(plane->child[i].pid));
	return processes;
}
