/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xenplane-netback: the data process. xenplaned starts it with the datalink
 * as descriptor 3. This thread serves the datalink; the others are the
 * workers. Everything is opened and allocated before READY is said; all rights
 * are given up then, in two steps around the workers' start (sandbox.h).
 *
 * When control goes away the process ends at once, in the middle of whatever
 * it does: the redo logs are made for that. SIGTERM ends it between bursts.
 */
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netback/link.h"
#include "netback/message.h"
#include "netback/pool.h"
#include "netback/sandbox.h"
#include "netback/sandbox_filter.h"
#include "netback/worker.h"
#include "netconf/base/err.h"
#include "netconf/base/log.h"
#include "netconf/base/loop.h"
#include "netconf/base/spin.h"
#include "netconf/base/text.h"

#define STOPPED_BY_SIGNAL 2
#define EXIT_USAGE 2

static const char usage[] =
	"usage: xenplane-netback [--workers N] [--settle-ms N] [--buffers N]\n"
	"                        [--spin-us N] [--user USER | --no-sandbox]\n"
	"                        [--log-level LEVEL]\n"
	"\n"
	"The data process of xenplane; started by xenplaned, which gives it\n"
	"the datalink as descriptor 3.\n"
	"\n"
	"  --workers N        threads that move frames, 1 to 16 (one fewer "
	"than\n"
	"                     there are processors, but 1 to 4)\n"
	"  --settle-ms N      all guests are the first worker's for so long\n"
	"                     (10000), so that it is certain whose work a "
	"young\n"
	"                     process dies in\n"
	"  --buffers N        4 KiB buffers for waiting frames (4096)\n"
	"  --spin-us N        looks so long for work, at most, before it "
	"sleeps (50);\n"
	"                     0: never\n"
	"  --user USER        becomes this user, a name or a number\n"
	"                     (" XNB_SANDBOX_USER ", or a number of its own)\n"
	"  --no-sandbox       keeps all rights: only for debugging\n"
	"  --log-level LEVEL  error, warning, info (default) or debug\n"
	"  --help, --version\n";

/* Unless told so: a processor stays for control and the host. */
#define WORKERS_DEFAULT_MAX 4u
/* Control disables a vif in whose work two processes died within that time
 * (netconf/daemon/blame.h). */
#define SETTLE_MS_DEFAULT 10000u
#define SETTLE_MS_MAX 3600000u

struct options {
	uint32_t workers;
	uint32_t settle_ms;
	uint32_t buffers;
	uint32_t spin_us;
	enum xn_log_level level;
	const char *user; /* NULL: nobody said */
	bool no_sandbox;
};

struct process {
	struct xn_loop *loop;
	struct xnb_mailbox *commands;
	struct xnb_mailbox *events;
	uint32_t worker_count;
	struct xnb_worker *worker[XN_WORKERS_MAX];
	struct xnb_link *link;
	uint32_t thread_count;
	pthread_t thread[XN_WORKERS_MAX];
	sem_t running; /* a worker's thread is past its start */
};

static int parse_level(const char *text, enum xn_log_level *ret_level)
{
	static const char *const names[] = {
		[XN_LOG_ERROR] = "error",
		[XN_LOG_WARNING] = "warning",
		[XN_LOG_INFO] = "info",
		[XN_LOG_DEBUG] = "debug",
	};

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]) == 0) {
			*ret_level = (enum xn_log_level)i;
			return 0;
		}
	}
	return -EINVAL;
}

static int usage_error(const char *what, const char *text)
{
	fprintf(stderr, "xenplane-netback: %s: %s\n", what, text);
	return EXIT_USAGE;
}

