/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Netdevs that are taken, given back or get another style, see held.h. */
#include "netconf/safe/held.h"

#include "netconf/holder/judge.h"
#include "netconf/plan/style.h"

#define AGAIN "; --force does it all the same"

const struct xn_model_link *xn_held_link(const struct xn_model *model,
					 const char *netdev)
{
	char bridge[IFNAMSIZ];

	switch (xn_style_found(model, netdev, bridge)) {
	case XN_STYLE_DIRECT:
	case XN_STYLE_NEW:
		return xn_model_link_named(model, bridge);
	case XN_STYLE_OLD:
	case XN_STYLES:
		break;
	}
	return xn_model_link_named(model, netdev);
}

static int judge_netdev(const char *root, const struct xn_model *observed,
			const struct xn_model *wanted, const char *netdev,
			struct xn_err *err)
{
	const struct xn_model_link *from = xn_held_link(observed, netdev);
	const struct xn_model_link *to = xn_held_link(wanted, netdev);
	struct xn_holder_way way;

	if (!netdev[0] || !from || !to || from->ifindex == to->ifindex)
		return 0;
	way = (struct xn_holder_way){
		.from = from->name,
		.from_ifindex = from->ifindex,
		.goes = !xn_model_link(wanted, from->ifindex),
		.to = to->name};
	return xn_holder_judge(root, &way, AGAIN, err);
}

int xn_held_judge(const char *root, const struct xn_host *host,
		  const struct xn_model *wanted, struct xn_err *err)
{
	int rc = 0;

	for (uint32_t i = 0; i < host->conf->bridge_count && rc == 0; i++)
		rc = judge_netdev(root, host->observed, wanted,
				  host->conf->bridge[i].netdev, err);
	for (uint32_t i = 0; i < host->ours->count && rc == 0; i++)
		rc = judge_netdev(root, host->observed, wanted,
				  host->ours->item[i].netdev, err);
	return rc;
}
