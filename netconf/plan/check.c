/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a wanted model makes sense by itself. Pure. */
#include "netconf/plan/check.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/rtnetlink.h>

#include "netconf/model/fields.h"

int xn_object_ifindex(enum xn_noun noun, const union xn_object *object)
{
	switch (noun) {
	case XN_LINK:
		return object->link.ifindex;
	case XN_ADDR:
		return object->addr.ifindex;
	case XN_ROUTE:
		return object->route.hop_count ? object->route.hop[0].ifindex
					       : object->route.ifindex;
	case XN_NEIGH:
		return object->neigh.ifindex;
	case XN_RULE:
	case XN_NOUNS:
		break;
	}
	return 0;
}

static int check_links(const struct xn_model *wanted, struct xn_err *err)
{
	for (size_t i = 0; i < xn_model_count(wanted, XN_LINK); i++) {
		const struct xn_model_link *link =
			xn_model_at(wanted, XN_LINK, i);

		if (link->ifindex <= 0 || !xn_link_name_valid(link->name))
			return xn_fail(err, EINVAL,
				       "a wanted link is number %d",
				       link->ifindex);
		if (xn_model_link(wanted, link->ifindex) != link ||
		    xn_model_link_named(wanted, link->name) != link)
			return xn_fail(err, EINVAL, "link %s is wanted twice",
				       link->name);
		if (link->master && !xn_model_link(wanted, link->master))
			return xn_fail(err, EINVAL,
				       "link %s is to be on link %d, which is "
				       "not wanted",
				       link->name, link->master);
	}
	return 0;
}

static bool has_links(const struct xn_model *wanted, enum xn_noun noun,
		      const union xn_object *object)
{
	int ifindex = xn_object_ifindex(noun, object);

	for (uint8_t i = 0; noun == XN_ROUTE && i < object->route.hop_count;
	     i++) {
		if (!xn_model_link(wanted, object->route.hop[i].ifindex))
			return false;
	}
	return ifindex == 0 || xn_model_link(wanted, ifindex);
}

/* The kernel would drop these without a word. */
static bool is_droppable(enum xn_noun noun, const union xn_object *object)
{
	return noun == XN_ROUTE && object->route.family == AF_INET6 &&
	       (object->route.scope != RT_SCOPE_UNIVERSE ||
		object->route.tos != 0);
}

static int check_objects(const struct xn_model *wanted, struct xn_err *err)
{
	for (int noun = XN_ADDR; noun < XN_NOUNS; noun++) {
		size_t count = xn_model_count(wanted, (enum xn_noun)noun);

		for (size_t i = 0; i < count; i++) {
			union xn_object object;

			memcpy(&object,
			       xn_model_at(wanted, (enum xn_noun)noun, i),
			       xn_noun[noun].bytes);
			if (is_droppable((enum xn_noun)noun, &object))
				return xn_fail(err, EINVAL,
					       "an IPv6 route with a scope or "
					       "TOS");
			if (!has_links(wanted, (enum xn_noun)noun, &object))
				return xn_fail(err, EINVAL,
					       "%s %zu is on a link that is "
					       "not wanted",
					       xn_noun[noun].word, i);
		}
	}
	return 0;
}

int xn_plan_check(const struct xn_model *wanted, struct xn_err *err)
{
	int rc = check_links(wanted, err);

	return rc < 0 ? rc : check_objects(wanted, err);
}
