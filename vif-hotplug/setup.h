/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XVH_SETUP_H
#define XVH_SETUP_H
/*
 * vif-setup: the script that udev's rules name for every vif; it goes on as
 * the one that the toolstack names in `script`, or as vif-bridge. Words behind
 * that name are settings for it ("vif-bridge bridge=xenbr1").
 */
#include "vif-hotplug/request.h"

struct xvh_setup {
	char text[XVH_VALUE_MAX]; /* which argv points into */
	int argc;
	const char *argv[XVH_ARGUMENTS_MAX + 1]; /* ends with NULL */
	char program[XVH_VALUE_MAX]; /* absolute; argv[0] unless it is ours */
	bool ours;		     /* one of this program's own names */
	enum xvh_script script;	     /* when it is */
};

/* Pure. A name without a folder is one of ours, or in /etc/xen/scripts. */
int xvh_setup_parse(int argc, const char *const *argv, const char *const *env,
		    struct xvh_setup *ret, struct xn_err *err);
/* Becomes another's script. Returns only when that cannot be: -errno. */
int xvh_setup_become(struct xvh_setup *setup, struct xn_err *err);

#endif
