/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One rule of an access list, see acl_rule.h. Called by acl_keys.c with an
 * administrator's words. */
#include "netconf/parse/acl_rule.h"

#include <errno.h>
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/model/nat.h"
#include "netconf/parse/bridge_keys.h"

/* The value, cut at its blanks one word after the other. */
struct words {
	const struct xn_conf_entry *entry;
	char text[XN_CONF_WORD_MAX];
	char *rest;
	char *word; /* NULL: there are no more */
};

static void next(struct words *words)
{
	do
		words->word = strsep(&words->rest, " \t");
	while (words->word && !words->word[0]);
}

static bool is(const struct words *words, const char *word)
{
	return words->word && !strcmp(words->word, word);
}

/* Names the word that is wrong, and its column. */
static int refuse(const struct words *words, const char *wanted,
		  struct xn_err *err)
{
	const struct xn_conf_entry *entry = words->entry;
	struct xn_conf_place place = entry->value_place;

	if (!words->word)
		return xn_conf_refuse(&place, err, "%s=%.120s: %s", entry->key,
				      entry->value, wanted);
	place.column += (uint32_t)(words->word - words->text);
	return xn_conf_refuse(&place, err, "%s: '%.60s': %s", entry->key,
			      words->word, wanted);
}

static int read_protocol(struct xn_acl_rule *rule, struct words *words,
			 struct xn_err *err)
{
	static const struct {
		const char *name;
		uint8_t protocol, family;
	} names[] = {
		{"tcp", XN_ACL_TCP, 0},	    {"udp", XN_ACL_UDP, 0},
		{"sctp", XN_ACL_SCTP, 0},   {"icmp", XN_ACL_ICMP, 4},
		{"icmp6", XN_ACL_ICMP6, 6},
	};
	uint32_t number;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!is(words, names[i].name))
			continue;
		rule->protocol = names[i].protocol;
		rule->family = names[i].family;
		return 0;
	}
	if (is(words, "any")) {
		rule->any_protocol = true;
		return 0;
	}
	if (xn_parse_u32(words->word, 0, 255, &number))
		return refuse(words,
			      "any, tcp, udp, sctp, icmp, icmp6 or the number "
			      "of a protocol is wanted",
			      err);
	rule->protocol = (uint8_t)number;
	return 0;
}

static bool is_icmp(const struct xn_acl_rule *rule)
{
	return rule->family != 0;
}

static bool has_ports(const struct xn_acl_rule *rule)
{
	return !rule->any_protocol &&
	       (rule->protocol == XN_ACL_TCP || rule->protocol == XN_ACL_UDP ||
		rule->protocol == XN_ACL_SCTP);
}

static bool read_range(char *text, uint32_t min, uint32_t max,
		       struct xn_acl_ports *ret)
{
	char *last = strchr(text, '-');
	uint32_t from, to;

	if (last)
		*last++ = '\0';
	if (xn_parse_u32(text, min, max, &from) ||
	    xn_parse_u32(last ? last : text, from, max, &to))
		return false;
	ret->first = (uint16_t)from;
	ret->last = (uint16_t)to;
	return true;
}

static int read_ports(const struct xn_acl_rule *rule, struct words *words,
		      struct xn_acl_ports ret[XN_ACL_PORTS_MAX],
		      uint32_t *ret_count, struct xn_err *err)
{
	bool types = is_icmp(rule);
	char text[XN_CONF_WORD_MAX];
	char *rest = text, *part;
	uint32_t count = 0;

	if (!words->word)
		return refuse(words, "ports are wanted at its end", err);
	(void)xn_text_copy(text, sizeof(text), words->word);
	while ((part = strsep(&rest, ","))) {
		if (count == XN_ACL_PORTS_MAX)
			return refuse(words, "more than 16 ports or ranges",
				      err);
		if (!read_range(part, types ? 0 : 1, types ? 255 : 65535,
				&ret[count++]))
			return refuse(words,
				      types ? "types such as 8 or 3,11-12 are "
					      "wanted"
					    : "ports such as 22 or "
					      "80,8000-8080 are wanted",
				      err);
	}
	*ret_count = count;
	return 0;
}

/* Everybody is a network here. */
static bool read_network(const char *text, struct xn_address *ret)
{
	const char *slash = strchr(text, '/');
	char host[XN_ADDRESS_TEXT_MAX];
	struct xn_address network, bare;
	bool all = slash && !strcmp(slash, "/0");

	if (xn_text_copy(host, sizeof(host), text) < 0)
		return false;
	if (all)
		host[slash - text] = '\0';
	if (xn_conf_address_parse(host, true, &network))
		return false;
	if (all)
		network.prefix = 0;
	bare = network;
	for (uint32_t bit = network.prefix; bit < 128; bit++)
		bare.octet[bit / 8] =
			(uint8_t)(bare.octet[bit / 8] & ~(0x80u >> bit % 8));
	if (memcmp(bare.octet, network.octet, sizeof(bare.octet)) != 0)
		return false;
	*ret = network;
	return true;
}

