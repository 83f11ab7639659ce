/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The connection to the broker. Owns the socket and the mapping of the lab's
 * memory. Trusts the broker's answers as a program trusts its hypervisor, but
 * for their lengths.
 */
#include "netback/xensim/proc.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "netback/xensim/domain.h"
#include "netback/xensim/evqueue.h"
#include "netback/xensim/tables.h"
#include "netback/xensim/wire.h"

static pthread_mutex_t link_lock = PTHREAD_MUTEX_INITIALIZER;
static struct xsim_proc self;
static int link_fd = -1;
static _Atomic bool connected;
static _Atomic uint32_t epoch = 1;

uint32_t xsim_proc_epoch(void)
{
	return atomic_load_explicit(&epoch, memory_order_relaxed);
}

struct xsim_call xsim_call_make(enum xsim_op op, uint32_t id)
{
	struct xsim_call call = {
		.req = {.op = op,
			.id = id,
			.offset = XSIM_NONE,
			.port = XSIM_NONE},
		.send_fd = -1,
		.fds = {-1, -1},
	};

	return call;
}

static void drop_fds(struct xsim_call *call)
{
	for (unsigned int i = 0; i < XSIM_REPLY_FDS; i++) {
		if (call->fds[i] >= 0)
			close(call->fds[i]);
		call->fds[i] = -1;
	}
}

/* Called with link_lock held. */
static int exchange(struct xsim_call *call)
{
	struct iovec out[2] = {
		{.iov_base = &call->req, .iov_len = sizeof(call->req)},
		/* sendmsg() does not write through the vector */
		{.iov_base = (void *)(uintptr_t)call->refs,
		 .iov_len = call->req.count * sizeof(call->refs[0])},
	};
	struct iovec in[2] = {
		{.iov_base = &call->reply, .iov_len = sizeof(call->reply)},
		{.iov_base = call->pages,
		 .iov_len = call->pages_max * sizeof(call->pages[0])},
	};
	ssize_t got;

	if (xsim_wire_send(link_fd, out, 2, &call->send_fd,
			   call->send_fd >= 0 ? 1 : 0, 0) < 0)
		return -EIO;
	got = xsim_wire_receive(link_fd, in, 2, call->fds, XSIM_REPLY_FDS);
	if (got < (ssize_t)sizeof(call->reply) ||
	    call->reply.count > call->pages_max ||
	    (size_t)got != sizeof(call->reply) +
				   call->reply.count * sizeof(call->pages[0]))
		call->reply.error = -EIO;
	if (call->reply.error)
		drop_fds(call);
	return call->reply.error;
}

int xsim_call(struct xsim_call *call)
{
	int rc;

	if (!xsim_proc())
		return -errno;
	pthread_mutex_lock(&link_lock);
	rc = exchange(call);
	pthread_mutex_unlock(&link_lock);
	return rc;
}

static int own_domid(uint32_t *ret_domid)
{
	const char *text = getenv("XENSIM_DOMID");
	unsigned long number;
	char *end;

	if (!text || !*text) {
		*ret_domid = 0;
		return 0;
	}
	errno = 0;
	number = strtoul(text, &end, 10);
	if (errno || *end || *text < '0' || *text > '9' ||
	    number >= XSIM_DOMIDS)
		return -EINVAL;
	*ret_domid = (uint32_t)number;
	return 0;
}

static int connect_socket(void)
{
	const char *path = getenv("XENSIM_BROKER");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	if (!path || !*path)
		return -ENOENT; /* as without /dev/xen */
	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address))) {
		int rc = -errno;

		close(fd);
		return rc;
	}
	return fd;
}

/* Called with link_lock held. */
static int say_hello(void)
{
	struct xsim_call call = xsim_call_make(XSIM_OP_HELLO, 0);
	struct xsim_lab *lab;
	int rc;

	rc = own_domid(&call.req.id);
	if (rc)
		return rc;
	link_fd = connect_socket();
	if (link_fd < 0)
		return link_fd;
	rc = exchange(&call);
	if (rc)
		goto err_close;
	lab = mmap(NULL, sizeof(*lab), PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_NORESERVE, call.fds[0], 0);
	rc = -errno;
	if (lab == MAP_FAILED)
		goto err_fds;
	rc = -EPROTO;
	if (lab->magic != XSIM_LAB_MAGIC)
		goto err_unmap;
	close(call.fds[0]);
	self = (struct xsim_proc){.domid = call.req.id,
				  .slot = call.reply.slot,
				  .client = call.reply.client,
				  .lab = lab};
	xsim_evqueue_init();
	xsim_domain_adopt(lab, self.domid, call.reply.generation,
			  call.reply.frames, call.fds[1]);
	return 0;

err_unmap:
	munmap(lab, sizeof(*lab));
err_fds:
	drop_fds(&call);
err_close:
	close(link_fd);
	link_fd = -1;
	return rc;
}

static void before_fork(void)
{
	pthread_mutex_lock(&link_lock);
	xsim_tables_before_fork();
	xsim_domain_before_fork();
	xsim_evqueue_before_fork();
}

static void after_fork(bool in_child)
{
	xsim_evqueue_after_fork(in_child);
	xsim_domain_after_fork(in_child);
	xsim_tables_after_fork(in_child);
	pthread_mutex_unlock(&link_lock);
}

static void after_fork_in_parent(void)
{
	after_fork(false);
}

/* The child is a stranger to the broker until it calls by itself. */
static void after_fork_in_child(void)
{
	if (link_fd >= 0)
		close(link_fd);
	link_fd = -1;
	if (atomic_load(&connected))
		munmap(self.lab, sizeof(*self.lab));
	atomic_store(&connected, false);
	atomic_fetch_add(&epoch, 1);
	after_fork(true);
}

const struct xsim_proc *xsim_proc(void)
{
	static bool hooked; /* under link_lock */
	int rc = 0;

	if (atomic_load_explicit(&connected, memory_order_acquire))
		return &self;
	pthread_mutex_lock(&link_lock);
	if (!atomic_load(&connected)) {
		if (!hooked)
			rc = -pthread_atfork(before_fork, after_fork_in_parent,
					     after_fork_in_child);
		hooked = hooked || !rc;
		if (!rc)
			rc = say_hello();
		if (!rc)
			atomic_store(&connected, true);
	}
	pthread_mutex_unlock(&link_lock);
	if (!rc)
		return &self;
	errno = -rc;
	return NULL;
}

void xsim_sleep_us(uint32_t us)
{
	struct timespec span = {.tv_sec = us / 1000000,
				.tv_nsec = us % 1000000 * 1000L};
	uint32_t word = 0;

	/* nobody wakes it: the time limit ends it */
	syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &span, NULL, 0);
}
