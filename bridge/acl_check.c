/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether bytes are a program, see acl.h. Called where a program comes in: its
 * maker is another process. */
#include <errno.h>

#include "bridge/acl.h"

static bool fits(struct xsw_acl_span span, uint32_t count)
{
	return span.first <= count && span.count <= count - span.first;
}

static bool is_good(const struct xsw_acl *acl, const struct xsw_acl_rule *rule)
{
	if (rule->flags & ~XSW_ACL_RULE_FLAGS)
		return false;
	if (rule->family != 0 && rule->family != 4 && rule->family != 6)
		return false;
	return fits(rule->macs, acl->mac_count) &&
	       fits(rule->nets6, acl->nets6_count) &&
	       fits(rule->nets4, acl->nets4_count);
}

int xsw_acl_check(const void *memory, size_t bytes)
{
	const struct xsw_acl *acl = memory;
	const struct xsw_acl_rule *rule;
	uint32_t rules;

	if (bytes < sizeof(*acl) || acl->bytes != bytes)
		return -EINVAL;
	if (acl->mac_count > XSW_ACL_MACS_MAX ||
	    acl->nets6_count > XSW_ACL_NETS6_MAX ||
	    acl->nets4_count > XSW_ACL_NETS4_MAX ||
	    acl->rule_count[XSW_ACL_OUT] > XSW_ACL_RULES_MAX ||
	    acl->rule_count[XSW_ACL_IN] >
		    XSW_ACL_RULES_MAX - acl->rule_count[XSW_ACL_OUT])
		return -E2BIG;
	if (acl->allow > 1 || acl->reserved || xsw_acl_size(acl) != bytes)
		return -EINVAL;
	rule = xsw_acl_rules(acl, XSW_ACL_OUT);
	rules = acl->rule_count[XSW_ACL_OUT] + acl->rule_count[XSW_ACL_IN];
	for (uint32_t i = 0; i < rules; i++)
		if (!is_good(acl, &rule[i]))
			return -EINVAL;
	return 0;
}
