/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `vif set` as text, see vifset.h. Called by the command line, by the daemon
 * for what it is asked, and for what it left in the store. */
#include "netconf/parse/vifset.h"

#include <errno.h>
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/parse/bridge_keys.h"

/* The value behind "KEY="; NULL: another key. */
static const char *value_of(const char *pair, const char *key)
{
	size_t length = strlen(key);

	return !strncmp(pair, key, length) && pair[length] == '='
		       ? pair + length + 1
		       : NULL;
}

static int put_bridge(struct xn_vifset *set, const char *value,
		      struct xn_err *err)
{
	if (!strcmp(value, "default")) {
		set->bridge[0] = '\0';
		return 0;
	}
	if (!xn_conf_ifname_valid(value))
		return xn_fail(err, EINVAL,
			       "bridge=%.60s: the name of a bridge is wanted",
			       value);
	(void)xn_text_copy(set->bridge, sizeof(set->bridge), value);
	return 0;
}

static int put_mtu(struct xn_vifset *set, const char *value, struct xn_err *err)
{
	if (!strcmp(value, "default")) {
		set->mtu = 0;
		return 0;
	}
	if (xn_parse_u32(value, XN_VIF_MTU_MIN, XN_VIF_MTU_MAX, &set->mtu))
		return xn_fail(err, EINVAL, "mtu=%.60s: %u to %u is wanted",
			       value, XN_VIF_MTU_MIN, XN_VIF_MTU_MAX);
	return 0;
}

static int put_setting(struct xn_vifset *set, const char *pair,
		       struct xn_err *err)
{
	static const char *const others[] = {"bridge", "mtu"};
	char key[XN_SUGGEST_WORD_MAX + 1], hint[XN_SUGGEST_TEXT_MAX];
	size_t length = strcspn(pair, "=");

	if (length < sizeof(key) && pair[length] == '=') {
		memcpy(key, pair, length);
		key[length] = '\0';
		if (!xn_setting_known(key))
			return xn_fail(
				err, EINVAL, "unknown key '%s'%s", key,
				xn_setting_suggest(key, others, 2, hint));
	}
	return xn_settings_put_pair(&set->settings, pair, err);
}

int xn_vifset_put_pair(struct xn_vifset *set, const char *pair,
		       struct xn_err *err)
{
	const char *value = value_of(pair, "bridge");

	if (value)
		return put_bridge(set, value, err);
	value = value_of(pair, "mtu");
	if (value)
		return put_mtu(set, value, err);
	return put_setting(set, pair, err);
}

bool xn_vifset_is_empty(const struct xn_vifset *set)
{
	return !set->settings.said && !set->bridge[0] && !set->mtu;
}

struct writer {
	char *text;
	size_t used;
};

static void add_pair(struct writer *w, const char *key, const char *value)
{
	int length =
		xn_text_format(w->text + w->used, XN_VIFSET_TEXT_MAX - w->used,
			       "%s%s=%s", w->used ? "\n" : "", key, value);

	w->used += length > 0 ? (size_t)length : 0;
}

const char *xn_vifset_format(const struct xn_vifset *set,
			     char ret_text[XN_VIFSET_TEXT_MAX])
{
	struct writer w = {.text = ret_text};
	char value[XN_SETTING_TEXT_MAX];

	ret_text[0] = '\0';
	if (set->bridge[0])
		add_pair(&w, "bridge", set->bridge);
	if (set->mtu) {
		(void)xn_text_format(value, sizeof(value), "%u", set->mtu);
		add_pair(&w, "mtu", value);
	}
	for (unsigned int i = 0; i < XN_SETTING_COUNT; i++) {
		enum xn_setting setting = (enum xn_setting)i;

		if (set->settings.said & (1u << i))
			add_pair(&w, xn_setting_name(setting),
				 xn_settings_format(&set->settings, setting,
						    value));
	}
	return ret_text;
}

int xn_vifset_parse(const char *text, struct xn_vifset *ret_set,
		    struct xn_err *err)
{
	struct xn_vifset set = {.mtu = 0};
	char copy[XN_VIFSET_TEXT_MAX];
	char *rest = copy, *pair;

	if (xn_text_copy(copy, sizeof(copy), text) < 0)
		return xn_fail(err, EINVAL, "too long for a vif's settings");
	while ((pair = strsep(&rest, "\n"))) {
		int error;

		if (!pair[0])
			continue;
		error = xn_vifset_put_pair(&set, pair, err);
		if (error)
			return error;
	}
	*ret_set = set;
	return 0;
}
