// SPDX-License-Identifier: GPL-2.0-or-later
/* The vif's life, word by word. See hostile_steps.h. */
#include "netback/netfront/hostile_steps.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <xen/io/xenbus.h>

#include "netconf/base/loop.h"

#define STATE_MS 10000u
#define HELLO_MS 10000u
#define STAYS_MS 300u
#define LOOK_MS 10
#define STATES_CLOSED (1u << XenbusStateClosing | 1u << XenbusStateClosed)

static bool is_by_hand(const struct xnf_steps *steps)
{
	return steps->queue != NULL;
}

/* "256": Closed, Closing or InitWait. 0: no such states. */
static uint32_t parse_states(const char *text)
{
	uint32_t states = 0;

	for (; *text; text++) {
		if (*text < '1' || *text > '8')
			return 0;
		states |= 1u << (*text - '0');
	}
	return states;
}

static int wait_states(struct xnf_steps *steps, const char *text,
		       struct xn_err *err)
{
	uint32_t states = parse_states(text);

	if (!states)
		return xn_fail(err, EINVAL, "no states");
	if (!xnf_hostile_wait_backend(steps->one, states, STATE_MS))
		return xn_fail(err, ETIMEDOUT, "the backend's state is %u",
			       xnf_hostile_backend(steps->one));
	return 0;
}

static int step_wait(struct xnf_steps *steps, char *word, struct xn_err *err)
{
	return wait_states(steps, word, err);
}

/* For a while, though it was told something: there is no event for that. */
static int step_stays(struct xnf_steps *steps, char *word, struct xn_err *err)
{
	uint64_t until = xn_now_ms() + STAYS_MS;
	uint32_t states = parse_states(word);
	struct pollfd none = {.fd = -1};

	while (xn_now_ms() < until) {
		if (!(states & 1u << xnf_hostile_backend(steps->one)))
			return xn_fail(err, EPROTO, "the backend's state is %u",
				       xnf_hostile_backend(steps->one));
		(void)poll(&none, 1, LOOK_MS);
	}
	return 0;
}

/* VALUE[>STATES]: any value, and what the backend makes of it. */
static int step_state(struct xnf_steps *steps, char *word, struct xn_err *err)
{
	char *wanted = strchr(word, '>');
	int rc;

	if (wanted)
		*wanted++ = '\0';
	rc = xnf_hostile_write(steps->one, "state", word);
	if (rc)
		return xn_fail(err, -rc, "%s", strerror(-rc));
	return wanted ? wait_states(steps, wanted, err) : 0;
}

static void drop_queue(struct xnf_steps *steps)
{
	steps->one->up = false;
	xnf_ctrl_destroy(steps->ctrl);
	xnf_queue_destroy(steps->queue);
	steps->ctrl = NULL;
	steps->queue = NULL;
}

/* A new queue and control ring, and the keys of both: all of them sound. */
static int step_keys(struct xnf_steps *steps, char *word, struct xn_err *err)
{
	struct xnf_hostile *one = steps->one;

	(void)word;
	drop_queue(steps);
	if (!steps->gntshr)
		steps->gntshr = xengntshr_open(NULL, 0);
	if (!steps->gntshr)
		return xn_fail(err, errno, "granting: %s", strerror(errno));
	steps->queue = xnf_queue_create(steps->gntshr, 0, true, err);
	if (!steps->queue)
		return -ENOMEM;
	steps->ctrl = xnf_ctrl_create(steps->gntshr, 0, err);
	if (!steps->ctrl)
		return -ENOMEM;
	xnf_raw_begin(&one->raw, steps->queue);
	one->up = true;
	return xnf_keys_write(one->store, one->path, &xnf_options_default,
			      &steps->queue, 1, steps->ctrl, err);
}

static int step_hello(struct xnf_steps *steps, char *word, struct xn_err *err)
{
	(void)word;
	if (!steps->one->up)
		return xn_fail(err, EINVAL, "there is no queue");
	if (!xnf_hostile_hello(steps->one, HELLO_MS))
		return xn_fail(err, ETIMEDOUT, "no answer");
	return 0;
}

static int step_close(struct xnf_steps *steps, char *word, struct xn_err *err)
{
	(void)word;
	return xnf_hostile_close(steps->one, err);
}

/* Whatever the state by hand is, the backend lets go of the queue first. */
static void end_by_hand(struct xnf_steps *steps)
{
	struct xnf_hostile *one = steps->one;

	if (!is_by_hand(steps))
		return;
	(void)xnf_hostile_set_state(one, XenbusStateClosing);
	(void)xnf_hostile_wait_backend(one, STATES_CLOSED, STATE_MS);
	(void)xnf_hostile_set_state(one, XenbusStateClosed);
	(void)xnf_hostile_wait_backend(one, 1u << XenbusStateClosed, STATE_MS);
	drop_queue(steps);
}

static int step_connect(struct xnf_steps *steps, char *word, struct xn_err *err)
{
	(void)word;
	end_by_hand(steps);
	return xnf_hostile_reconnect(steps->one, err);
}

static const struct {
	const char *verb;
	int (*run)(struct xnf_steps *steps, char *word, struct xn_err *err);
} verbs[] = {
	{"close", step_close},	       {"connect", step_connect},
	{"keys", step_keys},	       {"state", step_state},
	{"wait", step_wait},	       {"stays", step_stays},
	{"hello", step_hello},	       {"own", xnf_step_own},
	{"backend", xnf_step_backend}, {"toolstack", xnf_step_toolstack},
	{"is", xnf_step_is},	       {"tx", xnf_step_tx},
	{"ask", xnf_step_ask},
};

static int take_step(struct xnf_steps *steps, const char *step,
		     struct xn_err *err)
{
	char word[XNF_STORE_VALUE_MAX + XNF_STORE_PATH_MAX] = "";
	size_t verb = strcspn(step, ":");

	if (strlen(step) >= sizeof(word))
		return xn_fail(err, EINVAL, "too long");
	if (step[verb])
		memcpy(word, step + verb + 1, strlen(step + verb + 1) + 1);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strlen(verbs[i].verb) == verb &&
		    !memcmp(verbs[i].verb, step, verb))
			return verbs[i].run(steps, word, err);
	}
	return xn_fail(err, EINVAL, "no such step");
}

static int take_steps(struct xnf_hostile *one, struct xn_err *err)
{
	static struct xnf_steps steps;
	uint32_t taken = 0;
	int rc = 0;

	steps = (struct xnf_steps){
		.one = one,
		.ring = xnf_store_ring_open(one->options.domid, err),
	};
	if (!steps.ring)
		return -EIO;
	while (!rc && taken < one->options.word_count) {
		const char *step = one->options.words[taken++];
		struct xn_err why = {0};

		rc = take_step(&steps, step, &why);
		if (rc)
			(void)xn_fail(err, -rc, "step %u, %s: %s", taken, step,
				      xn_err_text(&why));
	}
	xnf_report(one, "steps", taken);
	end_by_hand(&steps);
	xnf_steps_put_back(&steps);
	xnf_store_ring_close(steps.ring);
	if (steps.gntshr)
		(void)xengntshr_close(steps.gntshr);
	return rc;
}

const struct xnf_attack xnf_attacks_steps[] = {
	{.name = "steps",
	 .advisory = "-",
	 .what = "what the words behind it say, one after the other",
	 .run = take_steps,
	 .ctrl = true,
	 .words = true},
	{.name = NULL},
};
