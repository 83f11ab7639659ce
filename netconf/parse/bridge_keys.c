/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keys of bridges, see bridge_keys.h. The words are an administrator's;
 * nothing in them is trusted. Limits are the kernel's (net/bridge/br_stp.c,
 * br_private_stp.h, br_stp_if.c) and 802.1D's.
 */
#include "netconf/parse/bridge_keys.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/parse/dhcp_keys.h"
#include "netconf/parse/nat_keys.h"
#include "netconf/parse/suggest.h"
#include "netconf/parse/vifspec.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

bool xn_conf_ifname_valid(const char *name)
{
	size_t length = strnlen(name, IFNAMSIZ);

	if (length == 0 || length == IFNAMSIZ || !strcmp(name, ".") ||
	    !strcmp(name, ".."))
		return false;
	for (const char *c = name; *c; c++)
		if (strchr("/:%", *c) || !isgraph((unsigned char)*c))
			return false;
	return true;
}

enum xn_conf_key xn_conf_key_find(const char *name)
{
	unsigned int key = 0;

	while (key < XN_CONF_KEY_COUNT &&
	       strcmp(name, xn_conf_key_name((enum xn_conf_key)key)) != 0)
		key++;
	return (enum xn_conf_key)key;
}

static int refuse(const struct xn_conf_entry *entry, const char *wanted,
		  struct xn_err *err)
{
	return xn_conf_refuse(&entry->value_place, err, "%s=%.60s: %s",
			      entry->key, entry->value, wanted);
}

/* One of the words: its place, or -EINVAL. */
static int choose(const struct xn_conf_entry *entry, const char *const *words,
		  size_t count, const char *wanted, struct xn_err *err)
{
	char hint[XN_SUGGEST_TEXT_MAX];

	for (size_t i = 0; i < count; i++)
		if (!strcmp(entry->value, words[i]))
			return (int)i;
	return xn_conf_refuse(&entry->value_place, err, "%s=%.60s: %s%s",
			      entry->key, entry->value, wanted,
			      xn_suggest(entry->value, words, count, hint));
}

static int put_mode(enum xn_conf_mode *ret, const struct xn_conf_entry *entry,
		    struct xn_err *err)
{
	static const char *const words[] = {
		[XN_CONF_BRIDGED] = "bridged",
		[XN_CONF_NAT] = "nat",
		[XN_CONF_ROUTED] = "routed",
	};
	int mode = choose(entry, words, COUNT(words),
			  "bridged, nat or routed is wanted", err);

	if (mode < 0)
		return mode;
	*ret = (enum xn_conf_mode)mode;
	return 0;
}

static int put_style(enum xn_conf_style *ret, const struct xn_conf_entry *entry,
		     struct xn_err *err)
{
	static const char *const words[] = {
		[XN_CONF_PLAIN] = "plain",
		[XN_CONF_OLD] = "old",
		[XN_CONF_NEW] = "new",
	};
	int style = choose(entry, words, COUNT(words),
			   "plain, old or new is wanted", err);

	if (style < 0)
		return style;
	*ret = (enum xn_conf_style)style;
	return 0;
}

static int put_switch(bool *ret, const struct xn_conf_entry *entry,
		      struct xn_err *err)
{
	static const char *const words[] = {"off", "on"};
	int on = choose(entry, words, COUNT(words), "on or off is wanted", err);

	if (on < 0)
		return on;
	*ret = on;
	return 0;
}

static int put_netdev(char ret[IFNAMSIZ], const struct xn_conf_entry *entry,
		      struct xn_err *err)
{
	if (!xn_conf_ifname_valid(entry->value))
		return refuse(entry, "this is no interface name", err);
	(void)xn_text_copy(ret, IFNAMSIZ, entry->value);
	return 0;
}

static int put_mac(struct xn_mac *ret, const struct xn_conf_entry *entry,
		   struct xn_err *err)
{
	static const struct xn_mac none = {{0}};
	struct xn_mac mac;

	if (xn_mac_parse(entry->value, &mac))
		return refuse(entry,
			      "six pairs of hex digits with ':' are wanted",
			      err);
	if (xn_mac_is_group(&mac) || xn_mac_equal(&mac, &none))
		return refuse(entry, "this is no station's address", err);
	*ret = mac;
	return 0;
}

