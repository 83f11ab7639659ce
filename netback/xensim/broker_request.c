/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One connection's packets: length and rights are checked here, then one
 * handler answers. A packet out of shape costs the sender its connection. */
#include "netback/xensim/broker.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netback/xensim/fault.h"
#include "netback/xensim/wire.h"

static int observe(struct xsim_job *job)
{
	if (job->conn->greeted)
		return -EPROTO;
	job->conn->greeted = true;
	job->out_fd[0] = job->broker->lab_fd;
	return 0;
}

static int hello(struct xsim_job *job)
{
	struct xsim_broker *broker = job->broker;
	struct xsim_dom *dom;
	int rc;

	if (job->conn->greeted)
		return -EPROTO;
	if (job->req.id >= XSIM_DOMIDS)
		return -EINVAL;
	dom = xsim_dom_find(broker, job->req.id);
	if (!dom) {
		rc = xsim_dom_create(broker, job->req.id, &dom);
		if (rc)
			return rc;
	}
	dom->processes++;
	job->conn->greeted = true;
	job->conn->dom = dom;
	job->reply.slot = dom->slot;
	job->reply.client = job->conn->index;
	job->reply.generation = dom->generation;
	job->reply.frames = dom->frames;
	job->out_fd[0] = broker->lab_fd;
	job->out_fd[1] = dom->memory_fd;
	return 0;
}

static int domain(struct xsim_job *job)
{
	const struct xsim_dom *dom = xsim_dom_find(job->broker, job->req.id);

	if (!dom)
		return -ESRCH;
	job->reply.slot = dom->slot;
	job->reply.generation = dom->generation;
	job->reply.frames = dom->frames;
	job->out_fd[0] = dom->memory_fd;
	return 0;
}

static int dominfo(struct xsim_job *job)
{
	for (uint32_t domid = job->req.id; domid < XSIM_DOMIDS; domid++) {
		const struct xsim_dom *dom = job->broker->by_domid[domid];

		if (!dom)
			continue;
		job->reply.id = domid;
		job->reply.frames = dom->frames;
		return 0;
	}
	return -ESRCH;
}

static int fault(struct xsim_job *job)
{
	struct xsim_faults *faults = &job->broker->lab->faults;
	struct xsim_fault_spec spec;

	if (job->req.id >= XSIM_FAULT_KINDS)
		return -EINVAL;
	spec = (struct xsim_fault_spec){
		.kind = (enum xsim_fault_kind)job->req.id,
		.value = job->req.value,
		.every = job->req.every,
		.domid = job->req.domid};
	if (!(job->req.flags & XSIM_FAULT_ARM)) {
		xsim_fault_disarm(faults, spec.kind);
		return 0;
	}
	if (!xsim_fault_valid(&spec))
		return -EINVAL;
	xsim_fault_arm(faults, &spec);
	return 0;
}

static int dump(struct xsim_job *job)
{
	int fd = xsim_dump(job->broker);

	if (fd < 0)
		return fd;
	job->out_fd[0] = fd;
	job->close_out[0] = true;
	return 0;
}

static int answer_only(struct xsim_job *job)
{
	(void)job;
	return 0;
}

enum right {
	RIGHT_ANYBODY, /* also before the greeting */
	RIGHT_GREETED,
	RIGHT_DOMAIN, /* processes of a domain */
};

