/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Feature negotiation: what is offered, what a frontend's keys become, and
 * every way in which they are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#include "netback/vif/features.h"

struct pair {
	const char *key, *value;
};

/* A frontend's folder: the first match counts, so a test puts its own keys
 * before the base. NULL value: the key is not there. */
struct folder {
	const struct pair *own;
	const struct pair *base;
};

static const char *get(void *arg, const char *key)
{
	const struct folder *folder = arg;

	for (const struct pair *p = folder->own; p && p->key; p++)
		if (!strcmp(p->key, key))
			return p->value;
	for (const struct pair *p = folder->base; p && p->key; p++)
		if (!strcmp(p->key, key))
			return p->value;
	return NULL;
}

static const struct pair one_queue[] = {
	{"request-rx-copy", "1"},
	{"tx-ring-ref", "8"},
	{"rx-ring-ref", "9"},
	{"event-channel-tx", "20"},
	{"event-channel-rx", "21"},
	{"feature-rx-notify", "1"},
	{"feature-sg", "1"},
	{"feature-gso-tcpv4", "1"},
	{"feature-gso-tcpv6", "1"},
	{"feature-ipv6-csum-offload", "1"},
	{NULL, NULL},
};

static const struct pair two_queues[] = {
	{"request-rx-copy", "1"},
	{"multi-queue-num-queues", "2"},
	{"queue-0/tx-ring-ref", "8"},
	{"queue-0/rx-ring-ref", "9"},
	{"queue-0/event-channel-tx", "20"},
	{"queue-0/event-channel-rx", "21"},
	{"queue-1/tx-ring-ref", "10"},
	{"queue-1/rx-ring-ref", "11"},
	{"queue-1/event-channel-tx", "22"},
	{"queue-1/event-channel-rx", "23"},
	{NULL, NULL},
};

static struct xnb_frontend accepted(const struct pair *base,
				    const struct pair *own, bool offload)
{
	struct folder folder = {own, base};
	struct xnb_frontend fe;
	struct xn_err err = {0};
	int error = xnb_frontend_parse(get, &folder, offload, 4, &fe, &err);

	if (error)
		fail_msg("refused: %s", xn_err_text(&err));
	return fe;
}

/* Refused with `error`, and a text that holds the words. */
static void refused(const struct pair *base, const struct pair *own, int error,
		    const char *words)
{
	struct folder folder = {own, base};
	struct xnb_frontend fe, before;
	struct xn_err err = {0};

	memset(&before, 0xa5, sizeof(before));
	fe = before;
	assert_int_equal(xnb_frontend_parse(get, &folder, true, 4, &fe, &err),
			 error);
	assert_memory_equal(&fe, &before, sizeof(fe));
	if (!strstr(xn_err_text(&err), words))
		fail_msg("\"%s\" is not in \"%s\"", words, xn_err_text(&err));
}

static void refused_value(const struct pair *base, const char *key,
			  const char *value, int error)
{
	const struct pair own[] = {{key, value}, {NULL, NULL}};
	char words[160];

	(void)snprintf(words, sizeof(words), "%s = \"%s\"", key, value);
	refused(base, own, error, words);
}

static const char *offered(bool offload, uint32_t queues, const char *key)
{
	static struct xnb_offer_key keys[XNB_OFFER_MAX];
	size_t count = xnb_offer(offload, queues, keys);

	assert_true(count <= XNB_OFFER_MAX);
	for (size_t i = 0; i < count; i++)
		if (!strcmp(keys[i].key, key))
			return keys[i].value;
	fail_msg("%s is not offered", key);
	return NULL;
}

