/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The steps of a plan. The step of moves is one message to the kernel, which
 * does it from end to end while no frame is between: before it, what is
 * enslaved must forward already.
 */
#include "netconf/apply/run.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>

#include "netconf/apply/hands.h"
#include "netconf/base/loop.h"
#include "netconf/model/fields.h"
#include "netconf/nl/monitor.h"

#define WORDS_MAX 320
#define FORWARDING_WAIT_MS 2000U
#define MS_PER_CS 10U
#define HINTS_MAX 128U

static int refused(const struct xn_op *op, int error,
		   const struct xn_err *cause, struct xn_err *err)
{
	char words[WORDS_MAX];

	xn_op_words(op, words, sizeof(words));
	return xn_fail(err, -error, "%s: %s", words,
		       cause && cause->set ? cause->text : strerror(-error));
}

static int do_each(const struct xn_run *run, size_t first, size_t end,
		   struct xn_err *err)
{
	int result = 0;

	for (size_t i = first; i < end; i++) {
		const struct xn_op *op = &run->plan->op[i];
		struct xn_err cause = {0};
		int rc = xn_hands_do(run->nl, op, &cause);

		if (rc >= 0 || xn_hands_is_so(op, rc))
			continue;
		rc = refused(op, rc, &cause, err);
		if (result == 0)
			result = rc;
		if (!run->go_on)
			break;
	}
	return result;
}

/* Where an address of that family goes that leaves the link; 0: nowhere. */
static int new_home(const struct xn_plan *plan, int ifindex, uint8_t family)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct xn_op *add = &plan->op[i];

		if (add->noun != XN_ADDR || add->verb != XN_ADD ||
		    add->after.addr.family != family)
			continue;
		for (size_t k = i; k < plan->count; k++) {
			const struct xn_op *old = &plan->op[k];

			if (old->noun == XN_ADDR && old->verb == XN_DELETE &&
			    old->before.addr.ifindex == ifindex &&
			    memcmp(old->before.addr.address,
				   add->after.addr.address,
				   XN_IP_BYTES_MAX) == 0)
				return add->after.addr.ifindex;
		}
	}
	return 0;
}

/* A question by ARP or ND that goes out just now would be answered on the
 * other link, be overheard, and not be asked again for a second. So the new
 * link knows what the old one learned. What goes wrong here costs no more
 * than that second. */
static void choose_hints(const struct xn_run *run,
			 struct xn_neigh_table *ret_hints)
{
	struct xn_neigh_table learned;
	struct xn_neigh last = {0};
	size_t count = 0;
	int home = 0;

	if (xn_neigh_dump_learned(run->nl, &learned, NULL) < 0)
		return;
	for (size_t i = 0; i < learned.count && count < HINTS_MAX; i++) {
		struct xn_neigh hint = learned.neigh[i];

		/* A dump has a link's neighbours in a row. */
		if (hint.ifindex != last.ifindex || hint.family != last.family)
			home = new_home(run->plan, hint.ifindex, hint.family);
		last = hint;
		hint.ifindex = home;
		if (home != 0)
			learned.neigh[count++] = hint;
	}
	learned.count = count;
	*ret_hints = learned;
}

static void give_hints(const struct xn_run *run)
{
	struct xn_neigh_table hints = {0};
	int results[XN_NL_CORK_MAX];
	size_t count = 0;

	choose_hints(run, &hints);
	if (hints.count > 0 && xn_nl_cork(run->nl, NULL) == 0) {
		for (size_t i = 0; i < hints.count; i++)
			(void)xn_neigh_hint(run->nl, &hints.neigh[i], NULL);
		(void)xn_nl_uncork(run->nl, results, &count, NULL);
	}
	xn_neigh_table_fini(&hints);
}

/* No more than XN_NL_CORK_MAX operations. */
static int do_chunk(const struct xn_run *run, size_t first, size_t end,
		    struct xn_err *err)
{
	int results[XN_NL_CORK_MAX];
	struct xn_err cause = {0};
	size_t count = 0;
	int sent;
	int rc = xn_nl_cork(run->nl, err);

	if (rc < 0)
		return rc;
	for (size_t i = first; i < end && rc >= 0; i++)
		rc = xn_hands_do(run->nl, &run->plan->op[i], &cause);
	sent = xn_nl_uncork(run->nl, results, &count, &cause);
	if (rc < 0 || sent < 0)
		return xn_fail(err, rc < 0 ? -rc : -sent, "%s",
			       xn_err_text(&cause));
	for (size_t i = 0; i < count && rc == 0; i++) {
		const struct xn_op *op = &run->plan->op[first + i];

		if (results[i] < 0 && !xn_hands_is_so(op, results[i]))
			rc = refused(op, results[i], NULL, err);
	}
	return rc;
}

static int do_together(const struct xn_run *run, size_t first, size_t end,
		       struct xn_err *err)
{
	int result = 0;

	while (first < end) {
		size_t stop = end - first > XN_NL_CORK_MAX
				      ? first + XN_NL_CORK_MAX
				      : end;
		int rc = do_chunk(run, first, stop, err);

		if (rc < 0 && result == 0)
			result = rc;
		if (rc < 0 && !run->go_on)
			break;
		first = stop;
	}
	return result;
}

static bool is_name(const struct xn_op *op)
{
	return op->noun == XN_LINK && op->verb == XN_CHANGE &&
	       xn_noun[XN_LINK].field[op->field].offset ==
		       offsetof(struct xn_model_link, name);
}

