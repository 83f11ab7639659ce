/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NAT's keys from their text, see nat_keys.h. */
#include "netconf/parse/nat_keys.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/parse/bridge_keys.h"

#define WORDS_MAX 16u
#define ROOM_MIN 8u

/* A value cut into words at its blanks. */
struct words {
	char text[XN_CONF_WORD_MAX];
	uint32_t count;
	const char *word[WORDS_MAX];
};

static int refuse(const struct xn_conf_entry *entry, const char *wanted,
		  struct xn_err *err)
{
	return xn_conf_refuse(&entry->value_place, err, "%s=%.120s: %s",
			      entry->key, entry->value, wanted);
}

static int cut_words(const struct xn_conf_entry *entry, struct words *ret_words,
		     struct xn_err *err)
{
	char *rest = ret_words->text, *word;

	ret_words->count = 0;
	(void)xn_text_copy(ret_words->text, sizeof(ret_words->text),
			   entry->value);
	while ((word = strsep(&rest, " \t"))) {
		if (!word[0])
			continue;
		if (ret_words->count == WORDS_MAX)
			return refuse(entry, "too many words", err);
		ret_words->word[ret_words->count++] = word;
	}
	return 0;
}

/* A host's own address: whole, and no group's. */
static int read_host(const char *text, struct xn_address *ret)
{
	struct xn_address address;

	if (strchr(text, '/') || xn_conf_address_parse(text, true, &address))
		return -EINVAL;
	if (address.family == 4 &&
	    (address.octet[0] == 0 || address.octet[0] == 127 ||
	     address.octet[0] >= 224))
		return -EINVAL;
	if (address.family == 6 &&
	    (address.octet[0] == 0xff || address.octet[0] == 0))
		return -EINVAL;
	*ret = address;
	return 0;
}

/* A network, without bits behind its length. */
static int read_network(const char *text, struct xn_address *ret)
{
	struct xn_address network, bare = {0};

	if (xn_conf_address_parse(text, true, &network))
		return -EINVAL;
	bare.family = network.family;
	for (uint32_t bit = 0; bit < network.prefix; bit++) {
		uint32_t mask = 0x80u >> bit % 8;

		bare.octet[bit / 8] =
			(uint8_t)(bare.octet[bit / 8] |
				  (network.octet[bit / 8] & mask));
	}
	if (memcmp(bare.octet, network.octet, sizeof(bare.octet)) != 0)
		return -EINVAL;
	*ret = network;
	return 0;
}

int xn_nat_put_masquerade(struct xn_conf_nat *nat,
			  const struct xn_conf_entry *entry, struct xn_err *err)
{
	static const char wanted[] =
		"on, off, or one address of the host for each of IPv4 and "
		"IPv6 is wanted";
	struct words words;
	int error = cut_words(entry, &words, err);

	if (error)
		return error;
	if (words.count == 1 && !strcmp(words.word[0], "on"))
		return 0;
	if (words.count == 1 && !strcmp(words.word[0], "off")) {
		nat->masquerade_off = true;
		return 0;
	}
	if (words.count < 1 || words.count > 2)
		return refuse(entry, wanted, err);
	for (uint32_t i = 0; i < words.count; i++) {
		if (read_host(words.word[i], &nat->behind[i]))
			return refuse(entry, wanted, err);
		nat->behind_count++;
	}
	if (words.count == 2 && nat->behind[0].family == nat->behind[1].family)
		return refuse(entry, wanted, err);
	return 0;
}

int xn_nat_put_nat6(struct xn_conf_nat *nat, const struct xn_conf_entry *entry,
		    struct xn_err *err)
{
	static const char wanted[] =
		"masquerade, routed, or prefix with an IPv6 network and its "
		"/LENGTH is wanted";
	struct words words;
	int error = cut_words(entry, &words, err);

