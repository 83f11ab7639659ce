/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_IFUP_RUN_H
#define XN_IFUP_RUN_H
/*
 * A whole run of a hook or executor, from its environment to its exit status:
 * 0, also where an option or a port was left out, which is said on stderr; 1
 * when there is no bridge, or it is still there; 2 for arguments.
 */
#include "netconf/ifupdown/options.h"

int xn_ifup_run(enum xn_ifup_style style, int argc, char *const *argv,
		const char *const *env);

#endif
