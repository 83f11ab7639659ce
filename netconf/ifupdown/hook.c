/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hook of Debian's ifupdown: if-pre-up.d/bridge, if-down.d/bridge and
 * if-post-down.d/bridge. */
#include <unistd.h>

#include "netconf/ifupdown/run.h"

int main(int argc, char **argv)
{
	return xn_ifup_run(XN_IFUP_CLASSIC, argc, argv,
			   (const char *const *)environ);
}
