/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Becoming the next xenplaned, see upgrade.h. Asked for by api_commands.c. */
#include "netconf/daemon/upgrade.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netconf/base/exec_fds.h"
#include "netconf/base/fd.h"
#include "netconf/base/log.h"
#include "netconf/base/proc.h"
#include "netconf/base/small_file.h"
#include "netconf/base/text.h"
#include "netconf/daemon/daemon.h"
#include "netconf/daemon/datapath.h"
#include "netconf/daemon/dhcp.h"
#include "netconf/daemon/fdstore.h"
#include "netconf/daemon/handover.h"
#include "netconf/daemon/store.h"
#include "netconf/ipc/datalink.h"

/* The name of an empty file: that there was one before in this process. */
#define MARK "upgrade"
#define CHECK_MS 5000

struct xn_upgrade {
	struct xn_daemon *daemon;
	struct xn_source *timer;
	char path[PATH_MAX];
	char **argv;
};

static int become_next(struct xn_upgrade *upgrade, struct xn_err *err)
{
	struct xn_exec_fds *fds = xn_exec_fds_create(err);
	int mark, error;

	if (!fds)
		return -ENOMEM;
	mark = memfd_create(MARK, MFD_CLOEXEC);
	if (mark < 0) {
		error = xn_fail(err, errno, "memfd: %s", strerror(errno));
		goto out;
	}
	xn_exec_fds_add(fds, MARK, mark);
	error = xn_datapath_leave(upgrade->daemon->datapath, fds, err);
	if (!error) {
		xn_handover_leave_all(upgrade->daemon, fds);
		error = xn_exec_fds_exec(fds, upgrade->path, upgrade->argv,
					 err);
	}
	xn_close(&mark);
out:
	xn_exec_fds_destroy(fds);
	return error;
}

/* Its children would be nobody's after execve(). */
static void end_children(struct xn_daemon *daemon)
{
	daemon->leaving = true;
	xn_dhcp_destroy(daemon->dhcp);
	daemon->dhcp = NULL;
}

static void begin_children(struct xn_daemon *daemon)
{
	struct xn_err err = {0};

	daemon->leaving = false;
	if (xn_dhcp_create(daemon, &daemon->dhcp, &err))
		xn_error("addresses and names: %s", xn_err_text(&err));
}

static void on_timer(void *arg)
{
	struct xn_upgrade *upgrade = arg;
	struct xn_err err = {0};

	xn_info("becoming the xenplaned that is installed now");
	end_children(upgrade->daemon);
	if (!become_next(upgrade, &err))
		return;
	xn_error("no upgrade: %s; this one goes on", xn_err_text(&err));
	begin_children(upgrade->daemon);
}

struct xn_upgrade *xn_upgrade_create(struct xn_daemon *daemon, char **argv,
				     struct xn_err *err)
{
	struct xn_upgrade *upgrade = calloc(1, sizeof(*upgrade));

	if (!upgrade) {
		(void)xn_fail(err, ENOMEM, "out of memory");
		return NULL;
	}
	upgrade->daemon = daemon;
	upgrade->argv = argv;
	if (xn_small_file_link("/proc/self/exe", upgrade->path,
			       sizeof(upgrade->path)) < 0) {
		(void)xn_fail(err, EIO, "/proc/self/exe: unreadable");
		goto err_free;
	}
	upgrade->timer = xn_loop_add_timer(daemon->loop, on_timer, upgrade);
	if (upgrade->timer)
		return upgrade;
	(void)xn_fail(err, errno, "timer: %s", strerror(errno));
err_free:
	free(upgrade);
	return NULL;
}

void xn_upgrade_destroy(struct xn_upgrade *upgrade)
{
	if (!upgrade)
		return;
	xn_source_destroy(upgrade->timer);
	free(upgrade);
}

/* A program that is asked something: its words, and how it ended. */
struct question {
	const char *const *argv;
	int says_on; /* STDOUT_FILENO or STDERR_FILENO */
	char words[256];
	int status; /* waitpid()'s */
};

/* How much of the time for an answer is left. */
static int left_ms(uint64_t begin_ms)
{
	uint64_t gone_ms = xn_now_ms() - begin_ms;

	return gone_ms < CHECK_MS ? (int)(CHECK_MS - gone_ms) : 0;
}

/* Its words, cut, until its end of the pipe is closed, or it is too late. */
static void hear(int fd, uint64_t begin_ms, struct question *question)
{
	struct pollfd end = {.fd = fd, .events = POLLIN};
	size_t have = 0, room = sizeof(question->words) - 1;
	char piece[256];
	ssize_t got;

	while (poll(&end, 1, left_ms(begin_ms)) > 0) {
		got = read(fd, piece, sizeof(piece));
		if (got <= 0)
			break;
		if ((size_t)got > room - have)
			got = (ssize_t)(room - have);
		memcpy(question->words + have, piece, (size_t)got);
		have += (size_t)got;
	}
	question->words[have] = '\0';
}

