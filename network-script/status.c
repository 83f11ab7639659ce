/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What status prints, part for part, see status.h. */
#include "network-script/status.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/rtnetlink.h>

#include "netconf/brctl/verbs.h"
#include "netconf/observe/observe.h"
#include "network-script/choose.h"
#include "network-script/print.h"

void xns_status_rule(void)
{
	(void)puts("=========================================================="
		   "==");
}

/* `bridge=null` names no bridge, and is asked for by that name. */
static int choose(struct xn_nl *nl, const struct xns_request *request,
		  struct xns_choice *ret_choice, struct xn_err *err)
{
	struct xns_request asked = *request;
	struct xn_model observed;
	int rc = xn_observe(nl, &observed, err);

	if (rc < 0)
		return rc;
	/* Whatever it is in: that is what is asked. */
	asked.bridge[0] = '\0';
	asked.style = XN_STYLES;
	rc = xns_choose(&asked, &observed, NULL, ret_choice, err);
	xn_model_fini(&observed);
	if (rc == 0 && request->bridge[0] != '\0')
		memcpy(ret_choice->bridge, request->bridge, IFNAMSIZ);
	if (rc == 0 && request->nothing)
		(void)strcpy(ret_choice->bridge, "null");
	return rc;
}

int xns_status_link(struct xn_nl *nl, const struct xn_link_table *links,
		    const char *name, struct xn_err *err)
{
	const struct xn_link *link = NULL;
	struct xn_addr_table addrs;
	int rc;

	for (size_t i = 0; i < links->count && !link; i++) {
		if (strcmp(links->link[i].name, name) == 0)
			link = &links->link[i];
	}
	if (!link) {
		(void)fprintf(stderr, "Device \"%s\" does not exist.\n", name);
		return 0;
	}
	rc = xn_addr_dump(nl, link->ifindex, &addrs, err);
	if (rc < 0)
		return rc;
	xns_print_link(stdout, links, link);
	for (size_t i = 0; i < addrs.count; i++) {
		if (addrs.addr[i].ifindex == link->ifindex)
			xns_print_addr(stdout, &addrs.addr[i]);
	}
	xn_addr_table_fini(&addrs);
	return 0;
}

int xns_status_routes(struct xn_nl *nl, const struct xn_link_table *links,
		      struct xn_err *err)
{
	struct xn_route_table routes;
	int rc = xn_route_dump(nl, AF_INET, &routes, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < routes.count; i++) {
		if (routes.route[i].table == RT_TABLE_MAIN)
			xns_print_route(stdout, links, &routes.route[i]);
	}
	xn_route_table_fini(&routes);
	return 0;
}

static int show_old_routes(struct xn_err *err)
{
	FILE *from = fopen("/proc/thread-self/net/route", "re");

	if (!from)
		return xn_fail(err, errno, "/proc/net/route: %s",
			       strerror(errno));
	xns_print_old_routes(stdout, from);
	(void)fclose(from);
	return 0;
}

static int show(struct xn_nl *nl, const struct xns_choice *choice,
		const struct xn_link_table *links, struct xn_err *err)
{
	char verb[] = "show";
	char bridge[IFNAMSIZ];
	char *words[] = {verb, bridge};
	int rc;

	memcpy(bridge, choice->bridge, sizeof(bridge));
	xns_status_rule();
	rc = xns_status_link(nl, links, choice->netdev, err);
	if (rc == 0)
		rc = xns_status_link(nl, links, choice->bridge, err);
	(void)puts(" ");
	(void)xn_brctl_show(nl, 2, words);
	(void)puts(" ");
	if (rc == 0)
		rc = xns_status_routes(nl, links, err);
	(void)puts(" ");
	if (rc == 0)
		rc = show_old_routes(err);
	xns_status_rule();
	if (fflush(stdout) != 0 || ferror(stdout))
		return xn_fail(err, EIO, "standard output: not all is written");
	return rc;
}

int xns_status(struct xn_nl *nl, const struct xns_request *request,
	       struct xn_err *err)
{
	struct xns_choice choice = {.found = XN_STYLES};
	struct xn_link_table links = {0};
	int rc = choose(nl, request, &choice, err);

	if (rc == 0)
		rc = xn_link_dump(nl, &links, err);
	if (rc < 0)
		return rc;
	rc = show(nl, &choice, &links, err);
	xn_link_table_fini(&links);
	return rc;
}
