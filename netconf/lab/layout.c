// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A lab's layout: the default, and what a file says. Called by the command
 * line before the lab starts, so that a wrong word starts nothing.
 */
#include "netconf/lab/layout.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/lab/lab.h"
#include "netconf/nl/link.h"
#include "netconf/parse/conf.h"

#define IPV6_MTU_MIN 1280u /* RFC 8200, 5 */

static void add_default(struct xn_lab_addresses *addresses, const char *text)
{
	(void)xn_text_copy(addresses->text[addresses->count++],
			   XN_VIFSPEC_IP_MAX, text);
}

static void default_outside(struct xn_lab_addresses *outside, uint32_t mtu)
{
	add_default(outside, XN_LAB_OUTSIDE_IPV4);
	if (mtu >= IPV6_MTU_MIN)
		add_default(outside, XN_LAB_OUTSIDE_IPV6);
}

void xn_lab_layout_default(uint32_t mtu, struct xn_lab_layout *ret_layout)
{
	struct xn_lab_bridge *bridge = &ret_layout->bridge[0];

	memset(ret_layout, 0, sizeof(*ret_layout));
	ret_layout->bridge_count = 1;
	(void)xn_text_copy(bridge->name, sizeof(bridge->name), XN_LAB_BRIDGE);
	bridge->uplink = true;
	bridge->mtu = mtu;
	add_default(&bridge->addresses, XN_LAB_DOM0_IPV4);
	if (mtu >= IPV6_MTU_MIN)
		add_default(&bridge->addresses, XN_LAB_DOM0_IPV6);
	default_outside(&ret_layout->outside, mtu);
}

/* Addresses with blanks between. */
static int read_addresses(const struct xn_conf_entry *entry,
			  struct xn_lab_addresses *ret, struct xn_err *err)
{
	char value[XN_CONF_WORD_MAX];
	char *rest = value, *word;

	ret->count = 0;
	(void)xn_text_copy(value, sizeof(value), entry->value);
	while ((word = strsep(&rest, " \t"))) {
		if (!word[0])
			continue;
		if (ret->count == XN_LAB_ADDRESSES_MAX)
			return xn_conf_refuse(&entry->value_place, err,
					      "%s: more than %u addresses",
					      entry->key, XN_LAB_ADDRESSES_MAX);
		if (!xn_ip_text_valid(word) ||
		    xn_text_copy(ret->text[ret->count], XN_VIFSPEC_IP_MAX,
				 word) < 0)
			return xn_conf_refuse(&entry->value_place, err,
					      "%s: '%s' is no IP address",
					      entry->key, word);
		ret->count++;
	}
	return 0;
}

static int read_switch(const struct xn_conf_entry *entry, bool *ret,
		       struct xn_err *err)
{
	if (strcmp(entry->value, "on") != 0 && strcmp(entry->value, "off") != 0)
		return xn_conf_refuse(&entry->value_place, err,
				      "%s=%s: on or off is wanted", entry->key,
				      entry->value);
	*ret = !strcmp(entry->value, "on");
	return 0;
}

static int read_uplink(const struct xn_conf_entry *entry,
		       struct xn_lab_layout *layout,
		       struct xn_lab_bridge *bridge, struct xn_err *err)
{
	if (strcmp(entry->value, "eth0") != 0)
		return xn_conf_refuse(&entry->value_place, err,
				      "uplink=%s: the lab's only cable is eth0",
				      entry->value);
	for (uint32_t i = 0; i < layout->bridge_count; i++)
		if (layout->bridge[i].uplink && &layout->bridge[i] != bridge)
			return xn_conf_refuse(&entry->value_place, err,
					      "uplink=eth0: it is the port of "
					      "%s already",
					      layout->bridge[i].name);
	bridge->uplink = true;
	return 0;
}

/* `more`: keys that the section has besides. */
static int read_setting(const struct xn_conf_entry *entry,
			const char *const *more, size_t more_count,
			struct xn_settings *settings, struct xn_err *err)
{
	char hint[XN_SUGGEST_TEXT_MAX];
	struct xn_err why = {0};

	if (!xn_setting_known(entry->key))
		return xn_conf_refuse(
			&entry->key_place, err, "unknown key '%s'%s",
			entry->key,
			xn_setting_hint(entry->key, more, more_count, hint));
	if (!xn_settings_put(settings, entry->key, entry->value, &why))
		return 0;
	return xn_conf_refuse(&entry->value_place, err, "%s",
			      xn_err_text(&why));
}

static int begin_bridge(const struct xn_conf_entry *entry,
			struct xn_lab_layout *layout, struct xn_err *err)
{
	struct xn_lab_bridge *bridge;

