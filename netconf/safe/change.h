/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_SAFE_CHANGE_H
#define XN_SAFE_CHANGE_H
/*
 * Applying a configuration so that there is always a way back. On disk
 * (files.h), in this order:
 *
 *	pending.json	what is being applied, before anything is done
 *	pending.journal	each step, before it is done; it stays when all is
 *			done, for taking it back
 *	confirmed.json	pending.json renamed: the apply is to stay. Then the
 *			journal goes
 *
 * So whoever finds what a process that died has left knows what is the case:
 *
 *	no pending, a journal		it was confirmed; the journal goes
 *	pending, no journal		nothing was done, or all taken back
 *	pending, a journal, and nobody had to confirm it: what is so counts
 *	pending, a journal, and somebody had to: it is taken back
 *	pending of an earlier boot	what was done is gone with the kernel
 *
 * NAT, rates and shares (force/force.h) are made when the links are as
 * wanted, and are no part of the journal: pending.json has of what they were
 * made before, and taking back makes them of that again.
 *
 * Whoever changes something holds the lock file. A watchdog (watch.h) holds
 * its own one, as long as it waits for a confirmation.
 *
 * Thread: one, in the network namespace that is meant.
 */
#include "netconf/apply/place.h"
#include "netconf/base/err.h"
#include "netconf/force/force.h"
#include "netconf/model/planeconf.h"
#include "netconf/nl/socket.h"
#include "netconf/safe/files.h"
#include "netconf/safe/record.h"
#include "netconf/safe/want.h"

struct xn_safe {
	struct xn_safe_paths paths;
	struct xn_nl *nl;
	struct xn_force *force;
	struct xn_journal_place here;
	int lock_fd;	 /* -1: not held */
	int watchdog_fd; /* the same */
};

/* `folder` NULL: XN_SAFE_FOLDER. Makes nothing. Caller owns *ret_safe. */
int xn_safe_open(const char *folder, struct xn_safe **ret_safe,
		 struct xn_err *err);
void xn_safe_close(struct xn_safe *safe); /* accepts NULL */

/* CLOCK_BOOTTIME in milliseconds. */
uint64_t xn_safe_now_ms(void);

/* Caller owns what *ret_record holds. -ENOENT without words: there is none.
 * -EXDEV: of this boot, and of another network namespace. */
int xn_safe_read(const struct xn_safe *safe, enum xn_safe_file file,
		 struct xn_record *ret_record, struct xn_err *err);
/* What is ours in the network as it is now. */
int xn_safe_ours(const struct xn_safe *safe, struct xn_ours *ret_ours,
		 struct xn_err *err);
bool xn_safe_is_of_this_boot(const struct xn_safe *safe,
			     const struct xn_record *record);

/* Makes the folder, and waits for nobody: -EBUSY. */
int xn_safe_begin(struct xn_safe *safe, struct xn_err *err);
void xn_safe_end(struct xn_safe *safe);

enum xn_settled {
	XN_SETTLED_NOTHING,  /* there was nothing to do */
	XN_SETTLED_WAITING,  /* a watchdog waits for a confirmation */
	XN_SETTLED_FINISHED, /* an apply had been done, and stays */
	XN_SETTLED_BACK,     /* an apply was taken back */
	XN_SETTLED_REBOOTED, /* one that nobody confirmed, of an earlier boot */
	XN_SETTLED_BACK_NOW, /* one that waited was taken back as asked */
};
const char *xn_settled_words(enum xn_settled settled);

/* Finishes what a process that died has left. The lock is held. */
int xn_safe_settle(struct xn_safe *safe, enum xn_settled *ret_settled,
		   struct xn_err *err);

struct xn_safe_apply {
	const struct xn_planeconf *conf;
	struct xn_session session; /* whose apply it is */
	uint32_t confirm_s;	   /* 0: nobody needs to confirm it */
	/* Asked for: also what somebody else holds. Asked for twice: also what
	 * may cut a lifeline. */
	bool take_held, cut_lifelines;
};

struct xn_safe_done {
	/* The caller owns both (xn_safe_done_fini()). want NULL: not so far;
	 * made: NAT, rates and shares as they were made. */
	struct xn_want *want;
	struct xn_force_ops made;
	enum xn_settled settled;
	bool undone; /* of a failed one: all is as before */
	/* The watchdog's lock is held, the other one not: xn_safe_watch(). */
	bool waits;
	uint64_t id;
	uint64_t deadline_ms; /* CLOCK_BOOTTIME */
};

void xn_safe_done_fini(struct xn_safe_done *done);

/* The lock is held. *ret_done is set also on failure. -EBUSY: one waits to be
 * confirmed; -EPERM: a lifeline would be cut, or
 * somebody holds a link. */
int xn_safe_apply(struct xn_safe *safe, const struct xn_safe_apply *apply,
		  struct xn_safe_done *ret_done, struct xn_err *err);

/* What waits is to stay, says this session. The lock is held. `force`: though
 * nothing tells the two sessions apart. -ENOENT: nothing waits; -ETIME: too
 * late; -EACCES: the same session, or untold. */
int xn_safe_confirm(struct xn_safe *safe, const struct xn_session *session,
		    bool force, struct xn_err *err);

/* Takes back what waits, by its journal: the record may be damaged. The lock is
 * held. -ENOENT without words: nothing waits. */
int xn_safe_take_back(struct xn_safe *safe, const char *why,
		      struct xn_err *err);
/* Again what was confirmed last. The lock is held. -ENOENT: nothing was. */
int xn_safe_reapply(struct xn_safe *safe, struct xn_safe_done *ret_done,
		    struct xn_err *err);

/* What became of the last apply, for people; a failure to write it is not one
 * of the thing itself. */
void xn_safe_note(const struct xn_safe *safe, const char *words);
/* "": nothing was noted. */
void xn_safe_last(const struct xn_safe *safe, char *ret_words, size_t bytes);

#endif
