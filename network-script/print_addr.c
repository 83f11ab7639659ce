/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Links and addresses as `ip addr show` prints them. */
#include <arpa/inet.h>
#include <net/if_arp.h>
#include <string.h>
#include <linux/if_addr.h>

#include <linux/rtnetlink.h>

#include "network-script/print.h"
#include "network-script/words.h"

/* <linux/if.h> does not go with <net/if.h>, which has no such. */
#define FLAG_LOWER_UP 0x10000U
#define FLAG_DORMANT 0x20000U
#define FLAG_ECHO 0x40000U

#define FOREVER UINT32_MAX

struct flag_word {
	uint32_t flag;
	const char *word;
};

static const struct flag_word link_flags[] = {
	{IFF_LOOPBACK, "LOOPBACK"},
	{IFF_BROADCAST, "BROADCAST"},
	{IFF_POINTOPOINT, "POINTOPOINT"},
	{IFF_MULTICAST, "MULTICAST"},
	{IFF_NOARP, "NOARP"},
	{IFF_ALLMULTI, "ALLMULTI"},
	{IFF_PROMISC, "PROMISC"},
	{IFF_MASTER, "MASTER"},
	{IFF_SLAVE, "SLAVE"},
	{IFF_DEBUG, "DEBUG"},
	{IFF_DYNAMIC, "DYNAMIC"},
	{IFF_AUTOMEDIA, "AUTOMEDIA"},
	{IFF_PORTSEL, "PORTSEL"},
	{IFF_NOTRAILERS, "NOTRAILERS"},
	{IFF_UP, "UP"},
	{FLAG_LOWER_UP, "LOWER_UP"},
	{FLAG_DORMANT, "DORMANT"},
	{FLAG_ECHO, "ECHO"},
};

