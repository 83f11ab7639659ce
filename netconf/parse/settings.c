/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings from and to text, see settings.h. The words are an administrator's
 * or the toolstack's; nothing in them is trusted.
 */
#include "netconf/parse/settings.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/model/acl.h"
#include "netconf/parse/vifspec.h"

/* Keys beside the settings, of whoever has most of them. */
#define OTHERS_MAX 64u

/* What the data process takes (netconf/ipc/datalink.h). */
#define RATE_INTERVAL_MAX_US 10000000u
#define RATE_BYTES_MAX (UINT64_C(1) << 40)
#define STORM_MAX 1000000000u

static int refuse(struct xn_err *err, const char *key, const char *value,
		  const char *wanted)
{
	return xn_fail(err, EINVAL, "%s=%.60s: %s", key, value, wanted);
}

static int put_switch(bool *ret, const char *key, const char *value,
		      struct xn_err *err)
{
	bool on = !strcmp(value, "on");

	if (!on && strcmp(value, "off") != 0)
		return refuse(err, key, value, "on or off is wanted");
	*ret = on;
	return 0;
}

static int put_bpdu(bool *ret_drop, const char *value, struct xn_err *err)
{
	bool drop = !strcmp(value, "drop");

	if (!drop && strcmp(value, "pass") != 0)
		return refuse(err, "bpdu", value, "pass or drop is wanted");
	*ret_drop = drop;
	return 0;
}

static int put_storm(uint32_t *ret_frames, const char *value,
		     struct xn_err *err)
{
	if (!strcmp(value, "off"))
		*ret_frames = 0;
	else if (xn_parse_u32(value, 1, STORM_MAX, ret_frames))
		return refuse(err, "storm", value,
			      "frames a second (1 to 1000000000) or off is "
			      "wanted");
	return 0;
}

static int check_rate(uint64_t bytes, uint32_t interval_us, const char *key,
		      const char *value, struct xn_err *err)
{
	if (interval_us < 1 || interval_us > RATE_INTERVAL_MAX_US)
		return refuse(err, key, value,
			      "an interval of 1us to 10s is wanted");
	if (bytes > RATE_BYTES_MAX)
		return refuse(err, key, value, "the rate is too high");
	return 0;
}

static int put_rate(struct xn_share *share, const char *key, const char *value,
		    struct xn_err *err)
{
	struct xn_err why = {0};
	uint64_t bytes = 0;
	uint32_t interval_us = 0;

	if (strcmp(value, "off") != 0) {
		int error = xn_rate_parse(value, &bytes, &interval_us, &why);

		if (error)
			return refuse(err, key, value, xn_err_text(&why));
		error = check_rate(bytes, interval_us, key, value, err);
		if (error)
			return error;
	}
	share->rate_bytes = bytes;
	share->rate_interval_us = interval_us;
	return 0;
}

static int put_speed(uint64_t *ret, const char *key, const char *value,
		     struct xn_err *err)
{
	if (!strcmp(value, "off"))
		*ret = 0;
	else if (xn_speed_parse(value, ret))
		return refuse(err, key, value,
			      "a rate such as 10Mb/s or off is wanted");
	return 0;
}

static int put_burst(uint64_t *ret, const char *key, const char *value,
		     struct xn_err *err)
{
	if (!strcmp(value, "off"))
		*ret = 0;
	else if (xn_bytes_parse(value, ret) || !*ret)
		return refuse(err, key, value,
			      "bytes such as 100KB or off is wanted");
	return 0;
}

static int put_weight(uint32_t *ret, const char *key, const char *value,
		      struct xn_err *err)
{
	if (xn_parse_u32(value, 1, XN_WEIGHT_MAX, ret))
		return refuse(err, key, value, "1 to 100 is wanted");
	return 0;
}

int xn_settings_put_store_rate(struct xn_settings *settings, const char *text,
			       struct xn_err *err)
{
	char number[32];
	const char *comma = strchr(text, ',');
	size_t length = comma ? (size_t)(comma - text) : sizeof(number);
	uint64_t bytes;
	uint32_t interval_us;
	int error;

	if (length >= sizeof(number))
		return refuse(err, "rate", text,
			      "BYTES,MICROSECONDS is wanted");
	memcpy(number, text, length);
	number[length] = '\0';
	if (xn_parse_u64(number, 0, UINT64_MAX, &bytes) ||
	    xn_parse_u32(comma + 1, 0, UINT32_MAX, &interval_us))
		return refuse(err, "rate", text,
			      "BYTES,MICROSECONDS is wanted");
	/* As every backend has it: nothing to count, nothing to limit. */
	if (bytes == 0 || interval_us == 0) {
		bytes = 0;
		interval_us = 0;
	} else {
		error = check_rate(bytes, interval_us, "rate", text, err);
		if (error)
			return error;
	}
	settings->send.rate_bytes = bytes;
	settings->send.rate_interval_us = interval_us;
	settings->said |= 1u << XN_SETTING_RATE;
	return 0;
}

