/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status of network-route and network-nat, see routed.h. Called by
 * routed_main.c. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/hold/hold.h"
#include "network-script/routed.h"
#include "network-script/status.h"
#include "router/masquerade.h"
#include "router/uplink.h"

/* As sysctl(8) has it. What the kernel has not is left out. */
static void show_setting(const char *family, const char *link, const char *key)
{
	char path[XN_HOLD_NAME_MAX];
	uint32_t value;

	if (link)
		(void)xn_text_format(path, sizeof(path), "net/%s/conf/%s/%s",
				     family, link, key);
	else
		(void)xn_text_copy(path, sizeof(path), key);
	if (xn_hold_read_sysctl(path, &value) < 0)
		return;
	/* A dot in a link's name is a slash there. */
	for (char *c = path; *c; c++)
		*c = *c == '/' ? '.' : *c == '.' ? '/' : *c;
	(void)printf("%s = %u\n", path, value);
}

static void show_outs(void)
{
	struct xrt_outs outs = {.count = 0};

	(void)xrt_masquerade_see(&outs, NULL);
	(void)fputs("masquerade:", stdout);
	for (uint32_t i = 0; i < outs.count; i++)
		(void)printf(" %s", outs.name[i]);
	(void)puts(outs.count ? "" : " no");
}

static int show(struct xn_nl *nl, const char *name, struct xn_err *err)
{
	struct xn_link_table links;
	int rc = xn_link_dump(nl, &links, err);

	if (rc < 0)
		return rc;
	xns_status_rule();
	rc = xns_status_link(nl, &links, name, err);
	(void)puts(" ");
	if (rc == 0)
		rc = xns_status_routes(nl, &links, err);
	(void)puts(" ");
	show_setting(NULL, NULL, XN_HOLD_FORWARD4);
	show_setting(NULL, NULL, XN_HOLD_FORWARD6);
	if (xn_link_name_valid(name)) {
		show_setting("ipv4", name, "proxy_arp");
		show_setting("ipv6", name, "proxy_ndp");
	}
	show_outs();
	xns_status_rule();
	xn_link_table_fini(&links);
	if (fflush(stdout) != 0 || ferror(stdout))
		return xn_fail(err, EIO, "standard output: not all is written");
	return rc;
}

int xns_routed_status(struct xn_nl *nl, const struct xns_request *request,
		      struct xn_err *err)
{
	struct xrt_uplink uplink;
	char name[IFNAMSIZ] = "eth0";

	if (request->netdev[0])
		memcpy(name, request->netdev, IFNAMSIZ);
	else if (request->has_vifnum)
		(void)xn_text_format(name, sizeof(name), "eth%u",
				     request->vifnum);
	else if (xrt_uplink_find(nl, "", &uplink, NULL) == 0)
		memcpy(name, uplink.link.name, IFNAMSIZ);
	return show(nl, name, err);
}
