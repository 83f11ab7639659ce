/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A twin's place, by script and by `vif set`: see placing.h. Called by the
 * socket's commands, by a vif when it looks at the store, and by drift.c. */
#include "netconf/daemon/placing.h"

#include <errno.h>
#include <string.h>

#include "netconf/base/text.h"
#include "netconf/daemon/acls.h"
#include "netconf/daemon/daemon.h"
#include "netconf/daemon/drift.h"
#include "netconf/daemon/links.h"
#include "netconf/daemon/policy.h"
#include "netconf/daemon/port.h"
#include "netconf/daemon/routing.h"
#include "netconf/daemon/vif.h"

const char *xn_placing_bridge(const struct xn_vif *vif)
{
	const struct xn_placing *p = &vif->placing;

	if (p->set.bridge[0])
		return p->set.bridge;
	return p->placed && p->bridge[0] ? p->bridge : NULL;
}

uint32_t xn_placing_mtu(const struct xn_vif *vif)
{
	const struct xn_placing *p = &vif->placing;

	if (p->set.mtu)
		return p->set.mtu;
	return p->placed ? p->mtu : 0;
}

static int find_bridge(struct xn_vif *vif, const char *name, int *ret_ifindex,
		       struct xn_err *err)
{
	struct xn_link link;
	int error = xn_link_get(vif->daemon->nl, name, &link, NULL);

	if (error)
		return xn_fail(err, -error, "bridge=%s: %s", name,
			       error == -ENODEV ? "there is no such bridge"
						: strerror(-error));
	if (!link.is_bridge)
		return xn_fail(err, EINVAL, "bridge=%s: this is no bridge",
			       name);
	*ret_ifindex = link.ifindex;
	return 0;
}

static int set_master(struct xn_vif *vif, int master, struct xn_err *err)
{
	int error = xn_link_set_master(vif->daemon->nl, vif->twin.ifindex,
				       master, err);

	xn_links_read_twin(vif->daemon->links, vif);
	return error;
}

int xn_placing_enslave(struct xn_vif *vif, const char *bridge,
		       struct xn_err *err)
{
	int master = 0;
	int error;

	if (xn_routing_is_group(vif, bridge))
		return xn_routing_start(vif, bridge, &vif->placing.set, err);
	error = find_bridge(vif, bridge, &master, err);
	if (error || !vif->twin.ifindex || vif->port.link.master == master)
		return error;
	error = xn_routing_stop(vif, err);
	return error ? error : set_master(vif, master, err);
}

static int set_mtu(struct xn_vif *vif, uint32_t mtu, struct xn_err *err)
{
	int error;

	if (!mtu || !vif->twin.ifindex || vif->port.link.mtu == mtu)
		return 0;
	error = xn_link_set_mtu(vif->daemon->nl, vif->twin.ifindex, mtu, err);
	xn_links_read_twin(vif->daemon->links, vif);
	return error;
}

/* The bridge that is named, or for `default` the script's. */
static int move(struct xn_vif *vif, const struct xn_vifset *wanted,
		struct xn_err *err)
{
	const struct xn_placing *p = &vif->placing;
	const char *group = xn_routing_group(vif, wanted);

	if (group)
		return xn_routing_start(vif, group, wanted, err);
	if (wanted->bridge[0])
		return xn_placing_enslave(vif, wanted->bridge, err);
	if (!p->placed)
		return 0;
	if (p->bridge[0])
		return xn_placing_enslave(vif, p->bridge, err);
	return vif->twin.ifindex && vif->port.link.master
		       ? set_master(vif, 0, err)
		       : 0;
}

static int put_in_place(struct xn_vif *vif, const struct xn_vifset *wanted,
			const struct xn_placing_named *named,
			struct xn_err *err)
{
	const struct xn_placing *p = &vif->placing;
	uint32_t before = vif->port.link.mtu;
	int error = 0;

	if (named->mtu)
		error = set_mtu(vif,
				wanted->mtu ? wanted->mtu
				: p->placed ? p->mtu
					    : 0,
				err);
	if (error || !(named->bridge || xn_routing_differs(vif, wanted)))
		return error;
	error = move(vif, wanted, err);
	if (error)
		(void)set_mtu(vif, before, NULL);
	return error;
}

/* As netback's other readers have it: no key, no limit. */
static void format_rate(const struct xn_settings *settings, char *text,
			size_t bytes)
{
	text[0] = '\0';
	if (settings->send.rate_bytes)
		(void)xn_text_format(
			text, bytes, "%llu,%u",
			(unsigned long long)settings->send.rate_bytes,
			settings->send.rate_interval_us);
}

static int save_set(struct xn_vif *vif, struct xn_err *err)
{
	const struct xn_vifset *set = &vif->placing.set;
	char rate[40], mtu[16] = "", ip[XN_SETTING_TEXT_MAX] = "";
	char text[XN_VIFSET_TEXT_MAX];
	bool says_ip = set->settings.said & (1u << XN_SETTING_IP);
	const struct xn_store_word words[] = {
		{"bridge", set->bridge[0] != '\0', set->bridge},
		{"mtu", set->mtu != 0, mtu},
		{"rate", set->settings.said & (1u << XN_SETTING_RATE), rate},
		{"ip", says_ip, ip},
	};

	format_rate(&set->settings, rate, sizeof(rate));
	if (set->mtu)
		(void)xn_text_format(mtu, sizeof(mtu), "%u", set->mtu);
	if (says_ip && set->settings.address_count)
		(void)xn_settings_format(&set->settings, XN_SETTING_IP, ip);
	return xn_store_write_set(vif->daemon->store, vif->domid, vif->handle,
				  xn_vifset_format(set, text), words,
				  sizeof(words) / sizeof(words[0]), err);
}

