/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses and names for guests, see dhcp.h. */
#include "netconf/daemon/dhcp.h"

#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include "natd/dhcp/feed.h"
#include "natd/dhcp/known.h"
#include "natd/dhcp/plan.h"
#include "netconf/base/fd.h"
#include "netconf/base/log.h"
#include "netconf/base/text.h"
#include "netconf/daemon/config.h"
#include "netconf/daemon/dhcp_files.h"
#include "netconf/daemon/dhcp_guests.h"
#include "netconf/daemon/dhcp_leases.h"
#include "netconf/daemon/dnsmasq.h"
#include "netconf/daemon/links.h"
#include "netconf/daemon/policy.h"
#include "netconf/daemon/vifs.h"

/* Changes come in crowds: vifs that start together; a lease file is written
 * line by line. A pause is at least so many times what the last one took, so
 * that guests who ask and give back never take the loop from others. */
#define DELAY_MS 20u
#define PAUSE_TIMES 10u
#define PAUSE_MS_MAX 2000u
#define RETRY_MS 5000u
/* The clock that leases go by may be set meanwhile. */
#define END_S_MAX 60u
#define USUAL_MTU 1500u

struct unit {
	char bridge[IFNAMSIZ];
	char folder[PATH_MAX];
	bool wanted;
	int watch; /* of the folder; -1: none */
	struct xdhcp_texts told;
	struct xn_dnsmasq *dnsmasq;
	struct xdhcp_leases leases;
};

struct xn_dhcp {
	struct xn_daemon *daemon;
	char home[PATH_MAX];
	int notes; /* inotify */
	struct xn_source *notes_source, *look, *reread;
	bool look_pending, reread_pending; /* armed, and not put off */
	uint64_t look_us, reread_us;	   /* what the last one took */
	struct xn_err problem;		   /* the last one that was logged */
	void (*listener)(void *arg);
	void *listener_arg;
	uint32_t count;
	struct unit *unit[XN_PLANECONF_BRIDGES_MAX];
};

static struct unit *find_unit(const struct xn_dhcp *dhcp, const char *bridge)
{
	for (uint32_t i = 0; i < dhcp->count; i++)
		if (!strcmp(dhcp->unit[i]->bridge, bridge))
			return dhcp->unit[i];
	return NULL;
}

static void destroy_unit(struct xn_dhcp *dhcp, struct unit *unit,
			 bool leases_stay)
{
	if (!unit)
		return;
	xn_dnsmasq_destroy(unit->dnsmasq);
	if (unit->watch >= 0)
		(void)inotify_rm_watch(dhcp->notes, unit->watch);
	if (!leases_stay && unit->folder[0])
		xn_dhcp_files_remove(dhcp->home, unit->folder);
	xdhcp_texts_fini(&unit->told);
	xdhcp_leases_fini(&unit->leases);
	free(unit);
}

static int fill_unit(struct xn_dhcp *dhcp, struct unit *unit,
		     struct xn_err *err)
{
	char conf[PATH_MAX];
	int rc = xn_dhcp_files_make(dhcp->home, unit->bridge, unit->folder,
				    sizeof(unit->folder), err);

	if (rc < 0)
		return rc;
	rc = xn_text_format(conf, sizeof(conf), "%s/" XDHCP_CONF_FILE,
			    unit->folder);
	if (rc < 0)
		return xn_fail(err, -rc, "%s: too long", unit->folder);
	unit->watch = inotify_add_watch(dhcp->notes, unit->folder,
					IN_MODIFY | IN_MOVED_TO);
	if (unit->watch < 0)
		return xn_fail(err, errno, "%s: %s", unit->folder,
			       strerror(errno));
	unit->dnsmasq =
		xn_dnsmasq_create(dhcp->daemon->loop, unit->bridge, conf, err);
	return unit->dnsmasq ? 0 : -ENOMEM;
}

static struct unit *need_unit(struct xn_dhcp *dhcp, const char *bridge,
			      struct xn_err *err)
{
	struct unit *unit = find_unit(dhcp, bridge);

	if (unit)
		return unit;
	unit = calloc(1, sizeof(*unit));
	if (!unit) {
		(void)xn_fail(err, ENOMEM, "out of memory");
		return NULL;
	}
	unit->watch = -1;
	(void)xn_text_copy(unit->bridge, sizeof(unit->bridge), bridge);
	if (fill_unit(dhcp, unit, err) < 0) {
		destroy_unit(dhcp, unit, true);
		return NULL;
	}
	dhcp->unit[dhcp->count++] = unit;
	return unit;
}

static bool same(const char *told, const char *text)
{
	return told && !strcmp(told, text);
}