static void the_offer_names_every_feature(void **state)
{
	(void)state;
	assert_string_equal(offered(true, 4, "feature-sg"), "1");
	assert_string_equal(offered(true, 4, "feature-gso-tcpv4"), "1");
	assert_string_equal(offered(true, 4, "feature-gso-tcpv6"), "1");
	assert_string_equal(offered(true, 4, "feature-ipv6-csum-offload"), "1");
	assert_string_equal(offered(true, 4, "feature-no-csum-offload"), "0");
	assert_string_equal(offered(true, 4, "feature-rx-copy"), "1");
	assert_string_equal(offered(true, 4, "feature-rx-flip"), "0");
	assert_string_equal(offered(true, 4, "feature-split-event-channels"),
			    "1");
	assert_string_equal(offered(true, 4, "feature-ctrl-ring"), "1");
	assert_string_equal(offered(true, 4, "feature-xdp-headroom"), "1");
	assert_string_equal(offered(true, 4, "feature-multicast-control"), "1");
	assert_string_equal(
		offered(true, 4, "feature-dynamic-multicast-control"), "1");
	assert_string_equal(offered(true, 4, "multi-queue-max-queues"), "4");
	assert_string_equal(offered(true, 1, "multi-queue-max-queues"), "1");
}

static void without_offload_nothing_of_it_is_offered(void **state)
{
	(void)state;
	assert_string_equal(offered(false, 1, "feature-sg"), "1");
	assert_string_equal(offered(false, 1, "feature-gso-tcpv4"), "0");
	assert_string_equal(offered(false, 1, "feature-gso-tcpv6"), "0");
	assert_string_equal(offered(false, 1, "feature-ipv6-csum-offload"),
			    "0");
	assert_string_equal(offered(false, 1, "feature-no-csum-offload"), "1");
}

static void one_queue_has_its_keys_at_the_top(void **state)
{
	struct xnb_frontend fe = accepted(one_queue, NULL, true);

	(void)state;
	assert_int_equal(fe.queue_count, 1);
	assert_int_equal(fe.queue[0].tx_ring_ref, 8);
	assert_int_equal(fe.queue[0].rx_ring_ref, 9);
	assert_int_equal(fe.queue[0].tx_port, 20);
	assert_int_equal(fe.queue[0].rx_port, 21);
	assert_int_equal(fe.features,
			 XN_DL_FE_SG | XN_DL_FE_GSO_TCPV4 | XN_DL_FE_GSO_TCPV6 |
				 XN_DL_FE_CSUM | XN_DL_FE_IPV6_CSUM |
				 XN_DL_FE_RX_NOTIFY);
}

static void headroom_is_read_and_bounded(void **state)
{
	const struct pair most[] = {{"xdp-headroom", "2048"}, {NULL, NULL}};

	(void)state;
	assert_string_equal(offered(true, 1, "feature-xdp-headroom"), "1");
	assert_int_equal(accepted(one_queue, NULL, true).xdp_headroom, 0);
	assert_int_equal(accepted(one_queue, most, true).xdp_headroom, 2048);
	refused_value(one_queue, "xdp-headroom", "2049", -ERANGE);
	refused_value(one_queue, "xdp-headroom", "-1", -EINVAL);
	refused_value(one_queue, "xdp-headroom", "", -EINVAL);
}

static void headroom_alone_is_read_again(void **state)
{
	const struct pair own[] = {{"xdp-headroom", "256"}, {NULL, NULL}};
	const struct pair bad[] = {{"xdp-headroom", "x"}, {NULL, NULL}};
	struct folder folder = {own, NULL};
	struct xn_err err = {0};
	uint16_t bytes = 7;

	(void)state;
	assert_int_equal(xnb_headroom_parse(get, &folder, &bytes, &err), 0);
	assert_int_equal(bytes, 256);
	folder.own = bad;
	assert_int_equal(xnb_headroom_parse(get, &folder, &bytes, &err),
			 -EINVAL);
	assert_int_equal(bytes, 256);
	assert_non_null(strstr(xn_err_text(&err), "xdp-headroom = \"x\""));
}

static void multicast_control_is_read_and_read_again(void **state)
{
	const struct pair on[] = {{"request-multicast-control", "1"},
				  {NULL, NULL}};
	const struct pair bad[] = {{"request-multicast-control", "y"},
				   {NULL, NULL}};
	struct folder folder = {on, NULL};
	struct xn_err err = {0};
	bool control = false;

	(void)state;
	assert_false(accepted(one_queue, NULL, true).mcast_control);
	assert_true(accepted(one_queue, on, true).mcast_control);
	refused_value(one_queue, "request-multicast-control", "y", -EINVAL);
	assert_int_equal(xnb_mcast_parse(get, &folder, &control, &err), 0);
	assert_true(control);
	folder.own = bad;
	assert_int_equal(xnb_mcast_parse(get, &folder, &control, &err),
			 -EINVAL);
	assert_true(control);
	assert_non_null(
		strstr(xn_err_text(&err), "request-multicast-control = \"y\""));
}