/* -1: go on; else the exit status. */
static int parse_options(int argc, char **argv, struct options *ret)
{
	static const struct option known[] = {
		{"workers", required_argument, NULL, 'w'},
		{"settle-ms", required_argument, NULL, 't'},
		{"buffers", required_argument, NULL, 'b'},
		{"spin-us", required_argument, NULL, 's'},
		{"log-level", required_argument, NULL, 'l'},
		{"user", required_argument, NULL, 'u'},
		{"no-sandbox", no_argument, NULL, 'n'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'v'},
		{NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (option) {
		case 'w':
			if (xn_parse_u32(optarg, 1, XN_WORKERS_MAX,
					 &ret->workers) < 0)
				return usage_error("--workers", "not a number "
								"in its range");
			break;
		case 't':
			if (xn_parse_u32(optarg, 0, SETTLE_MS_MAX,
					 &ret->settle_ms) < 0)
				return usage_error("--settle-ms",
						   "not a number in its range");
			break;
		case 'b':
			if (xn_parse_u32(optarg, XNB_CHUNKS_MIN, XNB_CHUNKS_MAX,
					 &ret->buffers) < 0)
				return usage_error("--buffers", "not a number "
								"in its range");
			break;
		case 's':
			if (xn_parse_u32(optarg, 0, XN_SPIN_US_LIMIT,
					 &ret->spin_us) < 0)
				return usage_error("--spin-us", "not a number "
								"in its range");
			break;
		case 'l':
			if (parse_level(optarg, &ret->level) < 0)
				return usage_error("--log-level",
						   "no such level");
			break;
		case 'u':
			ret->user = optarg;
			break;
		case 'n':
			ret->no_sandbox = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_SUCCESS;
		case 'v':
			puts("xenplane-netback " XP_VERSION);
			printf("datalink %u\n", XN_DATALINK_VERSION);
			return EXIT_SUCCESS;
		default:
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc)
		return usage_error("unexpected argument", argv[optind]);
	return -1;
}

static void on_signal(void *arg, int signal_number)
{
	struct process *process = arg;

	(void)signal_number;
	xn_loop_stop(process->loop, STOPPED_BY_SIGNAL);
}

struct start {
	struct xnb_worker *worker;
	sem_t *running;
};

static void *worker_main(void *arg)
{
	struct start *start = arg;
	struct xnb_worker *worker = start->worker;

	(void)sem_post(start->running); /* few posts: cannot overflow */
	xnb_worker_run(worker);
	return NULL;
}

static uint32_t default_workers(void)
{
	cpu_set_t set;
	int processors = 1;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		processors = CPU_COUNT(&set);
	if (processors <= 2)
		return 1;
	return (uint32_t)processors - 1 < WORKERS_DEFAULT_MAX
		       ? (uint32_t)processors - 1
		       : WORKERS_DEFAULT_MAX;
}

static int open_workers(struct process *process, const struct options *options,
			struct xn_err *err)
{
	uint32_t count =
		options->workers ? options->workers : default_workers();

	for (uint32_t i = 0; i < count; i++) {
		struct xnb_worker *worker =
			i == 0 ? xnb_worker_create(process->commands,
						   process->events,
						   options->buffers, err)
			       : xnb_worker_join(process->worker[0], err);

		if (!worker)
			return -EIO;
		process->worker[process->worker_count++] = worker;
		xnb_worker_spin(worker, options->spin_us);
	}
	xnb_worker_settle(process->worker[0],
			  (uint64_t)options->settle_ms * 1000);
	return 0;
}

/* Signals are blocked here (by the loop) before the workers' threads exist,
 * which inherit that. */
static int open_process(struct process *process, const struct options *options,
			struct xn_err *err)
{
	process->loop = xn_loop_create();
	process->commands = xnb_mailbox_create(XNB_COMMANDS_MAX,
					       sizeof(struct xnb_command));
	process->events =
		xnb_mailbox_create(XNB_EVENTS_MAX, sizeof(struct xnb_event));
	if (!process->loop || !process->commands || !process->events ||
	    !xn_loop_add_signal(process->loop, SIGTERM, on_signal, process) ||
	    !xn_loop_add_signal(process->loop, SIGINT, on_signal, process))
		return xn_fail(err, errno, "cannot start: %s", strerror(errno));
	if (open_workers(process, options, err) < 0)
		return -EIO;
	process->link =
		xnb_link_create(process->loop, XN_DATALINK_FD,
				process->commands, process->events, err);
	return process->link ? 0 : -EIO;
}

static int drop_rights(const struct options *options, struct xn_err *err)
{
	struct xnb_sandbox_user user;
	int rc;

	if (options->no_sandbox) {
		xn_warning("--no-sandbox: runs with all its rights");
		return 0;
	}
	rc = xnb_sandbox_user_find(options->user, &user, err);
	if (rc < 0)
		return rc;
	rc = xnb_sandbox_drop_rights(&user);
	if (rc < 0)
		return xn_fail(err, -rc,
			       "the sandbox could not be entered as above "
			       "(it wants root; --no-sandbox does without)");
	return 0;
}

static int start_worker(struct process *process, struct xnb_worker *worker,
			struct xn_err *err)
{
	struct start start = {worker, &process->running};
	int rc = pthread_create(&process->thread[process->thread_count], NULL,
				worker_main, &start);

	if (rc != 0)
		return xn_fail(err, rc, "a thread: %s", strerror(rc));
	process->thread_count++;
	while (sem_wait(&process->running) < 0)
		;
	return 0;
}

/* The workers inherit what is left, and run before calls are filtered. */
static int start_process(struct process *process, const struct options *options,
			 struct xn_err *err)
{
	int rc = drop_rights(options, err);

	if (rc < 0)
		return rc;
	(void)sem_init(&process->running, 0, 0);
	for (uint32_t i = 0; rc == 0 && i < process->worker_count; i++)
		rc = start_worker(process, process->worker[i], err);
	if (rc == 0 && !options->no_sandbox)
		rc = xnb_sandbox_filter_calls(err);
	if (rc < 0)
		return rc;
	return xnb_link_say_ready(process->link, process->worker_count, err);
}

static void close_process(struct process *process)
{
	const struct xnb_command stop = {
		.header = {XNB_STOP, XN_DATALINK_VERSION}};

	xnb_mailbox_put_wait(process->commands, &stop);
	while (process->thread_count > 0)
		pthread_join(process->thread[--process->thread_count], NULL);
	xnb_link_destroy(process->link);
	xnb_worker_destroy(process->worker[0]);
	xnb_mailbox_destroy(process->events);
	xnb_mailbox_destroy(process->commands);
	xn_loop_destroy(process->loop);
	(void)sem_destroy(&process->running);
}

int main(int argc, char **argv)
{
	struct options options = {.settle_ms = SETTLE_MS_DEFAULT,
				  .buffers = XNB_CHUNKS_DEFAULT,
				  .spin_us = XNB_SPIN_US_DEFAULT,
				  .level = XN_LOG_INFO};
	struct process process = {.loop = NULL};
	struct xn_err err = {.set = false};
	int rc = parse_options(argc, argv, &options);

	if (rc >= 0)
		return rc;
	xn_log_open("xenplane-netback", options.level, false);
	if (open_process(&process, &options, &err) < 0 ||
	    start_process(&process, &options, &err) < 0) {
		xn_error("%s", xn_err_text(&err));
		_exit(EXIT_FAILURE);
	}
	rc = xn_loop_run(process.loop);
	if (rc != STOPPED_BY_SIGNAL)
		_exit(rc == XNB_LINK_CLOSED ? EXIT_SUCCESS : EXIT_FAILURE);
	close_process(&process);
	return EXIT_SUCCESS;
}
