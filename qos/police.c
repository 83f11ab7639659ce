/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A vif's limits as nftables', see police.h. Pure. */
#include "qos/police.h"

#include "netconf/base/text.h"
#include "qos/build.h"

static void add_limit(struct xq_police *police, uint64_t rate,
		      uint64_t burst_bytes)
{
	police->limit[police->count++] = (struct xq_police_limit){
		.rate = rate,
		.burst_bytes = burst_bytes > UINT32_MAX ? UINT32_MAX
							: (uint32_t)burst_bytes,
	};
}

/* What is beyond the ceiling takes nothing of the rate. */
int xq_add_police(const struct xq_build *build, const struct xn_link *link,
		  const struct xq_limit *limit, const struct xq_pace *pace)
{
	struct xq_police police = {.ifindex = link->ifindex};

	(void)xn_text_copy(police.name, sizeof(police.name), link->name);
	if (limit->ceiling)
		add_limit(&police, pace->ceil, pace->cburst_bytes);
	if (limit->rate)
		add_limit(&police, pace->rate, pace->burst_bytes);
	return xq_state_add(build->state, XQ_POLICE, &police);
}