static void a_count_of_one_is_the_same(void **state)
{
	const struct pair own[] = {{"multi-queue-num-queues", "1"},
				   {NULL, NULL}};

	(void)state;
	assert_int_equal(accepted(one_queue, own, true).queue_count, 1);
}

static void a_single_channel_serves_both_ways(void **state)
{
	const struct pair own[] = {{"event-channel-tx", NULL},
				   {"event-channel-rx", NULL},
				   {"event-channel", "30"},
				   {NULL, NULL}};
	struct xnb_frontend fe = accepted(one_queue, own, true);

	(void)state;
	assert_int_equal(fe.queue[0].tx_port, 30);
	assert_int_equal(fe.queue[0].rx_port, 30);
}

static void two_queues_have_folders(void **state)
{
	struct xnb_frontend fe = accepted(two_queues, NULL, true);

	(void)state;
	assert_int_equal(fe.queue_count, 2);
	assert_int_equal(fe.queue[0].tx_ring_ref, 8);
	assert_int_equal(fe.queue[1].tx_ring_ref, 10);
	assert_int_equal(fe.queue[1].rx_ring_ref, 11);
	assert_int_equal(fe.queue[1].tx_port, 22);
	assert_int_equal(fe.queue[1].rx_port, 23);
	assert_int_equal(fe.features, XN_DL_FE_CSUM);
}

static void with_two_queues_the_keys_at_the_top_do_not_count(void **state)
{
	const struct pair own[] = {{"queue-1/tx-ring-ref", NULL},
				   {"tx-ring-ref", "8"},
				   {NULL, NULL}};

	(void)state;
	refused(two_queues, own, -ENOENT, "queue-1/tx-ring-ref is missing");
}

static void with_one_queue_the_folders_do_not_count(void **state)
{
	const struct pair one[] = {{"multi-queue-num-queues", "1"},
				   {NULL, NULL}};
	const struct pair absent[] = {{"multi-queue-num-queues", NULL},
				      {NULL, NULL}};
	const struct pair both[] = {{"queue-0/tx-ring-ref", "40"},
				    {"queue-1/tx-ring-ref", "x"},
				    {NULL, NULL}};

	(void)state;
	refused(two_queues, one, -ENOENT, "key tx-ring-ref is missing");
	refused(two_queues, absent, -ENOENT, "key tx-ring-ref is missing");
	assert_int_equal(accepted(one_queue, both, true).queue[0].tx_ring_ref,
			 8);
}

static void split_channels_come_before_the_single_one(void **state)
{
	const struct pair all[] = {{"event-channel", "30"}, {NULL, NULL}};
	struct xnb_frontend fe = accepted(one_queue, all, true);

	(void)state;
	assert_int_equal(fe.queue[0].tx_port, 20);
	assert_int_equal(fe.queue[0].rx_port, 21);
}

/* What the protocol has not, or has for others, is not read at all. */
static void other_keys_do_not_count(void **state)
{
	static const char *const keys[] = {
		"feature-rx-flip",
		"request-rx-flip",
		"feature-rx-copy",
		"trusted",
		"disconnect",
		"mtu",
		"mac",
		"handle",
		"feature-of-the-future",
	};
	struct xnb_frontend plain = accepted(one_queue, NULL, true);

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const struct pair own[] = {{keys[i], "no number"},
					   {NULL, NULL}};
		struct xnb_frontend fe = accepted(one_queue, own, true);

		assert_memory_equal(&fe, &plain, sizeof(fe));
	}
}

