/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_PARSE_SHARE_CHECK_H
#define XN_PARSE_SHARE_CHECK_H
/* For planeconf_check.c: guarantees and weights where no uplink's rate is said
 * are warned of. Pure. */
#include "netconf/model/planeconf.h"
#include "netconf/parse/report.h"

void xn_share_check(const struct xn_planeconf *conf, struct xn_report *report);

#endif