/* true: it is another list. */
static bool renew(struct xn_dhcp *dhcp, struct unit *unit,
		  const struct xdhcp_site *site, uint32_t *ret_yielded)
{
	struct xdhcp_leases before;
	struct xn_err err = {0};
	bool changed;

	*ret_yielded = 0;
	if (xn_dhcp_leases_renew(unit->folder, &unit->leases, &before, &err)) {
		xn_warning("%s", xn_err_text(&err));
		return false;
	}
	if (site)
		*ret_yielded = xdhcp_known_yield(&unit->leases, site->bridge,
						 site->guests);
	changed = !xdhcp_known_same(&before, &unit->leases);
	if (changed)
		xn_dhcp_leases_tell(dhcp->daemon, unit->bridge, &before,
				    &unit->leases);
	xdhcp_leases_fini(&before);
	return changed;
}

static void call_listener(struct xn_dhcp *dhcp)
{
	if (dhcp->listener)
		dhcp->listener(dhcp->listener_arg);
}

/* Takes the texts; when they are on disk they are what dnsmasq was told. What
 * could not be written was told to nobody, so the next try begins anew. */
static int tell(struct xn_dhcp *dhcp, struct unit *unit,
		const struct xdhcp_site *site, struct xdhcp_texts *take_texts,
		struct xn_err *err)
{
	bool anew = !same(unit->told.conf, take_texts->conf);
	uint32_t yielded;
	int rc = 0;

	if (!anew && same(unit->told.guests, take_texts->guests) &&
	    same(unit->told.names, take_texts->names))
		goto out;
	if (renew(dhcp, unit, site, &yielded))
		call_listener(dhcp);
	anew |= yielded > 0;
	xdhcp_texts_fini(&unit->told);
	if (anew)
		xn_dnsmasq_stop(unit->dnsmasq);
	rc = xn_dhcp_files_write(unit->folder, take_texts, err);
	if (rc == 0 && anew)
		rc = xn_dhcp_files_leases_ready(unit->folder, site, err);
	if (rc < 0)
		goto out;
	unit->told = *take_texts;
	*take_texts = (struct xdhcp_texts){0};
	if (anew)
		xn_dnsmasq_start(unit->dnsmasq);
	else
		xn_dnsmasq_reread(unit->dnsmasq);
out:
	xdhcp_texts_fini(take_texts);
	return rc;
}

static int serve(struct xn_dhcp *dhcp, const struct xn_planeconf_bridge *bridge,
		 const struct xn_bridge_node *node, struct xn_err *err)
{
	struct unit *unit = need_unit(dhcp, bridge->name, err);
	struct xnat_guests guests;
	struct xdhcp_texts texts;
	struct xdhcp_site site = {.bridge = bridge, .guests = &guests};
	int rc;

	if (!unit)
		return -EIO;
	unit->wanted = true;
	if (xn_planeconf_says(bridge, XN_CONF_MTU) ||
	    node->link.mtu != USUAL_MTU)
		site.mtu = node->link.mtu;
	site.folder = unit->folder;
	rc = xn_dhcp_guests(dhcp->daemon, bridge->name, &guests);
	if (rc < 0)
		return xn_fail(err, -rc, "guests: %s", strerror(-rc));
	rc = xdhcp_plan(&site, &texts, err);
	if (rc == 0)
		rc = tell(dhcp, unit, &site, &texts, err);
	xnat_guests_fini(&guests);
	return rc;
}

static void drop_unwanted(struct xn_dhcp *dhcp)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < dhcp->count; i++) {
		if (dhcp->unit[i]->wanted)
			dhcp->unit[kept++] = dhcp->unit[i];
		else
			destroy_unit(dhcp, dhcp->unit[i], false);
	}
	dhcp->count = kept;
}

/* The same again and again is logged once. */
static void note_problem(struct xn_dhcp *dhcp, const char *bridge,
			 const struct xn_err *err)
{
	if (dhcp->problem.set && !strcmp(dhcp->problem.text, err->text))
		return;
	dhcp->problem = *err;
	xn_error("addresses for guests on %s: %s", bridge, xn_err_text(err));
}

static void read_leases(struct xn_dhcp *dhcp);

/* false: it has to be tried again. */
static bool look(struct xn_dhcp *dhcp)
{
	const struct xn_planeconf *plane =
		xn_config_plane(dhcp->daemon->config);
	bool failed = false;

	for (uint32_t i = 0; i < dhcp->count; i++)
		dhcp->unit[i]->wanted = false;
	for (uint32_t i = 0; i < plane->bridge_count; i++) {
		const struct xn_planeconf_bridge *bridge = &plane->bridge[i];
		const struct xn_bridge_node *node;
		struct xn_err err = {0};

		if (!xn_dhcp_wanted(bridge))
			continue;
		node = xn_links_bridge_by_name(dhcp->daemon->links,
					       bridge->name);
		if (!node || serve(dhcp, bridge, node, &err) == 0)
			continue;
		note_problem(dhcp, bridge->name, &err);
		failed = true;
	}
	drop_unwanted(dhcp);
	return !failed;
}