static void a_queue_count_out_of_bounds_is_refused(void **state)
{
	(void)state;
	refused_value(two_queues, "multi-queue-num-queues", "0", -ERANGE);
	refused_value(two_queues, "multi-queue-num-queues", "5", -ERANGE);
	refused_value(two_queues, "multi-queue-num-queues", "4294967297",
		      -ERANGE);
	refused_value(two_queues, "multi-queue-num-queues", "-1", -EINVAL);
	refused_value(two_queues, "multi-queue-num-queues", "2x", -EINVAL);
	refused_value(two_queues, "multi-queue-num-queues", "", -EINVAL);
}

static void rings_are_whole_numbers(void **state)
{
	static const char *const keys[] = {"tx-ring-ref", "rx-ring-ref"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		refused_value(one_queue, keys[i], "", -EINVAL);
		refused_value(one_queue, keys[i], "abc", -EINVAL);
		refused_value(one_queue, keys[i], "-8", -EINVAL);
		refused_value(one_queue, keys[i], "0x8", -EINVAL);
		refused_value(one_queue, keys[i], "8 ", -EINVAL);
		refused_value(one_queue, keys[i], "4294967296", -ERANGE);
	}
}

static void channels_are_ports(void **state)
{
	static const char *const keys[] = {"event-channel-tx",
					   "event-channel-rx"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		refused_value(one_queue, keys[i], "0", -ERANGE);
		refused_value(one_queue, keys[i], "131072", -ERANGE);
		refused_value(one_queue, keys[i], "x", -EINVAL);
	}
}

static void the_single_channel_is_a_port_too(void **state)
{
	static const char *const bad[] = {"0", "131072"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct pair own[] = {{"event-channel-tx", NULL},
					   {"event-channel-rx", NULL},
					   {"event-channel", bad[i]},
					   {NULL, NULL}};

		refused(one_queue, own, -ERANGE, "event-channel = ");
	}
}

static void missing_keys_are_named(void **state)
{
	const struct pair no_tx[] = {{"tx-ring-ref", NULL}, {NULL, NULL}};
	const struct pair no_rx[] = {{"rx-ring-ref", NULL}, {NULL, NULL}};
	const struct pair half[] = {{"event-channel-rx", NULL}, {NULL, NULL}};
	const struct pair none[] = {{"event-channel-tx", NULL},
				    {"event-channel-rx", NULL},
				    {NULL, NULL}};

	(void)state;
	refused(one_queue, no_tx, -ENOENT, "tx-ring-ref is missing");
	refused(one_queue, no_rx, -ENOENT, "rx-ring-ref is missing");
	refused(one_queue, half, -ENOENT, "event-channel-rx is missing");
	refused(one_queue, none, -ENOENT, "event-channel is missing");
}

static void a_control_ring_has_two_keys(void **state)
{
	const struct pair both[] = {{"ctrl-ring-ref", "50"},
				    {"event-channel-ctrl", "51"},
				    {NULL, NULL}};
	const struct pair ring[] = {{"ctrl-ring-ref", "50"}, {NULL, NULL}};
	const struct pair port[] = {{"event-channel-ctrl", "51"}, {NULL, NULL}};
	struct xnb_frontend fe = accepted(one_queue, both, true);

	(void)state;
	assert_true(fe.features & XN_DL_FE_CTRL_RING);
	assert_int_equal(fe.ctrl_ring_ref, 50);
	assert_int_equal(fe.ctrl_port, 51);
	fe = accepted(two_queues, both, false);
	assert_true(fe.features & XN_DL_FE_CTRL_RING);
	fe = accepted(one_queue, NULL, true);
	assert_false(fe.features & XN_DL_FE_CTRL_RING);
	refused(one_queue, ring, -ENOENT, "event-channel-ctrl is missing");
	refused(one_queue, port, -ENOENT, "ctrl-ring-ref is missing");
	refused_value(one_queue, "event-channel-ctrl", "0", -ERANGE);
	refused_value(one_queue, "ctrl-ring-ref", "-1", -EINVAL);
}

