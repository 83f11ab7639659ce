/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event loop of control programs. One epoll, level-triggered; timers,
 * signals and children are descriptors as well (timerfd, signalfd, pidfd)
 * and belong to their source.
 *
 * A destroyed source is taken out of epoll at once, but its memory lives
 * until the batch of events it may still be named in is through.
 */
#include "netconf/base/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "netconf/base/fd.h"

#define EVENTS_PER_ROUND 64

enum source_kind {
	SOURCE_FD, /* the caller owns the descriptor */
	SOURCE_TIMER,
	SOURCE_SIGNAL,
	SOURCE_CHILD, /* the descriptor is -1 once the child was reaped */
};

struct xn_source {
	struct xn_loop *loop;
	struct xn_source *next, **link;
	enum source_kind kind;
	bool destroyed;
	int fd;
	pid_t pid;
	union {
		xn_fd_fn *fd;
		xn_timer_fn *timer;
		xn_signal_fn *signal;
		xn_child_fn *child;
	} fn;
	void *arg;
};

struct xn_loop {
	int epoll_fd;
	bool running, stopping;
	int code;
	struct xn_source *sources;
	struct xn_source *graveyard; /* destroyed in this batch */
};

uint64_t xn_now_us(void)
{
	struct timespec now;

	/* CLOCK_MONOTONIC with a valid pointer cannot fail. */
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t xn_now_ms(void)
{
	return xn_now_us() / 1000;
}

struct xn_loop *xn_loop_create(void)
{
	struct xn_loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return NULL;
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0) {
		free(loop);
		return NULL;
	}
	return loop;
}

static void bury(struct xn_loop *loop)
{
	while (loop->graveyard) {
		struct xn_source *source = loop->graveyard;

		loop->graveyard = source->next;
		free(source);
	}
}

static void list_insert(struct xn_source **head, struct xn_source *source)
{
	source->next = *head;
	source->link = head;
	if (source->next)
		source->next->link = &source->next;
	*head = source;
}

static void list_remove(struct xn_source *source)
{
	*source->link = source->next;
	if (source->next)
		source->next->link = source->link;
}

/* For SOURCE_FD `fd` stays the caller's; else it is consumed, also when the
 * call fails. */
static struct xn_source *source_add(struct xn_loop *loop, enum source_kind kind,
				    int fd, uint32_t epoll_events)
{
	struct epoll_event event = {.events = epoll_events};
	struct xn_source *source = calloc(1, sizeof(*source));

	if (!source)
		goto err_close;
	source->loop = loop;
	source->kind = kind;
	source->fd = fd;
	event.data.ptr = source;
	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		goto err_free;
	list_insert(&loop->sources, source);
	return source;

err_free:
	free(source);
err_close:
	if (kind != SOURCE_FD)
		xn_close(&fd);
	return NULL;
}

static void source_close(struct xn_source *source)
{
	if (source->fd < 0)
		return;
	/* Fails only when the caller closed the descriptor too early. */
	(void)epoll_ctl(source->loop->epoll_fd, EPOLL_CTL_DEL, source->fd,
			NULL);
	if (source->kind != SOURCE_FD)
		xn_close(&source->fd);
	source->fd = -1;
}

void xn_loop_destroy(struct xn_loop *loop)
{
	if (!loop)
		return;
	while (loop->sources) {
		struct xn_source *source = loop->sources;

		loop->sources = source->next;
		source_close(source);
		free(source);
	}
	bury(loop);
	xn_close(&loop->epoll_fd);
	free(loop);
}

void xn_source_destroy(struct xn_source *source)
{
	if (!source)
		return;
	source_close(source);
	list_remove(source);
	if (!source->loop->running) {
		free(source);
		return;
	}
	source->destroyed = true;
	source->next = source->loop->graveyard;
	source->loop->graveyard = source;
}

struct xn_source *xn_loop_add_fd(struct xn_loop *loop, int fd,
				 uint32_t epoll_events, xn_fd_fn *fn, void *arg)
{
	struct xn_source *source =
		source_add(loop, SOURCE_FD, fd, epoll_events);

	if (source) {
		source->fn.fd = fn;
		source->arg = arg;
	}
	return source;
}

int xn_source_set_events(struct xn_source *source, uint32_t epoll_events)
{
	struct epoll_event event = {.events = epoll_events, .data.ptr = source};

	if (epoll_ctl(source->loop->epoll_fd, EPOLL_CTL_MOD, source->fd,
		      &event) < 0)
		return -errno;
	return 0;
}

