/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Back to what was. Thread: the socket's. */
#include "netconf/apply/undo.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/if_addr.h>

#include "netconf/apply/run.h"
#include "netconf/model/fields.h"
#include "netconf/observe/observe.h"

#define WORDS_MAX 320

static uint32_t less(uint32_t lifetime_s, uint32_t elapsed_s)
{
	if (lifetime_s == UINT32_MAX)
		return lifetime_s;
	return lifetime_s > elapsed_s ? lifetime_s - elapsed_s : 0;
}

/* An address that comes back was known to be the only one; what ended in the
 * meantime ends now. */
static void age(struct xn_op *op, uint32_t elapsed_s)
{
	struct xn_addr *addr = &op->before.addr;
	struct xn_route *route = &op->before.route;

	if (op->noun == XN_ADDR) {
		addr->preferred_s = less(addr->preferred_s, elapsed_s);
		addr->valid_s = less(addr->valid_s, elapsed_s);
		if (addr->valid_s == 0)
			addr->valid_s = 1;
		if (addr->family == AF_INET6)
			addr->flags |= IFA_F_NODAD;
	} else if (op->noun == XN_ROUTE && route->expires_s > 0) {
		route->expires_s = less(route->expires_s, elapsed_s);
		if (route->expires_s == 0)
			route->expires_s = 1;
	}
}

static bool is_on_missing_link(const struct xn_model *model, enum xn_noun noun,
			       const void *object)
{
	const struct xn_route *route = object;

	if (noun == XN_ADDR)
		return !xn_model_link(
			model, ((const struct xn_addr *)object)->ifindex);
	if (noun == XN_NEIGH)
		return !xn_model_link(
			model, ((const struct xn_neigh *)object)->ifindex);
	if (noun != XN_ROUTE)
		return false;
	for (uint8_t i = 0; i < route->hop_count; i++) {
		if (!xn_model_link(model, route->hop[i].ifindex))
			return true;
	}
	return route->ifindex && !xn_model_link(model, route->ifindex);
}

/* A link that somebody pulled out does not come back by itself, nor what was
 * on it. */
static void forget_vanished(struct xn_model *model)
{
	for (size_t i = 0; i < xn_model_count(model, XN_LINK); i++) {
		struct xn_model_link *link = xn_model_edit(model, XN_LINK, i);

		if (link->master && !xn_model_link(model, link->master))
			link->master = 0;
	}
	for (int noun = XN_ADDR; noun < XN_NOUNS; noun++) {
		for (size_t i = xn_model_count(model, (enum xn_noun)noun);
		     i > 0; i--) {
			const void *object =
				xn_model_at(model, (enum xn_noun)noun, i - 1);

			if (is_on_missing_link(model, (enum xn_noun)noun,
					       object))
				xn_model_remove(model, (enum xn_noun)noun,
						i - 1);
		}
	}
}

/* What is, with the begun operations taken back. */
static int make_target(const struct xn_model *now, const struct xn_plan *plan,
		       uint32_t steps_begun, uint32_t elapsed_s,
		       struct xn_model *ret_target)
{
	struct xn_model target = {0};
	int rc = xn_model_copy(now, &target);

	for (size_t i = plan->count; i > 0 && rc == 0; i--) {
		struct xn_op op = plan->op[i - 1];

		if (!(steps_begun & (1U << op.step)))
			continue;
		age(&op, elapsed_s);
		rc = xn_op_undo(&op, &target);
	}
	if (rc < 0) {
		xn_model_fini(&target);
		return rc;
	}
	forget_vanished(&target);
	target.was = true;
	*ret_target = target;
	return 0;
}

/* The plan from what is to what was. */
static int plan_back(struct xn_nl *nl, const struct xn_plan *plan,
		     uint32_t steps_begun, uint32_t elapsed_s,
		     struct xn_plan *ret_back, struct xn_err *err)
{
	struct xn_model target = {0};
	struct xn_model now;
	int rc = xn_observe(nl, &now, err);

	if (rc < 0)
		return rc;
	rc = make_target(&now, plan, steps_begun, elapsed_s, &target);
	if (rc < 0)
		(void)xn_fail(err, -rc, "undo: %s", strerror(-rc));
	else
		rc = xn_plan_make(&now, &target, ret_back, err);
	xn_model_fini(&target);
	xn_model_fini(&now);
	return rc;
}

int xn_undo(struct xn_nl *nl, const struct xn_plan *plan, uint32_t steps_begun,
	    uint32_t elapsed_s, struct xn_err *err)
{
	struct xn_plan back = {0};
	struct xn_run run = {.nl = nl, .plan = &back, .go_on = true};
	struct xn_err refused = {0};
	char words[WORDS_MAX];
	int rc = plan_back(nl, plan, steps_begun, elapsed_s, &back, err);

	if (rc < 0)
		return rc;
	(void)xn_run_steps(&run, &refused);
	xn_plan_fini(&back);
	/* What counts is what is. */
	rc = plan_back(nl, plan, steps_begun, elapsed_s, &back, err);
	if (rc == 0 && back.count > 0) {
		xn_op_words(&back.op[0], words, sizeof(words));
		rc = xn_fail(err, EIO, "not undone: %s (%s)", words,
			     refused.set ? refused.text : "it did not last");
	}
	xn_plan_fini(&back);
	return rc;
}