static void a_control_ring_is_no_other(void **state)
{
	static const char *const rings[] = {"8", "9", "10", "11"};
	static const char *const ports[] = {"20", "21", "22", "23"};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		const struct pair ring[] = {{"ctrl-ring-ref", rings[i]},
					    {"event-channel-ctrl", "51"},
					    {NULL, NULL}};
		const struct pair port[] = {{"ctrl-ring-ref", "50"},
					    {"event-channel-ctrl", ports[i]},
					    {NULL, NULL}};

		refused(two_queues, ring, -EINVAL, "ctrl-ring-ref = ");
		refused(two_queues, port, -EINVAL, "event-channel-ctrl = ");
	}
}

static void rx_copy_must_be_requested(void **state)
{
	const struct pair none[] = {{"request-rx-copy", NULL}, {NULL, NULL}};
	const struct pair zero[] = {{"request-rx-copy", "0"}, {NULL, NULL}};

	(void)state;
	refused(one_queue, none, -EOPNOTSUPP, "request-rx-copy");
	refused(one_queue, zero, -EOPNOTSUPP, "request-rx-copy");
	refused_value(one_queue, "request-rx-copy", "yes", -EINVAL);
}

static void every_feature_is_a_number(void **state)
{
	static const char *const keys[] = {"feature-sg",
					   "feature-rx-notify",
					   "feature-gso-tcpv4",
					   "feature-gso-tcpv6",
					   "feature-ipv6-csum-offload",
					   "feature-no-csum-offload"};

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		refused_value(one_queue, keys[i], "on", -EINVAL);
		refused_value(one_queue, keys[i], "-1", -EINVAL);
	}
}

static uint32_t features_with(const char *key, const char *value, bool offload)
{
	const struct pair own[] = {{key, value}, {NULL, NULL}};

	return accepted(one_queue, own, offload).features;
}

static void each_feature_has_its_own_key(void **state)
{
	uint32_t all = accepted(one_queue, NULL, true).features;

	(void)state;
	assert_int_equal(features_with("feature-rx-notify", "0", true),
			 all & ~XN_DL_FE_RX_NOTIFY);
	assert_int_equal(features_with("feature-gso-tcpv4", NULL, true),
			 all & ~XN_DL_FE_GSO_TCPV4);
	assert_int_equal(features_with("feature-gso-tcpv6", "0", true),
			 all & ~XN_DL_FE_GSO_TCPV6);
	assert_int_equal(features_with("feature-ipv6-csum-offload", "0", true),
			 all & ~XN_DL_FE_IPV6_CSUM);
	assert_int_equal(features_with("feature-no-csum-offload", "1", true),
			 all & ~XN_DL_FE_CSUM);
}

static void gso_needs_scatter_gather(void **state)
{
	uint32_t all = accepted(one_queue, NULL, true).features;

	(void)state;
	assert_int_equal(
		features_with("feature-sg", "0", true),
		all & ~(XN_DL_FE_SG | XN_DL_FE_GSO_TCPV4 | XN_DL_FE_GSO_TCPV6));
}

/* The old way to take GSO (a prefix slot before the segments) is neither
 * offered nor used: who knows only that gets segments. */
static void gso_by_prefix_is_ignored(void **state)
{
	const struct pair prefix[] = {
		{"feature-gso-tcpv4", NULL},
		{"feature-gso-tcpv6", NULL},
		{"feature-gso-tcpv4-prefix", "1"},
		{"feature-gso-tcpv6-prefix", "1"},
		{NULL, NULL},
	};
	const struct pair both[] = {{"feature-gso-tcpv4-prefix", "1"},
				    {NULL, NULL}};
	const struct pair nonsense[] = {{"feature-gso-tcpv4-prefix", "x"},
					{NULL, NULL}};
	struct xnb_offer_key keys[XNB_OFFER_MAX];
	size_t count = xnb_offer(true, 1, keys);
	uint32_t all = accepted(one_queue, NULL, true).features;
	const uint32_t gso = XN_DL_FE_GSO_TCPV4 | XN_DL_FE_GSO_TCPV6;

	(void)state;
	for (size_t i = 0; i < count; i++)
		assert_null(strstr(keys[i].key, "prefix"));
	assert_int_equal(all & gso, gso);
	assert_int_equal(accepted(one_queue, prefix, true).features,
			 all & ~gso);
	/* Beside the new way it changes nothing. */
	assert_int_equal(accepted(one_queue, both, true).features, all);
	assert_int_equal(accepted(one_queue, nonsense, true).features, all);
}

