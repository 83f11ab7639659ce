/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The datalink's control end: messages out, in order, with a bounded queue for
 * a full socket; messages in, checked and told to the listener. Loop thread.
 * The data process handles guests' memory: what it says is checked like
 * anything from outside.
 */
#include "netconf/daemon/datapath_private.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "netconf/base/fd.h"
#include "netconf/base/log.h"

#define QUEUE_MAX 65536u
#define MESSAGES_PER_TURN 256

/* Its death is reported by the child source; say why only once. */
static void kill_process(struct xn_datapath *dp, const char *why)
{
	if (dp->pid <= 0 || dp->killed)
		return;
	xn_error("killing the data process: %s", why);
	dp->killed = true;
	dp->guilty = true;
	(void)kill(dp->pid, SIGKILL);
	if (dp->link_source)
		(void)xn_source_set_events(dp->link_source, 0);
}

static void message_destroy(struct xn_datapath_message *message)
{
	for (size_t i = 0; i < message->fd_count; i++)
		xn_close(&message->fd[i]);
	free(message);
}

void xn_datapath_queue_clear(struct xn_datapath *dp)
{
	while (dp->first) {
		struct xn_datapath_message *message = dp->first;

		dp->first = message->next;
		message_destroy(message);
	}
	dp->last_next = &dp->first;
	dp->queued = 0;
}

static int duplicate(struct xn_datapath_message *message, const int *fds,
		     size_t fd_count)
{
	for (size_t i = 0; i < fd_count; i++) {
		int fd = fcntl(fds[i], F_DUPFD_CLOEXEC, 0);

		if (fd < 0)
			return -errno;
		message->fd[message->fd_count++] = fd;
	}
	return 0;
}

static int enqueue(struct xn_datapath *dp, const void *data, size_t bytes,
		   const int *fds, size_t fd_count)
{
	struct xn_datapath_message *message;
	int error;

	if (dp->queued >= QUEUE_MAX)
		return -ENOBUFS;
	message = calloc(1, sizeof(*message) + bytes);
	if (!message)
		return -ENOMEM;
	memcpy(message->data, data, bytes);
	message->bytes = bytes;
	error = duplicate(message, fds, fd_count);
	if (error) {
		message_destroy(message);
		return error;
	}
	if (!dp->first)
		dp->last_next = &dp->first;
	*dp->last_next = message;
	dp->last_next = &message->next;
	dp->queued++;
	return xn_source_set_events(dp->link_source, EPOLLIN | EPOLLOUT);
}

static int flush(struct xn_datapath *dp)
{
	while (dp->first) {
		struct xn_datapath_message *message = dp->first;
		int error = xn_fd_send(dp->link, message->data, message->bytes,
				       message->fd, message->fd_count);

		if (error)
			return error == -EAGAIN ? 0 : error;
		dp->first = message->next;
		dp->queued--;
		message_destroy(message);
	}
	return xn_source_set_events(dp->link_source, EPOLLIN);
}

void xn_datapath_send(struct xn_datapath *dp, enum xn_dl_type type,
		      void *message, const int *fds, size_t fd_count)
{
	struct xn_dl_header header = {(uint32_t)type, XN_DATALINK_VERSION};
	size_t bytes = xn_dl_length((uint32_t)type);
	int error = -EAGAIN;

	if (dp->pid <= 0 || dp->killed)
		return;
	memcpy(message, &header, sizeof(header));
	if (!dp->first)
		error = xn_fd_send(dp->link, message, bytes, fds, fd_count);
	if (error == -EAGAIN)
		error = enqueue(dp, message, bytes, fds, fd_count);
	/* A broken pipe: it is dead, and its death will be told. */
	if (error && error != -EPIPE && error != -ECONNRESET)
		kill_process(dp, strerror(-error));
}

static void take_ready(struct xn_datapath *dp, const struct xn_dl_ready *ready)
{
	if (dp->ready) {
		kill_process(dp, "it became ready twice");
		return;
	}
	dp->ready = true;
	dp->ready_ms = xn_now_ms();
	dp->workers = ready->workers;
	dp->listener.ready(dp->listener.arg);
}