/* false: it did not end in time, and was killed. */
static bool reap(pid_t pid, uint64_t begin_ms, int *ret_status)
{
	struct pollfd end = {.events = POLLIN};
	bool ended;

	end.fd = (int)syscall(SYS_pidfd_open, pid, 0);
	ended = end.fd >= 0 && poll(&end, 1, left_ms(begin_ms)) > 0;
	xn_close(&end.fd);
	if (!ended)
		(void)kill(pid, SIGKILL);
	while (waitpid(pid, ret_status, 0) < 0 && errno == EINTR)
		;
	return ended;
}

/* 0: it ended by itself, however. Takes CHECK_MS at most. */
static int ask(struct question *question, struct xn_err *err)
{
	uint64_t begin_ms = xn_now_ms();
	int pipe_fd[2] = {-1, -1};
	struct xn_proc_fd fds[1];
	struct xn_proc proc = {.argv = question->argv,
			       .fds = fds,
			       .fd_count = 1,
			       .netns_fd = -1};
	pid_t pid;
	int error;

	if (pipe2(pipe_fd, O_CLOEXEC))
		return xn_fail(err, errno, "pipe: %s", strerror(errno));
	fds[0] = (struct xn_proc_fd){pipe_fd[1], question->says_on};
	error = xn_proc_spawn(&proc, &pid, err);
	xn_close(&pipe_fd[1]);
	if (!error)
		hear(pipe_fd[0], begin_ms, question);
	xn_close(&pipe_fd[0]);
	if (!error && !reap(pid, begin_ms, &question->status))
		error = xn_fail(err, ETIMEDOUT, "%s does not answer",
				question->argv[0]);
	return error;
}

static bool is_well(const struct question *question)
{
	return WIFEXITED(question->status) && !WEXITSTATUS(question->status);
}

/* Would the new program start, and know what this one hands over? */
static int check(struct xn_upgrade *upgrade, struct xn_err *err)
{
	struct question question = {.says_on = STDERR_FILENO};
	char version[16], *words = question.words;
	const char **argv;
	size_t count = 0;
	int error;

	while (upgrade->argv[count])
		count++;
	argv = calloc(count + 3, sizeof(*argv));
	if (!argv)
		return xn_fail(err, ENOMEM, "out of memory");
	(void)xn_text_format(version, sizeof(version), "%u", XN_RECORD_VERSION);
	memcpy(argv, upgrade->argv, count * sizeof(*argv));
	argv[0] = upgrade->path;
	argv[count] = "--check-upgrade";
	argv[count + 1] = version;
	question.argv = argv;
	error = ask(&question, err);
	free(argv);
	if (error || is_well(&question))
		return error;
	words[strcspn(words, "\n")] = '\0';
	xn_text_make_printable(words);
	return xn_fail(err, EINVAL, "%s would not start: %s", upgrade->path,
		       words[0] ? words : "it says nothing");
}

int xn_upgrade_begin(struct xn_upgrade *upgrade, struct xn_err *err)
{
	int error;

	/* The next one could not begin without it. */
	if (!xn_store_is_up(upgrade->daemon->store))
		return xn_fail(err, EAGAIN, "the store is away");
	error = check(upgrade, err);
	if (!error)
		xn_timer_arm(upgrade->timer, 1, 0);
	return error;
}

bool xn_upgrade_is_one(struct xn_daemon *daemon)
{
	int fd = xn_fdstore_take(daemon->fdstore, MARK);

	if (fd < 0)
		return false;
	xn_close(&fd);
	return true;
}

/* The data process's program speaks as this one does. */
static int check_netback(const char *netback, struct xn_err *err)
{
	const char *const argv[] = {netback, "--version", NULL};
	struct question question = {.argv = argv, .says_on = STDOUT_FILENO};
	char wanted[32];
	int error;

	if (access(netback, X_OK))
		return xn_fail(err, errno, "%s: %s", netback, strerror(errno));
	error = ask(&question, err);
	if (error)
		return error;
	(void)xn_text_format(wanted, sizeof(wanted), "\ndatalink %u\n",
			     XN_DATALINK_VERSION);
	if (!is_well(&question) || !strstr(question.words, wanted))
		return xn_fail(err, EPROTO,
			       "%s is of another version than this one",
			       netback);
	return 0;
}

int xn_upgrade_check(uint32_t record_version, const char *netback,
		     struct xn_err *err)
{
	if (record_version != XN_RECORD_VERSION)
		return xn_fail(
			err, EPROTO,
			"vifs are handed over in form %u, and form %u is "
			"known",
			record_version, XN_RECORD_VERSION);
	return check_netback(netback, err);
}
