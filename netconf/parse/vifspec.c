// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xl's vif syntax: pairs "key=value" between commas, white space around each
 * allowed. Called by the lab and the command line with text that an
 * administrator typed; nothing in it is trusted.
 */
#include "netconf/parse/vifspec.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "netconf/base/text.h"
#include "netconf/parse/suggest.h"

/* A piece of the text with its place, so that errors can name the column. */
struct word {
	const char *start;
	size_t length;
	size_t column;
};

struct parser {
	const char *key; /* the table's spelling */
	struct word value;
	struct xn_vifspec *spec;
	struct xn_err *err;
};

static int refuse(const struct parser *p, const char *why)
{
	return xn_fail(p->err, EINVAL, "column %zu: %s=%.*s: %s",
		       p->value.column, p->key, (int)p->value.length,
		       p->value.start, why);
}

static int copy_word(const struct parser *p, char *ret, size_t size)
{
	if (p->value.length == 0)
		return refuse(p, "the value is empty");
	if (p->value.length >= size)
		return refuse(p, "the value is too long");
	memcpy(ret, p->value.start, p->value.length);
	ret[p->value.length] = '\0';
	return 0;
}

/* Digits only, the whole word, at most max. */
static int parse_number(const struct parser *p, uint64_t max,
			uint64_t *ret_number)
{
	uint64_t number = 0;

	if (p->value.length == 0)
		return refuse(p, "a number is wanted");
	for (size_t i = 0; i < p->value.length; i++) {
		char c = p->value.start[i];

		if (c < '0' || c > '9')
			return refuse(p, "a decimal number is wanted");
		uint64_t digit = (uint64_t)(c - '0');

		if (number > (max - digit) / 10)
			return refuse(p, "the number is too large");
		number = number * 10 + digit;
	}
	*ret_number = number;
	return 0;
}

static int parse_mac(struct parser *p)
{
	char text[XN_MAC_TEXT];
	int rc = copy_word(p, text, sizeof(text));

	if (rc < 0)
		return rc;
	if (xn_mac_parse(text, &p->spec->mac) < 0)
		return refuse(p, "six pairs of hex digits with ':' are wanted");
	if (xn_mac_is_group(&p->spec->mac))
		return refuse(p, "a group address cannot be a vif's address");
	p->spec->has_mac = true;
	return 0;
}

/* Names that the kernel takes for an interface (dev_valid_name()). */
static int parse_ifname(const struct parser *p, char ret[IFNAMSIZ])
{
	int rc = copy_word(p, ret, IFNAMSIZ);

	if (rc < 0)
		return rc;
	if (!strcmp(ret, ".") || !strcmp(ret, ".."))
		return refuse(p, "this is no interface name");
	for (const char *c = ret; *c; c++)
		if (*c == '/' || *c == ':' || isspace((unsigned char)*c) ||
		    !isprint((unsigned char)*c))
			return refuse(p, "this is no interface name");
	return 0;
}

static int parse_bridge(struct parser *p)
{
	return parse_ifname(p, p->spec->bridge);
}

static int parse_gatewaydev(struct parser *p)
{
	return parse_ifname(p, p->spec->gatewaydev);
}

static int parse_vifname(struct parser *p)
{
	return parse_ifname(p, p->spec->vifname);
}

static int parse_model(struct parser *p)
{
	return copy_word(p, p->spec->model, sizeof(p->spec->model));
}

static int parse_backend(struct parser *p)
{
	return copy_word(p, p->spec->backend, sizeof(p->spec->backend));
}

static int parse_script(struct parser *p)
{
	return copy_word(p, p->spec->script, sizeof(p->spec->script));
}

static int parse_vlan(struct parser *p)
{
	return copy_word(p, p->spec->vlan, sizeof(p->spec->vlan));
}

static int parse_type(struct parser *p)
{
	char text[8];
	int rc = copy_word(p, text, sizeof(text));

	if (rc < 0)
		return rc;
	if (!strcmp(text, "vif"))
		p->spec->type = XN_VIF_TYPE_VIF;
	else if (!strcmp(text, "ioemu"))
		p->spec->type = XN_VIF_TYPE_IOEMU;
	else
		return refuse(p, "vif or ioemu is wanted");
	return 0;
}

bool xn_ip_text_valid(const char *text)
{
	char address[XN_VIFSPEC_IP_MAX];
	struct in6_addr parsed;
	bool ipv6 = strchr(text, ':') != NULL;
	uint32_t prefix;
	char *slash;

	if (xn_text_copy(address, sizeof(address), text) < 0)
		return false;
	slash = strchr(address, '/');
	if (slash) {
		*slash = '\0';
		if (xn_parse_u32(slash + 1, 0, ipv6 ? 128 : 32, &prefix) < 0)
			return false;
	}
	return inet_pton(ipv6 ? AF_INET6 : AF_INET, address, &parsed) == 1;
}

static int parse_ip(struct parser *p)
{
	const char *at = p->value.start;
	const char *end = at + p->value.length;
	uint32_t count = 0;

	while (at < end) {
		struct parser one = *p;

		while (at < end && *at == ' ')
			at++;
		const char *start = at;

		while (at < end && *at != ' ')
			at++;
		if (at == start)
			break;
		one.value.start = start;
		one.value.length = (size_t)(at - start);
		one.value.column += (size_t)(start - p->value.start);
		if (count == XN_VIFSPEC_IPS_MAX)
			return refuse(&one, "too many addresses");
		int rc = copy_word(&one, p->spec->ip[count], XN_VIFSPEC_IP_MAX);

		if (rc < 0)
			return rc;
		if (!xn_ip_text_valid(p->spec->ip[count]))
			return refuse(&one, "an IP address is wanted");
		count++;
	}
	if (count == 0)
		return refuse(p, "an IP address is wanted");
	p->spec->ip_count = count;
	return 0;
}

