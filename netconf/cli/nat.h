/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_CLI_NAT_H
#define XN_CLI_NAT_H
/* What the files of `xenplane nat` share. */
#include "natd/guests.h"
#include "netconf/cli/commands.h"

/* The file of -f, or the host's; the caller's. NULL: the reasons are said. */
struct xn_planeconf *xn_cli_nat_conf(const struct xn_cli *cli);
/* `nat list` (nat_list.c). */
enum xn_cli_status xn_cli_nat_list(const struct xn_cli *cli,
				   const struct xnat_guests *guests);

#endif
