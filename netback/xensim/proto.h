/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XSIM_PROTO_H
#define XSIM_PROTO_H
/*
 * What a process and the broker say to each other: one request, one reply,
 * each one packet of a SOCK_SEQPACKET socket. A request is a struct
 * xsim_request followed by `count` struct xsim_ref; a reply is a struct
 * xsim_reply followed by `count` struct xsim_page. Anything else ends the
 * connection, and with it everything that the process held.
 *
 * Errors travel as negative errno, chosen as Linux's gntdev, gntalloc and
 * evtchn devices choose them.
 */
#include <stdint.h>

#define XSIM_BATCH_MAX 1024u /* pages in one map or share call */
#define XSIM_REPLY_FDS 2u
#define XSIM_NONE UINT32_MAX /* "no offset", "no port" */

enum xsim_op {
	XSIM_OP_HELLO = 1,   /* id: domid. Answers domain slot, client slot;
			      * descriptors: lab memory, own domain's memory */
	XSIM_OP_OBSERVE,     /* a tool that belongs to no domain; same answer
			      * without the second descriptor */
	XSIM_OP_DOMAIN,	     /* id: domid. Generation, frames; memory */
	XSIM_OP_SHARE,	     /* id: number of pages; offset, port: notify.
			      * Answers id, pages: frame and reference */
	XSIM_OP_UNSHARE,     /* id */
	XSIM_OP_MAP,	     /* refs; flags: writable; offset, port: notify.
			      * Answers id, pages: frame and generation */
	XSIM_OP_UNMAP,	     /* id */
	XSIM_OP_OPEN,	     /* answers id (instance); the pipe's read end */
	XSIM_OP_ADOPT,	     /* a pipe's read end comes along; answers id, the
			      * domain's slot */
	XSIM_OP_WRITE_END,   /* id: instance; its pipe's write end */
	XSIM_OP_UNBOUND,     /* id: instance, domid. Answers id: port */
	XSIM_OP_INTERDOMAIN, /* id: instance, domid, port. id: local port */
	XSIM_OP_VIRQ,	     /* id: instance, port: virq. id: port */
	XSIM_OP_UNBIND,	     /* id: instance, port */
	XSIM_OP_RESTRICT,    /* id: instance, domid */
	XSIM_OP_SYNC,	     /* answers once all earlier deaths are seen */
	XSIM_OP_DOMINFO,     /* id: the first domid asked for. Answers id: the
			      * first alive one from there on, frames */
	XSIM_OP_FAULT,	     /* id: kind, flags: arm, value, every, domid */
	XSIM_OP_DUMP,	     /* a memfd with text */
};

#define XSIM_MAP_WRITABLE 1u
#define XSIM_FAULT_ARM 1u

struct xsim_request {
	uint32_t op;
	uint32_t count; /* struct xsim_ref that follow */
	uint32_t id;
	uint32_t domid;
	uint32_t port;
	uint32_t offset;
	uint32_t flags;
	uint32_t every;
	int32_t value;
};

struct xsim_ref {
	uint32_t domid;
	uint32_t ref;
};

struct xsim_page {
	uint32_t frame;
	uint32_t number; /* a share's reference, a map's generation */
};

struct xsim_reply {
	int32_t error; /* 0 or negative errno */
	uint32_t count;
	uint32_t id;
	uint32_t slot;	 /* of the domain */
	uint32_t client; /* slot of the process */
	uint32_t generation;
	uint32_t frames;
};

#endif
