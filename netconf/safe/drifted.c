/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drift of the host's bridges, see drifted.h. */
#include "netconf/safe/drifted.h"

#include <errno.h>
#include <linux/if_link.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/apply/apply.h"
#include "netconf/base/text.h"
#include "netconf/model/fields.h"
#include "netconf/observe/observe.h"
#include "netconf/safe/change.h"
#include "netconf/safe/change_force.h"
#include "netconf/safe/drifted_words.h"
#include "netconf/safe/held.h"
#include "netconf/safe/lifeline.h"

struct in_force {
	struct xn_host host;
	struct xn_record record;
	struct xn_planeconf *conf;
	struct xn_model observed;
	/* Of one bridge: */
	struct xn_ours ours;
	struct xn_host_wanted wanted;
	struct xn_plan plan;
};

static int check_pending(const struct xn_safe *safe, struct xn_err *err)
{
	struct xn_record pending;
	bool here;
	int rc = xn_safe_read(safe, XN_SAFE_PENDING, &pending, err);

	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	here = xn_safe_is_of_this_boot(safe, &pending);
	xn_record_fini(&pending);
	return here ? xn_fail(err, EBUSY,
			      "an apply is being made, or waits to be "
			      "confirmed")
		    : 0;
}

static int read_in_force(struct xn_safe *safe, struct in_force *force,
			 struct xn_err *err)
{
	int rc = check_pending(safe, err);

	if (rc == 0)
		rc = xn_safe_read(safe, XN_SAFE_CONFIRMED, &force->record, err);
	if (rc == 0 && !xn_safe_is_of_this_boot(safe, &force->record))
		rc = -ENOENT;
	if (rc == 0)
		rc = xn_safe_read_conf(force->record.conf, &force->conf, err);
	if (rc == 0)
		rc = xn_observe(safe->nl, &force->observed, err);
	return rc < 0 || force->conf ? rc : -EINVAL;
}

static void forget_plan(struct in_force *force)
{
	xn_plan_fini(&force->plan);
	xn_model_fini(&force->wanted.model);
	force->plan = (struct xn_plan){0};
}

static void destroy(struct in_force *force)
{
	if (!force)
		return;
	forget_plan(force);
	xn_model_fini(&force->observed);
	xn_planeconf_destroy(force->conf);
	xn_record_fini(&force->record);
	free(force);
}

/* Where it is on, the kernel had it when that was applied. */
static bool filters_vlans(const struct xn_planeconf *conf)
{
	for (uint32_t i = 0; i < conf->bridge_count; i++)
		if (conf->bridge[i].vlan_filtering)
			return true;
	return false;
}

static int make_plan(struct in_force *force, const struct xn_planeconf *conf,
		     const struct xn_ours *ours, struct xn_err *err)
{
	int rc;

	force->host = (struct xn_host){.observed = &force->observed,
				       .conf = conf,
				       .ours = ours,
				       .vlan_filtering = filters_vlans(conf),
				       .keep_others = true,
				       .mac_seed = xn_want_seed()};
	rc = xn_host_want(&force->host, &force->wanted, err);
	return rc < 0 ? rc
		      : xn_plan_make(&force->observed, &force->wanted.model,
				     &force->plan, err);
}

/* The others stay what they are. */
static int plan_one(struct in_force *force, struct xn_planeconf_bridge *bridge,
		    struct xn_err *err)
{
	const struct xn_ours *all = &force->record.ours;
	struct xn_planeconf conf = *force->conf;

	conf.bridge = bridge;
	conf.bridge_count = 1;
	force->ours = *all;
	force->ours.count = 0;
	for (uint32_t i = 0; i < all->count; i++) {
		if (strcmp(all->item[i].bridge, bridge->name) == 0)
			force->ours.item[force->ours.count++] = all->item[i];
	}
	return make_plan(force, &conf, &force->ours, err);
}

/* While its topology changes, a bridge forgets stations sooner, and says so. */
static bool is_for_a_while(struct xn_nl *nl, const struct xn_op *op)
{
	struct xn_link link;

	return xn_drifted_is_ageing(op) &&
	       xn_link_get_index(nl, op->after.link.ifindex, &link, NULL) ==
		       0 &&
	       link.bridge.topology_change;
}