static int put_number(uint32_t *ret, uint32_t min, uint32_t max,
		      const struct xn_conf_entry *entry, struct xn_err *err)
{
	if (xn_parse_u32(entry->value, min, max, ret))
		return xn_conf_refuse(&entry->value_place, err,
				      "%s=%.60s: a number from %u to %u is "
				      "wanted",
				      entry->key, entry->value, min, max);
	return 0;
}

/* Seconds with up to two digits behind a point, in hundredths. */
static int put_seconds(uint32_t *ret_cs, uint32_t min, uint32_t max,
		       const struct xn_conf_entry *entry, struct xn_err *err)
{
	const char *point = strchr(entry->value, '.');
	size_t length =
		point ? (size_t)(point - entry->value) : strlen(entry->value);
	char whole[16];
	uint32_t seconds, parts = 0;

	if (length < sizeof(whole)) {
		memcpy(whole, entry->value, length);
		whole[length] = '\0';
		if (!xn_parse_u32(whole, 0, max, &seconds) &&
		    (!point || (strlen(point + 1) <= 2 &&
				!xn_parse_u32(point + 1, 0, 99, &parts)))) {
			if (point && !point[2])
				parts *= 10;
			parts += seconds * 100;
			if (parts >= min * 100 && parts <= max * 100) {
				*ret_cs = parts;
				return 0;
			}
		}
	}
	return xn_conf_refuse(&entry->value_place, err,
			      "%s=%.60s: %u to %u seconds are wanted",
			      entry->key, entry->value, min, max);
}

int xn_conf_address_parse(const char *text, bool bare, struct xn_address *ret)
{
	struct xn_address address = {0};
	bool ipv6 = strchr(text, ':');
	uint32_t prefix = ipv6 ? 128 : 32;
	char host[64];
	char *slash;

	if (xn_text_copy(host, sizeof(host), text) < 1)
		return -EINVAL;
	slash = strchr(host, '/');
	if (!slash && !bare)
		return -EINVAL;
	if (slash) {
		*slash = '\0';
		if (xn_parse_u32(slash + 1, 1, prefix, &prefix))
			return -EINVAL;
	}
	if (inet_pton(ipv6 ? AF_INET6 : AF_INET, host, address.octet) != 1)
		return -EINVAL;
	address.family = ipv6 ? 6 : 4;
	address.prefix = (uint8_t)prefix;
	*ret = address;
	return 0;
}

/* The bits behind the prefix are all zero (the network's own address) or all
 * one (its broadcast address). */
static bool host_bits_are(const struct xn_address *address, bool ones)
{
	for (uint32_t bit = address->prefix; bit < 32; bit++)
		if (!(address->octet[bit / 8] & (0x80u >> bit % 8)) == ones)
			return false;
	return true;
}

/* NULL: an interface can have it. */
static const char *why_no_host(const struct xn_address *address)
{
	static const uint8_t none[16] = {0};
	static const uint8_t loopback[16] = {[15] = 1};

	if (address->family == 6) {
		if (address->octet[0] == 0xff)
			return "a group's address";
		if (!memcmp(address->octet, none, 16) ||
		    !memcmp(address->octet, loopback, 16))
			return "no address for a bridge";
		return NULL;
	}
	if (address->octet[0] >= 224 && address->octet[0] < 240)
		return "a group's address";
	if (address->octet[0] == 0 || address->octet[0] == 127 ||
	    address->octet[0] >= 240)
		return "no address for a bridge";
	if (address->prefix < 31 && host_bits_are(address, false))
		return "the network's own address, not a host's";
	if (address->prefix < 31 && host_bits_are(address, true))
		return "the network's broadcast address";
	return NULL;
}

