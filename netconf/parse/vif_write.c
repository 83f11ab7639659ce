/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sections of vifs to text, see vif_write.h. */
#include "netconf/parse/vif_write.h"

#include "netconf/parse/settings.h"

void xn_settings_write(FILE *to, const struct xn_settings *settings)
{
	char text[XN_SETTING_TEXT_MAX];

	for (unsigned int i = 0; i < XN_SETTING_COUNT; i++) {
		enum xn_setting setting = (enum xn_setting)i;

		if (!(settings->said & (1u << i)))
			continue;
		(void)fprintf(to, "%s = %s\n", xn_setting_name(setting),
			      xn_settings_format(settings, setting, text));
	}
}

void xn_defaults_write(FILE *to, const struct xn_planeconf *conf)
{
	if (!conf->has_defaults)
		return;
	(void)fputs("[defaults]\n", to);
	xn_settings_write(to, &conf->defaults);
}

void xn_vifs_write(FILE *to, const struct xn_planeconf *conf)
{
	for (uint32_t i = 0; i < conf->vif_count; i++) {
		const struct xn_planeconf_vif *vif = &conf->vif[i];
		char mac[XN_MAC_TEXT];

		(void)fprintf(to, "[vif %s]\n",
			      vif->name[0] ? vif->name
					   : xn_mac_format(&vif->mac, mac));
		xn_settings_write(to, &vif->settings);
	}
}
