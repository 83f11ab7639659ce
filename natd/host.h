/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNAT_HOST_H
#define XNAT_HOST_H
/*
 * What NAT needs of the host besides its table: forwarding, the time that ICMP
 * is remembered (RFC 5508, where it is shorter), and bridges whose
 * frames are not shown to the rules a second time (br_netfilter). What was
 * before comes back when NAT goes: netconf/hold/hold.h.
 *
 * Thread: in the network namespace of the socket.
 */
#include "netconf/base/err.h"
#include "netconf/model/planeconf.h"
#include "netconf/nl/socket.h"

/* Sets what the configuration needs and is not so, and gives back what it does
 * not need any more; *ret_changes counts both. What is held already keeps its
 * first value. Bridges that are not there yet are passed over. */
int xnat_host_take(struct xn_nl *nl, const struct xn_planeconf *conf,
		   uint32_t *ret_changes, struct xn_err *err);
/* Gives everything back. Goes on after an error, and returns the first. */
int xnat_host_give(struct xn_nl *nl, uint32_t *ret_changes, struct xn_err *err);

#endif
