/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See worker.h: a worker's memory and descriptors, and the crew's with the
 * first. Called on the starting thread.
 */
#include "netback/worker.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "netback/worker_state.h"
#include "netconf/base/fd.h"
#include "netconf/base/loop.h"

static int watch(struct xnb_worker *w, int fd, enum xnb_source kind)
{
	struct epoll_event event = {.events = EPOLLIN,
				    .data.u64 = (uint64_t)kind << 32};

	return epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static int open_descriptors(struct xnb_worker *w)
{
	w->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	w->kick_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	w->tick_fd =
		timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	w->drain_fd =
		timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	w->rate_fd =
		timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (w->epoll_fd < 0 || w->kick_fd < 0 || w->tick_fd < 0 ||
	    w->drain_fd < 0 || w->rate_fd < 0 ||
	    watch(w, w->kick_fd, XNB_SOURCE_KICK) < 0 ||
	    watch(w, w->tick_fd, XNB_SOURCE_TICK) < 0 ||
	    watch(w, w->drain_fd, XNB_SOURCE_DRAIN) < 0 ||
	    watch(w, w->rate_fd, XNB_SOURCE_RATE) < 0)
		return -errno;
	if (w->commands &&
	    watch(w, xnb_mailbox_fd(w->commands), XNB_SOURCE_COMMANDS) < 0)
		return -errno;
	return 0;
}

static void init_lists(struct xnb_worker *w)
{
	TAILQ_INIT(&w->ready);
	TAILQ_INIT(&w->parked);
	TAILQ_INIT(&w->shaped);
	TAILQ_INIT(&w->silent);
	TAILQ_INIT(&w->lingering);
	TAILQ_INIT(&w->held);
	TAILQ_INIT(&w->held_silent);
}

static void close_worker(struct xnb_worker *w)
{
	xn_close(&w->epoll_fd);
	xn_close(&w->kick_fd);
	xn_close(&w->tick_fd);
	xn_close(&w->drain_fd);
	xn_close(&w->rate_fd);
	xnb_arena_fini(&w->arena);
	if (w->gnttab)
		xengnttab_close(w->gnttab);
	munmap(w, sizeof(*w));
}

static int open_worker(struct xnb_worker *w, struct xn_err *err)
{
	int rc;

	w->gnttab = xengnttab_open(NULL, 0);
	if (!w->gnttab)
		return xn_fail(err, errno, "grant tables: %s", strerror(errno));
	xnb_copy_init(&w->plan, w->gnttab);
	if (xnb_arena_init(&w->arena) < 0)
		return xn_fail(err, ENOMEM, "no memory for packet buffers");
	rc = open_descriptors(w);
	if (rc < 0)
		return xn_fail(err, -rc, "a worker's descriptors: %s",
			       strerror(-rc));
	return 0;
}

/* The state is mapped and not allocated: most of it are lists that never get
 * so long, and costs nothing until then. */
static struct xnb_worker *add_worker(struct xnb_crew *crew,
				     struct xnb_mailbox *commands,
				     struct xnb_mailbox *events,
				     struct xn_err *err)
{
	struct xnb_worker *w =
		mmap(NULL, sizeof(*w), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (w == MAP_FAILED) {
		xn_fail(err, ENOMEM, "no memory for a worker");
		return NULL;
	}
	w->epoll_fd = w->kick_fd = w->tick_fd = w->drain_fd = w->rate_fd = -1;
	w->clock_us = xn_now_us;
	w->crew = crew;
	w->index = crew->count;
	w->commands = commands;
	w->events = events;
	w->counters = &w->counters_unstarted;
	w->pool = crew->pool;
	w->port = crew->port;
	init_lists(w);
	if (open_worker(w, err) < 0) {
		close_worker(w);
		return NULL;
	}
	crew->worker[crew->count++] = w;
	for (uint32_t i = 0; i < crew->count; i++)
		crew->worker[i]->several = crew->count > 1;
	return w;
}

struct xnb_worker *xnb_worker_create(struct xnb_mailbox *commands,
				     struct xnb_mailbox *events,
				     uint32_t pool_chunks, struct xn_err *err)
{
	struct xnb_crew *crew = xnb_crew_create(pool_chunks);
	struct xnb_worker *w;

	if (!crew) {
		xn_fail(err, ENOMEM, "no memory for packet buffers");
		return NULL;
	}
	w = add_worker(crew, commands, events, err);
	if (!w) {
		xnb_crew_destroy(crew);
		return NULL;
	}
	crew->gnttab = w->gnttab;
	return w;
}

struct xnb_worker *xnb_worker_join(struct xnb_worker *first, struct xn_err *err)
{
	struct xnb_crew *crew = first->crew;

	if (crew->count == XN_WORKERS_MAX) {
		xn_fail(err, ENOSPC, "too many workers");
		return NULL;
	}
	xnb_pool_share(crew->pool);
	return add_worker(crew, NULL, first->events, err);
}

void xnb_worker_destroy(struct xnb_worker *first)
{
	struct xnb_crew *crew;

	if (!first)
		return;
	crew = first->crew;
	while (crew->count > 0)
		close_worker(crew->worker[--crew->count]);
	xnb_crew_destroy(crew);
}

void xnb_worker_spin(struct xnb_worker *w, uint32_t us_max)
{
	xn_spin_init(&w->spin, us_max);
}

void xnb_worker_settle(struct xnb_worker *first, uint64_t us)
{
	first->crew->settle_us = us;
}
