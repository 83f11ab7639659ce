/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNF_CTRL_H
#define XNF_CTRL_H
/*
 * The guest's side of a control ring (xen/io/netif.h, "Control ring"), with
 * pages for what its requests point to. Requests are put and shown; answers
 * come in any order, and name their request.
 *
 * Thread: the control thread. The backend is not trusted: an answer is copied
 * once, and must be to a request that is there.
 */
#include <stdbool.h>
#include <stdint.h>
#include <xenevtchn.h>
#include <xengnttab.h>

#include "netback/netfront/fault.h"
#include "netback/xen_abi.h"
#include "netconf/base/err.h"

#define XNF_CTRL_PAGES 24u

struct xnf_ctrl {
	uint32_t ring_ref;
	uint32_t port; /* ours; the backend binds it */
	enum xnf_fault fault;

	struct xen_netif_ctrl_sring *ring;
	uint32_t req_prod;
	uint32_t shown;
	uint32_t rsp_cons;
	uint16_t asked[XNB_CTRL_RING_SIZE]; /* types by id; 0: none */
	uint8_t *pages;
	uint32_t refs[XNF_CTRL_PAGES];
	uint32_t pages_taken;
	xengntshr_handle *gntshr; /* the caller's */
	xenevtchn_handle *evtchn;
};

struct xnf_ctrl_answer {
	uint16_t type;
	uint16_t id;
	uint32_t status; /* XEN_NETIF_CTRL_STATUS_... */
	uint32_t data;
};

/* Makes an empty ring and opens a channel for the backend's domain. Caller
 * owns the result; NULL: see `err`. `gntshr` must outlive it. */
struct xnf_ctrl *xnf_ctrl_create(xengntshr_handle *gntshr,
				 uint32_t backend_domid, struct xn_err *err);
void xnf_ctrl_destroy(struct xnf_ctrl *ctrl); /* accepts NULL */

/* The next page that no request uses yet, granted writable under *ret_ref;
 * NULL: all are taken. They are free again when every request was answered. */
void *xnf_ctrl_page(struct xnf_ctrl *ctrl, uint32_t *ret_ref);

/* Puts a request: its id, or -EAGAIN (the ring is full). */
int xnf_ctrl_ask(struct xnf_ctrl *ctrl, uint16_t type, uint32_t a, uint32_t b,
		 uint32_t c);
/* Shows what was put, and tells the backend if it asked for that. */
void xnf_ctrl_show(struct xnf_ctrl *ctrl);
/* 1: *ret is an answer; 0: none waits, and an event comes with the next one;
 * -EPROTO: ctrl->fault is set. */
int xnf_ctrl_take(struct xnf_ctrl *ctrl, struct xnf_ctrl_answer *ret);
/* Requests without an answer. */
uint32_t xnf_ctrl_waiting(const struct xnf_ctrl *ctrl);

/* Readable when the backend signalled; xnf_ctrl_ack() takes that. */
int xnf_ctrl_fd(const struct xnf_ctrl *ctrl);
void xnf_ctrl_ack(struct xnf_ctrl *ctrl);

#endif
