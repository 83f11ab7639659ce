/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_LAB_EXEC_H
#define XN_LAB_EXEC_H
/* `lab exec`: this process becomes the command, inside the lab. */
#include <stdint.h>

#include "netconf/lab/paths.h"

/* Enters the namespace (takes the descriptor) and becomes `argv`. Returns
 * only on failure, with the exit status (127: no such command), the reason
 * printed. `name` is the guest's, or dom0, or outside. `domid`: whose vifs the
 * command serves; 0: nobody's. */
int xn_lab_exec(const struct xn_lab_paths *paths, int take_netns_fd,
		const char *name, uint32_t domid, char **argv);

#endif
