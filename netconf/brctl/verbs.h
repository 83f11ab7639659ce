/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_BRCTL_VERBS_H
#define XN_BRCTL_VERBS_H
/*
 * brctl's verbs over rtnetlink. Texts, checks and exit statuses are those of
 * bridge-utils 1.7.1 but for what docs/brctl.md lists. Words come from the
 * command line and are trusted with nothing.
 */
#include <stddef.h>

#include "netconf/nl/socket.h"

enum xn_brctl_status {
	XN_BRCTL_DONE = 0,
	XN_BRCTL_FAILED = 1, /* the reason was printed */
};

/* word[0] is the verb; there are as many words behind it as it needs. */
typedef enum xn_brctl_status xn_brctl_fn(struct xn_nl *nl, int word_count,
					 char *const *word);

struct xn_brctl_verb {
	const char *name;
	int words_min; /* behind the verb; more are allowed */
	xn_brctl_fn *run;
	const char *help;
};

extern const struct xn_brctl_verb xn_brctl_verbs[];
extern const size_t xn_brctl_verb_count;

/* NULL: never heard of it. */
const struct xn_brctl_verb *xn_brctl_find_verb(const char *name);

/* bridges.c: what bridges there are, and their ports */
xn_brctl_fn xn_brctl_addbr, xn_brctl_delbr, xn_brctl_addif, xn_brctl_delif;
/* settings.c: one number of a bridge or port */
xn_brctl_fn xn_brctl_setageing, xn_brctl_setbridgeprio, xn_brctl_setfd,
	xn_brctl_sethello, xn_brctl_setmaxage, xn_brctl_stp;
xn_brctl_fn xn_brctl_setpathcost, xn_brctl_setportprio, xn_brctl_hairpin;
/* show.c, macs.c */
xn_brctl_fn xn_brctl_show, xn_brctl_showstp, xn_brctl_showmacs;

#endif
