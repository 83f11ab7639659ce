// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xenplane-hostile: a guest that does to its backend what the security
 * advisories tell of. It connects one vif and says hello, so that what follows
 * is seen to come from a working frontend; does one attack; looks at what the
 * backend made of it; connects again; closes; and prints one line of JSON.
 */
#include <errno.h>
#include <stdio.h>

#include <unistd.h>
#include <xen/io/xenbus.h>

#include "netback/netfront/hostile.h"
#include "netback/netfront/hostile_options.h"
#include "netconf/base/log.h"
#include "netconf/base/loop.h"

#define HELLO_MS 10000u
#define OUTCOME_MS 10000u
#define ASK_MS 200u
/* On top of the attack's own time: nothing may take longer. */
#define END_SECONDS 300u

struct outcome {
	bool hello;
	bool disabled;
	bool alive;
	bool recovered;
	bool closed;
	uint32_t state;
};

/* Disabled, or still serving: whichever shows first. A backend may also be
 * neither, when we closed its channels. */
static void look_at_outcome(struct xnf_hostile *one, struct outcome *outcome)
{
	uint64_t until = xn_now_ms() + OUTCOME_MS;

	do {
		outcome->disabled = xnf_hostile_wait_disabled(one, 0);
		if (outcome->disabled || !one->options.hello || !one->up)
			break;
		outcome->alive = xnf_hostile_hello(one, ASK_MS);
	} while (!outcome->alive && xn_now_ms() < until);
	outcome->state = xnf_hostile_backend(one);
}

static int attack(struct xnf_hostile *one, struct outcome *outcome,
		  struct xn_err *err)
{
	int rc = xnf_hostile_connect(one, err);

	if (rc)
		return rc;
	if (one->options.hello) {
		outcome->hello = xnf_hostile_hello(one, HELLO_MS);
		if (!outcome->hello)
			return xn_fail(err, ETIMEDOUT,
				       "nobody answers an ARP probe: --ask?");
	}
	rc = one->options.attack->run(one, err);
	if (rc)
		return rc;
	look_at_outcome(one, outcome);
	if (one->options.recover) {
		rc = one->options.attack->floods
			     ? xnf_hostile_start_anew(one, err)
			     : xnf_hostile_reconnect(one, err);
		outcome->recovered = !rc && (!one->options.hello ||
					     xnf_hostile_hello(one, HELLO_MS));
	}
	return rc;
}

static void print_flag(const char *name, bool value)
{
	printf(", \"%s\": %s", name, value ? "true" : "false");
}

static void print_number(const char *name, uint64_t value)
{
	printf(", \"%s\": %llu", name, (unsigned long long)value);
}

static void print_result(const struct xnf_hostile *one,
			 const struct outcome *outcome)
{
	printf("{\"attack\": \"%s\", \"advisory\": \"%s\"",
	       one->options.attack->name, one->options.attack->advisory);
	print_number("domid", one->options.domid);
	print_number("vif", one->options.vif);
	print_number("seed", one->options.seed);
	for (uint32_t i = 0; i < one->row_count; i++)
		print_number(one->row[i].name, one->row[i].value);
	print_number("okay", one->raw.okay);
	print_number("error", one->raw.error);
	print_number("null", one->raw.null);
	print_number("dropped", one->raw.dropped);
	print_number("odd", one->raw.odd);
	print_flag("hello", outcome->hello);
	print_number("backend_state", outcome->state);
	print_flag("disabled", outcome->disabled);
	print_flag("alive", outcome->alive);
	print_flag("recovered", outcome->recovered);
	print_flag("closed", outcome->closed);
	printf("}\n");
	(void)fflush(stdout);
}

static int serve(struct xnf_hostile *one, struct xn_err *err)
{
	struct outcome outcome = {.state = XenbusStateUnknown};
	struct xn_err close_err = {0};
	int rc = -EIO;

	one->store = xnf_store_open(err);
	if (!one->store)
		return rc;
	rc = attack(one, &outcome, err);
	outcome.closed = xnf_hostile_close(one, &close_err) == 0;
	print_result(one, &outcome);
	xnf_front_destroy(one->front);
	xnf_store_close(one->store);
	return rc;
}

int main(int argc, char **argv)
{
	static struct xnf_hostile one;
	struct xn_err err = {0};
	int rc = xnf_hostile_options_parse(argc, argv, &one.options);

	if (rc >= 0)
		return rc;
	xn_log_open("xenplane-hostile", XN_LOG_WARNING, false);
	one.dice = one.options.seed;
	(void)alarm(END_SECONDS + one.options.run_ms / 1000);
	if (serve(&one, &err)) {
		xn_error("%s", xn_err_text(&err));
		return 1;
	}
	return 0;
}
