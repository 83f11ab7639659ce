/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The layers of settings, see settings.h. */
#include "netconf/model/settings.h"

#include <string.h>

void xn_settings_builtin(struct xn_settings *ret_settings)
{
	*ret_settings = (struct xn_settings){
		.said = (1u << XN_SETTING_COUNT) - 1,
		.fastpath = true,
		.offload = true,
		.carrier = true,
		.send.weight = XN_WEIGHT_DEFAULT,
		.receive.weight = XN_WEIGHT_DEFAULT,
	};
}

/* Of what is received: what the same is called of what is sent. */
static enum xn_setting way_out(enum xn_setting setting)
{
	return (enum xn_setting)(setting - XN_SETTING_RATE_IN +
				 XN_SETTING_RATE);
}

static void overlay_share(struct xn_share *to, const struct xn_share *from,
			  enum xn_setting setting)
{
	if (setting == XN_SETTING_RATE) {
		to->rate_bytes = from->rate_bytes;
		to->rate_interval_us = from->rate_interval_us;
	} else if (setting == XN_SETTING_BURST) {
		to->burst_bytes = from->burst_bytes;
	} else if (setting == XN_SETTING_CEILING) {
		to->ceiling = from->ceiling;
	} else if (setting == XN_SETTING_GUARANTEE) {
		to->guarantee = from->guarantee;
	} else if (setting == XN_SETTING_WEIGHT) {
		to->weight = from->weight;
	}
}

static void overlay_one(struct xn_settings *to, const struct xn_settings *from,
			enum xn_setting setting)
{
	switch (setting) {
	case XN_SETTING_FASTPATH:
		to->fastpath = from->fastpath;
		break;
	case XN_SETTING_OFFLOAD:
		to->offload = from->offload;
		break;
	case XN_SETTING_ANTISPOOF:
		to->antispoof = from->antispoof;
		break;
	case XN_SETTING_ISOLATED:
		to->isolated = from->isolated;
		break;
	case XN_SETTING_CARRIER:
		to->carrier = from->carrier;
		break;
	case XN_SETTING_BPDU:
		to->bpdu_drop = from->bpdu_drop;
		break;
	case XN_SETTING_STORM:
		to->storm_frames = from->storm_frames;
		break;
	case XN_SETTING_RATE:
	case XN_SETTING_BURST:
	case XN_SETTING_CEILING:
	case XN_SETTING_GUARANTEE:
	case XN_SETTING_WEIGHT:
		overlay_share(&to->send, &from->send, setting);
		break;
	case XN_SETTING_RATE_IN:
	case XN_SETTING_BURST_IN:
	case XN_SETTING_CEILING_IN:
	case XN_SETTING_GUARANTEE_IN:
	case XN_SETTING_WEIGHT_IN:
		overlay_share(&to->receive, &from->receive, way_out(setting));
		break;
	case XN_SETTING_POLICE:
		to->police = from->police;
		break;
	case XN_SETTING_IP:
		to->address_count = from->address_count;
		memcpy(to->address, from->address, sizeof(to->address));
		break;
	case XN_SETTING_ACL:
		memcpy(to->acl, from->acl, sizeof(to->acl));
		break;
	case XN_SETTING_REPAIR:
		to->repair = from->repair;
		break;
	case XN_SETTING_COUNT:
		break;
	}
}

void xn_settings_overlay(struct xn_settings *settings,
			 const struct xn_settings *from)
{
	for (unsigned int i = 0; i < XN_SETTING_COUNT; i++)
		if (from->said & (1u << i))
			overlay_one(settings, from, (enum xn_setting)i);
	settings->said |= from->said;
}

void xn_settings_merge(const struct xn_settings *const layer[XN_LAYER_COUNT],
		       struct xn_settings_sum *ret_sum)
{
	xn_settings_builtin(&ret_sum->now);
	for (unsigned int i = 0; i < XN_SETTING_COUNT; i++)
		ret_sum->from[i] = XN_LAYER_BUILTIN;
	for (unsigned int l = XN_LAYER_BUILTIN + 1; l < XN_LAYER_COUNT; l++) {
		if (!layer[l])
			continue;
		xn_settings_overlay(&ret_sum->now, layer[l]);
		for (unsigned int i = 0; i < XN_SETTING_COUNT; i++)
			if (layer[l]->said & (1u << i))
				ret_sum->from[i] = (enum xn_settings_layer)l;
	}
}

static bool same_address(const struct xn_address *a, const struct xn_address *b)
{
	return a->family == b->family && a->prefix == b->prefix &&
	       !memcmp(a->octet, b->octet, sizeof(a->octet));
}

static bool same_addresses(const struct xn_settings *a,
			   const struct xn_settings *b)
{
	if (a->address_count != b->address_count)
		return false;
	for (uint32_t i = 0; i < a->address_count; i++)
		if (!same_address(&a->address[i], &b->address[i]))
			return false;
	return true;
}

static bool same_share(const struct xn_share *a, const struct xn_share *b,
		       enum xn_setting setting)
{
	if (setting == XN_SETTING_RATE)
		return a->rate_bytes == b->rate_bytes &&
		       a->rate_interval_us == b->rate_interval_us;
	if (setting == XN_SETTING_BURST)
		return a->burst_bytes == b->burst_bytes;
	if (setting == XN_SETTING_CEILING)
		return a->ceiling == b->ceiling;
	if (setting == XN_SETTING_GUARANTEE)
		return a->guarantee == b->guarantee;
	return a->weight == b->weight;
}

