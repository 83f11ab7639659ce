/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The transaction between two tables: what is in it, in which order, and that
 * nothing is when nothing differs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include "natd/batch.h"
#include "natd/build.h"
#include "natd/plan.h"
#include "netconf/nl/batch.h"
#include "netconf/parse/planeconf.h"

#define BRIDGE "[bridge xennat]\nmode = nat\naddress = 10.0.0.1/24\n"
#define KINDS 64

static struct xnat_table plan(const char *text)
{
	static const struct xnat_features all = {true, true, true};
	static struct xn_report report;
	struct xn_planeconf *conf = NULL;
	struct xnat_guests none = {0};
	struct xnat_table table;
	struct xn_err err = {0};

	memset(&report, 0, sizeof(report));
	if (xn_planeconf_read_text("t", text, &conf, &report))
		fail_msg("%s", xn_report_first(&report));
	if (xnat_plan(conf, &none, &all, &table, &err) < 0)
		fail_msg("%s", xn_err_text(&err));
	xn_planeconf_destroy(conf);
	return table;
}

/* As the kernel would say it. */
static struct xnat_seen seen_of(const char *text)
{
	struct xnat_seen seen = {
		.name = XNAT_TABLE_NAME, .exists = true, .table = plan(text)};
	struct xnat_table *table = &seen.table;

	seen.rules = calloc(table->chain_count, sizeof(*seen.rules));
	assert_non_null(seen.rules);
	for (uint32_t i = 0; i < table->chain_count; i++) {
		struct xnat_chain *chain = &table->chain[i];
		struct xnat_seen_rules *rules = &seen.rules[i];

		rules->count = rules->room = chain->count;
		rules->text = calloc(chain->count + 1, sizeof(char *));
		assert_non_null(rules->text);
		for (uint32_t k = 0; k < chain->count; k++) {
			struct nftnl_rule *built = xnat_build_rule(
				XNAT_TABLE_NAME, chain->name, &chain->rule[k]);

			assert_non_null(built);
			rules->text[k] = xnat_rule_text(built);
			nftnl_rule_free(built);
		}
	}
	return seen;
}

/* How many messages of each kind; ORDER says which kind came when. */
static void count_kinds(const struct xnat_batch *batch, uint32_t *kinds,
			uint32_t *first)
{
	const uint8_t *at = batch->message;
	size_t left = batch->bytes;
	uint32_t place = 0;

	memset(kinds, 0, KINDS * sizeof(*kinds));
	memset(first, 0, KINDS * sizeof(*first));
	while (left > 0) {
		const struct nlmsghdr *header = (const void *)at;
		uint16_t kind = NFNL_MSG_TYPE(header->nlmsg_type);

		assert_true(header->nlmsg_len <= left);
		if (header->nlmsg_type != NFNL_MSG_BATCH_BEGIN) {
			assert_true(kind < KINDS);
			if (!kinds[kind]++)
				first[kind] = place;
		}
		place++;
		at += NLMSG_ALIGN(header->nlmsg_len);
		left -= NLMSG_ALIGN(header->nlmsg_len);
	}
	assert_int_equal(place, batch->count);
}

static struct xnat_batch between(const char *before, const char *now)
{
	struct xnat_seen seen =
		before ? seen_of(before) : (struct xnat_seen){0};
	struct xnat_table wanted = plan(now);
	struct xnat_batch batch = {0};
	struct xn_err err = {0};

	assert_int_equal(xnat_batch_apply(&wanted, &seen, &batch, &err), 0);
	xnat_seen_fini(&seen);
	xnat_table_fini(&wanted);
	return batch;
}

static void nothing_when_nothing_differs(void **state)
{
	struct xnat_batch batch = between(BRIDGE, BRIDGE);

	(void)state;
	assert_int_equal(batch.changes, 0);
	assert_int_equal(batch.bytes, 0);
	xnat_batch_fini(&batch);
}

static void all_from_nothing_in_the_kernels_order(void **state)
{
	struct xnat_batch batch = between(NULL, BRIDGE);
	uint32_t kinds[KINDS], first[KINDS];

	(void)state;
	count_kinds(&batch, kinds, first);
	assert_int_equal(kinds[NFT_MSG_NEWTABLE], 1);
	assert_int_equal(kinds[NFT_MSG_NEWOBJ], 2);
	assert_true(first[NFT_MSG_NEWTABLE] < first[NFT_MSG_NEWOBJ]);
	assert_true(first[NFT_MSG_NEWCHAIN] < first[NFT_MSG_NEWSET]);
	assert_true(first[NFT_MSG_NEWSETELEM] < first[NFT_MSG_NEWRULE]);
	assert_int_equal(kinds[NFT_MSG_DELRULE], 0);
	xnat_batch_fini(&batch);
}

static void a_forward_is_one_element(void **state)
{
	struct xnat_batch batch =
		between(BRIDGE "forward = tcp 22 -> 10.0.0.5\n",
			BRIDGE "forward = tcp 22 -> 10.0.0.5\n"
			       "forward = tcp 23 -> 10.0.0.5\n");
	uint32_t kinds[KINDS], first[KINDS];

	(void)state;
	count_kinds(&batch, kinds, first);
	assert_int_equal(batch.changes, 1);
	assert_int_equal(kinds[NFT_MSG_NEWSETELEM], 1);
	assert_string_equal(xnat_batch_label(&batch, 1),
			    "add 1 element to ports4");
	assert_string_equal(xnat_batch_label(&batch, 2), "");
	xnat_batch_fini(&batch);
}

