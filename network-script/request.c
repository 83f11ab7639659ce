/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words to a request, see request.h. Pure. */
#include "network-script/request.h"

#include <errno.h>
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/nl/link.h"

static const char *const command_words[] = {
	[XNS_START] = "start", [XNS_STOP] = "stop", [XNS_STATUS] = "status"};

static enum xns_command command_of(const char *word)
{
	for (int i = 0; i < XNS_UNKNOWN; i++) {
		if (strcmp(word, command_words[i]) == 0)
			return (enum xns_command)i;
	}
	return XNS_UNKNOWN;
}

static int set_name(const char *key, const char *value, char ret[IFNAMSIZ],
		    struct xn_err *err)
{
	if (!xn_link_name_valid(value))
		return xn_fail(err, EINVAL, "%s=%s: not a valid link name", key,
			       value);
	(void)xn_text_copy(ret, IFNAMSIZ, value);
	return 0;
}

static int set_switch(const char *key, const char *value, bool *ret,
		      struct xn_err *err)
{
	if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
		return xn_fail(err, EINVAL, "%s=%s: yes or no", key, value);
	*ret = strcmp(value, "yes") == 0;
	return 0;
}

static int set_vifnum(struct xns_request *request, const char *value,
		      struct xn_err *err)
{
	if (xn_parse_u32(value, 0, XN_VIFNUM_MAX, &request->vifnum) < 0)
		return xn_fail(err, EINVAL, "vifnum=%s: a number up to %u",
			       value, XN_VIFNUM_MAX);
	request->has_vifnum = true;
	return 0;
}

static int set_style(struct xns_request *request, const char *value,
		     struct xn_err *err)
{
	/* xenplane.conf's word for it. */
	if (strcmp(value, "plain") == 0)
		value = xn_style_word(XN_STYLE_DIRECT);
	if (xn_style_from_word(value, &request->style) < 0)
		return xn_fail(err, EINVAL, "style=%s: old, new or direct",
			       value);
	return 0;
}

static int set_bridge(struct xns_request *request, const char *value,
		      struct xn_err *err)
{
	request->nothing = strcmp(value, "null") == 0;
	if (request->nothing)
		return 0;
	return set_name("bridge", value, request->bridge, err);
}

static bool is_key(const char *setting, const char *key)
{
	size_t length = strlen(key);

	return strncmp(setting, key, length) == 0 && setting[length] == '=';
}

static int set(struct xns_request *request, const char *setting,
	       struct xn_err *err)
{
	const char *value = strchr(setting, '=') + 1;

	if (value[0] == '\0')
		return 0;
	if (is_key(setting, "bridge"))
		return set_bridge(request, value, err);
	if (is_key(setting, "netdev"))
		return set_name("netdev", value, request->netdev, err);
	if (is_key(setting, "vifnum"))
		return set_vifnum(request, value, err);
	if (is_key(setting, "style"))
		return set_style(request, value, err);
	if (is_key(setting, "antispoof"))
		return set_switch("antispoof", value, &request->antispoof, err);
	if (is_key(setting, "force"))
		return set_switch("force", value, &request->force, err);
	if (!request->unknown)
		request->unknown = setting;
	return 0;
}

int xns_request_parse(int argc, const char *const *argv,
		      struct xns_request *ret_request, struct xn_err *err)
{
	struct xns_request request = {
		.command = XNS_UNKNOWN, .word = NULL, .style = XN_STYLES};
	int rc = 0;

	for (int i = 0; i < argc; i++) {
		if (strchr(argv[i], '='))
			rc = rc < 0 ? rc : set(&request, argv[i], err);
		else if (!request.word)
			request.word = argv[i];
		else if (!request.unknown)
			request.unknown = argv[i];
	}
	if (!request.word)
		request.word = "";
	request.command = command_of(request.word);
	*ret_request = request;
	return rc;
}
