/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_LAB_EXEC_H
#define XN_LAB_EXEC_H
/* `lab exec`: this process becomes the command, inside the lab. */
#include "netconf/lab/paths.h"

/* Enters the namespace (takes the descriptor) and becomes `argv`. Returns
 * only on failure, with the exit status (127: no such command), the reason
 * printed. `name` is the guest's, or dom0, or outside. */
int xn_lab_exec(const struct xn_lab_paths *paths, int take_netns_fd,
		const char *name, char **argv);

#endif
