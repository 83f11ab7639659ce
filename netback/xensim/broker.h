/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XSIM_BROKER_H
#define XSIM_BROKER_H
/*
 * The simulated hypervisor's one process: it owns domains, their memory and
 * grant tables, what is mapped, and event channels. Everything a client sends
 * or writes into shared memory is hostile: sizes, numbers and descriptors are
 * checked, every table has its limit here, and decisions rest on the broker's
 * own records.
 *
 * Thread: one. Who is dead is seen before anybody's next request is: in each
 * round all hang-ups are handled first.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "netback/xensim/proto.h"
#include "netback/xensim/shared.h"

#define XSIM_SHARES_MAX 16384u
#define XSIM_MAPS_MAX 16384u
#define XSIM_MAP_PAGES_MAX 65536u
#define XSIM_DOMAIN_MIB_DEFAULT 64u
#define XSIM_DOMAIN_MIB_MAX 4096u
#define XSIM_VIRQS 24u
#define XSIM_UNRESTRICTED UINT32_MAX
#define XSIM_XEN_PORTS 131072u /* port numbers that Xen would accept */

enum xsim_grant_use {
	XSIM_GRANT_FREE,     /* not handed out; the guest may still write it */
	XSIM_GRANT_SHARED,   /* belongs to a share */
	XSIM_GRANT_DEFERRED, /* unshared while mapped: freed at the unmap */
};

/* What the hypervisor knows of a grant-table entry. */
struct xsim_grant {
	enum xsim_grant_use use;
	uint32_t frame;	  /* of the share; while pinned, the mapped one too */
	uint32_t next;	  /* reference of the same share; 0 ends */
	uint16_t readers; /* maps */
	uint16_t writers; /* of these, writable */
};

enum xsim_port_kind {
	XSIM_PORT_FREE,
	XSIM_PORT_UNBOUND,     /* waits for remote_domid */
	XSIM_PORT_INTERDOMAIN, /* peer_* name the other end */
	XSIM_PORT_VIRQ,	       /* virq is set */
};

struct xsim_port {
	enum xsim_port_kind kind;
	uint32_t instance;
	uint32_t remote_domid;
	uint32_t peer_slot; /* of the peer's domain */
	uint32_t peer_port;
	uint32_t virq;
};

struct xsim_dom {
	uint32_t domid;
	uint32_t generation;
	uint32_t slot;
	uint32_t frames;
	uint32_t processes;
	uint32_t mapped_pages; /* of other domains, by this one */
	int memory_fd;
	_Atomic uint64_t *table;  /* shared with every process */
	uint64_t *frame_used;	  /* bitmap */
	uint32_t frame_hint;	  /* nothing is free below */
	uint32_t ref_hint;	  /* likewise */
	struct xsim_grant *grant; /* XSIM_GRANTS */
	struct xsim_port *port;	  /* XSIM_PORTS_MAX */
	uint32_t port_of_virq[XSIM_VIRQS];
};

/* An unmap notification. offset or port are XSIM_NONE when not wanted. */
struct xsim_notify {
	uint32_t offset;
	uint32_t port;
	uint32_t port_generation;
};

struct xsim_conn;

struct xsim_share {
	struct xsim_conn *conn; /* NULL: free */
	uint32_t first_ref;
	struct xsim_notify notify;
};

struct xsim_map {
	struct xsim_conn *conn; /* NULL: free */
	uint32_t first_page;	/* index + 1; 0 ends */
	struct xsim_notify notify;
};

struct xsim_map_page {
	uint32_t next; /* index + 1 of the same map, or of the free list */
	uint32_t slot;
	uint32_t generation;
	uint32_t ref;
	bool writable;
};

/* An open event-channel device. */
struct xsim_inst {
	int write_fd; /* -1: free */
	uint32_t id;
	uint32_t slot; /* of its domain */
	uint32_t generation;
	uint32_t restricted; /* domid, or XSIM_UNRESTRICTED */
	dev_t device;	     /* of the pipe, to recognise it when adopted */
	ino_t inode;
};

struct xsim_conn {
	int fd; /* -1: free */
	uint32_t index;
	bool greeted;
	struct xsim_dom *dom; /* NULL before the greeting, and for tools */
};

struct xsim_broker {
	struct xsim_lab *lab;
	int lab_fd;
	int epoll_fd;
	int listen_fd;
	int spare_fd; /* given up to refuse a caller when descriptors run out */
	uint32_t domain_mib;
	uint32_t last_generation;
	struct xsim_dom *dom[XSIM_DOMAINS_MAX];
	struct xsim_dom *by_domid[XSIM_DOMIDS];
	struct xsim_conn conn[XSIM_CLIENTS_MAX];
	struct xsim_inst inst[XSIM_INSTANCES_MAX];
	uint32_t inst_generation[XSIM_INSTANCES_MAX];
	uint32_t endpoint_generation[XSIM_ENDPOINTS];
	struct xsim_share share[XSIM_SHARES_MAX];
	struct xsim_map map[XSIM_MAPS_MAX];
	struct xsim_map_page map_page[XSIM_MAP_PAGES_MAX];
	uint32_t free_page; /* index + 1 */
	uint32_t share_hint;
	uint32_t map_hint;
};

/* What a handler is given: the checked request, and where its answer goes.
 * Descriptors in `in_fd` are closed by the caller. `out_fd` is sent and, when
 * `close_out` says so, closed. */
