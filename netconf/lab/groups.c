/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups of routed vifs, see groups.h. Called by supervisor.c. */
#include "netconf/lab/groups.h"

#include <stdlib.h>
#include <string.h>

#include "netconf/parse/planeconf.h"

bool xn_lab_is_group(const char *file, const char *name)
{
	struct xn_report *report = calloc(1, sizeof(*report));
	struct xn_planeconf *conf = NULL;
	bool found = false;

	if (report && xn_planeconf_read(file, &conf, report) == 0)
		for (uint32_t i = 0; i < conf->bridge_count; i++)
			found |= conf->bridge[i].mode == XN_CONF_ROUTED &&
				 strcmp(conf->bridge[i].name, name) == 0;
	xn_planeconf_destroy(conf);
	free(report);
	return found;
}
