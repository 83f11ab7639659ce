/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xenplane.conf's bridges: which are made, taken over, and left. Pure. */
#include "netconf/plan/host.h"

#include <errno.h>
#include <string.h>
#include <linux/if_link.h>

#include "netconf/base/text.h"
#include "netconf/model/fields.h"
#include "netconf/plan/check.h"
#include "netconf/plan/direct.h"

#define DEFAULT_MTU 1500
#define FNV_OFFSET 0xcbf29ce484222325u
#define FNV_PRIME 0x100000001b3u

/* Consumes the model that `take` holds. */
static void replace(struct xn_model *model, struct xn_model *take)
{
	xn_model_fini(model);
	*model = *take;
	*take = (struct xn_model){0};
}

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

static bool is_our(const struct xn_our *our, const struct xn_model_link *link)
{
	return link->ifindex == our->ifindex &&
	       strcmp(link->name, our->bridge) == 0 &&
	       strcmp(link->kind, "bridge") == 0 &&
	       (!our->made || xn_mac_equal(&link->mac, &our->mac));
}

static bool was_made(const struct xn_host *host, const char *name)
{
	const struct xn_model_link *link =
		xn_model_link_named(host->observed, name);

	for (uint32_t i = 0; link && i < host->ours->count; i++) {
		if (is_our(&host->ours->item[i], link))
			return host->ours->item[i].made;
	}
	return false;
}

/* NULL: it is gone, or another's by now. */
static struct xn_model_link *our_link(const struct xn_model *model,
				      const struct xn_our *our)
{
	struct xn_model_link *link = xn_model_link_named(model, our->bridge);

	return link && is_our(our, link) ? link : NULL;
}

