/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNB_ACL_PARTS_H
#define XNB_ACL_PARTS_H
/*
 * An access list that comes in parts (XN_DL_ACL), put together and checked.
 * One at a time; a list that a first part begins anew is forgotten.
 * Thread: the link's. Memory: what is put together.
 */
#include <stdbool.h>

#include "bridge/acl.h"
#include "netconf/ipc/datalink.h"

/* Zero-initialise. */
struct xnb_acl_parts {
	struct xsw_acl *memory; /* NULL: none is begun */
	uint32_t acl, total, filled;
};

/* `part`: its fields are within their limits (link_check.h). 0: taken; with
 * *ret_whole the list is complete, and *ret_acl the caller's, to free(): NULL
 * for "no more". -EPROTO: it does not go on where the one before ended.
 * -EINVAL, -E2BIG: no program. -ENOMEM. */
int xnb_acl_parts_take(struct xnb_acl_parts *parts,
		       const struct xn_dl_acl *part, bool *ret_whole,
		       struct xsw_acl **ret_acl);
void xnb_acl_parts_fini(struct xnb_acl_parts *parts);

#endif
