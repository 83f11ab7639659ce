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

/* How it is done, and what it came to. */
struct xnat_host_job {
	bool dry;  /* it is only said what would be done */
	bool wait; /* for others who change the host; else -EBUSY without err */
	/* Each change in words; NULL: nobody wants them. */
	void (*say)(void *arg, const char *words);
	void *arg;
	uint32_t changes; /* out */
};

/* Sets what the configuration needs and is not so, and gives back what it does
 * not need any more; `changes` counts both. What is held already keeps its
 * first value. Bridges that are not there yet are passed over. conf NULL: gives
 * everything back, goes on after an error, and returns the first. */
int xnat_host_set(struct xn_nl *nl, const struct xn_planeconf *conf,
		  struct xnat_host_job *job, struct xn_err *err);

#endif
