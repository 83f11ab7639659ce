/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XN_PARSE_ACL_RULE_H
#define XN_PARSE_ACL_RULE_H
/* One rule of an access list from its text; the grammar is acl_keys.h's. Pure;
 * any thread. */
#include "netconf/model/acl.h"
#include "netconf/parse/conf.h"

/* `rule`: zero but for place and allow. 0, or -EINVAL with the place of the
 * word in err. */
int xn_acl_rule_read(struct xn_acl_rule *rule,
		     const struct xn_conf_entry *entry, struct xn_err *err);

#endif