	if (error)
		return error;
	if (words.count == 1 && !strcmp(words.word[0], "masquerade"))
		nat->nat6 = XN_NAT6_MASQUERADE;
	else if (words.count == 1 && !strcmp(words.word[0], "routed"))
		nat->nat6 = XN_NAT6_ROUTED;
	else if (words.count == 2 && !strcmp(words.word[0], "prefix") &&
		 !read_network(words.word[1], &nat->prefix6) &&
		 nat->prefix6.family == 6 && nat->prefix6.prefix < 128)
		nat->nat6 = XN_NAT6_PREFIX;
	else
		return refuse(entry, wanted, err);
	return 0;
}

int xn_nat_put_connections(struct xn_conf_nat *nat,
			   const struct xn_conf_entry *entry,
			   struct xn_err *err)
{
	if (!strcmp(entry->value, "off")) {
		nat->connections = 0;
		return 0;
	}
	if (xn_parse_u32(entry->value, 16, 1000000, &nat->connections))
		return refuse(entry,
			      "off or a number from 16 to 1000000 is "
			      "wanted",
			      err);
	return 0;
}

/* "80" or "8000-8010". */
static int read_ports(const char *text, uint16_t *ret_first, uint16_t *ret_last)
{
	const char *dash = strchr(text, '-');
	char first[8];
	uint32_t from, to;

	if (!dash) {
		if (xn_parse_u32(text, 1, 65535, &from))
			return -EINVAL;
		*ret_first = *ret_last = (uint16_t)from;
		return 0;
	}
	if ((size_t)(dash - text) >= sizeof(first))
		return -EINVAL;
	memcpy(first, text, (size_t)(dash - text));
	first[dash - text] = '\0';
	if (xn_parse_u32(first, 1, 65535, &from) ||
	    xn_parse_u32(dash + 1, from, 65535, &to))
		return -EINVAL;
	*ret_first = (uint16_t)from;
	*ret_last = (uint16_t)to;
	return 0;
}

/* Cuts "HOST:REST", "HOST" or "[HOST]:REST". *ret_rest is NULL without a
 * colon; the text is written to. */
static int cut_host(char *text, const char **ret_host, const char **ret_rest)
{
	char *end = strrchr(text, ':');

	*ret_rest = NULL;
	*ret_host = text;
	if (text[0] == '[') {
		end = strchr(text, ']');
		if (!end || (end[1] != '\0' && end[1] != ':'))
			return -EINVAL;
		*ret_host = text + 1;
		*end++ = '\0';
		if (*end == '\0')
			return 0;
	} else if (end && memchr(text, ':', (size_t)(end - text))) {
		return -EINVAL; /* IPv6 without brackets */
	}
	if (end) {
		*end = '\0';
		*ret_rest = end + 1;
	}
	return 0;
}

static bool is_name(const char *text)
{
	size_t length = strnlen(text, XN_NAT_NAME_MAX);

	if (length == 0 || length == XN_NAT_NAME_MAX)
		return false;
	for (const char *c = text; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("._-", *c))
			return false;
	/* What could only be a mistyped address is none. */
	return text[strspn(text, "0123456789.")] != '\0' && text[0] != '-';
}

/* GUEST[:PORTS]; *ret_ports is NULL without any. */
static int read_target(char *text, struct xn_nat_target *ret_target,
		       const char **ret_ports)
{
	char mac[XN_MAC_TEXT];
	const char *host;

	if (strlen(text) >= XN_MAC_TEXT - 1) {
		memcpy(mac, text, XN_MAC_TEXT - 1);
		mac[XN_MAC_TEXT - 1] = '\0';
		if (!xn_mac_parse(mac, &ret_target->mac)) {
			const char *rest = text + XN_MAC_TEXT - 1;

			ret_target->by = XN_NAT_BY_MAC;
			*ret_ports = *rest ? rest + 1 : NULL;
			return (*rest && *rest != ':') ||
					       xn_mac_is_group(&ret_target->mac)
				       ? -EINVAL
				       : 0;
		}
	}
	if (cut_host(text, &host, ret_ports))
		return -EINVAL;
	if (!read_host(host, &ret_target->address)) {
		ret_target->by = XN_NAT_BY_ADDRESS;
		return (ret_target->address.family == 6) == (text[0] == '[')
			       ? 0
			       : -EINVAL;
	}
	if (text[0] == '[' || !is_name(host))
		return -EINVAL;
	ret_target->by = XN_NAT_BY_NAME;
	(void)xn_text_copy(ret_target->name, sizeof(ret_target->name), host);
	return 0;
}

