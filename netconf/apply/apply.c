/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Doing a plan, and what a plan that was cut short becomes. */
#include "netconf/apply/apply.h"

#include <errno.h>
#include <string.h>

#include "netconf/apply/journal.h"
#include "netconf/apply/run.h"
#include "netconf/apply/undo.h"
#include "netconf/observe/observe.h"

#define WORDS_MAX 320

struct attempt {
	struct xn_journal *journal;
	uint32_t steps_begun; /* bits by enum xn_step */
};

static int begin_step(void *arg, enum xn_step step, struct xn_err *err)
{
	struct attempt *attempt = arg;
	int rc = xn_journal_begin(attempt->journal, step, err);

	if (rc == 0)
		attempt->steps_begun |= 1U << step;
	return rc;
}

/* 1: each operation's effect is there; 0: not, and *ret_missing is the first
 * one that is not. */
static int look(struct xn_nl *nl, const struct xn_plan *plan,
		const struct xn_op **ret_missing, struct xn_err *err)
{
	struct xn_model now;
	int rc = xn_observe(nl, &now, err);

	if (rc < 0)
		return rc;
	*ret_missing = NULL;
	for (size_t i = 0; i < plan->count && !*ret_missing; i++) {
		if (!xn_plan_op_lasts(plan, i))
			continue;
		if (!xn_op_holds(&plan->op[i], &now))
			*ret_missing = &plan->op[i];
	}
	xn_model_fini(&now);
	return *ret_missing ? 0 : 1;
}

static int verify(struct xn_nl *nl, const struct xn_plan *plan,
		  struct xn_err *err)
{
	const struct xn_op *missing;
	char words[WORDS_MAX];
	int rc = look(nl, plan, &missing, err);

	if (rc != 0)
		return rc < 0 ? rc : 0;
	xn_op_words(missing, words, sizeof(words));
	return xn_fail(err, EIO, "%s: was done, and is not so", words);
}

/* Undoing brings back what the plan says was before, so that must be true. */
static int check(struct xn_nl *nl, const struct xn_plan *plan,
		 struct xn_err *err)
{
	const struct xn_op *outdated;
	char words[WORDS_MAX];
	struct xn_model now;
	int rc = xn_observe(nl, &now, err);

	if (rc < 0)
		return rc;
	outdated = xn_plan_outdated(plan, &now);
	xn_model_fini(&now);
	if (!outdated)
		return 0;
	xn_op_words(outdated, words, sizeof(words));
	return xn_fail(err, ESTALE,
		       "%s: somebody else changed this since it was planned",
		       words);
}

/* The reason comes first, what is left of it after. */
static void undo(struct xn_nl *nl, const struct xn_plan *plan,
		 struct attempt *attempt, bool *ret_undone, struct xn_err *err)
{
	struct xn_err again = {0};

	if (xn_undo(nl, plan, attempt->steps_begun, 0, &again) < 0) {
		xn_err_prefix(err, "%s; first", xn_err_text(&again));
		return;
	}
	if (xn_journal_remove(attempt->journal, &again) < 0) {
		xn_err_prefix(err, "%s; first", xn_err_text(&again));
		return;
	}
	*ret_undone = true;
}

static int apply(struct xn_nl *nl, const struct xn_plan *plan,
		 const char *journal_path, bool keep, bool *ret_undone,
		 struct xn_err *err)
{
	struct attempt attempt = {0};
	struct xn_run run = {
		.nl = nl, .plan = plan, .begin = begin_step, .arg = &attempt};
	struct xn_journal_place place;
	int rc;

	*ret_undone = true;
	if (plan->count == 0)
		return 0;
	rc = check(nl, plan, err);
	if (rc == 0)
		rc = xn_journal_here(xn_nl_namespace_cookie(nl), &place, err);
	if (rc == 0)
		rc = xn_journal_create(journal_path, plan, &place,
				       &attempt.journal, err);
	if (rc < 0)
		return rc;
	*ret_undone = false;
	rc = xn_run_steps(&run, err);
	if (rc == 0)
		rc = verify(nl, plan, err);
	if (rc < 0)
		undo(nl, plan, &attempt, ret_undone, err);
	else if (!keep)
		rc = xn_journal_remove(attempt.journal, err);
	xn_journal_close(attempt.journal);
	return rc;
}

int xn_apply(struct xn_nl *nl, const struct xn_plan *plan,
	     const char *journal_path, bool *ret_undone, struct xn_err *err)
{
	return apply(nl, plan, journal_path, false, ret_undone, err);
}

int xn_apply_keep(struct xn_nl *nl, const struct xn_plan *plan,
		  const char *journal_path, bool *ret_undone,
		  struct xn_err *err)
{
	return apply(nl, plan, journal_path, true, ret_undone, err);
}

static bool is_of_here(const struct xn_journal_place *there,
		       const struct xn_journal_place *here)
{
	return strcmp(there->boot_id, here->boot_id) == 0 &&
	       there->namespace_cookie == here->namespace_cookie;
}

