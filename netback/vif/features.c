/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Feature negotiation of a vif, see features.h. Every value here was written
 * by the guest: each is copied once by the caller, parsed whole and bounded.
 * A value that is no number refuses the frontend with key and value; guessing
 * would leave both ends with different ideas of the rings.
 */
#include "netback/vif/features.h"

#include <errno.h>
#include <stdio.h>

#include "netconf/base/text.h"

/* FIFO event channels end there. */
#define EVENT_PORT_MAX ((1u << 17) - 1)
#define KEY_MAX 64

size_t xnb_offer(bool offload, uint32_t queues_max,
		 struct xnb_offer_key ret_keys[XNB_OFFER_MAX])
{
	const struct {
		const char *key;
		uint32_t value;
	} offers[] = {
		{"feature-sg", 1},
		{"feature-gso-tcpv4", offload},
		{"feature-gso-tcpv6", offload},
		{"feature-ipv6-csum-offload", offload},
		{"feature-no-csum-offload", !offload},
		{"feature-rx-copy", 1},
		{"feature-rx-flip", 0},
		{"feature-multicast-control", 1},
		{"feature-dynamic-multicast-control", 1},
		{"feature-split-event-channels", 1},
		{"feature-ctrl-ring", 1},
		{"feature-xdp-headroom", 1},
		{"multi-queue-max-queues", queues_max},
	};
	size_t count = sizeof(offers) / sizeof(offers[0]);

	for (size_t i = 0; i < count; i++) {
		ret_keys[i].key = offers[i].key;
		(void)xn_text_format(ret_keys[i].value,
				     sizeof(ret_keys[i].value), "%u",
				     offers[i].value);
	}
	return count;
}

struct reader {
	xnb_key_fn *get;
	void *arg;
	struct xn_err *err;
};

/* A whole number in its bounds. Absent: -ENOENT, without a text. */
static int read_number(const struct reader *r, const char *key, uint32_t min,
		       uint32_t max, uint32_t *ret)
{
	const char *text = r->get(r->arg, key);
	int error;

	if (!text)
		return -ENOENT;
	error = xn_parse_u32(text, min, max, ret);
	if (error)
		return xn_fail(r->err, -error,
			       "frontend key %s = \"%.40s\": not a number in "
			       "%u..%u",
			       key, text, min, max);
	return 0;
}

static int read_required(const struct reader *r, const char *key, uint32_t min,
			 uint32_t max, uint32_t *ret)
{
	int error = read_number(r, key, min, max, ret);

	if (error == -ENOENT)
		return xn_fail(r->err, ENOENT, "frontend key %s is missing",
			       key);
	return error;
}

/* Absent: 0. */
static int read_flag(const struct reader *r, const char *key, bool *ret)
{
	uint32_t value = 0;
	int error = read_number(r, key, 0, UINT32_MAX, &value);

	if (error && error != -ENOENT)
		return error;
	*ret = value != 0;
	return 0;
}

/* Two channels where the frontend has them, else one for both directions. */
static int read_ports(const struct reader *r, const char *prefix,
		      struct xnb_frontend_queue *queue)
{
	char tx_key[KEY_MAX], rx_key[KEY_MAX], key[KEY_MAX];
	int error;

	(void)snprintf(tx_key, sizeof(tx_key), "%sevent-channel-tx", prefix);
	(void)snprintf(rx_key, sizeof(rx_key), "%sevent-channel-rx", prefix);
	(void)snprintf(key, sizeof(key), "%sevent-channel", prefix);

	error = read_number(r, tx_key, 1, EVENT_PORT_MAX, &queue->tx_port);
	if (!error)
		return read_required(r, rx_key, 1, EVENT_PORT_MAX,
				     &queue->rx_port);
	if (error != -ENOENT)
		return error;
	error = read_required(r, key, 1, EVENT_PORT_MAX, &queue->tx_port);
	if (!error)
		queue->rx_port = queue->tx_port;
	return error;
}

static int read_queue(const struct reader *r, const char *prefix,
		      struct xnb_frontend_queue *queue)
{
	char key[KEY_MAX];
	int error;

