/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_SAFE_CHANGE_FORCE_H
#define XN_SAFE_CHANGE_FORCE_H
/* NAT, rates and shares of an apply, for change.c and change_apply.c. The
 * lock is held. */
#include "netconf/safe/change.h"

/* A kept configuration. Caller owns *ret_conf. */
int xn_safe_read_conf(const char *text, struct xn_planeconf **ret_conf,
		      struct xn_err *err);

/* What the record says is made; nothing when it is so already. */
int xn_safe_force_finish(struct xn_safe *safe, const struct xn_record *record,
			 struct xn_err *err);

/* What was before the apply that is pending; of a record that is damaged, what
 * was confirmed last. Read before links are taken back, and made after it. */
struct xn_safe_before {
	bool counts; /* false: of an earlier boot, whose NAT went with it */
	struct xn_force_texts texts;
};
int xn_safe_before_read(struct xn_safe *safe, struct xn_safe_before *ret_before,
			struct xn_err *err);
/* Consumes it. */
int xn_safe_before_make(struct xn_safe *safe, struct xn_safe_before *before,
			struct xn_err *err);

#endif
