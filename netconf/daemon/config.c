/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The administrator's file, see config.h. Read by main.c at the start, and
 * again on SIGHUP; a file that is wrong somewhere counts for nothing. */
#include "netconf/daemon/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/nl/link.h"
#include "netconf/parse/conf.h"
#include "netconf/parse/settings.h"

/* A section needs some bytes of the file, which is bounded. */
struct section {
	struct section *next;
	char bridge[IFNAMSIZ]; /* "": a vif's, or [defaults] */
	bool is_vif;
	struct xn_mac mac;
	struct xn_settings settings;
};

struct xn_config {
	struct section *first; /* the latest one in the file */
};

struct xn_config *xn_config_create(void)
{
	return calloc(1, sizeof(struct xn_config));
}

void xn_config_destroy(struct xn_config *config)
{
	if (!config)
		return;
	while (config->first) {
		struct section *section = config->first;

		config->first = section->next;
		free(section);
	}
	free(config);
}

static bool same_section(const struct section *a, const struct section *b)
{
	return a->is_vif == b->is_vif && !strcmp(a->bridge, b->bridge) &&
	       (!a->is_vif || xn_mac_equal(&a->mac, &b->mac));
}

/* Who the section speaks of. */
static int name_section(const struct xn_conf_entry *entry,
			struct section *section, struct xn_err *err)
{
	if (!strcmp(entry->kind, "defaults") && !entry->name[0])
		return 0;
	if (!strcmp(entry->kind, "bridge")) {
		if (!xn_link_name_valid(entry->name))
			return xn_conf_refuse(&entry->section_place, err,
					      "'%s' is no name for a bridge",
					      entry->name);
		(void)xn_text_copy(section->bridge, sizeof(section->bridge),
				   entry->name);
		return 0;
	}
	if (strcmp(entry->kind, "vif") != 0)
		return xn_conf_refuse(&entry->section_place, err,
				      "[defaults], [bridge NAME] or [vif MAC] "
				      "is wanted");
	section->is_vif = true;
	if (xn_mac_parse(entry->name, &section->mac) ||
	    xn_mac_is_group(&section->mac))
		return xn_conf_refuse(&entry->section_place, err,
				      "'%s' is no address of a vif",
				      entry->name);
	return 0;
}

static int begin_section(struct xn_config *config,
			 const struct xn_conf_entry *entry, struct xn_err *err)
{
	struct section *section = calloc(1, sizeof(*section));
	int error;

	if (!section)
		return xn_fail(err, ENOMEM, "out of memory");
	error = name_section(entry, section, err);
	for (const struct section *s = config->first; s && !error; s = s->next)
		if (same_section(s, section))
			error = xn_conf_refuse(
				&entry->section_place, err,
				"[%s%s%s] stands here twice", entry->kind,
				entry->name[0] ? " " : "", entry->name);
	if (error) {
		free(section);
		return error;
	}
	section->next = config->first;
	config->first = section;
	return 0;
}

static int read_entry(void *arg, const struct xn_conf_entry *entry,
		      struct xn_err *err)
{
	struct xn_config *config = arg;
	struct xn_err why = {0};

	if (!entry->key[0])
		return begin_section(config, entry, err);
	if (!xn_setting_known(entry->key))
		return xn_conf_refuse(&entry->key_place, err,
				      "unknown key '%s'", entry->key);
	if (!xn_settings_put(&config->first->settings, entry->key, entry->value,
			     &why))
		return 0;
	return xn_conf_refuse(&entry->value_place, err, "%s",
			      xn_err_text(&why));
}

int xn_config_read(const char *file, struct xn_config **ret_config,
		   struct xn_err *err)
{
	struct xn_config *config = xn_config_create();
	int error;

	if (!config)
		return xn_fail(err, ENOMEM, "out of memory");
	error = xn_conf_read(file, read_entry, config, err);
	if (error) {
		xn_config_destroy(config);
		return error;
	}
	*ret_config = config;
	return 0;
}

static const struct xn_settings *find(const struct xn_config *config,
				      const struct section *wanted)
{
	for (const struct section *s = config->first; s; s = s->next)
		if (same_section(s, wanted))
			return &s->settings;
	return NULL;
}

const struct xn_settings *xn_config_defaults(const struct xn_config *config)
{
	const struct section wanted = {0};

	return find(config, &wanted);
}

const struct xn_settings *xn_config_bridge(const struct xn_config *config,
					   const char *name)
{
	struct section wanted = {0};

	if (xn_text_copy(wanted.bridge, sizeof(wanted.bridge), name) < 1)
		return NULL;
	return find(config, &wanted);
}

const struct xn_settings *xn_config_vif(const struct xn_config *config,
					const struct xn_mac *mac)
{
	const struct section wanted = {.is_vif = true, .mac = *mac};

	return find(config, &wanted);
}