static void what_was_not_offered_does_not_count(void **state)
{
	(void)state;
	assert_int_equal(accepted(one_queue, NULL, false).features,
			 XN_DL_FE_SG | XN_DL_FE_RX_NOTIFY);
}

static void a_ring_or_channel_serves_one_purpose(void **state)
{
	const struct pair same_queue[] = {{"rx-ring-ref", "8"}, {NULL, NULL}};
	const struct pair tx_tx[] = {{"queue-1/tx-ring-ref", "8"},
				     {NULL, NULL}};
	const struct pair rx_tx[] = {{"queue-1/rx-ring-ref", "8"},
				     {NULL, NULL}};
	const struct pair ports[] = {{"queue-1/event-channel-rx", "20"},
				     {NULL, NULL}};

	(void)state;
	refused(one_queue, same_queue, -EINVAL, "are both 8");
	refused(two_queues, tx_tx, -EINVAL, "share a ring");
	refused(two_queues, rx_tx, -EINVAL, "share a ring");
	refused(two_queues, ports, -EINVAL, "share an event channel");
}

static void a_long_value_is_cut_in_the_text(void **state)
{
	char value[201];
	struct pair own[] = {{"tx-ring-ref", value}, {NULL, NULL}};

	(void)state;
	memset(value, '7', sizeof(value) - 1);
	value[200] = '\0';
	refused(one_queue, own, -ERANGE, "tx-ring-ref = \"7777");
}

static void an_impossible_offer_is_refused(void **state)
{
	struct folder folder = {NULL, one_queue};
	struct xnb_frontend fe;

	(void)state;
	assert_int_equal(xnb_frontend_parse(get, &folder, true, 0, &fe, NULL),
			 -EINVAL);
	assert_int_equal(xnb_frontend_parse(get, &folder, true,
					    XN_QUEUES_MAX + 1, &fe, NULL),
			 -EINVAL);
	assert_int_equal(xnb_frontend_parse(get, &folder, true, XN_QUEUES_MAX,
					    &fe, NULL),
			 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_offer_names_every_feature),
		cmocka_unit_test(without_offload_nothing_of_it_is_offered),
		cmocka_unit_test(one_queue_has_its_keys_at_the_top),
		cmocka_unit_test(headroom_is_read_and_bounded),
		cmocka_unit_test(headroom_alone_is_read_again),
		cmocka_unit_test(multicast_control_is_read_and_read_again),
		cmocka_unit_test(a_count_of_one_is_the_same),
		cmocka_unit_test(a_single_channel_serves_both_ways),
		cmocka_unit_test(two_queues_have_folders),
		cmocka_unit_test(
			with_two_queues_the_keys_at_the_top_do_not_count),
		cmocka_unit_test(with_one_queue_the_folders_do_not_count),
		cmocka_unit_test(split_channels_come_before_the_single_one),
		cmocka_unit_test(other_keys_do_not_count),
		cmocka_unit_test(a_queue_count_out_of_bounds_is_refused),
		cmocka_unit_test(rings_are_whole_numbers),
		cmocka_unit_test(channels_are_ports),
		cmocka_unit_test(the_single_channel_is_a_port_too),
		cmocka_unit_test(missing_keys_are_named),
		cmocka_unit_test(a_control_ring_has_two_keys),
		cmocka_unit_test(a_control_ring_is_no_other),
		cmocka_unit_test(rx_copy_must_be_requested),
		cmocka_unit_test(every_feature_is_a_number),
		cmocka_unit_test(each_feature_has_its_own_key),
		cmocka_unit_test(gso_needs_scatter_gather),
		cmocka_unit_test(gso_by_prefix_is_ignored),
		cmocka_unit_test(what_was_not_offered_does_not_count),
		cmocka_unit_test(a_ring_or_channel_serves_one_purpose),
		cmocka_unit_test(a_long_value_is_cut_in_the_text),
		cmocka_unit_test(an_impossible_offer_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
