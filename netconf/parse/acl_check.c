/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of access lists single sections cannot know, see acl_keys.h. Pure. */
#include <string.h>

#include "netconf/parse/acl_keys.h"

static bool is_there(const struct xn_planeconf *conf, const char *name)
{
	return xn_planeconf_acl(conf, name) != NULL;
}

static void check_setting(const struct xn_planeconf *conf,
			  const struct xn_settings *settings,
			  const struct xn_conf_place *section,
			  struct xn_report *report)
{
	if ((settings->said & (1u << XN_SETTING_ACL)) && settings->acl[0] &&
	    !is_there(conf, settings->acl))
		xn_report_error(report, section, "acl=%s: there is no [acl %s]",
				settings->acl, settings->acl);
}

static void check_rule(const struct xn_planeconf *conf,
		       const struct xn_acl_rule *rule, struct xn_report *report)
{
	for (uint32_t i = 0; i < rule->peer_count; i++)
		if (rule->peer[i].by == XN_ACL_BY_GROUP &&
		    !is_there(conf, rule->peer[i].name))
			xn_report_error(report, &rule->place,
					"group %s: there is no [acl %s]",
					rule->peer[i].name, rule->peer[i].name);
}

void xn_acl_check(const struct xn_planeconf *conf, struct xn_report *report)
{
	for (uint32_t i = 0; i < conf->acl_count; i++) {
		const struct xn_acl *acl = &conf->acl[i];

		for (uint32_t k = 0; k < acl->rule_count; k++)
			check_rule(conf, &acl->rule[k], report);
		if (xn_acl_compiled_rules(acl) > XN_ACL_COMPILED_MAX)
			xn_report_error(report, &acl->section,
					"[acl %s]: with each port and range "
					"of its rules it has more than %u",
					acl->name, XN_ACL_COMPILED_MAX);
	}
	check_setting(conf, &conf->defaults, &conf->defaults_section, report);
	for (uint32_t i = 0; i < conf->bridge_count; i++)
		check_setting(conf, &conf->bridge[i].vifs,
			      &conf->bridge[i].section, report);
	for (uint32_t i = 0; i < conf->vif_count; i++)
		check_setting(conf, &conf->vif[i].settings,
			      &conf->vif[i].section, report);
}