static void add(struct xn_drifts *drifts, const char *bridge,
		uint32_t operations, const char *words)
{
	struct xn_drifted *item = &drifts->item[drifts->count++];

	(void)xn_text_copy(item->bridge, sizeof(item->bridge), bridge);
	item->operations = operations;
	(void)snprintf(item->words, sizeof(item->words), "%s", words);
}

static void judge_one(struct xn_safe *safe, struct in_force *force,
		      struct xn_planeconf_bridge *bridge,
		      struct xn_drifts *drifts)
{
	char words[XN_DRIFTED_TEXT_MAX];
	const struct xn_op *first = NULL;
	struct xn_err why = {0};
	uint32_t count = 0;

	if (plan_one(force, bridge, &why) < 0) {
		add(drifts, bridge->name, 0, xn_err_text(&why));
		return;
	}
	for (size_t i = 0; i < force->plan.count; i++) {
		if (is_for_a_while(safe->nl, &force->plan.op[i])) {
			drifts->unsettled = true;
			continue;
		}
		if (count++ == 0)
			first = &force->plan.op[i];
	}
	if (!first)
		return;
	xn_drifted_words(first, count - 1, words, sizeof(words));
	add(drifts, bridge->name, count, words);
}

static void judge_all(struct xn_safe *safe, struct in_force *force,
		      struct xn_drifts *drifts)
{
	for (uint32_t i = 0; i < force->conf->bridge_count; i++) {
		if (force->conf->bridge[i].mode == XN_CONF_ROUTED)
			continue;
		judge_one(safe, force, &force->conf->bridge[i], drifts);
		forget_plan(force);
	}
}

/* Somebody applied meanwhile: what was seen is of both. */
static int check_same(struct xn_safe *safe, uint64_t id, struct xn_err *err)
{
	struct xn_record now = {.id = id + 1};
	int rc = check_pending(safe, err);

	if (rc == 0)
		rc = xn_safe_read(safe, XN_SAFE_CONFIRMED, &now, err);
	if (rc < 0)
		return rc;
	rc = now.id == id ? 0 : -EBUSY;
	xn_record_fini(&now);
	return rc;
}

static int look(struct xn_safe *safe, struct in_force *force,
		struct xn_drifts *drifts, struct xn_err *err)
{
	struct xn_err none = {0};
	int rc = read_in_force(safe, force, err);

	if (rc)
		return rc;
	/* All at once first: mostly nothing has changed. */
	if (make_plan(force, force->conf, &force->record.ours, &none) < 0 ||
	    force->plan.count > 0) {
		forget_plan(force);
		judge_all(safe, force, drifts);
	}
	return check_same(safe, force->record.id, err);
}

int xn_drifts_look(struct xn_safe *safe, struct xn_drifts *ret_drifts,
		   struct xn_err *err)
{
	struct xn_drifts *drifts = calloc(1, sizeof(*drifts));
	struct in_force *force = calloc(1, sizeof(*force));
	int rc;

	if (drifts && force) {
		rc = look(safe, force, drifts, err);
		if (rc == 0)
			*ret_drifts = *drifts;
	} else {
		rc = xn_fail(err, ENOMEM, "out of memory");
	}
	destroy(force);
	free(drifts);
	return rc;
}

static struct xn_planeconf_bridge *find_bridge(struct xn_planeconf *conf,
					       const char *name)
{
	for (uint32_t i = 0; i < conf->bridge_count; i++) {
		if (strcmp(conf->bridge[i].name, name) == 0 &&
		    conf->bridge[i].mode != XN_CONF_ROUTED)
			return &conf->bridge[i];
	}
	return NULL;
}

/* ours->count: none of that name. */
static uint32_t place_of(const struct xn_ours *ours, const char *bridge)
{
	uint32_t i = 0;

	while (i < ours->count && strcmp(ours->item[i].bridge, bridge) != 0)
		i++;
	return i;
}

/* What had to go for its addresses is to come back one day, though the bridge
 * that went has taken its number along. */
static void move_notes(struct xn_ours *ours, int from, int to)
{
	for (uint32_t i = 0; i < ours->addr_count; i++)
		if (ours->addr[i].bridge == from && !ours->addr[i].added)
			ours->addr[i].bridge = to;
	for (uint32_t i = 0; i < ours->route_count; i++)
		if (ours->route[i].bridge == from && !ours->route[i].added)
			ours->route[i].bridge = to;
}

