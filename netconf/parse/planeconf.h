/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_PARSE_PLANECONF_H
#define XN_PARSE_PLANECONF_H
/*
 * xenplane.conf (netconf/model/planeconf.h) from its text, whose form is
 * conf.h's:
 *
 *	[include conf.d/x.conf]		other files, see include.h
 *	[defaults]			every vif: the keys of settings.h
 *	[bridge xenbr0]			a bridge: the keys of bridge_keys.h,
 *					and settings for the vifs on it
 *	[vif 00:16:3e:00:00:01]		the vif with that address
 *	[vif web0]			the vif with that name
 *
 * All that is wrong goes to the report, also what contradicts itself. Nothing
 * is touched, and no more read than the files. One thread.
 */
#include "netconf/model/planeconf.h"
#include "netconf/parse/report.h"

#define XN_PLANECONF_DEPTH_MAX 8u
/* A text may hold what many included files say. */
#define XN_PLANECONF_TEXT_BYTES_MAX (1u << 20)

/* 0: the caller owns *ret_conf; the report has at most warnings. Else
 * *ret_conf is untouched, and the report has the reasons: -EINVAL, or what
 * reading `file` came to. */
int xn_planeconf_read(const char *file, struct xn_planeconf **ret_conf,
		      struct xn_report *report);

/* The same of a text in memory, which `file` names. It includes nothing:
 * [include] is refused. */
int xn_planeconf_read_text(const char *file, const char *text,
			   struct xn_planeconf **ret_conf,
			   struct xn_report *report);

/* What single sections cannot know (planeconf_check.c). `broken` has a word
 * for each bridge: a value of it was refused, so that it is not looked at. */
void xn_planeconf_check(const struct xn_planeconf *conf, const bool *broken,
			struct xn_report *report);

#endif
