/* SPDX-License-Identifier: GPL-2.0-or-later */
/* iproute2's words, see words.h. Pure. */
#include "network-script/words.h"

#include <stddef.h>
#include <linux/rtnetlink.h>

#include "netconf/base/text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct number_word {
	uint8_t number;
	const char *word;
};

static const struct number_word scopes[] = {
	{RT_SCOPE_UNIVERSE, "global"}, {RT_SCOPE_SITE, "site"},
	{RT_SCOPE_LINK, "link"},       {RT_SCOPE_HOST, "host"},
	{RT_SCOPE_NOWHERE, "nowhere"},
};

static const struct number_word addr_protocols[] = {
	{1, "kernel_lo"}, {2, "kernel_ra"}, {3, "kernel_ll"}};

static const struct number_word route_protocols[] = {
	{RTPROT_REDIRECT, "redirect"}, {RTPROT_KERNEL, "kernel"},
	{RTPROT_BOOT, "boot"},	       {RTPROT_STATIC, "static"},
	{RTPROT_GATED, "gated"},       {RTPROT_RA, "ra"},
	{RTPROT_MRT, "mrt"},	       {RTPROT_ZEBRA, "zebra"},
	{RTPROT_BIRD, "bird"},	       {RTPROT_DNROUTED, "dnrouted"},
	{RTPROT_XORP, "xorp"},	       {RTPROT_NTK, "ntk"},
	{RTPROT_DHCP, "dhcp"},	       {18, "keepalived"},
	{RTPROT_BABEL, "babel"},       {RTPROT_BGP, "bgp"},
	{RTPROT_ISIS, "isis"},	       {RTPROT_OSPF, "ospf"},
	{RTPROT_RIP, "rip"},	       {RTPROT_EIGRP, "eigrp"},
};

static const struct number_word route_types[] = {
	{RTN_UNICAST, ""},
	{RTN_LOCAL, "local"},
	{RTN_BROADCAST, "broadcast"},
	{RTN_ANYCAST, "anycast"},
	{RTN_MULTICAST, "multicast"},
	{RTN_BLACKHOLE, "blackhole"},
	{RTN_UNREACHABLE, "unreachable"},
	{RTN_PROHIBIT, "prohibit"},
	{RTN_THROW, "throw"},
	{RTN_NAT, "nat"},
	{RTN_XRESOLVE, "xresolve"},
};

static const char *find(const struct number_word *table, size_t count,
			uint8_t number)
{
	for (size_t i = 0; i < count; i++) {
		if (table[i].number == number)
			return table[i].word;
	}
	return NULL;
}

static const char *word_or_number(const struct number_word *table, size_t count,
				  uint8_t number, char text[INET6_ADDRSTRLEN])
{
	const char *word = find(table, count, number);

	if (word)
		return word;
	(void)xn_text_format(text, INET6_ADDRSTRLEN, "%u", number);
	return text;
}

const char *xns_operstate_word(uint8_t operstate)
{
	static const char *const words[] = {
		"UNKNOWN", "NOTPRESENT", "DOWN", "LOWERLAYERDOWN",
		"TESTING", "DORMANT",	 "UP"};

	return operstate < COUNT(words) ? words[operstate] : "0x7";
}

const char *xns_scope_word(uint8_t scope, char text[INET6_ADDRSTRLEN])
{
	return word_or_number(scopes, COUNT(scopes), scope, text);
}

const char *xns_addr_protocol_word(uint8_t protocol,
				   char text[INET6_ADDRSTRLEN])
{
	return word_or_number(addr_protocols, COUNT(addr_protocols), protocol,
			      text);
}

const char *xns_route_protocol_word(uint8_t protocol,
				    char text[INET6_ADDRSTRLEN])
{
	return word_or_number(route_protocols, COUNT(route_protocols), protocol,
			      text);
}

const char *xns_route_type_word(uint8_t type)
{
	const char *word = find(route_types, COUNT(route_types), type);

	return word ? word : "?";
}

const char *xns_route_value_word(unsigned int which)
{
	static const char *const words[RTAX_MAX + 1] = {
		[RTAX_MTU] = "mtu",	      [RTAX_WINDOW] = "window",
		[RTAX_RTT] = "rtt",	      [RTAX_RTTVAR] = "rttvar",
		[RTAX_SSTHRESH] = "ssthresh", [RTAX_CWND] = "cwnd",
		[RTAX_ADVMSS] = "advmss",     [RTAX_REORDERING] = "reordering",
		[RTAX_HOPLIMIT] = "hoplimit", [RTAX_INITCWND] = "initcwnd",
		[RTAX_FEATURES] = "features", [RTAX_RTO_MIN] = "rto_min",
		[RTAX_INITRWND] = "initrwnd", [RTAX_QUICKACK] = "quickack",
	};

	return which <= RTAX_MAX ? words[which] : NULL;
}
