/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_ADOPT_H
#define XN_DAEMON_ADOPT_H
/* Shared by handover.c (keeping vifs) and adopt.c (taking them over): the
 * names that both use. */
#include "netconf/daemon/fdstore.h"
#include "netconf/daemon/handover.h"

/* "D.N.WHAT" */
void xn_handover_name(const struct xn_vif *vif, const char *what,
		      char ret_name[XN_FDSTORE_NAME_MAX]);
void xn_handover_tap_name(const struct xn_vif *vif, uint32_t queue,
			  char ret_name[XN_FDSTORE_NAME_MAX]);

/* Is it a record that may be gone on with, of that vif or of any? Its words
 * are in bounds then. 0; or -EPROTO with the reason. */
int xn_record_check(const struct xn_record *record, struct xn_err *err);

#endif
