/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One operation, done to the kernel. */
#include <errno.h>
#include <stdlib.h>

#include "netconf/nl/link.h"
#include "netconf/nl/qdisc.h"
#include "qos/apply.h"

#define IFB_QUEUE 1000u

static int add_ifb(struct xn_nl *nl, const struct xq_ifb *ifb,
		   struct xn_err *err)
{
	int error = xn_link_create(nl, ifb->name, ifb->ifindex, "ifb", err);

	if (!error)
		error = xn_link_set_no_link_local(nl, ifb->ifindex, err);
	if (!error)
		error = xn_link_set_tx_queue_len(nl, ifb->ifindex, IFB_QUEUE,
						 err);
	return error ? error : xn_link_set_up(nl, ifb->ifindex, true, err);
}

static int do_ifb(struct xn_nl *nl, const struct xq_op *op, struct xn_err *err)
{
	switch ((enum xn_verb)op->verb) {
	case XN_ADD:
		return add_ifb(nl, &op->after.ifb, err);
	case XN_CHANGE:
		return xn_link_set_up(nl, op->after.ifb.ifindex, true, err);
	case XN_DELETE:
		return xn_link_delete(nl, op->before.ifb.ifindex, err);
	case XN_VERBS:
		break;
	}
	return -EINVAL;
}

/* A noqueue that somebody set has a handle, as if it were a discipline; an
 * empty clsact may be there. */
static int add_qdisc(struct xn_nl *nl, const struct xn_tc_qdisc *qdisc,
		     struct xn_err *err)
{
	if (qdisc->parent == XN_TC_CLSACT ||
	    (xq_is_own_root(qdisc) && qdisc->handle == XQ_MAJOR_NOQUEUE))
		return xn_tc_qdisc_replace(nl, qdisc, err);
	return xn_tc_qdisc_add(nl, qdisc, err);
}

/* A link that did not queue before does not afterwards. */
static int delete_qdisc(struct xn_nl *nl, const struct xn_tc_qdisc *qdisc,
			struct xn_err *err)
{
	if (xq_is_own_root(qdisc) && qdisc->handle == XQ_MAJOR_NOQUEUE)
		return xn_qdisc_set_none(nl, qdisc->ifindex, err);
	return xn_tc_qdisc_delete(nl, qdisc, err);
}

static int do_qdisc(struct xn_nl *nl, const struct xq_op *op,
		    struct xn_err *err)
{
	switch ((enum xn_verb)op->verb) {
	case XN_ADD:
		return add_qdisc(nl, &op->after.qdisc, err);
	case XN_CHANGE:
		return xn_tc_qdisc_change(nl, &op->after.qdisc, err);
	case XN_DELETE:
		return delete_qdisc(nl, &op->before.qdisc, err);
	case XN_VERBS:
		break;
	}
	return -EINVAL;
}

static int do_class(struct xn_nl *nl, const struct xq_op *op,
		    struct xn_err *err)
{
	switch ((enum xn_verb)op->verb) {
	case XN_ADD:
		return xn_tc_class_add(nl, &op->after.class, err);
	case XN_CHANGE:
		return xn_tc_class_change(nl, &op->after.class, err);
	case XN_DELETE:
		return xn_tc_class_delete(nl, &op->before.class, err);
	case XN_VERBS:
		break;
	}
	return -EINVAL;
}

/* On a link's way in the priority is ours, and goes with its tables. */
static int do_filter(struct xn_nl *nl, const struct xq_op *op,
		     struct xn_err *err)
{
	struct xn_tc_filter filter = op->before.filter;

	if (op->verb != XN_DELETE)
		return xn_tc_filter_add(nl, &op->after.filter, err);
	if (filter.parent == XN_TC_INGRESS)
		filter.handle = 0;
	return xn_tc_filter_delete(nl, &filter, err);
}

int xq_do_polices(const struct xq_op *op, size_t count, struct xn_err *err)
{
	struct xq_police_step *step = calloc(count, sizeof(*step));
	int error;

	if (!step)
		return xn_fail(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < count; i++) {
		step[i].name = op[i].link;
		step[i].to =
			op[i].verb == XN_DELETE ? NULL : &op[i].after.police;
	}
	error = xq_police_do(step, count, err);
	free(step);
	return error;
}

int xq_do(struct xn_nl *nl, const struct xq_op *op, struct xn_err *err)
{
	switch ((enum xq_noun)op->noun) {
	case XQ_IFB:
		return do_ifb(nl, op, err);
	case XQ_QDISC:
		return do_qdisc(nl, op, err);
	case XQ_CLASS:
		return do_class(nl, op, err);
	case XQ_FILTER:
		return do_filter(nl, op, err);
	case XQ_POLICE:
		return xq_do_polices(op, 1, err);
	case XQ_NOUNS:
		break;
	}
	return -EINVAL;
}
