/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_IFUP_DEFAULTS_H
#define XN_IFUP_DEFAULTS_H
/* /etc/default/bridge-utils, where Debian's hook finds its defaults. */
#include <stdbool.h>

/* BRIDGE_DISABLE_LINKLOCAL_IPV6_ALSO_PHYS is not "no": an interface below a
 * VLAN device that is a port gets no link-local address of its own. */
bool xn_ifup_defaults_quiet_lower(void);

/* The same of a file's text. Of lines that set it the last one counts, as in
 * the shell. Pure. */
bool xn_ifup_defaults_parse(const char *text);

#endif