static int save_placed(struct xn_vif *vif, struct xn_err *err)
{
	const struct xn_placing *p = &vif->placing;
	char text[48];

	(void)xn_text_format(text, sizeof(text), "%s %u",
			     p->bridge[0] ? p->bridge : "-", p->mtu);
	return xn_store_write_placed(vif->daemon->store, vif->domid,
				     vif->handle, text, err);
}

/* A folder that is gone needs nothing any more. */
static void save(struct xn_vif *vif)
{
	struct xn_placing *p = &vif->placing;
	struct xn_err err = {0};
	int error = 0;

	if (p->set_unsaved) {
		error = save_set(vif, &err);
		p->set_unsaved = error && error != -ENOENT;
	}
	if (p->placed_unsaved && !error) {
		error = save_placed(vif, &err);
		p->placed_unsaved = error && error != -ENOENT;
	}
	if (error && error != -ENOENT && error != -EAGAIN &&
	    xn_log_allowed(&vif->log_limit))
		xn_warning("%s: %s", vif->name, xn_err_text(&err));
}

int xn_placing_set(struct xn_vif *vif, const struct xn_vifset *wanted,
		   const struct xn_placing_named *named, struct xn_err *err)
{
	int error = put_in_place(vif, wanted, named, err);

	if (error)
		return error;
	vif->placing.set = *wanted;
	vif->placing.set_unsaved = true;
	save(vif);
	xn_policy_update(vif);
	xn_acls_flush(vif->daemon->acls);
	xn_port_update(vif);
	xn_port_confirm(vif);
	xn_drift_look(vif);
	return 0;
}

/* "xenbr0 1500" of an earlier daemon. */
static void take_placed(struct xn_placing *p, char *text)
{
	char *blank = strchr(text, ' ');
	uint32_t mtu;

	if (!blank)
		return;
	*blank = '\0';
	if (xn_parse_u32(blank + 1, XN_VIF_MTU_MIN, XN_VIF_MTU_MAX, &mtu))
		return;
	if (!strcmp(text, "-"))
		text[0] = '\0';
	else if (!xn_link_name_valid(text))
		return;
	if (xn_text_copy(p->bridge, sizeof(p->bridge), text) < 0)
		return;
	p->mtu = mtu;
	p->placed = true;
}

int xn_placing_load(struct xn_vif *vif)
{
	struct xn_placing *p = &vif->placing;
	char set[XN_VIFSET_TEXT_MAX], placed[XN_STORE_VALUE_MAX];
	struct xn_err err = {0};
	int error;

	if (p->loaded)
		return 0;
	error = xn_store_read_set(vif->daemon->store, vif->domid, vif->handle,
				  set, sizeof(set), placed);
	if (error)
		return error;
	p->loaded = true;
	/* What was set while the store was away is newer. */
	if (!p->set_unsaved && xn_vifset_parse(set, &p->set, &err)) {
		xn_text_make_printable(err.text);
		xn_warning("%s: backend key xenplane/set: %s", vif->name,
			   xn_err_text(&err));
	}
	take_placed(p, placed);
	return 0;
}

static void learn_place(struct xn_vif *vif)
{
	struct xn_placing *p = &vif->placing;
	const struct xn_bridge_node *node;
	const char *name = "";

	if (p->placed || !vif->twin.ifindex ||
	    !vif->machine.seen.hotplug_connected)
		return;
	xn_links_read_twin(vif->daemon->links, vif);
	node = xn_links_bridge(vif->daemon->links, vif->port.link.master);
	if (!vif->port.link.ifindex || (vif->port.link.master && !node))
		return;
	if (node)
		name = node->link.name;
	else if (xn_routing_is_group(vif, vif->values.bridge))
		name = vif->values.bridge;
	(void)xn_text_copy(p->bridge, sizeof(p->bridge), name);
	p->mtu = vif->port.link.mtu;
	p->placed = true;
	p->placed_unsaved = true;
}

void xn_placing_update(struct xn_vif *vif)
{
	if (!vif->machine.seen.backend_present)
		return;
	learn_place(vif);
	save(vif);
}

static void rename_twin(struct xn_vif *vif)
{
	const char *name = vif->values.vifname;
	struct xn_err err = {0};

	if (name[0] && strcmp(name, vif->name) != 0 &&
	    xn_link_rename(vif->daemon->nl, vif->twin.ifindex, name, &err))
		xn_warning("%s: %s", vif->name, xn_err_text(&err));
}

void xn_placing_restore(struct xn_vif *vif)
{
	const char *bridge = xn_placing_bridge(vif);
	struct xn_err err = {0};
	int error = 0;

	if (!vif->machine.seen.hotplug_connected)
		return;
	if (!vif->placing.placed) {
		xn_warning("%s: where its twin was is not known: run its "
			   "hotplug script again",
			   vif->name);
		return;
	}
	rename_twin(vif);
	xn_links_read_twin(vif->daemon->links, vif);
	error = set_mtu(vif, xn_placing_mtu(vif), &err);
	if (!error && bridge)
		error = xn_placing_enslave(vif, bridge, &err);
	if (!error)
		error = xn_link_set_up(vif->daemon->nl, vif->twin.ifindex, true,
				       &err);
	xn_links_read_twin(vif->daemon->links, vif);
	if (error && bridge && xn_routing_is_group(vif, bridge))
		xn_routing_try_again(vif);
	if (error)
		xn_warning("%s: its place: %s", vif->name, xn_err_text(&err));
	else if (!bridge)
		xn_warning("%s: its twin was in no bridge, and is new: run "
			   "its hotplug script again for its routes",
			   vif->name);
}