/* For one word of `address`. */
static int put_address(struct xn_planeconf_bridge *bridge, const char *word,
		       const struct xn_conf_place *place, struct xn_err *err)
{
	struct xn_address *address = &bridge->address[bridge->address_count];
	const char *why;

	if (!strcmp(word, "dhcp"))
		bridge->dhcp = true;
	else if (!strcmp(word, "dhcp6"))
		bridge->dhcp6 = true;
	else if (!strcmp(word, "auto6"))
		bridge->auto6 = true;
	else if (bridge->address_count == XN_PLANECONF_ADDRESSES_MAX)
		return xn_conf_refuse(place, err,
				      "address=%.60s: more than %u addresses",
				      word, XN_PLANECONF_ADDRESSES_MAX);
	else if (xn_conf_address_parse(word, false, address))
		return xn_conf_refuse(place, err,
				      "address=%.60s: an address with /LENGTH, "
				      "dhcp, dhcp6, auto6 or none is wanted",
				      word);
	else if ((why = why_no_host(address)))
		return xn_conf_refuse(place, err, "address=%.60s: this is %s",
				      word, why);
	else
		bridge->address_count++;
	return 0;
}

static int put_gateway(struct xn_planeconf_bridge *bridge, const char *word,
		       const struct xn_conf_place *place, struct xn_err *err)
{
	struct xn_address gateway;

	if (strchr(word, '/') || xn_conf_address_parse(word, true, &gateway) ||
	    why_no_host(&gateway))
		return xn_conf_refuse(place, err,
				      "gateway=%.60s: a host's address is "
				      "wanted",
				      word);
	for (uint32_t i = 0; i < bridge->gateway_count; i++)
		if (bridge->gateway[i].family == gateway.family)
			return xn_conf_refuse(place, err,
					      "gateway=%.60s: there is one for "
					      "IPv%u already",
					      word, gateway.family);
	bridge->gateway[bridge->gateway_count++] = gateway;
	return 0;
}

