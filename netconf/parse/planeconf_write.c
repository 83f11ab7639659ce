/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xenplane.conf to text, see planeconf_write.h. */
#include "netconf/parse/planeconf_write.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/parse/acl_write.h"
#include "netconf/parse/conf.h"
#include "netconf/parse/dhcp_keys.h"
#include "netconf/parse/nat_write.h"
#include "netconf/parse/planeconf.h"
#include "netconf/parse/vif_write.h"

static void write_switch(FILE *to, bool on)
{
	(void)fputs(on ? "on" : "off", to);
}

static void write_seconds(FILE *to, uint32_t cs)
{
	(void)fprintf(to, "%u.%02u", cs / 100, cs % 100);
}

static void write_host(FILE *to, const struct xn_address *address)
{
	char text[INET6_ADDRSTRLEN] = "";

	(void)inet_ntop(address->family == 6 ? AF_INET6 : AF_INET,
			address->octet, text, sizeof(text));
	(void)fputs(text, to);
}

static void write_addresses(FILE *to, const struct xn_planeconf_bridge *bridge)
{
	bool dynamic = bridge->dhcp || bridge->dhcp6 || bridge->auto6;

	if (!dynamic && bridge->address_count == 0)
		(void)fputs(" none", to);
	if (bridge->dhcp)
		(void)fputs(" dhcp", to);
	if (bridge->dhcp6)
		(void)fputs(" dhcp6", to);
	if (bridge->auto6)
		(void)fputs(" auto6", to);
	for (uint32_t i = 0; i < bridge->address_count; i++) {
		(void)fputc(' ', to);
		write_host(to, &bridge->address[i]);
		(void)fprintf(to, "/%u", bridge->address[i].prefix);
	}
}

static void write_gateways(FILE *to, const struct xn_planeconf_bridge *bridge)
{
	if (bridge->gateway_count == 0)
		(void)fputs(" none", to);
	for (uint32_t i = 0; i < bridge->gateway_count; i++) {
		(void)fputc(' ', to);
		write_host(to, &bridge->gateway[i]);
	}
}

static void write_prefixes(FILE *to, const struct xn_planeconf_bridge *bridge)
{
	if (bridge->prefix_count == 0)
		(void)fputs(" none", to);
	for (uint32_t i = 0; i < bridge->prefix_count; i++) {
		(void)fputc(' ', to);
		write_host(to, &bridge->prefix[i]);
		(void)fprintf(to, "/%u", bridge->prefix[i].prefix);
	}
}

static void write_mac(FILE *to, const struct xn_mac *mac)
{
	char text[XN_MAC_TEXT];

	(void)fputs(xn_mac_format(mac, text), to);
}

static void write_speed(FILE *to, uint64_t bytes_per_s)
{
	if (bytes_per_s)
		(void)fprintf(to, "%lluB/s", (unsigned long long)bytes_per_s);
	else
		(void)fputs("off", to);
}

enum form {
	OTHER,
	NUMBER,
	SWITCH,
	SECONDS,
	SPEED,
};

/* Keys whose value is one member. */
#define MEMBER(form, name)                                       \
	{                                                        \
		form, offsetof(struct xn_planeconf_bridge, name) \
	}
static const struct {
	enum form form;
	size_t offset;
} members[XN_CONF_KEY_COUNT] = {
	[XN_CONF_VIFNUM] = MEMBER(NUMBER, vifnum),
	[XN_CONF_MTU] = MEMBER(NUMBER, mtu),
	[XN_CONF_STP] = MEMBER(SWITCH, stp),
	[XN_CONF_STP_PRIORITY] = MEMBER(NUMBER, stp_priority),
	[XN_CONF_FORWARD_DELAY] = MEMBER(SECONDS, forward_delay_cs),
	[XN_CONF_HELLO_TIME] = MEMBER(SECONDS, hello_time_cs),
	[XN_CONF_MAX_AGE] = MEMBER(SECONDS, max_age_cs),
	[XN_CONF_AGEING] = MEMBER(SECONDS, ageing_cs),
	[XN_CONF_NETDEV_COST] = MEMBER(NUMBER, netdev_cost),
	[XN_CONF_NETDEV_PRIORITY] = MEMBER(NUMBER, netdev_priority),
	[XN_CONF_MULTICAST_SNOOPING] = MEMBER(SWITCH, multicast_snooping),
	[XN_CONF_MULTICAST_QUERIER] = MEMBER(SWITCH, multicast_querier),
	[XN_CONF_VLAN_FILTERING] = MEMBER(SWITCH, vlan_filtering),
	[XN_CONF_VLAN_DEFAULT_PVID] = MEMBER(NUMBER, vlan_default_pvid),
	[XN_CONF_UPLINK_RATE] = MEMBER(SPEED, uplink_rate),
	[XN_CONF_UPLINK_RATE_IN] = MEMBER(SPEED, uplink_rate_in),
};

