/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_UPGRADE_H
#define XN_DAEMON_UPGRADE_H
/*
 * The program that is installed now takes over from the one that runs
 * (`xenplane upgrade`): this process becomes it by execve(2), with the same
 * arguments and the descriptors of handover.h. It keeps its pid, so a service
 * manager sees nothing, and none is needed. The data process serves until the
 * next one ends it, and its successor is the new program, too.
 *
 * Before anything is done the new program is asked, with --check-upgrade,
 * whether it would start: it is executed with all of this one's arguments,
 * reads the configuration, and asks its data process's program whether both
 * speak alike. While the store is away there is no upgrade. If then execve()
 * fails all the same, this one goes on. Thread: the loop's.
 */
#include <stdbool.h>
#include <stdint.h>

#include "netconf/base/err.h"

struct xn_daemon;
struct xn_upgrade;

/* `argv` as main() got it, and stays the caller's. Remembers where the program
 * lies. NULL with err. */
struct xn_upgrade *xn_upgrade_create(struct xn_daemon *daemon, char **argv,
				     struct xn_err *err);
void xn_upgrade_destroy(struct xn_upgrade *upgrade); /* accepts NULL */

/* 0: it comes when the loop turns. Else this one goes on, for the reason in
 * err, which may be the new program's own words. Blocks for at most 5 s. */
int xn_upgrade_begin(struct xn_upgrade *upgrade, struct xn_err *err);

/* At the start, with the fdstore: was the one before this very process? */
bool xn_upgrade_is_one(struct xn_daemon *daemon);

/* In the program that is asked: what another version would hand over can be
 * gone on with. */
int xn_upgrade_check(uint32_t record_version, const char *netback,
		     struct xn_err *err);

#endif
