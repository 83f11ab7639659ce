/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Leases for NAT, see feed.h. */
#include "natd/dhcp/feed.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <time.h>

#include "natd/dhcp/leases.h"
#include "natd/dhcp/plan.h"
#include "netconf/base/text.h"

#define STATE_FOLDER "/run/xenplane"

int xdhcp_home(const struct xn_nl *nl, char *ret_path, size_t path_bytes,
	       struct xn_err *err)
{
	int rc = xn_text_format(ret_path, path_bytes, STATE_FOLDER "/dhcp-%llu",
				(unsigned long long)xn_nl_namespace_cookie(nl));

	return rc < 0 ? xn_fail(err, -rc, "the leases' path is too long") : 0;
}

static int add_bridge(const char *home, const char *bridge,
		      struct xnat_guests *guests, struct xn_err *err)
{
	struct xdhcp_leases leases;
	char path[PATH_MAX];
	int rc = xn_text_format(path, sizeof(path), "%s/%s/" XDHCP_LEASES_FILE,
				home, bridge);

	if (rc < 0)
		return xn_fail(err, -rc, "the leases' path is too long");
	rc = xdhcp_leases_read(path, &leases, err);
	if (rc < 0)
		return rc;
	rc = xdhcp_leases_add_guests(&leases, bridge, (uint64_t)time(NULL),
				     guests);
	xdhcp_leases_fini(&leases);
	return rc < 0 ? xn_fail(err, -rc, "%s: %s", path, strerror(-rc)) : 0;
}

int xdhcp_guests_add(const struct xn_nl *nl, const struct xn_planeconf *conf,
		     struct xnat_guests *guests, struct xn_err *err)
{
	char home[PATH_MAX];
	int rc = xdhcp_home(nl, home, sizeof(home), err);

	for (uint32_t i = 0; i < conf->bridge_count && rc == 0; i++)
		if (xn_dhcp_gives4(&conf->bridge[i]))
			rc = add_bridge(home, conf->bridge[i].name, guests,
					err);
	return rc;
}
