/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_PARSE_PLANECONF_WRITE_H
#define XN_PARSE_PLANECONF_WRITE_H
/*
 * What xenplane.conf says, as one text without includes that
 * xn_planeconf_read_text() reads back to the same: [defaults], bridges with
 * what they say to the vifs on them, vifs. Pure but for memory.
 */
#include "netconf/base/err.h"
#include "netconf/model/planeconf.h"

/* Caller frees *ret_text. -ENOMEM; -EFBIG: more than such a text, or a line of
 * it, may hold. */
int xn_planeconf_write(const struct xn_planeconf *conf, char **ret_text,
		       struct xn_err *err);

#endif
