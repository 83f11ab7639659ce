/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XVH_HOOKS_H
#define XVH_HOOKS_H
/* The administrator's own programs, after the script's work. */
#include "vif-hotplug/scripts.h"

#define XVH_HOOKS_FOLDER "/etc/xen/scripts/vif-post.d"

/* Runs every executable *.hook of the folder, in the order of their names,
 * with the script's arguments and environment and with `dev`, `command`,
 * `bridge`, `domid` and `devid`. One that others than root may write is passed
 * over with a warning. -EIO: one of them failed; the others are not run. No
 * hook, no process. */
int xvh_hooks_run(const struct xvh_run *run, const char *const *argv,
		  struct xn_err *err);

#endif
