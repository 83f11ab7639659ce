// SPDX-License-Identifier: GPL-2.0-or-later
/* See ctrl.h. Ids are slots of the ring: one that waits for its answer keeps
 * its slot, for a response takes its request's place. */
#include "netback/netfront/ctrl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int open_channel(struct xnf_ctrl *ctrl, uint32_t domid,
			struct xn_err *err)
{
	xenevtchn_port_or_error_t port;

	ctrl->evtchn = xenevtchn_open(NULL, 0);
	if (!ctrl->evtchn)
		return xn_fail(err, errno, "event channels: %s",
			       strerror(errno));
	port = xenevtchn_bind_unbound_port(ctrl->evtchn, domid);
	if (port < 0)
		return xn_fail(err, errno, "event channel for domain %u: %s",
			       domid, strerror(errno));
	ctrl->port = (uint32_t)port;
	return 0;
}

static int share_memory(struct xnf_ctrl *ctrl, uint32_t domid,
			struct xn_err *err)
{
	ctrl->ring = xengntshr_share_pages(ctrl->gntshr, domid, 1,
					   &ctrl->ring_ref, true);
	if (ctrl->ring)
		ctrl->pages = xengntshr_share_pages(
			ctrl->gntshr, domid, XNF_CTRL_PAGES, ctrl->refs, true);
	if (!ctrl->ring || !ctrl->pages)
		return xn_fail(err, errno, "granting a control ring: %s",
			       strerror(errno));
	memset(ctrl->ring, 0, XNB_PAGE_SIZE);
	ctrl->ring->req_event = 1;
	ctrl->ring->rsp_event = 1;
	return 0;
}

struct xnf_ctrl *xnf_ctrl_create(xengntshr_handle *gntshr,
				 uint32_t backend_domid, struct xn_err *err)
{
	struct xnf_ctrl *ctrl = calloc(1, sizeof(*ctrl));

	if (!ctrl) {
		xn_fail(err, ENOMEM, "out of memory");
		return NULL;
	}
	ctrl->gntshr = gntshr;
	if (share_memory(ctrl, backend_domid, err) ||
	    open_channel(ctrl, backend_domid, err)) {
		xnf_ctrl_destroy(ctrl);
		return NULL;
	}
	return ctrl;
}

void xnf_ctrl_destroy(struct xnf_ctrl *ctrl)
{
	if (!ctrl)
		return;
	if (ctrl->evtchn)
		(void)xenevtchn_close(ctrl->evtchn);
	if (ctrl->pages)
		(void)xengntshr_unshare(ctrl->gntshr, ctrl->pages,
					XNF_CTRL_PAGES);
	if (ctrl->ring)
		(void)xengntshr_unshare(ctrl->gntshr, ctrl->ring, 1);
	free(ctrl);
}

void *xnf_ctrl_page(struct xnf_ctrl *ctrl, uint32_t *ret_ref)
{
	if (ctrl->pages_taken == XNF_CTRL_PAGES)
		return NULL;
	*ret_ref = ctrl->refs[ctrl->pages_taken];
	return ctrl->pages + (size_t)ctrl->pages_taken++ * XNB_PAGE_SIZE;
}

int xnf_ctrl_ask(struct xnf_ctrl *ctrl, uint16_t type, uint32_t a, uint32_t b,
		 uint32_t c)
{
	uint16_t id = (uint16_t)(ctrl->req_prod % XNB_CTRL_RING_SIZE);

	if (ctrl->fault ||
	    ctrl->req_prod - ctrl->rsp_cons == XNB_CTRL_RING_SIZE ||
	    ctrl->asked[id])
		return -EAGAIN;
	xnb_ctrl_slot(ctrl->ring, ctrl->req_prod)->req =
		(struct xen_netif_ctrl_request){
			.id = id,
			.type = type,
			.data = {a, b, c},
		};
	ctrl->asked[id] = type;
	ctrl->req_prod++;
	return id;
}

void xnf_ctrl_show(struct xnf_ctrl *ctrl)
{
	uint32_t old = ctrl->shown;

	ctrl->shown = ctrl->req_prod;
	xnb_index_publish(&ctrl->ring->req_prod, ctrl->req_prod);
	if (xnb_event_crossed(&ctrl->ring->req_event, old, ctrl->req_prod))
		(void)xenevtchn_notify(ctrl->evtchn, ctrl->port);
}

static enum xnf_fault check_answer(struct xnf_ctrl *ctrl,
				   const struct xen_netif_ctrl_response *answer)
{
	if (answer->id >= XNB_CTRL_RING_SIZE || !ctrl->asked[answer->id] ||
	    ctrl->asked[answer->id] != answer->type)
		return XNF_FAULT_CTRL_ID;
	ctrl->asked[answer->id] = 0;
	return XNF_FAULT_NONE;
}

int xnf_ctrl_take(struct xnf_ctrl *ctrl, struct xnf_ctrl_answer *ret)
{
	struct xen_netif_ctrl_response answer;
	uint32_t producer;

	if (ctrl->fault)
		return -EPROTO;
	xnb_event_arm(&ctrl->ring->rsp_event, ctrl->rsp_cons + 1);
	producer = xnb_index_load(&ctrl->ring->rsp_prod);
	if (producer - ctrl->rsp_cons > ctrl->req_prod - ctrl->rsp_cons) {
		ctrl->fault = XNF_FAULT_CTRL_INDEX;
		return -EPROTO;
	}
	if (producer == ctrl->rsp_cons)
		return 0;
	answer = *(const volatile struct xen_netif_ctrl_response
			   *)&xnb_ctrl_slot(ctrl->ring, ctrl->rsp_cons)
			  ->rsp;
	ctrl->fault = check_answer(ctrl, &answer);
	if (ctrl->fault)
		return -EPROTO;
	ctrl->rsp_cons++;
	if (ctrl->rsp_cons == ctrl->req_prod)
		ctrl->pages_taken = 0;
	*ret = (struct xnf_ctrl_answer){
		.type = answer.type,
		.id = answer.id,
		.status = answer.status,
		.data = answer.data,
	};
	return 1;
}

uint32_t xnf_ctrl_waiting(const struct xnf_ctrl *ctrl)
{
	return ctrl->req_prod - ctrl->rsp_cons;
}

int xnf_ctrl_fd(const struct xnf_ctrl *ctrl)
{
	return xenevtchn_fd(ctrl->evtchn);
}

void xnf_ctrl_ack(struct xnf_ctrl *ctrl)
{
	xenevtchn_port_or_error_t port = xenevtchn_pending(ctrl->evtchn);

	if (port >= 0)
		(void)xenevtchn_unmask(ctrl->evtchn, (evtchn_port_t)port);
}
