/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See acl_parts.h. Called by link.c. */
#include "netback/acl_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(XN_DL_ACL_TOTAL_MAX >= XSW_ACL_BYTES_MAX,
	       "the largest list can be sent");
_Static_assert(XN_ACLS_MAX == XSW_ACLS_MAX, "one numbering of lists");

void xnb_acl_parts_fini(struct xnb_acl_parts *parts)
{
	free(parts->memory);
	*parts = (struct xnb_acl_parts){0};
}

static int begin(struct xnb_acl_parts *parts, const struct xn_dl_acl *part)
{
	xnb_acl_parts_fini(parts);
	parts->memory = malloc(part->total);
	if (!parts->memory)
		return -ENOMEM;
	parts->acl = part->acl;
	parts->total = part->total;
	return 0;
}

static bool goes_on(const struct xnb_acl_parts *parts,
		    const struct xn_dl_acl *part)
{
	uint32_t left = parts->total - parts->filled;

	return parts->memory && part->acl == parts->acl &&
	       part->total == parts->total && part->offset == parts->filled &&
	       part->bytes == (left < XN_DL_ACL_PART ? left : XN_DL_ACL_PART);
}

int xnb_acl_parts_take(struct xnb_acl_parts *parts,
		       const struct xn_dl_acl *part, bool *ret_whole,
		       struct xsw_acl **ret_acl)
{
	int error = 0;

	*ret_whole = false;
	*ret_acl = NULL;
	if (part->total == 0) {
		xnb_acl_parts_fini(parts);
		*ret_whole = true;
		return 0;
	}
	if (part->offset == 0)
		error = begin(parts, part);
	if (!error && !goes_on(parts, part))
		error = -EPROTO;
	if (error)
		return error;
	memcpy((uint8_t *)parts->memory + parts->filled, part->data,
	       part->bytes);
	parts->filled += part->bytes;
	if (parts->filled < parts->total)
		return 0;
	error = xsw_acl_check(parts->memory, parts->total);
	if (error)
		return error;
	*ret_whole = true;
	*ret_acl = parts->memory;
	parts->memory = NULL;
	return 0;
}
