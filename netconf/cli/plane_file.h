/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_CLI_PLANE_FILE_H
#define XN_CLI_PLANE_FILE_H
/* The configuration that a command is about. */
#include "netconf/cli/commands.h"
#include "netconf/model/planeconf.h"

#define XN_CLI_CONFIG_FILE "/etc/xenplane/xenplane.conf"

/* Of -f, or the usual file. NULL: what is wrong is on stderr; else the caller
 * owns it (xn_planeconf_destroy()). Warnings are on stderr, too. */
struct xn_planeconf *xn_cli_read_plane(const struct xn_cli *cli);

#endif
