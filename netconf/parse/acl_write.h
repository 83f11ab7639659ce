/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_PARSE_ACL_WRITE_H
#define XN_PARSE_ACL_WRITE_H
/* Access lists to the text that acl_keys.h reads. Pure; one thread. */
#include <stdio.h>

#include "netconf/model/acl.h"

void xn_acl_write(FILE *to, const struct xn_acl *acl);

#endif