/* A name may take a link down for a moment, which takes more than one
 * request. */
static int move(const struct xn_run *run, size_t first, size_t end,
		struct xn_err *err)
{
	size_t names = first;
	int result;
	int rc;

	while (names < end && is_name(&run->plan->op[names]))
		names++;
	give_hints(run);
	rc = do_each(run, first, names, err);
	if (rc < 0 && !run->go_on)
		return rc;
	result = do_together(run, names, end, err);
	return rc < 0 ? rc : result;
}

/* The bridge sends and takes frames, or nothing says that it soon will. */
static bool is_settled(struct xn_nl *nl, const struct xn_model_link *port,
		       uint32_t *ret_wait_ms)
{
	struct xn_link link;
	struct xn_link bridge;

	if (xn_link_get_index(nl, port->ifindex, &link, NULL) < 0 ||
	    !(link.flags & IFF_RUNNING) ||
	    xn_link_get_index(nl, port->master, &bridge, NULL) < 0 ||
	    !(bridge.flags & IFF_UP))
		return true;
	*ret_wait_ms = FORWARDING_WAIT_MS +
		       2 * bridge.bridge.forward_delay_cs * MS_PER_CS;
	return (bridge.flags & IFF_RUNNING) != 0;
}

/* Both ends have heard of each other. */
static bool is_paired(struct xn_nl *nl, const struct xn_model_link *end,
		      uint32_t *ret_wait_ms)
{
	struct xn_link link;
	struct xn_link other;

	*ret_wait_ms = FORWARDING_WAIT_MS;
	return xn_link_get_index(nl, end->ifindex, &link, NULL) < 0 ||
	       xn_link_get_index(nl, end->peer, &other, NULL) < 0 ||
	       !(link.flags & IFF_UP) || !(other.flags & IFF_UP) ||
	       ((link.flags & IFF_RUNNING) && (other.flags & IFF_RUNNING));
}

/* Not being so in time is no failure: a switch may be slow. */
static void wait_for(struct xn_nl *nl, struct xn_nl_monitor *monitor,
		     const struct xn_model_link *link,
		     bool (*is_so)(struct xn_nl *nl,
				   const struct xn_model_link *link,
				   uint32_t *ret_wait_ms))
{
	static const struct xn_nl_handlers none = {0};
	uint64_t begun_ms = xn_now_ms();
	uint32_t wait_ms = 0;

	while (!is_so(nl, link, &wait_ms)) {
		struct pollfd ready = {.fd = xn_nl_monitor_fd(monitor),
				       .events = POLLIN};
		uint64_t spent_ms = xn_now_ms() - begun_ms;

		if (spent_ms >= wait_ms)
			return;
		(void)poll(&ready, 1, (int)(wait_ms - spent_ms));
		(void)xn_nl_monitor_read(monitor, &none);
	}
}

/* Somebody's addresses and routes are to follow a port to its bridge. */
static bool moves_something(const struct xn_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		if (plan->op[i].step == XN_STEP_MOVE &&
		    plan->op[i].verb == XN_ADD)
			return true;
	}
	return false;
}

/* A new pair must have a carrier before it may have link-local addresses of
 * its own: it makes one when that comes. */
static int enslave(const struct xn_run *run, size_t first, size_t end,
		   struct xn_err *err)
{
	struct xn_nl_monitor *monitor;
	int rc;

	if (!moves_something(run->plan))
		return do_each(run, first, end, err);
	rc = xn_nl_monitor_open(XN_MONITOR_LINK, &monitor, err);
	if (rc < 0)
		return rc;
	rc = do_each(run, first, end, err);
	for (size_t i = first; i < end && rc == 0; i++) {
		const struct xn_op *op = &run->plan->op[i];

		if (xn_noun[XN_LINK].field[op->field].offset ==
		    offsetof(struct xn_model_link, master))
			wait_for(run->nl, monitor, &op->after.link, is_settled);
	}
	for (size_t i = 0; i < run->plan->count && rc == 0; i++) {
		const struct xn_op *op = &run->plan->op[i];

		if (xn_op_makes_pair(op))
			wait_for(run->nl, monitor, &op->after.link, is_paired);
	}
	xn_nl_monitor_close(monitor);
	return rc;
}

static int do_step(const struct xn_run *run, size_t first, size_t end,
		   struct xn_err *err)
{
	switch ((enum xn_step)run->plan->op[first].step) {
	case XN_STEP_MOVE:
		return move(run, first, end, err);
	case XN_STEP_ENSLAVE:
		return enslave(run, first, end, err);
	case XN_STEP_CREATE:
	case XN_STEP_PREPARE:
	case XN_STEP_UP:
	case XN_STEP_FINISH:
	case XN_STEP_REMOVE:
		return do_each(run, first, end, err);
	case XN_STEPS:
		break;
	}
	return -EINVAL;
}

int xn_run_steps(const struct xn_run *run, struct xn_err *err)
{
	const struct xn_plan *plan = run->plan;
	int result = 0;
	size_t end;

	for (size_t first = 0; first < plan->count; first = end) {
		enum xn_step step = (enum xn_step)plan->op[first].step;
		int rc = 0;

		for (end = first; end < plan->count; end++) {
			if (plan->op[end].step != step)
				break;
		}
		if (run->begin)
			rc = run->begin(run->arg, step, err);
		if (rc == 0)
			rc = do_step(run, first, end, err);
		if (rc < 0 && result == 0)
			result = rc;
		if (rc < 0 && !run->go_on)
			break;
	}
	return result;
}
