/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The transaction against the real kernel: it is done whole or not at all, the
 * refused message is named, and who else changes something meanwhile is
 * noticed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/netlink.h>
#include <libnftnl/common.h>

#include "natd/batch.h"
#include "natd/probe.h"
#include "netconf/parse/planeconf.h"
#include "tests/netns/nl/namespaces.h"

#define BRIDGE "[bridge xennat]\nmode = nat\naddress = 10.0.0.1/24\n"

static struct xn_nl *netfilter;

static int open_netfilter(void **state)
{
	(void)state;
	err = (struct xn_err){0};
	return xn_nl_open_netfilter(&netfilter, &err);
}

static int close_netfilter(void **state)
{
	(void)state;
	xn_nl_close(netfilter);
	return system("nft flush ruleset") ? -1 : 0;
}

static void nft(const char *words)
{
	char command[512];

	(void)snprintf(command, sizeof(command), "nft '%s'", words);
	assert_int_equal(system(command), 0);
}

static struct xnat_table plan(const char *text)
{
	static const struct xnat_features all = {true, true, true};
	static struct xn_report report;
	struct xn_planeconf *conf = NULL;
	struct xnat_guests none = {0};
	struct xnat_table table;

	memset(&report, 0, sizeof(report));
	assert_int_equal(xn_planeconf_read_text("t", text, &conf, &report), 0);
	GOOD(xnat_plan(conf, &none, &all, &table, &err));
	xn_planeconf_destroy(conf);
	return table;
}

static struct xnat_seen see(void)
{
	struct xnat_seen seen;

	GOOD(xnat_see(netfilter, XNAT_TABLE_NAME, &seen, &err));
	return seen;
}

/* The batch from what is seen now to that. */
static struct xnat_batch towards(const char *text)
{
	struct xnat_table wanted = plan(text);
	struct xnat_seen seen = see();
	struct xnat_batch batch = {0};

	GOOD(xnat_batch_apply(&wanted, &seen, &batch, &err));
	xnat_seen_fini(&seen);
	xnat_table_fini(&wanted);
	return batch;
}

static int send_whole(struct xnat_batch *batch, uint32_t *ret_refused)
{
	const struct nlmsghdr *end =
		nftnl_batch_end((char *)batch->message + batch->bytes, 0);

	batch->bytes += NLMSG_ALIGN(end->nlmsg_len);
	return xn_nl_send_batch(netfilter, batch->message, batch->bytes,
				ret_refused, &err);
}

static void without_its_end_nothing_is_done(void **state)
{
	struct xnat_batch batch = towards(BRIDGE);
	struct xnat_seen seen;
	uint32_t refused;

	(void)state;
	GOOD(xn_nl_send_batch(netfilter, batch.message, batch.bytes, &refused,
			      &err));
	seen = see();
	assert_false(seen.exists);
	xnat_seen_fini(&seen);
	GOOD(send_whole(&batch, &refused));
	seen = see();
	assert_true(seen.exists);
	xnat_seen_fini(&seen);
	xnat_batch_fini(&batch);
}

static void who_else_changed_something_is_noticed(void **state)
{
	struct xnat_batch batch = towards(BRIDGE);
	struct xnat_seen seen;
	uint32_t refused;

	(void)state;
	nft("add table ip others");
	assert_int_equal(send_whole(&batch, &refused), -ERESTART);
	seen = see();
	assert_false(seen.exists);
	xnat_seen_fini(&seen);
	xnat_batch_fini(&batch);
	batch = towards(BRIDGE);
	GOOD(send_whole(&batch, &refused));
	xnat_batch_fini(&batch);
}

static void a_refusal_is_named_and_undoes_all(void **state)
{
	struct xnat_batch batch = towards(BRIDGE "connections = 100\n");
	uint32_t refused;

	(void)state;
	GOOD(send_whole(&batch, &refused));
	xnat_batch_fini(&batch);
	nft("add rule inet xenplane_nat admin_forward ether saddr "
	    "@guests_100 drop");
	/* The set would go, and an admin's rule names it. */
	batch = towards(BRIDGE "connections = 200\n");
	assert_int_equal(send_whole(&batch, &refused), -EBUSY);
	assert_string_equal(xnat_batch_label(&batch, refused),
			    "delete set guests_100");
	xnat_batch_fini(&batch);
	err.set = false;
	batch = towards(BRIDGE "connections = 100\n");
	assert_int_equal(batch.changes, 0);
	xnat_batch_fini(&batch);
}

static void a_long_one_is_one_transaction(void **state)
{
	enum {
		COUNT = 1000
	};
	char *text = malloc(64 + COUNT * 64);
	size_t used;
	struct xnat_batch batch;
	uint32_t refused;

	(void)state;
	assert_non_null(text);
	used = (size_t)sprintf(text, "%s", BRIDGE);
	for (int i = 0; i < COUNT; i++)
		used += (size_t)sprintf(text + used,
					"forward = tcp %d -> 10.0.0.%d:22\n",
					10000 + i, 2 + i % 250);
	batch = towards(text);
	assert_true(batch.changes > COUNT);
	GOOD(send_whole(&batch, &refused));
	xnat_batch_fini(&batch);
	batch = towards(text);
	assert_int_equal(batch.changes, 0);
	xnat_batch_fini(&batch);
	free(text);
}

static void probing_leaves_nothing(void **state)
{
	struct xnat_features features = {0};
	struct xnat_seen seen;
	unsigned int at = 0;
	const char *missing;

	(void)state;
	GOOD(xnat_probe(netfilter, &features, &err));
	while ((missing = xnat_feature_missing(&features, &at)))
		print_message("%s\n", missing);
	seen = see();
	assert_false(seen.exists);
	xnat_seen_fini(&seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(without_its_end_nothing_is_done,
						open_netfilter,
						close_netfilter),
		cmocka_unit_test_setup_teardown(
			who_else_changed_something_is_noticed, open_netfilter,
			close_netfilter),
		cmocka_unit_test_setup_teardown(
			a_refusal_is_named_and_undoes_all, open_netfilter,
			close_netfilter),
		cmocka_unit_test_setup_teardown(a_long_one_is_one_transaction,
						open_netfilter,
						close_netfilter),
		cmocka_unit_test_setup_teardown(probing_leaves_nothing,
						open_netfilter,
						close_netfilter),
	};

	return NAMESPACE_GROUP(tests);
}