static uint64_t pause_ms(uint64_t last_us)
{
	uint64_t ms = last_us * PAUSE_TIMES / 1000;

	if (ms < DELAY_MS)
		return DELAY_MS;
	return ms > PAUSE_MS_MAX ? PAUSE_MS_MAX : ms;
}

static void on_look(void *arg)
{
	struct xn_dhcp *dhcp = arg;
	uint64_t begin_us = xn_now_us();

	dhcp->look_pending = false;
	if (look(dhcp))
		dhcp->problem.set = false;
	else
		xn_timer_arm(dhcp->look, RETRY_MS, 0);
	read_leases(dhcp);
	dhcp->look_us = xn_now_us() - begin_us;
}

void xn_dhcp_look(struct xn_dhcp *dhcp)
{
	if (!dhcp || dhcp->look_pending)
		return;
	dhcp->look_pending = true;
	xn_timer_arm(dhcp->look, pause_ms(dhcp->look_us), 0);
}

void xn_dhcp_listen(struct xn_dhcp *dhcp, void (*fn)(void *arg), void *arg)
{
	dhcp->listener = fn;
	dhcp->listener_arg = arg;
}

/* Of a lease that is missing nothing more is heard. */
static void await_end(struct xn_dhcp *dhcp)
{
	uint64_t now_s = (uint64_t)time(NULL), left_s = UINT64_MAX;

	for (uint32_t i = 0; i < dhcp->count; i++) {
		uint64_t ends_s = xdhcp_known_ends_s(&dhcp->unit[i]->leases);

		if (ends_s <= now_s)
			ends_s = ends_s ? now_s + 1 : UINT64_MAX;
		if (ends_s - now_s < left_s)
			left_s = ends_s - now_s;
	}
	if (left_s == UINT64_MAX || dhcp->reread_pending)
		return;
	if (left_s > END_S_MAX)
		left_s = END_S_MAX;
	xn_timer_arm(dhcp->reread, left_s * 1000, 0);
}

static void read_leases(struct xn_dhcp *dhcp)
{
	bool changed = false;
	uint32_t yielded;

	for (uint32_t i = 0; i < dhcp->count; i++)
		changed |= renew(dhcp, dhcp->unit[i], NULL, &yielded);
	await_end(dhcp);
	if (changed)
		call_listener(dhcp);
}

static void on_reread(void *arg)
{
	struct xn_dhcp *dhcp = arg;
	uint64_t begin_us = xn_now_us();

	dhcp->reread_pending = false;
	read_leases(dhcp);
	dhcp->reread_us = xn_now_us() - begin_us;
}

/* Which file it is does not matter: all are read. */
static void on_note(void *arg, uint32_t epoll_events)
{
	char notes[4096];
	struct xn_dhcp *dhcp = arg;

	(void)epoll_events;
	while (read(dhcp->notes, notes, sizeof(notes)) > 0)
		;
	if (dhcp->reread_pending)
		return;
	dhcp->reread_pending = true;
	xn_timer_arm(dhcp->reread, pause_ms(dhcp->reread_us), 0);
}

bool xn_dhcp_lease_of(const struct xn_dhcp *dhcp, const struct xn_vif *vif,
		      struct xn_address *ret_address)
{
	const struct xdhcp_lease *lease;
	char bridge[IFNAMSIZ];
	const struct unit *unit;

	if (!dhcp || dhcp->count == 0 || !vif->values.has_mac)
		return false;
	xn_policy_bridge_name(vif, bridge);
	unit = find_unit(dhcp, bridge);
	lease = unit ? xdhcp_known_find(&unit->leases, &vif->values.mac) : NULL;
	if (lease)
		*ret_address = lease->address;
	return lease;
}

static json_t *describe_server(const struct unit *unit)
{
	return json_pack("{s:s, s:i, s:i, s:i, s:s}", "bridge", unit->bridge,
			 "pid", (int)xn_dnsmasq_pid(unit->dnsmasq), "restarts",
			 (int)xn_dnsmasq_restarts(unit->dnsmasq), "left_out",
			 (int)unit->leases.left_out, "problem",
			 xn_dnsmasq_problem(unit->dnsmasq));
}

/* Names those that there are, as far as there is room. */
static void refuse_bridge(const struct xn_dhcp *dhcp, const char *bridge,
			  struct xn_err *err)
{
	char names[160] = "";
	size_t used = 0;