/* Whoever names a network with a host's bits means the network. */
static void clear_host_bits(struct xn_address *address)
{
	uint32_t prefix = address->prefix;

	for (uint32_t i = 0; i < sizeof(address->octet); i++) {
		uint32_t bits = prefix > 8 * i ? prefix - 8 * i : 0;

		if (bits < 8)
			address->octet[i] &= (uint8_t)(0xff00u >> bits);
	}
}

/* "10.0.0.1" or "fd00::/64". -EDOM: there are bits behind the length, which are
 * not in *ret. */
static int read_address(const char *text, struct xn_address *ret)
{
	struct xn_address address = {0};
	bool ipv6 = strchr(text, ':') != NULL;
	uint32_t prefix = ipv6 ? 128 : 32;
	char host[XN_VIFSPEC_IP_MAX];
	char *slash;

	if (xn_text_copy(host, sizeof(host), text) < 0)
		return -EINVAL;
	slash = strchr(host, '/');
	if (slash) {
		*slash = '\0';
		if (xn_parse_u32(slash + 1, 0, prefix, &prefix))
			return -EINVAL;
	}
	if (inet_pton(ipv6 ? AF_INET6 : AF_INET, host, address.octet) != 1)
		return -EINVAL;
	address.family = ipv6 ? 6 : 4;
	address.prefix = (uint8_t)prefix;
	*ret = address;
	clear_host_bits(ret);
	return memcmp(&address, ret, sizeof(address)) ? -EDOM : 0;
}

static int put_acl(struct xn_settings *settings, const char *value,
		   struct xn_err *err)
{
	bool none = !strcmp(value, "none");

	if (!none && !xn_acl_name_valid(value, sizeof(settings->acl)))
		return refuse(err, "acl", value,
			      "the name of an access list or none is wanted");
	memset(settings->acl, 0, sizeof(settings->acl));
	if (!none)
		(void)xn_text_copy(settings->acl, sizeof(settings->acl), value);
	return 0;
}

static int put_word(const char *word, bool strict, struct xn_address *ret,
		    struct xn_err *err)
{
	int rc = read_address(word, ret);

	if (rc == -EDOM)
		return strict ? refuse(err, "ip", word,
				       "a length stands for a whole network, "
				       "and there are bits behind it")
			      : 0;
	return rc < 0 ? refuse(err, "ip", word,
			       "an IP address, with /LENGTH or not, is wanted")
		      : 0;
}

static int put_ip(struct xn_settings *settings, const char *value, bool strict,
		  struct xn_err *err)
{
	struct xn_address address[XN_SETTINGS_ADDRESSES_MAX];
	char text[XN_SETTING_TEXT_MAX];
	char *rest = text, *word;
	uint32_t count = 0;
	int rc;

	if (xn_text_copy(text, sizeof(text), value) < 0)
		return refuse(err, "ip", value, "too long");
	if (!strcmp(text, "none"))
		rest = NULL;
	while (rest && (word = strsep(&rest, " \t"))) {
		if (!word[0])
			continue;
		if (count == XN_SETTINGS_ADDRESSES_MAX)
			return refuse(err, "ip", word,
				      "more than 32 addresses");
		rc = put_word(word, strict, &address[count], err);
		if (rc < 0)
			return rc;
		count++;
	}
	if (count == 0 && strcmp(value, "none") != 0)
		return refuse(err, "ip", value, "addresses or none is wanted");
	settings->address_count = count;
	memcpy(settings->address, address, count * sizeof(address[0]));
	return 0;
}

