/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNAT_COEXIST_H
#define XNAT_COEXIST_H
/*
 * Others' rules that keep guests' packets from getting through: they are
 * never touched, only named. Thread: the sockets'.
 */
#include "netconf/base/err.h"
#include "netconf/model/planeconf.h"
#include "netconf/nl/socket.h"

#define XNAT_OTHERS_MAX 8u
#define XNAT_OTHERS_TEXT_MAX 256u

struct xnat_others {
	uint32_t count;
	char text[XNAT_OTHERS_MAX][XNAT_OTHERS_TEXT_MAX];
};

/* Chains at the forward hook that drop by default; br_netfilter's sysctl,
 * which shows bridged frames to the rules whatever the bridge says. */
int xnat_coexist(struct xn_nl *netfilter, const struct xn_planeconf *conf,
		 struct xnat_others *ret_others, struct xn_err *err);

#endif