	for (uint32_t i = 0; i < dhcp->count; i++) {
		int length =
			snprintf(names + used, sizeof(names) - used, "%s%s",
				 i ? ", " : "", dhcp->unit[i]->bridge);

		if (length < 0 || (size_t)length >= sizeof(names) - used) {
			names[used] = '\0';
			break;
		}
		used += (size_t)length;
	}
	(void)xn_fail(err, ENODEV,
		      "nobody gives addresses or names on \"%.40s\"; on: %s",
		      bridge, names[0] ? names : "none");
}

json_t *xn_dhcp_describe(struct xn_dhcp *dhcp, const char *bridge,
			 struct xn_err *err)
{
	json_t *leases, *servers;

	if (!dhcp) {
		(void)xn_fail(err, ENODEV, "nobody gives addresses or names");
		return NULL;
	}
	if (bridge && !find_unit(dhcp, bridge)) {
		refuse_bridge(dhcp, bridge, err);
		return NULL;
	}
	read_leases(dhcp);
	leases = json_array();
	servers = json_array();
	for (uint32_t i = 0; i < dhcp->count; i++) {
		const struct unit *unit = dhcp->unit[i];

		if (bridge && strcmp(unit->bridge, bridge) != 0)
			continue;
		xn_dhcp_leases_describe(&unit->leases, unit->bridge, leases);
		(void)json_array_append_new(servers, describe_server(unit));
	}
	return json_pack("{s:o, s:o}", "leases", leases, "servers", servers);
}

static bool is_wanted(const void *arg, const char *bridge)
{
	const struct xn_planeconf *plane = arg;

	for (uint32_t i = 0; i < plane->bridge_count; i++)
		if (!strcmp(plane->bridge[i].name, bridge))
			return xn_dhcp_wanted(&plane->bridge[i]);
	return false;
}

/* What the one before left: guests go on with the addresses that they have
 * before anybody is started. */
static void find_leases(struct xn_dhcp *dhcp)
{
	const struct xn_planeconf *plane =
		xn_config_plane(dhcp->daemon->config);

	for (uint32_t i = 0; i < plane->bridge_count; i++) {
		const struct xn_planeconf_bridge *bridge = &plane->bridge[i];
		struct xdhcp_leases none = {0};
		struct xn_err err = {0};
		struct unit *unit;

		if (!xn_dhcp_wanted(bridge) ||
		    !xn_links_bridge_by_name(dhcp->daemon->links, bridge->name))
			continue;
		unit = need_unit(dhcp, bridge->name, &err);
		if (!unit || xn_dhcp_leases_renew(unit->folder, &unit->leases,
						  &none, &err) < 0)
			note_problem(dhcp, bridge->name, &err);
		xdhcp_leases_fini(&none);
	}
}

int xn_dhcp_create(struct xn_daemon *daemon, struct xn_dhcp **ret_dhcp,
		   struct xn_err *err)
{
	struct xn_dhcp *dhcp = calloc(1, sizeof(*dhcp));
	int error;

	if (!dhcp)
		return xn_fail(err, ENOMEM, "out of memory");
	dhcp->daemon = daemon;
	dhcp->notes = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	error = xdhcp_home(daemon->nl, dhcp->home, sizeof(dhcp->home), err);
	if (error)
		goto err_destroy;
	if (dhcp->notes >= 0)
		dhcp->notes_source = xn_loop_add_fd(daemon->loop, dhcp->notes,
						    EPOLLIN, on_note, dhcp);
	dhcp->look = xn_loop_add_timer(daemon->loop, on_look, dhcp);
	dhcp->reread = xn_loop_add_timer(daemon->loop, on_reread, dhcp);
	if (!dhcp->notes_source || !dhcp->look || !dhcp->reread) {
		error = xn_fail(err, errno, "event loop: %s", strerror(errno));
		goto err_destroy;
	}
	xn_dhcp_files_sweep(dhcp->home, is_wanted,
			    xn_config_plane(daemon->config));
	find_leases(dhcp);
	xn_dhcp_look(dhcp);
	*ret_dhcp = dhcp;
	return 0;

err_destroy:
	xn_dhcp_destroy(dhcp);
	return error;
}

void xn_dhcp_destroy(struct xn_dhcp *dhcp)
{
	if (!dhcp)
		return;
	for (uint32_t i = 0; i < dhcp->count; i++)
		destroy_unit(dhcp, dhcp->unit[i], dhcp->daemon->leaving);
	xn_source_destroy(dhcp->notes_source);
	xn_source_destroy(dhcp->look);
	xn_source_destroy(dhcp->reread);
	xn_close(&dhcp->notes);
	free(dhcp);
}
