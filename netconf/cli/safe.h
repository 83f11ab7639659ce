/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_CLI_SAFE_H
#define XN_CLI_SAFE_H
/* What the commands share that change the host's network: the work is done in
 * a process of its own (safe/watch.h), which reports. */
#include <jansson.h>

#include "netconf/cli/commands.h"
#include "netconf/safe/change.h"

/* What the other process did: 0 or negative errno, with `err`. */
json_t *xn_cli_report(int rc, const struct xn_safe_done *done,
		      uint32_t confirm_s, const struct xn_err *err);
/* Prints the report, takes the reference. NULL: `err` says why. */
enum xn_cli_status xn_cli_print_report(const struct xn_cli *cli,
				       json_t *take_report,
				       const struct xn_err *err);

#endif
