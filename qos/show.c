/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Classes with their counters, see show.h. */
#include "qos/show.h"

#include <stdio.h>
#include <string.h>

#include "qos/build.h"

struct view {
	const struct xq_observed *observed;
	struct xq_state own;
};

/* The classes of the link share an uplink's rate. */
static bool is_tree(const struct view *view, int ifindex)
{
	const struct xn_tc_qdisc at = {.ifindex = ifindex,
				       .parent = XN_TC_ROOT};
	const struct xn_tc_qdisc *root =
		xq_state_find(&view->own, XQ_QDISC, &at);

	return root && root->default_class == XQ_CLASS_OTHERS;
}

static const struct xq_ifb *ifb_at(const struct view *view, int ifindex)
{
	for (size_t i = 0; i < xq_state_count(&view->own, XQ_IFB); i++) {
		const struct xq_ifb *ifb = xq_state_at(&view->own, XQ_IFB, i);

		if (ifb->ifindex == ifindex)
			return ifb;
	}
	return NULL;
}

/* The address whose frames come to the class. */
static bool find_mac(const struct view *view, const struct xn_tc_class *class,
		     char text[XN_MAC_TEXT])
{
	for (size_t i = 0; i < xq_state_count(&view->own, XQ_FILTER); i++) {
		const struct xn_tc_filter *filter =
			xq_state_at(&view->own, XQ_FILTER, i);
		struct xn_mac mac;

		if (filter->ifindex != class->ifindex ||
		    filter->class_handle != class->handle ||
		    filter->key_count != 2)
			continue;
		memcpy(mac.octet, &filter->key[0].value_be, 4);
		memcpy(mac.octet + 2, &filter->key[1].value_be, 4);
		(void)xn_mac_format(&mac, text);
		return true;
	}
	return false;
}

static const char *whose(const struct view *view,
			 const struct xn_tc_class *class, bool tree,
			 char mac[XN_MAC_TEXT])
{
	uint32_t minor = class->handle & 0xffffu;

	if (!tree)
		return "limit";
	if (minor == XQ_CLASS_ALL)
		return "all";
	if (minor == XQ_CLASS_OTHERS)
		return "others";
	return find_mac(view, class, mac) ? mac : "";
}

static json_t *describe(const struct view *view,
			const struct xn_tc_class *class)
{
	const struct xq_ifb *ifb = ifb_at(view, class->ifindex);
	const struct xn_link *on = xq_link_at(view->observed, class->ifindex);
	const struct xn_link *link =
		ifb ? xq_link_at(view->observed, ifb->of) : on;
	bool tree = is_tree(view, class->ifindex);
	const struct xn_tc_counters *c = &class->counters;
	char mac[XN_MAC_TEXT];
	char handle[16];

	(void)snprintf(handle, sizeof(handle), "%x:%x", class->handle >> 16,
		       class->handle & 0xffffu);
	/* As guests see it: what comes in at a vif is sent, and at an uplink
	 * received. */
	return json_pack(
		"{s:s, s:s, s:b, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, "
		"s:I, "
		"s:I, s:I}",
		"link", link ? link->name : "", "way",
		!!ifb != tree ? "send" : "receive", "share", tree, "of",
		whose(view, class, tree, mac), "class", handle, "on",
		on ? on->name : "", "by", "htb", "rate_bytes",
		(json_int_t) class->rate, "ceiling_bytes",
		(json_int_t) class->ceil, "burst_bytes",
		(json_int_t)xq_ticks_bytes(class->burst_ticks, class->rate),
		"quantum_bytes", (json_int_t) class->quantum_bytes, "bytes",
		(json_int_t)c->bytes, "frames", (json_int_t)c->packets, "drops",
		(json_int_t)c->drops, "backlog_bytes",
		(json_int_t)c->backlog_bytes);
}

/* A vif's limit without a class: the rate is the last of both. */
static json_t *describe_police(const struct xq_police *police)
{
	const struct xq_police_limit none = {0};
	const struct xq_police_limit *last =
		police->count ? &police->limit[police->count - 1] : &none;
	const struct xq_police_limit *first =
		police->count ? &police->limit[0] : &none;

	return json_pack(
		"{s:s, s:s, s:b, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, "
		"s:I, s:I, s:I}",
		"link", police->name, "way", "send", "share", 0, "of", "limit",
		"class", "", "on", police->name, "by", "nft", "rate_bytes",
		(json_int_t)last->rate, "ceiling_bytes",
		(json_int_t)first->rate, "burst_bytes",
		(json_int_t)last->rate + last->burst_bytes, "quantum_bytes",
		(json_int_t)0, "bytes",
		(json_int_t)police->bytes - (json_int_t)police->drop_bytes,
		"frames",
		(json_int_t)police->packets - (json_int_t)police->drop_packets,
		"drops", (json_int_t)police->drop_packets, "backlog_bytes",
		(json_int_t)0);
}

json_t *xq_show(const struct xq_observed *observed)
{
	struct view view = {.observed = observed};
	json_t *shapers = json_array();

	if (xq_own(observed, &view.own)) {
		json_decref(shapers);
		return NULL;
	}
	for (size_t i = 0; i < xq_state_count(&view.own, XQ_CLASS); i++)
		(void)json_array_append_new(
			shapers,
			describe(&view, xq_state_at(&view.own, XQ_CLASS, i)));
	for (size_t i = 0; i < xq_state_count(&view.own, XQ_POLICE); i++)
		(void)json_array_append_new(
			shapers,
			describe_police(xq_state_at(&view.own, XQ_POLICE, i)));
	xq_state_fini(&view.own);
	return json_pack("{s:o}", "shapers", shapers);
}