union any_message {
	struct xn_dl_header header;
	struct xn_dl_ready ready;
	struct xn_dl_vif_up vif_up;
	struct xn_dl_vif_gone vif_gone;
	struct xn_dl_vif_fault vif_fault;
	struct xn_dl_port_done port_done;
	struct xn_dl_station station;
	struct xn_dl_stations_end stations_end;
	struct xn_dl_vif_stall vif_stall;
	struct xn_dl_active active;
};

static void dispatch(struct xn_datapath *dp, const union any_message *message)
{
	const struct xn_datapath_listener *to = &dp->listener;

	switch ((enum xn_dl_type)message->header.type) {
	case XN_DL_READY:
		take_ready(dp, &message->ready);
		return;
	case XN_DL_VIF_UP:
		to->vif_up(to->arg, &message->vif_up);
		return;
	case XN_DL_VIF_GONE:
		to->vif_gone(to->arg, &message->vif_gone);
		return;
	case XN_DL_VIF_FAULT:
		to->vif_fault(to->arg, &message->vif_fault);
		return;
	case XN_DL_PORT_DONE:
		to->port_done(to->arg, &message->port_done);
		return;
	case XN_DL_STATION:
		to->station(to->arg, &message->station);
		return;
	case XN_DL_STATIONS_END:
		to->stations_end(to->arg, &message->stations_end);
		return;
	case XN_DL_VIF_STALL:
		to->vif_stall(to->arg, &message->vif_stall);
		return;
	case XN_DL_ACTIVE:
		to->active(to->arg);
		return;
	case XN_DL_HELLO:
	case XN_DL_VIF_ADD:
	case XN_DL_VIF_DEL:
	case XN_DL_PORT:
	case XN_DL_BRIDGE:
	case XN_DL_OUTSIDE:
	case XN_DL_STATIONS_GET:
	case XN_DL_ACL:
	case XN_DL_POLICY:
	case XN_DL_WATCH:
		break;
	}
	kill_process(dp, "it sent a message of the wrong direction");
}

/* Its end: the child source tells the death. One that lives on without its
 * link serves nobody. */
static void hung_up(struct xn_datapath *dp)
{
	if (dp->pid <= 0 || dp->killed)
		return;
	dp->killed = true;
	(void)kill(dp->pid, SIGKILL);
	(void)xn_source_set_events(dp->link_source, 0);
}

/* One message. false: there is none, or no more. */
static bool take(struct xn_datapath *dp)
{
	union any_message message;
	size_t fd_count;
	ssize_t bytes = xn_fd_recv(dp->link, &message, sizeof(message), NULL, 0,
				   &fd_count);

	if (bytes == -EAGAIN)
		return false;
	if (bytes == -ECONNRESET) /* it died without reading all of ours */
		return true;
	if (bytes == 0) {
		hung_up(dp);
		return false;
	}
	if (bytes < (ssize_t)sizeof(message.header) ||
	    message.header.version != XN_DATALINK_VERSION ||
	    message.header.type < XN_DL_READY ||
	    (size_t)bytes != xn_dl_length(message.header.type)) {
		kill_process(dp, "it broke the datalink's rules");
		return false;
	}
	dispatch(dp, &message);
	return true;
}

void xn_datapath_link_event(void *arg, uint32_t epoll_events)
{
	struct xn_datapath *dp = arg;
	int error = 0;

	if (epoll_events & EPOLLOUT)
		error = flush(dp);
	if (error == -EPIPE || error == -ECONNRESET)
		(void)xn_source_set_events(dp->link_source, EPOLLIN);
	else if (error)
		kill_process(dp, strerror(-error));
	for (int i = 0; i < MESSAGES_PER_TURN && !dp->killed; i++)
		if (!take(dp))
			return;
}

void xn_datapath_link_drain(struct xn_datapath *dp)
{
	for (int i = 0; i < MESSAGES_PER_TURN && !dp->killed; i++)
		if (!take(dp))
			return;
}
