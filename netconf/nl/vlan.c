/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VLAN devices, see vlan.h. */
#include "netconf/nl/vlan.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "netconf/nl/link.h"
#include "netconf/nl/request.h"

int xn_link_create_vlan(struct xn_nl *nl, const char *name, int lower,
			uint16_t id, struct xn_err *err)
{
	struct xn_nl_request request;
	struct nlattr *info;
	struct nlattr *data;
	int rc;

	if (!xn_link_name_valid(name) || lower <= 0 || id < XN_VLAN_ID_MIN ||
	    id > XN_VLAN_ID_MAX)
		return xn_fail(err, EINVAL,
			       "create VLAN device \"%s\", VLAN %u of link %d: "
			       "not a valid name or number",
			       name, id, lower);
	xn_nl_request_init(&request, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
			   sizeof(struct ifinfomsg));
	xn_nl_put_text(&request, IFLA_IFNAME, name);
	xn_nl_put_u32(&request, IFLA_LINK, (uint32_t)lower);
	info = xn_nl_nest(&request, IFLA_LINKINFO);
	xn_nl_put_text(&request, IFLA_INFO_KIND, "vlan");
	data = xn_nl_nest(&request, IFLA_INFO_DATA);
	xn_nl_put_u16(&request, IFLA_VLAN_ID, id);
	xn_nl_nest_end(&request, data);
	xn_nl_nest_end(&request, info);
	rc = xn_nl_call(nl, &request, err);
	if (rc < 0)
		xn_err_prefix(err, "create VLAN device %s", name);
	return rc;
}
