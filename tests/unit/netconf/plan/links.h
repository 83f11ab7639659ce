/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_NETCONF_PLAN_LINKS_H
#define TESTS_UNIT_NETCONF_PLAN_LINKS_H
/* What the tests' hosts have: links, an address, a way out. */
#include "netconf/model/plane.h"

/* Up, Ethernet, with IPv6 and an MTU of 1500; its MAC ends with its index. */
struct xn_model_link a_link(int ifindex, const char *name, const char *kind);
/* 192.0.2.1/24 with the label eth0:1, and the default route by 192.0.2.254. */
void give_way_out(struct xn_model *model, int ifindex);

#endif
