/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stanza's changes: what is there is observed, what is wanted made from it,
 * and the way from one to the other planned and applied with a journal.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <linux/if_link.h>

#include "netconf/apply/apply.h"
#include "netconf/ifupdown/job.h"
#include "netconf/observe/observe.h"
#include "netconf/plan/plan.h"

/* Somebody else's change in between, or a link that took our number. */
#define ATTEMPTS_MAX 32
#define WORDS_MAX 320

typedef int want_fn(const struct xn_model *observed, struct xn_ifup_job *job,
		    const struct xn_ifup_part *part,
		    struct xn_model *ret_wanted, struct xn_err *err);

static int want_start(const struct xn_model *observed, struct xn_ifup_job *job,
		      const struct xn_ifup_part *part,
		      struct xn_model *ret_wanted, struct xn_err *err)
{
	return xn_ifup_want_start(observed, &job->request, part, ret_wanted,
				  &job->notes, err);
}

static int want_hold(const struct xn_model *observed, struct xn_ifup_job *job,
		     const struct xn_ifup_part *part,
		     struct xn_model *ret_wanted, struct xn_err *err)
{
	(void)part;
	return xn_ifup_want_hold(observed, &job->request, ret_wanted, err);
}

static int want_stop(const struct xn_model *observed, struct xn_ifup_job *job,
		     const struct xn_ifup_part *part,
		     struct xn_model *ret_wanted, struct xn_err *err)
{
	(void)part;
	return xn_ifup_want_stop(observed, &job->request, ret_wanted, err);
}

static int make_plan(struct xn_ifup_job *job, want_fn *want,
		     const struct xn_ifup_part *part, struct xn_plan *ret_plan,
		     struct xn_err *err)
{
	struct xn_model observed;
	struct xn_model wanted;
	int rc = xn_observe(job->nl, &observed, err);

	if (rc < 0)
		return rc;
	rc = want(&observed, job, part, &wanted, err);
	if (rc == 0) {
		rc = xn_plan_make(&observed, &wanted, ret_plan, err);
		xn_model_fini(&wanted);
	}
	xn_model_fini(&observed);
	return rc;
}

static void print_plan(const struct xn_ifup_job *job,
		       const struct xn_plan *plan)
{
	char words[WORDS_MAX];

	for (size_t i = 0; i < plan->count; i++) {
		xn_op_words(&plan->op[i], words, sizeof(words));
		(void)fprintf(stderr, "%s: %s\n", job->options->iface, words);
	}
}

/* *ret_again: it was not for a refusal of the kernel. */
static int change_once(struct xn_ifup_job *job, want_fn *want,
		       const struct xn_ifup_part *part, bool *ret_again,
		       struct xn_err *err)
{
	struct xn_plan plan = {0};
	bool undone = true;
	int rc = make_plan(job, want, part, &plan, err);

	*ret_again = false;
	if (rc < 0)
		return rc;
	if (job->options->verbose)
		print_plan(job, &plan);
	rc = xn_apply(job->nl, &plan, job->journal, &undone, err);
	*ret_again = undone && (rc == -ESTALE || rc == -EEXIST || rc == -EBUSY);
	xn_plan_fini(&plan);
	return rc;
}

static int change(struct xn_ifup_job *job, want_fn *want,
		  const struct xn_ifup_part *part, struct xn_err *err)
{
	bool again = true;
	int rc = 0;

	for (int i = 0; i < ATTEMPTS_MAX && again; i++) {
		if (err)
			err->set = false;
		rc = change_once(job, want, part, &again, err);
	}
	return rc;
}

static void try_part(struct xn_ifup_job *job, const struct xn_ifup_part *part)
{
	struct xn_err err = {.set = false};

	if (change(job, want_start, part, &err) < 0)
		xn_ifup_note(&job->notes, "%s", xn_err_text(&err));
}

/* First what the others need. */
static void start_little_by_little(struct xn_ifup_job *job)
{
	const struct xn_ifup_options *options = job->options;

	if (options->vlan_aware)
		try_part(job, &(struct xn_ifup_part){.vlan_aware = true});
	for (size_t i = 0; i < job->ports.count; i++) {
		struct xn_ifup_part part = {.port_first = i, .port_end = i + 1};

		try_part(job, &part);
		part.port_mtu = true;
		if (options->port_mtu)
			try_part(job, &part);
	}
	for (size_t i = 0; i < options->setting_count; i++)
		try_part(job, &(struct xn_ifup_part){.settings = 1U << i});
	if (options->port_setting_count)
		try_part(job, &(struct xn_ifup_part){.port_settings = true});
}

/* Whether a bridge that is there takes a forward delay depends on its STP: that
 * goes first. */
static uint32_t stp_bit(const struct xn_ifup_options *options)
{
	for (size_t i = 0; i < options->setting_count; i++)
		if (options->setting[i].attr == IFLA_BR_STP_STATE)
			return 1U << i;
	return 0;
}

static bool is_there(struct xn_ifup_job *job)
{
	struct xn_link link;

	return xn_link_get(job->nl, job->options->iface, &link, NULL) == 0;
}

int xn_ifup_start(struct xn_ifup_job *job, struct xn_err *err)
{
	static const struct xn_ifup_part bare;
	struct xn_ifup_part whole = {
		.settings = UINT32_MAX,
		.vlan_aware = true,
		.port_end = job->ports.count,
		.port_mtu = true,
		.port_settings = true,
	};
	struct xn_ifup_part stp = {.settings = stp_bit(job->options)};
	int rc;

	if (stp.settings && is_there(job))
		try_part(job, &stp);
	rc = change(job, want_start, &whole, err);
	if (rc == 0)
		return 0;
	if (err)
		err->set = false;
	rc = change(job, want_start, &bare, err);
	if (rc == 0)
		start_little_by_little(job);
	return rc;
}

int xn_ifup_hold(struct xn_ifup_job *job, struct xn_err *err)
{
	return change(job, want_hold, NULL, err);
}

int xn_ifup_stop(struct xn_ifup_job *job, struct xn_err *err)
{
	return change(job, want_stop, NULL, err);
}

int xn_ifup_recover(struct xn_ifup_job *job, struct xn_err *err)
{
	enum xn_recovered recovered;
	int rc = xn_recover(job->nl, job->journal, &recovered, err);

	if (rc == 0 && recovered == XN_RECOVERED_UNDONE)
		xn_ifup_note(&job->notes,
			     "an earlier run was cut short; it was undone");
	return rc;
}