static int read_protocols(const char *word, uint8_t *ret_protocols)
{
	for (uint8_t i = 1; i < 4; i++)
		if (!strcmp(word, xn_nat_protocols_name(i))) {
			*ret_protocols = i;
			return 0;
		}
	return -EINVAL;
}

/* [ADDRESS:]PORTS */
static int read_door(const char *word, struct xn_nat_forward *forward)
{
	char text[XN_CONF_WORD_MAX];
	const char *host, *ports;

	(void)xn_text_copy(text, sizeof(text), word);
	if (!strchr(text, ':'))
		return read_ports(text, &forward->port_first,
				  &forward->port_last);
	if (cut_host(text, &host, &ports) || !ports ||
	    read_host(host, &forward->at))
		return -EINVAL;
	if ((forward->at.family == 6) != (text[0] == '['))
		return -EINVAL;
	forward->has_at = true;
	return read_ports(ports, &forward->port_first, &forward->port_last);
}

static int read_forward_target(const struct xn_conf_entry *entry,
			       const char *word, struct xn_nat_forward *forward,
			       struct xn_err *err)
{
	uint32_t span = (uint32_t)forward->port_last - forward->port_first;
	char text[XN_CONF_WORD_MAX];
	uint16_t first, last;
	const char *ports;

	(void)xn_text_copy(text, sizeof(text), word);
	if (read_target(text, &forward->to, &ports))
		return refuse(entry,
			      "behind -> a guest's name, its MAC, or its "
			      "address (IPv6 in []) is wanted",
			      err);
	forward->to_first = forward->port_first;
	if (!ports)
		return 0;
	if (read_ports(ports, &first, &last) ||
	    (first != last && (uint32_t)last - first != span) ||
	    span > 65535u - first)
		return refuse(entry,
			      "the guest's ports are as many as the host's, or "
			      "the first of them",
			      err);
	if (first != forward->port_first && span >= XN_NAT_MOVED_PORTS_MAX)
		return refuse(entry, "at most 1024 ports can get other numbers",
			      err);
	forward->to_first = first;
	return 0;
}

static int read_sources(const struct xn_conf_entry *entry,
			const struct words *words, uint32_t from,
			struct xn_nat_forward *forward, struct xn_err *err)
{
	if (from == words->count)
		return 0;
	if (strcmp(words->word[from], "from") != 0 || ++from == words->count)
		return refuse(entry,
			      "after the guest, `from' and networks is all "
			      "that may stand",
			      err);
	for (; from < words->count; from++) {
		if (forward->source_count == XN_NAT_SOURCES_MAX)
			return refuse(entry, "more than 8 networks", err);
		if (read_network(words->word[from],
				 &forward->source[forward->source_count]))
			return refuse(entry,
				      "behind `from', addresses and networks "
				      "are wanted",
				      err);
		forward->source_count++;
	}
	return 0;
}

/* What is said of addresses must leave a family in which it can be. */
static bool has_family(const struct xn_nat_forward *forward, uint8_t family)
{
	bool from = forward->source_count == 0;

	if (forward->has_at && forward->at.family != family)
		return false;
	if (forward->to.by == XN_NAT_BY_ADDRESS &&
	    forward->to.address.family != family)
		return false;
	for (uint32_t i = 0; i < forward->source_count; i++)
		from |= forward->source[i].family == family;
	return from;
}