static int put_value(struct xn_settings *settings, enum xn_setting setting,
		     const char *value, struct xn_err *err)
{
	const char *key = xn_setting_name(setting);

	switch (setting) {
	case XN_SETTING_FASTPATH:
		return put_switch(&settings->fastpath, key, value, err);
	case XN_SETTING_OFFLOAD:
		return put_switch(&settings->offload, key, value, err);
	case XN_SETTING_ANTISPOOF:
		return put_switch(&settings->antispoof, key, value, err);
	case XN_SETTING_ISOLATED:
		return put_switch(&settings->isolated, key, value, err);
	case XN_SETTING_CARRIER:
		return put_switch(&settings->carrier, key, value, err);
	case XN_SETTING_BPDU:
		return put_bpdu(&settings->bpdu_drop, value, err);
	case XN_SETTING_STORM:
		return put_storm(&settings->storm_frames, value, err);
	case XN_SETTING_RATE:
		return put_rate(&settings->send, key, value, err);
	case XN_SETTING_BURST:
		return put_burst(&settings->send.burst_bytes, key, value, err);
	case XN_SETTING_CEILING:
		return put_speed(&settings->send.ceiling, key, value, err);
	case XN_SETTING_GUARANTEE:
		return put_speed(&settings->send.guarantee, key, value, err);
	case XN_SETTING_WEIGHT:
		return put_weight(&settings->send.weight, key, value, err);
	case XN_SETTING_RATE_IN:
		return put_rate(&settings->receive, key, value, err);
	case XN_SETTING_BURST_IN:
		return put_burst(&settings->receive.burst_bytes, key, value,
				 err);
	case XN_SETTING_CEILING_IN:
		return put_speed(&settings->receive.ceiling, key, value, err);
	case XN_SETTING_GUARANTEE_IN:
		return put_speed(&settings->receive.guarantee, key, value, err);
	case XN_SETTING_WEIGHT_IN:
		return put_weight(&settings->receive.weight, key, value, err);
	case XN_SETTING_POLICE:
		return put_switch(&settings->police, key, value, err);
	case XN_SETTING_IP:
		return put_ip(settings, value, true, err);
	case XN_SETTING_ACL:
		return put_acl(settings, value, err);
	case XN_SETTING_REPAIR:
		return put_switch(&settings->repair, key, value, err);
	case XN_SETTING_COUNT:
		break;
	}
	return -EINVAL;
}

bool xn_setting_known(const char *key)
{
	for (unsigned int i = 0; i < XN_SETTING_COUNT; i++)
		if (!strcmp(key, xn_setting_name((enum xn_setting)i)))
			return true;
	return false;
}

const char *xn_setting_suggest(const char *key, const char *const *others,
			       size_t count, char ret_text[XN_SUGGEST_TEXT_MAX])
{
	const char *known[(size_t)XN_SETTING_COUNT + OTHERS_MAX];
	size_t used = 0;

	for (unsigned int i = 0; i < XN_SETTING_COUNT; i++)
		known[used++] = xn_setting_name((enum xn_setting)i);
	for (size_t i = 0; i < count && i < OTHERS_MAX; i++)
		known[used++] = others[i];
	return xn_suggest(key, known, used, ret_text);
}

static int refuse_key(const char *key, struct xn_err *err)
{
	char hint[XN_SUGGEST_TEXT_MAX];

	return xn_fail(err, EINVAL, "unknown key '%.40s'%s", key,
		       xn_setting_suggest(key, NULL, 0, hint));
}

int xn_settings_put(struct xn_settings *settings, const char *key,
		    const char *value, struct xn_err *err)
{
	for (unsigned int i = 0; i < XN_SETTING_COUNT; i++) {
		int error;

		if (strcmp(key, xn_setting_name((enum xn_setting)i)) != 0)
			continue;
		if (!strcmp(value, "default")) {
			settings->said &= ~(1u << i);
			return 0;
		}
		error = put_value(settings, (enum xn_setting)i, value, err);
		if (!error)
			settings->said |= 1u << i;
		return error;
	}
	return refuse_key(key, err);
}

int xn_settings_put_stock_ip(struct xn_settings *settings, const char *value,
			     struct xn_err *err)
{
	int rc = put_ip(settings, value, false, err);

	if (rc == 0)
		settings->said |= 1u << XN_SETTING_IP;
	return rc;
}

int xn_settings_put_pair(struct xn_settings *settings, const char *pair,
			 struct xn_err *err)
{
	const char *equals = strchr(pair, '=');
	char key[32];
	size_t length = equals ? (size_t)(equals - pair) : 0;

	if (!equals)
		return xn_fail(err, EINVAL, "'%.60s': KEY=VALUE is wanted",
			       pair);
	if (length >= sizeof(key))
		return xn_fail(err, EINVAL, "unknown key '%.40s'", pair);
	memcpy(key, pair, length);
	key[length] = '\0';
	return xn_settings_put(settings, key, equals + 1, err);
}

/* In the unit that leaves nothing over, so that it reads back the same. */
static void format_amount(uint64_t amount, const char *what, char *text)
{
	static const struct {
		uint64_t factor;
		const char *unit;
	} units[] = {
		{1000000000u, "G"}, {1000000u, "M"}, {1000u, "K"}, {1, ""}};
	size_t i = 0;

	while (amount % units[i].factor)
		i++;
	(void)xn_text_format(text, XN_SETTING_TEXT_MAX, "%llu%s%s",
			     (unsigned long long)(amount / units[i].factor),
			     units[i].unit, what);
}

