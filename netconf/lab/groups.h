/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_LAB_GROUPS_H
#define XN_LAB_GROUPS_H
/* Names that stand for routed vifs, and for no bridge. */
#include <stdbool.h>

/* Whether the xenplane.conf `file` has [bridge NAME] with mode = routed. One
 * that cannot be read has none: whoever serves it says why. Any thread. */
bool xn_lab_is_group(const char *file, const char *name);

#endif
