/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The broker's set-up and its loop. Each round first handles everybody who is
 * gone, then the requests, then new callers: a request that was sent after
 * some process's death finds that death accounted for.
 */
#include "netback/xensim/broker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "netback/xensim/loop.h"

#define EVENTS_MAX (XSIM_CLIENTS_MAX + XSIM_INSTANCES_MAX + 2u)
#define BACKLOG 128

static enum xsim_source source_of(const struct epoll_event *event)
{
	return (enum xsim_source)(event->data.u64 >> 32);
}

static uint32_t index_of(const struct epoll_event *event)
{
	return (uint32_t)event->data.u64;
}

static void bury_the_dead(struct xsim_broker *broker,
			  const struct epoll_event *events, int count)
{
	for (int i = 0; i < count; i++) {
		uint32_t index = index_of(&events[i]);

		if (!(events[i].events & (EPOLLHUP | EPOLLERR)))
			continue;
		if (source_of(&events[i]) == XSIM_SOURCE_INST)
			xsim_event_inst_destroy(broker, &broker->inst[index]);
		if (source_of(&events[i]) == XSIM_SOURCE_CONN)
			xsim_conn_close(broker, &broker->conn[index]);
	}
}

static void serve_the_living(struct xsim_broker *broker,
			     const struct epoll_event *events, int count)
{
	for (int i = 0; i < count; i++) {
		struct xsim_conn *conn =
			&broker->conn[index_of(&events[i]) % XSIM_CLIENTS_MAX];

		if (source_of(&events[i]) != XSIM_SOURCE_CONN || conn->fd < 0)
			continue;
		if (!xsim_request_serve(broker, conn))
			xsim_conn_close(broker, conn);
	}
}

static int open_spare(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static int take_call(const struct xsim_broker *broker)
{
	struct sockaddr_un caller;
	socklen_t length = sizeof(caller);

	return accept4(broker->listen_fd, (struct sockaddr *)&caller, &length,
		       SOCK_CLOEXEC);
}

/* No descriptor is left for the caller: it hears so instead of waiting. */
static void refuse(struct xsim_broker *broker)
{
	int fd;

	close(broker->spare_fd);
	fd = take_call(broker);
	if (fd >= 0)
		close(fd);
	broker->spare_fd = open_spare();
}

static void accept_caller(struct xsim_broker *broker)
{
	uint32_t index = 0;
	int fd = take_call(broker);

	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE)
			refuse(broker);
		return;
	}
	while (index < XSIM_CLIENTS_MAX && broker->conn[index].fd >= 0)
		index++;
	if (index == XSIM_CLIENTS_MAX ||
	    xsim_loop_watch(broker->epoll_fd, fd, EPOLLIN, XSIM_SOURCE_CONN,
			    index)) {
		close(fd);
		return;
	}
	broker->conn[index] = (struct xsim_conn){.fd = fd, .index = index};
}

static int serve(struct xsim_broker *broker)
{
	static struct epoll_event events[EVENTS_MAX];

	for (;;) {
		int count =
			epoll_wait(broker->epoll_fd, events, EVENTS_MAX, -1);
		bool called = false;

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return -errno;
		bury_the_dead(broker, events, count);
		serve_the_living(broker, events, count);
		for (int i = 0; i < count; i++) {
			if (source_of(&events[i]) == XSIM_SOURCE_SIGNAL)
				return 0;
			if (source_of(&events[i]) == XSIM_SOURCE_LISTEN)
				called = true;
		}
		if (called)
			accept_caller(broker);
	}
}

/* A socket file that nobody listens on any more is in the way; any other
 * file, and a living broker's, is not ours to remove. */
static int remove_stale(const struct sockaddr_un *address)
{
	struct stat status;
	int rc = 0;
	int fd;

	/* connect() to a plain file is refused just as to a stale socket */
	if (lstat(address->sun_path, &status))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(status.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) ==
	    0)
		rc = -EADDRINUSE;
	else if (errno == ECONNREFUSED && unlink(address->sun_path))
		rc = -errno;
	close(fd);
	return rc;
}

static int listen_on(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int rc;
	int fd;

	if (!*path || strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path));
	rc = remove_stale(&address);
	if (rc)
		return rc;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address))) {
		rc = -errno;
		close(fd);
		return rc;
	}
	if (listen(fd, BACKLOG)) {
		rc = -errno;
		unlink(path);
		close(fd);
		return rc;
	}
	return fd;
}

