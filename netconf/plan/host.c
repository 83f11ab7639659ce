/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xenplane.conf's bridges: which are made, taken over, and left. Pure. */
#include "netconf/plan/host.h"

#include <errno.h>
#include <string.h>
#include <linux/if_link.h>

#include "netconf/base/text.h"
#include "netconf/model/fields.h"
#include "netconf/plan/check.h"

#define DEFAULT_MTU 1500
#define FNV_OFFSET 0xcbf29ce484222325u
#define FNV_PRIME 0x100000001b3u

static const struct xn_planeconf_bridge *
wanted_bridge(const struct xn_planeconf *conf, const char *name)
{
	for (uint32_t i = 0; i < conf->bridge_count; i++) {
		const struct xn_planeconf_bridge *bridge = &conf->bridge[i];

		if (bridge->mode != XN_CONF_ROUTED &&
		    strcmp(bridge->name, name) == 0)
			return bridge;
	}
	return NULL;
}

static void say_place(const struct xn_planeconf_bridge *conf,
		      struct xn_err *err)
{
	const struct xn_conf_place *place = &conf->section;

	xn_err_prefix(err, "%s:%u:%u: [bridge %s]",
		      place->file ? place->file : "-", place->line,
		      place->column, conf->name);
}

static bool is_our(const struct xn_our *our, const struct xn_model_link *link)
{
	return link->ifindex == our->ifindex &&
	       strcmp(link->name, our->bridge) == 0 &&
	       strcmp(link->kind, "bridge") == 0 &&
	       (!our->made || xn_mac_equal(&link->mac, &our->mac));
}

/* NULL: it is gone, or another's by now. */
static struct xn_model_link *our_link(const struct xn_model *model,
				      const struct xn_our *our)
{
	struct xn_model_link *link = xn_model_link_named(model, our->bridge);

	return link && is_our(our, link) ? link : NULL;
}

static bool is_on(enum xn_noun noun, const union xn_object *object, int ifindex)
{
	for (uint8_t i = 0; noun == XN_ROUTE && i < object->route.hop_count;
	     i++) {
		if (object->route.hop[i].ifindex == ifindex)
			return true;
	}
	return xn_object_ifindex(noun, object) == ifindex;
}

void xn_host_remove_link(struct xn_model *model, int ifindex)
{
	for (int noun = XN_ADDR; noun < XN_NOUNS; noun++) {
		for (size_t i = xn_model_count(model, (enum xn_noun)noun);
		     i > 0; i--) {
			union xn_object object;

			memcpy(&object,
			       xn_model_at(model, (enum xn_noun)noun, i - 1),
			       xn_noun[noun].bytes);
			if (is_on((enum xn_noun)noun, &object, ifindex))
				xn_model_remove(model, (enum xn_noun)noun,
						i - 1);
		}
	}
	for (size_t i = xn_model_count(model, XN_LINK); i > 0; i--) {
		const struct xn_model_link *link =
			xn_model_at(model, XN_LINK, i - 1);

		if (link->ifindex == ifindex)
			xn_model_remove(model, XN_LINK, i - 1);
	}
}

/* The netdev takes back what is on the bridge, and the bridge goes, or stays
 * for those who still want it. */
static int release(struct xn_model *model, const struct xn_our *our,
		   bool bridge_stays, struct xn_err *err)
{
	int rc = 0;

	if (our->netdev[0])
		rc = xn_host_give_netdev(model, our, bridge_stays, err);
	if (rc == 0 && !bridge_stays)
		xn_host_remove_link(model, our->ifindex);
	return rc;
}

static int note_left(const struct xn_host *host, struct xn_host_wanted *wanted,
		     const struct xn_our *our, const char *port,
		     struct xn_err *err)
{
	struct xn_left *left = &wanted->left[wanted->left_count++];
	int rc;

	memcpy(left->bridge, our->bridge, sizeof(left->bridge));
	(void)xn_text_copy(left->port, sizeof(left->port), port);
	memcpy(left->netdev, our->netdev, sizeof(left->netdev));
	wanted->ours.item[wanted->ours.count++] = *our;
	rc = xn_host_keep_notes(host->ours, our, &wanted->ours, err);
	return rc < 0 ? rc
		      : xn_host_keep_addr_notes(host->ours, our, &wanted->ours,
						err);
}

