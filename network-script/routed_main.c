/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * network-route and network-nat: run by xend (network-script), by its users'
 * wrapper scripts or by hand, as root. They start no process.
 * Exit status: 0 done, or nothing to do; 1 failed, or not a command they know.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "network-script/report.h"
#include "network-script/routed.h"

static const char *const names[] = {
	[XNS_ROUTE] = "network-route", [XNS_NAT] = "network-nat"};

static int usage(enum xns_routed what)
{
	(void)printf("usage: %s start|stop|status [KEY=VALUE...]\n"
		     "\n"
		     "  netdev=NAME  the interface that leads out\n"
		     "  vifnum=N     it is ethN\n",
		     names[what]);
	if (what == XNS_NAT)
		(void)puts("  dhcp=no      a DHCP server is not started");
	(void)printf("\nSee %s(8).\n", names[what]);
	return 0;
}

/* The last one counts, as of all settings, and an empty one says nothing. */
static int check_dhcp(int argc, char **argv, struct xn_err *err)
{
	const char *dhcp = "no";

	for (int i = 0; i < argc; i++)
		if (strncmp(argv[i], "dhcp=", 5) == 0 && argv[i][5] != '\0')
			dhcp = argv[i] + 5;
	if (strcmp(dhcp, "yes") == 0)
		return xn_fail(err, ENOTSUP,
			       "dhcp=yes: no DHCP server is configured or "
			       "started by this script; start one yourself, "
			       "and say dhcp=no");
	if (strcmp(dhcp, "no") != 0)
		return xn_fail(err, EINVAL, "dhcp=%.64s: yes or no", dhcp);
	return 0;
}

/* Without `dhcp`, which is network-nat's alone. */
static int parse(enum xns_routed what, int argc, char **argv,
		 struct xns_request *ret_request, struct xn_err *err)
{
	const char **rest = calloc((size_t)argc + 1, sizeof(*rest));
	int count = 0;
	int rc;

	if (!rest)
		return xn_fail(err, ENOMEM, "out of memory");
	for (int i = 0; i < argc; i++)
		if (what != XNS_NAT || strncmp(argv[i], "dhcp=", 5) != 0)
			rest[count++] = argv[i];
	rc = xns_request_parse(count, rest, ret_request, err);
	free(rest);
	if (rc == 0 && what == XNS_NAT && ret_request->command == XNS_START)
		rc = check_dhcp(argc, argv, err);
	return rc;
}

static int run(enum xns_routed what, const struct xns_request *request,
	       struct xn_err *err)
{
	struct xn_nl *nl;
	int rc = xn_nl_open(&nl, err);

	if (rc < 0)
		return rc;
	switch (request->command) {
	case XNS_START:
		rc = xns_routed_start(nl, what, request, err);
		break;
	case XNS_STOP:
		rc = xns_routed_stop(nl, what, request, err);
		break;
	case XNS_STATUS:
		rc = xns_routed_status(nl, request, err);
		break;
	case XNS_UNKNOWN:
		break;
	}
	xn_nl_close(nl);
	return rc;
}

int xns_routed_main(enum xns_routed what, int argc, char **argv)
{
	struct xns_request request = {.command = XNS_UNKNOWN, .word = ""};
	struct xn_err err = {.set = false};
	int rc;

	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return usage(what);
	xns_report_open(names[what]);
	rc = parse(what, argc - 1, argv + 1, &request, &err);
	if (rc != -ENOMEM && request.command == XNS_UNKNOWN) {
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
		rc = run(what, &request, &err);
	if (rc < 0)
		xns_report(XN_LOG_ERROR, "%s", xn_err_text(&err));
	return rc < 0 ? 1 : 0;
}
