/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings in the words of the daemon's answers, and the commands that set
 * them. */
#include "netconf/daemon/api_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "netconf/base/log.h"
#include "netconf/base/text.h"
#include "netconf/daemon/acls.h"
#include "netconf/daemon/bridge_drift.h"
#include "netconf/daemon/config.h"
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

typedef int put_fn(void *set, const char *pair, struct xn_err *err);

/* The request's pairs, in order, as far as they are right. */
static int take_pairs(const json_t *request, put_fn *put, void *set,
		      struct xn_err *err)
{
	const json_t *pairs = json_object_get(request, "settings"), *pair;
	size_t i;

	if (!json_is_array(pairs) || !json_array_size(pairs))
		return xn_fail(err, EINVAL, "the request has no settings");
	json_array_foreach (pairs, i, pair) {
		const char *text = json_string_value(pair);
		int error;

		if (!text)
			return xn_fail(err, EINVAL, "a setting is a text");
		error = put(set, text, err);
		if (error)
			return error;
	}
	return 0;
}

struct vif_change {
	struct xn_vifset set;
	struct xn_placing_named named;
};

static int put_vif_pair(void *arg, const char *pair, struct xn_err *err)
{
	struct vif_change *change = arg;

	change->named.bridge |= !strncmp(pair, "bridge=", strlen("bridge="));
	change->named.mtu |= !strncmp(pair, "mtu=", strlen("mtu="));
	return xn_vifset_put_pair(&change->set, pair, err);
}

static int put_bridge_pair(void *settings, const char *pair, struct xn_err *err)
{
	return xn_settings_put_pair(settings, pair, err);
}

/* A list that was not said before is one of the file's. */
static int check_acl(const struct xn_daemon *daemon,
		     const struct xn_settings *before,
		     const struct xn_settings *set, struct xn_err *err)
{
	if (strcmp(before->acl, set->acl) != 0 &&
	    (set->said & (1u << XN_SETTING_ACL)) && set->acl[0] &&
	    !xn_config_acl(daemon->config, set->acl))
		return xn_fail(err, EINVAL,
			       "acl=%s: the configuration has no [acl %s]; "
			       "acl=none takes the list away",
			       set->acl, set->acl);
	return 0;
}

/* Who let a guest do more than before is to be found later. */
static void say_set(const char *name, const json_t *request)
{
	const json_t *pair;
	char text[128];
	size_t i;

	json_array_foreach (json_object_get(request, "settings"), i, pair) {
		(void)snprintf(text, sizeof(text), "%s",
			       json_string_value(pair));
		xn_text_make_printable(text);
		xn_info("%s: set %s", name, text);
	}
}

json_t *xn_api_vif_set(struct xn_vif *vif, const json_t *request,
		       struct xn_err *err)
{
	struct vif_change change = {.set = vif->placing.set};

	if (take_pairs(request, put_vif_pair, &change, err) ||
	    check_acl(vif->daemon, &vif->placing.set.settings,
		      &change.set.settings, err) ||
	    xn_placing_set(vif, &change.set, &change.named, err))
		return NULL;
	say_set(vif->name, request);
	return xn_api_vif(vif);
}

json_t *xn_api_bridge_set(struct xn_daemon *daemon, struct xn_bridge_node *node,
			  const json_t *request, struct xn_err *err)
{
	struct xn_settings changed = node->set;

	if (take_pairs(request, put_bridge_pair, &changed, err) ||
	    check_acl(daemon, &node->set, &changed, err))
		return NULL;
	node->set = changed;
	say_set(node->link.name, request);
	xn_links_bridge_changed(daemon->links, node);
	xn_acls_flush(daemon->acls);
	for (struct xn_vif *vif = xn_vifs_from(daemon->vifs, 0); vif;
	     vif = xn_vifs_from(daemon->vifs, vif->slot + 1))
		if (vif->port.link.master == node->link.ifindex) {
			xn_port_confirm(vif);
			xn_drift_look(vif);
		}
	xn_bridge_drift_again(daemon->bridge_drift);
	return xn_api_bridge(daemon, node);
}
