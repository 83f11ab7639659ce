/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * network-bridge: run by xend (network-script), by its users' wrapper scripts
 * or by hand, as root. It starts no process.
 * Exit status: 0 done, or nothing to do; 1 failed, or not a command it knows.
 */
#include <stdio.h>
#include <string.h>

#include "netconf/nl/socket.h"
#include "network-script/change.h"
#include "network-script/report.h"
#include "network-script/status.h"

static int usage(void)
{
	(void)fputs("usage: network-bridge start|stop|status [KEY=VALUE...]\n"
		    "\n"
		    "  bridge=NAME          the bridge; null: do nothing\n"
		    "  netdev=NAME          the NIC, by its name before start\n"
		    "  vifnum=N             of vif0.N, xenbrN and ethN\n"
		    "  style=old|new|direct how they are put together\n"
		    "  antispoof=yes|no     guests send to the outside only\n"
		    "  force=yes|no         also where a look says no\n"
		    "\n"
		    "See network-bridge(8).\n",
		    stdout);
	return 0;
}

static int run(const struct xns_request *request, struct xn_err *err)
{
	struct xn_nl *nl;
	int rc;

	if (request->nothing && request->command != XNS_STATUS)
		return 0;
	rc = xn_nl_open(&nl, err);
	if (rc < 0)
		return rc;
	rc = request->command == XNS_STATUS ? xns_status(nl, request, err)
					    : xns_change(nl, request, err);
	xn_nl_close(nl);
	return rc;
}

int main(int argc, char **argv)
{
	struct xns_request request;
	struct xn_err err = {.set = false};
	int rc;

	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return usage();
	xns_report_open("network-bridge");
	rc = xns_request_parse(argc - 1, (const char *const *)argv + 1,
			       &request, &err);
	if (request.command == XNS_UNKNOWN) {
		(void)fprintf(stderr,
			      "Unknown command: %s\n"
			      "Valid commands are: start, stop, status\n",
			      request.word);
		return 1;
	}
	if (rc == 0 && request.unknown)
		xns_report(XN_LOG_WARNING, "%s: no such setting, passed over",
			   request.unknown);
	if (rc == 0)
		rc = run(&request, &err);
	if (rc < 0)
		xns_report(XN_LOG_ERROR, "%s", xn_err_text(&err));
	return rc < 0 ? 1 : 0;
}
