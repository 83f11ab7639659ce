/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What dnsmasq is told, see plan.h; dnsmasq(8) has the words. */
#include "natd/dhcp/plan.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/base/text.h"

#define CACHE_NAMES 1000u
#define RA_INTERVAL_S 600u /* dnsmasq's own */

static const struct xn_address *
network_of(const struct xn_planeconf_bridge *bridge,
	   const struct xn_address *address)
{
	for (uint32_t i = 0; i < bridge->address_count; i++)
		if (xn_address_within(address, &bridge->address[i],
				      bridge->address[i].prefix))
			return &bridge->address[i];
	return NULL;
}

static struct xn_address masked(const struct xn_address *address)
{
	struct xn_address network = *address;

	for (uint32_t bit = address->prefix; bit < 128; bit++)
		network.octet[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
	return network;
}

static bool is_host(const struct xn_address *address)
{
	return address->prefix == (address->family == 6 ? 128 : 32);
}

const struct xn_address *xdhcp_fixed(const struct xn_planeconf_bridge *bridge,
				     const struct xnat_guest *guest,
				     uint8_t family)
{
	for (uint32_t i = 0; i < guest->address_count; i++)
		if (guest->address[i].family == family &&
		    is_host(&guest->address[i]) &&
		    network_of(bridge, &guest->address[i]))
			return &guest->address[i];
	return NULL;
}

static void put_host(FILE *to, const struct xn_address *address)
{
	char text[XN_ADDRESS_TEXT_MAX];
	struct xn_address host = *address;

	host.prefix = host.family == 6 ? 128 : 32;
	(void)fputs(xn_address_text(&host, text), to);
}

static void put_names_conf(FILE *to, const struct xdhcp_site *site)
{
	const struct xn_conf_dhcp *dhcp = &site->bridge->dhcp_server;

	if (!xn_dhcp_answers_names(site->bridge)) {
		(void)fputs("port=0\n", to);
		return;
	}
	(void)fprintf(to,
		      "port=53\n"
		      "no-hosts\n"
		      "addn-hosts=%s/" XDHCP_NAMES_FILE "\n"
		      "domain-needed\n"
		      "bogus-priv\n"
		      "cache-size=%u\n",
		      site->folder, CACHE_NAMES);
	if (dhcp->domain[0])
		(void)fprintf(to, "local=/%s/\nexpand-hosts\n", dhcp->domain);
}

static void put_range4(FILE *to, const struct xn_planeconf_bridge *bridge,
		       const struct xn_dhcp_range *range, uint32_t lease_s)
{
	const struct xn_address *network = network_of(bridge, &range->first);
	uint32_t mask = network ? UINT32_MAX << (32 - network->prefix) : 0;

	(void)fputs("dhcp-range=", to);
	put_host(to, &range->first);
	(void)fputc(',', to);
	put_host(to, &range->last);
	(void)fprintf(to, ",%u.%u.%u.%u,%us\n", mask >> 24, mask >> 16 & 255,
		      mask >> 8 & 255, mask & 255, lease_s);
}

static void put_dhcp4(FILE *to, const struct xdhcp_site *site, uint32_t lease_s)
{
	struct xn_dhcp_range range[XN_DHCP_RANGES_MAX];
	uint32_t count = xn_dhcp_ranges(site->bridge, range);

	for (uint32_t i = 0; i < count; i++)
		put_range4(to, site->bridge, &range[i], lease_s);
	if (site->mtu)
		(void)fprintf(to, "dhcp-option=option:mtu,%u\n", site->mtu);
	if (site->bridge->mode != XN_CONF_NAT)
		(void)fputs("dhcp-option=option:router\n", to);
	if (!xn_dhcp_answers_names(site->bridge))
		(void)fputs("dhcp-option=option:dns-server\n", to);
}

static void put_dhcp6(FILE *to, const struct xdhcp_site *site, uint32_t lease_s)
{
	const struct xn_planeconf_bridge *bridge = site->bridge;

	(void)fputs("enable-ra\n", to);
	if (bridge->mode != XN_CONF_NAT)
		(void)fprintf(to, "ra-param=%s,%u,0\n", bridge->name,
			      RA_INTERVAL_S);
	if (!xn_dhcp_answers_names(bridge))
		(void)fputs("dhcp-option=option6:dns-server\n", to);
	for (uint32_t i = 0; i < bridge->address_count; i++) {
		const struct xn_address *address = &bridge->address[i];
		struct xn_address network = masked(address);

		if (address->family != 6)
			continue;
		(void)fputs("dhcp-range=", to);
		put_host(to, &network);
		(void)fprintf(to, ",static%s,%u,%us\n",
			      address->prefix == XN_DHCP_SLAAC_PREFIX
				      ? ",slaac,ra-names"
				      : "",
			      address->prefix, lease_s);
	}
}

static void put_dhcp(FILE *to, const struct xdhcp_site *site)
{
	const struct xn_conf_dhcp *dhcp = &site->bridge->dhcp_server;
	uint32_t lease_s =
		dhcp->lease_s ? dhcp->lease_s : XN_DHCP_LEASE_DEFAULT_S;
	bool gives4 = xn_dhcp_gives4(site->bridge);
	bool gives6 = xn_dhcp_gives6(site->bridge);

	if (dhcp->domain[0])
		(void)fprintf(to, "domain=%s\n", dhcp->domain);
	if (!gives4 && !gives6)
		return;
	(void)fprintf(to,
		      "dhcp-authoritative\n"
		      "dhcp-ignore-clid\n"
		      "dhcp-ignore-names\n"
		      "no-ping\n"
		      "quiet-dhcp\n"
		      "quiet-dhcp6\n"
		      "quiet-ra\n"
		      "dhcp-lease-max=%u\n"
		      "dhcp-leasefile=%s/" XDHCP_LEASES_FILE "\n"
		      "dhcp-hostsfile=%s/" XDHCP_GUESTS_FILE "\n",
		      XN_DHCP_POOL_MAX + XN_PLANECONF_VIFS_MAX, site->folder,
		      site->folder);
	if (gives4)
		put_dhcp4(to, site, lease_s);
	if (gives6)
		put_dhcp6(to, site, lease_s);
}

static void put_conf(FILE *to, const struct xdhcp_site *site)
{
	(void)fprintf(to,
		      "# Made by xenplaned. What is changed here is lost.\n"
		      "keep-in-foreground\n"
		      "log-facility=-\n"
		      "pid-file=\n"
		      "bind-dynamic\n"
		      "interface=%s\n"
		      "except-interface=lo\n",
		      site->bridge->name);
	put_names_conf(to, site);
	put_dhcp(to, site);
}

/* In small letters; false: no name that others could look up. */
static bool label_of(const struct xnat_guest *guest,
		     char ret_label[XN_DHCP_LABEL_MAX])
{
	if (!xn_dhcp_label_valid(guest->name) ||
	    xn_text_copy(ret_label, XN_DHCP_LABEL_MAX, guest->name) < 0)
		return false;
	for (char *c = ret_label; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return true;
}

/* What the guests before that one have. */
static bool mac_is_taken(const struct xnat_guests *guests, uint32_t at)
{
	for (uint32_t i = 0; i < at; i++)
		if (guests->guest[i].has_mac &&
		    xn_mac_equal(&guests->guest[i].mac, &guests->guest[at].mac))
			return true;
	return false;
}

static bool name_is_taken(const struct xnat_guests *guests, uint32_t at)
{
	for (uint32_t i = 0; i < at; i++)
		if (!strcasecmp(guests->guest[i].name, guests->guest[at].name))
			return true;
	return false;
}

static bool address_is_taken(const struct xnat_guests *guests, uint32_t at,
			     const struct xn_address *address)
{
	for (uint32_t i = 0; i < at; i++)
		for (uint32_t k = 0; k < guests->guest[i].address_count; k++) {
			const struct xn_address *other =
				&guests->guest[i].address[k];

			if (other->family == address->family &&
			    is_host(other) &&
			    xn_address_within(other, address, other->prefix))
				return true;
		}
	return false;
}

static const struct xn_address *own_address(const struct xdhcp_site *site,
					    uint32_t at, uint8_t family)
{
	const struct xn_address *address =
		xdhcp_fixed(site->bridge, &site->guests->guest[at], family);

	return address && !address_is_taken(site->guests, at, address) ? address
								       : NULL;
}

/* Addresses that nobody else is to get: dnsmasq keeps back those of hosts, and
 * no guest is this one. */
static void put_reserved(FILE *to, const struct xdhcp_site *site, uint32_t at,
			 const struct xn_address *given)
{
	const struct xnat_guest *guest = &site->guests->guest[at];

	for (uint32_t k = 0; k < guest->address_count; k++) {
		const struct xn_address *address = &guest->address[k];

		if (address == given || address->family != 4 ||
		    !is_host(address) || !network_of(site->bridge, address) ||
		    address_is_taken(site->guests, at, address))
			continue;
		(void)fprintf(to, "id:xenplane-reserved-%u-%u,", at, k);
		put_host(to, address);
		(void)fputc('\n', to);
	}
}

/* In a guest's line dnsmasq takes these for an order or a lease time. */
static bool is_dnsmasqs(const char *label)
{
	size_t digits = strspn(label, "0123456789");
	const char *unit = label + digits;

	if (!strcmp(label, "ignore") || !strcmp(label, "infinite"))
		return true;
	return digits > 0 &&
	       (!unit[0] || (strchr("smhdw", unit[0]) && !unit[1]));
}

static void put_guest(FILE *to, const struct xdhcp_site *site, uint32_t at)
{
	const struct xnat_guest *guest = &site->guests->guest[at];
	const struct xn_address *ipv4 = own_address(site, at, 4);
	const struct xn_address *ipv6 = own_address(site, at, 6);
	char mac[XN_MAC_TEXT], label[XN_DHCP_LABEL_MAX];
	bool named = label_of(guest, label) && !is_dnsmasqs(label) &&
		     !name_is_taken(site->guests, at);

	if (!guest->has_mac || mac_is_taken(site->guests, at)) {
		put_reserved(to, site, at, NULL);
		return;
	}
	if (!named && !ipv4 && !ipv6)
		return;
	(void)fputs(xn_mac_format(&guest->mac, mac), to);
	if (ipv4) {
		(void)fputc(',', to);
		put_host(to, ipv4);
	}
	if (ipv6) {
		(void)fputs(",[", to);
		put_host(to, ipv6);
		(void)fputc(']', to);
	}
	if (named)
		(void)fprintf(to, ",%s", label);
	(void)fputc('\n', to);
	put_reserved(to, site, at, ipv4);
}

static void put_guests(FILE *to, const struct xdhcp_site *site)
{
	for (uint32_t i = 0; i < site->guests->count; i++)
		put_guest(to, site, i);
}

static void put_names(FILE *to, const struct xdhcp_site *site)
{
	char label[XN_DHCP_LABEL_MAX];

	for (uint32_t i = 0; i < site->guests->count; i++) {
		const struct xn_address *address[] = {own_address(site, i, 4),
						      own_address(site, i, 6)};

		if (!label_of(&site->guests->guest[i], label) ||
		    name_is_taken(site->guests, i))
			continue;
		for (size_t k = 0; k < 2; k++) {
			if (!address[k])
				continue;
			put_host(to, address[k]);
			(void)fprintf(to, " %s\n", label);
		}
	}
}

/* NULL: out of memory. */
static char *text_of(void (*put)(FILE *to, const struct xdhcp_site *site),
		     const struct xdhcp_site *site)
{
	char *text = NULL;
	size_t bytes = 0;
	FILE *memory = open_memstream(&text, &bytes);

	if (!memory)
		return NULL;
	put(memory, site);
	if (fclose(memory) == 0)
		return text;
	free(text);
	return NULL;
}

int xdhcp_plan(const struct xdhcp_site *site, struct xdhcp_texts *ret_texts,
	       struct xn_err *err)
{
	struct xdhcp_texts texts = {
		.conf = text_of(put_conf, site),
		.guests = text_of(put_guests, site),
		.names = text_of(put_names, site),
	};

	if (!texts.conf || !texts.guests || !texts.names) {
		xdhcp_texts_fini(&texts);
		return xn_fail(err, ENOMEM, "dnsmasq: out of memory");
	}
	*ret_texts = texts;
	return 0;
}

void xdhcp_texts_fini(struct xdhcp_texts *texts)
{
	free(texts->conf);
	free(texts->guests);
	free(texts->names);
	*texts = (struct xdhcp_texts){0};
}
