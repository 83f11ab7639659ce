/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See link.h. Two directions share one descriptor: EPOLLIN while commands are
 * welcome, EPOLLOUT while something waits to be sent. A dump of stations is
 * sent from the worker's answer piece by piece, and only one is made at a
 * time; further requests are remembered as a set of bridges.
 * Trusts control no further than link_check.h goes.
 */
#include "netback/link.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netback/acl_parts.h"
#include "netback/link_check.h"
#include "netback/message.h"
#include "netconf/base/fd.h"
#include "netconf/base/log.h"

#define TURN_MAX 64u /* messages of one direction before the other's turn */

struct xnb_link {
	struct xn_loop *loop;
	struct xn_source *socket_source;
	struct xn_source *event_source;
	int fd;
	struct xnb_mailbox *commands;
	struct xnb_mailbox *events;
	struct xn_stats *stats; /* NULL until HELLO */

	struct xnb_dump dump;
	uint64_t dumps_wanted; /* set of bridges */
	bool dump_lent;	       /* the worker has it */
	bool dump_sending;
	uint32_t dump_next;

	struct xnb_acl_parts acl_parts;
	struct xnb_event out; /* waits for the socket, if out_waits */
	bool out_waits;
};

static void broken(struct xnb_link *link, const char *what, int rc)
{
	xn_error("datalink: %s: %s", what, strerror(-rc));
	xn_loop_stop(link->loop, XNB_LINK_BROKEN);
}

static void dump_ask(struct xnb_link *link)
{
	struct xnb_command command = {
		.dump = {
			.header = {XNB_DUMP, XN_DATALINK_VERSION},
			.dump = &link->dump,
		}};

	if (link->dump_lent || link->dump_sending || !link->dumps_wanted)
		return;
	link->dump.bridge = (uint32_t)__builtin_ctzll(link->dumps_wanted);
	link->dumps_wanted &= link->dumps_wanted - 1;
	link->dump_lent = true;
	xnb_mailbox_put_wait(link->commands, &command);
}

static void dump_take(struct xnb_link *link)
{
	link->dump_lent = false;
	link->dump_sending = true;
	link->dump_next = 0;
}

/* The next message of the dump that is being sent; its end is the last. */
static void dump_message(struct xnb_link *link)
{
	const struct xnb_dump *dump = &link->dump;
	uint32_t index = link->dump_next++;

	memset(&link->out, 0, sizeof(link->out));
	link->out.header.version = XN_DATALINK_VERSION;
	if (index == dump->count) {
		link->out.header.type = XN_DL_STATIONS_END;
		link->out.end.bridge = dump->bridge;
		link->dump_sending = false;
		dump_ask(link);
		return;
	}
	link->out.header.type = XN_DL_STATION;
	link->out.station.bridge = dump->bridge;
	link->out.station.slot = dump->station[index].port;
	if (dump->station[index].port == XSW_PORT_OUTSIDE)
		link->out.station.slot = UINT32_MAX;
	link->out.station.age_ms = dump->age_ms[index];
	link->out.station.event = XSW_STATION_LEARNED;
	link->out.station.dump = 1;
	link->out.station.mac = dump->station[index].mac;
}

/* False: nothing to send. */
static bool next_message(struct xnb_link *link)
{
	while (!link->out_waits) {
		if (link->dump_sending)
			dump_message(link);
		else if (!xnb_mailbox_get(link->events, &link->out))
			return false;
		if (link->out.header.type == XNB_DUMP)
			dump_take(link);
		else
			link->out_waits = true;
	}
	return true;
}

static void send_messages(struct xnb_link *link)
{
	for (uint32_t i = 0; i < TURN_MAX && next_message(link); i++) {
		uint32_t bytes = xn_dl_length(link->out.header.type);
		int rc = xn_fd_send(link->fd, &link->out, bytes, NULL, 0);

		if (rc == -EAGAIN)
			return;
		if (rc == -EPIPE || rc == -ECONNRESET) {
			xn_loop_stop(link->loop, XNB_LINK_CLOSED);
			return;
		}
		if (rc < 0) {
			broken(link, "cannot send", rc);
			return;
		}
		link->out_waits = false;
	}
}

static bool busy(struct xnb_link *link)
{
	return xnb_mailbox_count(link->events) > XNB_EVENTS_BUSY;
}

/* Epoll tells of what can be done next in each direction. */
static void await(struct xnb_link *link)
{
	bool sending = link->out_waits || link->dump_sending;
	uint32_t wanted = 0;

	if (!busy(link))
		wanted |= EPOLLIN;
	if (sending)
		wanted |= EPOLLOUT;
	xn_source_set_events(link->socket_source, wanted);
	xn_source_set_events(link->event_source, sending ? 0 : EPOLLIN);
}

