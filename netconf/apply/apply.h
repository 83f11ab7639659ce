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

/* The same, but the journal stays when all is done: for xn_apply_undo(), or
 * xn_apply_forget(). */
int xn_apply_keep(struct xn_nl *nl, const struct xn_plan *plan,
		  const char *journal_path, bool *ret_undone,
		  struct xn_err *err);
/* Takes back what a kept journal says, whether it was done in whole or in
 * part, and removes it. 0 also when there is none, or when it is of an earlier
 * boot. -EXDEV: of another network namespace. Else as xn_recover(). */
int xn_apply_undo(struct xn_nl *nl, const char *journal_path,
		  struct xn_err *err);
/* What a kept journal says is to stay. 0 also when there is none. */
int xn_apply_forget(const char *journal_path, struct xn_err *err);
/* 1: all that a kept journal says is so; 0: not, or not of this boot and
 * namespace, or there is none. Errors as of xn_recover(). */
int xn_apply_holds(struct xn_nl *nl, const char *journal_path,
		   struct xn_err *err);

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