static int create_lab(struct xsim_broker *broker)
{
	void *lab;

	broker->lab_fd =
		memfd_create("xensim-lab", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (broker->lab_fd < 0)
		return -errno;
	if (ftruncate(broker->lab_fd, sizeof(struct xsim_lab)) ||
	    fcntl(broker->lab_fd, F_ADD_SEALS,
		  F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		return -errno;
	lab = mmap(NULL, sizeof(struct xsim_lab), PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_NORESERVE, broker->lab_fd, 0);
	if (lab == MAP_FAILED)
		return -errno;
	broker->lab = lab;
	broker->lab->magic = XSIM_LAB_MAGIC;
	return 0;
}

static void clear(struct xsim_broker *broker)
{
	broker->lab_fd = broker->epoll_fd = broker->listen_fd = -1;
	broker->spare_fd = -1;
	for (uint32_t i = 0; i < XSIM_CLIENTS_MAX; i++)
		broker->conn[i].fd = -1;
	for (uint32_t i = 0; i < XSIM_INSTANCES_MAX; i++)
		broker->inst[i].write_fd = -1;
	for (uint32_t i = 0; i < XSIM_MAP_PAGES_MAX - 1; i++)
		broker->map_page[i].next = i + 2;
	broker->free_page = 1;
}

static void tear_down(struct xsim_broker *broker)
{
	for (uint32_t i = 0; i < XSIM_CLIENTS_MAX; i++) {
		if (broker->conn[i].fd >= 0)
			xsim_conn_close(broker, &broker->conn[i]);
	}
	for (uint32_t i = 0; i < XSIM_INSTANCES_MAX; i++) {
		if (broker->inst[i].write_fd >= 0)
			xsim_event_inst_destroy(broker, &broker->inst[i]);
	}
	if (broker->dom[0])
		xsim_dom_destroy(broker, broker->dom[0]);
	if (broker->lab)
		munmap(broker->lab, sizeof(*broker->lab));
	for (unsigned int i = 0; i < 4; i++) {
		const int fds[4] = {broker->lab_fd, broker->epoll_fd,
				    broker->listen_fd, broker->spare_fd};

		if (fds[i] >= 0)
			close(fds[i]);
	}
	free(broker);
}

static int set_up(struct xsim_broker *broker,
		  const struct xsim_broker_options *options, int signal_fd)
{
	struct xsim_dom *dom0;
	int rc;

	clear(broker);
	broker->domain_mib = options->domain_mib;
	broker->spare_fd = open_spare();
	broker->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (broker->epoll_fd < 0 || broker->spare_fd < 0)
		return -errno;
	rc = create_lab(broker);
	if (!rc)
		rc = xsim_dom_create(broker, 0, &dom0);
	if (rc)
		return rc;
	broker->listen_fd = listen_on(options->path);
	if (broker->listen_fd < 0)
		return broker->listen_fd;
	if (xsim_loop_watch(broker->epoll_fd, broker->listen_fd, EPOLLIN,
			    XSIM_SOURCE_LISTEN, 0) ||
	    xsim_loop_watch(broker->epoll_fd, signal_fd, EPOLLIN,
			    XSIM_SOURCE_SIGNAL, 0))
		return -errno;
	return 0;
}

/* One descriptor per process, instance and domain: all that we may have. */
static void raise_limits(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return;
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

static int open_signals(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

static int announce(const struct xsim_broker_options *options, pid_t parent)
{
	int rc = 0;

	/* the parent may have died before the kernel was told to watch it */
	if (options->die_with_parent && getppid() != parent)
		return -ECHILD;
	if (options->ready_fd < 0)
		return 0;
	if (write(options->ready_fd, "R", 1) != 1)
		rc = -EPIPE;
	close(options->ready_fd);
	return rc;
}

int xsim_broker_run(const struct xsim_broker_options *options)
{
	struct xsim_broker *broker;
	pid_t parent = getppid();
	int signal_fd;
	int rc;

	if (options->die_with_parent && prctl(PR_SET_PDEATHSIG, SIGTERM))
		return -errno;
	raise_limits();
	signal_fd = open_signals();
	if (signal_fd < 0)
		return signal_fd;
	broker = calloc(1, sizeof(*broker));
	if (!broker) {
		close(signal_fd);
		return -ENOMEM;
	}
	rc = set_up(broker, options, signal_fd);
	if (!rc)
		rc = announce(options, parent);
	if (!rc)
		rc = serve(broker);
	if (broker->listen_fd >= 0)
		unlink(options->path);
	tear_down(broker);
	close(signal_fd);
	return rc;
}