	(void)snprintf(key, sizeof(key), "%stx-ring-ref", prefix);
	error = read_required(r, key, 0, UINT32_MAX, &queue->tx_ring_ref);
	if (error)
		return error;
	(void)snprintf(key, sizeof(key), "%srx-ring-ref", prefix);
	error = read_required(r, key, 0, UINT32_MAX, &queue->rx_ring_ref);
	if (error)
		return error;
	return read_ports(r, prefix, queue);
}

/* One page cannot be two rings, nor one channel serve two queues: responses
 * of one would be read as requests of the other. */
static int check_distinct(const struct xnb_frontend *fe, struct xn_err *err)
{
	for (uint32_t i = 0; i < fe->queue_count; i++) {
		const struct xnb_frontend_queue *a = &fe->queue[i];

		if (a->tx_ring_ref == a->rx_ring_ref)
			return xn_fail(err, EINVAL,
				       "frontend queue %u: tx-ring-ref and "
				       "rx-ring-ref are both %u",
				       i, a->tx_ring_ref);
		for (uint32_t j = 0; j < i; j++) {
			const struct xnb_frontend_queue *b = &fe->queue[j];

			if (a->tx_ring_ref == b->tx_ring_ref ||
			    a->tx_ring_ref == b->rx_ring_ref ||
			    a->rx_ring_ref == b->tx_ring_ref ||
			    a->rx_ring_ref == b->rx_ring_ref)
				return xn_fail(err, EINVAL,
					       "frontend queues %u and %u "
					       "share a ring reference",
					       j, i);
			if (a->tx_port == b->tx_port ||
			    a->tx_port == b->rx_port ||
			    a->rx_port == b->tx_port ||
			    a->rx_port == b->rx_port)
				return xn_fail(err, EINVAL,
					       "frontend queues %u and %u "
					       "share an event channel",
					       j, i);
		}
	}
	return 0;
}

static bool is_queue_page(const struct xnb_frontend *fe, uint32_t ref)
{
	for (uint32_t i = 0; i < fe->queue_count; i++) {
		if (fe->queue[i].tx_ring_ref == ref ||
		    fe->queue[i].rx_ring_ref == ref)
			return true;
	}
	return false;
}

static bool is_queue_port(const struct xnb_frontend *fe, uint32_t port)
{
	for (uint32_t i = 0; i < fe->queue_count; i++) {
		if (fe->queue[i].tx_port == port ||
		    fe->queue[i].rx_port == port)
			return true;
	}
	return false;
}

/* A control ring, if the frontend has one: both of its keys, or neither. */
static int read_ctrl(const struct reader *r, struct xnb_frontend *fe)
{
	int error;

	error = read_number(r, "ctrl-ring-ref", 0, UINT32_MAX,
			    &fe->ctrl_ring_ref);
	if (error == -ENOENT) {
		error = read_number(r, "event-channel-ctrl", 1, EVENT_PORT_MAX,
				    &fe->ctrl_port);
		if (error == -ENOENT)
			return 0;
		return error ? error
			     : xn_fail(r->err, ENOENT,
				       "frontend key ctrl-ring-ref is missing");
	}
	if (error)
		return error;
	error = read_required(r, "event-channel-ctrl", 1, EVENT_PORT_MAX,
			      &fe->ctrl_port);
	if (error)
		return error;
	if (is_queue_page(fe, fe->ctrl_ring_ref))
		return xn_fail(r->err, EINVAL,
			       "frontend key ctrl-ring-ref = \"%u\": a "
			       "queue's ring has this page",
			       fe->ctrl_ring_ref);
	if (is_queue_port(fe, fe->ctrl_port))
		return xn_fail(r->err, EINVAL,
			       "frontend key event-channel-ctrl = \"%u\": a "
			       "queue has this channel",
			       fe->ctrl_port);
	fe->features |= XN_DL_FE_CTRL_RING;
	return 0;
}

static int read_queues(const struct reader *r, uint32_t queues_max,
		       struct xnb_frontend *fe)
{
	int error;