struct xn_source *xn_loop_add_timer(struct xn_loop *loop, xn_timer_fn *fn,
				    void *arg)
{
	int fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	struct xn_source *source;

	if (fd < 0)
		return NULL;
	source = source_add(loop, SOURCE_TIMER, fd, EPOLLIN);
	if (source) {
		source->fn.timer = fn;
		source->arg = arg;
	}
	return source;
}

static struct timespec timespec_of(uint64_t ms)
{
	return (struct timespec){.tv_sec = (time_t)(ms / 1000),
				 .tv_nsec = (long)(ms % 1000) * 1000000};
}

void xn_timer_arm(struct xn_source *timer, uint64_t delay_ms,
		  uint64_t interval_ms)
{
	struct itimerspec spec = {.it_value = timespec_of(delay_ms),
				  .it_interval = timespec_of(interval_ms)};

	/* All zero would disarm; "now" is what was asked. */
	if (delay_ms == 0)
		spec.it_value.tv_nsec = 1;
	/* Valid times on a timerfd of ours: cannot fail. */
	(void)timerfd_settime(timer->fd, 0, &spec, NULL);
}

void xn_timer_disarm(struct xn_source *timer)
{
	struct itimerspec never = {0};

	(void)timerfd_settime(timer->fd, 0, &never, NULL);
}

struct xn_source *xn_loop_add_signal(struct xn_loop *loop, int signal_number,
				     xn_signal_fn *fn, void *arg)
{
	struct xn_source *source;
	sigset_t set;
	int error;
	int fd;

	(void)sigemptyset(&set);
	if (sigaddset(&set, signal_number) < 0)
		return NULL;
	error = pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (error != 0) {
		errno = error;
		return NULL;
	}
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return NULL;
	source = source_add(loop, SOURCE_SIGNAL, fd, EPOLLIN);
	if (source) {
		source->fn.signal = fn;
		source->arg = arg;
	}
	return source;
}

struct xn_source *xn_loop_add_child(struct xn_loop *loop, pid_t pid,
				    xn_child_fn *fn, void *arg)
{
	int fd = pidfd_open(pid, 0);
	struct xn_source *source;

	if (fd < 0)
		return NULL;
	source = source_add(loop, SOURCE_CHILD, fd, EPOLLIN);
	if (source) {
		source->pid = pid;
		source->fn.child = fn;
		source->arg = arg;
	}
	return source;
}

static void dispatch_timer(struct xn_source *source)
{
	uint64_t expirations;

	/* Nothing to read: the timer was changed after epoll reported it. */
	if (read(source->fd, &expirations, sizeof(expirations)) ==
	    (ssize_t)sizeof(expirations))
		source->fn.timer(source->arg);
}

static void dispatch_signal(struct xn_source *source)
{
	struct signalfd_siginfo info;

	if (read(source->fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		source->fn.signal(source->arg, (int)info.ssi_signo);
}

static void dispatch_child(struct xn_source *source)
{
	/* Should somebody else have reaped it, it counts as failed. */
	int status = 255 << 8;
	pid_t pid = waitpid(source->pid, &status, WNOHANG);

	if (pid == 0)
		return;
	source_close(source);
	source->fn.child(source->arg, source->pid, status);
}

static void dispatch(struct xn_source *source, uint32_t epoll_events)
{
	switch (source->kind) {
	case SOURCE_FD:
		source->fn.fd(source->arg, epoll_events);
		return;
	case SOURCE_TIMER:
		dispatch_timer(source);
		return;
	case SOURCE_SIGNAL:
		dispatch_signal(source);
		return;
	case SOURCE_CHILD:
		dispatch_child(source);
		return;
	}
}

static int run_round(struct xn_loop *loop)
{
	struct epoll_event events[EVENTS_PER_ROUND];
	int count = epoll_wait(loop->epoll_fd, events, EVENTS_PER_ROUND, -1);

	if (count < 0)
		return errno == EINTR ? 0 : -errno;
	/* What is left when a callback stops the loop is reported again. */
	for (int i = 0; i < count && !loop->stopping; i++) {
		struct xn_source *source = events[i].data.ptr;

		if (!source->destroyed)
			dispatch(source, events[i].events);
	}
	bury(loop);
	return 0;
}

int xn_loop_run(struct xn_loop *loop)
{
	int rc = 0;

	if (loop->running)
		return -EBUSY;
	loop->running = true;
	while (rc == 0 && !loop->stopping)
		rc = run_round(loop);
	loop->running = false;
	if (rc == 0)
		rc = loop->code;
	loop->stopping = false;
	return rc;
}

void xn_loop_stop(struct xn_loop *loop, int code)
{
	loop->stopping = true;
	loop->code = code;
}