static uint32_t elapsed(const struct xn_journal_place *since,
			const struct xn_journal_place *now)
{
	uint64_t seconds = now->boottime_s > since->boottime_s
				   ? now->boottime_s - since->boottime_s
				   : 0;

	return seconds < UINT32_MAX ? (uint32_t)seconds : UINT32_MAX - 1;
}

static int recover(struct xn_nl *nl, const struct xn_journal_content *content,
		   enum xn_recovered *ret_recovered, struct xn_err *err)
{
	struct xn_journal_place here;
	const struct xn_op *missing;
	int rc = xn_journal_here(xn_nl_namespace_cookie(nl), &here, err);

	if (rc < 0)
		return rc;
	if (!is_of_here(&content->place, &here)) {
		*ret_recovered = XN_RECOVERED_VOID;
		return 0;
	}
	rc = look(nl, &content->plan, &missing, err);
	if (rc != 0) {
		*ret_recovered = XN_RECOVERED_FINISHED;
		return rc < 0 ? rc : 0;
	}
	*ret_recovered = XN_RECOVERED_UNDONE;
	return xn_undo(nl, &content->plan, content->steps_begun,
		       elapsed(&content->place, &here), err);
}

int xn_recover(struct xn_nl *nl, const char *journal_path,
	       enum xn_recovered *ret_recovered, struct xn_err *err)
{
	struct xn_journal_content content = {0};
	enum xn_recovered recovered = XN_RECOVERED_NOTHING;
	struct xn_journal *journal;
	struct xn_err none = {0};
	int rc = xn_journal_open(journal_path, &journal, &content, &none);

	if (rc == -ENOENT) {
		*ret_recovered = XN_RECOVERED_NOTHING;
		return 0;
	}
	if (rc < 0)
		return xn_fail(err, -rc, "%s", xn_err_text(&none));
	rc = recover(nl, &content, &recovered, err);
	if (rc == 0)
		rc = xn_journal_remove(journal, err);
	xn_journal_close(journal);
	xn_plan_fini(&content.plan);
	if (rc == 0)
		*ret_recovered = recovered;
	return rc;
}

/* 1: opened, and the caller owns both outputs; 0: there is none. */
static int open_kept(const char *path, struct xn_journal **ret_journal,
		     struct xn_journal_content *ret_content, struct xn_err *err)
{
	struct xn_err none = {0};
	int rc = xn_journal_open(path, ret_journal, ret_content, &none);

	if (rc == -ENOENT)
		return 0;
	return rc < 0 ? xn_fail(err, -rc, "%s", xn_err_text(&none)) : 1;
}

static int undo_kept(struct xn_nl *nl, const struct xn_journal_content *content,
		     struct xn_err *err)
{
	struct xn_journal_place here;
	int rc = xn_journal_here(xn_nl_namespace_cookie(nl), &here, err);

	if (rc < 0 || strcmp(here.boot_id, content->place.boot_id) != 0)
		return rc;
	if (here.namespace_cookie != content->place.namespace_cookie)
		return xn_fail(err, EXDEV,
			       "what was applied is of another network "
			       "namespace");
	return xn_undo(nl, &content->plan, content->steps_begun,
		       elapsed(&content->place, &here), err);
}

int xn_apply_undo(struct xn_nl *nl, const char *journal_path,
		  struct xn_err *err)
{
	struct xn_journal_content content = {0};
	struct xn_journal *journal;
	int rc = open_kept(journal_path, &journal, &content, err);

	if (rc <= 0)
		return rc;
	rc = undo_kept(nl, &content, err);
	if (rc == 0)
		rc = xn_journal_remove(journal, err);
	xn_journal_close(journal);
	xn_plan_fini(&content.plan);
	return rc;
}

int xn_apply_forget(const char *journal_path, struct xn_err *err)
{
	struct xn_journal_content content = {0};
	struct xn_journal *journal;
	int rc = open_kept(journal_path, &journal, &content, err);

	if (rc <= 0)
		return rc;
	rc = xn_journal_remove(journal, err);
	xn_journal_close(journal);
	xn_plan_fini(&content.plan);
	return rc;
}

int xn_apply_holds(struct xn_nl *nl, const char *journal_path,
		   struct xn_err *err)
{
	struct xn_journal_content content = {0};
	struct xn_journal_place here;
	const struct xn_op *missing;
	struct xn_journal *journal;
	int rc = open_kept(journal_path, &journal, &content, err);

	if (rc <= 0)
		return rc;
	rc = xn_journal_here(xn_nl_namespace_cookie(nl), &here, err);
	if (rc == 0 && is_of_here(&content.place, &here))
		rc = look(nl, &content.plan, &missing, err);
	xn_journal_close(journal);
	xn_plan_fini(&content.plan);
	return rc;
}