/* Of a bridge that was there all the time, what was noted of it holds, whoever
 * changed it meanwhile; else what is ours of it is what the plan leaves. */
static int merge(struct in_force *force, const char *bridge, struct xn_err *err)
{
	const struct xn_ours *from = &force->wanted.ours;
	struct xn_ours *all = &force->record.ours;
	uint32_t source = place_of(from, bridge);
	uint32_t place = place_of(all, bridge);
	const struct xn_our *made = &from->item[source];
	int rc;

	if (source == from->count)
		return 0;
	if (place == XN_OURS_MAX)
		return xn_fail(err, E2BIG, "more than %u bridges", XN_OURS_MAX);
	if (place < all->count) {
		int gone = all->item[place].ifindex;

		if (gone == made->ifindex)
			return 0;
		move_notes(all, gone, made->ifindex);
		xn_ours_forget_notes(all, gone);
	} else {
		all->count++;
	}
	all->item[place] = *made;
	rc = xn_host_keep_notes(from, made, all, err);
	return rc < 0 ? rc : xn_host_keep_addr_notes(from, made, all, err);
}

/* What an apply asks for once or twice more is not done by itself. */
static int check_allowed(const struct in_force *force, struct xn_err *err)
{
	const struct xn_session nobody = {.has_audit = false};
	struct xn_lifelines lines, cut;
	struct xn_err held = {0};
	int rc = xn_lifelines_read("/", &nobody, &lines, err);

	if (rc < 0)
		return rc;
	xn_lifelines_cut(&lines, &force->observed, &force->plan, &cut);
	if (cut.count > 0)
		return xn_fail(err, EPERM,
			       "it touches a link that %s comes over",
			       cut.item[0].words);
	(void)xn_held_judge("", &force->host, &force->wanted.model, &held);
	return held.set ? xn_fail(err, EPERM, "%s", xn_err_text(&held)) : 0;
}

/* A process that dies here leaves the journal alone, which counts for nothing:
 * the next look finds what is missing. */
static int do_plan(struct xn_safe *safe, struct in_force *force,
		   struct xn_err *err)
{
	const char *journal = safe->paths.file[XN_SAFE_JOURNAL];
	bool undone;
	int rc = xn_apply_keep(safe->nl, &force->plan, journal, &undone, err);

	if (rc == 0)
		rc = xn_safe_write_json(&safe->paths, XN_SAFE_CONFIRMED,
					xn_record_to_json(&force->record), err);
	return rc < 0 ? rc : xn_apply_forget(journal, err);
}

static int repair(struct xn_safe *safe, struct in_force *force,
		  const char *name, struct xn_err *err)
{
	enum xn_settled settled;
	struct xn_planeconf_bridge *bridge;
	int rc = xn_safe_settle(safe, &settled, err);

	if (rc == 0)
		rc = read_in_force(safe, force, err);
	if (rc)
		return rc;
	bridge = find_bridge(force->conf, name);
	if (!bridge)
		return xn_fail(err, ENOENT, "bridge %s: not in force", name);
	rc = plan_one(force, bridge, err);
	if (rc == 0)
		rc = check_allowed(force, err);
	if (rc == 0)
		rc = merge(force, name, err);
	if (rc == 0 && force->plan.count > 0)
		rc = do_plan(safe, force, err);
	return rc;
}

int xn_drifts_repair(struct xn_safe *safe, const char *bridge,
		     struct xn_err *err)
{
	struct in_force *force = calloc(1, sizeof(*force));
	int rc;

	if (!force)
		return xn_fail(err, ENOMEM, "out of memory");
	rc = xn_safe_begin(safe, err);
	if (rc == 0)
		rc = repair(safe, force, bridge, err);
	xn_safe_end(safe);
	destroy(force);
	return rc;
}

int xn_drifts_open(const char *state, struct xn_safe **ret_safe,
		   struct xn_err *err)
{
	return xn_safe_open(state, ret_safe, err);
}

void xn_drifts_close(struct xn_safe *safe)
{
	xn_safe_close(safe);
}
