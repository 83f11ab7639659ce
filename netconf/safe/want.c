/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configuration to plan, see want.h. */
#include "netconf/safe/want.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "netconf/base/fd.h"
#include "netconf/nl/probe.h"
#include "netconf/observe/observe.h"
#include "netconf/safe/held.h"

#define MACHINE_ID "/etc/machine-id"
#define FNV_OFFSET 0xcbf29ce484222325u
#define FNV_PRIME 0x100000001b3u

/* Two hosts are not to have bridges with the same MAC. */
uint64_t xn_want_seed(void)
{
	int fd = open(MACHINE_ID, O_RDONLY | O_CLOEXEC);
	uint64_t hash = FNV_OFFSET;
	char text[64];
	ssize_t got = 0;

	if (fd >= 0)
		got = read(fd, text, sizeof(text));
	xn_close(&fd);
	for (ssize_t i = 0; i < got; i++)
		hash = (hash ^ (uint8_t)text[i]) * FNV_PRIME;
	return hash;
}

static bool speaks_of_vlans(const struct xn_planeconf *conf)
{
	for (uint32_t i = 0; i < conf->bridge_count; i++) {
		if (xn_planeconf_says(&conf->bridge[i], XN_CONF_VLAN_FILTERING))
			return true;
	}
	return false;
}

static int probe(const struct xn_planeconf *conf, bool *ret_vlan_filtering,
		 struct xn_err *err)
{
	struct xn_probe found;
	int rc;

	*ret_vlan_filtering = false;
	if (!speaks_of_vlans(conf))
		return 0;
	rc = xn_probe_kernel(XN_PROBE_BIT(XN_PROBE_VLAN_FILTERING), &found,
			     err);
	if (rc == 0)
		*ret_vlan_filtering =
			found.state[XN_PROBE_VLAN_FILTERING] == XN_PROBE_THERE;
	return rc;
}

static int fill(struct xn_nl *nl, const struct xn_planeconf *conf,
		const struct xn_ours *ours, const struct xn_lifelines *lines,
		struct xn_want *want, struct xn_err *err)
{
	struct xn_host host = {.observed = &want->observed,
			       .conf = conf,
			       .ours = ours,
			       .mac_seed = xn_want_seed()};
	int rc = probe(conf, &host.vlan_filtering, err);

	if (rc == 0)
		rc = xn_observe(nl, &want->observed, err);
	if (rc == 0)
		rc = xn_host_want(&host, &want->host, err);
	if (rc == 0)
		rc = xn_plan_make(&want->observed, &want->host.model,
				  &want->plan, err);
	if (rc < 0)
		return rc;
	xn_lifelines_cut(lines, &want->observed, &want->plan, &want->cut);
	(void)xn_held_judge("", &host, &want->host.model, &want->held);
	return 0;
}

int xn_want_make(struct xn_nl *nl, struct xn_force *force,
		 const struct xn_planeconf *conf, const struct xn_ours *ours,
		 const struct xn_lifelines *lines, struct xn_want **ret_want,
		 struct xn_err *err)
{
	struct xn_want *want = calloc(1, sizeof(*want));
	int rc;

	if (!want)
		return xn_fail(err, ENOMEM, "plan: out of memory");
	rc = fill(nl, conf, ours, lines, want, err);
	if (rc == 0)
		rc = xn_force_look(force, conf, &want->force, err);
	if (rc < 0) {
		xn_want_destroy(want);
		return rc;
	}
	*ret_want = want;
	return 0;
}

bool xn_want_is_so(const struct xn_want *want)
{
	return want->plan.count == 0 && want->force.count == 0;
}

void xn_want_destroy(struct xn_want *want)
{
	if (!want)
		return;
	xn_force_ops_fini(&want->force);
	xn_plan_fini(&want->plan);
	xn_model_fini(&want->host.model);
	xn_model_fini(&want->observed);
	free(want);
}