static const struct flag_word addr_flags[] = {
	{IFA_F_SECONDARY, "secondary"},
	{IFA_F_NODAD, "nodad"},
	{IFA_F_OPTIMISTIC, "optimistic"},
	{IFA_F_DADFAILED, "dadfailed"},
	{IFA_F_HOMEADDRESS, "home"},
	{IFA_F_DEPRECATED, "deprecated"},
	{IFA_F_TENTATIVE, "tentative"},
	{IFA_F_PERMANENT, NULL}, /* its absence has a word */
	{IFA_F_MANAGETEMPADDR, "mngtmpaddr"},
	{IFA_F_NOPREFIXROUTE, "noprefixroute"},
	{IFA_F_MCAUTOJOIN, "autojoin"},
	{IFA_F_STABLE_PRIVACY, "stable-privacy"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char *xns_name_of(const struct xn_link_table *links, int ifindex)
{
	for (size_t i = 0; i < links->count; i++) {
		if (links->link[i].ifindex == ifindex)
			return links->link[i].name;
	}
	return NULL;
}

static const struct xn_link *lower_of(const struct xn_link_table *links,
				      const struct xn_link *link)
{
	for (size_t i = 0; i < links->count; i++) {
		if (links->link[i].ifindex == link->lower)
			return &links->link[i];
	}
	return NULL;
}

static void print_flags(FILE *out, const struct xn_link *link,
			const struct xn_link *lower)
{
	uint32_t flags = link->flags & ~(uint32_t)IFF_RUNNING;
	const char *comma = "";

	(void)fputs("<", out);
	if ((link->flags & IFF_UP) && !(link->flags & IFF_RUNNING)) {
		(void)fputs("NO-CARRIER", out);
		comma = ",";
	}
	for (size_t i = 0; i < COUNT(link_flags); i++) {
		if (!(flags & link_flags[i].flag))
			continue;
		(void)fprintf(out, "%s%s", comma, link_flags[i].word);
		flags &= ~link_flags[i].flag;
		comma = ",";
	}
	if (flags)
		(void)fprintf(out, "%s%x", comma, flags);
	if (lower && !(lower->flags & IFF_UP))
		(void)fprintf(out, ",M-DOWN");
	(void)fputs("> ", out);
}

static void print_name(FILE *out, const struct xn_link *link,
		       const struct xn_link *lower)
{
	(void)fprintf(out, "%d: %s", link->ifindex, link->name);
	if (link->lower_far)
		(void)fprintf(out, "@if%d", link->lower_far);
	else if (lower)
		(void)fprintf(out, "@%s", lower->name);
	(void)fputs(": ", out);
}

static void print_hardware(FILE *out, const struct xn_link *link)
{
	const struct xn_mac none = {{0}};
	char text[XN_MAC_TEXT];

	(void)fprintf(out, "    link/%s",
		      link->arphrd == ARPHRD_LOOPBACK ? "loopback" : "ether");
	(void)fprintf(out, " %s", xn_mac_format(&link->mac, text));
	(void)fprintf(out, " brd %s",
		      link->arphrd == ARPHRD_LOOPBACK ? "00:00:00:00:00:00"
						      : "ff:ff:ff:ff:ff:ff");
	if (!xn_mac_equal(&link->permanent_mac, &none) &&
	    !xn_mac_equal(&link->permanent_mac, &link->mac))
		(void)fprintf(out, " permaddr %s",
			      xn_mac_format(&link->permanent_mac, text));
	if (link->netnsid >= 0)
		(void)fprintf(out, " link-netnsid %d", link->netnsid);
	else if (link->lower_far)
		(void)fputs(" link-netnsid unknown", out);
	(void)fputs("\n", out);
}

void xns_print_link(FILE *out, const struct xn_link_table *links,
		    const struct xn_link *link)
{
	const struct xn_link *lower =
		link->lower ? lower_of(links, link) : NULL;
	const char *master =
		link->master ? xns_name_of(links, link->master) : NULL;

	print_name(out, link, lower);
	print_flags(out, link, lower);
	(void)fprintf(out, "mtu %u ", link->mtu);
	if (link->qdisc[0] != '\0')
		(void)fprintf(out, "qdisc %s ", link->qdisc);
	if (master)
		(void)fprintf(out, "master %s ", master);
	(void)fprintf(out, "state %s ", xns_operstate_word(link->operstate));
	if (link->group == 0)
		(void)fputs("group default ", out);
	else
		(void)fprintf(out, "group %u ", link->group);
	if (link->tx_queue_len)
		(void)fprintf(out, "qlen %u", link->tx_queue_len);
	(void)fputs("\n", out);
	if (link->arphrd == ARPHRD_ETHER || link->arphrd == ARPHRD_LOOPBACK)
		print_hardware(out, link);
}

static void print_addr_flags(FILE *out, const struct xn_addr *addr)
{
	uint32_t flags = addr->flags;

	for (size_t i = 0; i < COUNT(addr_flags); i++) {
		uint32_t flag = addr_flags[i].flag;
		const char *word = addr_flags[i].word;

		if (flag == IFA_F_PERMANENT && !(flags & flag))
			(void)fputs("dynamic ", out);
		else if (flag == IFA_F_SECONDARY && (flags & flag) &&
			 addr->family == AF_INET6)
			(void)fputs("temporary ", out);
		else if ((flags & flag) && word)
			(void)fprintf(out, "%s ", word);
		flags &= ~flag;
	}
	if (flags)
		(void)fprintf(out, "flags %02x ", flags);
}

static void print_lifetime(FILE *out, const char *word, uint32_t seconds)
{
	if (seconds == FOREVER)
		(void)fprintf(out, "%s forever", word);
	else
		(void)fprintf(out, "%s %usec", word, seconds);
}

void xns_print_addr(FILE *out, const struct xn_addr *addr)
{
	char text[INET6_ADDRSTRLEN] = "?";
	char peer[INET6_ADDRSTRLEN] = "?";

	(void)inet_ntop(addr->family, addr->address, text, sizeof(text));
	(void)inet_ntop(addr->family, addr->peer, peer, sizeof(peer));
	(void)fprintf(out, "    %s %s",
		      addr->family == AF_INET ? "inet" : "inet6", text);
	if (addr->has_peer)
		(void)fprintf(out, " peer %s", peer);
	(void)fprintf(out, "/%u ", addr->prefix_length);
	if (addr->metric)
		(void)fprintf(out, "metric %u ", addr->metric);
	if (addr->has_broadcast) {
		(void)inet_ntop(addr->family, addr->broadcast, text,
				sizeof(text));
		(void)fprintf(out, "brd %s ", text);
	}
	(void)fprintf(out, "scope %s ", xns_scope_word(addr->scope, text));
	print_addr_flags(out, addr);
	(void)fprintf(out, "%s\n", addr->label);
	print_lifetime(out, "       valid_lft", addr->valid_s);
	print_lifetime(out, " preferred_lft",
		       addr->flags & IFA_F_DEPRECATED ? 0 : addr->preferred_s);
	(void)fputs("\n", out);
}