	error = read_number(r, "multi-queue-num-queues", 1, queues_max,
			    &fe->queue_count);
	if (error == -ENOENT)
		fe->queue_count = 1;
	else if (error)
		return error;
	if (fe->queue_count == 1) {
		error = read_queue(r, "", &fe->queue[0]);
		return error ? error : check_distinct(fe, r->err);
	}
	for (uint32_t i = 0; i < fe->queue_count; i++) {
		char prefix[KEY_MAX / 2];

		(void)snprintf(prefix, sizeof(prefix), "queue-%u/", i);
		error = read_queue(r, prefix, &fe->queue[i]);
		if (error)
			return error;
	}
	return check_distinct(fe, r->err);
}

static int read_features(const struct reader *r, bool offload,
			 uint32_t *ret_features)
{
	static const struct {
		const char *key;
		uint32_t flag;
		bool offered_with_offload; /* counts only then */
	} keys[] = {
		{"feature-sg", XN_DL_FE_SG, false},
		{"feature-rx-notify", XN_DL_FE_RX_NOTIFY, false},
		{"feature-gso-tcpv4", XN_DL_FE_GSO_TCPV4, true},
		{"feature-gso-tcpv6", XN_DL_FE_GSO_TCPV6, true},
		{"feature-ipv6-csum-offload", XN_DL_FE_IPV6_CSUM, true},
	};
	uint32_t features = 0;
	bool no_csum = false;
	int error;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		bool on = false;

		error = read_flag(r, keys[i].key, &on);
		if (error)
			return error;
		if (on && (offload || !keys[i].offered_with_offload))
			features |= keys[i].flag;
	}
	error = read_flag(r, "feature-no-csum-offload", &no_csum);
	if (error)
		return error;
	if (!no_csum && offload)
		features |= XN_DL_FE_CSUM;
	/* A GSO packet is longer than a page: without sg it cannot be put. */
	if (!(features & XN_DL_FE_SG))
		features &= ~(XN_DL_FE_GSO_TCPV4 | XN_DL_FE_GSO_TCPV6);
	*ret_features = features;
	return 0;
}

int xnb_headroom_parse(xnb_key_fn *get, void *arg, uint16_t *ret_bytes,
		       struct xn_err *err)
{
	struct reader r = {.get = get, .arg = arg, .err = err};
	uint32_t bytes = 0;
	int error = read_number(&r, "xdp-headroom", 0, XN_DL_XDP_HEADROOM_MAX,
				&bytes);

	if (error && error != -ENOENT)
		return error;
	*ret_bytes = (uint16_t)bytes;
	return 0;
}

int xnb_mcast_parse(xnb_key_fn *get, void *arg, bool *ret_control,
		    struct xn_err *err)
{
	struct reader r = {.get = get, .arg = arg, .err = err};

	return read_flag(&r, "request-multicast-control", ret_control);
}

int xnb_frontend_parse(xnb_key_fn *get, void *arg, bool offload,
		       uint32_t queues_max, struct xnb_frontend *ret,
		       struct xn_err *err)
{
	struct reader r = {.get = get, .arg = arg, .err = err};
	struct xnb_frontend fe = {0};
	bool rx_copy = false;
	int error;

	if (queues_max < 1 || queues_max > XN_QUEUES_MAX)
		return xn_fail(err, EINVAL, "%u queues offered", queues_max);
	error = read_flag(&r, "request-rx-copy", &rx_copy);
	if (error)
		return error;
	if (!rx_copy)
		return xn_fail(err, EOPNOTSUPP,
			       "frontend key request-rx-copy is not 1: page "
			       "flipping is not offered");
	error = read_features(&r, offload, &fe.features);
	if (error)
		return error;
	error = xnb_headroom_parse(get, arg, &fe.xdp_headroom, err);
	if (error)
		return error;
	error = xnb_mcast_parse(get, arg, &fe.mcast_control, err);
	if (error)
		return error;
	error = read_queues(&r, queues_max, &fe);
	if (error)
		return error;
	error = read_ctrl(&r, &fe);
	if (error)
		return error;
	*ret = fe;
	return 0;
}
