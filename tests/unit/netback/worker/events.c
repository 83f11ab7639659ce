/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See events.h. */
#include "events.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <xenevtchn.h>
#include <xengnttab.h>

#include "../ring/hypervisor.h"

struct channel {
	int report_fd; /* the pipe's writing end, or 0 */
	bool masked;
	bool pending;
	uint32_t notified;
	uint32_t unmasked;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t notified = PTHREAD_COND_INITIALIZER;
static struct channel channels[EV_CHANNELS];
static bool broken;
static uint32_t handles;

struct xenevtchn_handle {
	int fd;
};
struct xengntdev_handle {
	int unused;
};

void ev_reset(void)
{
	for (uint32_t i = 0; i < EV_CHANNELS; i++) {
		int fd = channels[i].report_fd;

		if (fd <= 0)
			continue;
		close(fd);
		for (uint32_t k = i; k < EV_CHANNELS; k++) {
			if (channels[k].report_fd == fd)
				channels[k].report_fd = 0;
		}
	}
	memset(channels, 0, sizeof(channels));
	broken = false;
	handles = 0;
	hv.fail_map = 0;
}

int ev_open(const uint32_t *channel, uint32_t count)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) < 0)
		abort();
	pthread_mutex_lock(&lock);
	for (uint32_t i = 0; i < count; i++)
		channels[channel[i]] = (struct channel){.report_fd = fd[1]};
	pthread_mutex_unlock(&lock);
	return fd[0];
}

static void report(uint32_t number)
{
	struct channel *channel = &channels[number];

	channel->masked = true;
	channel->pending = false;
	if (write(channel->report_fd, &number, sizeof(number)) !=
	    (ssize_t)sizeof(number))
		abort();
}

void ev_send(uint32_t number)
{
	pthread_mutex_lock(&lock);
	if (channels[number].masked)
		channels[number].pending = true;
	else
		report(number);
	pthread_mutex_unlock(&lock);
}

uint32_t ev_notified(uint32_t number)
{
	uint32_t count;

	pthread_mutex_lock(&lock);
	count = channels[number].notified;
	pthread_mutex_unlock(&lock);
	return count;
}

uint32_t ev_unmasked(uint32_t number)
{
	uint32_t count;

	pthread_mutex_lock(&lock);
	count = channels[number].unmasked;
	pthread_mutex_unlock(&lock);
	return count;
}

bool ev_wait_notified(uint32_t number, uint32_t count)
{
	struct timespec until;
	int rc = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 10;
	pthread_mutex_lock(&lock);
	while (rc == 0 && channels[number].notified < count)
		rc = pthread_cond_timedwait(&notified, &lock, &until);
	pthread_mutex_unlock(&lock);
	return rc == 0;
}

void ev_break(void)
{
	pthread_mutex_lock(&lock);
	broken = true;
	pthread_mutex_unlock(&lock);
}

uint32_t ev_mapped(void)
{
	return hv.mapped;
}

uint32_t ev_handles(void)
{
	return handles;
}

void ev_fail_map(uint32_t n)
{
	hv.fail_map = n;
}

/* libxenevtchn, the calls that the data process makes. */

xenevtchn_handle *xenevtchn_fdopen(struct xentoollog_logger *logger, int fd,
				   unsigned int open_flags)
{
	xenevtchn_handle *handle = malloc(sizeof(*handle));

	(void)logger;
	(void)open_flags;
	if (!handle)
		return NULL;
	handle->fd = fd;
	handles++;
	return handle;
}

int xenevtchn_close(xenevtchn_handle *xce)
{
	close(xce->fd);
	free(xce);
	handles--;
	return 0;
}

int xenevtchn_fd(xenevtchn_handle *xce)
{
	return xce->fd;
}

int xenevtchn_notify(xenevtchn_handle *xce, evtchn_port_t port)
{
	(void)xce;
	pthread_mutex_lock(&lock);
	channels[port].notified++;
	pthread_cond_broadcast(&notified);
	pthread_mutex_unlock(&lock);
	return 0;
}

xenevtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *xce)
{
	uint32_t number;
	bool fail;

	if (read(xce->fd, &number, sizeof(number)) != (ssize_t)sizeof(number))
		return -1;
	pthread_mutex_lock(&lock);
	fail = broken;
	pthread_mutex_unlock(&lock);
	if (fail) {
		errno = EFBIG;
		return -1;
	}
	return (xenevtchn_port_or_error_t)number;
}

int xenevtchn_unmask(xenevtchn_handle *xce, evtchn_port_t port)
{
	(void)xce;
	pthread_mutex_lock(&lock);
	channels[port].unmasked++;
	channels[port].masked = false;
	if (channels[port].pending)
		report(port);
	pthread_mutex_unlock(&lock);
	return 0;
}

/* libxengnttab, what is about handles. */

xengnttab_handle *xengnttab_open(struct xentoollog_logger *logger,
				 unsigned int open_flags)
{
	(void)logger;
	(void)open_flags;
	handles++;
	return calloc(1, sizeof(struct xengntdev_handle));
}

int xengnttab_close(xengnttab_handle *xgt)
{
	free(xgt);
	handles--;
	return 0;
}