static void write_member(FILE *to, const struct xn_planeconf_bridge *b,
			 enum xn_conf_key key)
{
	const void *member = (const char *)b + members[key].offset;

	switch (members[key].form) {
	case NUMBER:
		(void)fprintf(to, "%u", *(const uint32_t *)member);
		break;
	case SWITCH:
		write_switch(to, *(const bool *)member);
		break;
	case SECONDS:
		write_seconds(to, *(const uint32_t *)member);
		break;
	case SPEED:
		write_speed(to, *(const uint64_t *)member);
		break;
	case OTHER:
		break;
	}
}

static bool is_dhcp(enum xn_conf_key key)
{
	return key >= XN_CONF_DHCP && key <= XN_CONF_DOMAIN;
}

static void write_value(FILE *to, const struct xn_planeconf_bridge *b,
			enum xn_conf_key key)
{
	if (members[key].form != OTHER)
		write_member(to, b, key);
	else if (key == XN_CONF_MODE)
		(void)fputs(xn_conf_mode_name(b->mode), to);
	else if (key == XN_CONF_NETDEV)
		(void)fputs(b->netdev, to);
	else if (key == XN_CONF_STYLE)
		(void)fputs(xn_conf_style_name(b->style), to);
	else if (key == XN_CONF_ADDRESS)
		write_addresses(to, b);
	else if (key == XN_CONF_GATEWAY)
		write_gateways(to, b);
	else if (key == XN_CONF_PREFIX)
		write_prefixes(to, b);
	else if (key == XN_CONF_MAC)
		write_mac(to, &b->mac);
	else if (is_dhcp(key))
		xn_dhcp_write_value(to, &b->dhcp_server, key);
}

static bool is_nat(enum xn_conf_key key)
{
	return key >= XN_CONF_MASQUERADE && key <= XN_CONF_ONE_TO_ONE;
}

static void write_bridge(FILE *to, const struct xn_planeconf_bridge *bridge)
{
	(void)fprintf(to, "[bridge %s]\n", bridge->name);
	for (unsigned int i = 0; i < XN_CONF_KEY_COUNT; i++) {
		enum xn_conf_key key = (enum xn_conf_key)i;

		if (!xn_planeconf_says(bridge, key))
			continue;
		if (is_nat(key)) {
			xn_nat_write_key(to, &bridge->nat, key);
			continue;
		}
		(void)fprintf(to, "%s =", xn_conf_key_name(key));
		if (key != XN_CONF_ADDRESS && key != XN_CONF_GATEWAY &&
		    key != XN_CONF_PREFIX)
			(void)fputc(' ', to);
		write_value(to, bridge, key);
		(void)fputc('\n', to);
	}
	xn_settings_write(to, &bridge->vifs);
}

/* A line may have become longer than one may be: addresses have several
 * forms. */
static int read_back(const char *text, struct xn_err *err)
{
	struct xn_report *report = calloc(1, sizeof(*report));
	struct xn_planeconf *again = NULL;
	int rc;

	if (!report)
		return xn_fail(err, ENOMEM, "configuration: out of memory");
	rc = xn_planeconf_read_text("kept", text, &again, report);
	if (rc < 0)
		rc = xn_fail(err, EFBIG, "the configuration cannot be kept: %s",
			     xn_report_first(report));
	xn_planeconf_destroy(again);
	free(report);
	return rc;
}

int xn_planeconf_write(const struct xn_planeconf *conf, char **ret_text,
		       struct xn_err *err)
{
	char *text = NULL;
	size_t bytes = 0;
	FILE *memory = open_memstream(&text, &bytes);

	if (!memory)
		return xn_fail(err, ENOMEM, "configuration: out of memory");
	xn_defaults_write(memory, conf);
	for (uint32_t i = 0; i < conf->bridge_count; i++)
		write_bridge(memory, &conf->bridge[i]);
	for (uint32_t i = 0; i < conf->acl_count; i++)
		xn_acl_write(memory, &conf->acl[i]);
	xn_vifs_write(memory, conf);
	/* Memory that ran out is told here. */
	if (fclose(memory) != 0) {
		free(text);
		return xn_fail(err, ENOMEM, "configuration: out of memory");
	}
	if (bytes > XN_PLANECONF_TEXT_BYTES_MAX) {
		free(text);
		return xn_fail(
			err, EFBIG,
			"the configuration takes more than %u bytes to keep",
			XN_PLANECONF_TEXT_BYTES_MAX);
	}
	if (read_back(text, err) < 0) {
		free(text);
		return -EFBIG;
	}
	*ret_text = text;
	return 0;
}
