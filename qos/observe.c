/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's dumps into one struct. Judges nothing. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "qos/observed.h"

#define PROBE_NAME "xqosprobe"
#define OBJECTS_MAX 262144u

void xq_observed_fini(struct xq_observed *observed)
{
	xn_link_table_fini(&observed->links);
	free(observed->qdiscs.item);
	free(observed->classes.item);
	free(observed->filters.item);
	xq_polices_fini(&observed->polices);
	*observed = (struct xq_observed){0};
}

/* Puts the second array's items behind the first one's, and frees it. */
static int join(void **items, size_t *count, void *take_more, size_t more,
		size_t bytes)
{
	void *joined = *items;
	int error = 0;

	if (more > OBJECTS_MAX - *count) {
		error = -E2BIG;
	} else if (more) {
		joined = reallocarray(*items, *count + more, bytes);
		if (!joined)
			error = -ENOMEM;
	}
	if (!error && more) {
		memcpy((char *)joined + *count * bytes, take_more,
		       more * bytes);
		*items = joined;
		*count += more;
	}
	free(take_more);
	return error;
}

static int add_classes(struct xn_nl *nl, int ifindex,
		       struct xq_observed *observed, struct xn_err *err)
{
	struct xn_tc_classes classes = {0};
	void *items = observed->classes.item;
	int error = xn_tc_class_dump(nl, ifindex, &classes, err);

	if (error)
		return error;
	error = join(&items, &observed->classes.count, classes.item,
		     classes.count, sizeof(classes.item[0]));
	observed->classes.item = items;
	return error;
}

static int add_filters(struct xn_nl *nl, int ifindex, uint32_t parent,
		       struct xq_observed *observed, struct xn_err *err)
{
	struct xn_tc_filters filters = {0};
	void *items = observed->filters.item;
	int error = xn_tc_filter_dump(nl, ifindex, parent, &filters, err);

	if (error)
		return error;
	/* The kernel names the parent in another way for ingress's filters. */
	for (size_t i = 0; i < filters.count; i++)
		filters.item[i].parent = parent;
	error = join(&items, &observed->filters.count, filters.item,
		     filters.count, sizeof(filters.item[0]));
	observed->filters.item = items;
	return error;
}

static int add_below(struct xn_nl *nl, const struct xn_tc_qdisc *qdisc,
		     struct xq_observed *observed, struct xn_err *err)
{
	int error = 0;

	if (!strcmp(qdisc->kind, "clsact")) {
		error = add_filters(nl, qdisc->ifindex, XN_TC_INGRESS, observed,
				    err);
		return error ? error
			     : add_filters(nl, qdisc->ifindex, XN_TC_EGRESS,
					   observed, err);
	}
	if (!xq_is_own_root(qdisc))
		return 0;
	error = add_classes(nl, qdisc->ifindex, observed, err);
	return error ? error
		     : add_filters(nl, qdisc->ifindex, qdisc->handle, observed,
				   err);
}

static int look_below(struct xn_nl *nl, const struct xn_tc_qdisc *qdisc,
		      struct xq_observed *observed, struct xn_err *err)
{
	struct xn_err why = {0};
	int error = add_below(nl, qdisc, observed, &why);

	/* A guest went in between, and its link with it. */
	if (!error || error == -ENODEV || error == -EINVAL)
		return 0;
	return xn_fail(err, -error, "%s",
		       why.set ? xn_err_text(&why) : strerror(-error));
}

static int see_polices(struct xq_polices *ret_polices, struct xn_err *err)
{
	struct xn_nl *netfilter;
	int error = xn_nl_open_netfilter(&netfilter, err);

	if (error == -EPROTONOSUPPORT) {
		err->set = false;
		return 0;
	}
	if (error)
		return error;
	error = xq_police_see(netfilter, ret_polices, err);
	xn_nl_close(netfilter);
	return error;
}

int xq_observe(struct xn_nl *nl, struct xq_observed *ret_observed,
	       struct xn_err *err)
{
	struct xq_observed observed = {0};
	int error = xn_link_dump(nl, &observed.links, err);

	if (!error)
		error = xn_tc_qdisc_dump(nl, &observed.qdiscs, err);
	for (size_t i = 0; i < observed.qdiscs.count && !error; i++)
		error = look_below(nl, &observed.qdiscs.item[i], &observed,
				   err);
	if (!error)
		error = see_polices(&observed.polices, err);
	if (error) {
		xq_observed_fini(&observed);
		return error;
	}
	*ret_observed = observed;
	return 0;
}

int xq_probe_fq_codel(struct xn_nl *nl, bool *ret_has, struct xn_err *err)
{
	struct xn_tc_qdisc probe = {.handle = XQ_MAJOR_DEFAULT,
				    .parent = XN_TC_ROOT,
				    .kind = "fq_codel",
				    .target_us = 5000,
				    .interval_us = 100000};
	struct xn_err why = {0};
	struct xn_link link;
	int error = xn_link_create(nl, PROBE_NAME, 0, "ifb", &why);

	/* One that was killed here left its own. */
	if (error && error != -EEXIST)
		return xn_fail(err, -error, "%s", xn_err_text(&why));
	error = xn_link_get(nl, PROBE_NAME, &link, err);
	if (error)
		return error;
	probe.ifindex = link.ifindex;
	error = xn_tc_qdisc_add(nl, &probe, NULL);
	*ret_has = !error || error == -EEXIST;
	return xn_link_delete(nl, link.ifindex, err);
}