static bool same_one(const struct xn_settings *a, const struct xn_settings *b,
		     enum xn_setting setting)
{
	switch (setting) {
	case XN_SETTING_FASTPATH:
		return a->fastpath == b->fastpath;
	case XN_SETTING_OFFLOAD:
		return a->offload == b->offload;
	case XN_SETTING_ANTISPOOF:
		return a->antispoof == b->antispoof;
	case XN_SETTING_ISOLATED:
		return a->isolated == b->isolated;
	case XN_SETTING_CARRIER:
		return a->carrier == b->carrier;
	case XN_SETTING_BPDU:
		return a->bpdu_drop == b->bpdu_drop;
	case XN_SETTING_STORM:
		return a->storm_frames == b->storm_frames;
	case XN_SETTING_RATE:
	case XN_SETTING_BURST:
	case XN_SETTING_CEILING:
	case XN_SETTING_GUARANTEE:
	case XN_SETTING_WEIGHT:
		return same_share(&a->send, &b->send, setting);
	case XN_SETTING_RATE_IN:
	case XN_SETTING_BURST_IN:
	case XN_SETTING_CEILING_IN:
	case XN_SETTING_GUARANTEE_IN:
	case XN_SETTING_WEIGHT_IN:
		return same_share(&a->receive, &b->receive, way_out(setting));
	case XN_SETTING_POLICE:
		return a->police == b->police;
	case XN_SETTING_IP:
		return same_addresses(a, b);
	case XN_SETTING_ACL:
		return !strcmp(a->acl, b->acl);
	case XN_SETTING_REPAIR:
		return a->repair == b->repair;
	case XN_SETTING_COUNT:
		break;
	}
	return true;
}

bool xn_settings_equal(const struct xn_settings *a, const struct xn_settings *b)
{
	if (a->said != b->said)
		return false;
	for (unsigned int i = 0; i < XN_SETTING_COUNT; i++)
		if ((a->said & (1u << i)) &&
		    !same_one(a, b, (enum xn_setting)i))
			return false;
	return true;
}

/* An interval that is too short to be told in microseconds. */
#define INTERVAL_US_MIN 1000.0

void xn_share_bucket(const struct xn_share *share, uint32_t interval_us_max,
		     uint64_t *ret_bytes, uint32_t *ret_interval_us)
{
	double bytes = (double)share->rate_bytes;
	double interval_us = share->rate_interval_us;
	double burst = (double)share->burst_bytes;

	*ret_bytes = share->rate_bytes;
	*ret_interval_us = share->rate_interval_us;
	if (!share->rate_bytes || !share->burst_bytes)
		return;
	interval_us *= burst / bytes;
	if (interval_us > interval_us_max) {
		burst *= interval_us_max / interval_us;
		interval_us = interval_us_max;
	} else if (interval_us < INTERVAL_US_MIN) {
		burst *= INTERVAL_US_MIN / interval_us;
		interval_us = INTERVAL_US_MIN;
	}
	*ret_bytes = burst < 1 ? 1 : (uint64_t)(burst + 0.5);
	*ret_interval_us = (uint32_t)(interval_us + 0.5);
}

const char *xn_setting_name(enum xn_setting setting)
{
	static const char *const names[XN_SETTING_COUNT] = {
		[XN_SETTING_FASTPATH] = "fastpath",
		[XN_SETTING_OFFLOAD] = "offload",
		[XN_SETTING_ANTISPOOF] = "antispoof",
		[XN_SETTING_ISOLATED] = "isolated",
		[XN_SETTING_CARRIER] = "carrier",
		[XN_SETTING_BPDU] = "bpdu",
		[XN_SETTING_STORM] = "storm",
		[XN_SETTING_RATE] = "rate",
		[XN_SETTING_BURST] = "burst",
		[XN_SETTING_CEILING] = "ceiling",
		[XN_SETTING_GUARANTEE] = "guarantee",
		[XN_SETTING_WEIGHT] = "weight",
		[XN_SETTING_RATE_IN] = "rate-in",
		[XN_SETTING_BURST_IN] = "burst-in",
		[XN_SETTING_CEILING_IN] = "ceiling-in",
		[XN_SETTING_GUARANTEE_IN] = "guarantee-in",
		[XN_SETTING_WEIGHT_IN] = "weight-in",
		[XN_SETTING_POLICE] = "police",
		[XN_SETTING_IP] = "ip",
		[XN_SETTING_ACL] = "acl",
		[XN_SETTING_REPAIR] = "repair",
	};

	return (unsigned int)setting < XN_SETTING_COUNT ? names[setting] : "";
}

const char *xn_settings_layer_name(enum xn_settings_layer layer)
{
	static const char *const names[XN_LAYER_COUNT] = {
		[XN_LAYER_BUILTIN] = "built in",
		[XN_LAYER_DEFAULTS] = "file: defaults",
		[XN_LAYER_BRIDGE] = "file: bridge",
		[XN_LAYER_BRIDGE_SET] = "bridge set",
		[XN_LAYER_STORE] = "store",
		[XN_LAYER_VIF_NAME] = "file: vif's name",
		[XN_LAYER_VIF] = "file: vif",
		[XN_LAYER_VIF_SET] = "vif set",
	};

	return (unsigned int)layer < XN_LAYER_COUNT ? names[layer] : "";
}
