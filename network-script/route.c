/* SPDX-License-Identifier: GPL-2.0-or-later */
/* network-route, see routed_main.c. */
#include "network-script/routed.h"

int main(int argc, char **argv)
{
	return xns_routed_main(XNS_ROUTE, argc, argv);
}
