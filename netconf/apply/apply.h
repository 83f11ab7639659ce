/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_APPLY_H
#define XN_APPLY_H
/*
 * Doing a plan: each step on disk (journal.h), then done, and in the end
 * looked at. What fails is undone. An apply that was cut short, by a crash or
 * a kill at any point, is undone by xn_recover() at the next start, or found
 * to be finished.
 *
 * The thread is in the socket's network namespace. One apply at a time for a
 * journal's path. Nothing is touched but what the plan names.
 */
#include "netconf/base/err.h"
#include "netconf/nl/socket.h"
#include "netconf/plan/plan.h"

/* 0: all is as planned. Else negative errno with the reason in `err`;
 * *ret_undone says whether all is as before. If it is not, the journal stays
 * for xn_recover(), and `err` names what could not be undone. An empty plan
 * needs no journal. -ESTALE: somebody else changed what the plan is about
 * since it was made: nothing was done, plan again. */
int xn_apply(struct xn_nl *nl, const struct xn_plan *plan,
	     const char *journal_path, bool *ret_undone, struct xn_err *err);

enum xn_recovered {
	XN_RECOVERED_NOTHING,  /* there was no journal */
	XN_RECOVERED_FINISHED, /* all had been done: the new state is there */
	XN_RECOVERED_UNDONE,   /* the old state is there */
	XN_RECOVERED_VOID,     /* of an earlier boot or another namespace: the
				* state it speaks of is gone, and it, too */
};

/* Errors of xn_journal_open() but -ENOENT leave everything alone: somebody
 * has to look. -EIO: not all could be undone; the journal stays. */
int xn_recover(struct xn_nl *nl, const char *journal_path,
	       enum xn_recovered *ret_recovered, struct xn_err *err);

#endif