static void one_that_leads_elsewhere_goes_and_comes(void **state)
{
	struct xnat_batch batch =
		between(BRIDGE "forward = tcp 22 -> 10.0.0.5\n",
			BRIDGE "forward = tcp 22 -> 10.0.0.6\n");
	uint32_t kinds[KINDS], first[KINDS];

	(void)state;
	count_kinds(&batch, kinds, first);
	assert_int_equal(batch.changes, 2);
	assert_int_equal(kinds[NFT_MSG_DELSETELEM], 1);
	assert_true(first[NFT_MSG_DELSETELEM] < first[NFT_MSG_NEWSETELEM]);
	xnat_batch_fini(&batch);
}

static void another_limit_is_another_chain(void **state)
{
	struct xnat_batch batch = between(BRIDGE "connections = 100\n",
					  BRIDGE "connections = 200\n");
	uint32_t kinds[KINDS], first[KINDS];

	(void)state;
	count_kinds(&batch, kinds, first);
	assert_int_equal(kinds[NFT_MSG_NEWCHAIN], 1);
	assert_int_equal(kinds[NFT_MSG_DELCHAIN], 1);
	assert_int_equal(kinds[NFT_MSG_DELSET], 1);
	/* The verdict that names the chain goes before it. */
	assert_true(first[NFT_MSG_DELSETELEM] < first[NFT_MSG_DELCHAIN]);
	assert_true(first[NFT_MSG_DELRULE] < first[NFT_MSG_DELSET]);
	xnat_batch_fini(&batch);
}

static void removing_spares_what_is_admins(void **state)
{
	struct xnat_seen seen = seen_of(BRIDGE);
	struct xnat_batch batch = {0};
	uint32_t kinds[KINDS], first[KINDS];
	int admins = xnat_seen_chain(&seen, "admin_forward");

	(void)state;
	assert_int_equal(xnat_batch_remove(&seen, &batch, NULL), 0);
	count_kinds(&batch, kinds, first);
	assert_int_equal(batch.changes, 1);
	assert_int_equal(kinds[NFT_MSG_DELTABLE], 1);
	xnat_batch_fini(&batch);

	assert_true(admins >= 0);
	free(seen.rules[admins].text);
	seen.rules[admins].text = calloc(1, sizeof(char *));
	seen.rules[admins].text[0] = strdup("immediate drop");
	seen.rules[admins].count = 1;
	assert_int_equal(xnat_batch_remove(&seen, &batch, NULL), 0);
	count_kinds(&batch, kinds, first);
	assert_int_equal(kinds[NFT_MSG_DELTABLE], 0);
	assert_int_equal(kinds[NFT_MSG_DELCHAIN], seen.table.chain_count - 3);
	assert_int_equal(kinds[NFT_MSG_DELSET], seen.table.set_count);
	xnat_batch_fini(&batch);
	xnat_seen_fini(&seen);
}

/* An acknowledgement, or a refusal. */
static size_t answer(uint8_t *at, uint32_t sequence, int error)
{
	struct nlmsghdr header = {.nlmsg_len = NLMSG_HDRLEN + 20,
				  .nlmsg_type = NLMSG_ERROR,
				  .nlmsg_seq = sequence};

	memset(at, 0, header.nlmsg_len);
	memcpy(at, &header, sizeof(header));
	memcpy(at + NLMSG_HDRLEN, &error, sizeof(error));
	return header.nlmsg_len;
}

static void answers_are_of_the_batch_or_of_nobody(void **state)
{
	_Alignas(8) uint8_t datagram[256];
	struct xnat_batch batch = between(NULL, BRIDGE);
	struct xn_nl_batch answers;
	struct xn_err err = {0};
	size_t bytes;

	(void)state;
	assert_int_equal(
		xn_nl_batch_number(batch.message, batch.bytes, 100, &answers),
		0);
	assert_int_equal(answers.last, 100 + batch.count - 1);
	/* Left over from before; then a refusal, then the end. */
	bytes = answer(datagram, 99, -EPERM);
	bytes += answer(datagram + bytes, 103, -ENOENT);
	assert_int_equal(xn_nl_batch_judge(&answers, datagram, bytes, &err), 0);
	assert_false(answers.finished);
	bytes = answer(datagram, answers.last, 0);
	assert_int_equal(xn_nl_batch_judge(&answers, datagram, bytes, &err), 0);
	assert_true(answers.finished);
	assert_int_equal(answers.result, -ENOENT);
	assert_int_equal(answers.refused, 3);
	/* Cut short, or with an error that is none. */
	assert_int_equal(xn_nl_batch_judge(&answers, datagram, bytes - 4, &err),
			 -EBADMSG);
	bytes = answer(datagram, answers.last, 5);
	assert_int_equal(xn_nl_batch_judge(&answers, datagram, bytes, &err),
			 -EBADMSG);
	assert_int_equal(xn_nl_batch_number(batch.message, batch.bytes - 4, 100,
					    &answers),
			 -EMSGSIZE);
	assert_int_equal(xn_nl_batch_number(batch.message, 0, 100, &answers),
			 -EMSGSIZE);
	xnat_batch_fini(&batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_when_nothing_differs),
		cmocka_unit_test(all_from_nothing_in_the_kernels_order),
		cmocka_unit_test(a_forward_is_one_element),
		cmocka_unit_test(one_that_leads_elsewhere_goes_and_comes),
		cmocka_unit_test(another_limit_is_another_chain),
		cmocka_unit_test(removing_spares_what_is_admins),
		cmocka_unit_test(answers_are_of_the_batch_or_of_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
