/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands of the daemon's socket, see netconf/ipc/client.h. */
#include "netconf/daemon/api_private.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "netconf/daemon/api.h"
#include "netconf/daemon/bridge_drift.h"
#include "netconf/daemon/dhcp.h"
#include "netconf/daemon/hooks.h"
#include "netconf/daemon/keeper.h"
#include "netconf/daemon/links.h"
#include "netconf/daemon/policy.h"
#include "netconf/daemon/port.h"
#include "netconf/daemon/upgrade.h"
#include "netconf/daemon/vifs.h"

typedef json_t *command_fn(struct xn_daemon *daemon, const json_t *request,
			   struct xn_err *err);

static struct xn_vif *find_vif(struct xn_daemon *daemon, const json_t *request,
			       struct xn_err *err)
{
	const char *name = json_string_value(json_object_get(request, "vif"));
	struct xn_vif *vif = name ? xn_vifs_by_name(daemon->vifs, name) : NULL;

	if (!name)
		xn_fail(err, EINVAL, "the request names no vif");
	else if (!vif)
		xn_fail(err, ENODEV, "no vif \"%.40s\"", name);
	return vif;
}

static struct xn_bridge_node *
find_bridge(struct xn_daemon *daemon, const json_t *request, struct xn_err *err)
{
	const char *name =
		json_string_value(json_object_get(request, "bridge"));
	struct xn_bridge_node *node =
		name ? xn_links_bridge_by_name(daemon->links, name) : NULL;

	if (!name)
		xn_fail(err, EINVAL, "the request names no bridge");
	else if (!node)
		xn_fail(err, ENODEV, "no bridge \"%.40s\"", name);
	return node;
}

static json_t *cmd_status(struct xn_daemon *daemon, const json_t *request,
			  struct xn_err *err)
{
	const struct xn_stats *stats = xn_datapath_stats(daemon->datapath);
	int vifs = 0, connected = 0;
	json_t *answer;
	int drifted = 0;
	bool settled = true;
	uint64_t calls = 0, segments = 0, wakeups = 0, moved = 0;

	(void)request;
	(void)err;
	for (struct xn_vif *vif = xn_vifs_from(daemon->vifs, 0); vif;
	     vif = xn_vifs_from(daemon->vifs, vif->slot + 1)) {
		vifs++;
		connected += vif->machine.phase == XNB_PHASE_UP;
		settled = settled && xn_port_is_settled(vif);
		drifted += vif->drift.now != 0;
	}
	for (uint32_t i = 0; i < XN_WORKERS_MAX; i++) {
		calls += stats->worker[i].copy_calls;
		segments += stats->worker[i].copy_segments;
		wakeups += stats->worker[i].wakeups;
		moved += stats->worker[i].guests_moved;
	}
	answer = json_pack(
		"{s:i, s:i, s:b, s:{s:i, s:b, s:i, s:i, s:I, s:I, s:I, s:I}, "
		"s:i, s:i, s:i, s:I, s:b, s:b, s:i, s:I}",
		"pid", (int)getpid(), "domid", (int)daemon->own_domid, "store",
		(int)xn_store_is_up(daemon->store), "netback", "pid",
		xn_datapath_pid(daemon->datapath), "ready",
		(int)xn_datapath_is_ready(daemon->datapath), "workers",
		(int)xn_datapath_workers(daemon->datapath), "restarts",
		(int)xn_datapath_restarts(daemon->datapath), "copy_calls",
		(json_int_t)calls, "copy_segments", (json_int_t)segments,
		"wakeups", (json_int_t)wakeups, "guests_moved",
		(json_int_t)moved, "vifs", vifs, "connected", connected,
		"drifted", drifted, "reloads", (json_int_t)daemon->reloads,
		"settled", (int)settled, "resuming", (int)daemon->resuming,
		"bridges", (int)xn_links_bridge_count(daemon->links),
		"started_ms", (json_int_t)daemon->started_ms);
	(void)json_object_set_new(
		answer, "reload_error",
		daemon->reload_err.set
			? json_string(xn_err_text(&daemon->reload_err))
			: json_null());
	(void)json_object_set_new(answer, "in_force",
				  xn_keeper_describe(daemon->keeper));
	(void)json_object_set_new(
		answer, "bridge_drift",
		xn_bridge_drift_describe(daemon->bridge_drift));
	return answer;
}

static json_t *cmd_vif_list(struct xn_daemon *daemon, const json_t *request,
			    struct xn_err *err)
{
	json_t *array = json_array();

	(void)request;
	(void)err;
	for (struct xn_vif *vif = xn_vifs_from(daemon->vifs, 0); vif;
	     vif = xn_vifs_from(daemon->vifs, vif->slot + 1))
		(void)json_array_append_new(array, xn_api_vif(vif));
	return json_pack("{s:o}", "vifs", array);
}

static json_t *cmd_vif_show(struct xn_daemon *daemon, const json_t *request,
			    struct xn_err *err)
{
	struct xn_vif *vif = find_vif(daemon, request, err);

	return vif ? xn_api_vif(vif) : NULL;
}

