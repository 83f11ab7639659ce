/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_LAB_SUPERVISOR_H
#define XN_LAB_SUPERVISOR_H
/*
 * The lab's supervisor process. Everything of the lab is its child or its
 * descriptor: when it ends, however, nothing of the lab is left but the
 * folder, which the next start or stop removes.
 */
#include "netconf/lab/layout.h"
#include "netconf/lab/paths.h"

/* Runs the lab in this process until it is stopped; returns the exit status.
 * Takes `take_ready_fd`: one byte when the lab serves, or the reason why it
 * does not, and closes it. */
int xn_lab_supervise(const struct xn_lab_paths *paths,
		     const struct xn_lab_layout *layout, int take_ready_fd);

#endif
