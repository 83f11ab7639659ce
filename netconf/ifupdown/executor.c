/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The executor of ifupdown-ng: /usr/libexec/ifupdown-ng/bridge. */
#include <unistd.h>

#include "netconf/ifupdown/run.h"

int main(int argc, char **argv)
{
	return xn_ifup_run(XN_IFUP_NG, argc, argv,
			   (const char *const *)environ);
}