/* What the section said: another style takes addresses along. */
static int unput(const struct xn_host *host, const struct xn_our *our,
		 const struct xn_planeconf_bridge *conf, struct xn_model *model,
		 struct xn_err *err)
{
	const struct xn_model_link *link = xn_host_of(model, our);
	int rc;

	xn_host_unput_all(model, host->ours, our, true);
	if (!link || (conf && strcmp(conf->netdev, our->netdev) == 0))
		return 0;
	rc = xn_host_unput_addrs(model, host->ours, our, link->ifindex, err);
	return rc < 0 ? rc
		      : xn_host_unput_routes(model, host->ours, our,
					     link->ifindex, err);
}

/* The section is there still, and wants something else of the netdev. */
static int release_for(const struct xn_planeconf_bridge *conf,
		       const struct xn_our *our, struct xn_model *model,
		       struct xn_err *err)
{
	int rc = 0;

	if (our->style == XN_CONF_NEW)
		rc = xn_fail(err, EEXIST,
			     "the NIC gets its name %s back, so the bridge "
			     "needs another one",
			     our->netdev);
	if (rc == 0)
		rc = release(model, our, true, err);
	if (rc < 0)
		say_place(conf, err);
	return rc;
}

static int release_our(const struct xn_host *host, const struct xn_our *our,
		       struct xn_host_wanted *wanted, struct xn_err *err)
{
	const struct xn_planeconf_bridge *conf =
		wanted_bridge(host->conf, our->bridge);
	const struct xn_model_link *bridge = our_link(&wanted->model, our);
	const struct xn_model_link *user;
	int rc;

	if (!bridge && !conf)
		xn_host_unput_all(&wanted->model, host->ours, our, false);
	if (!bridge || (conf && xn_host_is_in_force(&wanted->model, our, conf)))
		return 0;
	if (!conf) {
		user = xn_host_user(&wanted->model, bridge, our);
		if (user)
			return note_left(host, wanted, our, user->name, err);
	}
	rc = unput(host, our, conf, &wanted->model, err);
	if (rc < 0)
		return rc;
	if (conf)
		return release_for(conf, our, &wanted->model, err);
	return release(&wanted->model, our, !our->made, err);
}

/* Locally administered, and the same at every start. */
static struct xn_mac mac_of(uint64_t seed, const char *name)
{
	struct xn_mac mac = {{0x02}};
	uint64_t hash = FNV_OFFSET ^ seed;

	for (const char *c = name; *c; c++)
		hash = (hash ^ (uint8_t)*c) * FNV_PRIME;
	hash ^= hash >> 29;
	for (int i = 1; i < XN_MAC_BYTES; i++)
		mac.octet[i] = (uint8_t)(hash >> 8 * i);
	return mac;
}

/* Guests' router advertisements are not for the host. */
struct xn_model_link xn_host_lone_bridge(const struct xn_host_step *step)
{
	const struct xn_model_link *lo = xn_model_link(step->model, 1);
	struct xn_model_link bridge;

	memset(&bridge, 0, sizeof(bridge));
	bridge.ifindex = xn_model_free_ifindex(step->model);
	(void)xn_text_copy(bridge.kind, sizeof(bridge.kind), "bridge");
	memcpy(bridge.name, step->conf->name, sizeof(bridge.name));
	bridge.mac = mac_of(step->host->mac_seed, bridge.name);
	bridge.mtu = DEFAULT_MTU;
	bridge.has_ipv6 = lo && lo->has_ipv6;
	bridge.ethernet = true;
	bridge.bridge.setting[0] = (struct xn_nl_setting){IFLA_BR_STP_STATE, 0};
	bridge.bridge.setting[1] =
		(struct xn_nl_setting){IFLA_BR_FORWARD_DELAY, 0};
	bridge.bridge.count = 2;
	return bridge;
}