static int map_stats(struct xnb_link *link, int fd)
{
	struct xn_stats *stats;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size < 0 || (size_t)st.st_size < sizeof(*stats))
		return -EINVAL;
	stats = mmap(NULL, sizeof(*stats), PROT_READ | PROT_WRITE, MAP_SHARED,
		     fd, 0);
	if (stats == MAP_FAILED)
		return -errno;
	if (stats->magic != XN_STATS_MAGIC || stats->vifs_max != XN_VIFS_MAX ||
	    stats->workers_max != XN_WORKERS_MAX) {
		munmap(stats, sizeof(*stats));
		return -EINVAL;
	}
	link->stats = stats;
	return 0;
}

static int dump_allocate(struct xnb_dump *dump, uint32_t entries_max)
{
	dump->entries_max = entries_max;
	dump->station = calloc(entries_max, sizeof(*dump->station));
	dump->age_ms = calloc(entries_max, sizeof(*dump->age_ms));
	return dump->station && dump->age_ms ? 0 : -ENOMEM;
}

static int take_hello(struct xnb_link *link, const struct xn_dl_hello *hello,
		      int stats_fd)
{
	struct xnb_command command = {
		.start = {.header = {XNB_START, XN_DATALINK_VERSION}}};
	int rc;

	if (link->stats)
		return -EALREADY;
	rc = map_stats(link, stats_fd);
	if (rc < 0)
		return rc;
	rc = dump_allocate(&link->dump, hello->fdb_entries_max);
	if (rc < 0)
		return rc;
	command.start.sw =
		xsw_switch_create(hello->fdb_entries_max, hello->hash_key);
	if (!command.start.sw)
		return -ENOMEM;
	command.start.stats = link->stats;
	memcpy(command.start.hash_key, hello->hash_key,
	       sizeof(command.start.hash_key));
	xnb_mailbox_put_wait(link->commands, &command);
	return 0;
}

/* The worker must never wait in a read or write of a tap. */
static int take_add(struct xnb_link *link, struct xnb_command *command,
		    const int *fds)
{
	command->event_fd = fds[0];
	command->redo_fd = fds[1];
	for (uint32_t i = 0; i < command->add.queue_count; i++) {
		command->tap_fd[i] = fds[2 + i];
		if (fcntl(command->tap_fd[i], F_SETFL, O_RDWR | O_NONBLOCK) < 0)
			return -errno;
	}
	xnb_mailbox_put_wait(link->commands, command);
	return 0;
}

static int take_acl(struct xnb_link *link, const struct xn_dl_acl *part)
{
	struct xnb_command command = {
		.acl_order = {.header = {XNB_ACL, XN_DATALINK_VERSION},
			      .number = part->acl}};
	bool whole;
	int rc = xnb_acl_parts_take(&link->acl_parts, part, &whole,
				    &command.acl_order.acl);

	if (rc == 0 && whole)
		xnb_mailbox_put_wait(link->commands, &command);
	return rc;
}

static void refuse_add(struct xnb_link *link, const struct xn_dl_vif_add *add,
		       int rc)
{
	struct xnb_event event = {
		.up = {
			.header = {XN_DL_VIF_UP, XN_DATALINK_VERSION},
			.slot = add->slot,
			.generation = add->generation,
			.error = rc,
		}};

	(void)xnb_mailbox_put(link->events, &event, 0);
}

/* 0: the descriptors (if any) are taken. Else the caller closes them. */
static int take_command(struct xnb_link *link, struct xnb_command *command,
			const int *fds)
{
	int rc;

	if (!link->stats && command->header.type != XN_DL_HELLO)
		return -EPROTO;
	switch (command->header.type) {
	case XN_DL_HELLO:
		rc = take_hello(link, &command->hello, fds[0]);
		if (rc == 0)
			close(fds[0]);
		return rc;
	case XN_DL_VIF_ADD:
		return take_add(link, command, fds);
	case XN_DL_ACL:
		return take_acl(link, &command->acl);
	case XN_DL_STATIONS_GET:
		link->dumps_wanted |= UINT64_C(1)
				      << command->stations_get.bridge;
		dump_ask(link);
		return 0;
	}
	xnb_mailbox_put_wait(link->commands, command);
	return 0;
}

