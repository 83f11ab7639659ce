/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Look, plan, do, look again; and back, when something is refused. */
#include "qos/apply.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/nl/link.h"

static bool deletes_ifb(const struct xq_op *op)
{
	return op->noun == XQ_IFB && op->verb == XN_DELETE;
}

/* nftables' are one transaction. */
static size_t count_polices(const struct xq_plan *plan, size_t first)
{
	size_t count = 0;

	while (first + count < plan->count &&
	       plan->op[first + count].noun == XQ_POLICE)
		count++;
	return count;
}

/* From `first` on, as many operations as can be one request, which is done:
 * the kernel waits for all its readers for each request that deletes links. */
static int do_some(struct xn_nl *nl, const struct xq_plan *plan, size_t first,
		   size_t *ret_count, struct xn_err *err)
{
	int *ifindex;
	size_t count = 0;
	int error;

	*ret_count = count_polices(plan, first);
	if (*ret_count)
		return xq_do_polices(&plan->op[first], *ret_count, err);
	*ret_count = 1;
	while (first + count < plan->count &&
	       deletes_ifb(&plan->op[first + count]))
		count++;
	if (count < 2)
		return xq_do(nl, &plan->op[first], err);
	ifindex = calloc(count, sizeof(*ifindex));
	if (!ifindex)
		return xn_fail(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < count; i++)
		ifindex[i] = plan->op[first + i].before.ifb.ifindex;
	error = xn_link_delete_all(nl, ifindex, count, err);
	free(ifindex);
	*ret_count = count;
	return error;
}

/* *ret_done: how many of the plan's operations were done. */
static int do_plan(struct xn_nl *nl, const struct xq_plan *plan, bool go_on,
		   size_t *ret_done, struct xn_err *err)
{
	int first = 0;
	size_t count;

	*ret_done = 0;
	for (size_t i = 0; i < plan->count; i += count) {
		int error = do_some(nl, plan, i, &count, err);

		if (error && !first) {
			first = error;
			if (plan->op[i].noun != XQ_POLICE)
				xn_err_prefix(err, "%s", plan->op[i].link);
		}
		if (error && !go_on)
			break;
		*ret_done += error ? 0 : count;
	}
	return first;
}

static int observe(struct xn_nl *nl, const struct xq_wish *wish,
		   const struct xq_told *told, struct xq_observed *ret_observed,
		   struct xn_err *err)
{
	bool has_fq_codel = false;
	int error = 0;

	if (told->has_fq_codel)
		has_fq_codel = *told->has_fq_codel;
	else if (wish->vif_count || wish->uplink_count)
		error = xq_probe_fq_codel(nl, &has_fq_codel, err);
	if (!error)
		error = xq_observe(nl, ret_observed, err);
	if (!error)
		ret_observed->has_fq_codel = has_fq_codel;
	return error;
}

int xq_look(struct xn_nl *nl, const struct xq_wish *wish,
	    const struct xq_told *told, struct xq_plan *ret_plan,
	    struct xn_err *err)
{
	struct xq_observed observed = {0};
	int error = observe(nl, wish, told, &observed, err);

	if (error)
		return error;
	error = xq_plan_make(&observed, wish, told, ret_plan, err);
	xq_observed_fini(&observed);
	return error;
}

/* Back to what of ours there was. */
static int undo(struct xn_nl *nl, const struct xq_observed *before,
		struct xn_err *err)
{
	struct xq_observed now = {0};
	struct xq_state own = {0};
	struct xq_plan plan = {0};
	struct xn_err why = {0};
	size_t done;
	int error = xq_own(before, &own);

	if (!error)
		error = xq_observe(nl, &now, &why);
	if (!error)
		error = xq_plan_to(&now, &own, &plan);
	if (!error)
		error = do_plan(nl, &plan, true, &done, &why);
	if (error)
		xn_err_prefix(err, "not all was undone (%s)",
			      why.set ? xn_err_text(&why) : strerror(-error));
	xq_plan_fini(&plan);
	xq_state_fini(&own);
	xq_observed_fini(&now);
	return error;
}

/* The kernel took all, and has it so. */
static int look_again(struct xn_nl *nl, const struct xq_wish *wish,
		      bool has_fq_codel, struct xn_err *err)
{
	const struct xq_told told = {.take = false};
	struct xq_observed now = {0};
	struct xq_plan plan = {0};
	char words[320];
	int error = xq_observe(nl, &now, err);

	if (error)
		return error;
	now.has_fq_codel = has_fq_codel;
	error = xq_plan_make(&now, wish, &told, &plan, err);
	if (!error && plan.count) {
		xq_op_words(&plan.op[0], words, sizeof(words));
		error = xn_fail(err, EIO, "it did not last: still to do: %s",
				words);
	}
	xq_plan_fini(&plan);
	xq_observed_fini(&now);
	return error;
}

int xq_apply(struct xn_nl *nl, const struct xq_wish *wish,
	     const struct xq_told *told, size_t *ret_count, struct xn_err *err)
{
	struct xq_observed before = {0};
	struct xq_plan plan = {0};
	size_t done = 0;
	int error = observe(nl, wish, told, &before, err);

	if (error)
		return error;
	error = xq_plan_make(&before, wish, told, &plan, err);
	if (!error && plan.count) {
		error = do_plan(nl, &plan, false, &done, err);
		if (!error)
			error = look_again(nl, wish, before.has_fq_codel, err);
		if (error)
			(void)undo(nl, &before, err);
	}
	if (!error)
		*ret_count = done;
	xq_plan_fini(&plan);
	xq_observed_fini(&before);
	return error;
}
