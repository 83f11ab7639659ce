/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_IFUPDOWN_HOST_H
#define TEST_IFUPDOWN_HOST_H
/* A host as a model: lo 1, eth0 2, eth1 3, vif1.0 4, virbr0 5 with vnet0 6. */
#include "netconf/model/plane.h"

enum {
	LO = 1,
	ETH0,
	ETH1,
	VIF,
	VIRBR,
	VNET
};

struct xn_model small_host(void); /* xn_model_fini() */
struct xn_model_link link_of(int ifindex, const char *name, const char *kind);

#endif