/* For one word of `prefix`. */
static int put_prefix(struct xn_planeconf_bridge *bridge, const char *word,
		      const struct xn_conf_place *place, struct xn_err *err)
{
	static const uint8_t none[16];
	struct xn_address network, behind;

	if (xn_conf_address_parse(word, true, &network))
		return xn_conf_refuse(place, err,
				      "prefix=%.60s: a network or none is "
				      "wanted",
				      word);
	behind = network;
	for (uint32_t bit = 0; bit < network.prefix; bit++)
		behind.octet[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
	if (memcmp(behind.octet, none, sizeof(none)) != 0)
		return xn_conf_refuse(place, err,
				      "prefix=%.60s: bits are set behind /%u",
				      word, network.prefix);
	if (bridge->prefix_count == XN_PLANECONF_PREFIXES_MAX)
		return xn_conf_refuse(place, err,
				      "prefix=%.60s: more than %u networks",
				      word, XN_PLANECONF_PREFIXES_MAX);
	bridge->prefix[bridge->prefix_count++] = network;
	return 0;
}

static int put_speed(uint64_t *ret, const struct xn_conf_entry *entry,
		     struct xn_err *err)
{
	if (!strcmp(entry->value, "off"))
		*ret = 0;
	else if (xn_speed_parse(entry->value, ret))
		return xn_conf_refuse(&entry->value_place, err,
				      "%s=%.60s: a rate such as 1Gb/s or off "
				      "is wanted",
				      entry->key, entry->value);
	return 0;
}

typedef int put_word_fn(struct xn_planeconf_bridge *bridge, const char *word,
			const struct xn_conf_place *place, struct xn_err *err);

/* Words with blanks between, each with its own column; `none` alone. */
static int put_words(struct xn_planeconf_bridge *bridge, put_word_fn *put,
		     const struct xn_conf_entry *entry, struct xn_err *err)
{
	char value[XN_CONF_WORD_MAX];
	char *rest = value, *word;
	int error = 0;

	(void)xn_text_copy(value, sizeof(value), entry->value);
	if (!strcmp(value, "none"))
		return 0;
	while (!error && (word = strsep(&rest, " \t"))) {
		struct xn_conf_place place = entry->value_place;

		place.column += (uint32_t)(word - value);
		if (word[0])
			error = put(bridge, word, &place, err);
	}
	return error;
}

static int put_value(struct xn_planeconf_bridge *b, enum xn_conf_key key,
		     const struct xn_conf_entry *entry, struct xn_err *err)
{
	switch (key) {
	case XN_CONF_MODE:
		return put_mode(&b->mode, entry, err);
	case XN_CONF_NETDEV:
		return put_netdev(b->netdev, entry, err);
	case XN_CONF_STYLE:
		return put_style(&b->style, entry, err);
	case XN_CONF_VIFNUM:
		return put_number(&b->vifnum, 0, XN_PLANECONF_VIFNUM_MAX, entry,
				  err);
	case XN_CONF_ADDRESS:
		return put_words(b, put_address, entry, err);
	case XN_CONF_GATEWAY:
		return put_words(b, put_gateway, entry, err);
	case XN_CONF_PREFIX:
		return put_words(b, put_prefix, entry, err);
	case XN_CONF_MAC:
		return put_mac(&b->mac, entry, err);
	case XN_CONF_MTU:
		return put_number(&b->mtu, 68, 65535, entry, err);
	case XN_CONF_STP:
		return put_switch(&b->stp, entry, err);
	case XN_CONF_STP_PRIORITY:
		return put_number(&b->stp_priority, 0, 65535, entry, err);
	case XN_CONF_FORWARD_DELAY:
		return put_seconds(&b->forward_delay_cs, 0, 30, entry, err);
	case XN_CONF_HELLO_TIME:
		return put_seconds(&b->hello_time_cs, 1, 10, entry, err);
	case XN_CONF_MAX_AGE:
		return put_seconds(&b->max_age_cs, 6, 40, entry, err);
	case XN_CONF_AGEING:
		return put_seconds(&b->ageing_cs, 0, 1000000, entry, err);
	case XN_CONF_NETDEV_COST:
		return put_number(&b->netdev_cost, 1, 65535, entry, err);
	case XN_CONF_NETDEV_PRIORITY:
		return put_number(&b->netdev_priority, 0, 63, entry, err);
	case XN_CONF_MULTICAST_SNOOPING:
		return put_switch(&b->multicast_snooping, entry, err);
	case XN_CONF_MULTICAST_QUERIER:
		return put_switch(&b->multicast_querier, entry, err);
	case XN_CONF_VLAN_FILTERING:
		return put_switch(&b->vlan_filtering, entry, err);
	case XN_CONF_VLAN_DEFAULT_PVID:
		return put_number(&b->vlan_default_pvid, 0, 4094, entry, err);
	case XN_CONF_MASQUERADE:
		return xn_nat_put_masquerade(&b->nat, entry, err);
	case XN_CONF_NAT6:
		return xn_nat_put_nat6(&b->nat, entry, err);
	case XN_CONF_CONNECTIONS:
		return xn_nat_put_connections(&b->nat, entry, err);
	case XN_CONF_FORWARD:
		return xn_nat_put_forward(&b->nat, entry, err);
	case XN_CONF_ONE_TO_ONE:
		return xn_nat_put_pair(&b->nat, entry, err);
	case XN_CONF_DHCP:
	case XN_CONF_LEASE_TIME:
	case XN_CONF_RA:
	case XN_CONF_DNS:
	case XN_CONF_DOMAIN:
		return xn_dhcp_put_key(&b->dhcp_server, key, entry, err);
	case XN_CONF_UPLINK_RATE:
		return put_speed(&b->uplink_rate, entry, err);
	case XN_CONF_UPLINK_RATE_IN:
		return put_speed(&b->uplink_rate_in, entry, err);
	case XN_CONF_KEY_COUNT:
		break;
	}
	return -EINVAL;
}

int xn_bridge_key_put(struct xn_planeconf_bridge *bridge, enum xn_conf_key key,
		      const struct xn_conf_entry *entry, struct xn_err *err)
{
	int error;

	if (xn_planeconf_says(bridge, key) && key != XN_CONF_FORWARD &&
	    key != XN_CONF_ONE_TO_ONE)
		return xn_conf_refuse(&entry->key_place, err,
				      "%s: said twice, first in line %u",
				      entry->key, bridge->place[key].line);
	error = put_value(bridge, key, entry, err);
	/* Also when it is wrong: it was said, and what needs it is content. */
	bridge->said |= XN_CONF_BIT(key);
	bridge->place[key] = entry->value_place;
	return error;
}
