/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Instances (open event-channel devices) and the requests about their ports,
 * with the errors of Linux's evtchn device and Xen's EVTCHNOP. */
#include "netback/xensim/broker.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netback/xensim/loop.h"

static struct xsim_inst *free_inst(struct xsim_broker *broker)
{
	for (uint32_t i = 0; i < XSIM_INSTANCES_MAX; i++) {
		if (broker->inst[i].write_fd < 0)
			return &broker->inst[i];
	}
	return NULL;
}

/* An id that no earlier instance had for a long while; never 0. */
static uint32_t next_id(struct xsim_broker *broker, uint32_t at)
{
	const uint32_t limit = UINT32_MAX >> XSIM_INSTANCE_BITS;
	uint32_t generation = broker->inst_generation[at] % limit + 1;

	broker->inst_generation[at] = generation;
	return generation << XSIM_INSTANCE_BITS | at;
}

int xsim_event_open(struct xsim_job *job)
{
	struct xsim_broker *broker = job->broker;
	struct xsim_inst *inst = free_inst(broker);
	struct stat status;
	uint32_t at;
	int ends[2];

	if (!inst)
		return -ENOSPC;
	at = (uint32_t)(inst - broker->inst);
	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	if (fcntl(ends[1], F_SETFL, O_NONBLOCK) || fstat(ends[1], &status) ||
	    xsim_loop_watch(broker->epoll_fd, ends[1], 0, XSIM_SOURCE_INST,
			    at)) {
		int rc = -errno;

		close(ends[0]);
		close(ends[1]);
		return rc;
	}
	*inst = (struct xsim_inst){
		.write_fd = ends[1],
		.id = next_id(broker, at),
		.slot = job->conn->dom->slot,
		.generation = job->conn->dom->generation,
		.restricted = XSIM_UNRESTRICTED,
		.device = status.st_dev,
		.inode = status.st_ino,
	};
	job->reply.id = inst->id;
	job->reply.slot = inst->slot;
	job->out_fd[0] = ends[0];
	job->close_out[0] = true; /* keeping it would keep the instance alive */
	return 0;
}

int xsim_event_adopt(struct xsim_job *job)
{
	struct xsim_broker *broker = job->broker;
	struct stat status;
	int flags;

	if (job->in_fd < 0)
		return -EINVAL;
	flags = fcntl(job->in_fd, F_GETFL);
	if (flags < 0 || (flags & O_ACCMODE) != O_RDONLY ||
	    fstat(job->in_fd, &status) || !S_ISFIFO(status.st_mode))
		return -EINVAL;
	for (uint32_t i = 0; i < XSIM_INSTANCES_MAX; i++) {
		const struct xsim_inst *inst = &broker->inst[i];

		if (inst->write_fd < 0 || inst->device != status.st_dev ||
		    inst->inode != status.st_ino)
			continue;
		job->reply.id = inst->id;
		job->reply.slot = inst->slot;
		return 0;
	}
	return -EINVAL;
}

int xsim_event_write_end(struct xsim_job *job)
{
	const struct xsim_inst *inst =
		xsim_port_instance(job->broker, job->req.id);

	if (!inst)
		return -ENOENT;
	job->out_fd[0] = inst->write_fd;
	return 0;
}

void xsim_event_inst_destroy(struct xsim_broker *broker, struct xsim_inst *inst)
{
	struct xsim_dom *dom =
		xsim_dom_at(broker, inst->slot, inst->generation);

	for (uint32_t port = 1; dom && port < XSIM_PORTS_MAX; port++) {
		if (dom->port[port].instance == inst->id)
			xsim_port_close(broker, dom, port);
	}
	/* processes that notified it hold the same open file: closing ours
	 * would not end the watch */
	epoll_ctl(broker->epoll_fd, EPOLL_CTL_DEL, inst->write_fd, NULL);
	close(inst->write_fd);
	inst->write_fd = -1;
}

/* The request's instance, and its domain if that still lives. */
static int find(struct xsim_job *job, struct xsim_inst **ret_inst,
		struct xsim_dom **ret_dom)
{
	struct xsim_inst *inst = xsim_port_instance(job->broker, job->req.id);

