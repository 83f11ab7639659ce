/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libxenevtchn, as Linux's /dev/xen/evtchn answers it.
 *
 * An open device ("instance") is a pipe. Its read end is the handle's fd: it
 * polls readable while port numbers wait, can be passed to another process
 * and is adopted there with xenevtchn_fdopen(). The broker holds the write
 * end, knows which ports belong to the instance, and closes them once the
 * last reader is gone, in whatever process. Notifying, reading and unmasking
 * happen in shared memory and on pipes, without the broker.
 *
 * Thread: any, but one reader per handle, as the real device wants it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <xenevtchn.h>

#include "netback/xensim/chan.h"
#include "netback/xensim/evqueue.h"
#include "netback/xensim/fault.h"
#include "netback/xensim/proc.h"

struct xenevtchn_handle {
	int fd;
	uint32_t instance;
	uint32_t slot; /* of the domain that the ports belong to */
	uint32_t epoch;
};

static int fail(int rc)
{
	errno = -rc;
	return -1;
}

static xenevtchn_handle *make_handle(int fd, const struct xsim_reply *reply)
{
	struct xenevtchn_handle *handle = malloc(sizeof(*handle));

	if (!handle)
		return NULL;
	*handle = (struct xenevtchn_handle){.fd = fd,
					    .instance = reply->id,
					    .slot = reply->slot,
					    .epoch = xsim_proc_epoch()};
	return handle;
}

XSIM_EXPORT xenevtchn_handle *xenevtchn_open(struct xentoollog_logger *logger,
					     unsigned int flags)
{
	struct xsim_call call = xsim_call_make(XSIM_OP_OPEN, 0);
	xenevtchn_handle *handle;
	int rc;

	(void)logger;
	if (flags & ~(unsigned int)XENEVTCHN_NO_CLOEXEC) {
		errno = EINVAL;
		return NULL;
	}
	rc = xsim_call(&call);
	if (rc) {
		errno = -rc;
		return NULL;
	}
	if (flags & XENEVTCHN_NO_CLOEXEC)
		fcntl(call.fds[0], F_SETFD, 0);
	handle = make_handle(call.fds[0], &call.reply);
	if (!handle)
		close(call.fds[0]);
	return handle;
}

XSIM_EXPORT xenevtchn_handle *xenevtchn_fdopen(struct xentoollog_logger *logger,
					       int fd, unsigned open_flags)
{
	struct xsim_call call = xsim_call_make(XSIM_OP_ADOPT, 0);
	int rc = -EINVAL;

	(void)logger;
	call.send_fd = fd;
	if (!open_flags)
		rc = fd < 0 ? -EBADF : xsim_call(&call);
	if (!rc)
		return make_handle(fd, &call.reply);
	errno = -rc;
	return NULL;
}

XSIM_EXPORT int xenevtchn_close(xenevtchn_handle *xce)
{
	int rc;

	if (!xce)
		return 0;
	rc = close(xce->fd);
	if (xce->epoch == xsim_proc_epoch()) {
		/* the real close() returns with the ports closed */
		struct xsim_call call = xsim_call_make(XSIM_OP_SYNC, 0);

		(void)xsim_call(&call);
	}
	free(xce);
	return rc;
}

XSIM_EXPORT int xenevtchn_fd(xenevtchn_handle *xce)
{
	return xce->fd;
}

/* The port's endpoint, or XSIM_ENDPOINTS when it is not this handle's. */
static uint32_t own_endpoint(const struct xsim_proc *proc,
			     const xenevtchn_handle *xce, evtchn_port_t port)
{
	uint32_t index;

	if (port >= XSIM_PORTS_MAX || xce->slot >= XSIM_DOMAINS_MAX)
		return XSIM_ENDPOINTS;
	index = xce->slot * XSIM_PORTS_MAX + port;
	if (atomic_load_explicit(&proc->lab->endpoint[index].owner,
				 memory_order_acquire) != xce->instance)
		return XSIM_ENDPOINTS;
	return index;
}