static void format_rate(const struct xn_share *share, char *text)
{
	uint64_t us = share->rate_interval_us;
	uint64_t bytes = share->rate_bytes;

	/* Rounded up, as reading rounds down. */
	format_amount((bytes / us * 1000000u +
		       (bytes % us * 1000000u + us - 1) / us) *
			      8,
		      "b/s", text);
	if (us != 50000)
		(void)xn_text_format(text + strlen(text), 32, "@%lluus",
				     (unsigned long long)us);
}

/* NULL: the text is there; else the word. */
static const char *format_share(const struct xn_share *share,
				enum xn_setting setting, char *text)
{
	uint64_t amount = share->rate_bytes;

	if (setting == XN_SETTING_BURST)
		amount = share->burst_bytes;
	else if (setting == XN_SETTING_CEILING)
		amount = share->ceiling;
	else if (setting == XN_SETTING_GUARANTEE)
		amount = share->guarantee;
	if (setting == XN_SETTING_WEIGHT)
		(void)xn_text_format(text, XN_SETTING_TEXT_MAX, "%u",
				     share->weight);
	else if (!amount)
		return "off";
	else if (setting == XN_SETTING_RATE)
		format_rate(share, text);
	else if (setting == XN_SETTING_BURST)
		format_amount(amount, "B", text);
	else
		format_amount(amount * 8, "b/s", text);
	return NULL;
}

static void format_ip(const struct xn_settings *settings, char *text)
{
	size_t used = 0;

	if (!settings->address_count)
		(void)xn_text_copy(text, XN_SETTING_TEXT_MAX, "none");
	for (uint32_t i = 0; i < settings->address_count; i++) {
		const struct xn_address *a = &settings->address[i];
		bool whole = a->prefix == (a->family == 6 ? 128 : 32);
		char host[INET6_ADDRSTRLEN], length[8] = "";
		int bytes;

		(void)inet_ntop(a->family == 6 ? AF_INET6 : AF_INET, a->octet,
				host, sizeof(host));
		if (!whole)
			(void)xn_text_format(length, sizeof(length), "/%u",
					     a->prefix);
		bytes = xn_text_format(text + used, XN_SETTING_TEXT_MAX - used,
				       "%s%s%s", i ? " " : "", host, length);
		used += bytes > 0 ? (size_t)bytes : 0;
	}
}

const char *xn_settings_format(const struct xn_settings *settings,
			       enum xn_setting setting,
			       char ret_text[XN_SETTING_TEXT_MAX])
{
	const char *word = NULL;

	ret_text[0] = '\0';
	switch (setting) {
	case XN_SETTING_FASTPATH:
		word = settings->fastpath ? "on" : "off";
		break;
	case XN_SETTING_OFFLOAD:
		word = settings->offload ? "on" : "off";
		break;
	case XN_SETTING_ANTISPOOF:
		word = settings->antispoof ? "on" : "off";
		break;
	case XN_SETTING_ISOLATED:
		word = settings->isolated ? "on" : "off";
		break;
	case XN_SETTING_CARRIER:
		word = settings->carrier ? "on" : "off";
		break;
	case XN_SETTING_BPDU:
		word = settings->bpdu_drop ? "drop" : "pass";
		break;
	case XN_SETTING_STORM:
		if (settings->storm_frames)
			(void)xn_text_format(ret_text, XN_SETTING_TEXT_MAX,
					     "%u", settings->storm_frames);
		else
			word = "off";
		break;
	case XN_SETTING_RATE:
	case XN_SETTING_BURST:
	case XN_SETTING_CEILING:
	case XN_SETTING_GUARANTEE:
	case XN_SETTING_WEIGHT:
		word = format_share(&settings->send, setting, ret_text);
		break;
	case XN_SETTING_RATE_IN:
	case XN_SETTING_BURST_IN:
	case XN_SETTING_CEILING_IN:
	case XN_SETTING_GUARANTEE_IN:
	case XN_SETTING_WEIGHT_IN:
		word = format_share(&settings->receive,
				    (enum xn_setting)(setting -
						      XN_SETTING_RATE_IN +
						      XN_SETTING_RATE),
				    ret_text);
		break;
	case XN_SETTING_POLICE:
		word = settings->police ? "on" : "off";
		break;
	case XN_SETTING_IP:
		format_ip(settings, ret_text);
		break;
	case XN_SETTING_ACL:
		word = settings->acl[0] ? settings->acl : "none";
		break;
	case XN_SETTING_REPAIR:
		word = settings->repair ? "on" : "off";
		break;
	case XN_SETTING_COUNT:
		break;
	}
	if (word)
		(void)xn_text_copy(ret_text, XN_SETTING_TEXT_MAX, word);
	return ret_text;
}