static const struct {
	int (*handle)(struct xsim_job *job);
	enum right right;
} handlers[] = {
	[XSIM_OP_HELLO] = {hello, RIGHT_ANYBODY},
	[XSIM_OP_OBSERVE] = {observe, RIGHT_ANYBODY},
	[XSIM_OP_DOMAIN] = {domain, RIGHT_GREETED},
	[XSIM_OP_SHARE] = {xsim_grant_share, RIGHT_DOMAIN},
	[XSIM_OP_UNSHARE] = {xsim_grant_unshare, RIGHT_DOMAIN},
	[XSIM_OP_MAP] = {xsim_grant_map, RIGHT_DOMAIN},
	[XSIM_OP_UNMAP] = {xsim_grant_unmap, RIGHT_DOMAIN},
	[XSIM_OP_OPEN] = {xsim_event_open, RIGHT_DOMAIN},
	[XSIM_OP_ADOPT] = {xsim_event_adopt, RIGHT_DOMAIN},
	[XSIM_OP_WRITE_END] = {xsim_event_write_end, RIGHT_DOMAIN},
	[XSIM_OP_UNBOUND] = {xsim_event_unbound, RIGHT_DOMAIN},
	[XSIM_OP_INTERDOMAIN] = {xsim_event_interdomain, RIGHT_DOMAIN},
	[XSIM_OP_VIRQ] = {xsim_event_virq, RIGHT_DOMAIN},
	[XSIM_OP_UNBIND] = {xsim_event_unbind, RIGHT_DOMAIN},
	[XSIM_OP_RESTRICT] = {xsim_event_restrict, RIGHT_DOMAIN},
	[XSIM_OP_SYNC] = {answer_only, RIGHT_GREETED},
	[XSIM_OP_DOMINFO] = {dominfo, RIGHT_GREETED},
	[XSIM_OP_FAULT] = {fault, RIGHT_GREETED},
	[XSIM_OP_DUMP] = {dump, RIGHT_GREETED},
};

static int dispatch(struct xsim_job *job)
{
	uint32_t op = job->req.op;

	if (op >= sizeof(handlers) / sizeof(handlers[0]) ||
	    !handlers[op].handle)
		return -ENOSYS;
	if (handlers[op].right != RIGHT_ANYBODY && !job->conn->greeted)
		return -EPROTO;
	if (handlers[op].right == RIGHT_DOMAIN && !job->conn->dom)
		return -EPERM;
	if (job->req.count && op != XSIM_OP_MAP)
		return -EINVAL;
	return handlers[op].handle(job);
}

static bool send_reply(struct xsim_job *job)
{
	struct iovec iov[2] = {
		{.iov_base = &job->reply, .iov_len = sizeof(job->reply)},
		{.iov_base = job->pages,
		 .iov_len = job->reply.count * sizeof(job->pages[0])},
	};
	unsigned int fds = 0;
	ssize_t sent;

	while (fds < XSIM_REPLY_FDS && job->out_fd[fds] >= 0)
		fds++;
	sent = xsim_wire_send(job->conn->fd, iov, 2, job->out_fd, fds,
			      MSG_DONTWAIT);
	for (unsigned int i = 0; i < XSIM_REPLY_FDS; i++) {
		if (job->close_out[i])
			close(job->out_fd[i]);
	}
	return sent >= 0; /* who does not take answers gets none */
}

bool xsim_request_serve(struct xsim_broker *broker, struct xsim_conn *conn)
{
	static struct xsim_job job; /* 16 KiB; the broker has one thread */
	struct iovec iov[2] = {
		{.iov_base = &job.req, .iov_len = sizeof(job.req)},
		{.iov_base = job.refs, .iov_len = sizeof(job.refs)},
	};
	ssize_t got;
	bool good;

	got = xsim_wire_receive(conn->fd, iov, 2, &job.in_fd, 1);
	job.broker = broker;
	job.conn = conn;
	job.reply = (struct xsim_reply){0};
	for (unsigned int i = 0; i < XSIM_REPLY_FDS; i++) {
		job.out_fd[i] = -1;
		job.close_out[i] = false;
	}
	good = got >= (ssize_t)sizeof(job.req) &&
	       job.req.count <= XSIM_BATCH_MAX &&
	       (size_t)got ==
		       sizeof(job.req) + job.req.count * sizeof(job.refs[0]);
	if (good) {
		job.reply.error = dispatch(&job);
		good = send_reply(&job);
	}
	if (job.in_fd >= 0)
		close(job.in_fd);
	return good;
}

void xsim_conn_close(struct xsim_broker *broker, struct xsim_conn *conn)
{
	struct xsim_dom *dom = conn->dom;

	close(conn->fd);
	conn->fd = -1;
	xsim_port_finish_intents(broker, conn->index);
	if (!dom)
		return;
	xsim_grant_release_conn(broker, conn);
	conn->dom = NULL;
	dom->processes--;
	if (!dom->processes && dom->domid)
		xsim_dom_destroy(broker, dom);
}
