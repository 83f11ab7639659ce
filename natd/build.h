/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XNAT_BUILD_H
#define XNAT_BUILD_H
/* Objects of a table (table.h) as libnftnl's, and rules as the text by which
 * two are compared. For natd only. Pure. Each result is the caller's; NULL:
 * out of memory. */
#include <libnftnl/chain.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>

#include "natd/table.h"

/* `table`: the name of the table that it is for. */
struct nftnl_rule *xnat_build_rule(const char *table, const char *chain,
				   const struct xnat_rule *rule);
struct nftnl_chain *xnat_build_chain(const char *table,
				     const struct xnat_chain *chain);
/* Without elements. */
struct nftnl_set *xnat_build_set(const char *table, const struct xnat_set *set);
/* NULL as well: it does not fit. */
struct nftnl_set_elem *xnat_build_element(const struct xnat_set *set,
					  const struct xnat_element *element);

/* What the rule does; what it counted is left out. To be freed. */
char *xnat_rule_text(struct nftnl_rule *rule);

#endif
