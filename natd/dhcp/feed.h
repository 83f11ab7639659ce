/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XDHCP_FEED_H
#define XDHCP_FEED_H
/*
 * Where a bridge's files for dnsmasq are, and what its leases say to others
 * who know no more than the configuration. Thread: all in the network
 * namespace that `nl` is of.
 */
#include "natd/guests.h"
#include "netconf/base/err.h"
#include "netconf/nl/socket.h"

/* Above the folders of this network namespace's bridges. -ENAMETOOLONG. */
int xdhcp_home(const struct xn_nl *nl, char *ret_path, size_t path_bytes,
	       struct xn_err *err);

/* Adds all that have a lease on the bridges of `conf`. None is running: adds
 * nobody. */
int xdhcp_guests_add(const struct xn_nl *nl, const struct xn_planeconf *conf,
		     struct xnat_guests *guests, struct xn_err *err);

#endif