	if (!xn_link_name_valid(entry->name))
		return xn_conf_refuse(&entry->section_place, err,
				      "'%s' is no name for a bridge",
				      entry->name);
	for (uint32_t i = 0; i < layout->bridge_count; i++)
		if (!strcmp(layout->bridge[i].name, entry->name))
			return xn_conf_refuse(&entry->section_place, err,
					      "bridge %s stands here twice",
					      entry->name);
	if (layout->bridge_count == XN_LAB_BRIDGES_MAX)
		return xn_conf_refuse(&entry->section_place, err,
				      "more than %u bridges",
				      XN_LAB_BRIDGES_MAX);
	bridge = &layout->bridge[layout->bridge_count++];
	(void)xn_text_copy(bridge->name, sizeof(bridge->name), entry->name);
	bridge->mtu = XN_LAB_MTU_DEFAULT;
	return 0;
}

static int read_bridge(const struct xn_conf_entry *entry,
		       struct xn_lab_layout *layout, struct xn_err *err)
{
	static const char *const own[] = {"address", "uplink", "stp", "mtu"};
	struct xn_lab_bridge *bridge;

	if (!entry->key[0])
		return begin_bridge(entry, layout, err);
	bridge = &layout->bridge[layout->bridge_count - 1];
	if (!strcmp(entry->key, "address"))
		return read_addresses(entry, &bridge->addresses, err);
	if (!strcmp(entry->key, "uplink"))
		return read_uplink(entry, layout, bridge, err);
	if (!strcmp(entry->key, "stp"))
		return read_switch(entry, &bridge->stp, err);
	if (strcmp(entry->key, "mtu") != 0)
		return read_setting(entry, own, sizeof(own) / sizeof(own[0]),
				    &bridge->settings, err);
	if (xn_parse_u32(entry->value, XN_LAB_MTU_MIN, XN_LAB_MTU_MAX,
			 &bridge->mtu) < 0)
		return xn_conf_refuse(
			&entry->value_place, err, "mtu=%s: %u to %u is wanted",
			entry->value, XN_LAB_MTU_MIN, XN_LAB_MTU_MAX);
	return 0;
}

static int read_entry(void *arg, const struct xn_conf_entry *entry,
		      struct xn_err *err)
{
	struct xn_lab_layout *layout = arg;

	if (!strcmp(entry->kind, "bridge"))
		return read_bridge(entry, layout, err);
	if (!strcmp(entry->kind, "defaults") && !entry->name[0])
		return entry->key[0] ? read_setting(entry, NULL, 0,
						    &layout->defaults, err)
				     : 0;
	if (strcmp(entry->kind, "outside") != 0 || entry->name[0])
		return xn_conf_refuse(&entry->section_place, err,
				      "[bridge NAME], [defaults] or [outside] "
				      "is wanted");
	if (!entry->key[0])
		return 0;
	if (strcmp(entry->key, "address") != 0)
		return xn_conf_refuse(&entry->key_place, err,
				      "unknown key '%s': address is wanted",
				      entry->key);
	return read_addresses(entry, &layout->outside, err);
}

int xn_lab_layout_read(const char *file, struct xn_lab_layout *ret_layout,
		       struct xn_err *err)
{
	struct xn_lab_layout layout = {0};
	int rc;

	default_outside(&layout.outside, XN_LAB_MTU_DEFAULT);
	rc = xn_conf_read(file, read_entry, &layout, err);
	if (rc < 0)
		return rc;
	*ret_layout = layout;
	return 0;
}

static void write_settings(FILE *file, const struct xn_settings *settings)
{
	char text[XN_SETTING_TEXT_MAX];

	for (unsigned int i = 0; i < XN_SETTING_COUNT; i++) {
		enum xn_setting setting = (enum xn_setting)i;

		if (settings->said & (1u << i))
			(void)fprintf(
				file, "%s = %s\n", xn_setting_name(setting),
				xn_settings_format(settings, setting, text));
	}
}

int xn_lab_layout_write_settings(const struct xn_lab_layout *layout,
				 const char *file, struct xn_err *err)
{
	FILE *out = fopen(file, "we");
	int error;

	if (!out)
		return xn_fail(err, errno, "%s: %s", file, strerror(errno));
	(void)fputs("[defaults]\n", out);
	write_settings(out, &layout->defaults);
	for (uint32_t i = 0; i < layout->bridge_count; i++) {
		(void)fprintf(out, "[bridge %s]\n", layout->bridge[i].name);
		write_settings(out, &layout->bridge[i].settings);
	}
	error = ferror(out) ? EIO : 0;
	if (fclose(out))
		error = errno;
	if (error)
		return xn_fail(err, error, "%s: %s", file, strerror(error));
	return 0;
}
