/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_PARSE_VIF_WRITE_H
#define XN_PARSE_VIF_WRITE_H
/* What a configuration says of vifs as text, for planeconf_write.c: what is
 * said and no more, as planeconf.h reads it. Errors of the stream are the
 * caller's to look at. */
#include <stdio.h>

#include "netconf/model/planeconf.h"

/* "KEY = VALUE" lines. */
void xn_settings_write(FILE *to, const struct xn_settings *settings);
/* [defaults], when there is one. */
void xn_defaults_write(FILE *to, const struct xn_planeconf *conf);
/* Every [vif NAME] and [vif MAC]. */
void xn_vifs_write(FILE *to, const struct xn_planeconf *conf);

#endif
