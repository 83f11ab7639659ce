/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_DAEMON_ACLS_H
#define XN_DAEMON_ACLS_H
/*
 * Access lists in force: each list of the file that a vif has is compiled
 * (netconf/acl/compile.h) with the guests that are there and the host's own
 * addresses, and sent to the data process, which asks it for every packet of
 * such a vif on either path. It is compiled again when the file, a guest's
 * name, MAC, addresses or list, or the host's addresses change, and sent when
 * that made another program.
 *
 * A list that is not in the file, and one that cannot be compiled, lets pass
 * what the plane itself needs and no more; the log and `vif show` say so.
 * Thread: the loop's.
 */
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netconf/base/mac.h"
#include "netconf/daemon/daemon.h"
#include "netconf/model/acl.h"
#include "netconf/model/settings.h"

#define XN_HOST_ADDRESSES_MAX 256u

struct xn_vif;

/* What lists ask of a vif. */
struct xn_acl_identity {
	char name[2][IFNAMSIZ];
	char guest[XN_ACL_PEER_MAX]; /* its domain's */
	char acl[XN_ACL_NAME_MAX];
	bool has_mac;
	struct xn_mac mac;
	bool guarded;
	bool by_mac; /* its settings have no address */
	/* Of its settings; of a guarded one all that it may send from. */
	uint32_t address_count;
	struct xn_address address[XN_SETTINGS_ADDRESSES_MAX + 1];
};

struct xn_acls;
struct xsw_acl;

/* Caller owns the result. NULL: out of memory. */
struct xn_acls *xn_acls_create(struct xn_daemon *daemon);
void xn_acls_destroy(struct xn_acls *acls); /* accepts NULL */

/* The number of that list for the data process, which has it before whatever is
 * sent next; 0 for ""; XN_ACLS_MAX, which has no list: others are in use by
 * now, or their vifs were not yet told better. */
uint32_t xn_acls_number(struct xn_acls *acls, const char *name);
/* Somebody in a list changed, or a list: all that are in use are compiled
 * again, once for all that changes in 20 ms, and those that nobody has go. */
void xn_acls_update(struct xn_acls *acls);
/* At once, if it is due: before a vif may send that no list knows as it is now
 * (policy.unlisted), and where somebody waits for it. */
void xn_acls_flush(struct xn_acls *acls);
/* Both, with these as the host's own. */
void xn_acls_set_host(struct xn_acls *acls, const struct xn_address *address,
		      uint32_t count);
/* A new data process: it has no list yet. Before it is told of vifs. */
void xn_acls_data_ready(struct xn_acls *acls);

/* The list as it is now; NULL: nobody has it. Valid until the next call. */
const struct xsw_acl *xn_acls_program(const struct xn_acls *acls,
				      const char *name);

/* Why the list is not as the file has it; NULL: it is, or is not in use. Valid
 * until the next call. */
const char *xn_acls_problem(const struct xn_acls *acls, const char *name);

#endif
