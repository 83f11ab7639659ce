/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a wish makes sense by itself. Pure. */
#include <errno.h>
#include <string.h>

#include "qos/plan.h"

static int check_limit(const char *name, const char *way,
		       const struct xq_limit *limit, struct xn_err *err)
{
	if (limit->rate > XQ_RATE_MAX || limit->ceiling > XQ_RATE_MAX ||
	    limit->guarantee > XQ_RATE_MAX)
		return xn_fail(err, EINVAL, "%s, %s: the rate is too high",
			       name, way);
	if (limit->burst_bytes > XQ_BURST_MAX)
		return xn_fail(err, EINVAL, "%s, %s: the burst is too large",
			       name, way);
	if (limit->weight > XQ_WEIGHT_MAX)
		return xn_fail(err, EINVAL, "%s, %s: a weight is 1 to %u", name,
			       way, XQ_WEIGHT_MAX);
	if (limit->burst_bytes && !limit->rate)
		return xn_fail(err, EINVAL,
			       "%s, %s: a burst is one above a rate, and there "
			       "is none",
			       name, way);
	if (limit->ceiling && limit->rate > limit->ceiling)
		return xn_fail(err, EINVAL,
			       "%s, %s: the rate is above the ceiling", name,
			       way);
	if (limit->ceiling && limit->guarantee > limit->ceiling)
		return xn_fail(err, EINVAL,
			       "%s, %s: the guarantee is above the ceiling",
			       name, way);
	if (limit->rate && limit->guarantee > limit->rate)
		return xn_fail(err, EINVAL,
			       "%s, %s: the guarantee is above the rate", name,
			       way);
	return 0;
}

static const struct xq_uplink *find_uplink(const struct xq_wish *wish,
					   const char *name)
{
	for (size_t i = 0; i < wish->uplink_count; i++)
		if (!strcmp(wish->uplink[i].name, name))
			return &wish->uplink[i];
	return NULL;
}

static bool same_station(const struct xq_vif *a, const struct xq_vif *b)
{
	return a->has_mac && b->has_mac && xn_mac_equal(&a->mac, &b->mac) &&
	       a->uplink[0] && !strcmp(a->uplink, b->uplink);
}

static int check_police(const struct xq_vif *vif, struct xn_err *err)
{
	if (vif->police && (vif->send.rate > XQ_POLICE_RATE_MAX ||
			    vif->send.ceiling > XQ_POLICE_RATE_MAX))
		return xn_fail(err, EINVAL,
			       "%s, sending: more than 112Gb/s, which police "
			       "= on cannot count",
			       vif->name);
	return 0;
}

static int check_vif(const struct xq_wish *wish, size_t place,
		     struct xn_err *err)
{
	const struct xq_vif *vif = &wish->vif[place];
	int error;

	for (size_t i = 0; i < place; i++) {
		if (!strcmp(wish->vif[i].name, vif->name))
			return xn_fail(err, EINVAL, "%s: said twice",
				       vif->name);
		if (same_station(&wish->vif[i], vif))
			return xn_fail(err, EINVAL,
				       "%s and %s: the same MAC address behind "
				       "%s",
				       wish->vif[i].name, vif->name,
				       vif->uplink);
	}
	if (find_uplink(wish, vif->name))
		return xn_fail(err, EINVAL,
			       "%s: a vif, and an uplink: only one can be",
			       vif->name);
	if (vif->uplink[0] && !find_uplink(wish, vif->uplink))
		return xn_fail(err, EINVAL,
			       "%s: nothing is said of its uplink %s",
			       vif->name, vif->uplink);
	if (vif->has_mac && xn_mac_is_group(&vif->mac))
		return xn_fail(err, EINVAL, "%s: a group's address", vif->name);
	error = check_police(vif, err);
	if (!error)
		error = check_limit(vif->name, "sending", &vif->send, err);
	return error ? error
		     : check_limit(vif->name, "receiving", &vif->receive, err);
}

int xq_wish_check(const struct xq_wish *wish, struct xn_err *err)
{
	int error = 0;

	if (wish->vif_count > XQ_VIFS_MAX || wish->uplink_count > XQ_VIFS_MAX)
		return xn_fail(err, EINVAL, "more than %u vifs", XQ_VIFS_MAX);
	for (size_t i = 0; i < wish->uplink_count; i++) {
		const struct xq_uplink *uplink = &wish->uplink[i];

		if (find_uplink(wish, uplink->name) != uplink)
			return xn_fail(err, EINVAL, "%s: said twice",
				       uplink->name);
		if (uplink->send_rate > XQ_RATE_MAX ||
		    uplink->receive_rate > XQ_RATE_MAX)
			return xn_fail(err, EINVAL, "%s: the rate is too high",
				       uplink->name);
	}
	for (size_t i = 0; i < wish->vif_count && !error; i++)
		error = check_vif(wish, i, err);
	return error;
}
