/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of guests' addresses and names, see dhcp_keys.h: from text, and to
 * text. */
#include "netconf/parse/dhcp_keys.h"

#include <errno.h>
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/parse/bridge_keys.h"

static int refuse(const struct xn_conf_entry *entry, const char *wanted,
		  struct xn_err *err)
{
	return xn_conf_refuse(&entry->value_place, err, "%s=%.60s: %s",
			      entry->key, entry->value, wanted);
}

static int put_switch(const struct xn_conf_entry *entry, bool *ret_on,
		      bool *ret_off, struct xn_err *err)
{
	*ret_on = !strcmp(entry->value, "on");
	*ret_off = !strcmp(entry->value, "off");
	return *ret_on || *ret_off ? 0
				   : refuse(entry, "on or off is wanted", err);
}

/* One "FIRST-LAST". */
static int parse_range(char *word, struct xn_dhcp_range *ret_range)
{
	struct xn_dhcp_range range;
	char *dash = strchr(word, '-');

	if (!dash || strchr(word, '/'))
		return -EINVAL;
	*dash = '\0';
	if (xn_conf_address_parse(word, true, &range.first) ||
	    xn_conf_address_parse(dash + 1, true, &range.last) ||
	    range.first.family != 4 || range.last.family != 4 ||
	    xn_dhcp_number(&range.first) > xn_dhcp_number(&range.last))
		return -EINVAL;
	*ret_range = range;
	return 0;
}

static int put_range(struct xn_conf_dhcp *dhcp, char *word,
		     const struct xn_conf_place *place, struct xn_err *err)
{
	char said[XN_CONF_WORD_MAX];

	(void)xn_text_copy(said, sizeof(said), word);
	if (dhcp->range_count == XN_DHCP_RANGES_MAX)
		return xn_conf_refuse(place, err,
				      "dhcp=%.60s: more than %u ranges", said,
				      XN_DHCP_RANGES_MAX);
	if (parse_range(word, &dhcp->range[dhcp->range_count]))
		return xn_conf_refuse(place, err,
				      "dhcp=%.60s: on, off or ranges of IPv4 "
				      "addresses such as 10.0.0.100-10.0.0.199 "
				      "are wanted%s",
				      said,
				      strchr(said, ':')
					      ? "; IPv6 has ra, and ip of a vif"
					      : "");
	dhcp->range_count++;
	return 0;
}

static int put_dhcp(struct xn_conf_dhcp *dhcp,
		    const struct xn_conf_entry *entry, struct xn_err *err)
{
	char value[XN_CONF_WORD_MAX];
	char *rest = value, *word;
	int error = 0;

	dhcp->on = !strcmp(entry->value, "on");
	if (dhcp->on || !strcmp(entry->value, "off"))
		return 0;
	(void)xn_text_copy(value, sizeof(value), entry->value);
	while (!error && (word = strsep(&rest, " \t"))) {
		struct xn_conf_place place = entry->value_place;

		place.column += (uint32_t)(word - value);
		if (word[0])
			error = put_range(dhcp, word, &place, err);
	}
	return error;
}

static int put_lease_time(struct xn_conf_dhcp *dhcp,
			  const struct xn_conf_entry *entry, struct xn_err *err)
{
	static const struct {
		char unit;
		uint32_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	size_t length = strlen(entry->value);
	char number[16];
	uint32_t count;

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		uint32_t unit_s = units[i].seconds;
		uint32_t min = (XN_DHCP_LEASE_MIN_S + unit_s - 1) / unit_s;

		if (length < 2 || length > sizeof(number) ||
		    entry->value[length - 1] != units[i].unit)
			continue;
		memcpy(number, entry->value, length - 1);
		number[length - 1] = '\0';
		if (xn_parse_u32(number, min, XN_DHCP_LEASE_MAX_S / unit_s,
				 &count))
			break;
		dhcp->lease_s = count * unit_s;
		return 0;
	}
	return refuse(entry,
		      "a time such as 30m, 12h or 7d is wanted, from 2m "
		      "to 365d",
		      err);
}

static int put_domain(struct xn_conf_dhcp *dhcp,
		      const struct xn_conf_entry *entry, struct xn_err *err)
{
	if (!xn_dhcp_domain_valid(entry->value))
		return refuse(entry,
			      "a domain such as guests.example is wanted", err);
	(void)xn_text_copy(dhcp->domain, sizeof(dhcp->domain), entry->value);
	return 0;
}

int xn_dhcp_put_key(struct xn_conf_dhcp *dhcp, enum xn_conf_key key,
		    const struct xn_conf_entry *entry, struct xn_err *err)
{
	bool on;

	if (key == XN_CONF_DHCP)
		return put_dhcp(dhcp, entry, err);
	if (key == XN_CONF_LEASE_TIME)
		return put_lease_time(dhcp, entry, err);
	if (key == XN_CONF_RA)
		return put_switch(entry, &dhcp->ra_on, &dhcp->ra_off, err);
	if (key == XN_CONF_DNS)
		return put_switch(entry, &on, &dhcp->dns_off, err);
	return put_domain(dhcp, entry, err);
}

bool xn_dhcp_is_key(enum xn_conf_key key)
{
	return key >= XN_CONF_DHCP && key <= XN_CONF_DOMAIN;
}

static void write_ranges(FILE *to, const struct xn_conf_dhcp *dhcp)
{
	char first[XN_ADDRESS_TEXT_MAX], last[XN_ADDRESS_TEXT_MAX];

	if (dhcp->range_count == 0)
		(void)fputs(dhcp->on ? "on" : "off", to);
	for (uint32_t i = 0; i < dhcp->range_count; i++)
		(void)fprintf(to, "%s%s-%s", i ? " " : "",
			      xn_address_text(&dhcp->range[i].first, first),
			      xn_address_text(&dhcp->range[i].last, last));
}

void xn_dhcp_write_value(FILE *to, const struct xn_conf_dhcp *dhcp,
			 enum xn_conf_key key)
{
	if (key == XN_CONF_DHCP)
		write_ranges(to, dhcp);
	else if (key == XN_CONF_LEASE_TIME)
		(void)fprintf(to, "%us", dhcp->lease_s);
	else if (key == XN_CONF_RA)
		(void)fputs(dhcp->ra_on ? "on" : "off", to);
	else if (key == XN_CONF_DNS)
		(void)fputs(dhcp->dns_off ? "off" : "on", to);
	else
		(void)fputs(dhcp->domain, to);
}
