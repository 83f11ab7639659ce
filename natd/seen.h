/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNAT_SEEN_H
#define XNAT_SEEN_H
/*
 * The table as the kernel has it. Rules are seen as text (build.h): of others'
 * making they may be anything.
 *
 * Thread: the socket's. Memory: the caller owns it (xnat_seen_fini()).
 */
#include "natd/table.h"
#include "netconf/base/err.h"
#include "netconf/nl/socket.h"

struct xnat_seen_rules {
	uint32_t count, room;
	char **text;
	uint64_t dropped; /* frames that its counters counted */
};

/* Zero-initialise: there is no table. */
struct xnat_seen {
	char name[XNAT_NAME_MAX];
	bool exists;
	/* Of all of nftables, in network order: a transaction that names it
	 * is refused when somebody has changed something since. 0: a kernel
	 * that does not say. */
	uint32_t generation;
	/* Chains, in `table.chain`, have no rules there; sets have no fields;
	 * those that the kernel fills have no elements. */
	struct xnat_table table;
	struct xnat_seen_rules *rules; /* of table.chain[i] */
	bool has_admins_sets;	       /* which are not in the table */
};

/* -EOPNOTSUPP: the kernel has no nftables. -EBADMSG: it makes no sense.
 * *ret_seen is set on success only. `table`: of the family inet. */
int xnat_see(struct xn_nl *netfilter, const char *table,
	     struct xnat_seen *ret_seen, struct xn_err *err);
void xnat_seen_fini(struct xnat_seen *seen);

/* Chains and sets whose names begin so are admins'. */
#define XNAT_ADMINS "admin_"
bool xnat_is_admins(const char *name);

/* The place of the chain, or -1. */
int xnat_seen_chain(const struct xnat_seen *seen, const char *name);

#endif