struct xsim_job {
	struct xsim_broker *broker;
	struct xsim_conn *conn;
	struct xsim_request req;
	struct xsim_ref refs[XSIM_BATCH_MAX];
	int in_fd;
	struct xsim_reply reply;
	struct xsim_page pages[XSIM_BATCH_MAX];
	int out_fd[XSIM_REPLY_FDS];
	bool close_out[XSIM_REPLY_FDS];
};

/* broker_dom.c: domains. 0 or negative errno. */
int xsim_dom_create(struct xsim_broker *broker, uint32_t domid,
		    struct xsim_dom **ret_dom);
/* Its grants turn bad, its channels close; maps of its pages stay. */
void xsim_dom_destroy(struct xsim_broker *broker, struct xsim_dom *dom);
/* NULL when no such domain lives. */
struct xsim_dom *xsim_dom_find(const struct xsim_broker *broker,
			       uint32_t domid);
/* NULL when that one died, also when its slot has a new tenant. */
struct xsim_dom *xsim_dom_at(const struct xsim_broker *broker, uint32_t slot,
			     uint32_t generation);
/* First free frame, or 0. */
uint32_t xsim_dom_take_frame(struct xsim_dom *dom);
void xsim_dom_free_frame(struct xsim_dom *dom, uint32_t frame);
void xsim_dom_clear_byte(const struct xsim_dom *dom, uint32_t frame,
			 uint32_t offset);

/* broker_grant.c: shares and maps; handlers answer 0 or negative errno. */
int xsim_grant_share(struct xsim_job *job);
int xsim_grant_unshare(struct xsim_job *job);
int xsim_grant_map(struct xsim_job *job);
int xsim_grant_unmap(struct xsim_job *job);
void xsim_grant_release_conn(struct xsim_broker *broker,
			     const struct xsim_conn *conn);

/* broker_pin.c: references in use. */
/* Takes a reference for a share of `frame`, 0 when there is none. */
uint32_t xsim_pin_take_ref(struct xsim_dom *dom, uint32_t frame);
/* Revokes it; what is mapped stays until the last unmap. */
void xsim_pin_free_ref(struct xsim_dom *dom, uint32_t ref);
/* The hypervisor's checks of a map, then the pin. 0 and the frame, or a
 * negative errno. */
int xsim_pin_map(struct xsim_dom *dom, uint32_t ref, uint32_t mapper_domid,
		 bool writable, uint32_t *ret_frame);
void xsim_pin_unmap(struct xsim_dom *dom, uint32_t ref, bool writable);

/* broker_event.c: instances and ports. */
int xsim_event_open(struct xsim_job *job);
int xsim_event_adopt(struct xsim_job *job);
int xsim_event_write_end(struct xsim_job *job);
int xsim_event_unbound(struct xsim_job *job);
int xsim_event_interdomain(struct xsim_job *job);
int xsim_event_virq(struct xsim_job *job);
int xsim_event_unbind(struct xsim_job *job);
int xsim_event_restrict(struct xsim_job *job);
void xsim_event_inst_destroy(struct xsim_broker *broker,
			     struct xsim_inst *inst);

/* broker_port.c: ports and raising them. */
/* NULL when the id names no open instance. */
struct xsim_inst *xsim_port_instance(struct xsim_broker *broker, uint32_t id);
/* A free port of the instance's domain, of that kind; 0: none left. */
uint32_t xsim_port_create(struct xsim_broker *broker,
			  const struct xsim_inst *inst,
			  enum xsim_port_kind kind);
void xsim_port_connect(struct xsim_broker *broker, struct xsim_dom *a,
		       uint32_t a_port, struct xsim_dom *b, uint32_t b_port);
/* The other end goes back to waiting for this domain. */
void xsim_port_close(struct xsim_broker *broker, struct xsim_dom *dom,
		     uint32_t port);
/* Raises the port itself. */
void xsim_port_ring(struct xsim_broker *broker, const struct xsim_dom *dom,
		    uint32_t port);
/* Raises the port's peer, as its owner's notify would; `generation` guards
 * against a port that was closed and given away. */
void xsim_port_notify_peer(struct xsim_broker *broker,
			   const struct xsim_dom *dom, uint32_t port,
			   uint32_t generation);
uint32_t xsim_port_generation(const struct xsim_broker *broker,
			      const struct xsim_dom *dom, uint32_t port);
/* Finishes what a dead process was about to queue. */
void xsim_port_finish_intents(struct xsim_broker *broker, uint32_t client);

/* broker_dump.c: everything in use, as text in a new memfd; or -errno. */
int xsim_dump(const struct xsim_broker *broker);

/* broker_request.c */
/* Reads one packet and answers it. False: the connection must go. */
bool xsim_request_serve(struct xsim_broker *broker, struct xsim_conn *conn);
void xsim_conn_close(struct xsim_broker *broker, struct xsim_conn *conn);

/* broker.c: listens on `path`, says so on `ready_fd` (-1: nowhere), and serves
 * until SIGTERM or SIGINT. 0 or negative errno; nothing is left behind. */
struct xsim_broker_options {
	const char *path;
	int ready_fd;
	bool die_with_parent;
	uint32_t domain_mib;
};
int xsim_broker_run(const struct xsim_broker_options *options);

#endif