	if (!inst)
		return -EBADF;
	*ret_inst = inst;
	*ret_dom = xsim_dom_at(job->broker, inst->slot, inst->generation);
	return *ret_dom ? 0 : -ENODEV;
}

int xsim_event_unbound(struct xsim_job *job)
{
	uint32_t remote = job->req.domid & UINT16_MAX;
	struct xsim_inst *inst;
	struct xsim_dom *dom;
	uint32_t port;
	int rc = find(job, &inst, &dom);

	if (rc)
		return rc;
	if (inst->restricted != XSIM_UNRESTRICTED)
		return -EACCES;
	port = xsim_port_create(job->broker, inst, XSIM_PORT_UNBOUND);
	if (!port)
		return -ENOSPC;
	dom->port[port].remote_domid =
		remote == XSIM_DOMID_SELF ? dom->domid : remote;
	job->reply.id = port;
	return 0;
}

int xsim_event_interdomain(struct xsim_job *job)
{
	struct xsim_broker *broker = job->broker;
	uint32_t remote_port = job->req.port;
	uint32_t domid = job->req.domid & UINT16_MAX;
	const struct xsim_port *remote;
	struct xsim_inst *inst;
	struct xsim_dom *other;
	struct xsim_dom *dom;
	uint32_t port;
	int rc = find(job, &inst, &dom);

	if (rc)
		return rc;
	if (inst->restricted != XSIM_UNRESTRICTED && inst->restricted != domid)
		return -EACCES;
	other = xsim_dom_find(broker, domid);
	if (!other)
		return -ESRCH;
	if (remote_port >= XSIM_PORTS_MAX)
		return -EINVAL;
	remote = &other->port[remote_port];
	if (remote->kind != XSIM_PORT_UNBOUND ||
	    remote->remote_domid != dom->domid)
		return -EINVAL;
	port = xsim_port_create(broker, inst, XSIM_PORT_UNBOUND);
	if (!port)
		return -ENOSPC;
	xsim_port_connect(broker, dom, port, other, remote_port);
	/* the remote end may have notified while nobody listened */
	xsim_port_ring(broker, dom, port);
	job->reply.id = port;
	return 0;
}

int xsim_event_virq(struct xsim_job *job)
{
	uint32_t virq = job->req.port;
	struct xsim_inst *inst;
	struct xsim_dom *dom;
	uint32_t port;
	int rc = find(job, &inst, &dom);

	if (rc)
		return rc;
	if (inst->restricted != XSIM_UNRESTRICTED)
		return -EACCES;
	if (virq >= XSIM_VIRQS)
		return -EINVAL;
	if (dom->port_of_virq[virq])
		return -EEXIST;
	port = xsim_port_create(job->broker, inst, XSIM_PORT_VIRQ);
	if (!port)
		return -ENOSPC;
	dom->port[port].virq = virq;
	dom->port_of_virq[virq] = port;
	job->reply.id = port;
	return 0;
}

int xsim_event_unbind(struct xsim_job *job)
{
	uint32_t port = job->req.port;
	struct xsim_inst *inst;
	struct xsim_dom *dom;
	int rc = find(job, &inst, &dom);

	if (rc)
		return rc;
	if (port >= XSIM_XEN_PORTS)
		return -EINVAL;
	if (port >= XSIM_PORTS_MAX || dom->port[port].kind == XSIM_PORT_FREE ||
	    dom->port[port].instance != inst->id)
		return -ENOTCONN;
	xsim_port_close(job->broker, dom, port);
	return 0;
}

int xsim_event_restrict(struct xsim_job *job)
{
	struct xsim_inst *inst;
	struct xsim_dom *dom;
	int rc = find(job, &inst, &dom);

	if (rc)
		return rc;
	if (inst->restricted != XSIM_UNRESTRICTED)
		return -EACCES;
	if (!job->req.domid || job->req.domid >= XSIM_DOMIDS)
		return -EINVAL;
	inst->restricted = job->req.domid;
	return 0;
}