static json_t *cmd_bridge_list(struct xn_daemon *daemon, const json_t *request,
			       struct xn_err *err)
{
	json_t *array = json_array();
	struct xn_bridge_node *node;

	(void)request;
	(void)err;
	for (size_t i = 0; (node = xn_links_bridge_at(daemon->links, i)); i++)
		(void)json_array_append_new(array, xn_api_bridge(daemon, node));
	return json_pack("{s:o}", "bridges", array);
}

static json_t *cmd_bridge_show(struct xn_daemon *daemon, const json_t *request,
			       struct xn_err *err)
{
	struct xn_bridge_node *node = find_bridge(daemon, request, err);

	return node ? xn_api_bridge(daemon, node) : NULL;
}

static json_t *cmd_bridge_fdb(struct xn_daemon *daemon, const json_t *request,
			      struct xn_err *err)
{
	struct xn_bridge_node *node = find_bridge(daemon, request, err);

	if (!node)
		return NULL;
	return json_pack("{s:o}", "fdb", xn_api_bridge_fdb(daemon, node));
}

static json_t *cmd_leases(struct xn_daemon *daemon, const json_t *request,
			  struct xn_err *err)
{
	return xn_dhcp_describe(
		daemon->dhcp,
		json_string_value(json_object_get(request, "bridge")), err);
}

static json_t *cmd_vif_set(struct xn_daemon *daemon, const json_t *request,
			   struct xn_err *err)
{
	struct xn_vif *vif = find_vif(daemon, request, err);

	return vif ? xn_api_vif_set(vif, request, err) : NULL;
}

static json_t *cmd_bridge_set(struct xn_daemon *daemon, const json_t *request,
			      struct xn_err *err)
{
	struct xn_bridge_node *node = find_bridge(daemon, request, err);

	return node ? xn_api_bridge_set(daemon, node, request, err) : NULL;
}

static void put_fastpath(struct xn_settings *settings, bool on)
{
	settings->fastpath = on;
	settings->said |= 1u << XN_SETTING_FASTPATH;
}

static json_t *set_vif(struct xn_daemon *daemon, const json_t *request, bool on,
		       struct xn_err *err)
{
	const struct xn_placing_named nothing = {.bridge = false};
	struct xn_vif *vif = find_vif(daemon, request, err);
	struct xn_vifset wanted;

	if (!vif)
		return NULL;
	wanted = vif->placing.set;
	put_fastpath(&wanted.settings, on);
	if (xn_placing_set(vif, &wanted, &nothing, err))
		return NULL;
	return xn_api_vif(vif);
}

static json_t *set_bridge(struct xn_daemon *daemon, const json_t *request,
			  bool on, struct xn_err *err)
{
	struct xn_bridge_node *node = find_bridge(daemon, request, err);

	if (!node)
		return NULL;
	put_fastpath(&node->set, on);
	xn_links_bridge_changed(daemon->links, node);
	return xn_api_bridge(daemon, node);
}

static json_t *cmd_fastpath_set(struct xn_daemon *daemon, const json_t *request,
				struct xn_err *err)
{
	const json_t *on = json_object_get(request, "on");

	if (!json_is_boolean(on)) {
		xn_fail(err, EINVAL, "\"on\" is not true or false");
		return NULL;
	}
	if (json_object_get(request, "bridge"))
		return set_bridge(daemon, request, json_is_true(on), err);
	return set_vif(daemon, request, json_is_true(on), err);
}

/* It is done when the answer is on its way; then the next one serves the
 * socket. */
static json_t *cmd_upgrade(struct xn_daemon *daemon, const json_t *request,
			   struct xn_err *err)
{
	(void)request;
	if (xn_upgrade_begin(daemon->upgrade, err))
		return NULL;
	return json_pack("{s:i, s:I}", "pid", (int)getpid(), "started_ms",
			 (json_int_t)daemon->started_ms);
}

json_t *xn_api_command(struct xn_daemon *daemon, const json_t *request,
		       struct xn_err *err)
{
	static const struct {
		const char *name;
		command_fn *fn;
	} commands[] = {
		{"status", cmd_status},
		{"vif-list", cmd_vif_list},
		{"vif-show", cmd_vif_show},
		{"bridge-list", cmd_bridge_list},
		{"bridge-show", cmd_bridge_show},
		{"bridge-fdb", cmd_bridge_fdb},
		{"leases", cmd_leases},
		{"vif-set", cmd_vif_set},
		{"bridge-set", cmd_bridge_set},
		{"fastpath-set", cmd_fastpath_set},
		{"upgrade", cmd_upgrade},
	};
	const char *name = json_string_value(json_object_get(request, "cmd"));

	for (size_t i = 0; name && i < sizeof(commands) / sizeof(commands[0]);
	     i++) {
		json_t *result;

		if (strcmp(name, commands[i].name) != 0)
			continue;
		xn_hooks_ask(daemon->hooks);
		result = commands[i].fn(daemon, request, err);
		if (!result && !err->set)
			xn_fail(err, ENOMEM, "out of memory");
		return result;
	}
	xn_fail(err, EINVAL, "no command \"%.40s\"", name ? name : "");
	return NULL;
}