static int add_bridge(const struct xn_host_step *step)
{
	struct xn_model_link bridge = xn_host_lone_bridge(step);
	int rc = xn_model_add(step->model, XN_LINK, &bridge);

	return rc < 0 ? xn_fail(step->err, -rc, "plan: %s", strerror(-rc)) : 0;
}

static int make_bridge(const struct xn_host_step *step)
{
	const struct xn_model_link *there =
		xn_model_link_named(step->model, step->conf->name);

	if (step->conf->netdev[0])
		return xn_host_take_netdev(step);
	if (!there)
		return add_bridge(step);
	if (strcmp(there->kind, "bridge") != 0)
		return xn_fail(step->err, EEXIST,
			       "link %s is there, and no bridge", there->name);
	return 0;
}

/* Of the apply before, and still there. NULL: none. */
static const struct xn_our *our_before(const struct xn_host *host,
				       const char *name)
{
	const struct xn_model_link *link =
		xn_model_link_named(host->observed, name);

	for (uint32_t i = 0; link && i < host->ours->count; i++) {
		if (is_our(&host->ours->item[i], link))
			return &host->ours->item[i];
	}
	return NULL;
}

static int note_our(const struct xn_host_step *step, bool made,
		    struct xn_ours *ours)
{
	const struct xn_model_link *bridge =
		xn_model_link_named(step->model, step->conf->name);
	struct xn_our our = {.ifindex = bridge->ifindex,
			     .mac = bridge->mac,
			     .style = step->conf->style,
			     .made = made};

	memcpy(our.bridge, bridge->name, sizeof(our.bridge));
	memcpy(our.netdev, step->conf->netdev, sizeof(our.netdev));
	if (ours->count == XN_OURS_MAX)
		return xn_fail(step->err, E2BIG, "more than %u bridges",
			       XN_OURS_MAX);
	ours->item[ours->count++] = our;
	return 0;
}

/* The new style's has the name that its NIC has now. */
static bool is_there(const struct xn_model *model, const char *name)
{
	const struct xn_model_link *link = xn_model_link_named(model, name);

	return link && strcmp(link->kind, "bridge") == 0;
}

static int want_bridge(struct xn_host_step *step, struct xn_ours *ours)
{
	const char *name = step->conf->name;
	bool fresh = !is_there(step->model, name);
	const struct xn_our *before = our_before(step->host, name);
	int rc;

	step->before = before;
	step->released = before && !xn_host_is_in_force(step->host->observed,
							before, step->conf);

	if (!fresh && before)
		xn_host_restyle(step, before);
	rc = make_bridge(step);
	if (rc < 0)
		return rc;
	xn_model_link_named(step->model, name)->up = true;
	rc = xn_host_set_bridge(step, fresh);
	if (rc == 0)
		rc = xn_host_set_addrs(step);
	return rc < 0 ? rc
		      : note_our(step, fresh || (before && before->made), ours);
}

static int fill(const struct xn_host *host, struct xn_host_wanted *wanted,
		struct xn_err *err)
{
	int rc = xn_model_copy(host->observed, &wanted->model);

	if (rc < 0)
		return xn_fail(err, -rc, "plan: out of memory");
	for (uint32_t i = 0; i < host->ours->count && rc == 0; i++)
		rc = release_our(host, &host->ours->item[i], wanted, err);
	for (uint32_t i = 0; i < host->conf->bridge_count && rc == 0; i++) {
		struct xn_host_step step = {.model = &wanted->model,
					    .conf = &host->conf->bridge[i],
					    .host = host,
					    .wanted = wanted,
					    .err = err};

		if (step.conf->mode == XN_CONF_ROUTED)
			continue;
		rc = want_bridge(&step, &wanted->ours);
		if (rc < 0)
			say_place(step.conf, err);
	}
	return rc;
}

int xn_host_want(const struct xn_host *host, struct xn_host_wanted *ret_wanted,
		 struct xn_err *err)
{
	int rc;

	*ret_wanted = (struct xn_host_wanted){0};
	rc = fill(host, ret_wanted, err);
	if (rc < 0)
		xn_model_fini(&ret_wanted->model);
	return rc;
}
