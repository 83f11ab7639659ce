/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration that a command is about. */
#include "netconf/cli/plane_file.h"

#include <stdio.h>
#include <stdlib.h>

#include "netconf/parse/planeconf.h"

struct xn_planeconf *xn_cli_read_plane(const struct xn_cli *cli)
{
	struct xn_report *report = calloc(1, sizeof(*report));
	struct xn_planeconf *conf = NULL;

	if (!report) {
		(void)fputs("xenplane: out of memory\n", stderr);
		return NULL;
	}
	(void)xn_planeconf_read(cli->file ? cli->file : XN_CLI_CONFIG_FILE,
				&conf, report);
	for (uint32_t i = 0; i < report->count; i++)
		(void)fprintf(stderr, "%s\n", report->problem[i].text);
	if (report->left_out)
		(void)fprintf(stderr, "xenplane: and %u more\n",
			      report->left_out);
	free(report);
	return conf;
}