static int parse_rate(struct parser *p)
{
	char text[XN_VIFSPEC_WORD_MAX];
	struct xn_err why = {0};
	int rc = copy_word(p, text, sizeof(text));

	if (rc < 0)
		return rc;
	rc = xn_rate_parse(text, &p->spec->rate_bytes,
			   &p->spec->rate_interval_us, &why);
	return rc < 0 ? refuse(p, xn_err_text(&why)) : 0;
}

static int parse_mtu(struct parser *p)
{
	uint64_t mtu = 0;
	int rc = parse_number(p, 65535, &mtu);

	if (rc < 0)
		return rc;
	if (mtu < 68) /* RFC 791: every link carries 68 bytes */
		return refuse(p, "an MTU is at least 68");
	p->spec->mtu = (uint32_t)mtu;
	return 0;
}

static int parse_devid(struct parser *p)
{
	uint64_t devid = 0;
	int rc = parse_number(p, 65535, &devid);

	if (rc < 0)
		return rc;
	p->spec->devid = (int32_t)devid;
	return 0;
}

static const struct {
	const char *key;
	int (*parse)(struct parser *p);
} keys[] = {
	{"mac", parse_mac},
	{"bridge", parse_bridge},
	{"gatewaydev", parse_gatewaydev},
	{"netdev", parse_gatewaydev}, /* the older spelling */
	{"type", parse_type},
	{"model", parse_model},
	{"vifname", parse_vifname},
	{"script", parse_script},
	{"ip", parse_ip},
	{"rate", parse_rate},
	{"mtu", parse_mtu},
	{"vlan", parse_vlan},
	{"devid", parse_devid},
	{"backend", parse_backend},
};

static bool word_is(const struct word *word, const char *text)
{
	return word->length == strlen(text) &&
	       !memcmp(word->start, text, word->length);
}

static struct word trimmed(const char *text, const char *start, const char *end)
{
	while (start < end && isspace((unsigned char)*start))
		start++;
	while (end > start && isspace((unsigned char)end[-1]))
		end--;
	return (struct word){start, (size_t)(end - start),
			     (size_t)(start - text) + 1};
}

static int parse_flag(const struct word *word, struct xn_vifspec *spec,
		      struct xn_err *err)
{
	if (word_is(word, "trusted"))
		spec->trusted = 1;
	else if (word_is(word, "untrusted"))
		spec->trusted = 0;
	else
		return xn_fail(err, EINVAL,
			       "column %zu: '%.*s': a pair key=value is wanted",
			       word->column, (int)word->length, word->start);
	return 0;
}

static int refuse_key(const struct word *key, struct xn_err *err)
{
	const char *known[sizeof(keys) / sizeof(keys[0])];
	char word[XN_SUGGEST_WORD_MAX + 1], hint[XN_SUGGEST_TEXT_MAX] = "";

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		known[i] = keys[i].key;
	if (key->length < sizeof(word)) {
		memcpy(word, key->start, key->length);
		word[key->length] = '\0';
		(void)xn_suggest(word, known, sizeof(known) / sizeof(known[0]),
				 hint);
	}
	return xn_fail(err, EINVAL, "column %zu: unknown key '%.*s'%s",
		       key->column, (int)key->length, key->start, hint);
}

static int parse_pair(const char *text, const char *start, const char *end,
		      struct xn_vifspec *spec, struct xn_err *err)
{
	const char *equals = memchr(start, '=', (size_t)(end - start));

	if (!equals) {
		struct word word = trimmed(text, start, end);

		return parse_flag(&word, spec, err);
	}

	struct word key = trimmed(text, start, equals);
	struct parser p = {.value = trimmed(text, equals + 1, end),
			   .spec = spec,
			   .err = err};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (word_is(&key, keys[i].key)) {
			p.key = keys[i].key;
			return keys[i].parse(&p);
		}
	}
	if (word_is(&key, "trusted") || word_is(&key, "untrusted"))
		return xn_fail(err, EINVAL,
			       "column %zu: '%.*s' stands alone, without a "
			       "value",
			       key.column, (int)key.length, key.start);
	return refuse_key(&key, err);
}

int xn_vifspec_parse(const char *text, struct xn_vifspec *ret_spec,
		     struct xn_err *err)
{
	struct xn_vifspec spec = {.devid = -1, .trusted = -1};
	size_t length = strnlen(text, XN_VIFSPEC_TEXT_MAX + 1);
	const char *end = text + length;
	const char *at = text;

	if (length > XN_VIFSPEC_TEXT_MAX)
		return xn_fail(err, E2BIG, "column %d: the vif is too long",
			       XN_VIFSPEC_TEXT_MAX + 1);
	if (trimmed(text, at, end).length == 0) {
		*ret_spec = spec;
		return 0;
	}
	for (;;) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		int rc = parse_pair(text, at, comma ? comma : end, &spec, err);

		if (rc < 0)
			return rc;
		if (!comma)
			break;
		at = comma + 1;
	}
	*ret_spec = spec;
	return 0;
}
