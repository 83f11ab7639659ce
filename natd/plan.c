/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a configuration to a table, see plan.h. */
#include "natd/plan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

bool xnat_is_nat(const struct xn_planeconf_bridge *bridge)
{
	return bridge->mode == XN_CONF_NAT;
}

bool xnat_has_family(const struct xn_planeconf_bridge *bridge, uint8_t family)
{
	for (uint32_t i = 0; i < bridge->address_count; i++)
		if (bridge->address[i].family == family)
			return true;
	return false;
}

bool xnat_forward_is(const struct xn_nat_forward *forward, uint8_t family)
{
	bool from = forward->source_count == 0;

	if (forward->has_at && forward->at.family != family)
		return false;
	for (uint32_t i = 0; i < forward->source_count; i++)
		from |= forward->source[i].family == family;
	return from;
}

void xnat_limit_name(const char *kind, uint32_t connections,
		     char ret_name[XNAT_NAME_MAX])
{
	(void)snprintf(ret_name, XNAT_NAME_MAX, "%s_%u", kind, connections);
}

int xnat_plan(const struct xn_planeconf *conf, const struct xnat_guests *guests,
	      const struct xnat_features *features,
	      struct xnat_table *ret_table, struct xn_err *err)
{
	struct xnat_table table = {0};

	xnat_put_rules(&table, conf, features);
	xnat_put_elements(&table, conf, guests, features);
	if (table.error) {
		int error = -table.error;

		xnat_table_fini(&table);
		return xn_fail(err, error,
			       error == E2BIG
				       ? "NAT: more than %u ports and addresses"
				       : "NAT: out of memory",
			       XNAT_ELEMENTS_MAX);
	}
	for (uint32_t i = 0; i < table.set_count; i++)
		xnat_set_sort(&table.set[i]);
	*ret_table = table;
	return 0;
}
