/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shares of an uplink whose rate nobody says: they would be silent. Pure. */
#include "netconf/parse/share_check.h"

#define BIT(setting) (1u << (unsigned int)(setting))

static const struct way {
	enum xn_conf_key uplink;
	enum xn_setting guarantee, weight;
} ways[] = {
	{XN_CONF_UPLINK_RATE, XN_SETTING_GUARANTEE, XN_SETTING_WEIGHT},
	{XN_CONF_UPLINK_RATE_IN, XN_SETTING_GUARANTEE_IN, XN_SETTING_WEIGHT_IN},
};

static bool has_rate(const struct xn_planeconf_bridge *bridge,
		     const struct way *way)
{
	return way->uplink == XN_CONF_UPLINK_RATE ? bridge->uplink_rate != 0
						  : bridge->uplink_rate_in != 0;
}

static bool any_has_rate(const struct xn_planeconf *conf, const struct way *way)
{
	for (uint32_t i = 0; i < conf->bridge_count; i++) {
		if (has_rate(&conf->bridge[i], way))
			return true;
	}
	return false;
}

/* `where` is empty for a bridge's own section. */
static void warn(const struct xn_settings *settings, const struct way *way,
		 const struct xn_conf_place *section, const char *where,
		 struct xn_report *report)
{
	const enum xn_setting shares[] = {way->guarantee, way->weight};

	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		if (settings->said & BIT(shares[i]))
			xn_report_warning(report, section,
					  "%s: without %s%s it is not in "
					  "force: there is nothing to divide",
					  xn_setting_name(shares[i]),
					  xn_conf_key_name(way->uplink), where);
	}
}

static void check_way(const struct xn_planeconf *conf, const struct way *way,
		      struct xn_report *report)
{
	static const char of_any[] = " of a bridge";

	for (uint32_t i = 0; i < conf->bridge_count; i++) {
		if (!has_rate(&conf->bridge[i], way))
			warn(&conf->bridge[i].vifs, way,
			     &conf->bridge[i].section, "", report);
	}
	if (any_has_rate(conf, way))
		return;
	if (conf->has_defaults)
		warn(&conf->defaults, way, &conf->defaults_section, of_any,
		     report);
	for (uint32_t i = 0; i < conf->vif_count; i++)
		warn(&conf->vif[i].settings, way, &conf->vif[i].section, of_any,
		     report);
}

void xn_share_check(const struct xn_planeconf *conf, struct xn_report *report)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		check_way(conf, &ways[i], report);
}