static int notify_with_faults(const struct xsim_proc *proc, uint64_t peer)
{
	uint32_t index = xsim_link_index(peer);
	int32_t unused;
	int rc;

	xsim_fault_delay(proc->lab);
	if (index >= XSIM_ENDPOINTS)
		return 0;
	if (xsim_fault_hits(proc->lab, XSIM_FAULT_EVENT_LOST, XSIM_ANY_DOMID,
			    &unused))
		return 0;
	rc = xsim_evqueue_raise(proc, peer);
	if (!rc && xsim_fault_hits(proc->lab, XSIM_FAULT_EVENT_DOUBLED,
				   XSIM_ANY_DOMID, &unused))
		rc = xsim_evqueue_repeat(proc, peer);
	return rc;
}

XSIM_EXPORT int xenevtchn_notify(xenevtchn_handle *xce, evtchn_port_t port)
{
	const struct xsim_proc *proc = xsim_proc();
	uint64_t peer;
	uint32_t index;
	int rc;

	if (!proc)
		return -1;
	index = own_endpoint(proc, xce, port);
	if (index == XSIM_ENDPOINTS)
		return fail(-ENOTCONN);
	/* none while the other end is closed: dropped without a word */
	peer = atomic_load_explicit(&proc->lab->endpoint[index].peer,
				    memory_order_acquire);
	if (xsim_fault_any(proc->lab))
		rc = notify_with_faults(proc, peer);
	else
		rc = peer ? xsim_evqueue_raise(proc, peer) : 0;
	return rc ? fail(rc) : 0;
}

static xenevtchn_port_or_error_t bind(enum xsim_op op,
				      const xenevtchn_handle *xce,
				      uint32_t domid, uint32_t port)
{
	struct xsim_call call = xsim_call_make(op, xce->instance);
	int rc;

	call.req.domid = domid;
	call.req.port = port;
	rc = xsim_call(&call);
	return rc ? fail(rc) : (xenevtchn_port_or_error_t)call.reply.id;
}

XSIM_EXPORT xenevtchn_port_or_error_t
xenevtchn_bind_unbound_port(xenevtchn_handle *xce, uint32_t domid)
{
	return bind(XSIM_OP_UNBOUND, xce, domid, 0);
}

XSIM_EXPORT xenevtchn_port_or_error_t xenevtchn_bind_interdomain(
	xenevtchn_handle *xce, uint32_t domid, evtchn_port_t remote_port)
{
	return bind(XSIM_OP_INTERDOMAIN, xce, domid, remote_port);
}

XSIM_EXPORT xenevtchn_port_or_error_t xenevtchn_bind_virq(xenevtchn_handle *xce,
							  unsigned int virq)
{
	return bind(XSIM_OP_VIRQ, xce, 0, virq);
}

XSIM_EXPORT int xenevtchn_unbind(xenevtchn_handle *xce, evtchn_port_t port)
{
	return bind(XSIM_OP_UNBIND, xce, 0, port) < 0 ? -1 : 0;
}

XSIM_EXPORT int xenevtchn_restrict(xenevtchn_handle *xce, domid_t domid)
{
	return bind(XSIM_OP_RESTRICT, xce, domid, 0) < 0 ? -1 : 0;
}

XSIM_EXPORT xenevtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *xce)
{
	evtchn_port_t port;
	ssize_t got = read(xce->fd, &port, sizeof(port));

	if (got == (ssize_t)sizeof(port))
		return (xenevtchn_port_or_error_t)port;
	if (got >= 0)
		errno = EIO; /* the broker is gone */
	return -1;
}

XSIM_EXPORT int xenevtchn_unmask(xenevtchn_handle *xce, evtchn_port_t port)
{
	const struct xsim_proc *proc = xsim_proc();
	uint32_t index;
	uint32_t state;
	int rc;

	if (!proc)
		return -1;
	/* a port that is not ours is passed over, as by the real device */
	index = own_endpoint(proc, xce, port);
	if (index == XSIM_ENDPOINTS)
		return 0;
	state = atomic_load_explicit(&proc->lab->endpoint[index].state,
				     memory_order_relaxed);
	rc = xsim_evqueue_unmask(
		proc, xsim_link_make(state >> XSIM_PORT_BITS, index));
	return rc ? fail(rc) : 0;
}