static void take_datagram(struct xnb_link *link, struct xnb_command *command,
			  size_t bytes, int *fds, size_t fd_count)
{
	int rc = xnb_link_check(command, bytes, fd_count);

	if (rc == 0)
		rc = take_command(link, command, fds);
	if (rc == 0)
		return;
	for (size_t i = 0; i < fd_count; i++)
		xn_close(&fds[i]);
	if (rc != -EPROTO && link->stats &&
	    command->header.type == XN_DL_VIF_ADD)
		refuse_add(link, &command->add, rc);
	else
		broken(link, "a command that cannot be", rc);
}

/* False: nothing more waits. */
static bool receive(struct xnb_link *link)
{
	struct xnb_command command = {.event_fd = -1, .redo_fd = -1};
	int fds[XN_DATALINK_FDS_MAX];
	size_t fd_count = 0;
	ssize_t got;

	got = xn_fd_recv(link->fd, &command,
			 offsetof(struct xnb_command, event_fd), fds,
			 XN_DATALINK_FDS_MAX, &fd_count);
	if (got == -EAGAIN)
		return false;
	if (got == 0 || got == -ECONNRESET) {
		xn_loop_stop(link->loop, XNB_LINK_CLOSED);
		return false;
	}
	if (got < 0) {
		broken(link, "cannot receive", (int)got);
		return false;
	}
	take_datagram(link, &command, (size_t)got, fds, fd_count);
	return true;
}

static void on_socket(void *arg, uint32_t epoll_events)
{
	struct xnb_link *link = arg;

	if (epoll_events & (EPOLLHUP | EPOLLERR)) {
		xn_loop_stop(link->loop, XNB_LINK_CLOSED);
		return;
	}
	if (epoll_events & EPOLLOUT)
		send_messages(link);
	if (epoll_events & EPOLLIN) {
		for (uint32_t i = 0; i < TURN_MAX && !busy(link); i++) {
			if (!receive(link))
				break;
		}
	}
	await(link);
}

static void on_events(void *arg, uint32_t epoll_events)
{
	struct xnb_link *link = arg;

	(void)epoll_events;
	send_messages(link);
	await(link);
}

static int open_link(struct xnb_link *link, struct xn_err *err)
{
	int type = 0;
	socklen_t length = sizeof(type);

	if (getsockopt(link->fd, SOL_SOCKET, SO_TYPE, &type, &length) < 0 ||
	    type != SOCK_SEQPACKET)
		return xn_fail(err, ENOTSOCK,
			       "descriptor %d is not a datalink (this program "
			       "is started by xenplaned)",
			       link->fd);
	if (fcntl(link->fd, F_SETFL, O_RDWR | O_NONBLOCK) < 0)
		return xn_fail(err, errno, "datalink: %s", strerror(errno));
	link->socket_source =
		xn_loop_add_fd(link->loop, link->fd, EPOLLIN, on_socket, link);
	link->event_source =
		xn_loop_add_fd(link->loop, xnb_mailbox_fd(link->events),
			       EPOLLIN, on_events, link);
	if (!link->socket_source || !link->event_source)
		return xn_fail(err, errno, "datalink: %s", strerror(errno));
	return 0;
}

int xnb_link_say_ready(const struct xnb_link *link, uint32_t workers,
		       struct xn_err *err)
{
	const struct xn_dl_ready ready = {
		.header = {XN_DL_READY, XN_DATALINK_VERSION},
		.workers = workers,
	};
	int rc = xn_fd_send(link->fd, &ready, sizeof(ready), NULL, 0);

	if (rc < 0)
		return xn_fail(err, -rc, "datalink: %s", strerror(-rc));
	return 0;
}

struct xnb_link *xnb_link_create(struct xn_loop *loop, int fd,
				 struct xnb_mailbox *commands,
				 struct xnb_mailbox *events, struct xn_err *err)
{
	struct xnb_link *link = calloc(1, sizeof(*link));

	if (!link) {
		xn_fail(err, ENOMEM, "no memory for the datalink");
		return NULL;
	}
	link->loop = loop;
	link->fd = fd;
	link->commands = commands;
	link->events = events;
	if (open_link(link, err) < 0) {
		xnb_link_destroy(link);
		return NULL;
	}
	return link;
}

void xnb_link_destroy(struct xnb_link *link)
{
	if (!link)
		return;
	xn_source_destroy(link->socket_source);
	xn_source_destroy(link->event_source);
	if (link->stats)
		munmap(link->stats, sizeof(*link->stats));
	xnb_acl_parts_fini(&link->acl_parts);
	free(link->dump.station);
	free(link->dump.age_ms);
	free(link);
}
