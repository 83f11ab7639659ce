/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A wish in words of the command line, see qos_wish.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/force/qos_wish.h"
#include "netconf/parse/settings.h"
#include "netconf/parse/vifspec.h"

#define WORD_MAX 512u

void xn_qos_wish_fini(struct xn_qos_wish *wish)
{
	free(wish->vif);
	free(wish->uplink);
	*wish = (struct xn_qos_wish){0};
}

/* One by one: there are few, and this is a command's start. */
static void *grow(void *array, size_t count, size_t bytes)
{
	void *more = NULL;

	if (count < XQ_VIFS_MAX)
		more = reallocarray(array, count + 1, bytes);
	if (more)
		memset((char *)more + count * bytes, 0, bytes);
	return more;
}

struct xq_vif *xn_qos_wish_vif(struct xn_qos_wish *wish)
{
	struct xq_vif *more =
		grow(wish->vif, wish->vif_count, sizeof(*wish->vif));

	if (!more)
		return NULL;
	wish->vif = more;
	return &wish->vif[wish->vif_count++];
}

struct xq_uplink *xn_qos_wish_uplink(struct xn_qos_wish *wish)
{
	struct xq_uplink *more =
		grow(wish->uplink, wish->uplink_count, sizeof(*wish->uplink));

	if (!more)
		return NULL;
	wish->uplink = more;
	return &wish->uplink[wish->uplink_count++];
}

struct xq_limit xn_qos_limit(const struct xn_share *share)
{
	struct xq_limit limit = {.ceiling = share->ceiling,
				 .guarantee = share->guarantee,
				 .weight = share->weight};
	uint64_t us = share->rate_interval_us;

	if (!share->rate_bytes || !us)
		return limit;
	/* Split, so that nothing overflows: at most 2^40 in 1 us to 10 s. */
	limit.rate = share->rate_bytes / us * 1000000u +
		     share->rate_bytes % us * 1000000u / us;
	limit.burst_bytes =
		share->burst_bytes ? share->burst_bytes : share->rate_bytes;
	return limit;
}

static int take_name(char ret_name[IFNAMSIZ], const char *name,
		     struct xn_err *err)
{
	if (!xn_link_name_valid(name) ||
	    xn_text_copy(ret_name, IFNAMSIZ, name) < 0)
		return xn_fail(err, EINVAL, "'%.40s' is no name of a link",
			       name);
	return 0;
}

static int take_speed(uint64_t *ret, const char *key, const char *value,
		      struct xn_err *err)
{
	if (xn_speed_parse(value, ret))
		return xn_fail(err, EINVAL,
			       "%s=%.40s: a rate such as 1Gb/s is wanted", key,
			       value);
	return 0;
}

static int take_uplink(struct xn_qos_wish *wish, char *rest, struct xn_err *err)
{
	struct xq_uplink uplink = {.send_rate = 0};
	struct xq_uplink *place;
	char *pair;
	int error = take_name(uplink.name, strsep(&rest, ","), err);

	while (!error && (pair = strsep(&rest, ","))) {
		if (!strncmp(pair, "rate=", 5))
			error = take_speed(&uplink.send_rate, "rate", pair + 5,
					   err);
		else if (!strncmp(pair, "rate-in=", 8))
			error = take_speed(&uplink.receive_rate, "rate-in",
					   pair + 8, err);
		else
			error = xn_fail(err, EINVAL,
					"uplink=%s: '%.40s': rate=RATE or "
					"rate-in=RATE is wanted",
					uplink.name, pair);
	}
	if (error)
		return error;
	place = xn_qos_wish_uplink(wish);
	if (!place)
		return xn_fail(err, ENOMEM, "too many uplinks");
	*place = uplink;
	return 0;
}

/* Of settings, those that are about rates and shares. */
static bool is_rate(const char *pair)
{
	for (unsigned int i = XN_SETTING_RATE; i <= XN_SETTING_POLICE; i++) {
		const char *key = xn_setting_name((enum xn_setting)i);
		size_t length = strlen(key);

		if (!strncmp(pair, key, length) && pair[length] == '=')
			return true;
	}
	return false;
}

static int take_pair(struct xq_vif *vif, struct xn_settings *settings,
		     const char *pair, struct xn_err *err)
{
	if (!strncmp(pair, "uplink=", 7))
		return take_name(vif->uplink, pair + 7, err);
	if (!strncmp(pair, "mac=", 4)) {
		if (xn_mac_parse(pair + 4, &vif->mac))
			return xn_fail(err, EINVAL,
				       "mac=%.40s: a MAC address is wanted",
				       pair + 4);
		vif->has_mac = true;
		return 0;
	}
	if (!is_rate(pair))
		return xn_fail(err, EINVAL,
			       "%s: '%.40s': mac, uplink, rate, burst, "
			       "ceiling, guarantee, weight, or one of the "
			       "latter with -in, or police, is wanted",
			       vif->name, pair);
	return xn_settings_put_pair(settings, pair, err);
}

static int take_vif(struct xn_qos_wish *wish, char *rest, struct xn_err *err)
{
	struct xq_vif vif = {.has_mac = false};
	struct xn_settings settings;
	struct xq_vif *place;
	char *pair;
	int error = take_name(vif.name, strsep(&rest, ","), err);

	xn_settings_builtin(&settings);
	while (!error && (pair = strsep(&rest, ",")))
		error = take_pair(&vif, &settings, pair, err);
	if (error)
		return error;
	vif.send = xn_qos_limit(&settings.send);
	vif.receive = xn_qos_limit(&settings.receive);
	vif.police = settings.police;
	if ((settings.send.burst_bytes && !vif.send.rate) ||
	    (settings.receive.burst_bytes && !vif.receive.rate))
		return xn_fail(err, EINVAL, "%s: a burst without a rate",
			       vif.name);
	place = xn_qos_wish_vif(wish);
	if (!place)
		return xn_fail(err, ENOMEM, "too many vifs");
	*place = vif;
	return 0;
}

int xn_qos_wish_word(struct xn_qos_wish *wish, const char *word,
		     struct xn_err *err)
{
	char text[WORD_MAX];

	if (xn_text_copy(text, sizeof(text), word) < 0)
		return xn_fail(err, EINVAL, "'%.40s...': too long", word);
	if (!strncmp(text, "uplink=", 7))
		return take_uplink(wish, text + 7, err);
	return take_vif(wish, text, err);
}
