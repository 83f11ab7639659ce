/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_ACL_REFERENCE_H
#define TEST_ACL_REFERENCE_H
/*
 * The slow, obvious twin of compiler and program: what docs/acl.md says, of a
 * rule as it is written and a packet by its meaning.
 */
#include "netconf/acl/compile.h"
#include "tests/unit/netconf/acl/spec.h"

bool reference_allows(const struct xn_acl *acl, const struct xacl_known *known,
		      bool in, const struct spec *spec);

#endif