/* Room for one more: doubled, up to a bound. NULL with err. */
static void *add_room(void *array, uint32_t count, uint32_t *room,
		      size_t item_bytes, struct xn_err *err)
{
	uint32_t wanted = *room ? *room * 2 : ROOM_MIN;
	void *more;

	if (count < *room)
		return array;
	more = reallocarray(array, wanted, item_bytes);
	if (more)
		*room = wanted;
	else
		(void)xn_fail(err, ENOMEM, "out of memory");
	return more;
}

static int add_forward(struct xn_conf_nat *nat,
		       const struct xn_conf_entry *entry,
		       const struct xn_nat_forward *forward, struct xn_err *err)
{
	struct xn_nat_forward *room;

	if (nat->forward_count == XN_NAT_FORWARDS_MAX)
		return refuse(entry, "more than 4096 forwards on a bridge",
			      err);
	room = add_room(nat->forward, nat->forward_count, &nat->forward_room,
			sizeof(*room), err);
	if (!room)
		return -ENOMEM;
	nat->forward = room;
	nat->forward[nat->forward_count++] = *forward;
	return 0;
}

int xn_nat_put_forward(struct xn_conf_nat *nat,
		       const struct xn_conf_entry *entry, struct xn_err *err)
{
	struct xn_nat_forward forward = {.place = entry->value_place};
	struct words words;
	int error = cut_words(entry, &words, err);

	if (error)
		return error;
	if (words.count < 4 || strcmp(words.word[2], "->") != 0)
		return refuse(entry,
			      "PROTOCOL [ADDRESS:]PORTS -> GUEST[:PORTS] [from "
			      "NETWORK...] is wanted",
			      err);
	if (read_protocols(words.word[0], &forward.protocols))
		return refuse(entry, "tcp, udp or tcp+udp is wanted", err);
	if (read_door(words.word[1], &forward))
		return refuse(entry,
			      "ports from 1 to 65535, with ADDRESS: or "
			      "[IPV6]: before, are wanted",
			      err);
	error = read_forward_target(entry, words.word[3], &forward, err);
	if (!error)
		error = read_sources(entry, &words, 4, &forward, err);
	if (!error && !has_family(&forward, 4) && !has_family(&forward, 6))
		error = refuse(entry, "IPv4 and IPv6 do not go together", err);
	return error ? error : add_forward(nat, entry, &forward, err);
}

int xn_nat_put_pair(struct xn_conf_nat *nat, const struct xn_conf_entry *entry,
		    struct xn_err *err)
{
	static const char wanted[] = "ADDRESS -> GUEST is wanted";
	struct xn_nat_pair pair = {.place = entry->value_place};
	char text[XN_CONF_WORD_MAX];
	struct xn_nat_pair *room;
	const char *ports = NULL;
	struct words words;
	int error = cut_words(entry, &words, err);

	if (error)
		return error;
	if (words.count != 3 || strcmp(words.word[1], "->") != 0 ||
	    read_host(words.word[0], &pair.outside))
		return refuse(entry, wanted, err);
	(void)xn_text_copy(text, sizeof(text), words.word[2]);
	if (read_target(text, &pair.to, &ports) || ports)
		return refuse(entry, wanted, err);
	if (pair.to.by == XN_NAT_BY_ADDRESS &&
	    pair.to.address.family != pair.outside.family)
		return refuse(entry, "IPv4 and IPv6 do not go together", err);
	if (nat->pair_count == XN_NAT_PAIRS_MAX)
		return refuse(entry, "more than 1024 on a bridge", err);
	room = add_room(nat->pair, nat->pair_count, &nat->pair_room,
			sizeof(*room), err);
	if (!room)
		return -ENOMEM;
	nat->pair = room;
	nat->pair[nat->pair_count++] = pair;
	return 0;
}
