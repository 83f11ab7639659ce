/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QOS_POLICE_RULE_H
#define QOS_POLICE_RULE_H
/*
 * A vif's rules as libnftnl has them: one that counts all, then one for each
 * limit: beyond it, count, drop. For qos/police*.c. Pure.
 */
#include <libnftnl/rule.h>

#include "qos/police.h"

/* As tc's clsact comes after it: before everything else's. */
#define XQ_POLICE_PRIORITY (-500)
#define XQ_POLICE_RULES(police) ((police)->count + 1)

/* The place-th rule. The caller's: nftnl_rule_free(). NULL: out of memory. */
struct nftnl_rule *xq_police_build_rule(const struct xq_police *police,
					uint32_t place);

/* Takes in the next rule of the vif's chain; one that is none of the above
 * marks the chain as changed. */
void xq_police_read_rule(struct xq_police *police, struct nftnl_rule *rule);
/* As before the first one; whether the chain itself is changed stays. */
void xq_police_forget_rules(struct xq_police *police);

#endif
