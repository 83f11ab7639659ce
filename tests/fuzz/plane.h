/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_FUZZ_PLANE_H
#define TEST_FUZZ_PLANE_H
/*
 * xenplaned's parts as they stand in a running daemon, without a store and with
 * a data process that is the fuzzer: in a network namespace of its own, with a
 * bridge, and with vifs that are connected but have no twins.
 */
#include "netconf/daemon/daemon.h"

#define PLANE_VIFS 3u

extern struct xn_daemon plane;

/* Once. Ends the program where namespaces cannot be made. */
void plane_start(void);
/* Does what waits in the daemon's loop. */
void plane_turn(void);
/* A new data process; returns its end of the datalink. The one before is
 * gone. The vifs are of generation 1, the first one still connecting. */
int plane_new_data_process(void);
/* It is as if control had killed it. */
bool plane_was_killed(void);

#endif
