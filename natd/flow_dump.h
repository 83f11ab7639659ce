/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNAT_FLOW_DUMP_H
#define XNAT_FLOW_DUMP_H
/*
 * Listings of the kernel's connections, of which the kernel leaves out what it
 * can (CTA_FILTER: Linux 5.8; CTA_STATUS: 5.18). An older one leaves out less:
 * who asks judges each answer. For natd/flows.c. Thread: the socket's.
 */
#include <stdbool.h>
#include <stdint.h>

#include "netconf/base/err.h"
#include "netconf/model/settings.h"
#include "netconf/nl/answer.h"
#include "netconf/nl/request.h"
#include "netconf/nl/socket.h"

enum xnat_flow_which {
	XNAT_FLOWS_ALL,
	XNAT_FLOWS_LED,	       /* to another address or port than dialled */
	XNAT_FLOWS_BEGUN_BY,   /* the address */
	XNAT_FLOWS_ANSWERED_BY /* the address */
};

struct xnat_flow_dump {
	enum xnat_flow_which which;
	const struct xn_address *address; /* a whole one */
	struct xn_nl_dump how;
};

int xnat_flow_dump(struct xn_nl *netfilter, const struct xnat_flow_dump *dump,
		   struct xn_err *err);
/* How many connections there are in the namespace. */
int xnat_flow_count(struct xn_nl *netfilter, uint32_t *ret_count,
		    struct xn_err *err);

/* Whether to ask for each address, both ways, or once for all: each listing
 * goes through the kernel's whole table. Pure. */
bool xnat_flow_one_by_one(uint32_t flows, const struct xn_address *address,
			  uint32_t count);

#endif
