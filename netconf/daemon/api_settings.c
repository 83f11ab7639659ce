/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings in the words of the daemon's answers, and the commands that set
 * them. */
#include "netconf/daemon/api_private.h"

#include <errno.h>

#include "netconf/daemon/links.h"
#include "netconf/daemon/policy.h"
#include "netconf/daemon/port.h"
#include "netconf/daemon/vifs.h"
#include "netconf/parse/settings.h"

/* {"rate": {"value": "10Mb/s", "from": "vif set"}, ...} */
static json_t *sum_object(const struct xn_settings_sum *sum)
{
	json_t *object = json_object();
	char text[XN_SETTING_TEXT_MAX];

	for (unsigned int i = 0; i < XN_SETTING_COUNT; i++) {
		enum xn_setting setting = (enum xn_setting)i;

		(void)json_object_set_new(
			object, xn_setting_name(setting),
			json_pack("{s:s, s:s}", "value",
				  xn_settings_format(&sum->now, setting, text),
				  "from",
				  xn_settings_layer_name(sum->from[i])));
	}
	return object;
}

json_t *xn_api_vif_settings(const struct xn_vif *vif)
{
	json_t *object = sum_object(&vif->policy.sum);

	if (xn_policy_offload_waits(vif))
		(void)json_object_set_new(
			json_object_get(object, "offload"), "waits",
			json_string("for the guest to connect again"));
	return object;
}

json_t *xn_api_bridge_settings(struct xn_daemon *daemon,
			       const struct xn_bridge_node *node)
{
	struct xn_settings_sum sum;

	xn_policy_of_bridge(daemon, node, &sum);
	return sum_object(&sum);
}

static int take_settings(const json_t *request, struct xn_settings *settings,
			 struct xn_err *err)
{
	const json_t *pairs = json_object_get(request, "settings"), *pair;
	struct xn_settings changed = *settings;
	size_t i;

	if (!json_is_array(pairs) || !json_array_size(pairs))
		return xn_fail(err, EINVAL, "the request has no settings");
	json_array_foreach (pairs, i, pair) {
		const char *text = json_string_value(pair);
		int error;

		if (!text)
			return xn_fail(err, EINVAL, "a setting is a text");
		error = xn_settings_put_pair(&changed, text, err);
		if (error)
			return error;
	}
	*settings = changed; /* all, or none */
	return 0;
}

json_t *xn_api_vif_set(struct xn_vif *vif, const json_t *request,
		       struct xn_err *err)
{
	if (take_settings(request, &vif->policy.set, err))
		return NULL;
	xn_policy_update(vif);
	xn_port_update(vif);
	xn_port_confirm(vif);
	return xn_api_vif(vif);
}

json_t *xn_api_bridge_set(struct xn_daemon *daemon, struct xn_bridge_node *node,
			  const json_t *request, struct xn_err *err)
{
	if (take_settings(request, &node->set, err))
		return NULL;
	xn_links_bridge_changed(daemon->links, node);
	for (struct xn_vif *vif = xn_vifs_from(daemon->vifs, 0); vif;
	     vif = xn_vifs_from(daemon->vifs, vif->slot + 1))
		if (vif->port.link.master == node->link.ifindex)
			xn_port_confirm(vif);
	return xn_api_bridge(daemon, node);
}
