/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A wish from xenplane.conf and what xenplaned knows, see qos_wish.h. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/force/qos_wish.h"
#include "netconf/parse/settings.h"

struct source {
	struct xn_qos_wish *wish;
	const struct xn_planeconf *conf;
	const struct xn_link_table *links;
};

static const struct xn_link *link_at(const struct source *source, int ifindex)
{
	for (size_t i = 0; i < source->links->count; i++)
		if (source->links->link[i].ifindex == ifindex)
			return &source->links->link[i];
	return NULL;
}

static bool link_is(const struct source *source, const char *name)
{
	for (size_t i = 0; i < source->links->count; i++)
		if (!strcmp(source->links->link[i].name, name))
			return true;
	return false;
}

static const struct xn_planeconf_bridge *
find_bridge(const struct source *source, const char *name)
{
	for (uint32_t i = 0; name && i < source->conf->bridge_count; i++)
		if (!strcmp(source->conf->bridge[i].name, name))
			return &source->conf->bridge[i];
	return NULL;
}

/* The NIC that is the bridge's port: it may have been renamed. */
static bool find_uplink(const struct source *source,
			const struct xn_planeconf_bridge *bridge,
			char ret_name[IFNAMSIZ])
{
	if (!bridge->uplink_rate && !bridge->uplink_rate_in)
		return false;
	if (bridge->style == XN_CONF_PLAIN)
		(void)xn_text_copy(ret_name, IFNAMSIZ, bridge->netdev);
	else
		(void)xn_text_format(ret_name, IFNAMSIZ, "p%s", bridge->netdev);
	return link_is(source, ret_name);
}

static int add_uplinks(const struct source *source, struct xn_err *err)
{
	for (uint32_t i = 0; i < source->conf->bridge_count; i++) {
		const struct xn_planeconf_bridge *bridge =
			&source->conf->bridge[i];
		struct xq_uplink *uplink;
		char name[IFNAMSIZ];

		if (!find_uplink(source, bridge, name))
			continue;
		uplink = xn_qos_wish_uplink(source->wish);
		if (!uplink)
			return xn_fail(err, ENOMEM, "too many uplinks");
		memcpy(uplink->name, name, sizeof(name));
		uplink->send_rate = bridge->uplink_rate;
		uplink->receive_rate = bridge->uplink_rate_in;
	}
	return 0;
}

/* "vif1.0", as the kernel's netback and xenplaned name them. */
static bool is_vif_name(const char *name)
{
	if (strncmp(name, "vif", 3) != 0 || !isdigit((unsigned char)name[3]))
		return false;
	name += 3;
	name += strspn(name, "0123456789");
	return *name == '.' && isdigit((unsigned char)name[1]) &&
	       !name[1 + strspn(name + 1, "0123456789")];
}

static const struct xn_planeconf_vif *find_vif(const struct source *source,
					       const char *name)
{
	for (uint32_t i = 0; i < source->conf->vif_count; i++)
		if (source->conf->vif[i].name[0] &&
		    !strcmp(source->conf->vif[i].name, name))
			return &source->conf->vif[i];
	return NULL;
}

static struct xq_vif *add_vif(const struct source *source, const char *name,
			      const struct xn_planeconf_bridge *bridge,
			      const struct xn_settings *settings,
			      struct xn_err *err)
{
	struct xq_vif *vif = xn_qos_wish_vif(source->wish);

	if (!vif) {
		(void)xn_fail(err, ENOMEM, "too many vifs");
		return NULL;
	}
	(void)xn_text_copy(vif->name, sizeof(vif->name), name);
	if (bridge && !find_uplink(source, bridge, vif->uplink))
		vif->uplink[0] = '\0';
	vif->send = xn_qos_limit(&settings->send);
	vif->receive = xn_qos_limit(&settings->receive);
	vif->police = settings->police;
	return vif;
}

static int add_ports(const struct source *source, struct xn_err *err)
{
	for (size_t i = 0; i < source->links->count; i++) {
		const struct xn_link *link = &source->links->link[i];
		const struct xn_link *master = link_at(source, link->master);
		const struct xn_planeconf_vif *section =
			find_vif(source, link->name);
		const struct xn_planeconf_bridge *bridge =
			find_bridge(source, master ? master->name : NULL);
		struct xn_settings settings;

		if (!section && !(bridge && is_vif_name(link->name)))
			continue;
		xn_settings_builtin(&settings);
		xn_settings_overlay(&settings, &source->conf->defaults);
		if (bridge)
			xn_settings_overlay(&settings, &bridge->vifs);
		if (section)
			xn_settings_overlay(&settings, &section->settings);
		if (!add_vif(source, link->name, bridge, &settings, err))
			return -ENOMEM;
	}
	return 0;
}

/* The sum of all layers, as xenplaned says it. */
static int read_settings(const json_t *vif, struct xn_settings *ret,
			 struct xn_err *err)
{
	const json_t *said = json_object_get(vif, "settings");

	xn_settings_builtin(ret);
	for (unsigned int i = XN_SETTING_RATE; i <= XN_SETTING_POLICE; i++) {
		const char *key = xn_setting_name((enum xn_setting)i);
		const char *value = json_string_value(
			json_object_get(json_object_get(said, key), "value"));
		int error = value ? xn_settings_put(ret, key, value, err) : 0;

		if (error)
			return error;
	}
	return 0;
}

static int add_known_vif(const struct source *source, const json_t *object,
			 struct xn_err *err)
{
	const char *name = json_string_value(json_object_get(object, "name"));
	const char *mac = json_string_value(json_object_get(object, "mac"));
	const char *on = json_string_value(json_object_get(object, "bridge"));
	struct xn_settings settings;
	struct xq_vif *vif;
	int error = read_settings(object, &settings, err);

	if (error)
		return error;
	if (!name || !link_is(source, name))
		return 0;
	/* Its own buckets are at the rings, both ways. */
	settings.send.rate_bytes = 0;
	settings.receive.rate_bytes = 0;
	vif = add_vif(source, name, find_bridge(source, on), &settings, err);
	if (!vif)
		return -ENOMEM;
	vif->has_mac = mac && !xn_mac_parse(mac, &vif->mac);
	return 0;
}

static bool is_limited(const struct xq_limit *limit)
{
	return limit->rate || limit->ceiling;
}

void xn_qos_wish_trim(struct xn_qos_wish *wish)
{
	size_t kept = 0;

	for (size_t i = 0; i < wish->vif_count; i++) {
		const struct xq_vif *vif = &wish->vif[i];

		if (vif->uplink[0] || is_limited(&vif->send) ||
		    is_limited(&vif->receive))
			wish->vif[kept++] = *vif;
	}
	wish->vif_count = kept;
}

static uint32_t count_by_mac(const struct xn_planeconf *conf)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < conf->vif_count; i++)
		count += !conf->vif[i].name[0];
	return count;
}

int xn_qos_wish_file(struct xn_qos_wish *wish, const struct xn_planeconf *conf,
		     const struct xn_link_table *links, const json_t *vifs,
		     uint32_t *ret_skipped, struct xn_err *err)
{
	const struct source source = {wish, conf, links};
	const json_t *vif;
	size_t i;
	int error = add_uplinks(&source, err);

	*ret_skipped = 0;
	if (error)
		return error;
	if (!vifs) {
		*ret_skipped = count_by_mac(conf);
		return add_ports(&source, err);
	}
	json_array_foreach (vifs, i, vif) {
		error = add_known_vif(&source, vif, err);
		if (error)
			return error;
	}
	return 0;
}