/* The first one that would go with the bridge, or lose it. */
static const struct xn_model_link *find_user(const struct xn_model *model,
					     const struct xn_model_link *bridge,
					     const char *netdev)
{
	for (size_t i = 0; i < xn_model_count(model, XN_LINK); i++) {
		const struct xn_model_link *link =
			xn_model_at(model, XN_LINK, i);

		if (link->lower == bridge->ifindex ||
		    (link->master == bridge->ifindex &&
		     strcmp(link->name, netdev) != 0))
			return link;
	}
	return NULL;
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

/* With a link, what is on it. */
static void remove_link(struct xn_model *model, int ifindex)
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

static int put_back(struct xn_model *model, const struct xn_model_link *bridge,
		    struct xn_err *err)
{
	int rc;

	if (xn_model_link(model, bridge->ifindex))
		return 0;
	rc = xn_model_add(model, XN_LINK, bridge);
	return rc < 0 ? xn_fail(err, -rc, "plan: %s", strerror(-rc)) : 0;
}

static int unsupported(enum xn_conf_style style, struct xn_err *err)
{
	return xn_fail(err, EOPNOTSUPP,
		       "style=%s cannot be applied from the file yet: only "
		       "plain can",
		       xn_conf_style_name(style));
}

/* Here and in take_netdev() styles part. */
static int give_netdev(struct xn_model *model, const struct xn_our *our,
		       struct xn_err *err)
{
	struct xn_direct direct = {.bridge = our->bridge,
				   .netdev = our->netdev};
	struct xn_model without = {0};
	int rc = 0;

	switch (our->style) {
	case XN_CONF_PLAIN:
		rc = xn_direct_stop(model, &direct, &without, err);
		break;
	case XN_CONF_OLD:
	case XN_CONF_NEW:
		return unsupported(our->style, err);
	}
	if (rc == 0)
		replace(model, &without);
	return rc;
}

/* The netdev takes back what is on the bridge, and the bridge goes, or stays
 * for those who still want it. */
static int release(struct xn_model *model, const struct xn_our *our,
		   bool bridge_stays, struct xn_err *err)
{
	const struct xn_model_link *link = our_link(model, our);
	struct xn_model_link bridge = *link;
	int rc = our->netdev[0] ? give_netdev(model, our, err) : 0;

	if (rc < 0)
		return rc;
	if (bridge_stays)
		return put_back(model, &bridge, err);
	remove_link(model, bridge.ifindex);
	return 0;
}

static void note_left(struct xn_host_wanted *wanted, const struct xn_our *our,
		      const char *port)
{
	struct xn_left *left = &wanted->left[wanted->left_count++];

	memcpy(left->bridge, our->bridge, sizeof(left->bridge));
	(void)xn_text_copy(left->port, sizeof(left->port), port);
	wanted->ours.item[wanted->ours.count++] = *our;
}

static int release_our(const struct xn_host *host, const struct xn_our *our,
		       struct xn_host_wanted *wanted, struct xn_err *err)
{
	const struct xn_planeconf_bridge *conf =
		wanted_bridge(host->conf, our->bridge);
	const struct xn_model_link *bridge = our_link(&wanted->model, our);
	const struct xn_model_link *user;

	if (!bridge || (conf && conf->style == our->style &&
			strcmp(conf->netdev, our->netdev) == 0))
		return 0;
	if (conf)
		return release(&wanted->model, our, true, err);
	user = find_user(&wanted->model, bridge, our->netdev);
	if (!user)
		return release(&wanted->model, our, !our->made, err);
	note_left(wanted, our, user->name);
	return 0;
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
static int add_bridge(const struct xn_host_step *step)
{
	const struct xn_model_link *lo = xn_model_link(step->model, 1);
	struct xn_model_link bridge;
	int rc;

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
	rc = xn_model_add(step->model, XN_LINK, &bridge);
	return rc < 0 ? xn_fail(step->err, -rc, "plan: %s", strerror(-rc)) : 0;
}

static int take_netdev(const struct xn_host_step *step)
{
	const struct xn_planeconf_bridge *conf = step->conf;
	struct xn_direct direct = {.bridge = conf->name,
				   .netdev = conf->netdev};
	struct xn_model with = {0};
	int rc = 0;

	switch (conf->style) {
	case XN_CONF_PLAIN:
		rc = xn_direct_start(step->model, &direct, &with, step->err);
		break;
	case XN_CONF_OLD:
	case XN_CONF_NEW:
		return unsupported(conf->style, step->err);
	}
	if (rc == 0)
		replace(step->model, &with);
	return rc;
}

static int make_bridge(const struct xn_host_step *step)
{
	const struct xn_model_link *there =
		xn_model_link_named(step->model, step->conf->name);

	if (step->conf->netdev[0])
		return take_netdev(step);
	if (!there)
		return add_bridge(step);
	if (strcmp(there->kind, "bridge") != 0)
		return xn_fail(step->err, EEXIST,
			       "link %s is there, and no bridge", there->name);
	return 0;
}

static int note_our(const struct xn_host_step *step, bool fresh,
		    struct xn_ours *ours)
{
	const struct xn_model_link *bridge =
		xn_model_link_named(step->model, step->conf->name);
	struct xn_our our = {.ifindex = bridge->ifindex,
			     .mac = bridge->mac,
			     .style = step->conf->style,
			     .made = fresh ||
				     was_made(step->host, bridge->name)};

	memcpy(our.bridge, bridge->name, sizeof(our.bridge));
	memcpy(our.netdev, step->conf->netdev, sizeof(our.netdev));
	if (ours->count == XN_OURS_MAX)
		return xn_fail(step->err, E2BIG, "more than %u bridges",
			       XN_OURS_MAX);
	ours->item[ours->count++] = our;
	return 0;
}

static int want_bridge(const struct xn_host_step *step, struct xn_ours *ours)
{
	bool fresh = !xn_model_link_named(step->model, step->conf->name);
	struct xn_model_link *bridge;
	int rc = make_bridge(step);

	if (rc < 0)
		return rc;
	bridge = xn_model_link_named(step->model, step->conf->name);
	bridge->up = true;
	rc = xn_host_set_bridge(step, fresh);
	if (rc == 0)
		rc = xn_host_set_addrs(step);
	return rc < 0 ? rc : note_our(step, fresh, ours);
}

static void say_place(const struct xn_planeconf_bridge *conf,
		      struct xn_err *err)
{
	const struct xn_conf_place *place = &conf->section;

	xn_err_prefix(err, "%s:%u:%u: [bridge %s]",
		      place->file ? place->file : "-", place->line,
		      place->column, conf->name);
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