static int read_peer(struct xn_acl_peer *peer, struct words *words,
		     struct xn_err *err)
{
	bool group = is(words, "group");

	if (group)
		next(words);
	if (!words->word)
		return refuse(words, "who is wanted at its end", err);
	if (!group && !xn_mac_parse(words->word, &peer->mac)) {
		peer->by = XN_ACL_BY_MAC;
		return xn_mac_is_group(&peer->mac)
			       ? refuse(words, "no vif has a group's address",
					err)
			       : 0;
	}
	if (!group && read_network(words->word, &peer->network)) {
		peer->by = XN_ACL_BY_NETWORK;
		return 0;
	}
	peer->by = group ? XN_ACL_BY_GROUP : XN_ACL_BY_NAME;
	if (!xn_acl_name_valid(words->word,
			       group ? XN_ACL_NAME_MAX : XN_ACL_PEER_MAX) ||
	    strspn(words->word, "0123456789.") == strlen(words->word))
		return refuse(words,
			      group ? "the name of an access list is wanted"
				    : "a network (without bits behind its "
				      "length), an address, a MAC, a vif's "
				      "name or group NAME is wanted",
			      err);
	(void)xn_text_copy(peer->name, sizeof(peer->name), words->word);
	return 0;
}

static int read_peers(struct xn_acl_rule *rule, struct words *words,
		      struct xn_err *err)
{
	do {
		int error;

		if (rule->peer_count == XN_ACL_PEERS_MAX)
			return refuse(words, "more than 16 of them", err);
		error = read_peer(&rule->peer[rule->peer_count], words, err);
		if (error)
			return error;
		rule->peer_count++;
		next(words);
	} while (words->word && !is(words, "replies"));
	return 0;
}

static int read_replies(struct xn_acl_rule *rule, struct words *words,
			struct xn_err *err)
{
	bool by_port =
		rule->protocol == XN_ACL_UDP || rule->protocol == XN_ACL_SCTP;

	if (!rule->allow)
		return refuse(words, "only what is allowed is answered", err);
	if (!has_ports(rule) && !is_icmp(rule))
		return refuse(words, "nobody can tell answers of this protocol",
			      err);
	if (by_port && rule->to_count == 0)
		return refuse(words,
			      "answers are told by PORTS, which are wanted",
			      err);
	rule->replies = true;
	next(words);
	return 0;
}

/* What stands between protocol and peers. */
static int read_upper(struct xn_acl_rule *rule, struct words *words,
		      struct xn_err *err)
{
	int error;

	if (words->word && strspn(words->word, "0123456789")) {
		if (!has_ports(rule) && !is_icmp(rule))
			return refuse(words, "this protocol has no ports", err);
		error = read_ports(rule, words, rule->to, &rule->to_count, err);
		if (error)
			return error;
		next(words);
	}
	if (is(words, "source")) {
		if (!has_ports(rule))
			return refuse(words, "this protocol has no ports", err);
		next(words);
		error = read_ports(rule, words, rule->from, &rule->from_count,
				   err);
		if (error)
			return error;
		next(words);
	}
	if (is(words, "established")) {
		if (rule->any_protocol || rule->protocol != XN_ACL_TCP)
			return refuse(words, "only tcp knows that", err);
		rule->established = true;
		next(words);
	}
	return 0;
}

int xn_acl_rule_read(struct xn_acl_rule *rule,
		     const struct xn_conf_entry *entry, struct xn_err *err)
{
	struct words words = {.entry = entry};
	int error;

	(void)xn_text_copy(words.text, sizeof(words.text), entry->value);
	words.rest = words.text;
	next(&words);
	rule->in = is(&words, "in");
	if (!rule->in && !is(&words, "out"))
		return refuse(&words, "in or out is wanted first", err);
	next(&words);
	if (!words.word)
		return refuse(&words, "a protocol is wanted", err);
	error = read_protocol(rule, &words, err);
	if (error)
		return error;
	next(&words);
	error = read_upper(rule, &words, err);
	if (!error && is(&words, rule->in ? "from" : "to")) {
		next(&words);
		error = read_peers(rule, &words, err);
	}
	if (!error && is(&words, "replies"))
		error = read_replies(rule, &words, err);
	if (!error && words.word)
		error = refuse(&words,
			       rule->in ? "PORTS, source PORTS, established, "
					  "from PEER..., replies is the order"
					: "PORTS, source PORTS, established, "
					  "to PEER..., replies is the order",
			       err);
	return error;
}
